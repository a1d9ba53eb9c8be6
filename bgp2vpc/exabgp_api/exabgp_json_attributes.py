"""The `attribute` object of a JSON update -> Attributes. Attributes we have no type for are left out."""

from collections.abc import Iterator
from typing import Final

from bgp2vpc.bgp.path import (
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
from bgp2vpc.exabgp_api.json_value import JsonObject, as_list, as_number, as_object, as_text
from bgp2vpc.prefix import IPAddress, parse_address

_FLAT_SEGMENTS: Final = (
    ("confederation-path", SegmentKind.CONFED_SEQUENCE),
    ("confederation-set", SegmentKind.CONFED_SET),
    ("as-path", SegmentKind.SEQUENCE),
    ("as-set", SegmentKind.SET),
)
"""4.2's lists, in the order segments stand on the wire: confederation segments lead (RFC 5065 section 4.1)."""


def read_attributes(attribute: JsonObject) -> Attributes:
    """Raises ValueError naming the attribute that cannot be read."""
    return Attributes(
        origin=_origin(attribute.get("origin", "igp")),
        as_path=tuple(_as_path(attribute)),
        med=_number(attribute, "med"),
        local_preference=_number(attribute, "local-preference"),
        communities=tuple(Community(*_numbers(item, "community", 2, 16)) for item in _items(attribute, "community")),
        large_communities=tuple(
            LargeCommunity(*_numbers(item, "large-community", 3, 32)) for item in _items(attribute, "large-community")
        ),
        extended_communities=tuple(_extended(item) for item in _items(attribute, "extended-community")),
        aggregator=_aggregator(attribute.get("aggregator")),
        atomic_aggregate=attribute.get("atomic-aggregate") is True,
        originator_id=_address(attribute.get("originator-id")),
        cluster_list=tuple(parse_address(as_text(item, "cluster-list")) for item in _items(attribute, "cluster-list")),
        aigp=_aigp(attribute.get("aigp")),
        raw=tuple(_raw(attribute)),
    )


def _items(attribute: JsonObject, name: str) -> list[object]:
    return as_list(attribute.get(name, []), name)


def _number(attribute: JsonObject, name: str) -> int | None:
    return as_number(attribute[name], name, 32) if name in attribute else None


def _numbers(value: object, name: str, count: int, bits: int) -> tuple[int, ...]:
    items = as_list(value, name)
    if len(items) != count:
        raise ValueError(f"{name}: {len(items)} numbers instead of {count}")
    return tuple(as_number(item, name, bits) for item in items)


def _origin(value: object) -> Origin:
    name = as_text(value, "origin")
    try:
        return Origin[name.upper()]
    except KeyError:
        raise ValueError(f"origin: '{name}' is none of igp, egp, incomplete") from None


def _as_path(attribute: JsonObject) -> Iterator[AsSegment]:
    segments = attribute.get("as-path", [])
    if isinstance(segments, dict):
        for key in sorted(segments, key=int):
            segment = as_object(segments[key], "as-path")
            kind = SegmentKind(as_text(segment.get("element"), "as-path element"))
            yield AsSegment(kind, _asns(segment.get("value"), "as-path value"))
        return
    for name, kind in _FLAT_SEGMENTS:
        if asns := _asns(attribute.get(name, []), name):
            yield AsSegment(kind, asns)


def _asns(value: object, name: str) -> tuple[int, ...]:
    return tuple(as_number(item, name, 32) for item in as_list(value, name))


def _extended(item: object) -> ExtendedCommunity:
    value = as_object(item, "extended-community").get("value")
    return ExtendedCommunity(as_number(value, "extended-community", 64).to_bytes(8))


def _aggregator(value: object) -> Aggregator | None:
    if value is None:
        return None
    asn, _, speaker = as_text(value, "aggregator").partition(":")
    return Aggregator(as_number(int(asn), "aggregator", 32), parse_address(speaker))


def _address(value: object) -> IPAddress | None:
    return None if value is None else parse_address(as_text(value, "originator-id"))


def _aigp(value: object) -> int | None:
    """Hexadecimal text in every version (bare, so no JSON, in 4.2)."""
    if value is None or isinstance(value, int):
        return value
    return as_number(int(as_text(value, "aigp"), 16), "aigp", 64)


def _raw(attribute: JsonObject) -> Iterator[RawAttribute]:
    """`"attribute-0xCODE-0xFLAGS": "0xVALUE"`."""
    for name, value in attribute.items():
        if name.startswith("attribute-"):
            code, _, flags = name.removeprefix("attribute-").partition("-")
            octets = bytes.fromhex(as_text(value, name).removeprefix("0x"))
            yield RawAttribute(int(code, 16), int(flags, 16), octets)
