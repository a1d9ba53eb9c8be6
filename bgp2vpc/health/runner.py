"""Runs one check until it is cancelled.

How the room works: a `Runner` probes at a steady pace, `every` seconds, and never twice at the same time (`next_beat`).
Each probe (`probe.py`, and one file for each type in `probes/`) is given up after `timeout` and has one of three
results: healthy, unhealthy, or unknown when the failure is on our own side (`reasons.py`). Known results go into
`RiseFall`, which changes the verdict after `rise` successes or `fall` failures in a row; unknown ones leave the verdict
as it is and are reported through `on_trouble`. A changed verdict is logged, handed to `on_verdict`, and starts the
program of the check (`hooks.py`). What a verdict leads to is not decided here: see `services/checks.py` for checks of
this host, and `services/remote_checks.py` for checks of the owners of routes.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Check, ProbeResult
from bgp2vpc.health.probe import Prober, probe_within, run_probe
from bgp2vpc.health.rise_fall import RiseFall
from bgp2vpc.logs import event
from bgp2vpc.prefix import IPAddress

_REMEMBERED: Final = 60

log = logging.getLogger("bgp2vpc.health")
_GOLDEN: Final = (5**0.5 - 1) / 2
"""The golden ratio: its multiples, modulo 1, spread evenly over [0, 1), however many there are."""
_WITHIN: Final = 1.0
"""Seconds within which every check begins, so that there are verdicts soon after the start."""
_SLOTS: Final = 20
"""Moments within that time at which checks begin. Waking up costs more CPU than a probe: 200 checks a second cost a
third less in 20 groups of ten than one by one."""


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


def spread(index: int, every: float) -> float:
    """The delay of the first probe of check number `index`, so that many checks do not all probe at one moment."""
    return int(index * _GOLDEN % 1.0 * _SLOTS) / _SLOTS * min(every, _WITHIN)


def next_beat(beat: float, every: float, now: float) -> float:
    """When the probe after the one of `beat` is due, at `now`, when that one has ended.

    Always a whole number of `every` after `beat`. Missed beats are skipped, unless the last one was missed by less than
    half of `every`: then that one is returned, and the probe is due at once. Otherwise a probe that times out after
    exactly `every` seconds would cost the next beat, too.
    """
    return beat + every * max(1, round((now - beat) / every))


class Runner:
    """Probes one check at a steady pace, never twice at the same time."""

    def __init__(
        self,
        check: Check,
        on_verdict: Callable[[CheckStatus], None],
        on_trouble: Callable[[str], None] = lambda _: None,
        on_result: Callable[[], None] = lambda: None,
        *,
        delay: float = 0.0,
        hooks: CheckHooks | None = None,
        probe: Prober = run_probe,
    ) -> None:
        """`on_verdict` is called whenever the verdict changes, also for the first one; `on_trouble` with the reason for
        each result that is unknown, and with an empty text once `rise` results in a row are known again; `on_result`
        after each probe, last. `delay`: seconds before the first probe (see `spread`).
        """
        self.check = check
        self._on_verdict = on_verdict
        self._on_trouble = on_trouble
        self._on_result = on_result
        self._delay = delay
        self._hooks = hooks or CheckHooks(check)
        self._probe = probe
        self._rise_fall = RiseFall(check.rise, check.fall)
        self._since: float | None = None
        self._unknown_since: float | None = None
        self._known = 0
        """Known results in a row."""
        self._last_result: ProbeResult | None = None
        self._history: deque[Sample] = deque(maxlen=_REMEMBERED)
        self._raised = False
        self._probes = 0
        self._asked = False
        self._alarm: asyncio.Future[None] | None = None

    def probe_now(self) -> None:
        """Probe at once, or after the probe that is under way. The beat stays as it is."""
        self._asked = True
        if self._alarm is not None:
            _ring(self._alarm)

    @property
    def status(self) -> CheckStatus:
        """As of now."""
        return CheckStatus(
            name=self.check.name,
            type=self.check.type,
            destination=self.check.destination,
            healthy=self._rise_fall.healthy,
            since=self._since,
            unknown_since=self._unknown_since,
            last_result=self._last_result,
            history=tuple(self._history),
            probes=self._probes,
        )

    @property
    def healthy(self) -> bool | None:
        """The verdict; None as long as there is none."""
        return self._rise_fall.healthy

    @property
    def passes(self) -> bool:
        """Whether the verdict is good, and the last result was, too."""
        last = self._last_result
        return self._rise_fall.healthy is True and last is not None and last.healthy is True

    async def run(self) -> None:
        """Probe and run hooks, until cancelled; a probe or hook that then still runs is ended."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hooks.run(), name=f"hooks of {self.check.name}")
            clock = asyncio.get_running_loop().time
            beat = clock() + self._delay
            while True:
                is_extra = await self._wait_until(beat)
                started = clock()
                result = await self._probe_once()
                self._take_in(result, started, clock())
                self._on_result()
                if not is_extra or clock() >= beat:
                    beat = next_beat(beat, self.check.every, clock())

    async def _wait_until(self, beat: float) -> bool:
        """Sleep until the beat, or until somebody asks for a probe; whether somebody did."""
        if not self._asked:
            loop = asyncio.get_running_loop()
            self._alarm = loop.create_future()
            timer = loop.call_at(beat, _ring, self._alarm)
            try:
                await self._alarm
            finally:
                timer.cancel()
                self._alarm = None
        asked, self._asked = self._asked, False
        return asked

    async def _probe_once(self) -> ProbeResult:
        try:
            return await probe_within(self.check, self._probe)
        except Exception as error:  # an internal error must not end the check, nor say anything about what it probes
            level = logging.DEBUG if self._raised else logging.ERROR
            self._raised = True
            log.log(level, "probe failed by an internal error, please report it: %s", self.check.name, exc_info=error)
            return ProbeResult(None, f"internal error: {type(error).__name__}: {error}")

    def _take_in(self, result: ProbeResult, started: float, now: float) -> None:
        self._last_result = result
        self._probes += 1
        self._history.append(Sample(result.healthy, now - started))
        if log.isEnabledFor(logging.DEBUG):
            what = {True: "probe succeeded", False: "probe failed", None: "probe unknown"}[result.healthy]
            self._tell(logging.DEBUG, what, seconds=round(now - started, 4))
        if result.healthy is None:
            self._known = 0
            if self._unknown_since is None:
                self._unknown_since = now
            self._on_trouble(result.reason)
            return
        self._known += 1
        if self._unknown_since is not None and self._known >= self.check.rise:
            self._unknown_since = None
            self._on_trouble("")
        if self._rise_fall.add(result.healthy):
            self._since = now
            verdict = "check healthy" if result.healthy else "check unhealthy"
            self._tell(logging.INFO, verdict, after=abs(self._rise_fall.streak))
            self._on_verdict(self.status)
            self._hooks.changed(result.healthy)

    def _tell(self, level: int, what: str, **fields: object) -> None:
        check = self.check
        reason = (self._last_result.reason if self._last_result else "") or None
        event(
            log, level, what, check=check.name, type=check.type, destination=check.destination, reason=reason, **fields
        )


def _ring(alarm: "asyncio.Future[None]") -> None:
    if not alarm.done():
        alarm.set_result(None)
