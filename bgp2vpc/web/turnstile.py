"""How many answers there are in a second, and how much work: beyond, whoever asks waits or is sent away. Pure."""

from typing import Final

from bgp2vpc.web.shared import SHARE

RATE: Final = 200.0
"""Answers a second: some four per cent of a core. A page and its refreshing need two."""
BURST: Final = 20.0
PATIENCE: Final = 5.0
"""Seconds that an answer may have to wait for its turn."""
CREDIT: Final = 1.0
"""Seconds that who comes after a pause need not wait for: a page, what it refreshes itself with, and a click."""
LONGEST_PAUSE: Final = 4.0
"""Seconds after one piece of work at most: only facts of very many routes cost so much, and `Shared` paces those."""


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


class Budget:
    """Lets work be begun so that all of it together takes `share` of the time, however much each costs."""

    def __init__(self, share: float = SHARE, credit: float = CREDIT, longest: float = LONGEST_PAUSE) -> None:
        self._share = share
        self._credit = credit
        self._longest = longest
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next piece of work may be begun."""
        return max(0.0, self._next - now)

    def pay(self, now: float, spent: float) -> None:
        """A piece of work has taken so many seconds."""
        self._next = max(self._next, now - self._credit) + min(spent / self._share, self._longest)
