"""Parses the words after a prefix: next hop, path identifier, path attributes.

The grammar is that of ExaBGP's `configuration/static/parser.py` and `mpls.py`. As there, each function reads one
keyword's value.
"""

import re
import struct
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from bgp2vpc.bgp.path import (
    NO_ATTRIBUTES,
    SELF,
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    NextHop,
    Origin,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.exabgp_api.communities import community, extended_community, large_community
from bgp2vpc.exabgp_api.words import U16, U32, U64, Words, address, asn, ipv4, nearest, number, shown
from bgp2vpc.prefix import IPAddress


class Code(IntEnum):
    """Type codes (IANA: BGP Path Attributes) of the path attributes that have a keyword."""

    ORIGIN = 1
    AS_PATH = 2
    NEXT_HOP = 3
    MED = 4
    LOCAL_PREFERENCE = 5
    ATOMIC_AGGREGATE = 6
    AGGREGATOR = 7
    COMMUNITIES = 8
    ORIGINATOR_ID = 9
    CLUSTER_LIST = 10
    EXTENDED_COMMUNITIES = 16
    AIGP = 26
    LARGE_COMMUNITIES = 32
    PREFIX_SID = 40


LABELLED: Final = "nlri-mpls (a label)"
VPN: Final = "mpls-vpn (a route distinguisher)"
"""Names of the address families that the words `label` and `rd` turn a route into."""


@dataclass(slots=True)
class RouteWords:
    """The parsed words after the prefixes.

    `family`: set if the words make the route something other than unicast. `codes`: the path attributes given so far.
    `fields`: arguments for Attributes. `split`: the prefix length of `split /25`.
    """

    next_hop: NextHop | None = None
    path_id: int | None = None
    split: int | None = None
    is_labelled: bool = False
    is_vpn: bool = False
    family: str = ""
    codes: set[int] = field(default_factory=set)
    fields: dict[str, Any] = field(default_factory=dict)

    def attributes(self) -> Attributes:
        """The path attributes among the words."""
        return Attributes(**self.fields) if self.fields else NO_ATTRIBUTES

    def is_first(self, code: int) -> bool:
        """Record this attribute; returns whether it is the first of its code, which is the one ExaBGP keeps."""
        if code in self.codes:
            return False
        self.codes.add(code)
        return True


def read_route_words(words: Words, *, stop: str = "", without: Container[str] = ()) -> RouteWords:
    """Read words to the end, or up to and including the word `stop`. `without`: keywords not allowed here.

    As in ExaBGP, the first value of an attribute given twice counts, but the last path identifier, and extended
    communities add up. Raises LineError.
    """
    route = RouteWords()
    while words and (word := words.take("a word")):
        if word == stop:
            return route
        read_one(word, words, route, without)
    if stop:
        raise LineError(f"the word '{stop}' and the prefixes behind it are missing")
    return route


def read_one(word: str, words: Words, route: RouteWords, without: Container[str] = ()) -> None:
    """Read the value that follows the keyword `word` into `route`. Raises LineError."""
    reader = _READERS.get(word)
    if reader is None or word in without:
        known = [each for each in _READERS if each not in without]
        raise LineError(f"unknown word {shown(word)}{nearest(word, known)}")
    reader(words, route)


def _next_hop(words: Words, route: RouteWords) -> None:
    word = words.take("next-hop: an address or 'self'")
    value = SELF if word.lower() == "self" else address("next-hop", word)
    if route.is_first(Code.NEXT_HOP):
        route.next_hop = value


def _path_information(words: Words, route: RouteWords) -> None:
    what = "path-information"
    word = words.take(f"{what}: a number or four numbers with dots")
    value = int(ipv4(what, word)) if "." in word else number(what, word, U32)
    # On an ADD-PATH session (RFC 7911), ExaBGP sends a path without identifier as 0, so 0 means none.
    route.path_id = value or None


def _split(words: Words, route: RouteWords) -> None:
    word = words.take("split: a length such as /25")
    if word[:1] != "/":
        raise LineError(f"split: {shown(word)} is not a length such as /25")
    value = number("split", word[1:], 128)
    if route.split is None:
        route.split = value


def _label(words: Words, route: RouteWords) -> None:
    labels = words.group("label")
    if not labels:
        raise LineError("label: nothing stands between '[' and ']'")
    for label in labels:
        number("label", label, (1 << 20) - 1, lax=True)
    route.is_labelled = True
    route.family = route.family or LABELLED


def _route_distinguisher(words: Words, route: RouteWords) -> None:
    word = words.take("rd")
    administrator, colon, assigned = word.partition(":")
    if not colon:
        raise LineError(f"rd: {shown(word)} is not ASN:NUMBER or ADDRESS:NUMBER")
    if "." in administrator:
        ipv4("rd", administrator)
        most = U16
    else:
        most = U16 if number("rd", administrator, U32, lax=True) > U16 else U32
    number("rd", assigned, most, lax=True)
    route.is_vpn = True
    route.family = VPN


def _watchdog(words: Words, _route: RouteWords) -> None:
    name = words.take("watchdog") if words else ""
    if name.lower() in ("announce", "withdraw"):
        raise LineError("watchdog: its name is missing")


def _prefix_sid(words: Words, route: RouteWords) -> None:
    """Read `[ 300, [ ( 800000,100 ) ] ]`; `harmful` has checked the form already."""
    given = words.bracketed("bgp-prefix-sid", "[", "]")
    numbers = [word for word in given if word not in ("[", "]", "(", ")", ",")]
    for at, word in enumerate(numbers):
        number("bgp-prefix-sid", word, (1 << 24) - 1 if at else U32)
    if route.is_first(Code.PREFIX_SID):
        route.fields["prefix_sid"] = f"bgp-prefix-sid {' '.join(given)}"


def _srv6_segment_identifier(words: Words, route: RouteWords) -> None:
    given = " ".join(words.bracketed("bgp-prefix-sid-srv6", "(", ")"))
    form = _SRV6.fullmatch(given)
    if form is None:
        raise LineError("bgp-prefix-sid-srv6: '( l3-service|l2-service IPV6 [BEHAVIOR [ [ six numbers ] ]] )' expected")
    address("bgp-prefix-sid-srv6", form[1])
    if route.is_first(Code.PREFIX_SID):
        route.fields["prefix_sid"] = f"bgp-prefix-sid-srv6 {given}"


_NUMBER: Final = r"(?:0x[0-9a-fA-F]+|\d+)"
_SRV6: Final = re.compile(
    rf"\( l[23]-service ([0-9a-fA-F:.]+)(?: {_NUMBER}(?: \[ {_NUMBER}(?: , {_NUMBER}){{5}} \])?)? \)"
)


def _attribute(code: Code, read: Callable[[Words], object]) -> Callable[[Words, RouteWords], None]:
    name = code.name.lower()

    def reader(words: Words, route: RouteWords) -> None:
        value = read(words)
        if route.is_first(code):
            route.fields[name] = value

    return reader


def _origin(words: Words) -> Origin:
    word = words.take("origin")
    try:
        return _ORIGINS[word.lower()]
    except KeyError:
        raise LineError(f"origin: {shown(word)} is not igp, egp or incomplete") from None


_ORIGINS: Final = {str(origin): origin for origin in Origin}


def _extended_communities(words: Words, route: RouteWords) -> None:
    given = {extended_community(word) for word in words.group("extended-community")}
    if not route.is_first(Code.EXTENDED_COMMUNITIES) and "extended_communities" not in route.fields:
        raise LineError("extended-community: they are given as 'attribute [ 0x10 … ]' already")
    before: tuple[ExtendedCommunity, ...] = route.fields.get("extended_communities", ())
    route.fields["extended_communities"] = tuple(sorted(given.union(before)))


def _aggregator(words: Words) -> Aggregator:
    bracket = words.peek() == "("
    if bracket:
        words.take("aggregator")
    word = words.take("aggregator")
    number_text, colon, address_text = word.partition(":")
    if not colon:
        raise LineError(f"aggregator: {shown(word)} is not ASN:ADDRESS")
    value = Aggregator(asn("aggregator", number_text), ipv4("aggregator", address_text))
    if bracket:
        words.expect(")", "aggregator")
    return value


def _cluster_list(words: Words) -> tuple[IPAddress, ...]:
    identifiers = tuple(ipv4("cluster-list", word) for word in words.group("cluster-list"))
    if not identifiers:
        raise LineError("cluster-list: at least one identifier is needed")
    return identifiers


def _raw_attribute(words: Words, route: RouteWords) -> None:
    """Read an attribute given by number. One that influences decisions is decoded, as if given by its keyword."""
    what = "attribute"
    words.expect("[", what)
    code = _octet(words.take(f"{what}: the code"))
    flags = _octet(words.take(f"{what}: the flags"))
    value = _octets(words.take(f"{what}: the value"))
    words.expect("]", what)
    if code == Code.NEXT_HOP:
        raise LineError(f"{what}: a NEXT_HOP by number resets ExaBGP's sessions; say 'next-hop ADDRESS'")
    if not route.is_first(code):
        if code == Code.EXTENDED_COMMUNITIES:
            raise LineError(f"{what}: extended communities are given already")
        return
    meaning = _meaning(code, value)
    if meaning is None:
        given: tuple[RawAttribute, ...] = route.fields.get("raw", ())
        route.fields["raw"] = (*given, RawAttribute(code, flags, value))
    else:
        route.fields[Code(code).name.lower()] = meaning


def _octet(word: str) -> int:
    if word[:2].lower() != "0x":
        raise LineError(f"attribute: {shown(word)} is not hexadecimal behind 0x")
    return number("attribute", word, 0xFF, hexadecimal=True)


def _octets(word: str) -> bytes:
    if word[:2].lower() == "0x" and not len(word) % 2:
        with suppress(ValueError):
            return bytes(int(word[at : at + 2], 16) for at in range(2, len(word), 2))
    raise LineError(f"attribute: {shown(word)} is not an even number of hexadecimal digits behind 0x")


def _meaning(code: int, value: bytes) -> object:
    """Decode an attribute's octets (RFC 4271 section 5.1, RFC 1997); None if no decision here depends on it."""
    match code:
        case Code.ORIGIN if len(value) == 1 and value[0] in Origin.__members__.values():
            return Origin(value[0])
        case Code.AS_PATH:
            return _as_path_by_number(value)
        case Code.MED | Code.LOCAL_PREFERENCE if len(value) == 4:
            return int.from_bytes(value)
        case Code.COMMUNITIES if value and not len(value) % 4:
            return tuple(sorted({Community(*pair) for pair in struct.iter_unpack("!HH", value)}))
    return None


def _as_path_by_number(value: bytes) -> tuple[AsSegment, ...] | None:
    """Decode AS_PATH octets with four-octet AS numbers (RFC 6793), which nearly all sessions use; None if malformed."""
    segments, at = [], 0
    while at + 2 <= len(value) and value[at] in _SEGMENTS:
        start, at = at, at + 2 + 4 * value[at + 1]
        if at <= len(value):
            asns = [asn for (asn,) in struct.iter_unpack("!I", value[start + 2 : at])]
            segments.append(AsSegment(_SEGMENTS[value[start]], tuple(asns)))
    return tuple(segments) if segments and at == len(value) else None


_SEGMENTS: Final = {1: SegmentKind.SET, 2: SegmentKind.SEQUENCE}
_BRACKETS: Final = {"[": SegmentKind.SEQUENCE, "(": SegmentKind.SET}
_CLOSING: Final = ("]", ")")


def _as_path(words: Words) -> tuple[AsSegment, ...]:
    """Read an AS path: `[ … ]` is a sequence, `( … )` a set. 5.0 puts one after the other, 4.2 a set within a sequence.

    A bare number is a sequence of one. Raises LineError.
    """
    if words.peek() not in _BRACKETS:
        return (AsSegment(SegmentKind.SEQUENCE, (number("as-path", words.take("as-path"), U32),)),)
    segments: list[AsSegment] = []
    while words.peek() in _BRACKETS:
        segments += _segments(words)
    return tuple(segments)


def _segments(words: Words) -> list[AsSegment]:
    """Read one pair of brackets: two segments for 4.2's `[ 1 2 ( 3 4 ) ]`, none for an empty pair."""
    kind = _BRACKETS[words.take("as-path")]
    asns: list[int] = []
    nested: list[int] = []
    while (word := words.take("as-path: the closing bracket")) not in _CLOSING:
        if word == ",":
            continue
        if word not in _BRACKETS:
            asns.append(asn("as-path", word))
        elif kind is SegmentKind.SEQUENCE:
            while (word := words.take("as-path: the closing bracket of the set")) not in _CLOSING:
                nested.append(asn("as-path", word))
        else:
            raise LineError("as-path: a set cannot hold another set or a sequence")
    found = AsSegment(kind, tuple(asns)), AsSegment(SegmentKind.SET, tuple(nested))
    return [segment for segment in found if segment.asns]


_READERS: Final[dict[str, Callable[[Words, RouteWords], object]]] = {
    "next-hop": _next_hop,
    "path-information": _path_information,
    "split": _split,
    "label": _label,
    "rd": _route_distinguisher,
    "route-distinguisher": _route_distinguisher,
    "name": lambda words, _route: words.take("name") if words else None,
    "watchdog": _watchdog,
    "withdraw": lambda _words, _route: None,  # ExaBGP announces such a route nevertheless
    "bgp-prefix-sid": _prefix_sid,
    "bgp-prefix-sid-srv6": _srv6_segment_identifier,
    "origin": _attribute(Code.ORIGIN, _origin),
    "as-path": _attribute(Code.AS_PATH, _as_path),
    "med": _attribute(Code.MED, lambda words: number("med", words.take("med: a number"), U32)),
    "local-preference": _attribute(
        Code.LOCAL_PREFERENCE, lambda words: number("local-preference", words.take("local-preference: a number"), U32)
    ),
    # Communities are sets: sorted and without duplicates, so that another order does not make another path.
    "community": _attribute(
        Code.COMMUNITIES, lambda words: tuple(sorted({community(word) for word in words.group("community")}))
    ),
    "large-community": _attribute(
        Code.LARGE_COMMUNITIES,
        lambda words: tuple(sorted({large_community(word) for word in words.group("large-community")})),
    ),
    "extended-community": _extended_communities,
    "aggregator": _attribute(Code.AGGREGATOR, _aggregator),
    "atomic-aggregate": _attribute(Code.ATOMIC_AGGREGATE, lambda _: True),
    "originator-id": _attribute(Code.ORIGINATOR_ID, lambda words: ipv4("originator-id", words.take("originator-id"))),
    "cluster-list": _attribute(Code.CLUSTER_LIST, _cluster_list),
    "aigp": _attribute(
        Code.AIGP, lambda words: number("aigp", words.take("aigp: a number"), U64, hexadecimal=True, lax=True)
    ),
    "attribute": _raw_attribute,
}

NOT_BEHIND_UNICAST: Final = frozenset({"label", "rd", "route-distinguisher", "bgp-prefix-sid", "bgp-prefix-sid-srv6"})
"""Keywords that no version accepts after `ipv4 unicast PREFIX`."""
