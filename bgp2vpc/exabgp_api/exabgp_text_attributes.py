"""The attributes behind `next-hop H` in a text update -> Attributes.

What ExaBGP prints is not what it reads: `as-path ( 1 2 )` is a sequence in 5.0 and 6.0 (4.2 prints `[ 1 2 ]`), an
atomic aggregate is followed by two spaces. So a value is simply all words up to the next attribute's name.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from bgp2vpc.bgp.path import (
    NO_ATTRIBUTES,
    Aggregator,
    AsSegment,
    Attributes,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    Origin,
    RawAttribute,
    SegmentKind,
)
from bgp2vpc.exabgp_api.communities import community, extended_community, large_community
from bgp2vpc.exabgp_api.numbers import U32, U64, asn, ipv4, number
from bgp2vpc.exabgp_api.words import LineError

__all__ = ["read_attributes"]


def read_attributes(words: list[str]) -> Attributes:
    """Raises ValueError naming the attribute that cannot be read. Those we have no type for are left out."""
    values: dict[str, Any] = {}
    for name, value in _split(words):
        field, read = _READERS.get(name, ("", _nothing))
        try:
            found = read(value)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{name} '{' '.join(value)}': {error}") from None
        if field == "raw":
            values["raw"] = (*values.get("raw", ()), found)
        elif field:
            values[field] = found
    return Attributes(**values) if values else NO_ATTRIBUTES


def _split(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    start = 0
    for index in range(1, len(words) + 1):
        if index == len(words) or words[index] in _READERS or words[index] in _LEFT_OUT:
            yield words[start], words[start + 1 : index]
            start = index


def _items(value: list[str]) -> list[str]:
    """A single value stands bare, several in brackets."""
    return value[1:-1] if value[0] in ("[", "(") else value


def _origin(value: list[str]) -> Origin:
    try:
        return Origin[value[0].upper()]
    except KeyError:
        raise ValueError("none of igp, egp, incomplete") from None


def _as_path(value: list[str]) -> tuple[AsSegment, ...]:
    """5.0 and 6.0: brackets around each segment. 4.2: one pair, `[ 1 2 ( 3 4 ) ]`, a sequence and a set.

    A lone `[ 1 2 ]` is read as 4.2's sequence; in 5.0 it would be a path of nothing but a set, which RFC 9774 forbids.
    """
    if value[0] == "[" and value.index("]") == len(value) - 1:
        return tuple(_sequence_and_set(value[1:-1]))
    segments: list[AsSegment] = []
    kind, asns = SegmentKind.SEQUENCE, list[int]()
    for word in value:
        if word in _OPENING:
            kind, asns = _OPENING[word], []
        elif word in _CLOSING:
            segments.append(AsSegment(kind, tuple(asns)))
        else:
            asns.append(asn("as-path", word))
    return tuple(segments)


_OPENING: Final = {
    "(": SegmentKind.SEQUENCE,
    "[": SegmentKind.SET,
    "{(": SegmentKind.CONFED_SEQUENCE,
    "{[": SegmentKind.CONFED_SET,
}
_CLOSING: Final = frozenset({")", "]", ")}", "]}"})


def _sequence_and_set(words: list[str]) -> Iterator[AsSegment]:
    at = words.index("(") if "(" in words else len(words)
    for kind, part in ((SegmentKind.SEQUENCE, words[:at]), (SegmentKind.SET, words[at + 1 : -1])):
        if part:
            yield AsSegment(kind, tuple(asn("as-path", word) for word in part))


def _communities(value: list[str]) -> tuple[Community, ...]:
    return tuple(community(word) for word in _items(value))


def _large(value: list[str]) -> tuple[LargeCommunity, ...]:
    return tuple(large_community(word) for word in _items(value))


def _extended(value: list[str]) -> tuple[ExtendedCommunity, ...]:
    """What ExaBGP prints for tunnels and flow actions has no way back to octets and is left out."""
    return tuple(found for word in _items(value) if (found := _one_extended(word)) is not None)


def _one_extended(word: str) -> ExtendedCommunity | None:
    try:
        found = extended_community(word)
    except LineError:
        return None
    # Unlike on ExaBGP's input, an AS number of four octets is printed for type 2 (RFC 5668), an address for type 1.
    wide_asn = found[0] == 0x01 and "." not in word and not word.startswith("0x")
    return ExtendedCommunity(b"\x02" + found[1:]) if wide_asn else found


def _aggregator(value: list[str]) -> Aggregator:
    number_text, _, speaker = _items(value)[0].partition(":")
    return Aggregator(asn("asn", number_text), ipv4("speaker", speaker))


def _raw(value: list[str]) -> RawAttribute:
    code, flags, *rest = _items(value)
    octets = bytes.fromhex(rest[0].removeprefix("0x")) if rest else b""
    return RawAttribute(int(code, 16), int(flags, 16), octets)


def _nothing(_: list[str]) -> None:
    """An attribute without a type of ours."""


_READERS: Final[dict[str, tuple[str, Callable[[list[str]], object]]]] = {
    "origin": ("origin", _origin),
    "as-path": ("as_path", _as_path),
    "med": ("med", lambda value: number("med", value[0], U32)),
    "local-preference": ("local_preference", lambda value: number("local-preference", value[0], U32)),
    "community": ("communities", _communities),
    "large-community": ("large_communities", _large),
    "extended-community": ("extended_communities", _extended),
    "aggregator": ("aggregator", _aggregator),
    "atomic-aggregate": ("atomic_aggregate", lambda _: True),
    "originator-id": ("originator_id", lambda value: ipv4("originator-id", value[0])),
    "cluster-list": ("cluster_list", lambda value: tuple(ipv4("cluster-list", word) for word in _items(value))),
    "aigp": ("aigp", lambda value: number("aigp", value[0], U64, hexadecimal=True)),
    "attribute": ("raw", _raw),
}
_LEFT_OUT: Final = frozenset({"extended-community-ipv6", "pmsi", "bgp-ls", "bgp-prefix-sid", "name", "error"})
