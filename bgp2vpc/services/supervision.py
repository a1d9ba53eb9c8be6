"""What systemd knows of the daemon: when it is ready, how it is, that it still works, and that it is about to end.

The watchdog is fed at each completed cycle, and by a heartbeat in between, as `poll_time` may be longer than
WatchdogSec. systemd restarts the daemon when the event loop blocks, or cycles are not completed any more. A cycle in
which EC2 did not answer is a completed one: a new process would reach EC2 no better. The messages are sd_notify(3)'s.
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
from bgp2vpc.tasks import StartTask, cancelled

log = logging.getLogger("bgp2vpc")

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = "WATCHDOG_USEC"
_WATCHDOG_PID: Final = "WATCHDOG_PID"
MICROSECONDS: Final = 1_000_000
BEAT: Final = 10.0
"""Seconds between heartbeats, at most: a status that has changed is told by then."""
LONGEST_CYCLE: Final = 120.0
"""Seconds that a cycle may take beyond its turn: it reads page by page, and EC2 may be slow on each of them."""
EXTENSION: Final = 30.0
"""Seconds asked for with each beat while the daemon ends."""


class SdNotify:
    """Tells systemd, or nobody where nobody asked to be told. Never raises, never waits: this is by the way."""

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        """`address`: a path, or `@name` for an abstract socket. `watchdog`: seconds within which systemd must hear."""
        self.watchdog = watchdog
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._complained = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> Self:
        """As systemd says. The variables are taken out: they are not for the scripts that we start."""
        address = environ.pop(_SOCKET, "")
        watchdog = environ.pop(_WATCHDOG, "")
        for_whom = environ.pop(_WATCHDOG_PID, str(os.getpid()))
        is_ours = watchdog.isdigit() and int(watchdog) > 0 and for_whom == str(os.getpid())
        return cls(address, int(watchdog) / MICROSECONDS if is_ours else None)

    @property
    def is_heard(self) -> bool:
        """Whether somebody asked to be told."""
        return bool(self._address)

    def send(self, *lines: str) -> bool:
        """Send these assignments in one datagram. Whether they are on their way."""
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
    """Tells systemd. Without one it costs nothing and says nothing."""

    def __init__(self, notifier: SdNotify, headline: Callable[[], str], start_task: StartTask) -> None:
        """`headline`: how the daemon is, in one line."""
        self._headline = headline
        self._start_task = start_task
        self._poll_time = 60.0
        self._notifier = notifier
        self._beating: asyncio.Task[None] | None = None
        self._told_ready = False
        self._told_status = ""
        self._completed: float | None = None
        self._ends_by: float | None = None
        watchdog = self._notifier.watchdog
        self._interval = BEAT if watchdog is None else min(BEAT, watchdog / 3)

    async def configure(self, config: Config) -> None:
        """Expect a cycle every `poll_time` seconds from now on."""
        self._poll_time = config.poll_time
        if self._beating is None:
            self._beating = self._start_task("supervision", self._beat_on())

    async def stop(self) -> None:
        """Say nothing any more."""
        if self._beating is not None:
            await cancelled(self._beating)

    async def _beat_on(self) -> None:
        while self._notifier.is_heard:
            self._beat()
            await asyncio.sleep(self._interval)

    def polled(self) -> None:
        """A cycle is completed, or EC2 could not be reached for it. After the first one we are ready."""
        self._completed = self._now()
        self._beat()

    def reloading(self) -> None:
        """The configuration is being read again; `reloaded` follows."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def reloaded(self) -> None:
        """It was read, or was refused."""
        self._told_ready = False
        self._beat()

    def ending(self, seconds: float) -> None:
        """The daemon ends, which takes `seconds` at most."""
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
        lines += ["WATCHDOG=1"] if self._is_well(now) else []
        lines += [f"EXTEND_TIMEOUT_USEC={round(EXTENSION * MICROSECONDS)}"] if self._may_take_longer(now) else []
        if self._notifier.send(*lines):
            self._told_ready, self._told_status = is_ready, status

    def _is_well(self, now: float) -> bool:
        """Whether a cycle was completed in time. There are none before EC2 is found, nor after the last one."""
        if self._completed is None or self._ends_by is not None:
            return True
        return now - self._completed <= 2 * self._poll_time + LONGEST_CYCLE

    def _may_take_longer(self, now: float) -> bool:
        return self._ends_by is not None and now < self._ends_by

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
