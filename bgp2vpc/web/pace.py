"""Limits the share of the event loop's time that the page takes: more requests than that wait, or get 503. Pure."""

from typing import Final

SHARE: Final = 0.05
"""Of the event loop's time; the rest is for the routes."""
ANSWER: Final = SHARE / 200
"""Seconds that an answer is charged at least: so there are 200 a second at most. A page with live updates needs two."""
CREDIT: Final = 1.0
"""Seconds of credit after a pause: enough for a page, its live updates and a click."""
PATIENCE: Final = 5.0
"""Seconds that a request may wait for its turn."""
LONGEST: Final = 4.0
"""Seconds of pause after one piece of work, at most. Only a status of very many routes costs that much, and `shared.py`
makes it less often."""


class WebPace:
    """Says when work may begin, so that all of it takes `share` of the time whatever each piece costs."""

    def __init__(self, credit: float = CREDIT, share: float = SHARE) -> None:
        self._credit = credit
        self._share = share
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next piece of work may be begun."""
        return max(0.0, self._next - now)

    def pay(self, now: float, cost: float) -> None:
        """A piece of work has taken so many seconds, or is going to."""
        self._next = max(self._next, now - self._credit) + min(cost / self._share, LONGEST)

    def reserve(self, now: float, cost: float) -> float | None:
        """Seconds to wait before beginning, already paid for; None: longer than `PATIENCE`, so do not begin."""
        wait = self.wait(now)
        if wait > PATIENCE:
            return None
        self.pay(now, cost)
        return wait
