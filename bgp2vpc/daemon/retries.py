"""When to try again where a write failed. Pure: time is an argument, in seconds."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bgp2vpc.errors import Disagreement, Ec2Error, OperatorError, Throttled
from bgp2vpc.prefix import Prefix

Key = tuple[str, Prefix]

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
OPERATOR_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A (table, prefix) whose last write failed."""

    error: Ec2Error
    attempts: int
    since: float
    not_before: float


class Retries:
    """The places where writes fail, each with its own back-off: one table's trouble leaves the others alone."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._failures: dict[Key, Failure] = {}
        self._jitter = jitter

    @property
    def failures(self) -> Mapping[Key, Failure]:
        """Where the last write failed."""
        return self._failures

    def is_ready(self, key: Key, now: float) -> bool:
        """Whether a write may be tried."""
        failure = self._failures.get(key)
        return failure is None or failure.not_before <= now

    def needs_fresh_read(self, key: Key) -> bool:
        """Whether the last write left in doubt what is there: an answer was lost, or EC2 contradicted us."""
        return key in self._failures

    def failed(self, key: Key, error: Ec2Error, now: float) -> float:
        """Returns when to try again.

        What may pass, and what a fresh read settles, is tried again almost at once and then less and less often. What
        the operator has to mend is tried every 30 s, so that it works soon after it was mended. Throttled calls go as
        soon as the pace allows, which doubles its own back-off.
        """
        before = self._failures.get(key)
        attempts = before.attempts + 1 if before else 1
        if isinstance(error, OperatorError):
            delay = OPERATOR_DELAY
        elif isinstance(error, Throttled) or (isinstance(error, Disagreement) and attempts == 1):
            delay = 0.0
        else:
            delay = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
        delay *= 0.75 + self._jitter() / 2
        self._failures[key] = Failure(error, attempts, before.since if before else now, now + delay)
        return now + delay

    def succeeded(self, key: Key) -> Failure | None:
        """The place is well; returns the failure that this ends."""
        return self._failures.pop(key, None)

    def forget_except(self, keys: set[Key]) -> None:
        """Nobody wants anything of the other places any more."""
        for key in [key for key in self._failures if key not in keys]:
            del self._failures[key]
