"""Limits the page's share of the event loop's time: further requests wait, or get 503. Pure."""

from typing import Final

SHARE: Final = 0.05
"""Share of the event loop's time; the rest is for routes."""
ANSWER: Final = SHARE / 200
"""Minimum charge for an answer in seconds, which allows 200 a second. A page with live updates needs two a second."""
CREDIT: Final = 1.0
"""Seconds of credit after a pause, enough for a page, its live updates and a click."""
PATIENCE: Final = 5.0
"""Maximum seconds that a request waits for its turn."""
LONGEST: Final = 4.0
"""Maximum pause in seconds after a piece of work. Only a status with very many routes costs that much, and `shared.py`
makes it less often."""


class WebPace:
    """Schedules work so that it takes `share` of the time, whatever each piece costs."""

    def __init__(self, credit: float = CREDIT, share: float = SHARE) -> None:
        self._credit = credit
        self._share = share
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next piece of work may begin."""
        return max(0.0, self._next - now)

    def pay(self, now: float, cost: float) -> None:
        """Charge for a piece of work that has taken or will take `cost` seconds."""
        self._next = max(self._next, now - self._credit) + min(cost / self._share, LONGEST)

    def reserve(self, now: float, cost: float) -> float | None:
        """Charge for a piece of work and return the seconds to wait before it; None if they exceed `PATIENCE`."""
        wait = self.wait(now)
        if wait > PATIENCE:
            return None
        self.pay(now, cost)
        return wait
