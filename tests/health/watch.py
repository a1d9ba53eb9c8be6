"""A check on virtual time: what is probed, and what the check says of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from health_kit import a_check

from bgp2vpc.health.model import Check, Ping, ProbeResult
from bgp2vpc.health.reasons import during
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.health.runner import Runner
from tests.virtual_time import VirtualTimeLoop

START = 1000.0
"""When virtual time begins."""


class Service:
    """What is probed: each probe takes the next of `results` (`+` well, `.` not, `?` unknown, `!` raises) and `takes`
    seconds.
    """

    def __init__(self, results: str = "", *, takes: float = 0.0) -> None:
        self._results = list(results)
        self.takes = takes
        self.probed: list[float] = []
        self.now = 0
        self.most = 0

    async def __call__(self, check: Check) -> ProbeResult:
        self.probed.append(round(asyncio.get_running_loop().time() - START, 6))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            with during("thinking"):
                await asyncio.sleep(self.takes)
        finally:
            self.now -= 1
        result = self._results.pop(0) if self._results else "+"
        if result == "!":
            raise RuntimeError("a bug")
        return {"+": ProbeResult(True), ".": ProbeResult(False, "no good"), "?": ProbeResult(None, "no descriptors")}[
            result
        ]


class Watch:
    """Runs one check for some virtual seconds, and keeps what it says."""

    def __init__(
        self, service: Callable[[Check], Awaitable[ProbeResult]], check: Check | None = None, **runner: Any
    ) -> None:
        self.loop = VirtualTimeLoop()
        self.verdicts: list[tuple[float, bool | None, str]] = []
        self.complaints: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        self.troubles: list[tuple[float, str]] = []
        self.runner = Runner(check or a_check(Ping()), self._note, self._note_trouble, probe=service, **runner)

    def _note(self) -> None:
        status = self.runner.status
        self.verdicts.append((round(self.loop.time() - START, 6), status.healthy, status.last_reason))

    def _note_trouble(self, trouble: str) -> None:
        self.troubles.append((round(self.loop.time() - START, 6), trouble))

    def run(self, seconds: float) -> CheckStatus:
        async def story() -> None:
            running = asyncio.create_task(self.runner.run())
            await asyncio.sleep(seconds)
            running.cancel()
            await asyncio.wait([running])
            assert running.cancelled()

        self.loop.run_until_complete(story())
        self.loop.close()
        assert self.complaints == []
        return self.runner.status


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    """What was logged: the words and the fields."""
    return [
        " ".join([record.getMessage(), *(f"{key}={value}" for key, value in record.__dict__.get("fields", {}).items())])
        for record in caplog.records
        if record.levelno >= level
    ]
