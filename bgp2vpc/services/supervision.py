"""Sends systemd the daemon's state by sd_notify(3): ready, status, watchdog, reloading, stopping.

READY=1 follows the first completed poll. WATCHDOG=1 is sent at each completed poll, and by a heartbeat in between, as
`poll_time` may be longer than WatchdogSec. So systemd restarts the daemon if the event loop blocks, or if polls that
are due are not completed any more. A poll that EC2 did not answer counts as completed: a new process would not reach
EC2 either.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Final, Self

from bgp2vpc.config.model import Config
from bgp2vpc.logs import event
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.tasks import StartTask, cancelled

log = logging.getLogger("bgp2vpc")

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = "WATCHDOG_USEC"
_WATCHDOG_PID: Final = "WATCHDOG_PID"
MICROSECONDS: Final = 1_000_000
BEAT: Final = 10.0
"""Seconds between heartbeats, at most; a changed status is sent with the next one."""
LONGEST_CYCLE: Final = 180.0
"""Seconds that a poll may take after it was due: it reads page by page, and EC2 may be slow on each page."""
EXTENSION: Final = 30.0
"""Seconds by which each heartbeat extends systemd's stop timeout while the daemon ends (EXTEND_TIMEOUT_USEC)."""


class SdNotify:
    """Sends to NOTIFY_SOCKET; does nothing if there is none. Never raises and never waits."""

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        """`address`: a path, or `@name` for an abstract socket. `watchdog`: seconds."""
        self.watchdog = watchdog
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._complained = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> Self:
        """Made from systemd's variables. They are removed from `environ`: our scripts must not inherit them."""
        address = environ.pop(_SOCKET, "")
        watchdog = environ.pop(_WATCHDOG, "")
        for_whom = environ.pop(_WATCHDOG_PID, str(os.getpid()))
        is_ours = watchdog.isdigit() and int(watchdog) > 0 and for_whom == str(os.getpid())
        return cls(address, int(watchdog) / MICROSECONDS if is_ours else None)

    @property
    def is_heard(self) -> bool:
        """Whether there is a NOTIFY_SOCKET."""
        return bool(self._address)

    def send(self, *lines: str) -> bool:
        """Send these assignments in one datagram. Returns whether it was sent."""
        if not (self.is_heard and lines):
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.setblocking(False)
                sending.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._complained:
                event(log, logging.WARNING, "sd_notify failed", socket=self._address, error=error)
            self._complained = True
            return False
        self._complained = False
        return True


class Supervision(Observer):
    """Sends the messages that the module's docstring names; none without NOTIFY_SOCKET."""

    def __init__(self, notifier: SdNotify, headline: Callable[[], str], polls: Polls, start_task: StartTask) -> None:
        """`headline` returns the daemon's state in one line, for STATUS=."""
        self._headline = headline
        self._start_task = start_task
        self._polls = polls
        self._notifier = notifier
        self._beating: asyncio.Task[None] | None = None
        self._told_ready = False
        self._told_status = ""
        self._completed: float | None = None
        self._ends_by: float | None = None
        watchdog = self._notifier.watchdog
        self._interval = BEAT if watchdog is None else min(BEAT, watchdog / 3)

    async def configure(self, _: Config) -> None:
        """Begin the heartbeat."""

        async def beat_on() -> None:
            while self._notifier.is_heard:
                self._beat()
                await asyncio.sleep(self._interval)

        if self._beating is None:
            self._beating = self._start_task("supervision", beat_on())

    async def stop(self) -> None:
        """End the heartbeat."""
        if self._beating is not None:
            await cancelled(self._beating)

    def polled(self) -> None:
        """A poll or an attempt to connect has ended, whether or not EC2 answered. The first one makes us ready."""
        self._completed = self._now()
        self._beat()

    def reloading(self) -> None:
        """Send RELOADING=1: a reload begins, and `reloaded` follows."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def reloaded(self) -> None:
        """Send READY=1 again: the reload is over, with or without success."""
        self._told_ready = False
        self._beat()

    def ending(self, seconds: float) -> None:
        """Send STOPPING=1, and extend the stop timeout for up to `seconds`."""
        self._ends_by = self._now() + seconds
        self._notifier.send("STOPPING=1")
        self._beat()

    def _beat(self) -> None:
        if not self._notifier.is_heard:
            return
        now = self._now()
        is_ready = self._completed is not None
        status = self._headline()
        lines = ["READY=1"] if is_ready and not self._told_ready else []
        lines += [f"STATUS={status}"] if status != self._told_status else []
        # No poll is due before the first one, which waits for EC2, nor once the daemon ends.
        due = now if self._completed is None or self._ends_by is not None else self._completed
        if now - max(due, self._polls.due or due) <= LONGEST_CYCLE:
            lines.append("WATCHDOG=1")
        if self._ends_by is not None and now < self._ends_by:
            lines.append(f"EXTEND_TIMEOUT_USEC={round(EXTENSION * MICROSECONDS)}")
        if self._notifier.send(*lines):
            self._told_ready, self._told_status = is_ready, status

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
