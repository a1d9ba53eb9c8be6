"""What a source can say: the only things the RIB reacts to. An event in hand is valid."""

from dataclasses import dataclass

from bgp2vpc.bgp.path import Path
from bgp2vpc.prefix import Prefix


@dataclass(frozen=True, slots=True)
class Announce:
    """This path is offered; it takes the place of the same prefix and path identifier."""

    path: Path


@dataclass(frozen=True, slots=True)
class Withdraw:
    """This path is no longer offered. Without `path_id`: the one announced without (RFC 7911 section 3)."""

    prefix: Prefix
    path_id: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawAll:
    """Nothing is offered any more, but the session goes on (`clear adj-rib out`)."""


@dataclass(frozen=True, slots=True)
class EndOfRib:
    """The initial announcements of one family, or of all, are complete (RFC 4724 section 2)."""

    family: str | None = None
    """`ipv4 unicast`, `ipv6 unicast`, or None for all."""


Event = Announce | Withdraw | WithdrawAll | EndOfRib
