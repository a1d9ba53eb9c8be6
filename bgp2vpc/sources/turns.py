"""Shares the event loop between the sources, so that none delays the others or the loop for long.

Lines are handled in slices of 2 ms, one source after the other, and the event loop runs in between. A thousand lines of
one client, a script that prints without pause, or questions of a hundred clients thus delay an announcement by a few
milliseconds at most. While lines of a source wait, nothing more is read from it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.sources.lines import LineSplitter

_SLICE: Final = 0.002
"""Seconds of work in one turn; a line or question is always handled completely."""
_PIECE: Final = 2048
"""Bytes split into lines at once; at worst that many lines, which takes a millisecond."""


class Worker(Protocol):
    """A source whose lines are handled in slices."""

    def work(self, until: float) -> bool:
        """Handle at least one line, until the time `until` of the loop's clock. Returns whether lines are left."""


class Turns:
    """The queue of workers with lines left; each gets a slice of time in turn."""

    def __init__(self) -> None:
        self._waiting: deque[Worker] = deque()
        self._is_due = False

    def add(self, worker: Worker) -> None:
        """Queue a worker, which must not be queued already."""
        self._waiting.append(worker)
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_due = False
        worker = self._waiting.popleft()
        if worker.work(asyncio.get_running_loop().time() + _SLICE):
            self._waiting.append(worker)
        self._go_on()


class LineQueue:
    """The lines of one source that are not handled yet.

    `handle`: called with each line, or None for a line of more than `limit` bytes. `hold`: called with True to pause
    reading from the source, with False to resume. `is_slow`: whether a line must wait for a turn of its own.
    """

    def __init__(
        self,
        turns: Turns,
        handle: Callable[[bytes | None], None],
        hold: Callable[[bool], None],
        *,
        limit: int = MAX_LINE,
        is_slow: Callable[[bytes | None], bool] = lambda _: False,
    ) -> None:
        self._turns = turns
        self._handle = handle
        self._hold = hold
        self._is_slow = is_slow
        self._splitter = LineSplitter(limit)
        self._unread = bytearray()
        self._lines: deque[bytes | None] = deque()

    def __bool__(self) -> bool:
        """Whether lines are waiting."""
        return bool(self._lines or self._unread)

    @property
    def unfinished(self) -> bytes:
        """The bytes after the last line end; empty while complete lines are waiting."""
        return b"" if self else self._splitter.unfinished

    def feed(self, data: bytes) -> None:
        """Add bytes of the source. The first slice of lines is handled at once."""
        is_waiting = bool(self)
        self._unread += data
        if is_waiting or not self._has_line():
            return
        if self._is_slow(self._lines[0]) or self._work(asyncio.get_running_loop().time() + _SLICE):
            self._hold(True)
            self._turns.add(self)

    def work(self, until: float) -> bool:
        """Handle a slice; `Turns` calls it."""
        is_left = self._work(until)
        if not is_left:
            self._hold(False)
        return is_left

    def clear(self) -> None:
        """Drop the waiting lines."""
        self._lines.clear()
        self._unread.clear()

    def _work(self, until: float) -> bool:
        clock = asyncio.get_running_loop().time
        while self._has_line():
            self._handle(self._lines.popleft())
            if (clock() >= until and self) or (self._has_line() and self._is_slow(self._lines[0])):
                return True
        return False

    def _has_line(self) -> bool:
        """Whether a line is waiting. Splits the bytes piece by piece, since they may hold a hundred thousand lines."""
        while not self._lines and self._unread:
            self._lines += self._splitter.feed(bytes(self._unread[:_PIECE]))
            del self._unread[:_PIECE]
        return bool(self._lines)
