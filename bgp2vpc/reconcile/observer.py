"""The events of the reconcile loop as values, and the observers that receive them.

A part that needs to know what the reconciler does is an `Observer`. It is called on the event loop, at once. An event
about some prefixes, and the cycle that follows it, call in this order:

1. `touched`: the prefixes are queued.
2. `lost`, `decided`, `judged`: the decision is made (in slices: repeatedly, and at the end `decided_all`).
3. `written`: once for each write, when it ends. `cycled`: all writes of the cycle have ended.

`connected` precedes the first poll. `polled` follows each poll, and `answered` each call of EC2's API. `failed` and
`recovered` report any operation of the daemon, not only those of the reconciler (`Journal.failure`).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from bgp2vpc.errors import Bgp2vpcError, Ec2Error
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.plan import Change, RouteKey, Verdict
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Instance, Route, Target

SomeObserver = TypeVar("SomeObserver", bound="Observer")


@dataclass(slots=True)
class Cycle:
    """One decision and the writes that follow from it.

    `started`: on the event loop's clock. `pending`: changes whose writes have not ended. `counts`: results of the other
    writes, by the words of the log (`created`, `failed`).
    """

    number: int
    started: float
    pending: int
    counts: Counter[str] = field(default_factory=Counter)

    def sentence(self, now: float) -> str:
        """The number and the result, in words: `cycle 812: 3 created, 1 failed (0.41 s)`."""
        return f"cycle {self.number}: {self.result(now)}"

    def result(self, now: float) -> str:
        """The result in words: `3 created, 1 failed (0.41 s)`."""
        counts = ", ".join(f"{count} {word}" for word, count in sorted(self.counts.items())) or "nothing to change"
        return f"{counts} ({now - self.started:.2f} s)"


class WriteResult(Enum):
    """The result of the write of a change.

    DONE: EC2 accepted it, or a delete found no route. UNNEEDED: before the call it turned out that the place needs no
    such change any more. OVERTAKEN: EC2 refused it because another writer was faster, which is normal where several
    hosts start or fail over at once; the place is decided again at once, and the next try reads the table first and
    mostly ends as UNNEEDED. FAILED: any other error, or such a refusal at a place whose last write did not succeed
    either; retried at `Outcome.retry_at`.
    """

    DONE = "done"
    UNNEEDED = "unneeded"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one write. `change`: as it was written, or as it was wanted if it was not.

    `seconds`: from the decision to the end of the write, waits and reads included. `retry_at`: when the place may be
    written again (event loop's clock); None: no retry is needed.
    """

    change: Change
    result: WriteResult
    seconds: float
    error: Ec2Error | None = None
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class LostRoute:
    """A route of ours (to `old`) that another host has pointed elsewhere: it is `new` now.

    `expected`: we had left it to a peer, or the table avoids our availability zone.
    """

    table_id: str
    prefix: Prefix
    old: Target
    new: Route
    expected: bool


class Observer:
    """Receives events. A subclass overrides the methods of those that it needs."""

    def connected(self, instance: Instance) -> None:
        """It is known which instance this is. Called once, before the first poll."""

    def touched(self, prefixes: Collection[Prefix]) -> None:
        """An input of these prefixes has changed; they are decided about next."""

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """The plan for these prefixes, or (None) for all, was made. Its verdicts are not recorded yet.

        A decision about everything in slices calls this for the prefixes of each slice, and then `decided_all`.
        """

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """A decision about everything in slices is complete: `prefixes` are all that there are."""

    def judged(self, before: Mapping[RouteKey, Verdict], now: Mapping[RouteKey, Verdict]) -> None:
        """The verdicts of the places of a decision were recorded: those `before` it, and those that hold `now`."""

    def written(self, outcome: Outcome) -> None:
        """A write has ended, successfully or not."""

    def lost(self, lost: LostRoute) -> None:
        """A read has shown that another host pointed a route of ours elsewhere."""

    def cycled(self, cycle: Cycle) -> None:
        """All writes of a cycle have ended."""

    def polled(self) -> None:
        """A poll or an attempt to connect has ended, whether or not EC2 answered."""

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """A call of EC2's API has ended after `seconds`; `error` None: it succeeded."""

    def votes_changed(self) -> None:
        """The votes of other members of the Serf cluster against owners have changed."""

    def failed(self, subject: str, error: Bgp2vpcError) -> None:
        """The operation `subject` failed, for the first time or again."""

    def recovered(self, subject: str, *, unwanted: bool) -> None:
        """The operation `subject`, which had failed, works again or (`unwanted`) is not needed any more."""


class Observers:
    """All observers, in the order in which they are called. `parts.py` adds each one where it makes it."""

    def __init__(self) -> None:
        self._all: list[Observer] = []

    def add(self, observer: SomeObserver) -> SomeObserver:
        """Call this observer from now on; returns it."""
        self._all.append(observer)
        return observer

    def __iter__(self) -> Iterator[Observer]:
        return iter(self._all)
