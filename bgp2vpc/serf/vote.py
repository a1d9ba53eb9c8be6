"""Votes: members' reports about owners of routes, in user events of Serf. Pure; time is an argument, in seconds.

    withdraw CHECK ADDRESS [ADDRESS…] from VOTER     these owners fail this remote health check
    announce CHECK ADDRESS [ADDRESS…] from VOTER     they pass it, or the voter takes its vote back

The words are those of ExaBGP's healthcheck. CHECK is the name of an entry of `remote_healthchecks`, ADDRESS the private
address of an owner, VOTER the voter's name in the cluster, since Serf's events do not name their sender. Words are
split as in a shell, so names may be quoted.
"""

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bgp2vpc.prefix import IPAddress, PrefixError, parse_address

KEPT: Final = 10_000
"""Maximum number of votes kept; the oldest are dropped first."""
REPEATS: Final = 3
"""Number of times that a vote is sent within its validity, so that a lost event does not matter."""

_WORDS: Final = ("announce", "withdraw")
_NEVER: Final = float("-inf")
_FORM: Final = "expected: announce|withdraw CHECK ADDRESS… from VOTER"

Accusation = tuple[str, IPAddress]
"""(name of a remote check, address of an owner that is reported to fail it)."""


class VoteError(ValueError):
    """A text that is no vote; the error's text says why."""


@dataclass(frozen=True, slots=True)
class Vote:
    """The vote of one member about one owner."""

    against: bool
    check: str
    address: IPAddress
    voter: str

    def __str__(self) -> str:
        return f"{_WORDS[self.against]} {shlex.quote(self.check)} {self.address} from {shlex.quote(self.voter)}"


def parse_votes(text: str) -> tuple[Vote, ...]:
    """Parse the votes in a payload. Raises VoteError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise VoteError(f"cannot be split into words: {error}".lower()) from None
    match words:
        case ["announce" | "withdraw" as word, check, *addresses, "from", voter] if addresses and check and voter:
            pass
        case _:
            raise VoteError(_FORM)
    try:
        return tuple(Vote(word == "withdraw", check, parse_address(each), voter) for each in addresses)
    except PrefixError as error:
        raise VoteError(f"{error}; {_FORM}") from None


@dataclass(frozen=True, slots=True)
class _Cast:
    """A vote in force. `time`: on the cluster's Lamport clock. `until`: its end on our clock."""

    against: bool
    time: int
    until: float


class Votes:
    """The votes in force, by accusation and voter."""

    def __init__(self) -> None:
        self._cast: dict[tuple[Accusation, str], _Cast] = {}
        self._voters: dict[Accusation, set[str]] = {}
        """Index: the voters of each accusation."""

    def cast(self, vote: Vote, time: int, until: float, now: float) -> bool:
        """Record a vote, unless it is older (by the cluster's `time`) than the voter's last one.

        Returns whether it changes the voter's position.
        """
        accusation = (vote.check, vote.address)
        key = (accusation, vote.voter)
        known = self._cast.get(key)
        if known is not None and known.until <= now:
            known = None
        if known is not None and time < known.time:
            return False
        self._cast.pop(key, None)  # keeps the dict in the order of arrival
        self._cast[key] = _Cast(vote.against, time, until)
        self._voters.setdefault(accusation, set()).add(vote.voter)
        if len(self._cast) > KEPT:
            self._forget([next(iter(self._cast))])
        return vote.against is not (known is not None and known.against)

    def against(self, accusation: Accusation, members: Collection[str], now: float) -> frozenset[str]:
        """Those of `members` that vote against this owner by this check."""
        voters = {
            voter: self._cast[accusation, voter] for voter in self._voters.get(accusation, ()) if voter in members
        }
        return frozenset(voter for voter, cast in voters.items() if cast.against and cast.until > now)

    def expire(self, now: float) -> None:
        """Remove votes whose time is over."""
        self._forget([key for key, cast in self._cast.items() if cast.until <= now])

    def _forget(self, keys: Iterable[tuple[Accusation, str]]) -> None:
        for accusation, voter in keys:
            del self._cast[accusation, voter]
            self._voters[accusation].discard(voter)
            if not self._voters[accusation]:
                del self._voters[accusation]

    def next_expiry(self) -> float | None:
        """When the next vote expires; None if there is none."""
        return min((cast.until for cast in self._cast.values()), default=None)

    def forget_order(self) -> None:
        """After a restart of the agent, perhaps with a new Lamport clock: accept any vote as later."""
        self._cast = {key: replace(cast, time=0) for key, cast in self._cast.items()}

    def __iter__(self) -> Iterator[Vote]:
        votes = self._cast.items()
        return (Vote(True, check, address, voter) for ((check, address), voter), cast in votes if cast.against)


class OwnVotes:
    """Our own votes, and when each was last sent."""

    def __init__(self) -> None:
        self._said: dict[Accusation, float] = {}

    def say_all_again(self) -> None:
        """Make all votes due, because other members may have lost them."""
        self._said = dict.fromkeys(self._said, _NEVER)

    def due(self, accusations: Collection[Accusation], voter: str, now: float, repeat: float) -> tuple[Vote, ...]:
        """The votes to send now: new ones, withdrawn ones, and ones last sent `repeat` seconds ago or earlier."""
        taken_back = self._said.keys() - accusations
        to_say = [accusation for accusation in accusations if self._said.get(accusation, _NEVER) + repeat <= now]
        for accusation in taken_back:
            del self._said[accusation]
        self._said.update(dict.fromkeys(to_say, now))
        votes = [Vote(False, *accusation, voter) for accusation in taken_back] + [
            Vote(True, *accusation, voter) for accusation in to_say
        ]
        return tuple(sorted(votes, key=str))
