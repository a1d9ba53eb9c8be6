"""How late the event loop is. Everything here runs on it: answers, decisions, checks, polls.

It is late when something holds it (a plan for very many routes, a flood of lines), or when the host gives us no CPU.
What a check would conclude from silence meanwhile is our own trouble (`health/probe.py`).
"""

import asyncio
import logging
from collections import deque
from typing import Final

from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc")

INTERVAL: Final = 0.25
"""Seconds between two looks."""
WINDOW: Final = 60.0
"""Seconds for which the longest delay is remembered."""
WORTH_SAYING: Final = 1.0
"""Seconds."""


class LagWatch:
    """Sleeps, and notes by how much it is woken too late."""

    def __init__(self) -> None:
        self._longest: deque[tuple[float, float]] = deque()
        """When, and how late; each later one is smaller than those before it."""
        self._said_at = float("-inf")

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + INTERVAL
            await asyncio.sleep(INTERVAL)
            now = clock()
            self.note(max(0.0, now - due), now)
            if now - due >= WORTH_SAYING and now - self._said_at >= WINDOW:
                self._said_at = now
                hint = "this host lacks CPU, or the daemon has very much to decide: checks and answers are late, too"
                event(log, logging.WARNING, "event loop late", seconds=round(now - due, 2), hint=hint)

    def note(self, late: float, now: float) -> None:
        """It was late by so many seconds, as of now."""
        while self._longest and self._longest[-1][1] <= late:
            self._longest.pop()
        self._longest.append((now, late))

    def longest(self, now: float) -> float:
        """Seconds: the longest delay of the last minute."""
        while self._longest and self._longest[0][0] < now - WINDOW:
            self._longest.popleft()
        return self._longest[0][1] if self._longest else 0.0
