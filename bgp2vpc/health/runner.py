"""Runs one check until it is cancelled.

How the room works. The `Check` is a value of `model.py`.

1. A `Runner` starts a probe every `every` seconds, never two at the same time (`next_beat`).
2. The probe (`probe.py`, with one file for each type in `probes/`) ends within `timeout` as healthy, unhealthy, or
   unknown if the failure is on our own side (`reasons.py`).
3. `Results` (`results.py`) keeps the result. A known one goes into `RiseFall` (`rise_fall.py`), which changes the
   verdict after `rise` successes or `fall` failures in a row. An unknown one leaves the verdict and is reported through
   `on_trouble`.
4. A changed verdict is logged, reported through `on_verdict`, and starts the check's program (`hooks.py`,
   `programs.py`).

The effect of a verdict is decided elsewhere: in `services/checks/local.py` for checks of this host, in
`services/checks/remote.py` for checks of the owners of routes.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Check, ProbeResult
from bgp2vpc.health.probe import Prober, probe_within, run_probe
from bgp2vpc.health.results import CheckStatus, Results
from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc.health")
_PROBED: Final = {True: "probe succeeded", False: "probe failed", None: "probe unknown"}
_GOLDEN: Final = (5**0.5 - 1) / 2
"""The golden ratio: any number of its multiples, modulo 1, spread evenly over [0, 1)."""
_WITHIN: Final = 1.0
"""Seconds within which every check starts, so that there are verdicts soon after the daemon's start."""
_APART: Final = 0.05
"""Seconds between the moments at which checks start. Checks share moments, because waking up costs more CPU than a
probe: 200 checks a second cost a third less in 20 groups of ten than one by one."""


def spread(index: int, every: float) -> float:
    """The delay of the first probe of check number `index`, so that checks do not all probe at the same moment."""
    within = min(every, _WITHIN)
    moments = max(1, round(within / _APART))
    return int(index * _GOLDEN % 1.0 * moments) / moments * within


def next_beat(beat: float, every: float, now: float) -> float:
    """When the next probe is due, after the probe of `beat` has ended at `now`.

    It is a whole number of `every` after `beat`. Missed beats are skipped, except that a beat missed by less than half
    of `every` is returned, so that its probe is due at once. Otherwise a probe that times out after exactly `every`
    seconds would also cost the next beat.
    """
    return beat + every * max(1, round((now - beat) / every))


def failing_at(beat: float, every: float, latency: float, missing: int) -> float:
    """When the last of `missing` probes will have failed, each after `latency` seconds, the first one due at `beat`."""
    return beat + (missing - 1) * next_beat(0.0, every, latency) + latency


class Runner:
    """Probes one check at a steady pace, never twice at a time."""

    def __init__(
        self,
        check: Check,
        on_verdict: Callable[[], None],
        on_trouble: Callable[[str], None] = lambda _: None,
        on_result: Callable[[], None] = lambda: None,
        *,
        delay: float = 0.0,
        hooks: CheckHooks | None = None,
        probe: Prober = run_probe,
    ) -> None:
        """`on_verdict` is called when the verdict changes, including the first one. `on_trouble` is called with the
        reason of each unknown result, and with an empty text once `rise` results in a row are known again. `on_result`
        is called after each probe, last. `delay`: seconds before the first probe (see `spread`).
        """
        self.check = check
        self._on_verdict = on_verdict
        self._on_trouble = on_trouble
        self._on_result = on_result
        self._delay = delay
        self._hooks = hooks or CheckHooks(check)
        self._probe = probe
        self._results = Results(check)
        self._raised = False
        """Whether a probe has raised an exception before; further ones are logged at debug only."""
        self._asked = False
        """Whether `probe_now` has requested a probe outside the beat."""
        self._due = asyncio.Event()
        self._beat = 0.0
        """When the next regular probe is due."""

    def probe_now(self) -> None:
        """Probe at once, or after the probe that is running. The beat does not change."""
        self._asked = True
        self._due.set()

    @property
    def status(self) -> CheckStatus:
        """The present state."""
        return self._results.status

    @property
    def healthy(self) -> bool | None:
        """The verdict; None before the first."""
        return self._results.healthy

    @property
    def unhealthy_at(self) -> float | None:
        """When it becomes unhealthy (event loop's clock) if every probe fails like the last; None if that succeeded."""
        missing, latency = self._results.failures_missing, self._results.latency
        return None if missing is None else failing_at(self._beat, self.check.every, latency, missing)

    @property
    def failed_from(self) -> float:
        """When the last probe that failed was begun (event loop's clock); minus infinity: none has failed."""
        return self._results.failed_from

    @property
    def passes(self) -> bool:
        """Whether both the verdict and the last result are healthy."""
        return self._results.passes

    async def run(self) -> None:
        """Probe and run hooks until cancelled, which ends a running probe or hook."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hooks.run(), name=f"hooks of {self.check.name}")
            clock = asyncio.get_running_loop().time
            self._beat = clock() + self._delay
            while True:
                # Wait until the beat or `probe_now`.
                timer = asyncio.get_running_loop().call_at(self._beat, self._due.set)
                try:
                    await self._due.wait()
                finally:
                    timer.cancel()
                self._due.clear()
                is_extra, self._asked = self._asked, False
                started = clock()
                try:
                    result = await probe_within(self.check, self._probe)
                except Exception as error:  # an internal error must not end the check or count against it
                    level = logging.DEBUG if self._raised else logging.ERROR
                    self._raised = True
                    what = "probe failed by an internal error, please report it: %s"
                    log.log(level, what, self.check.name, exc_info=error)
                    result = ProbeResult(None, f"internal error: {type(error).__name__}: {error}")
                now = clock()
                self._take_in(result, now - started, now)
                if not is_extra or clock() >= self._beat:
                    self._beat = next_beat(self._beat, self.check.every, clock())
                self._on_result()

    def _take_in(self, result: ProbeResult, latency: float, now: float) -> None:
        if log.isEnabledFor(logging.DEBUG):
            what = _PROBED[result.healthy]
            self._tell(logging.DEBUG, what, result, seconds=round(latency, 4))
        was_unknown = self._results.is_unknown
        changed_to = self._results.add(result, latency, now)
        if result.healthy is None:
            self._on_trouble(result.reason)
        elif was_unknown and not self._results.is_unknown:
            self._on_trouble("")
        if changed_to is not None:
            verdict = "check healthy" if changed_to else "check unhealthy"
            self._tell(logging.INFO, verdict, result, after=self._results.in_a_row)
            self._on_verdict()
            self._hooks.changed(changed_to)

    def _tell(self, level: int, what: str, result: ProbeResult, **fields: object) -> None:
        check, reason = self.check, result.reason or None
        event(
            log, level, what, check=check.name, type=check.type, destination=check.destination, reason=reason, **fields
        )
