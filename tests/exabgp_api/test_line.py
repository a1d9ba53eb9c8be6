"""The text protocol, in: what each line becomes, and what each mistake is told."""

import re

import pytest
from api_lines import WORD, damaged
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw, WithdrawAll
from bgp2vpc.bgp.path import (
    SELF,
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    NextHop,
    Origin,
    Path,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.exabgp_api.command import Acks, Answer, Command
from bgp2vpc.exabgp_api.line import decode, parse
from bgp2vpc.prefix import parse_address, parse_prefix

P = "192.0.2.1/32"


def announced(prefix: str, hop: NextHop = SELF, path_id: int | None = None, **attributes: object) -> Announce:
    return Announce(Path(parse_prefix(prefix), hop, Attributes(**attributes), path_id))  # type: ignore[arg-type]


def withdrawn(prefix: str, path_id: int | None = None) -> Withdraw:
    return Withdraw(parse_prefix(prefix), path_id)


SPLIT = "announce route 10.0.0.0/8 next-hop self split /20"
MANY = " ".join(f"{first}.0.0.0/8" for first in range(1, 41))
SEQUENCE, SET = SegmentKind.SEQUENCE, SegmentKind.SET

ATTRIBUTE_ROWS = [
    ("med 100", {"med": 100}),
    ("med 1 med 2", {"med": 1}),
    ("local-preference 7", {"local_preference": 7}),
    ("origin EGP", {"origin": Origin.EGP}),
    ("as-path [ 65001 65002 ]", {"as_path": (AsSegment(SEQUENCE, (65001, 65002)),)}),
    ("as-path [65001,65002]", {"as_path": (AsSegment(SEQUENCE, (65001, 65002)),)}),
    ("as-path 65001", {"as_path": (AsSegment(SEQUENCE, (65001,)),)}),
    ("as-path [ 1.1 ]", {"as_path": (AsSegment(SEQUENCE, (65537,)),)}),
    ("as-path ( 1 2 )", {"as_path": (AsSegment(SET, (1, 2)),)}),
    ("as-path [ 3 ( 1 2 ) ]", {"as_path": (AsSegment(SEQUENCE, (3,)), AsSegment(SET, (1, 2)))}),
    ("as-path [ 3 ] ( 1 2 )", {"as_path": (AsSegment(SEQUENCE, (3,)), AsSegment(SET, (1, 2)))}),
    ("as-path [ ]", {}),
    ("community [ 65000:2 65000:1 65000:2 ]", {"communities": (Community(65000, 1), Community(65000, 2))}),
    ("community No-Export", {"communities": (Community(65535, 65281),)}),
    ("community 0xFFFF029A", {"communities": (Community(65535, 666),)}),
    ("large-community 65000:1:2", {"large_communities": (LargeCommunity(65000, 1, 2),)}),
    (
        "extended-community target:65000:1",
        {"extended_communities": (ExtendedCommunity.fromhex("0002fde800000001"),)},
    ),
    (
        "extended-community origin:192.0.2.1:5 extended-community target:70000:1",
        {
            "extended_communities": (
                ExtendedCommunity.fromhex("0102000111700001"),
                ExtendedCommunity.fromhex("0103c00002010005"),
            )
        },
    ),
    ("aggregator (65000:192.0.2.9)", {"aggregator": Aggregator(65000, parse_address("192.0.2.9"))}),
    ("atomic-aggregate", {"atomic_aggregate": True}),
    ("originator-id 192.0.2.9", {"originator_id": parse_address("192.0.2.9")}),
    ("cluster-list [ 192.0.2.9 ]", {"cluster_list": (parse_address("192.0.2.9"),)}),
    ("aigp 0x10", {"aigp": 16}),
    ("attribute [ 0x99 0xc0 0x0102 ]", {"raw": (RawAttribute(0x99, 0xC0, b"\x01\x02"),)}),
    ("name web watchdog dog withdraw", {}),
    (
        "bgp-prefix-sid [300,[(800000,100)]] bgp-prefix-sid [ 7 ]",
        {"prefix_sid": "bgp-prefix-sid [ 300 , [ ( 800000 , 100 ) ] ]"},
    ),
    (
        "bgp-prefix-sid-srv6 ( l3-service 2001:db8:: 0x48 [64,24,16,0,0,0] )",
        {"prefix_sid": "bgp-prefix-sid-srv6 ( l3-service 2001:db8:: 0x48 [ 64 , 24 , 16 , 0 , 0 , 0 ] )"},
    ),
    ("med 5 attribute [ 0x04 0x80 0x00000009 ]", {"med": 5}),
    ("attribute [ 0x04 0x80 0x00000009 ] med 5", {"med": 9}),
    ("attribute [ 0x04 0x80 0x0009 ] med 5", {"raw": (RawAttribute(4, 0x80, b"\0\t"),)}),
    ("attribute [ 0x05 0x40 0x00000009 ]", {"local_preference": 9}),
    ("attribute [ 0x01 0x40 0x02 ] origin egp", {"origin": Origin.INCOMPLETE}),
    ("attribute [ 0x08 0xc0 0xffff0000fde80001 ]", {"communities": (Community(65000, 1), Community(65535, 0))}),
    (
        "attribute [ 0x02 0x40 0x0202000000010001000101010000ffff ]",
        {"as_path": (AsSegment(SEQUENCE, (1, 65537)), AsSegment(SET, (65535,)))},
    ),
    ("attribute [ 0x99 0xc0 0x01 ] attribute [ 0x99 0xc0 0x02 ]", {"raw": (RawAttribute(0x99, 0xC0, b"\1"),)}),
    ("aigp +5 large-community 1:+2:3_0", {"aigp": 5, "large_communities": (LargeCommunity(1, 2, 30),)}),
]


@pytest.mark.parametrize(("words", "attributes"), ATTRIBUTE_ROWS, ids=[words for words, _ in ATTRIBUTE_ROWS])
def test_an_attribute_is_read_into_its_type(words: str, attributes: dict[str, object]) -> None:
    assert parse(f"announce route {P} next-hop self {words}").events == (announced(P, **attributes),)


LINES: list[tuple[str, tuple[Event, ...]]] = [
    ("announce route 192.0.2.1 next-hop self", (announced(P),)),
    ("announce route 2001:db8::1 next-hop self", (announced("2001:db8::1/128"),)),
    ("announce route 192.0.2.0/00000024 next-hop self", (announced("192.0.2.0/24"),)),
    (f"announce route {P} next-hop SELF", (announced(P),)),
    (f"announce route {P} next-hop '192.0.2.9' next-hop self", (announced(P, parse_address("192.0.2.9")),)),
    (f"announce route {P} next-hop self path-information 7", (announced(P, path_id=7),)),
    (f"announce route {P} next-hop self path-information 0.0.1.0", (announced(P, path_id=256),)),
    (f"announce route {P} next-hop self path-information 0", (announced(P),)),
    (f"announce route {P} {{ next-hop self; med 5; }}", (announced(P, med=5),)),
    (f"announce route {P} next-hop self; route 192.0.2.2/32 next-hop self;", (announced(P), announced("192.0.2.2"))),
    (f"announce route {P} next-hop self med 5 sync", (announced(P, med=5),)),
    ("announce route 192.0.2.0/31 next-hop self split /32", (announced("192.0.2.0"), announced("192.0.2.1"))),
    ("announce route ::/126 next-hop self split /127", (announced("::/127"), announced("::2/127"))),
    ("announce ipv4 unicast 192.0.2.0/31 next-hop self split /32", (announced("192.0.2.0/31"),)),
    ("withdraw attributes next-hop self split /32 nlri 192.0.2.0/31", (withdrawn("192.0.2.0"), withdrawn("192.0.2.1"))),
    (f"withdraw route {P}", (withdrawn(P),)),
    (f"withdraw route {P} next-hop self med 5 path-information 7", (withdrawn(P, 7),)),
    (f"withdraw route {P} next-hop 2001:db8::1", (withdrawn(P),)),
    ("announce route 192.0.2.1/32 next-hop self\\n", (announced(P),)),
    ("withdraw route 192.0.2.1/32 next-hop self\\n", (withdrawn(P),)),
    ("withdraw route 192.0.2.1/32\\n", (withdrawn(P),)),
    (f"announce route {P} next-hop\\tself \\u006ded\\u00205", (announced(P, med=5),)),
    (f"announce route {P} next-hop self \\", (announced(P),)),
    (f"announce route {P} next-hop self \\; route 192.0.2.2 next-hop self", (announced(P), announced("192.0.2.2"))),
    (f'announce route {P} next-hop self name a"b c" med 5;# why', (announced(P, med=5),)),
    (
        f"announce route {P} {{ next-hop self; med 5 }} route 192.0.2.2 next-hop self",
        (announced(P), announced("192.0.2.2")),
    ),
    (
        f"announce ipv4 unicast {P} next-hop self; unicast 192.0.2.2 next-hop self",
        (announced(P), announced("192.0.2.2")),
    ),
    ("announce eor", (EndOfRib("ipv4 unicast"),)),
    ("announce eor ipv6 unicast", (EndOfRib("ipv6 unicast"),)),
    ("announce eor ipv4 flow", ()),
    ("announce route-refresh ipv6 mpls-vpn", ()),
    ("neighbor * clear adj-rib out", (WithdrawAll(),)),
]


@pytest.mark.parametrize(("line", "events"), LINES, ids=[line for line, _ in LINES])
def test_a_line_becomes_its_events_and_is_passed_on(line: str, events: tuple[Event, ...]) -> None:
    said = parse(line)
    assert said == Command(line, events, selector=said.selector, for_exabgp=True, requires=said.requires)


SELECTORS = [
    "neighbor *",
    "peer *",
    "neighbor 192.0.2.254",
    "neighbor 2001:db8::fe",
    "neighbor 192.0.2.254, neighbor 2001:db8::fe",
    "neighbor 192.0.2.254 , neighbor 2001:db8::fe",
    "neighbor 192.0.2.254,neighbor 2001:db8::fe",
    "neighbor 192.0.2.254, neighbor 2001:db8::fe neighbor *",
    "neighbor 192.0.2.254 local-ip 192.0.2.1 local-as 65000 peer-as 65000 router-id 192.0.2.1 family-allowed in-open",
    "peer 192.0.2.254, peer 2001:db8::fe",
    "peer [192.0.2.254, 2001:db8::fe]",
    "peer [ 192.0.2.254 router-id 192.0.2.1 , 2001:db8::fe peer-as 65000 ]",
    "peer [*]",
    "neighbor 192.0.2.254,",
    "neighbor 192.0.2, neighbor 192.0.2.254",
    "neighbor x, neighbor *",
    "neighbor x, , neighbor y",
]


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_selector_of_any_dialect_is_kept_and_can_be_said_again(selector: str) -> None:
    command = parse(f"{selector} announce route {P} next-hop self")
    assert command.events == (announced(P),)
    again = parse(f"{command.selector} withdraw route {P}")
    assert (again.selector, again.events) == (command.selector, (withdrawn(P),))


MISTAKES = [
    ("announce route 10.1.4.7/24 next-hop self", "10.1.4.0/24 was probably meant"),
    ("announce route 192.0.2.0/000099 next-hop self", "the length after '/' must be a number from 0 to 32"),
    (f"announce route {P}", "next-hop is missing: add 'next-hop self' or 'next-hop ADDRESS'"),
    (f"announce route {P} next-hop self metric 100", "unknown word 'metric'; did you mean 'med'?"),
    (f"announce route {P} next-hop self local-pref 5", "did you mean 'local-preference'?"),
    (f"announce route {P} next-hop self comunity 1:2", "unknown word 'comunity'; did you mean 'community'?"),
    (f"announce route {P} next-hop self MED 5", "unknown word 'MED'; did you mean 'med'?"),
    (f"announce route {P} next-hop self med", "med: a number is missing at the end of the line"),
    (f"announce route {P} next-hop self med 4294967296", "med: '4294967296' is not a number from 0 to 4294967295"),
    (f"announce route {P} next-hop nowhere", "next-hop: 'nowhere' is not an IP address"),
    (f"announce route {P} next-hop self origin bgp", "origin: 'bgp' is not igp, egp or incomplete"),
    (f"announce route {P} next-hop self community 70000:1", "community: '70000' is not a number from 0 to 65535"),
    (f"announce route {P} next-hop self community no-exprot", "did you mean 'no-export'?"),
    (f"announce route {P} next-hop self community [ 1:2", "community: the closing ']' is missing"),
    (f"announce route {P} next-hop self extended-community taget:1:2", "unknown type 'taget'; did you mean 'target'?"),
    (f"announce route {P} next-hop self extended-community target:1:2:3", "needs 2 values behind its type"),
    (f"announce route {P} next-hop self split 25", "split: '25' is not a length such as /25"),
    (f"announce route {P} next-hop self split /33", "at most /32"),
    ("announce route 10.0.0.0/8 next-hop self split /32", "has 16777216 prefixes of length 32; at most 4096"),
    (f"announce attributes next-hop self split /20 nlri {MANY}", "split: the line makes more than 4096 prefixes"),
    (f"withdraw attributes split /20 nlri {MANY}", "split: the line makes more than 4096 prefixes"),
    (f"announce route 10.0.0.0/8 next-hop self split /20; route {P} next-hop self", "more than 4096 prefixes"),
    (f"peer * group {' ; '.join(2 * [SPLIT])}", "more than 4096 prefixes"),
    (f"announce route {P} next-hop self # why", "put it on a line of its own"),
    (f"announce route {P} next-hop 'self", "a closing ' is missing"),
    (f"announce route {P} next-hop self json", "the word 'json' outside 'show' ends ExaBGP 5.0"),
    ("peer * announce flow route source 10.0.0.0/24 json", "the word 'json' outside 'show' ends ExaBGP 5.0"),
    (f"announce route {P} next-hop self name shutdown", "ExaBGP takes 'shutdown' for a command"),
    (f"announce route {P} next-hop self bgp-prefix-sid [ ]", "bgp-prefix-sid: '[ INDEX ]' or"),
    (f"announce route {P} next-hop self bgp-prefix-sid [ 300, [ ] ]", "bgp-prefix-sid: '[ INDEX ]' or"),
    (f"announce route {P} next-hop self bgp-prefix-sid [ 300, [ ( 800000,100 ]", "bgp-prefix-sid: '[ INDEX ]' or"),
    (f"announce route {P} next-hop self bgp-prefix-sid [ 300", "bgp-prefix-sid: '[ INDEX ]' or"),
    (f"announce ipv4 nlri-mpls {P} label 5 bgp-prefix-sid [ ]", "bgp-prefix-sid: '[ INDEX ]' or"),
    ("announce flow route source 10.0.0.0/24 shutdown", "ExaBGP takes 'shutdown' for a command"),
    ("announce vpls flush adj-rib out", "ExaBGP takes 'flush adj-rib out' for a command"),
    ("announce operational asm afi ipv4 xreload now", "ExaBGP takes 'reload' for a command"),
    ("neighbor 192.0.2.1 router-id crash clear adj-rib out", "ExaBGP takes 'crash' for a command"),
    (f"announce route {P} next-hop self label [ ]", "label: nothing stands between '[' and ']'"),
    (f"announce attributes nlri {P}", "next-hop is missing"),
    (f"announce attributes rd 1:2 label 5 nlri {P}", "next-hop is missing"),
    (f"announce route {P} next-hop self label [ {7 * '5 '}]", "label: more than 6 labels"),
    (f"announce ipv6 mpls-vpn ::/0 next-hop ::1 rd 1:2 label [ {3 * '5 '}]", "label: more than 2 labels"),
    ("announce attributes next-hop self med 5", "the word 'nlri' and the prefixes behind it are missing"),
    (f"announce attributes next-hop self nlri {P} ::/0", "cannot share one line"),
    ("announce ipv4 unicast ::/0 next-hop self", "::/0 is no ipv4 prefix"),
    ("announce rout 192.0.2.1/32", "announce: unknown word 'rout'; did you mean 'route'?"),
    ("anounce route 192.0.2.1/32", "unknown command 'anounce route 192.0.2.1/32'; did you mean 'announce'?"),
    ("show routes", "unknown command 'show routes'; known are: show adj-rib, show adj-rib in, show adj-rib out"),
    (f"withdraw route {P} next-hop self attribute [ 0x03 0x40 0xc0000209 ]", "a NEXT_HOP by number resets"),
    (f"withdraw attributes\\n next-h\\op self nlri {P}", "unknown word 'attributes"),
    ("announce eor foo bar", "say 'announce eor ipv4 unicast'"),
    ("announce eor ipv4 foo", "say 'announce eor ipv4 unicast'"),
    ("announce route-refresh ipv4 foo", "say 'announce route-refresh ipv4 unicast'"),
    (f'"announce" route {P} next-hop self', "unknown command"),
    (f'announce "route" {P} next-hop self', "unknown word '\"route\"'"),
    (f'neighbor "*" announce route {P} next-hop self', "is not an IP address"),
    (f"neighbor x announce route {P} next-hop self", "neighbor: 'x' is not an IP address"),
    (f"neighbor x, announce route {P} next-hop self", "neighbor: 'x' is not an IP address"),
    (f"neighbor ::1 neighbor ::2 announce route {P} next-hop self", "no neighbor has two addresses"),
    (f"neighbor * group announce route {P} next-hop self", "unknown command 'group"),
    (f"group announce route {P} next-hop self", "unknown command 'group"),
    (f"announce ipv4 unicast {P} next-hop self bgp-prefix-sid [ 300 ]", "unknown word 'bgp-prefix-sid'"),
    (f"announce ipv4 unicast {P} next-hop self label 3", "unknown word 'label'"),
    (f"announce route {P} next-hop self as-path 1.1", "as-path: '1.1' is not a number"),
    (f"announce route {P} next-hop self rd 1:2", "its label, or its route distinguisher, is missing"),
    (f"announce route {P} rd 70000:70000 label 3 next-hop self", "rd: '70000' is not a number from 0 to 65535"),
    (f"announce route {P} next-hop self name 'withdraw route x'", "ExaBGP takes 'withdraw route' for a command"),
    (f"announce route {P} next-hop self withdraw attribute [ 0x99 0xc0 0x ]", "ExaBGP takes 'withdraw attribute'"),
    (f'announce route {P} next-hop self name "a\'b"', "a closing"),
    (f"announce route {P} next-hop self med \\u00", "four hexadecimal digits"),
    (f"announce route {P} rd 1:2 label 3 next-hop self; route {P} next-hop self med x", "med: 'x' is not a number"),
    ("announce route 10.0.0.0/8 rd 1:2 label 3 next-hop self split /25", "split: more than 65536 prefixes"),
    ("withdraw eor", "'withdraw eor': say 'announce eor ipv4 unicast'"),
    ("announce", "'announce route PREFIX …' is what is usually said"),
    ("neighbor router-id 1.2.3.4 announce route ::/0", "neighbor: 'router-id' is not an IP address"),
    ("neighbor 192.0.2.1", "a command such as 'announce route …' is missing"),
    ("peer [192.0.2.1 announce route ::/0", "peer: the closing ']' is missing"),
    ("peer * group announce route ::/0 next-hop self ; flush", "group: 'flush' is neither"),
    ("peer * group  ; announce route ::/0 next-hop self", "group: '' is neither"),
    ("peer * group announce route ::/0 next-hop self ; ; withdraw route ::/0", "group: '' is neither"),
    ("peer * group 'announce route ::/0 next-hop self' ; '' ; x", "group: 'announce route ::/0 next-hop self' is"),
    ("shutdown", "'shutdown' is for ExaBGP's operator; not passed"),
    ("daemon restart", "'daemon restart' is for ExaBGP's operator; not passed"),
    ("announce route 192.0.2.1/32 next-hop self\x00", "control character '\\x00'"),
    ("announce route 192.0.2.1/32 next-hop sélf", "column 39: '\\xe9' is not ASCII"),
]


@pytest.mark.parametrize(("line", "error"), MISTAKES, ids=[re.sub(r"[^ -~]", "?", line) for line, _ in MISTAKES])
def test_a_mistake_is_explained_and_goes_no_further(line: str, error: str) -> None:
    command = parse(line)
    assert error in command.error
    assert (command.answer, command.events, command.for_exabgp) == (Answer.ERROR, (), False)


@pytest.mark.parametrize(
    "line",
    [
        "announce flow route { match { source 10.0.0.0/24; } then { discard; } }",
        "announce vpls rd 1.2.3.4:5 endpoint 5 base 10702 offset 1 size 8 next-hop 10.99.0.1",
        "announce route 192.0.2.1/32 rd 65000:1 label 100 next-hop self",
        "withdraw route 192.0.2.1/32 label [ 100 ] next-hop self",
        "announce route 192.0.2.1/32 label [ 1 2 3 4 5 6 ] next-hop self",
        "announce ipv6 mpls-vpn ::/0 rd 65000:1 label [ 100 200 ] next-hop ::1",
        "announce route 224.0.0.0/24 next-hop self",
        "announce ipv4 mpls-vpn 192.0.2.1/32 rd 65000:1 label 100 next-hop self",
        "neighbor * announce l2vpn vpls",
        "announce flow route {\\n match {\\n source 10.0.0.0/24;\\n }\\n then {\\n discard;\\n }\\n}",
        "announce flow route source 10.0.0.0/24 discard\\n",
        "announce route 10.0.0.0/8 rd 65000:1 label 3 next-hop self split /24",
        "announce attributes next-hop self nlri 224.0.0.0/5",
        "announce attributes next-hop self nlri 192.0.2.0/24 224.0.0.0/5",
    ],
)
def test_another_family_is_passed_on_but_makes_no_route(line: str) -> None:
    command = parse(line)
    assert "no route a VPC can hold" in command.error
    assert (command.answer, command.events, command.for_exabgp) == (Answer.ERROR, (), True)


@pytest.mark.parametrize(
    "other",
    [
        "route 224.1.0.0/24 next-hop self",
        "route 10.0.0.0/8 rd 1:2 label 3 next-hop self",
        "route ::/0 next-hop 192.0.2.9",
    ],
)
def test_what_a_vpc_can_hold_of_a_line_is_taken_and_the_rest_is_said(other: str) -> None:
    for line in (f"announce route {P} next-hop self; {other}", f"announce {other}; route {P} next-hop self"):
        command = parse(line)
        assert (command.answer, command.events, command.for_exabgp) == (Answer.DONE, (announced(P),), True)
        assert "no route" in command.error


def test_the_last_prefix_of_attributes_decides_the_family() -> None:
    command = parse("announce attributes next-hop self nlri 224.0.0.0/5 192.0.2.1")
    assert command.events == (announced("224.0.0.0/5"), announced(P))


def test_a_next_hop_of_the_other_family_is_answered_as_exabgp_does_and_makes_no_route() -> None:
    command = parse("announce route 2001:db8::1/128 next-hop 192.0.2.100")
    assert "the next hop 192.0.2.100 is of the other family" in command.error
    assert (command.answer, command.events, command.for_exabgp) == (Answer.DONE, (), True)


@pytest.mark.parametrize("line", ["", "  ", "#", "# announce route 192.0.2.1/32 next-hop self", "#json", "debug x"])
def test_a_line_that_says_nothing_is_done_and_not_passed_on(line: str) -> None:
    assert parse(line) == Command(line.strip())


@pytest.mark.parametrize(
    ("line", "acks"),
    [("enable-ack", Acks.ENABLE), ("disable-ack", Acks.DISABLE), ("session ack silence", Acks.SILENCE)],
)
def test_acknowledgements_are_between_the_speaker_and_us(line: str, acks: Acks) -> None:
    assert parse(line) == Command(line, acks=acks)


def test_a_question_is_answered_here() -> None:
    assert parse("version").reply[0].startswith("bgp2vpc ")
    assert any("announce route" in line for line in parse("help").reply)
    assert parse("show neighbor summary").reply == ("sources, paths and routes: bgp2vpc status",)
    assert parse("show adj-rib out json") == Command("show adj-rib out json")


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    start = "announce attributes next-hop self nlri"
    longest = start + f" {P}" * ((MAX_LINE - len(start)) // (len(P) + 1))
    assert parse(longest).answer is Answer.DONE
    assert decode(longest.encode() + b"\r\n") == parse(longest)
    for too_long in (parse(longest + f" {P}" * 2), decode((longest + f" {P}" * 2).encode())):
        assert (too_long.answer, too_long.for_exabgp) == (Answer.ERROR, False)
        assert f"is too long: at most {MAX_LINE}" in too_long.error
        assert len(too_long.line) < 100


def test_the_prefixes_of_one_line_with_split_are_limited_and_no_others() -> None:
    assert len(parse(SPLIT).events) == 4096
    assert len(parse(f"peer * group {SPLIT}").events) == 4096
    many = " ".join(f"10.{number >> 8}.{number & 255}.0" for number in range(4500))
    assert len(parse(f"announce attributes next-hop self nlri {many}").events) == 4500


@pytest.mark.parametrize("line", [f"announce route {P}\tnext-hop self", f"\tannounce\t\troute {P} next-hop self\t"])
def test_a_line_with_tabs_may_be_passed_on_as_it_is_given_back(line: str) -> None:
    command = parse(line)
    assert (command.events, command.for_exabgp) == ((announced(P),), True)
    assert command.line == f"announce route {P} next-hop self"


@pytest.mark.parametrize("text", ["attributes", "attribute"])
def test_a_withdrawal_is_passed_on_with_the_next_hop_without_which_exabgp_4_2_resets_its_sessions(text: str) -> None:
    command = parse(f"neighbor *  withdraw {text} med 5 nlri {P}")
    assert (command.events, command.for_exabgp) == ((withdrawn(P),), True)
    assert command.line == f"neighbor *  withdraw {text} next-hop 0.0.0.0 med 5 nlri {P}"
    other_family = parse(f"withdraw {text} rd 1:2 label 5 nlri {P}")
    assert (other_family.for_exabgp, "next-hop 0.0.0.0" in other_family.line) == (True, True)


def test_bytes_that_are_no_ascii_are_an_error() -> None:
    assert decode(b"announce route \xff\n").answer is Answer.ERROR
    assert decode(f"announce route {P} next-hop self\r\n".encode()).events == (announced(P),)


def test_a_repeated_line_is_the_same_command() -> None:
    line = f"announce route {P} next-hop self"
    assert parse(line) is parse(line)


def assert_well_formed(command: Command) -> None:
    """An error says why and does nothing; what is passed on can harm no ExaBGP."""
    if command.answer is Answer.ERROR:
        assert command.error
        assert command.events == ()
    if command.for_exabgp:
        assert command.line.isascii()
        assert command.line.isprintable() or "\t" in command.line
        assert not {"json", "shutdown", "reload", "restart", "reset", "crash"} & set(command.line.split())


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    assert_well_formed(decode(raw))


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(line: str) -> None:
    assert_well_formed(parse(line))


@given(st.lists(WORD, max_size=14).map(" ".join))
def test_any_words_of_the_protocol_get_an_answer(line: str) -> None:
    assert_well_formed(parse(line))


@given(st.sampled_from(["", "neighbor * ", "peer [1.2.3.4] "]), damaged(), st.text(max_size=3), st.integers(0, 200))
def test_a_line_hit_in_the_middle_gets_an_answer(selector: str, statement: str, hit: str, at: int) -> None:
    line = f"{selector}announce {statement}"
    assert_well_formed(parse(line[:at] + hit + line[at:]))
