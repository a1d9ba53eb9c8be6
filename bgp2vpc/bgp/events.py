"""The events that a source can send to the RIB. They are validated when they are made."""

from dataclasses import dataclass

from bgp2vpc.bgp.path import Path
from bgp2vpc.prefix import Prefix


@dataclass(frozen=True, slots=True)
class Announce:
    """Offers `path`, which replaces the source's path of the same prefix and path identifier."""

    path: Path


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Withdraws the path with this prefix and path identifier (RFC 7911 section 3)."""

    prefix: Prefix
    path_id: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawAll:
    """Withdraws all paths of the source, whose session continues (`clear adj-rib out`)."""


@dataclass(frozen=True, slots=True)
class EndOfRib:
    """The initial announcements of an address family, or of all, are complete (RFC 4724 section 2)."""

    family: str | None = None
    """`ipv4 unicast`, `ipv6 unicast`, or None for all."""


Event = Announce | Withdraw | WithdrawAll | EndOfRib
