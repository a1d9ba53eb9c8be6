"""What a path looks like while its announcer leaves, and that nothing else of it is lost."""

import pytest
from hypothesis import given

from bgp2vpc.bgp.export import NOTHING_DRAINS, Draining, PrefixSet, as_last_resort
from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN, Community, Path, RawAttribute
from bgp2vpc.bgp.rib import Side
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.render import announce_line
from tests.exabgp_api.api_lines import statements
from tests.values import P1, P2, P3, offer, path

EVERYTHING = PrefixSet(everything=True)


@pytest.mark.parametrize(("med", "then"), [(None, 500), (100, 500), (500, 500), (1000, 1000)])
def test_the_med_is_at_least_that_of_a_backup(med, then) -> None:
    assert as_last_resort(path(med=med), 500).attributes.med == then


def test_the_community_is_added_once_and_the_others_stay() -> None:
    once = as_last_resort(path(communities=(Community(65000, 1),)), 500)
    assert once.attributes.communities == (Community(65000, 1), GRACEFUL_SHUTDOWN)
    assert as_last_resort(once, 500) == once


def test_a_med_and_communities_given_by_number_are_not_lost_to_those_that_are_added() -> None:
    other = RawAttribute(0x63, 0xC0, b"\x01")
    raw = (
        RawAttribute(4, 0x80, (700).to_bytes(4)),
        RawAttribute(8, 0xC0, bytes.fromhex("fde80001fde80002")),
        other,
    )
    attributes = as_last_resort(path(raw=raw), 500).attributes
    assert attributes.med == 700
    assert attributes.communities == (Community(65000, 1), Community(65000, 2), GRACEFUL_SHUTDOWN)
    assert attributes.raw == (other,)


def _as_before(changed: Path, before: Path) -> Path:
    """With what a drain changes put back."""
    attributes = before.attributes
    kept = {name: getattr(attributes, name) for name in ("med", "communities", "raw")}
    values = {name: getattr(changed.attributes, name) for name in type(attributes).__slots__} | kept
    return Path(changed.prefix, changed.next_hop, type(attributes)(**values), changed.path_id)


@given(statement=statements())
def test_whatever_is_announced_its_last_resort_is_read_back_whole(statement: str) -> None:
    for each in parse(f"announce {statement}").events:
        if not parse(announce_line(each.path)).events:
            continue  # one of the multicast prefixes that a default route is split into
        last = as_last_resort(each.path, 500)
        assert _as_before(last, each.path) == each.path
        assert set(each.path.attributes.communities) <= set(last.attributes.communities)
        (again,) = parse(announce_line(last)).events
        # Confederation segments cannot be said to any ExaBGP: see announce_line.
        (plain,) = parse(announce_line(each.path)).events
        assert again.path == as_last_resort(plain.path, 500)


def test_what_is_drained_is_not_announced_whatever_else_drains() -> None:
    policy = Draining(EVERYTHING, PrefixSet(frozenset({P1})))
    assert policy.exported(path(P1)) is None
    assert policy.exported(path(P2)) == as_last_resort(path(P2), 500)
    assert NOTHING_DRAINS.exported(path(P1)) == path(P1)


def test_offers_of_peers_stay_and_those_of_this_host_are_as_announced() -> None:
    peer = offer(P1, source="peer 10.0.0.9", side=Side.PEER, router_id="10.0.0.9")
    offers = {
        P1: (offer(P1), peer),
        P2: (offer(P2, side=Side.CHECK, source="check dns"),),
        P3: (offer(P3),),
    }
    seen = Draining(PrefixSet(frozenset({P2})), PrefixSet(frozenset({P1}))).offers(offers)
    assert list(seen) == [P1, P2, P3]
    assert seen[P1] == (peer,)
    assert seen[P2] == (offer(P2, side=Side.CHECK, source="check dns", med=500, communities=(GRACEFUL_SHUTDOWN,)),)
    assert seen[P3] is offers[P3]
    assert NOTHING_DRAINS.offers(offers) is offers


def test_a_policy_of_one_kind_is_a_policy() -> None:
    offers = {P1: (offer(P1),)}
    assert Draining(drained=EVERYTHING).offers(offers)[P1] == ()
    assert Draining(last_resort=EVERYTHING).offers(offers)[P1] == (
        offer(P1, med=500, communities=(GRACEFUL_SHUTDOWN,)),
    )


def test_of_attributes_of_a_wrong_length_what_is_whole_counts() -> None:
    raw = (RawAttribute(4, 0x80, (700).to_bytes(4) + b"x"), RawAttribute(8, 0xC0, bytes.fromhex("fde80001fde800")))
    attributes = as_last_resort(path(raw=raw), 500).attributes
    assert attributes.med == 700
    assert attributes.communities == (Community(65000, 1), GRACEFUL_SHUTDOWN)
