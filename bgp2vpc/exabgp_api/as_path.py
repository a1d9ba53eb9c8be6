"""AS paths, in the three ways that ExaBGP's versions write them."""

from typing import Final

from bgp2vpc.bgp.path import AsSegment, SegmentKind
from bgp2vpc.exabgp_api.numbers import asn
from bgp2vpc.exabgp_api.words import LineError, Words

__all__ = ["read_as_path"]

_BRACKETS: Final = {"[": SegmentKind.SEQUENCE, "(": SegmentKind.SET}
_CLOSING: Final = ("]", ")")


def read_as_path(words: Words) -> tuple[AsSegment, ...]:
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
    kind = _BRACKETS[words.take("as-path")]
    asns: list[int] = []
    nested: list[int] = []
    while (word := words.take("as-path: the closing bracket")) not in _CLOSING:
        if word == ",":
            continue
        if word not in _BRACKETS:
            asns.append(asn("as-path", word))
        elif kind is SegmentKind.SEQUENCE:
            nested += _nested_set(words)
        else:
            raise LineError("as-path: a set cannot hold another set or a sequence")
    found = AsSegment(kind, tuple(asns)), AsSegment(SegmentKind.SET, tuple(nested))
    return [segment for segment in found if segment.asns]


def _nested_set(words: Words) -> list[int]:
    asns = []
    while (word := words.take("as-path: the closing bracket of the set")) not in _CLOSING:
        asns.append(asn("as-path", word))
    return asns
