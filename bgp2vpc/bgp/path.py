"""A path: the prefix, next hop and attributes that a source announces. All values are immutable and validated."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final, NamedTuple, TypeAlias

from bgp2vpc.prefix import IPAddress, Prefix


class NextHopSelf(Enum):
    """`next-hop self`: for BGP the speaker's own address, for the VPC an interface of this instance."""

    SELF = "self"

    def __str__(self) -> str:
        return "self"


SELF: Final = NextHopSelf.SELF
NextHop: TypeAlias = IPAddress | NextHopSelf


class Origin(IntEnum):
    """ORIGIN, lower is better (RFC 4271 section 5.1.1)."""

    IGP = 0
    EGP = 1
    INCOMPLETE = 2

    def __str__(self) -> str:
        return self.name.lower()


class SegmentKind(Enum):
    """AS_PATH segment types (RFC 4271 section 4.3, RFC 5065 section 3)."""

    SEQUENCE = "as-sequence"
    SET = "as-set"
    CONFED_SEQUENCE = "as-confed-sequence"
    CONFED_SET = "as-confed-set"


class AsSegment(NamedTuple):
    """One segment of an AS path."""

    kind: SegmentKind
    asns: tuple[int, ...]


class Community(NamedTuple):
    """A standard community (RFC 1997): two 16-bit numbers."""

    high: int
    low: int

    def __str__(self) -> str:
        return f"{self.high}:{self.low}"


GRACEFUL_SHUTDOWN: Final = Community(0xFFFF, 0)
"""The announcer is about to shut down; the path is a last resort (RFC 8326 section 5)."""


class LargeCommunity(NamedTuple):
    """A large community (RFC 8092): three 32-bit numbers."""

    administrator: int
    data1: int
    data2: int

    def __str__(self) -> str:
        return f"{self.administrator}:{self.data1}:{self.data2}"


class ExtendedCommunity(bytes):
    """An extended community (RFC 4360): eight octets as on the wire."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"0x{self.hex().upper()}"


class Aggregator(NamedTuple):
    """AGGREGATOR (RFC 4271 section 5.1.7)."""

    asn: int
    address: IPAddress


class RawAttribute(NamedTuple):
    """An attribute given by number: `attribute [ 0xCODE 0xFLAGS 0xVALUE ]`."""

    code: int
    flags: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Attributes:
    """The path attributes that ExaBGP's API can express. None and empty values mean that the attribute is absent."""

    origin: Origin = Origin.IGP
    as_path: tuple[AsSegment, ...] = ()
    med: int | None = None
    local_preference: int | None = None
    communities: tuple[Community, ...] = ()
    large_communities: tuple[LargeCommunity, ...] = ()
    extended_communities: tuple[ExtendedCommunity, ...] = ()
    aggregator: Aggregator | None = None
    atomic_aggregate: bool = False
    originator_id: IPAddress | None = None
    cluster_list: tuple[IPAddress, ...] = ()
    aigp: int | None = None
    prefix_sid: str = ""
    """`bgp-prefix-sid [ 300 ]` or `bgp-prefix-sid-srv6 ( … )` as text; a VPC has no use for it."""
    raw: tuple[RawAttribute, ...] = ()

    def as_path_length(self) -> int:
        """The length for best path: a set counts 1 (RFC 4271, 9.1.2.2 a), a confederation segment 0 (RFC 5065, 5.3)."""
        sequences = sum(len(segment.asns) for segment in self.as_path if segment.kind is SegmentKind.SEQUENCE)
        return sequences + sum(segment.kind is SegmentKind.SET for segment in self.as_path)


NO_ATTRIBUTES: Final = Attributes()


@dataclass(frozen=True, slots=True)
class Path:
    """A path to `prefix` as a source announced it. `path_id` distinguishes paths of the same prefix (RFC 7911)."""

    prefix: Prefix
    next_hop: NextHop
    attributes: Attributes = field(default=NO_ATTRIBUTES)
    path_id: int | None = None
