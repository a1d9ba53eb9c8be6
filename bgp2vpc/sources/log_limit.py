"""Limits how often something is logged. Time is an argument."""

from typing import Final

_BURST: Final = 20
_PER_SECOND: Final = 1.0
_REMEMBERED: Final = 200
_FORGOTTEN: Final = 60.0
_COMPLAINTS: Final = 1000
"""Texts, by their hashes: as many as a source has prefixes by default."""


class News:
    """Recognises repeated lines: a healthcheck prints the same on stderr every few seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def is_news(self, line: str, now: float) -> bool:
        """Whether `line` has not been seen for a minute, or at all."""
        last = self._seen.pop(line, None)
        self._seen[line] = now
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return last is None or now - last > _FORGOTTEN


class Throttle:
    """A token bucket for log lines: bursts of 20, then one a second."""

    def __init__(self) -> None:
        self._tokens = float(_BURST)
        self._seen = 0.0
        self._dropped = 0

    def allows(self, now: float) -> bool:
        """Whether one more line may be logged at `now`, in seconds of any monotonic clock."""
        self._tokens = min(_BURST, self._tokens + max(0.0, now - self._seen) * _PER_SECOND)
        self._seen = now
        if self._tokens < 1:
            self._dropped += 1
            return False
        self._tokens -= 1
        return True

    def take_dropped(self) -> int:
        """How many were not allowed since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped


class Complaints:
    """What was complained about: each text once, and no flood of different ones.

    A text has to hold all that tells one complaint from another: the reason and the line, say, not the reason alone.
    """

    def __init__(self) -> None:
        self._said: dict[int, None] = {}
        self._throttle = Throttle()

    def is_worth_saying(self, text: str, now: float) -> bool:
        """Whether it is news, and there were not too many of late."""
        key = hash(text)
        known = key in self._said
        self._said.pop(key, None)
        self._said[key] = None
        if len(self._said) > _COMPLAINTS:
            del self._said[next(iter(self._said))]
        return not known and self._throttle.allows(now)

    def take_dropped(self) -> int:
        """How many were news, but too many, since this was last asked."""
        return self._throttle.take_dropped()
