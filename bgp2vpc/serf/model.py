"""The settings of the Serf agent, and the values that it sends. Pure. Times are in seconds.

Serf is HashiCorp's: https://github.com/hashicorp/serf (Debian's package `serf`).
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bgp2vpc.prefix import IPAddress

PORT: Final = 7373
EVENT: Final = "bgp2vpc"
"""The name of the user events that are votes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The settings of this host's agent. `auth_key`: empty if it requires none.

    `every`: seconds between requests for its members. `vote_time`: seconds for which a vote counts unless repeated.
    """

    host: str
    port: int = PORT
    auth_key: str = field(default="", repr=False)
    every: float = 1.0
    vote_time: float = 30.0


@dataclass(frozen=True, slots=True)
class SerfMember:
    """A member of the cluster. `status`: `alive`, `leaving`, `left` or `failed`."""

    name: str
    address: IPAddress
    status: str

    @property
    def is_there(self) -> bool:
        """Whether it is running, which includes a member that is leaving."""
        return self.status in ("alive", "leaving")


@dataclass(frozen=True, slots=True)
class Introduced:
    """The agent has accepted us. `name`: its own name in the cluster."""

    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """All members of the cluster, as the agent lists them."""

    members: tuple[SerfMember, ...]


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """An event about members. `kind`: `member-join`, `member-failed`, `member-leave`, `member-reap` …"""

    kind: str
    members: tuple[SerfMember, ...]


@dataclass(frozen=True, slots=True)
class UserEvent:
    """A user event of a member; the protocol does not name the sender.

    `time`: on the cluster's Lamport clock; gossip may deliver the later of two events first. `coalesced`: other events
    with the same name may be lost.
    """

    payload: str
    time: int
    coalesced: bool


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The agent refused a command."""

    command: str
    reason: str


Told: TypeAlias = Introduced | Members | MembersChanged | UserEvent | CommandRefused
