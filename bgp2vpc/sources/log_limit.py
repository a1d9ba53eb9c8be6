"""Limits how often the same thing is logged. Time is an argument, in seconds of any monotonic clock."""

from typing import Final

_BURST: Final = 20
_PER_SECOND: Final = 1.0
_REMEMBERED: Final = 200
_FORGOTTEN: Final = 60.0
_COMPLAINTS: Final = 1000
"""Number of texts remembered, by hash; as many as a source may have prefixes by default."""


class News:
    """Recognizes repeated lines, as a healthcheck prints the same line to stderr every few seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def is_news(self, line: str, now: float) -> bool:
        """Whether `line` has not been seen within the last minute."""
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
        """Whether another line may be logged at `now`; counts it as dropped if not."""
        self._tokens = min(_BURST, self._tokens + max(0.0, now - self._seen) * _PER_SECOND)
        self._seen = now
        if self._tokens < 1:
            self._dropped += 1
            return False
        self._tokens -= 1
        return True

    def take_dropped(self) -> int:
        """The number of lines dropped since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped


class Complaints:
    """Limits complaints: each text once, and the rate of different ones.

    The text must identify the complaint, for example by both the reason and the line.
    """

    def __init__(self) -> None:
        self._said: dict[int, None] = {}
        self._throttle = Throttle()

    def is_worth_saying(self, text: str, now: float) -> bool:
        """Whether the text is new and within the rate limit."""
        key = hash(text)
        known = key in self._said
        self._said.pop(key, None)
        self._said[key] = None
        if len(self._said) > _COMPLAINTS:
            del self._said[next(iter(self._said))]
        return not known and self._throttle.allows(now)

    def take_dropped(self) -> int:
        """The number of new texts over the rate limit since the last call."""
        return self._throttle.take_dropped()
