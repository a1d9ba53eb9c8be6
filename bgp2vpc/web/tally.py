"""Counters and histograms for the metrics. Pure; times are seconds of any monotonic clock.

They also count while no web server is configured, so that they are right if a reload adds one. What can be counted is
0 from the start: Prometheus' `increase` does not see the first event of a counter that begins with it.
https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Final

CALL_BUCKETS: Final = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0)
CALL_RESULTS: Final = ("ok", "throttled", "transient", "disagreement", "refused")
CYCLE_RESULTS: Final = ("changed", "unchanged", "failed")
WRITE_BUCKETS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0, 15.0, 60.0)


@dataclass(slots=True)
class Timing:
    """A histogram. `counts[n]`: values up to `bounds[n]` and above the bound before; the last one counts the rest."""

    bounds: tuple[float, ...]
    total: float = 0.0
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        """Add a value."""
        self.total += seconds
        self.counts[bisect_left(self.bounds, seconds)] += 1


class Tally:
    """Everything counted since the start. A place is a (table, prefix) of any types."""

    def __init__(self, writes: Collection[str] = (), reasons: Collection[str] = ()) -> None:
        """`writes`: the actions of writes. `reasons`: those to take a route from another instance."""
        self.cycles: Counter[str] = Counter(dict.fromkeys(CYCLE_RESULTS, 0))
        """Cycles by result."""
        self.calls: Counter[tuple[str, str]] = Counter()
        """EC2 calls by action and result: all results of each action that was called."""
        self.call_seconds: dict[str, Timing] = defaultdict(lambda: Timing(CALL_BUCKETS))
        self.throttles = 0
        self.takeovers: Counter[str] = Counter(dict.fromkeys(reasons, 0))
        """Routes taken from other instances, by reason."""
        self.write_seconds: dict[str, Timing] = {each: Timing(WRITE_BUCKETS) for each in writes}
        """Time from the cause of a write to EC2's success, by action."""
        self.requests: Counter[int] = Counter()
        """Answers of the web server by status."""
        self.refused_connections = 0
        self._touched: dict[Hashable, float] = {}
        self._wanted: dict[tuple[str, Hashable], float] = {}

    def touched(self, prefixes: Collection[Hashable], now: float) -> None:
        """Something about these prefixes has changed, and a decision follows at once."""
        for prefix in prefixes:
            self._touched.setdefault(prefix, now)

    def decided(
        self, writes: Collection[tuple[str, Hashable]], others: Collection[tuple[str, Hashable]], now: float
    ) -> None:
        """A decision: `writes` are the places to be written, `others` those that need no write (any more)."""
        for place in others:
            self._wanted.pop(place, None)
        for place in writes:
            if place not in self._wanted:
                self._wanted[place] = self._touched.get(place[1], now)
        self._touched.clear()

    def wrote(self, place: tuple[str, Hashable], action: str, now: float) -> None:
        """A write has succeeded."""
        began = self._wanted.pop(place, None)
        if began is not None:
            self.write_seconds[action].add(now - began)

    def called(self, action: str, result: str, seconds: float) -> None:
        """A call of EC2 has ended, with an answer or without."""
        if action not in self.call_seconds:
            self.calls.update(dict.fromkeys(((action, each) for each in CALL_RESULTS), 0))
        self.calls[action, result] += 1
        self.call_seconds[action].add(seconds)
        self.throttles += result == "throttled"
