"""When a failed write is tried again. Pure: time is an argument, in seconds of the event loop's clock."""

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
from bgp2vpc.prefix import PrefixListId

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
"""Seconds from the first failure at a place to the next try, doubled with each further failure up to the longest."""
OPERATOR_DELAY = 30.0
"""Seconds between the tries at a place where an operator has to fix the cause."""
PROBED_BY_ANOTHER = 900.0
"""Seconds to the next try at a place while another place is tried for the same cause."""


class Retries:
    """Sets the times at which failed writes are tried again. Each place has a back-off of its own.

    But if one cause stops all writes of a kind in a table (a permission, the quota), only one of the places, the probe,
    is tried for all. When the probe does not meet the cause any more, the others are released: tried at once.
    """

    def __init__(self, places: Places, jitter: Callable[[], float] = random.random) -> None:
        self._places = places
        self._probes: dict[_Cause, RouteKey] = {}
        self._released: list[RouteKey] = []
        self._jitter = jitter

    def known_refusal(self, key: RouteKey) -> OperatorError | None:
        """The error of the last write at this place, if another place is the probe for its cause; else None."""
        failure = self._places.at(key).failure
        if failure is None or not isinstance(failure.error, OperatorError):
            return None
        cause = _cause_of(key, failure.error)
        return None if cause is None or self._probes.get(cause, key) == key else failure.error

    def failed(self, key: RouteKey, error: Ec2Error, now: float) -> float:
        """Record that the write at this place has failed. Returns when to try again.

        After an error that may pass: in about 0.1 s, and then with a back-off; after a first Disagreement at once, as
        the next try reads the table. If an operator has to fix the cause: every 30 s, so that the route is written soon
        after the fix; other places than the probe wait, as they would use up the tokens of EC2's bucket in vain. After
        throttling: as soon as the pace allows, which has its own back-off.
        """
        cause = _cause_of(key, error)
        if cause is not None:
            probe = self._probes.setdefault(cause, key)
            return self._wait(key, error, now, OPERATOR_DELAY if probe == key else PROBED_BY_ANOTHER)
        if isinstance(error, Throttled) or (isinstance(error, Disagreement) and self._places.at(key).failure is None):
            return self._wait(key, error, now, 0.0)
        return self._wait(key, error, now, self._back_off(key))

    def unneeded(self, key: RouteKey, now: float) -> float:
        """Record that a write turned out not to be needed. Returns when this place may be written again.

        The first time that is at once. If it happens again in a row, there is a back-off: EC2's reads then contradict
        each other, decisions change with them, and this must not go on at full speed.
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
        """Forget the failure of this place: its write has succeeded, or is not needed any more."""
        state = self._places.at(key)
        failure, state.failure = state.failure, None
        if failure is not None:
            self._end_probe(key, failure, now)

    def room_made(self, table_id: str, now: float) -> None:
        """A route of this table was deleted: try again at once what its quota has refused."""
        for cause, key in self._probes.items():
            failure = self._places.at(key).failure
            if failure is not None and cause[0] == table_id and isinstance(failure.error, QuotaReached):
                self._places.at(key).failure = replace(failure, not_before=now)
                self._released.append(key)

    def take_released(self) -> tuple[RouteKey, ...]:
        """The places that may be tried at once since the last call: their cause has gone, or may have."""
        released, self._released = tuple(self._released), []
        return released

    def _end_probe(self, key: RouteKey, failure: Failure, now: float) -> None:
        """This place does not meet the cause of `failure` any more: if it was the probe, release the others."""
        cause = _cause_of(key, failure.error)
        if cause is None or self._probes.get(cause) != key:
            return
        del self._probes[cause]
        for other, state in self._places.states.items():
            if other != key and state.failure is not None and _cause_of(other, state.failure.error) == cause:
                state.failure = replace(state.failure, not_before=now)
                self._released.append(other)

    def forget(self, keys: Iterable[RouteKey], now: float) -> None:
        """Forget the failures of these places, which need no write any more.

        But not yet if EC2 refused the write since the table or interface does not exist. Then no write is wanted only
        until a read shows the table or interface again, and the back-off has to go on after that.
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
    """The cause of an error that an operator has to fix; None: any other error.

    Places of a table share a cause if they lack the same permission or credentials, or if the table has reached its
    quota for their IP version. The quota is the cause of a prefix list alone, as its route counts as many (MaxEntries):
    where it does not fit, another one may. Any other refusal is the cause of one place only.
    """
    table_id, prefix = key
    match error:
        case Credentials() | Denied():
            return table_id, error.operation, type(error), None
        case QuotaReached():
            is_list = isinstance(prefix, PrefixListId)
            return table_id, error.operation, type(error), prefix if is_list else prefix.is_ipv6
        case OperatorError():
            return table_id, error.operation, type(error), prefix
    return None
