"""The results of one check: its last probes, its verdict, and since when it has that. Pure."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from bgp2vpc.health.model import Check, ProbeResult
from bgp2vpc.health.rise_fall import RiseFall
from bgp2vpc.prefix import IPAddress

_REMEMBERED: Final = 60
"""Number of past probes that are kept for the page."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One past probe. `healthy`: as in ProbeResult. `latency`: seconds until its result, good or bad."""

    healthy: bool | None
    latency: float


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """The present state of a check. `healthy`: the verdict, None before the first.

    `since`: when the verdict last changed, in the event loop's seconds. `unknown_since`: since when probes have been
    unknown (the verdict stays meanwhile), None if they are not. `last_result`: None before the first probe. `history`:
    the oldest probe first.
    """

    name: str
    type: str
    destination: IPAddress | None
    healthy: bool | None
    since: float | None
    unknown_since: float | None
    last_result: ProbeResult | None
    history: tuple[Sample, ...]
    probes: int = 0
    """The number of probes so far."""

    @property
    def last_reason(self) -> str:
        """Why the last probe failed; empty if it did not."""
        return self.last_result.reason if self.last_result else ""

    @property
    def latency(self) -> float | None:
        """Seconds that the last probe took."""
        return self.history[-1].latency if self.history else None


class Results:
    """The results of one check. Times are the event loop's seconds."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._rise_fall = RiseFall(check.rise, check.fall)
        self._since: float | None = None
        self._unknown_since: float | None = None
        self._known = 0
        """Number of known results in a row."""
        self._last: ProbeResult | None = None
        self.failed_from = float("-inf")
        """When the last probe that failed was begun."""
        self._history: deque[Sample] = deque(maxlen=_REMEMBERED)
        self._probes = 0

    def add(self, result: ProbeResult, latency: float, now: float) -> bool | None:
        """Add the result of a probe that took `latency` seconds. Returns the verdict if it has changed, else None."""
        self._last = result
        self._probes += 1
        self._history.append(Sample(result.healthy, latency))
        if result.healthy is None:
            self._known = 0
            if self._unknown_since is None:
                self._unknown_since = now
            return None
        self._known += 1
        if not result.healthy:
            self.failed_from = now - latency
        if self._known >= self._check.rise:
            self._unknown_since = None
        if not self._rise_fall.add(result.healthy):
            return None
        self._since = now
        return self._rise_fall.healthy

    @property
    def healthy(self) -> bool | None:
        """The verdict; None before the first."""
        return self._rise_fall.healthy

    @property
    def failures_missing(self) -> int | None:
        """How many further failures make it unhealthy; None unless it is healthy and its last result a failure."""
        if self.healthy is not True or self._last is None or self._last.healthy is not False:
            return None
        return self._check.fall - self.in_a_row

    @property
    def passes(self) -> bool:
        """Whether both the verdict and the last result are healthy."""
        return self._rise_fall.healthy is True and self._last is not None and self._last.healthy is True

    @property
    def latency(self) -> float:
        """Seconds that the last probe took; 0 before the first."""
        return self._history[-1].latency if self._history else 0.0

    @property
    def is_unknown(self) -> bool:
        """Whether a result was unknown and fewer than `rise` known results in a row have followed."""
        return self._unknown_since is not None

    @property
    def in_a_row(self) -> int:
        """The number of equal results in a row, up to the last known one."""
        return abs(self._rise_fall.streak)

    @property
    def status(self) -> CheckStatus:
        """The present state."""
        return CheckStatus(
            name=self._check.name,
            type=self._check.type,
            destination=self._check.destination,
            healthy=self._rise_fall.healthy,
            since=self._since,
            unknown_since=self._unknown_since,
            last_result=self._last,
            history=tuple(self._history),
            probes=self._probes,
        )
