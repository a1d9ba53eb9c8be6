"""Values that are made once and shared by requests within a short time."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from bgp2vpc.web.pace import SHARE

T = TypeVar("T")

FRESH: Final = 0.25
"""Seconds for which a value is shared."""


class Shared(Generic[T]):
    """A value that is made again once it is older than `FRESH`, but only so often that it takes `SHARE` of the time.

    The second limit is the longer one if making the value takes more than 12 ms, as for a status with many routes.
    """

    def __init__(self, make: Callable[[], T], clock: Callable[[], float]) -> None:
        self._make = make
        self._clock = clock
        self._value: T | None = None
        self._until = float("-inf")

    def get(self) -> T:
        """The value, made again if it is too old."""
        began = self._clock()
        if self._value is None or began >= self._until:
            self._value = self._make()
            self._until = began + max(FRESH, (self._clock() - began) / SHARE)
        return self._value


class SharedByKey(Generic[T]):
    """Shared values by key; the least recently used keys are dropped."""

    def __init__(self, make: Callable[[str], T], clock: Callable[[], float], most: int = 64) -> None:
        self._make = make
        self._clock = clock
        self._most = most
        self._values: dict[str, Shared[T]] = {}

    def get(self, key: str) -> T:
        """The value for this key."""
        value = self._values.pop(key) if key in self._values else Shared(lambda: self._make(key), self._clock)
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]
        return value.get()
