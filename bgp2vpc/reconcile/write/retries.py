"""When to try again where a write failed. Pure: time is an argument, in seconds."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

from bgp2vpc.backoff import back_off
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
)
from bgp2vpc.policy.place_state import Failure, Places
from bgp2vpc.policy.plan import RouteKey

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
OPERATOR_DELAY = 30.0
PROBED_BY_ANOTHER = 900.0


class Retries:
    """Gives each place where writes fail its own back-off: one table's trouble leaves the others alone."""

    def __init__(self, places: Places, jitter: Callable[[], float] = random.random) -> None:
        self._places = places
        self._probes: dict[_Cause, RouteKey] = {}
        self._released: list[RouteKey] = []
        self._jitter = jitter

    def known_refusal(self, key: RouteKey) -> OperatorError | None:
        """The error that a write at this place would meet, as another place's write just did; None if it may try."""
        failure = self._places.at(key).failure
        if failure is None or not isinstance(failure.error, OperatorError):
            return None
        cause = _cause_of(key, failure.error)
        return None if cause is None or self._probes.get(cause, key) == key else failure.error

    def failed(self, key: RouteKey, error: Ec2Error, now: float) -> float:
        """Returns when to try again.

        What may pass, and what a fresh read settles, is tried again almost at once and then less and less often. What
        the operator has to mend is tried every 30 s, so that it works soon after it was mended; where one cause stops
        a whole table (a permission, the quota), by one place for all, lest they use up EC2's bucket for nothing.
        Throttled calls go as soon as the pace allows, which doubles its own back-off.
        """
        cause = _cause_of(key, error)
        if cause is not None:
            probe = self._probes.setdefault(cause, key)
            return self._wait(key, error, now, OPERATOR_DELAY if probe == key else PROBED_BY_ANOTHER)
        if isinstance(error, Throttled) or (isinstance(error, Disagreement) and self._places.at(key).failure is None):
            return self._wait(key, error, now, 0.0)
        return self._wait(key, error, now, self._back_off(key))

    def unneeded(self, key: RouteKey, now: float) -> float:
        """A fresh look showed that the write is not needed; returns when to write at this place again, if need be.

        At once, the first time: the look was a success, whatever failed before. But while EC2's reads contradict each
        other, decisions do too, and that must not go on at full speed.
        """
        before = self._places.at(key).failure
        repeated = before is not None and before.error is None
        return self._wait(key, None, now, self._back_off(key) if repeated else 0.0)

    def _back_off(self, key: RouteKey) -> float:
        before = self._places.at(key).failure
        return back_off(FIRST_DELAY, LONGEST_DELAY, before.attempts if before else 0)

    def _wait(self, key: RouteKey, error: Ec2Error | None, now: float, delay: float) -> float:
        state = self._places.at(key)
        before = state.failure
        if before is not None and _cause_of(key, before.error) != _cause_of(key, error):
            self._end_probe(key, before, now)
        not_before = now + delay * (0.75 + self._jitter() / 2)
        attempts = before.attempts + 1 if before else 1
        state.failure = Failure(error, attempts, now, not_before)
        return not_before

    def succeeded(self, key: RouteKey, now: float) -> None:
        """A write at this place has succeeded, or is of no interest any more: forget its failure."""
        state = self._places.at(key)
        failure, state.failure = state.failure, None
        if failure is not None:
            self._end_probe(key, failure, now)

    def take_released(self) -> tuple[RouteKey, ...]:
        """The places that waited for another one to be tried, and may be tried themselves since this was last asked."""
        released, self._released = tuple(self._released), []
        return released

    def _end_probe(self, key: RouteKey, failure: Failure, now: float) -> None:
        """This place does not meet its cause any more: if it was tried for others, they may be tried themselves."""
        cause = _cause_of(key, failure.error)
        if cause is None or self._probes.get(cause) != key:
            return
        del self._probes[cause]
        for other, state in self._places.states.items():
            if other != key and state.failure is not None and _cause_of(other, state.failure.error) == cause:
                state.failure = replace(state.failure, not_before=now)
                self._released.append(other)

    def forget(self, keys: Iterable[RouteKey], now: float) -> None:
        """Nobody wants anything written at these places any more.

        Where EC2 denied what it shows, the table or the interface, nothing is wanted until the next read shows it
        again: that must not be the end of the back-off.
        """
        for key in keys:
            failure = self._places.at(key).failure
            if failure is None:
                continue
            denied = isinstance(failure.error, InterfaceGone | TableGone)
            if not (denied and now < failure.not_before + LONGEST_DELAY):
                self.succeeded(key, now)


_Cause = tuple[str, str, type[OperatorError], object]


def _cause_of(key: RouteKey, error: Ec2Error | None) -> _Cause | None:
    """What an operator has to mend: a permission or credentials, a table's quota (one a family), one refused route."""
    table_id, prefix = key
    match error:
        case Credentials() | Denied():
            return table_id, error.operation, type(error), None
        case QuotaReached():
            return table_id, error.operation, type(error), prefix.is_ipv6
        case OperatorError():
            return table_id, error.operation, type(error), prefix
    return None
