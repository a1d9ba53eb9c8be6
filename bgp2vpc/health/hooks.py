"""Runs the programs `on_healthy` and `on_unhealthy` when a check's verdict changes, without delaying the check."""

import asyncio
import logging
import shlex
from collections.abc import Callable
from typing import Final

from bgp2vpc.health.model import Check
from bgp2vpc.health.programs import RunProgram, run_program
from bgp2vpc.logs import event

_WAITING: Final = 8
"""Maximum number of changes that wait while a program runs; the oldest is dropped first."""

log = logging.getLogger("bgp2vpc.health")


class CheckHooks:
    """Runs `on_healthy` and `on_unhealthy` of one check, one after the other."""

    def __init__(
        self,
        check: Check,
        *,
        timeout: Callable[[], float] = lambda: 30.0,
        only_log: bool = False,
        program: RunProgram = run_program,
    ) -> None:
        """`timeout`: returns the seconds for a program, when it starts. `only_log`: log programs, do not run them."""
        self._check = check
        self._timeout = timeout
        self._only_log = only_log
        self._program = program
        self._due: asyncio.Queue[bool] = asyncio.Queue(_WAITING)

    def changed(self, healthy: bool) -> None:
        """Queue the program for this verdict."""
        argv = self._argv(healthy)
        if not argv:
            return
        if self._only_log:
            self._tell(logging.INFO, "hook not run", healthy, command=shlex.join(argv))
            return
        if self._due.full():
            self._tell(logging.WARNING, "hook dropped: earlier hooks still run", self._due.get_nowait())
        self._due.put_nowait(healthy)

    async def run(self) -> None:
        """Run the queued programs until cancelled, which kills a running program."""
        while True:
            healthy = await self._due.get()
            argv = self._argv(healthy)
            self._tell(logging.DEBUG, "hook started", healthy, command=shlex.join(argv))
            environment = {
                "BGP2VPC_CHECK": self._check.name,
                "BGP2VPC_DESTINATION": str(self._check.destination or ""),
                "BGP2VPC_STATE": _state(healthy),
            }
            ending = await self._program(argv, timeout=self._timeout(), env=environment)
            if ending.ok:
                self._tell(logging.DEBUG, "hook ended", healthy, said=ending.said or None)
            else:
                self._tell(logging.WARNING, "hook failed", healthy, command=shlex.join(argv), why=ending.trouble)

    def _argv(self, healthy: bool) -> tuple[str, ...]:
        return self._check.on_healthy if healthy else self._check.on_unhealthy

    def _tell(self, level: int, what: str, healthy: bool, **fields: object) -> None:
        check = self._check
        event(log, level, what, check=check.name, destination=check.destination, state=_state(healthy), **fields)


def _state(healthy: bool) -> str:
    return "healthy" if healthy else "unhealthy"
