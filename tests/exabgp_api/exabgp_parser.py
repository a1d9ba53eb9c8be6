"""The installed ExaBGP's own parser, through its internal interface, with its changes turned into our paths."""

from typing import Any

from exabgp.bgp.message.update.attribute.generic import GenericAttribute
from exabgp.configuration.configuration import Configuration
from exabgp.environment import getenv
from exabgp.logger import log

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


class ExaBgpParser:
    """ExaBGP's parser as a function. Slow to make, quick to use."""

    def __init__(self) -> None:
        log.init(getenv())
        log.disable()
        self._configuration = Configuration([])

    def read(self, verb: str, line: str) -> list[Path] | None:
        """The paths that `line` (what follows `verb`) describes, or None when ExaBGP does not take it."""
        first, _, rest = line.partition(" ")
        section, text = (first, rest) if first in ("ipv4", "ipv6") else ("static", line)
        configuration = self._configuration
        configuration.static.clear()
        try:
            taken = configuration.partial(section, text, verb)
            configuration.scope.to_context()
            changes = configuration.scope.pop_routes()
        # Its parser lets whatever goes wrong inside escape (struct.error, OSError, TypeError, UnboundLocalError …);
        # here each of them means that ExaBGP does not take the line.
        except Exception:  # noqa: BLE001
            self._configuration = Configuration([])
            return None
        return [path_of(change) for change in changes] if taken and changes else None


def path_of(change: Any) -> Path:
    """An ExaBGP change as a path."""
    given = change.attributes
    # The attribute, not nlri.nexthop: it holds the first of two next hops, and is what leaves for IPv4.
    hop = str(given[3]) if 3 in given else "0.0.0.0"
    identifier = int.from_bytes(change.nlri.path_info.path_info, "big")
    return Path(
        prefix=parse_prefix(str(change.nlri.cidr)),
        next_hop=SELF if hop == "self" else parse_address(hop),
        attributes=_attributes(given),
        path_id=identifier or None,
    )


def _attributes(given: dict[int, Any]) -> Attributes:
    known: dict[str, Any] = {}
    raw = []
    for code, value in given.items():
        if isinstance(value, GenericAttribute):
            raw.append(RawAttribute(code, value.FLAG, value.data))
        elif code in _READERS:
            name, read = _READERS[code]
            known[name] = read(value)
    return Attributes(**known, raw=tuple(raw))


def _address(value: Any) -> IPAddress:
    return parse_address(value.top())


def _as_path(value: Any) -> tuple[AsSegment, ...]:
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
}


def _sorted(values: Any) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))
