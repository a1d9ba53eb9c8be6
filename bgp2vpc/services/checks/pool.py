"""Runs a set of checks: one guarded task each, replaced when its check changes."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bgp2vpc.errors import Bgp2vpcError, CheckUnknown
from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Check
from bgp2vpc.health.probe import prepare
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.health.runner import Runner, spread
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import StartTask, cancelled

CheckKey = TypeVar("CheckKey", bound=Hashable)
MakeHooks = Callable[[Check], CheckHooks]


@dataclass(frozen=True, slots=True)
class _Running:
    check: Check
    runner: Runner
    task: "asyncio.Task[None]"


class CheckPool(Generic[CheckKey]):
    """Keeps exactly the wanted checks running.

    `on_verdict` is called at each change of a verdict, also the first one; `on_result` after each probe.
    """

    def __init__(
        self,
        start_task: StartTask,
        journal: Journal,
        make_hooks: MakeHooks,
        on_verdict: Callable[[CheckKey], None],
        on_result: Callable[[CheckKey], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._start_task = start_task
        self._make_hooks = make_hooks
        self._on_verdict = on_verdict
        self._on_result = on_result
        self._running: dict[CheckKey, _Running] = {}
        self._started = 0

    def want(self, checks: Mapping[CheckKey, Check]) -> None:
        """Stop the checks that are gone or have changed, and start the new ones. An unchanged check keeps its verdict.

        A check that cannot work on this host is not run, so that it has no verdict instead of a bad one.
        """
        for key in [key for key, running in self._running.items() if checks.get(key) != running.check]:
            running = self._running.pop(key)
            running.task.cancel()
            self._journal.forget(_subject(running.check))
        for key, check in checks.items():
            if key not in self._running and not unusable([check]):
                self._start(key, check)

    def _start(self, key: CheckKey, check: Check) -> None:
        subject = _subject(check)

        def heard_trouble(trouble: str) -> None:
            if trouble:
                self._journal.failure(subject, CheckUnknown(f"{subject} is unknown: {trouble}"))
            else:
                self._journal.success(subject)

        runner = Runner(
            check,
            lambda: self._on_verdict(key),
            heard_trouble,
            lambda: self._on_result(key),
            delay=spread(self._started, check.every),
            hooks=self._make_hooks(check),
        )
        self._started += 1
        self._running[key] = _Running(check, runner, self._start_task(f"check {check.name}", runner.run()))

    def healthy(self, key: CheckKey) -> bool | None:
        """The verdict of a check; None if there is none yet, or no such check runs."""
        running = self._running.get(key)
        return running.runner.healthy if running else None

    def failed_from(self, key: CheckKey) -> float:
        """When the last failed probe of a check was begun (event loop's clock); minus infinity: there is none."""
        running = self._running.get(key)
        return running.runner.failed_from if running else float("-inf")

    def passes(self, key: CheckKey) -> bool:
        """Whether a check is healthy and its last probe succeeded."""
        running = self._running.get(key)
        return running is not None and running.runner.passes

    def unhealthy_at(self, key: CheckKey) -> float | None:
        """When a failing check will be unhealthy (event loop's clock); None: it does not fail, or already is."""
        running = self._running.get(key)
        return running.runner.unhealthy_at if running else None

    @property
    def passing(self) -> frozenset[CheckKey]:
        """The checks that are healthy and whose last probe succeeded."""
        return frozenset(filter(self.passes, self._running))

    def statuses(self) -> list[CheckStatus]:
        """The status of each check."""
        return [running.runner.status for running in self._running.values()]

    def probe_now(self, name: str) -> None:
        """Have every check of this name probe now."""
        for running in self._running.values():
            if running.check.name == name:
                running.runner.probe_now()

    async def stop(self) -> None:
        """Stop all checks."""
        tasks = [running.task for running in self._running.values()]
        self._running.clear()
        await cancelled(*tasks)


def _subject(check: Check) -> str:
    return f"check {check.name} of {check.destination}"


def unusable(checks: Iterable[Check]) -> list[Bgp2vpcError]:
    """Import the modules that these probes need. Returns why checks cannot work on this host, each reason once."""
    errors: dict[str, Bgp2vpcError] = {}
    for check in checks:
        try:
            prepare(check.probe)
        except Bgp2vpcError as error:
            errors.setdefault(str(error), error)
    return list(errors.values())
