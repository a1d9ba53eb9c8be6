"""What ExaBGP 4.2, 5.0 and 6.0 printed, in both encodings, decodes to the same story."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transcript import CAPTURES, describe, heard, what_counts

from bgp2vpc.bgp.events import Announce, EndOfRib, Withdraw
from bgp2vpc.bgp.path import (
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
from bgp2vpc.exabgp_api.messages import (
    Acknowledgement,
    Direction,
    ErrorReason,
    Established,
    Held,
    Ignored,
    Keepalive,
    Message,
    NotEstablished,
    Notification,
    Opened,
    PeerState,
    Shutdown,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.exabgp_api.messages_text import decode
from bgp2vpc.prefix import parse_address, parse_prefix

PEER = parse_address("10.99.0.2")
RICH = "med 150 lp 250 as 65002 64999 community 65000:100 65535:65281 large 65000:1:2 extended 0x0002FDE800000007"

# BIRD starts, announces one prefix, then three with attributes, the same in IPv6, withdraws all, announces all again.
UP = """\
10.99.0.2 up
10.99.0.2 end-of-rib ipv4 unicast
10.99.0.2 end-of-rib ipv6 unicast
"""
ANNOUNCED_AND_WITHDRAWN = f"""\
10.99.0.2 + 10.10.0.0/24 via 10.99.0.2 lp 100
10.99.0.2 + 10.20.0.0/24 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.1.0/24 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.2.1/32 via 10.99.0.2 {RICH}
10.99.0.2 + fd10::/64 via fd99::2 lp 100
10.99.0.2 + fd20:0:1::/64 via fd99::2 {RICH}
10.99.0.2 + fd20:0:2::/64 via fd99::2 {RICH}
10.99.0.2 + fd20::1/128 via fd99::2 {RICH}
10.99.0.2 - 10.10.0.0/24
10.99.0.2 - 10.20.2.1/32
10.99.0.2 - 10.20.0.0/24
10.99.0.2 - 10.20.1.0/24
10.99.0.2 - fd10::/64
"""
WITHDRAWN_IPV6 = """\
10.99.0.2 - fd20::1/128
10.99.0.2 - fd20:0:1::/64
10.99.0.2 - fd20:0:2::/64
"""
ANNOUNCED_AGAIN = f"""\
10.99.0.2 + 10.20.0.0/24 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.1.0/24 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.2.1/32 via 10.99.0.2 {RICH}
10.99.0.2 + fd20:0:1::/64 via fd99::2 {RICH}
10.99.0.2 + fd20:0:2::/64 via fd99::2 {RICH}
10.99.0.2 + fd20::1/128 via fd99::2 {RICH}
10.99.0.2 down
"""
SESSION_AGAIN = f"""\
10.99.0.2 up
10.99.0.2 + 10.20.2.1/32 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.0.0/24 via 10.99.0.2 {RICH}
10.99.0.2 + 10.20.1.0/24 via 10.99.0.2 {RICH}
10.99.0.2 end-of-rib ipv4 unicast
10.99.0.2 + fd20::1/128 via fd99::2 {RICH}
10.99.0.2 + fd20:0:1::/64 via fd99::2 {RICH}
10.99.0.2 + fd20:0:2::/64 via fd99::2 {RICH}
10.99.0.2 end-of-rib ipv6 unicast
10.99.0.2 down
"""
STORY = UP + ANNOUNCED_AND_WITHDRAWN + WITHDRAWN_IPV6 + ANNOUNCED_AGAIN
TWICE_AGAIN = STORY + 2 * SESSION_AGAIN  # 5.0 and 6.0 do not come back after the last reset
THRICE_AGAIN = STORY + 3 * SESSION_AGAIN  # 4.2 does
INTERRUPTED = UP + ANNOUNCED_AND_WITHDRAWN + "10.99.0.2 down\n" + UP + ANNOUNCED_AGAIN + 2 * SESSION_AGAIN
"""This one session of 6.0 was reset between the withdrawals, before the IPv6 ones."""


def with_path_ids(story: str) -> str:
    """The same where ADD-PATH is spoken for IPv4: BIRD numbers its static protocols, anew each time."""
    before, again = story.split(WITHDRAWN_IPV6)
    before = re.sub(r"(10\.10\.\S+)", r"\1 id 3", before)
    before = re.sub(r"(10\.20\.\S+)", r"\1 id 4", before)
    return before + WITHDRAWN_IPV6 + re.sub(r"(10\.20\.\S+)", r"\1 id 3", again)


RECEIVED = {
    "4.2": {
        THRICE_AGAIN: "json-cons json-evt json-min json-snd text-cons text-evt text-min text-snd",
        with_path_ids(THRICE_AGAIN): "json-snd-addpath text-snd-addpath",
        "10.99.0.2 up\n10.99.0.2 down\n" * 4: "json-pkt text-pkt",  # octets only
    },
    "5.0": {
        TWICE_AGAIN: "json-cons json-evt json-min json-snd text-cons text-evt text-min text-snd",
        with_path_ids(TWICE_AGAIN): "json-snd-addpath text-snd-addpath",
        "10.99.0.2 up\n10.99.0.2 down\n" * 3: "json-pkt text-pkt",
    },
    "6.0": {
        TWICE_AGAIN: "json-cons json-evt json-snd json-snd-apiv4 text-min text-evt-apiv4 text-snd-apiv4",
        with_path_ids(TWICE_AGAIN): "json-snd-addpath",
        INTERRUPTED: "json-min",
    },
}
RECEIVED_ROWS = [
    pytest.param(f"{version}/session-{name}.io", story, id=f"{version}-{name}")
    for version, stories in RECEIVED.items()
    for story, names in stories.items()
    for name in names.split()
]

# What our own ExaBGP sent in the same sessions, from the first announcement of the helper on.
SENT = """\
10.99.0.2 send end-of-rib ipv4 unicast
10.99.0.2 send end-of-rib ipv6 unicast
10.99.0.2 send + 10.50.0.0/24 via 10.99.0.1 med 10 lp 200 as 65010 65011 community 65000:1 65000:2
10.99.0.2 send + 10.50.1.0/24 via 10.99.0.1 lp 100
10.99.0.2 send + fd50::/64 via fd99::1 lp 100
10.99.0.2 send - 10.50.1.0/24
10.99.0.2 send - 10.50.0.0/24
10.99.0.2 send - fd50::/64
10.99.0.2 send + 10.50.7.0/24 via 10.99.0.1 med 7 lp 100
"""
ALL_CAPTURES = sorted(CAPTURES.glob("*/*.io"))


def messages_of(name: str) -> list[Message]:
    return [message for line in heard(CAPTURES / name) for message in decode(line)]


@pytest.mark.parametrize(("capture", "story"), RECEIVED_ROWS)
def test_a_recorded_session_decodes_to_the_same_story_in_every_version_and_encoding(capture: str, story: str):
    assert "".join(f"{line}\n" for line in describe(what_counts(messages_of(capture)))) == story


def test_every_recorded_session_is_in_the_table():
    assert {row.values[0] for row in RECEIVED_ROWS} == {
        f"{path.parent.name}/{path.name}" for path in CAPTURES.glob("*/session-*.io")
    }


@pytest.mark.parametrize(
    "path", [p for p in ALL_CAPTURES if "-snd" in p.name or "-evt" in p.name], ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_what_our_exabgp_sent_is_told_apart_from_what_it_received(path):
    sent = [m for line in heard(path) for m in decode(line) if isinstance(m, Update) and m.direction is Direction.SEND]
    assert "".join(f"{line}\n" for line in describe(sent)).startswith(SENT)


@pytest.mark.parametrize("path", ALL_CAPTURES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_captured_line_is_unreadable(path):
    decoded = [(line, decode(line)) for line in heard(path)]
    assert [line for line, messages in decoded for m in messages if isinstance(m, Ignored) and m.problem] == []
    assert decoded


@pytest.mark.parametrize("version", ["4.2", "5.0", "6.0"])
def test_a_reload_that_changes_the_neighbor_shows_as_down_and_up(version: str):
    story = "".join(f"{line}\n" for line in describe(what_counts(messages_of(f"{version}/lifecycle-reload.io"))))
    assert story == f"{UP}10.99.0.2 down\n{UP}"


def test_the_gossip_session_flaps_seven_times_as_its_script_made_it():
    states = [m.state for m in what_counts(messages_of("5.0/gossip-detect-a.io")) if isinstance(m, StateChange)]
    assert states == [PeerState.UP, PeerState.DOWN] * 7


HELD = """\
10.9.0.1 holds + 198.51.100.0/24 via 10.9.0.1 as 64512 from 64512
10.9.0.1 holds + 198.51.101.0/24 via 10.9.0.1 as 64512 from 64512
10.9.0.1 holds + 2001:db8:1::/48 via fd09::1 as 64512 from 64512
10.9.0.3 holds + 192.0.2.53/32 via 10.9.0.3 med 1000 lp 100
10.9.0.3 holds + 192.0.2.54/32 via 10.9.0.3 incomplete med 100 lp 70 as 65001 65002 \
community 65000:1 65535:0 large 1:2:3 extended 0x0002000100000002
10.9.0.3 holds + 2001:db8:53::53/128 via fd09::3 med 100 lp 100
done
"""


@pytest.mark.parametrize("version", ["4.2", "5.0"])
def test_what_exabgp_holds_is_told_of_a_session_that_is_over_too(version: str):
    story = "".join(f"{line}\n" for line in describe(messages_of(f"{version}/show-what-is-held.io")))
    # 5.0 lists the neighbors that it has no session with, too.
    third, fourth = ("10.9.0.3 not established\n", "10.9.0.4 not established\n") if version == "5.0" else ("", "")
    assert story in {
        f"10.9.0.{a} established\n10.9.0.{b} established\n{fourth}done\n{HELD}"
        f"10.9.0.1 established\n{third}{fourth}done\n{HELD}"
        for a, b in ((1, 3), (3, 1))
    }


NEIGHBOR = (
    '"neighbor": {{ "address": {{ "local": "10.99.0.1", "peer": "10.99.0.2" }}, "asn": {{ "local": 65000, '
    '"peer": 65000 }}, "router-id": "10.99.0.1" , "direction": "{}"'
)
KEEPALIVE = '{{ "exabgp": "5.0.0", "time": 1795327527.6, "type": "keepalive", ' + NEIGHBOR + "  }} }}"
OPEN = (
    '{{ "exabgp": "5.0.0", "type": "open", "header": "0xFF", "body": "0x04", '
    + NEIGHBOR
    + ', "open": {{ "version": 4, "asn": 65000, "hold_time": 9, "router_id": "10.99.0.2" }} }} }}'
)
SIX_ZERO_EOR = (
    '{ "exabgp": "6.0.0", "type": "update", "neighbor": { "address": { "local": "10.99.0.1", "peer": "10.99.0.2" }, '
    '"asn": { "local": 65000, "peer": 65000 } , "direction": "receive", "message": { "update": { "announce": '
    '{ "ipv6 unicast": { "null": [ "eor": { "afi" : "ipv6", "safi" : "unicast" } ] } } } } } }'
)
HOLDS = (
    "neighbor 10.99.0.2 local-ip 10.99.0.1 local-as 65001 peer-as 65000 router-id 10.99.0.1 "
    "family-allowed ipv4-unicast/ipv4-flow"
)
HOLDS_AUTO = HOLDS.replace("peer-as 65000", "peer-as auto")
OTHER_FAMILY = Ignored("update of another family")
ONE_LINERS = [
    ("", ()),
    ("\n", ()),
    ("done", (Acknowledgement(True),)),
    ("done\n", (Acknowledgement(True),)),
    ("error", (Acknowledgement(False),)),
    ("error: no such word", (ErrorReason("no such word"),)),
    ('{"answer": "done", "message": "command completed"}', (Acknowledgement(True),)),
    ('{"answer": "error", "message": "why"}', (Acknowledgement(False, "why"),)),
    ('{"answer": "shutdown", "message": "exited"}', (Shutdown(),)),
    ("shutdown", (Shutdown(),)),
    ("shutdown 27562 26814", (Shutdown(),)),
    ("shutdown in progress", (Ignored("text"),)),
    ('{"exabgp": "5.0.0", "type": "notification", "notification": "shutdown"}', (Shutdown(),)),
    ('{"version": "6.0.0"}', (Ignored("reply"),)),
    ("exabgp 4.2.25", (Ignored("text"),)),
    (" header 0xFFFF body 0x00", (Ignored("text"),)),
    ("neighbor 10.99.0.2 connected", (StateChange(PEER, PeerState.CONNECTED),)),
    ("neighbor 10.99.0.2 up", (StateChange(PEER, PeerState.UP),)),
    ("neighbor 10.99.0.2 down - closing connection", (StateChange(PEER, PeerState.DOWN, "closing connection"),)),
    (
        "neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x00 header 0xFF body 0x06",
        (Notification(PEER, Direction.RECEIVE, 6, 2),),
    ),
    (
        '{"exabgp": "5.0.0", "type": "notification", "neighbor": {"address": {"peer": "10.99.0.2"},'
        ' "direction": "send", "notification": {"code": 6, "subcode": 4, "data": "0x", "message": ""}}}',
        (Notification(PEER, Direction.SEND, 6, 4),),
    ),
    ("neighbor 10.99.0.2 receive keepalive", (Ignored("keepalive"),)),
    ("neighbor 10.99.0.2 receive 2 header 0xFF body 0x00", (Ignored("packet"),)),
    ("neighbor 10.99.0.2 receive update start", (Ignored("update"),)),
    ("Peer            AS        up/down state       |     #sent     #recvd", (SummaryBegins(),)),
    ("10.99.0.2       4200000000 2 days, 3:04:05 established           2          6", (Established(PEER),)),
    ("10.99.0.2       64513        down idle                  0          0", (NotEstablished(PEER),)),
    ("10.99.0.2       64513        down established           0          0", (Established(PEER),)),
    ("10.99.0.2       64513     0:00:05 openconfirm           0          0", (Ignored("text"),)),
    (
        f"{HOLDS_AUTO} ipv4 unicast 10.0.0.0/24 next-hop 10.99.0.2",
        (Held(PEER, Path(parse_prefix("10.0.0.0/24"), parse_address("10.99.0.2"))),),
    ),
    (f"{HOLDS} ipv4 flow flow destination-ipv4 10.0.0.0/24", (Ignored("held ipv4 flow"),)),
    (
        f"{HOLDS} ipv4 unicast 10.0.0.0/24 path-information 0.0.0.7 next-hop 10.99.0.2",
        (Held(PEER, Path(parse_prefix("10.0.0.0/24"), PEER, path_id=7), 65000),),
    ),
    ("neighbor 10.99.0.2 receive update route eor 25/70 (l2vpn evpn)", (Ignored("update l2vpn evpn"),)),
    ("neighbor 10.99.0.2 receive update announced flow destination-ipv4 10.0.0.0/24", (OTHER_FAMILY,)),
    ("neighbor 10.99.0.2 receive update withdrawn 10.0.0.0/24 label [ 3 ] rd 1:1", (OTHER_FAMILY,)),
    (OPEN.format("receive"), (Opened(PEER, 9),)),
    (OPEN.format("send"), (Ignored("open"),)),
    (KEEPALIVE.format("receive"), (Keepalive(PEER),)),
    (KEEPALIVE.format("send"), (Ignored("keepalive"),)),
    (SIX_ZERO_EOR, (Update(PEER, Direction.RECEIVE, (EndOfRib("ipv6 unicast"),)),)),
]


@pytest.mark.parametrize(("line", "messages"), ONE_LINERS)
def test_a_line_means(line: str, messages: tuple[Message, ...]):
    assert decode(line) == messages


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON: Expecting property name"),
        ("[" * 5000, ""),
        ('{"type": 7}', "type: 7 is not a string"),
        ('{"type": "update", "neighbor": []}', "neighbor: [] is not an object"),
        ('{"answer": "perhaps"}', "answer 'perhaps' is neither done, error nor shutdown"),
        ("neighbor nobody up", "'nobody' is not an IP address"),
        ("neighbor 10.99.0.2 receive update withdrawn 10.0.0.1/24", "'10.0.0.1/24' has host bits set"),
        ("neighbor 10.99.0.2 receive update announced 10.0.0.0/24 next-hop", "the line ends too early"),
        ("neighbor 10.99.0.2 receive update announced 10.0.0.0/24 next-hop 10.0.0.1 med x", "med 'x'"),
    ],
)
def test_an_unreadable_line_is_ignored_with_the_problem(line: str, problem: str):
    (message,) = decode(line)
    assert isinstance(message, Ignored)
    assert message.problem.startswith(problem)
    assert bool(message.problem) == bool(problem)


def test_json_nested_beyond_reason_is_ignored():
    (message,) = decode('{"a":' * 100_000)
    assert isinstance(message, Ignored)
    assert message.problem


def update(attribute: dict[str, object], **update: object) -> str:
    neighbor = {"address": {"peer": "10.99.0.2"}, "direction": "receive"}
    message = {"message": {"update": {"attribute": attribute, **update}}}
    return json.dumps({"type": "update", "neighbor": neighbor | message})


ANNOUNCED = {"ipv4 unicast": {"10.0.0.9": [{"nlri": "192.0.2.1/32"}]}}
SEQUENCE, SET = SegmentKind.SEQUENCE, SegmentKind.SET
ATTRIBUTES = [
    ({}, "", Attributes()),
    ({"origin": "incomplete"}, "origin incomplete", Attributes(origin=Origin.INCOMPLETE)),
    ({"med": 0}, "med 0", Attributes(med=0)),
    ({"as-path": [1, 2]}, "as-path [ 1 2 ]", Attributes(as_path=(AsSegment(SEQUENCE, (1, 2)),))),
    ({"as-path": {"0": {"element": "as-sequence", "value": [1]}, "1": {"element": "as-set", "value": [2, 3]}}},
     "as-path ( 1 ) [ 2 3 ]", Attributes(as_path=(AsSegment(SEQUENCE, (1,)), AsSegment(SET, (2, 3))))),
    ({"as-path": [1], "as-set": [2, 3]}, "as-path [ 1 ( 2 3 ) ]",
     Attributes(as_path=(AsSegment(SEQUENCE, (1,)), AsSegment(SET, (2, 3))))),
    ({"as-path": []}, "as-path [ ]", Attributes()),
    ({"as-path": [], "as-set": [2, 3]}, "as-path [ ( 2 3 )]", Attributes(as_path=(AsSegment(SET, (2, 3)),))),
    ({"as-path": [], "confederation-path": [1, 2]}, "as-path [ ][ 1 2 ]",
     Attributes(as_path=(AsSegment(SegmentKind.CONFED_SEQUENCE, (1, 2)),))),
    ({"as-path": [5], "as-set": [6], "confederation-path": [1], "confederation-set": [2, 3]},
     "as-path [ 5 ( 6 ) ][ 1 ( 2 3 ) ]",
     Attributes(as_path=(AsSegment(SegmentKind.CONFED_SEQUENCE, (1,)), AsSegment(SegmentKind.CONFED_SET, (2, 3)),
                         AsSegment(SEQUENCE, (5,)), AsSegment(SET, (6,))))),
    ({"atomic-aggregate": True, "med": 3}, "atomic-aggregate  med 3", Attributes(atomic_aggregate=True, med=3)),
    ({"aggregator": "65001:10.0.0.1"}, "aggregator ( 65001:10.0.0.1 )",
     Attributes(aggregator=Aggregator(65001, parse_address("10.0.0.1")))),
    ({"originator-id": "10.0.0.1"}, "originator-id 10.0.0.1", Attributes(originator_id=parse_address("10.0.0.1"))),
    ({"cluster-list": ["10.0.0.1", "10.0.0.2"]}, "cluster-list [ 10.0.0.1 10.0.0.2 ]",
     Attributes(cluster_list=(parse_address("10.0.0.1"), parse_address("10.0.0.2")))),
    ({"aigp": "0x000000000000000a"}, "aigp 0x000000000000000a", Attributes(aigp=10)),
    ({"community": [[65535, 666]]}, "community blackhole", Attributes(communities=(Community(65535, 666),))),
    ({"large-community": [[1, 2, 3], [4, 5, 6]]}, "large-community [ 1:2:3 4:5:6 ]",
     Attributes(large_communities=(LargeCommunity(1, 2, 3), LargeCommunity(4, 5, 6)))),
    ({"extended-community": [{"value": 0x0003FDE80A000001}]}, "extended-community origin:65000:10.0.0.1",
     Attributes(extended_communities=(ExtendedCommunity.fromhex("0003FDE80A000001"),))),
    ({"extended-community": [{"value": 0x01020A0000010007}]}, "extended-community target:10.0.0.1:7",
     Attributes(extended_communities=(ExtendedCommunity.fromhex("01020A0000010007"),))),
    ({"extended-community": [{"value": 0x0202000100000007}]}, "extended-community target:65536:7",
     Attributes(extended_communities=(ExtendedCommunity.fromhex("0202000100000007"),))),
    ({"attribute-0x63-0xC0": "0x0102"}, "attribute [ 0x63 0xC0 0x0102 ]",
     Attributes(raw=(RawAttribute(0x63, 0xC0, b"\x01\x02"),))),
    ({"attribute-0x11-0xC0": "( 100000 )", "med": 4}, "attribute [ 0x11 0xC0 ( 100000 ) ] med 4", Attributes(med=4)),
    ({"attribute-0x11-0xC0": "[ 1 ( 2 )]", "med": 4}, "attribute [ 0x11 0xC0 [ 1 ( 2 )] ] med 4", Attributes(med=4)),
    ({"attribute-0x19-0xC0": "0x20005", "med": 4}, "attribute [ 0x19 0xC0 0x20005 ] med 4", Attributes(med=4)),
    ({"pmsi": "tunnel", "med": 4}, "pmsi tunnel med 4", Attributes(med=4)),
]  # fmt: skip


@pytest.mark.parametrize(("as_json", "as_text", "attributes"), ATTRIBUTES)
def test_an_attribute_reads_the_same_in_both_encodings(as_json, as_text, attributes):
    path = Path(parse_prefix("192.0.2.1/32"), parse_address("10.0.0.9"), attributes)
    expected = (Update(PEER, Direction.RECEIVE, (Announce(path),)),)
    assert decode(update(as_json, announce=ANNOUNCED)) == expected
    text = f"neighbor 10.99.0.2 receive update announced 192.0.2.1/32 next-hop 10.0.0.9 {as_text}".rstrip()
    assert decode(text) == expected


IPV6_PEER = parse_address("2001:db8:1::2")
PREFIX6 = parse_prefix("2001:db8:53::53/128")


def ipv6_update(*next_hops: str) -> str:
    """As ExaBGP prints a prefix of IPV6_PEER whose next hop is all of these."""
    line = json.loads(update({}, announce={"ipv6 unicast": {each: [{"nlri": str(PREFIX6)}] for each in next_hops}}))
    line["neighbor"]["address"]["peer"] = str(IPV6_PEER)
    return json.dumps(line)


@pytest.mark.parametrize(
    ("next_hops", "counts"),
    [
        (["2001:db8:1::2", "fe80::1"], "2001:db8:1::2"),
        (["2001:db8:1::3", "fe80::1"], "2001:db8:1::3"),  # of somebody else in the subnet
        (["fe80::1"], "2001:db8:1::2"),
        (["2001:db8:1::3"], "2001:db8:1::3"),
    ],
)
def test_a_link_local_next_hop_does_not_replace_the_global_one(next_hops: list[str], counts: str):
    path = Path(PREFIX6, parse_address(counts))
    assert decode(ipv6_update(*next_hops)) == (Update(IPV6_PEER, Direction.RECEIVE, (Announce(path),)),)


def test_in_text_and_in_what_exabgp_holds_a_link_local_next_hop_is_the_peer():
    path = Path(PREFIX6, IPV6_PEER)
    told = decode(f"neighbor {IPV6_PEER} receive update announced {PREFIX6} next-hop fe80::1")
    assert told == (Update(IPV6_PEER, Direction.RECEIVE, (Announce(path),)),)
    holds = (
        f"neighbor {IPV6_PEER} local-ip 2001:db8:1::9 local-as 1 peer-as 1 router-id 10.0.0.9 family-allowed in-open"
    )
    assert decode(f"{holds} ipv6 unicast {PREFIX6} next-hop fe80::1") == (Held(IPV6_PEER, path),)


@pytest.mark.parametrize(
    ("data", "is_cut"), [("@\x01\x01\x05", False), ("see \\wiki", False), ('\\\\"x', False), ("\x80", True)]
)
def test_a_neighbor_is_down_whatever_4_2_copies_from_a_notification_into_the_reason(data: str, *, is_cut: bool):
    reason = f"peer reset, message (notification received (3,5)) error(UPDATE message error / {data}"
    neighbor = '"neighbor": { "address": { "local": "10.0.0.1", "peer": "10.99.0.2" }, "state": "down", "reason": "'
    end = "" if is_cut else ')" } }'  # after a line end in the data, the rest is another line
    (message,) = decode(f'{{ "exabgp": "4.0.1", "type": "state", {neighbor}{reason}{end}')
    assert message == StateChange(PEER, PeerState.DOWN, reason if is_cut else f"{reason})")


def test_aigp_as_4_2_writes_it_bare_is_understood():
    line = update({"aigp": "VALUE"}, announce=ANNOUNCED).replace('"VALUE"', "0x0000000000000010")
    (message,) = decode(line)
    assert isinstance(message, Update)
    assert message.events[0].path.attributes.aigp == 16


def test_a_prefix_both_withdrawn_and_announced_counts_as_announced():
    (message,) = decode(update({}, announce=ANNOUNCED, withdraw={"ipv4 unicast": [{"nlri": "192.0.2.1/32"}]}))
    assert isinstance(message, Update)
    assert [type(event) for event in message.events] == [Withdraw, Announce]


def test_prefixes_are_bare_text_with_the_compact_encoding():
    announced = {
        "ipv4 unicast": {"10.0.0.9": ["192.0.2.1/32", {"nlri": "192.0.2.2/32", "path-information": "0.0.0.7"}]}
    }
    compact = update({}, announce=announced, withdraw={"ipv6 unicast": ["2001:db8::/32"]})
    next_hop = parse_address("10.0.0.9")
    paths = Path(parse_prefix("192.0.2.1/32"), next_hop), Path(parse_prefix("192.0.2.2/32"), next_hop, path_id=7)
    events = (Withdraw(parse_prefix("2001:db8::/32")), *map(Announce, paths))
    assert decode(compact) == (Update(PEER, Direction.RECEIVE, events),)


@pytest.mark.parametrize(
    ("asn", "external"),
    [
        ({"local": 65000, "peer": 65000}, None),
        ({"local": 65000, "peer": 65010}, 65010),
        ({"local": 4200000000, "peer": 4200000001}, 4200000001),
        ({"local": 65000, "peer": None}, None),
        ({"local": None, "peer": 65010}, None),
        ({}, None),
    ],
)
def test_an_update_in_json_says_the_as_of_an_external_peer(asn: dict[str, object], external: int | None):
    line = json.loads(update({}, announce=ANNOUNCED))
    line["neighbor"]["asn"] = asn
    text = json.dumps(line)
    for each in (text, text.replace(": null", ": None")):  # as 5.0 prints `auto`
        (message,) = decode(each)
        assert isinstance(message, Update)
        assert message.external_as == external


@pytest.mark.parametrize("asn", [-1, "65000", 1 << 32, True])
def test_an_as_that_is_no_number_makes_the_line_unreadable(asn: object):
    line = json.loads(update({}, announce=ANNOUNCED))
    line["neighbor"]["asn"] = {"local": 65000, "peer": asn}
    (message,) = decode(json.dumps(line))
    assert isinstance(message, Ignored)
    assert message.problem.startswith("asn.peer: ")


def test_other_families_beside_unicast_are_named_and_left_out():
    line = update({}, announce=ANNOUNCED | {"ipv4 flow": {"no-nexthop": [{"string": "flow"}]}})
    assert [type(message) for message in decode(line)] == [Update, Ignored]
    assert decode(line)[1] == Ignored("update ipv4 flow")


def test_unknown_fields_are_tolerated():
    line = json.loads(update({"med": 5, "colour": "green"}, announce=ANNOUNCED, later={"x": 1}))
    line["neighbor"]["router-id"] = "10.0.0.1"
    line["news"] = [None]
    (message,) = decode(json.dumps(line))
    assert isinstance(message, Update)
    assert message.events[0].path.attributes == Attributes(med=5)


@given(st.text())
def test_no_line_raises(line: str):
    assert isinstance(decode(line), tuple)


SOME_LINES = [line for path in ALL_CAPTURES[::4] for line in list(heard(path))[::7] if line]


@given(st.sampled_from(SOME_LINES), st.data())
def test_no_damaged_line_raises(line: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(at, min(len(line), at + 12)))
    put = data.draw(st.sampled_from(['"', "{", "]", "0x", "-1", "1e999", " ", "null", "[ ", "\x00", "é"]))
    assert isinstance(decode(line[:at] + put + line[end:]), tuple)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANY_JSON, st.sampled_from(["attribute", "announce", "withdraw", "ipv4 unicast", "nlri", "eor"]))
def test_no_json_of_the_wrong_shape_raises(value: object, field: str):
    line = update({}, announce=ANNOUNCED) if field in ("ipv4 unicast", "nlri") else update({})
    document = json.loads(line)
    inside = document["neighbor"]["message"]["update"]
    if field == "nlri":
        inside["announce"]["ipv4 unicast"]["10.0.0.9"][0]["nlri"] = value
    elif field == "ipv4 unicast":
        inside["announce"]["ipv4 unicast"] = value
    elif field == "eor":
        document["neighbor"]["message"] = {"eor": value}
    else:
        inside[field] = value
    assert isinstance(decode(json.dumps(document)), tuple)
