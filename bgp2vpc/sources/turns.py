"""Taking turns: many clients on one event loop, and none of them keeps the others, or the loop, waiting for long.

What a client has sent is worked off in slices, one client after the other, with the event loop free in between. So a
thousand lines of one client, or a question of each of a hundred, delay an announcement by a few milliseconds at most.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

SLICE: Final = 0.002
"""Seconds of work in one turn; one line or question is always done whole."""


class Worker(Protocol):
    """Somebody with work."""

    def work(self, until: float) -> bool:
        """Do some of it, at least one piece, until this time of the loop's clock; whether some is left."""


class Turns:
    """Who has work, in turn."""

    def __init__(self) -> None:
        self._waiting: deque[Worker] = deque()
        self._is_due = False

    def add(self, worker: Worker) -> None:
        """It has work, and is not among those who wait."""
        self._waiting.append(worker)
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_due = False
        worker = self._waiting.popleft()
        if worker.work(asyncio.get_running_loop().time() + SLICE):
            self._waiting.append(worker)
        self._go_on()
