"""Things that end by themselves: told in Unix time, for people and files, and kept by the event loop's clock."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """Calls `over` with what has ended. Setting the host's clock meanwhile neither shortens nor lengthens it."""

    def __init__(self, over: Callable[[frozenset[Key]], None]) -> None:
        self._over = over
        self._due: dict[Key, tuple[float, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def want(self, untils: Mapping[Key, float]) -> None:
        """These are to end, each at its Unix time, and no others."""
        loop = asyncio.get_running_loop()
        known = self._due
        self._due = {
            key: known[key] if key in known and known[key][0] == until else (until, loop.time() + until - time.time())
            for key, until in untils.items()
        }
        if self._timer is not None:
            self._timer.cancel()
        first = min((due for _, due in self._due.values()), default=None)
        # A little later, so that the time is over when it is looked at.
        self._timer = None if first is None else loop.call_at(first + 0.001, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        ended = frozenset(key for key, (_, due) in self._due.items() if due <= now)
        self._due = {key: due for key, due in self._due.items() if key not in ended}
        self._over(ended)
