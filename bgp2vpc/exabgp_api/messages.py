"""Messages of ExaBGP to a helper, as values."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bgp2vpc.bgp.events import Event
from bgp2vpc.bgp.path import Path
from bgp2vpc.prefix import IPAddress, parse_address

FAMILIES: Final = ("ipv4 unicast", "ipv6 unicast")
"""The address families whose prefixes can be VPC routes, by the names ExaBGP prints."""


def next_hop_of(text: str, peer: IPAddress) -> IPAddress:
    """The next hop of a path of `peer`; in place of a link-local one, the address of the session. Raises PrefixError.

    A router in our own subnet sends a global and a link-local address as next hop of an IPv6 path (RFC 2545 section 3),
    both its own. ExaBGP makes two paths of that, of which its Adj-RIB-In keeps the second. EC2 knows no link-local
    addresses, and the address of the session belongs to the same interface as the global one.
    """
    address = parse_address(text)
    return peer if address.is_link_local() else address


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """ExaBGP's answer to one command: exactly one each, in order. `reason` only in JSON answers."""

    ok: bool
    reason: str = ""


class PeerState(Enum):
    """The states that ExaBGP prints. Only UP, and DOWN after an UP, are changes of the session."""

    CONNECTED = "connected"
    UP = "up"
    DOWN = "down"


class Direction(Enum):
    """Who said it: the peer (RECEIVE), or our own ExaBGP (SEND)."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class StateChange:
    """`neighbor A up` and the like."""

    peer: IPAddress
    state: PeerState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """Announcements, withdrawals and end-of-RIB of one UPDATE (or of one line of it, in the text encoding)."""

    peer: IPAddress
    direction: Direction
    events: tuple[Event, ...]
    external_as: int | None = None
    """The peer's AS number where it differs from our own: an external session. None for internal ones, and in text."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A peer's BGP OPEN (RFC 4271 section 4.2), with the hold time that it proposes, in seconds; 0: none."""

    peer: IPAddress
    hold_time: int


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A peer's BGP KEEPALIVE."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class SummaryBegins:
    """The header of the answer to `show neighbor summary`."""


@dataclass(frozen=True, slots=True)
class Established:
    """An established session: a line of the answer to `show neighbor summary`."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """A neighbor that ExaBGP is configured with and has no session with: such a line, which 4.2 leaves out."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class Held:
    """A path in ExaBGP's Adj-RIB-In: a line of the answer to `show adj-rib in extensive`. `external_as`: see Update.

    It may be of a session that is over: ExaBGP clears it when the next one begins.
    """

    peer: IPAddress
    path: Path
    external_as: int | None = None


CEASE: Final = 6
ADMINISTRATIVE_RESET: Final = 4
CONFIGURATION_CHANGE: Final = 6
RESETS: Final = (ADMINISTRATIVE_RESET, CONFIGURATION_CHANGE)
"""Subcodes of Cease (RFC 4486 section 4) with which a speaker ends a session that it is about to open again."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A BGP NOTIFICATION (RFC 4271 section 6): the session is over. `code` and `subcode`: see RFC 4486 for 6, Cease."""

    peer: IPAddress
    direction: Direction
    code: int
    subcode: int

    @property
    def name(self) -> str:
        """For people, as ExaBGP writes it."""
        return f"notification {'sent' if self.direction is Direction.SEND else 'received'} ({self.code},{self.subcode})"

    @property
    def is_reset(self) -> bool:
        """Whether the peer is about to come back: Cease with one of `RESETS`."""
        return self.direction is Direction.RECEIVE and self.code == CEASE and self.subcode in RESETS


@dataclass(frozen=True, slots=True)
class Shutdown:
    """ExaBGP is about to stop us."""


@dataclass(frozen=True, slots=True)
class ErrorReason:
    """Why the next acknowledgement is an error: 6.0 prints `error: …` on a line of its own, before `error`."""

    text: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that we do not use (`refresh`, `fsm` …), or one that cannot be read: `problem` says why."""

    kind: str
    problem: str = ""


Message = (
    Acknowledgement
    | StateChange
    | Update
    | SummaryBegins
    | Established
    | NotEstablished
    | Held
    | Opened
    | Keepalive
    | Notification
    | Shutdown
    | ErrorReason
    | Ignored
)
