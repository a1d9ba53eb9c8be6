"""How many answers there are in a second: beyond, whoever asks waits, and beyond that, is sent away. Pure."""

from typing import Final

RATE: Final = 200.0
"""Answers a second: some four per cent of a core. A page and its refreshing need two."""
BURST: Final = 20.0
PATIENCE: Final = 5.0
"""Seconds that an answer may have to wait for its turn."""


class Turnstile:
    """Lets through at an even pace, so that a failover never waits for more than the one answer being made."""

    def __init__(self, rate: float = RATE, burst: float = BURST, patience: float = PATIENCE) -> None:
        self._interval = 1 / rate
        self._burst = burst / rate
        self._patience = patience
        self._next = 0.0

    def reserve(self, now: float) -> float | None:
        """Seconds to wait before it is one's turn; None: there are too many already."""
        turn = max(self._next, now - self._burst)
        if turn - now > self._patience:
            return None
        self._next = turn + self._interval
        return max(0.0, turn - now)
