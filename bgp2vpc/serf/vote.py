"""Votes: what members say of the owner of a route, in user events of Serf. Pure; time is an argument, in seconds.

    withdraw CHECK ADDRESS [ADDRESS…] from VOTER     they fail this remote health check
    announce CHECK ADDRESS [ADDRESS…] from VOTER     they pass it, or the voter takes its vote back

The words are those of ExaBGP's healthcheck. CHECK is the name of an entry of `remote_healthchecks`, an
ADDRESS the private one of an owner, VOTER the voter's name in the cluster: an event of Serf does not say who sent it.
Words are split as a shell does, so names may be quoted.
"""

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bgp2vpc.prefix import IPAddress, PrefixError, parse_address

KEPT: Final = 10_000
"""Votes that are remembered; of more, the oldest are forgotten."""
REPEATS: Final = 3
"""How often a vote is said within the time it stands, so that one that is lost does not matter."""

_WORDS: Final = ("announce", "withdraw")
_NEVER: Final = float("-inf")
_FORM: Final = "expected: announce|withdraw CHECK ADDRESS… from VOTER"

Accusation = tuple[str, IPAddress]
"""Name of a remote check, and address of the owner that is said to fail it."""


class VoteError(ValueError):
    """Not a vote; the message says why."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one member says of one owner."""

    against: bool
    check: str
    address: IPAddress
    voter: str

    def __str__(self) -> str:
        return f"{_WORDS[self.against]} {shlex.quote(self.check)} {self.address} from {shlex.quote(self.voter)}"


def parse_votes(text: str) -> tuple[Vote, ...]:
    """The votes that a payload holds. Raises VoteError."""
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
    """`time`: on the cluster's Lamport clock. `until`: on ours."""

    against: bool
    time: int
    until: float


class Votes:
    """The votes that stand, by accusation and voter."""

    def __init__(self) -> None:
        self._cast: dict[tuple[Accusation, str], _Cast] = {}
        self._voters: dict[Accusation, set[str]] = {}
        """The voters of each accusation, an index."""

    def cast(self, vote: Vote, time: int, until: float, now: float) -> bool:
        """Take in a vote, unless a later one (by the cluster's `time`) was faster; whether it is news."""
        accusation = (vote.check, vote.address)
        key = (accusation, vote.voter)
        known = self._cast.get(key)
        if known is not None and known.until <= now:
            known = None
        if known is not None and time < known.time:
            return False
        self._cast.pop(key, None)  # so that the latest are last
        self._cast[key] = _Cast(vote.against, time, until)
        self._voters.setdefault(accusation, set()).add(vote.voter)
        if len(self._cast) > KEPT:
            self._forget([next(iter(self._cast))])
        return vote.against is not (known is not None and known.against)

    def against(self, accusation: Accusation, members: Collection[str], now: float) -> frozenset[str]:
        """Which of these members vote against it."""
        voters = {
            voter: self._cast[accusation, voter] for voter in self._voters.get(accusation, ()) if voter in members
        }
        return frozenset(voter for voter, cast in voters.items() if cast.against and cast.until > now)

    def expire(self, now: float) -> None:
        """Forget votes whose time is over."""
        self._forget([key for key, cast in self._cast.items() if cast.until <= now])

    def _forget(self, keys: Iterable[tuple[Accusation, str]]) -> None:
        for accusation, voter in keys:
            del self._cast[accusation, voter]
            self._voters[accusation].discard(voter)
            if not self._voters[accusation]:
                del self._voters[accusation]

    def next_expiry(self) -> float | None:
        """When the next vote expires."""
        return min((cast.until for cast in self._cast.values()), default=None)

    def forget_order(self) -> None:
        """The agent was restarted, perhaps with the cluster and its Lamport clock: any vote from now on is later."""
        self._cast = {key: replace(cast, time=0) for key, cast in self._cast.items()}

    def __iter__(self) -> Iterator[Vote]:
        votes = self._cast.items()
        return (Vote(True, check, address, voter) for ((check, address), voter), cast in votes if cast.against)


class OwnVotes:
    """Our own votes, and when each was sent last."""

    def __init__(self) -> None:
        self._said: dict[Accusation, float] = {}

    def say_all_again(self) -> None:
        """Others may have forgotten our votes: all are due."""
        self._said = dict.fromkeys(self._said, _NEVER)

    def due(self, accusations: Collection[Accusation], voter: str, now: float, repeat: float) -> tuple[Vote, ...]:
        """The votes to send now: new ones, those to be taken back, and those that were sent `repeat` seconds ago."""
        taken_back = self._said.keys() - accusations
        to_say = [accusation for accusation in accusations if self._said.get(accusation, _NEVER) + repeat <= now]
        for accusation in taken_back:
            del self._said[accusation]
        self._said.update(dict.fromkeys(to_say, now))
        votes = [Vote(False, *accusation, voter) for accusation in taken_back] + [
            Vote(True, *accusation, voter) for accusation in to_say
        ]
        return tuple(sorted(votes, key=str))
