"""How late the event loop runs its timers. Answers, decisions, checks and polls all run on it, and are as late.

It is late when one step takes long (a plan for very many routes, a flood of lines), or when the host lacks CPU. A probe
that times out meanwhile counts as unknown, not as failed (`health/probe.py`).
"""

import asyncio
import logging
from collections import deque
from typing import Final

from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc")

INTERVAL: Final = 0.25
"""Seconds between two measurements."""
WINDOW: Final = 60.0
"""Seconds for which the longest delay is remembered."""
WORTH_SAYING: Final = 1.0
"""Seconds of delay that are logged."""


class LagWatch:
    """Measures the delay by sleeping for `INTERVAL` and comparing the time."""

    def __init__(self) -> None:
        self._longest: deque[tuple[float, float]] = deque()
        """(when, how late): only delays that no later one exceeds, so the first one is the longest."""
        self._said_at = float("-inf")

    async def run(self) -> None:
        """Measure until cancelled; log a long delay at most once in `WINDOW`."""
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
        """Record that the loop was `late` seconds late at `now`."""
        while self._longest and self._longest[-1][1] <= late:
            self._longest.pop()
        self._longest.append((now, late))

    def longest(self, now: float) -> float:
        """The longest delay within `WINDOW` before `now`, in seconds."""
        while self._longest and self._longest[0][0] < now - WINDOW:
            self._longest.popleft()
        return self._longest[0][1] if self._longest else 0.0
