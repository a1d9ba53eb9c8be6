"""How much of the event loop's time the page may take: whoever asks for more waits, or is sent away. Pure."""

from typing import Final

SHARE: Final = 0.05
"""Of the event loop's time; the rest is for the routes."""
ANSWER: Final = SHARE / 200
"""Seconds that an answer costs at least: so there are 200 in a second at most. A page and its refreshing need two."""
CREDIT: Final = 1.0
"""Seconds that who comes after a pause need not wait for: a page, what it refreshes itself with, and a click."""
PATIENCE: Final = 5.0
"""Seconds that an answer may have to wait for its turn."""
LONGEST: Final = 4.0
"""Seconds of pause after one piece of work at most: only a status of very many routes costs so much, and that is made
more seldom (`shared.py`)."""


class WebPace:
    """Lets work be begun so that all of it together takes `share` of the time, however much each piece costs."""

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
        """Pay now for what is begun in so many seconds; None: that would be longer than `PATIENCE`, so do not begin."""
        wait = self.wait(now)
        if wait > PATIENCE:
            return None
        self.pay(now, cost)
        return wait
