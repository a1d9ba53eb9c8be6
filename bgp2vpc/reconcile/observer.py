"""What happens in the reconciliation, as values, told to whoever wants to hear of it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from bgp2vpc.errors import Bgp2vpcError, Ec2Error
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.plan import Change, RouteKey, Verdict
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, Target

SomeObserver = TypeVar("SomeObserver", bound="Observer")


@dataclass(slots=True)
class Cycle:
    """One decision and the writes that came of it. `started` in the clock's seconds."""

    number: int
    started: float
    pending: int
    counts: Counter[str] = field(default_factory=Counter)

    def sentence(self, now: float) -> str:
        """`cycle 812: 3 created, 1 failed (0.41 s)`."""
        return f"cycle {self.number}: {self.result(now)}"

    def result(self, now: float) -> str:
        """`3 created, 1 failed (0.41 s)`."""
        counts = ", ".join(f"{count} {word}" for word, count in sorted(self.counts.items())) or "nothing to change"
        return f"{counts} ({now - self.started:.2f} s)"


class WriteResult(Enum):
    """What became of a change.

    OVERTAKEN: another writer was faster, which is normal where several hosts start or fail over at once. The table is
    read again at once. When EC2 contradicts us again after that read, it is FAILED.
    """

    DONE = "done"
    UNNEEDED = "unneeded"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change, and how long it took from decision to answer, in seconds."""

    change: Change
    result: WriteResult
    seconds: float
    error: Ec2Error | None = None
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class LostRoute:
    """Somebody else has pointed a route of ours elsewhere. `expected`: we had left it to a peer."""

    table_id: str
    prefix: Prefix
    old: Target
    new: Route
    expected: bool


class Observer:
    """Overrides what it wants to hear."""

    def touched(self, prefixes: Collection[Prefix]) -> None:
        """Something about these prefixes has changed, and they are decided about next."""

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """The reconciler has looked at the tables: for these prefixes, or (None) for all.

        For all where they are few; else it is called for some after the other, and then `decided_all`.
        """

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """All were decided about, some after the other, and that was these: of others there is nothing any more."""

    def judged(self, before: Mapping[RouteKey, Verdict], now: Mapping[RouteKey, Verdict]) -> None:
        """The verdicts about the same places, before and now."""

    def written(self, outcome: Outcome) -> None:
        """A write has its outcome."""

    def lost(self, lost: LostRoute) -> None:
        """Somebody else has pointed a route of ours elsewhere."""

    def cycled(self, cycle: Cycle) -> None:
        """All writes of a cycle have theirs."""

    def polled(self) -> None:
        """A poll, or a try to connect, is over, whether or not EC2 answered."""

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """EC2 has answered a call after so long, or not."""

    def votes_changed(self) -> None:
        """Other members of the Serf cluster speak against other owners than before."""

    def failed(self, subject: str, error: Bgp2vpcError) -> None:
        """Something failed, for the first time or again."""

    def recovered(self, subject: str, *, unwanted: bool) -> None:
        """What failed works again, or (`unwanted`) does not matter any more."""


class Observers:
    """All who want to hear it, in the order in which they are told. Each is added where it is made."""

    def __init__(self) -> None:
        self._all: list[Observer] = []

    def add(self, observer: SomeObserver) -> SomeObserver:
        """This one hears what happens from now on."""
        self._all.append(observer)
        return observer

    def __iter__(self) -> Iterator[Observer]:
        return iter(self._all)
