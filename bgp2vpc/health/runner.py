"""Runs one check until it is cancelled.

How the room works: a `Runner` probes at a steady pace, `every` seconds, and never twice at the same time (`next_beat`).
Each probe (`probe.py`, and one file for each type in `probes/`) is given up after `timeout` and has one of three
results: healthy, unhealthy, or unknown when the failure is on our own side (`reasons.py`). `Results` keeps them; the
known ones go into `RiseFall`, which changes the verdict after `rise` successes or `fall` failures in a row. Unknown
ones leave the verdict as it is and are reported through `on_trouble`. A changed verdict is logged, handed to
`on_verdict`, and starts the program of the check (`hooks.py`). What a verdict leads to is not decided here: see
`services/checks/local.py` for checks of this host, `services/checks/remote.py` for checks of the owners of routes.
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
"""The golden ratio: its multiples, modulo 1, spread evenly over [0, 1), however many there are."""
_WITHIN: Final = 1.0
"""Seconds within which every check begins, so that there are verdicts soon after the start."""
_APART: Final = 0.05
"""Seconds between the moments at which checks begin. Waking up costs more CPU than a probe: 200 checks a second cost a
third less in 20 groups of ten than one by one, and ten checks that probe 20 times a second half as much."""


def spread(index: int, every: float) -> float:
    """The delay of the first probe of check number `index`, so that many checks do not all probe at one moment."""
    within = min(every, _WITHIN)
    moments = max(1, round(within / _APART))
    return int(index * _GOLDEN % 1.0 * moments) / moments * within


def next_beat(beat: float, every: float, now: float) -> float:
    """When the probe after the one of `beat` is due, at `now`, when that one has ended.

    Always a whole number of `every` after `beat`. Missed beats are skipped, unless the last one was missed by less than
    half of `every`: then that one is returned, and the probe is due at once. Otherwise a probe that times out after
    exactly `every` seconds would cost the next beat, too.
    """
    return beat + every * max(1, round((now - beat) / every))


def failing_at(beat: float, every: float, latency: float, missing: int) -> float:
    """When the last of `missing` probes has failed, each after `latency` seconds; the first is due at `beat`."""
    last = beat
    for _ in range(missing - 1):
        last = next_beat(last, every, last + latency)
    return last + latency


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
        self._results = Results(check)
        self._raised = False
        """Whether a probe has raised an exception before: then it is logged for debugging only."""
        self._asked = False
        """Whether somebody has asked for a probe apart from the beat."""
        self._due = asyncio.Event()
        self._beat = 0.0
        """When the next probe is due."""

    def probe_now(self) -> None:
        """Probe at once, or after the probe that is under way. The beat stays as it is."""
        self._asked = True
        self._due.set()

    @property
    def status(self) -> CheckStatus:
        """As of now."""
        return self._results.status

    @property
    def healthy(self) -> bool | None:
        """The verdict; None as long as there is none."""
        return self._results.healthy

    @property
    def unhealthy_at(self) -> float | None:
        """When it is unhealthy (event loop's clock) if it goes on failing as it did last; None: it does not fail."""
        missing, latency = self._results.failures_missing, self._results.latency
        return None if missing is None else failing_at(self._beat, self.check.every, latency, missing)

    @property
    def passes(self) -> bool:
        """Whether the verdict is good, and the last result was, too."""
        return self._results.passes

    async def run(self) -> None:
        """Probe and run hooks, until cancelled; a probe or hook that then still runs is ended."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hooks.run(), name=f"hooks of {self.check.name}")
            clock = asyncio.get_running_loop().time
            self._beat = clock() + self._delay
            while True:
                # Until the beat, or until somebody asks for a probe.
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
                except Exception as error:  # an internal error must not end the check, nor say anything of the target
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
            self._on_verdict(self.status)
            self._hooks.changed(changed_to)

    def _tell(self, level: int, what: str, result: ProbeResult, **fields: object) -> None:
        check, reason = self.check, result.reason or None
        event(
            log, level, what, check=check.name, type=check.type, destination=check.destination, reason=reason, **fields
        )
