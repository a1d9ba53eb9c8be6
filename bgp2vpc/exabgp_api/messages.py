"""The messages that ExaBGP sends to a helper, as values."""

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bgp2vpc.bgp.events import Event
from bgp2vpc.bgp.path import Path, RawAttribute
from bgp2vpc.prefix import IPAddress, parse_address

FAMILIES: Final = ("ipv4 unicast", "ipv6 unicast")
"""The address families whose prefixes can be VPC routes, with ExaBGP's names."""


def next_hop_of(text: str, peer: IPAddress) -> IPAddress:
    """The next hop of a path of `peer`; the peer's session address instead of a link-local one. Raises PrefixError.

    A router in our own subnet sends both a global and a link-local next hop for an IPv6 path (RFC 2545 section 3).
    ExaBGP turns them into two paths, and its Adj-RIB-In keeps the second. EC2 does not list link-local addresses, but
    the session address belongs to the same interface as the global one.
    """
    address = parse_address(text)
    return peer if address.is_link_local() else address


def raw_attribute(code: str, flags: str, octets: str) -> RawAttribute | None:
    """An attribute that ExaBGP prints by number. All three are hexadecimal, mostly with `0x`. Raises ValueError.

    None if `octets` are none, as in an AS4_PATH without the AS_PATH that it belongs to, which ExaBGP prints like an AS
    path, and in 4.2's IPv6 extended communities, whose leading zeros are missing. No decision depends on either.
    """
    numbers = int(code, 16), int(flags, 16)
    with suppress(ValueError):
        return RawAttribute(*numbers, bytes.fromhex(octets.removeprefix("0x")))
    return None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """ExaBGP's answer to a command: exactly one for each command, in order. `reason`: only in JSON answers."""

    ok: bool
    reason: str = ""


class PeerState(Enum):
    """The states that ExaBGP prints. Only UP, and DOWN after UP, are changes of the BGP session."""

    CONNECTED = "connected"
    UP = "up"
    DOWN = "down"


class Direction(Enum):
    """The sender of a BGP message: the peer (RECEIVE) or our own ExaBGP (SEND)."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of a neighbor's state: `neighbor A up` and the like."""

    peer: IPAddress
    state: PeerState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """Announcements, withdrawals and end-of-RIB of one UPDATE (in the text encoding, of one line of it)."""

    peer: IPAddress
    direction: Direction
    events: tuple[Event, ...]
    external_as: int | None = None
    """The peer's AS number on an external session. None for internal sessions, and in the text encoding."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A peer's BGP OPEN (RFC 4271 section 4.2) with its proposed hold time in seconds; 0: no hold timer."""

    peer: IPAddress
    hold_time: int


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A peer's BGP KEEPALIVE."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class SummaryBegins:
    """The header line of the answer to `show neighbor summary`."""


@dataclass(frozen=True, slots=True)
class Established:
    """An established session: a line of the answer to `show neighbor summary`."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """A neighbor without a session: a line of the answer to `show neighbor summary`; 4.2 leaves such lines out."""

    peer: IPAddress


@dataclass(frozen=True, slots=True)
class Held:
    """A path in ExaBGP's Adj-RIB-In: a line of the answer to `show adj-rib in extensive`. `external_as`: see Update.

    The path may be of a session that has ended: ExaBGP clears it when the next session begins.
    """

    peer: IPAddress
    path: Path
    external_as: int | None = None


CEASE: Final = 6
ADMINISTRATIVE_RESET: Final = 4
CONFIGURATION_CHANGE: Final = 6
RESETS: Final = (ADMINISTRATIVE_RESET, CONFIGURATION_CHANGE)
"""Subcodes of Cease (RFC 4486 section 4) after which the peer opens the session again at once."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A BGP NOTIFICATION (RFC 4271 section 6), which ends the session. For the subcodes of Cease (6) see RFC 4486."""

    peer: IPAddress
    direction: Direction
    code: int
    subcode: int

    @property
    def name(self) -> str:
        """The notification in ExaBGP's own words, for logs and status."""
        return f"notification {'sent' if self.direction is Direction.SEND else 'received'} ({self.code},{self.subcode})"

    @property
    def is_reset(self) -> bool:
        """Whether the peer is about to open the session again: a received Cease with one of `RESETS`."""
        return self.direction is Direction.RECEIVE and self.code == CEASE and self.subcode in RESETS


@dataclass(frozen=True, slots=True)
class Shutdown:
    """ExaBGP announces that it is about to end its helpers."""


@dataclass(frozen=True, slots=True)
class ErrorReason:
    """The reason for the error that follows: 6.0 prints `error: …` on a line of its own, before `error`."""

    text: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is not used (`refresh`, `fsm` …) or cannot be decoded; `problem` says why it cannot."""

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
