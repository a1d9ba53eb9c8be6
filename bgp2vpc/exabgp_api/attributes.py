"""Parses the words after a prefix: next hop, path identifier, path attributes.

The grammar is that of ExaBGP's `configuration/static/parser.py` and `mpls.py`, where each function reads one word and
what belongs to it, as here. ExaBGP prints communities as it reads them, so `messages_text` reads them here, too.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bgp2vpc.bgp.path import (
    NO_ATTRIBUTES,
    SELF,
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    NextHop,
    Origin,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.exabgp_api.words import U16, U32, U64, Words, address, asn, ipv4, nearest, number, shown
from bgp2vpc.prefix import IPAddress


@dataclass(slots=True)
class RouteWords:
    """The parsed words after the prefixes. `family` is set when they make it another route than unicast.

    `fields`: those of Attributes, as far as they were given. `split`: the length of `split /25`.
    """

    next_hop: NextHop | None = None
    path_id: int | None = None
    split: int | None = None
    family: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    def attributes(self) -> Attributes:
        """The path attributes among the words."""
        return Attributes(**self.fields) if self.fields else NO_ATTRIBUTES


def read_route_words(words: Words, *, stop: str = "", separator: str = "") -> RouteWords:
    """Read to the end, or to the word `stop`, which is taken too; `separator` must follow every attribute.

    A value given twice counts the first time, as in ExaBGP; path identifiers the last time, extended communities
    add up, also as in ExaBGP. Raises LineError.
    """
    route = RouteWords()
    while words:
        word = words.take("a word")
        if word == stop:
            return route
        reader = _READERS.get(word)
        if reader is None:
            raise LineError(f"unknown word {shown(word)}{nearest(word, _READERS)}")
        reader(words, route)
        if separator:
            words.expect(separator, f"behind {word}")
    if stop:
        raise LineError(f"the word '{stop}' and the prefixes behind it are missing")
    return route


def _next_hop(words: Words, route: RouteWords) -> None:
    word = words.take("next-hop: an address or 'self'")
    value = SELF if word.lower() == "self" else address("next-hop", word)
    if route.next_hop is None:
        route.next_hop = value


def _path_information(words: Words, route: RouteWords) -> None:
    what = "path-information"
    word = words.take(f"{what}: a number or four numbers with dots")
    value = int(ipv4(what, word)) if "." in word else number(what, word, U32)
    # A path without identifier is sent with 0 where add-path is spoken (RFC 7911), so 0 is none.
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
        number("label", label, (1 << 20) - 1)
    route.family = route.family or "nlri-mpls (a label)"


def _route_distinguisher(words: Words, route: RouteWords) -> None:
    administrator, colon, assigned = words.take("rd").partition(":")
    if not colon:
        raise LineError(f"rd: {shown(administrator)} is not ASN:NUMBER or ADDRESS:NUMBER")
    if "." in administrator:
        ipv4("rd", administrator)
    else:
        number("rd", administrator, U32)
    number("rd", assigned, U32)
    route.family = "mpls-vpn (a route distinguisher)"


def _name(words: Words, _route: RouteWords) -> None:
    if words:
        words.take("name")


def _watchdog(words: Words, _route: RouteWords) -> None:
    name = words.take("watchdog") if words else ""
    if name.lower() in ("announce", "withdraw"):
        raise LineError("watchdog: its name is missing")


def _withdraw(words: Words, _route: RouteWords) -> None:
    """`withdraw` inside a route: ExaBGP announces it all the same."""
    if words.peek() == "attribute":
        raise LineError("ExaBGP takes 'withdraw attribute' for a command, wherever it stands; say 'attribute' first")


def _srv6_segment_identifier(words: Words, _route: RouteWords) -> None:
    words.expect("(", "bgp-prefix-sid-srv6")
    while words.take("bgp-prefix-sid-srv6: the closing ')'") != ")":
        pass


def _attribute(name: str, read: Callable[[Words], object]) -> Callable[[Words, RouteWords], None]:
    def reader(words: Words, route: RouteWords) -> None:
        route.fields.setdefault(name, read(words))

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
    what = "attribute"
    words.expect("[", what)
    code = _octet(words.take(f"{what}: the code"))
    flags = _octet(words.take(f"{what}: the flags"))
    value = RawAttribute(code, flags, _octets(words.take(f"{what}: the value")))
    words.expect("]", what)
    given: tuple[RawAttribute, ...] = route.fields.get("raw", ())
    if all(other.code != code for other in given):
        route.fields["raw"] = (*given, value)


def _octet(word: str) -> int:
    if word[:2].lower() != "0x":
        raise LineError(f"attribute: {shown(word)} is not hexadecimal behind 0x")
    return number("attribute", word, 0xFF, hexadecimal=True)


def _octets(word: str) -> bytes:
    try:
        if word[:2].lower() == "0x":
            return bytes.fromhex(word[2:])
    except ValueError:
        pass
    raise LineError(f"attribute: {shown(word)} is not an even number of hexadecimal digits behind 0x")


_BRACKETS: Final = {"[": SegmentKind.SEQUENCE, "(": SegmentKind.SET}
_CLOSING: Final = ("]", ")")


def _as_path(words: Words) -> tuple[AsSegment, ...]:
    """`[ … ]` a sequence, `( … )` a set, one behind the other (5.0); a set within a sequence (4.2); a bare number.

    Raises LineError.
    """
    if words.peek() not in _BRACKETS:
        return (AsSegment(SegmentKind.SEQUENCE, (asn("as-path", words.take("as-path")),)),)
    segments: list[AsSegment] = []
    while words.peek() in _BRACKETS:
        segments += _segments(words)
    return tuple(segments)


def _segments(words: Words) -> list[AsSegment]:
    """One pair of brackets: two segments in 4.2's `[ 1 2 ( 3 4 ) ]`, none if it is empty."""
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


_READERS: Final[dict[str, Callable[[Words, RouteWords], None]]] = {
    "next-hop": _next_hop,
    "path-information": _path_information,
    "split": _split,
    "label": _label,
    "rd": _route_distinguisher,
    "route-distinguisher": _route_distinguisher,
    "name": _name,
    "watchdog": _watchdog,
    "withdraw": _withdraw,
    "bgp-prefix-sid": lambda words, _: words.skip_group("bgp-prefix-sid"),
    "bgp-prefix-sid-srv6": _srv6_segment_identifier,
    "origin": _attribute("origin", _origin),
    "as-path": _attribute("as_path", _as_path),
    "med": _attribute("med", lambda words: number("med", words.take("med: a number"), U32)),
    "local-preference": _attribute(
        "local_preference", lambda words: number("local-preference", words.take("local-preference: a number"), U32)
    ),
    # Sets in BGP: sorted and single, so that the same communities in another order are the same path.
    "community": _attribute(
        "communities", lambda words: tuple(sorted({community(word) for word in words.group("community")}))
    ),
    "large-community": _attribute(
        "large_communities",
        lambda words: tuple(sorted({large_community(word) for word in words.group("large-community")})),
    ),
    "extended-community": _extended_communities,
    "aggregator": _attribute("aggregator", _aggregator),
    "atomic-aggregate": _attribute("atomic_aggregate", lambda _: True),
    "originator-id": _attribute("originator_id", lambda words: ipv4("originator-id", words.take("originator-id"))),
    "cluster-list": _attribute("cluster_list", _cluster_list),
    "aigp": _attribute("aigp", lambda words: number("aigp", words.take("aigp: a number"), U64, hexadecimal=True)),
    "attribute": _raw_attribute,
}

WELL_KNOWN: Final = {
    "no-export": Community(0xFFFF, 0xFF01),
    "no-advertise": Community(0xFFFF, 0xFF02),
    "no-export-subconfed": Community(0xFFFF, 0xFF03),
    "no-peer": Community(0xFFFF, 0xFF04),
    "blackhole": Community(0xFFFF, 0x029A),
}
"""RFC 1997, RFC 3765, RFC 7999."""
_SPELLINGS: Final = {
    "no_export": "no-export",
    "no_advertise": "no-advertise",
    "nopeer": "no-peer",
}


def community(word: str) -> Community:
    """`65000:1`, a well-known name, or the whole value as a number (RFC 1997). Raises LineError."""
    high, colon, low = word.partition(":")
    if colon:
        return Community(number("community", high, U16), number("community", low, U16))
    name = word.lower()
    known = WELL_KNOWN.get(_SPELLINGS.get(name, name))
    if known:
        return known
    if not word[:1].isdigit():
        raise LineError(f"community: {shown(word)} is not HIGH:LOW nor a known name{nearest(name, WELL_KNOWN)}")
    return Community(*divmod(number("community", word, U32, hexadecimal=True), 1 << 16))


def large_community(word: str) -> LargeCommunity:
    """`65000:1:2`, or the whole value as a number (RFC 8092). Raises LineError."""
    parts = word.split(":")
    if len(parts) == 1:
        value = number("large-community", word, (1 << 96) - 1)
        return LargeCommunity(value >> 64, value >> 32 & U32, value & U32)
    if len(parts) != 3:
        raise LineError(f"large-community: {shown(word)} is not ADMINISTRATOR:DATA1:DATA2")
    return LargeCommunity(*(number("large-community", part, U32) for part in parts))


class _Kind(NamedTuple):
    """Type and subtype octets, and how the six octets of value are packed (RFC 4360 section 3)."""

    header: bytes
    layout: str


_KINDS: Final = {
    "target": _Kind(b"\x00\x02", "HI"),
    "target4": _Kind(b"\x01\x02", "IH"),
    "origin": _Kind(b"\x00\x03", "HI"),
    "origin4": _Kind(b"\x01\x03", "IH"),
    "redirect": _Kind(b"\x80\x08", "HI"),
    "l2info": _Kind(b"\x80\x0a", "BBHH"),
    "bandwidth": _Kind(b"\x40\x04", "Hf"),
    "mup": _Kind(b"\x0c\x00", "HI"),
}
_LIMITS: Final = {"B": 0xFF, "H": U16, "I": U32, "f": U32}
_REDIRECT_TO_NEXTHOP: Final = ExtendedCommunity(b"\x08\x00" + bytes(6))


def extended_community(word: str) -> ExtendedCommunity:
    """`target:65000:1`, `origin:192.0.2.1:5`, a bare `65000:1` (a target), or 16 hexadecimal digits behind 0x.

    Raises LineError.
    """
    if word == "redirect-to-nexthop":
        return _REDIRECT_TO_NEXTHOP
    if word[:2].lower() == "0x":
        return _extended_from_hex(word)
    name, *fields = word.split(":")
    if len(fields) == 1:
        name, fields = "target", [name, *fields]
    if not fields:
        raise LineError(f"extended-community: {shown(word)} is not TYPE:VALUE:VALUE, such as target:65000:1")
    if name not in _KINDS:
        raise LineError(f"extended-community: unknown type {shown(name)}{nearest(name, _KINDS)}")
    return _packed(_wide(name, fields), fields, word)


def _extended_from_hex(word: str) -> ExtendedCommunity:
    try:
        value = bytes.fromhex(word[2:])
    except ValueError:
        value = b""
    if len(value) != 8:
        raise LineError(f"extended-community: {shown(word)} is not 16 hexadecimal digits behind 0x")
    return ExtendedCommunity(value)


def _wide(name: str, fields: list[str]) -> str:
    """RFC 4360 section 3.1, RFC 5668: an address or a four-octet AS number has another layout."""
    if name not in ("target", "origin"):
        return name
    first = fields[0]
    wide = "." in first or first.endswith("L") or (first.isdigit() and len(first) < 11 and int(first) > U16)
    return f"{name}4" if wide else name


def _packed(name: str, fields: list[str], word: str) -> ExtendedCommunity:
    header, layout = _KINDS[name]
    if len(fields) != len(layout):
        raise LineError(f"extended-community: {shown(word)} needs {len(layout)} values behind its type")
    values = [_field("extended-community", field, _LIMITS[size]) for field, size in zip(fields, layout, strict=True)]
    # RFC 4360 3.2 does not tell a four-octet AS number from an address: ExaBGP sends both as type 1.
    return ExtendedCommunity(header + struct.pack(f"!{layout}", *values))


def _field(what: str, text: str, limit: int) -> int:
    """One value of an extended community: an address, or a number, which may end in L as 4.2 prints it."""
    word = text.removesuffix("L")
    value = int(ipv4(what, word)) if "." in text else number(what, word, limit)
    if value > limit:
        raise LineError(f"{what}: {shown(text)} does not fit its field (at most {limit})")
    return value
