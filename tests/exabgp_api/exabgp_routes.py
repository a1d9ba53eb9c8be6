"""ExaBGP's routes, as its parser makes them of a line, as our paths."""

from typing import Any

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
from bgp2vpc.prefix import IPAddress, parse_address, parse_prefix

_SEGMENTS = {1: SegmentKind.SET, 2: SegmentKind.SEQUENCE}


def path_of(change: Any) -> Path | None:
    """A route of ExaBGP 4.2 or 5.0 as a path; None: it is of another family than unicast."""
    distinguisher = getattr(change.nlri, "rd", None)
    if change.nlri.safi != 1 or (distinguisher is not None and distinguisher.rd):
        return None
    given = change.attributes
    # The attribute, not nlri.nexthop: it holds the first of two next hops, and is what leaves for IPv4.
    hop = given.get(3, "0.0.0.0")
    text = ".".join(map(str, hop.data)) if _is_generic(hop) else str(hop)
    identifier = int.from_bytes(change.nlri.path_info.path_info, "big")
    return Path(
        prefix=parse_prefix(str(change.nlri.cidr)),
        next_hop=SELF if text == "self" else parse_address(text),
        attributes=_attributes(given),
        path_id=identifier or None,
    )


def _is_generic(value: Any) -> bool:
    return type(value).__name__ == "GenericAttribute"  # each ExaBGP has its own


def _attributes(given: dict[int, Any]) -> Attributes:
    known: dict[str, Any] = {}
    raw = []
    for code, value in given.items():
        if code == 3:
            continue
        if not _is_generic(value):
            if code in _READERS:
                name, read = _READERS[code]
                known[name] = read(value)
            continue
        meaning = _meaning(code, value.data)
        known |= meaning
        if not meaning:
            raw.append(RawAttribute(code, value.FLAG, value.data))
    return Attributes(**known, raw=tuple(raw))


def _meaning(code: int, data: bytes) -> dict[str, Any]:
    """What an attribute by number says, of those that decide something here."""
    match code, len(data):
        case 1, 1 if data[0] < 3:
            return {"origin": Origin(data[0])}
        case 4, 4:
            return {"med": int.from_bytes(data)}
        case 5, 4:
            return {"local_preference": int.from_bytes(data)}
        case 8, length if length and length % 4 == 0:
            return {"communities": _sorted(Community(*_numbers(data[at : at + 4], 2)) for at in range(0, length, 4))}
    return {}


def _address(value: Any) -> IPAddress:
    return parse_address(value.top())


def _as_path(value: Any) -> tuple[AsSegment, ...]:
    if not hasattr(value, "aspath"):  # 4.2
        kinds = (SegmentKind.SEQUENCE, value.as_seq), (SegmentKind.SET, value.as_set)
        return tuple(AsSegment(kind, tuple(map(int, asns))) for kind, asns in kinds if asns)
    segments = (AsSegment(_SEGMENTS[part.ID], tuple(map(int, part))) for part in value.aspath)
    return tuple(segment for segment in segments if segment.asns)


def _numbers(packed: bytes, size: int) -> list[int]:
    return [int.from_bytes(packed[at : at + size], "big") for at in range(0, len(packed), size)]


_READERS: dict[int, tuple[str, Any]] = {
    1: ("origin", lambda value: Origin(value.origin)),
    2: ("as_path", _as_path),
    4: ("med", lambda value: value.med),
    5: ("local_preference", lambda value: value.localpref),
    6: ("atomic_aggregate", lambda _: True),
    7: ("aggregator", lambda value: Aggregator(int(value.asn), _address(value.speaker))),
    8: ("communities", lambda value: _sorted(Community(*_numbers(each.community, 2)) for each in value.communities)),
    9: ("originator_id", _address),
    10: ("cluster_list", lambda value: tuple(map(_address, value.clusters))),
    16: (
        "extended_communities",
        lambda value: _sorted(ExtendedCommunity(each.community) for each in value.communities),
    ),
    26: ("aigp", lambda value: int.from_bytes(value.aigp[3:], "big")),
    32: (
        "large_communities",
        lambda value: _sorted(LargeCommunity(*_numbers(each.large_community, 4)) for each in value.communities),
    ),
    40: ("prefix_sid", lambda _: "given"),
}


def _sorted(values: Any) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))
