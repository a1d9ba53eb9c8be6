"""What the probes of one check have found: the last results, the verdict that follows, and since when. Pure."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from bgp2vpc.health.model import Check, ProbeResult
from bgp2vpc.health.rise_fall import RiseFall
from bgp2vpc.prefix import IPAddress

_REMEMBERED: Final = 60
"""Probes of the past that are kept, for the page."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One probe of the past. `healthy` as in ProbeResult; `latency`: seconds until it had its result, good or bad."""

    healthy: bool | None
    latency: float


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """A check as of now. `healthy` None: no verdict yet; `since`: when it last changed, in the event loop's seconds.

    `unknown_since`: since when its probes have been unknown (the verdict stays meanwhile); None: they are not.
    `last_result` None: nothing was probed yet. `history`: the oldest first.
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
    """The results of one check's probes, to which each new one is added. Times are the event loop's seconds."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._rise_fall = RiseFall(check.rise, check.fall)
        self._since: float | None = None
        self._unknown_since: float | None = None
        self._known = 0
        """Known results in a row."""
        self._last: ProbeResult | None = None
        self._history: deque[Sample] = deque(maxlen=_REMEMBERED)
        self._probes = 0

    def add(self, result: ProbeResult, latency: float, now: float) -> bool | None:
        """Add the result of a probe that took `latency` seconds. The verdict if this has changed it, else None."""
        self._last = result
        self._probes += 1
        self._history.append(Sample(result.healthy, latency))
        if result.healthy is None:
            self._known = 0
            if self._unknown_since is None:
                self._unknown_since = now
            return None
        self._known += 1
        if self._known >= self._check.rise:
            self._unknown_since = None
        if not self._rise_fall.add(result.healthy):
            return None
        self._since = now
        return self._rise_fall.healthy

    @property
    def healthy(self) -> bool | None:
        """The verdict; None as long as there is none."""
        return self._rise_fall.healthy

    @property
    def failures_missing(self) -> int | None:
        """How many failures more make it unhealthy; None where the last result was no failure, or it is not healthy."""
        if self.healthy is not True or self._last is None or self._last.healthy is not False:
            return None
        return self._check.fall - self.in_a_row

    @property
    def passes(self) -> bool:
        """Whether the verdict is good, and the last result was, too."""
        return self._rise_fall.healthy is True and self._last is not None and self._last.healthy is True

    @property
    def latency(self) -> float:
        """Seconds that the last probe took; 0 before the first."""
        return self._history[-1].latency if self._history else 0.0

    @property
    def is_unknown(self) -> bool:
        """Whether results have been unknown, and fewer than `rise` in a row known since."""
        return self._unknown_since is not None

    @property
    def in_a_row(self) -> int:
        """How many results were alike, up to the last known one."""
        return abs(self._rise_fall.streak)

    @property
    def status(self) -> CheckStatus:
        """As of now."""
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
