"""Values that are made once and shared by all who ask within a moment."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from bgp2vpc.web.pace import SHARE

T = TypeVar("T")

FRESH: Final = 0.25
"""Seconds for which everybody gets the same value."""


class Shared(Generic[T]):
    """Makes the value again once it is older than `FRESH`, or than makes it take `SHARE` of the time.

    The second limit is the longer one if making the value takes more than 12 ms: the status of very many routes.
    """

    def __init__(self, make: Callable[[], T], clock: Callable[[], float]) -> None:
        self._make = make
        self._clock = clock
        self._value: T | None = None
        self._until = float("-inf")

    def get(self) -> T:
        """The value, as of a moment ago at most."""
        began = self._clock()
        if self._value is None or began >= self._until:
            self._value = self._make()
            self._until = began + max(FRESH, (self._clock() - began) / SHARE)
        return self._value


class SharedByKey(Generic[T]):
    """Such values by a key; of many keys, those asked for least lately are forgotten."""

    def __init__(self, make: Callable[[str], T], clock: Callable[[], float], most: int = 64) -> None:
        self._make = make
        self._clock = clock
        self._most = most
        self._values: dict[str, Shared[T]] = {}

    def get(self, key: str) -> T:
        """The value of this key."""
        value = self._values.pop(key) if key in self._values else Shared(lambda: self._make(key), self._clock)
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]
        return value.get()
