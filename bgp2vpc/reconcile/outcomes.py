"""One decision and what came of it; and what others did to our routes."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from bgp2vpc.errors import Ec2Error
from bgp2vpc.policy.plan import Change
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, Target


@dataclass(slots=True)
class Cycle:
    """One decision and the writes that came of it. `started` in the clock's seconds."""

    number: int
    started: float
    pending: int
    counts: Counter[str] = field(default_factory=Counter)

    def sentence(self, now: float) -> str:
        """`cycle 812: 3 created, 1 failed (0.41 s)`."""
        counts = ", ".join(f"{count} {word}" for word, count in sorted(self.counts.items())) or "nothing to change"
        return f"cycle {self.number}: {counts} ({now - self.started:.2f} s)"


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
