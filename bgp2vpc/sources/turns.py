"""Shares the event loop between the sources, so that none delays the others, or the loop, for long.

The lines of a source are handled in slices of 2 ms, one source after the other, and the event loop runs in between. So
a thousand lines of one client, a script that prints without pause, or a question of each of a hundred clients delay an
announcement by a few milliseconds at most. While lines of a source wait, no more is read from it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.sources.lines import LineSplitter

_SLICE: Final = 0.002
"""Seconds of work in one turn; one line or question is always done whole."""
_PIECE: Final = 2048
"""Bytes that are cut into lines at once: at worst that many lines, which takes a millisecond."""


class Worker(Protocol):
    """A source whose lines or questions are worked off in slices."""

    def work(self, until: float) -> bool:
        """Do some of it, at least one piece, until this time of the loop's clock; whether some is left."""


class Turns:
    """The workers that have work left; each gets a slice of time in turn."""

    def __init__(self) -> None:
        self._waiting: deque[Worker] = deque()
        self._is_due = False

    def add(self, worker: Worker) -> None:
        """Queue a worker that has work. It must not be queued already."""
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
    """The lines that one source has sent, and that are not handled yet.

    `handle` gets each, and None for one of more than `limit` bytes. `hold` is called with True when the source is not
    to be read for now, and with False when it is read again. A line for which `is_slow` holds always waits for a turn
    of its own.
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
        """Whether something waits."""
        return bool(self._lines or self._unread)

    @property
    def unfinished(self) -> bytes:
        """The line that is left when all whole ones are handled: its end has not come."""
        return b"" if self else self._splitter.unfinished

    def feed(self, data: bytes) -> None:
        """The source has sent this: the lines of the first slice are handled at once."""
        is_waiting = bool(self)
        self._unread += data
        if is_waiting or not self._has_line():
            return
        if self._is_slow(self._lines[0]) or self._work(asyncio.get_running_loop().time() + _SLICE):
            self._hold(True)
            self._turns.add(self)

    def work(self, until: float) -> bool:
        """Called by `Turns`."""
        is_left = self._work(until)
        if not is_left:
            self._hold(False)
        return is_left

    def clear(self) -> None:
        """Forget what waits."""
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
        """Whether there is a line. What was read is cut into lines piece by piece: it may hold a hundred thousand."""
        while not self._lines and self._unread:
            self._lines += self._splitter.feed(bytes(self._unread[:_PIECE]))
            del self._unread[:_PIECE]
        return bool(self._lines)
