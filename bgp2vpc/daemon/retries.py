"""When to try again where a write failed. Pure: time is an argument, in seconds."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bgp2vpc.errors import (
    Credentials,
    Denied,
    Disagreement,
    Ec2Error,
    InterfaceGone,
    OperatorError,
    QuotaReached,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.prefix import Prefix

Key = tuple[str, Prefix]

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
OPERATOR_DELAY = 30.0
PROBED_BY_ANOTHER = 900.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A (table, prefix) whose last write failed, or (no `error`) was not needed after a fresh look."""

    error: Ec2Error | None
    attempts: int
    at: float
    not_before: float


class Retries:
    """The places where writes fail, each with its own back-off: one table's trouble leaves the others alone."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._failures: dict[Key, Failure] = {}
        self._probes: dict[_Cause, Key] = {}
        self._jitter = jitter

    @property
    def failures(self) -> Mapping[Key, Failure]:
        """Where the last write failed."""
        return self._failures

    def is_ready(self, key: Key, now: float) -> bool:
        """Whether a write may be tried."""
        failure = self._failures.get(key)
        return failure is None or failure.not_before <= now

    def in_doubt_since(self, key: Key) -> float | None:
        """When the last write left in doubt what is there: an answer was lost, or EC2 contradicted us."""
        failure = self._failures.get(key)
        if failure is None or failure.error is None or isinstance(failure.error, Throttled | OperatorError):
            return None
        return failure.at

    def may_have_been_applied(self, key: Key) -> bool:
        """Whether the last write got no answer: it may have been done, or may yet be."""
        failure = self._failures.get(key)
        return failure is not None and isinstance(failure.error, Transient) and not isinstance(failure.error, Throttled)

    def known_refusal(self, key: Key) -> OperatorError | None:
        """The error that a write at this place would meet, as another place's write just did; None if it may try."""
        failure = self._failures.get(key)
        if failure is None or not isinstance(failure.error, OperatorError):
            return None
        probe = self._probes.get(_cause(key, failure.error), key)
        return None if probe == key else failure.error

    def needs_operator(self, key: Key) -> bool:
        """Whether time alone will not help."""
        failure = self._failures.get(key)
        return failure is not None and isinstance(failure.error, OperatorError)

    def failed(self, key: Key, error: Ec2Error, now: float) -> float:
        """Returns when to try again.

        What may pass, and what a fresh read settles, is tried again almost at once and then less and less often. What
        the operator has to mend is tried every 30 s, so that it works soon after it was mended; where one cause stops
        a whole table (a permission, the quota), by one place for all, lest they use up EC2's bucket for nothing.
        Throttled calls go as soon as the pace allows, which doubles its own back-off.
        """
        if isinstance(error, OperatorError):
            probe = self._probes.setdefault(_cause(key, error), key)
            return self._wait(key, error, now, OPERATOR_DELAY if probe == key else PROBED_BY_ANOTHER)
        if isinstance(error, Throttled) or (isinstance(error, Disagreement) and key not in self._failures):
            return self._wait(key, error, now, 0.0)
        return self._wait(key, error, now, self._back_off(key))

    def unneeded(self, key: Key, now: float) -> float:
        """A fresh look showed that the write is not needed; returns when to write at this place again, if need be.

        At once, the first time. But while EC2's reads contradict each other, decisions do too, and that must not go
        on at full speed.
        """
        return self._wait(key, None, now, self._back_off(key) if key in self._failures else 0.0)

    def _back_off(self, key: Key) -> float:
        before = self._failures.get(key)
        return min(FIRST_DELAY * 2.0 ** min(before.attempts if before else 0, 10), LONGEST_DELAY)

    def _wait(self, key: Key, error: Ec2Error | None, now: float, delay: float) -> float:
        before = self._failures.get(key)
        not_before = now + delay * (0.75 + self._jitter() / 2)
        attempts = before.attempts + 1 if before else 1
        self._failures[key] = Failure(error, attempts, now, not_before)
        return not_before

    def succeeded(self, key: Key, now: float) -> tuple[Key, ...]:
        """The place is well; returns the places that waited for this one, and may try again now."""
        failure = self._failures.pop(key, None)
        return self._end_probe(key, failure, now) if failure else ()

    def _end_probe(self, key: Key, failure: Failure, now: float) -> tuple[Key, ...]:
        if not isinstance(failure.error, OperatorError):
            return ()
        cause = _cause(key, failure.error)
        if self._probes.get(cause) != key:
            return ()
        del self._probes[cause]
        waiting = tuple(other for other, each in self._failures.items() if _is_due_to(cause, other, each))
        for other in waiting:
            self._failures[other] = replace(self._failures[other], not_before=now)
        return waiting

    def forget(self, keys: Iterable[Key], now: float) -> tuple[Key, ...]:
        """Nobody wants anything written at these places any more; returns the places that waited for one of them.

        Where EC2 denied what it shows, the table or the interface, nothing is wanted until the next read shows it
        again: that must not be the end of the back-off.
        """
        released: list[Key] = []
        for key in keys:
            failure = self._failures.get(key)
            if failure is None:
                continue
            denied = isinstance(failure.error, InterfaceGone | TableGone)
            if not (denied and now < failure.not_before + LONGEST_DELAY):
                del self._failures[key]
                released += self._end_probe(key, failure, now)
        return tuple(released)


_Cause = tuple[str, Prefix | None, type[OperatorError]]


def _cause(key: Key, error: OperatorError) -> _Cause:
    """What has to be mended: something about the table, or (refused parameters) about this one route."""
    table_id, prefix = key
    return table_id, None if isinstance(error, Credentials | Denied | QuotaReached) else prefix, type(error)


def _is_due_to(cause: _Cause, key: Key, failure: Failure) -> bool:
    return isinstance(failure.error, OperatorError) and _cause(key, failure.error) == cause
