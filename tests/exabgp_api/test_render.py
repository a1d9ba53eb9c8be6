"""A path said as a line is the same path when read."""

from dataclasses import replace

import pytest
from api_lines import U16, U32
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.events import Announce, Withdraw
from bgp2vpc.bgp.path import (
    SELF,
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    Origin,
    Path,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.render import announce_line, withdraw_line
from bgp2vpc.exabgp_api.routes import is_multicast
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix

IPV4 = st.ip_addresses(v=4).map(lambda address: parse_address(str(address)))


def _sets(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.sets(values, max_size=4).map(lambda given: tuple(sorted(given)))  # type: ignore[type-var]


ATTRIBUTES = st.builds(
    Attributes,
    origin=st.sampled_from(Origin),
    as_path=st.lists(
        st.builds(
            AsSegment,
            st.sampled_from([SegmentKind.SEQUENCE, SegmentKind.SET]),
            st.lists(U32, min_size=1, max_size=4).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    med=st.none() | U32,
    local_preference=st.none() | U32,
    communities=_sets(st.builds(Community, U16, U16) | st.just(Community(0xFFFF, 0xFF01))),
    large_communities=_sets(st.builds(LargeCommunity, U32, U32, U32)),
    extended_communities=_sets(st.binary(min_size=8, max_size=8).map(ExtendedCommunity)),
    aggregator=st.none() | st.builds(Aggregator, U32, IPV4),
    atomic_aggregate=st.booleans(),
    originator_id=st.none() | IPV4,
    cluster_list=st.lists(IPV4, max_size=3).map(tuple),
    aigp=st.none() | st.integers(0, (1 << 64) - 1),
    prefix_sid=st.sampled_from(
        ["", "bgp-prefix-sid [ 300 , [ ( 1 , 2 ) ] ]", "bgp-prefix-sid-srv6 ( l2-service ::1 )"],
    ),
    raw=st.lists(
        # Not those that have words of their own.
        st.builds(RawAttribute, st.sampled_from([0, 11, 99, 128, 255]), st.integers(0, 255), st.binary(max_size=8)),
        max_size=3,
        unique_by=lambda raw: raw.code,
    ).map(tuple),
)


@st.composite
def paths(draw: st.DrawFn) -> Path:
    version = draw(st.sampled_from([4, 6]))
    width = 128 if version == 6 else 32
    value = draw(st.integers(0, (1 << width) - 1))
    length = draw(st.integers(4, width))
    prefix = Prefix((value >> width - length << width - length, length), version=version)
    hop = draw(st.just(SELF) | st.ip_addresses(v=version).map(lambda address: IPAddress(str(address))))
    attributes = draw(ATTRIBUTES)
    if is_multicast(prefix):
        attributes = replace(attributes, prefix_sid="")  # it cannot stand behind `ipv4 unicast`
    return Path(prefix, hop, attributes, draw(st.none() | st.integers(1, (1 << 32) - 1)))


@given(path=paths(), selector=st.sampled_from(["", "neighbor *", "neighbor 192.0.2.1, neighbor 192.0.2.2", "peer *"]))
def test_a_path_survives_the_way_out_and_back(path: Path, selector: str) -> None:
    announced = parse(announce_line(path, selector))
    assert announced.events == (Announce(path),), announced.error
    assert announced.selector == selector
    assert parse(withdraw_line(path, selector)).events == (Withdraw(path.prefix, path.path_id),)


def test_a_withdrawal_says_what_exabgp_needs_to_find_the_path() -> None:
    path = Path(parse_prefix("192.0.2.1/32"), SELF, Attributes(med=100), path_id=7)
    assert withdraw_line(path, "neighbor *") == (
        "neighbor * withdraw route 192.0.2.1/32 next-hop self path-information 7"
    )
    assert announce_line(path, "") == "announce route 192.0.2.1/32 next-hop self path-information 7 med 100"


@pytest.mark.parametrize(
    "line", ["ipv4 unicast 224.0.0.0/5 next-hop self", "attributes next-hop self nlri 239.1.0.0/16 10.0.0.0/8"]
)
def test_a_unicast_path_to_multicast_addresses_is_said_as_unicast(line: str) -> None:
    """`route` would be IPv4 multicast: the path would stay in ExaBGP when it is withdrawn."""
    announced = parse(f"announce {line}").events[0]
    assert isinstance(announced, Announce)
    prefix = announced.path.prefix
    assert announce_line(announced.path) == f"announce ipv4 unicast {prefix} next-hop self"
    assert withdraw_line(announced.path) == f"withdraw ipv4 unicast {prefix} next-hop self"
    assert parse(withdraw_line(announced.path)).events == (Withdraw(prefix),)


def test_confederation_segments_end_at_the_border() -> None:
    segments = (AsSegment(SegmentKind.CONFED_SEQUENCE, (64512,)), AsSegment(SegmentKind.SEQUENCE, (65001,)))
    path = Path(parse_prefix("192.0.2.1/32"), SELF, Attributes(as_path=segments))
    assert announce_line(path) == "announce route 192.0.2.1/32 next-hop self as-path [ 65001 ]"


def test_a_path_of_confederation_segments_alone_has_no_as_path_beyond_the_border() -> None:
    segments = (AsSegment(SegmentKind.CONFED_SEQUENCE, (64512,)), AsSegment(SegmentKind.CONFED_SET, (64513,)))
    path = Path(parse_prefix("192.0.2.1/32"), SELF, Attributes(as_path=segments, communities=(Community(1, 2),)))
    assert announce_line(path) == "announce route 192.0.2.1/32 next-hop self community [ 1:2 ]"
