"""What a Serf agent tells, as values, and how it is reached. Pure. Times are in seconds.

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
    """The agent of this host. `auth_key` empty: it asks for none.

    It is asked for its members every `every` seconds; a vote stands for `vote_time` seconds unless it is repeated.
    """

    host: str
    port: int = PORT
    auth_key: str = field(default="", repr=False)
    every: float = 1.0
    vote_time: float = 30.0


@dataclass(frozen=True, slots=True)
class SerfMember:
    """One agent of the cluster. `status`: `alive`, `leaving`, `left` or `failed`."""

    name: str
    address: IPAddress
    status: str

    @property
    def is_there(self) -> bool:
        """Whether it runs: who is about to leave still does."""
        return self.status in ("alive", "leaving")


@dataclass(frozen=True, slots=True)
class Introduced:
    """The agent has let us in, and is called `name` in its cluster."""

    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """All members that the agent knows."""

    members: tuple[SerfMember, ...]


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """Something happened to these; `kind`: `member-join`, `member-failed`, `member-leave`, `member-reap` …"""

    kind: str
    members: tuple[SerfMember, ...]


@dataclass(frozen=True, slots=True)
class UserEvent:
    """Somebody of the cluster, who is not named, sent an event.

    `time`: on the cluster's Lamport clock; gossip may bring the later of two events first. `coalesced`: others of the
    same name may be lost.
    """

    payload: str
    time: int
    coalesced: bool


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The agent did not do what `command` asked for."""

    command: str
    reason: str


Told: TypeAlias = Introduced | Members | MembersChanged | UserEvent | CommandRefused
