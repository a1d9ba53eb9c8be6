"""How often: restarts of a script, and lines in the log. Time is an argument."""

from dataclasses import dataclass
from typing import Final

_BURST: Final = 20
_PER_SECOND: Final = 1.0
_REMEMBERED: Final = 200
_FORGOTTEN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a script is started again."""

    quiet: float = 1.0
    """After exit 0: not a crash, the next round comes soon."""
    first: float = 1.0
    """After a crash; doubled with each further one …"""
    longest: float = 60.0
    """… up to this."""
    proven: float = 60.0
    """Once it has lived that long, the next crash counts as the first."""


class Backoff:
    """Counts the crashes in a row."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._crashes = 0

    def after(self, *, crashed: bool, lived: float) -> float:
        """Seconds to wait after a run of `lived` seconds, before jitter."""
        if not crashed or lived >= self._pauses.proven:
            self._crashes = 0
        if not crashed:
            return self._pauses.quiet
        self._crashes += 1
        # 2^30 seconds is beyond any limit; without the cap the power would grow for ever.
        return min(self._pauses.longest, self._pauses.first * (1 << min(self._crashes - 1, 30)))


class News:
    """Tells lines that keep coming from new ones: a healthcheck says the same on stderr every few seconds."""

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
