"""Runs a configured process: reads its lines, answers them, and starts it again when it ends."""

import asyncio
import logging
import random
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from bgp2vpc.backoff import back_off
from bgp2vpc.exabgp_api import USUAL_MAX_LINE
from bgp2vpc.logs import event
from bgp2vpc.sources.child import ERRORS, OUTPUT, Child, exit_text
from bgp2vpc.sources.pace import News, Throttle
from bgp2vpc.sources.session import Listener, SourceKind, SpeakerSession
from bgp2vpc.sources.turns import LineQueue, Turns

_LOGGED: Final = 1000
"""Characters of one stderr line that reach the log."""
_JITTER: Final = random.SystemRandom()


class ScriptState(Enum):
    """The values are the words of the status page."""

    RUNNING = "running"
    BACKOFF = "backoff"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ScriptSettings:
    """`restart_time`: seconds its paths outlive it. `grace`: seconds between SIGTERM and SIGKILL. `max_line`: bytes."""

    name: str
    argv: tuple[str, ...]
    restart_time: float = 10.0
    respawn: bool = True
    grace: float = 3.0
    max_line: int = USUAL_MAX_LINE
    env: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ScriptStatus:
    """A script as the status shows it."""

    name: str
    state: ScriptState
    pid: int | None
    restarts: int
    last_exit: str
    last_line: str
    lines: int


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a script is started again."""

    quiet: float = 1.0
    """After exit 0: not a crash, the next round comes soon."""
    first: float = 1.0
    """After a crash; doubled with each further one …"""
    longest: float = 60.0
    """… up to this."""
    proven: float = 60.0
    """Once it has lived that long, the next crash counts as the first."""


class Restarts:
    """How long to wait before a script is started again, by how it has ended so far."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._crashes = 0
        """In a row."""

    def pause_after(self, *, crashed: bool, lived: float) -> float:
        """Seconds to wait after a run of `lived` seconds, before jitter."""
        if not crashed or lived >= self._pauses.proven:
            self._crashes = 0
        if not crashed:
            return self._pauses.quiet
        self._crashes += 1
        return back_off(self._pauses.first, self._pauses.longest, self._crashes - 1)


class Script:
    """Runs one script, and starts it again whenever it ends. No failure of it ends the daemon."""

    def __init__(
        self, settings: ScriptSettings, listener: Listener, turns: Turns, *, pauses: Pauses | None = None
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._turns = turns
        self._endings = Restarts(pauses or Pauses())
        self._log = logging.getLogger(f"bgp2vpc.script.{settings.name}")
        self._child: Child | None = None
        self._state = ScriptState.STOPPED
        self._restarts = self._lines = 0
        self._last_exit = self._last_line = ""
        self._throttle = Throttle()
        self._news = News()
        self._begin()

    @property
    def status(self) -> ScriptStatus:
        """As of now."""
        return ScriptStatus(
            name=self._settings.name,
            state=self._state,
            pid=self._child.pid if self._child else None,
            restarts=self._restarts,
            last_exit=self._last_exit,
            last_line=self._last_line,
            lines=self._lines,
        )

    async def run(self) -> None:
        """Run the script until cancelled, or, without `respawn`, until it has ended.

        When cancelled, it sends SIGTERM to the script's process group and reads until the script has ended or `grace`
        is over; then the session closes.
        """
        clock = asyncio.get_running_loop().time
        try:
            while True:
                started = clock()
                crashed = await self._run_once()
                if not self._settings.respawn:
                    self._state = ScriptState.ENDED
                    return
                self._state = ScriptState.BACKOFF
                pause = self._endings.pause_after(crashed=crashed, lived=clock() - started)
                await asyncio.sleep(pause * _JITTER.uniform(0.8, 1.2))
                self._restarts += 1
        except asyncio.CancelledError:
            self._state = ScriptState.STOPPED
            raise

    async def _run_once(self) -> bool:
        """Start the process and listen until it ends. True if it crashed, or could not be started."""
        self._begin()
        settings = self._settings
        try:
            self._child = await Child.start(
                settings.argv, on_output=self._output.feed, on_errors=self._errors.feed, env=settings.env
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._last_exit = f"cannot start: {reason}"
            self._tell(logging.ERROR, "script cannot be started", command=shlex.join(settings.argv), why=reason)
            return True
        self._state = ScriptState.RUNNING
        # A script that exits with 0 again and again is logged at debug only.
        routine = self._last_exit == exit_text(0)
        self._tell(logging.DEBUG if routine else logging.INFO, "script started", pid=self._child.pid)
        self._session.open()
        try:
            # A last line without newline is ignored: it may be cut in the middle of a prefix.
            code = await self._child.wait()
        except asyncio.CancelledError:
            self._last_exit = exit_text(await self._child.stop(settings.grace))
            self._tell(logging.INFO, "script stopped", exit=self._last_exit)
            raise
        finally:
            self._child = None
            self._output.clear()
            self._errors.clear()
            self._report_dropped()
            self._session.close(hold=settings.restart_time)
        self._last_exit = exit_text(code)
        level = logging.WARNING if code else logging.DEBUG if routine else logging.INFO
        # Its stderr is logged at info, which may be off, and the last line is usually the reason.
        self._tell(level, "script ended", exit=self._last_exit, why=(self._last_error or None) if code else None)
        return code != 0

    def _begin(self) -> None:
        """Reset what belongs to one run: the session with its answer mode, and unfinished lines."""
        settings = self._settings
        self._session = SpeakerSession(settings.name, SourceKind.SCRIPT, self._listener, max_line=settings.max_line)
        self._output = LineQueue(self._turns, self._answer, partial(self._hold, OUTPUT), limit=settings.max_line)
        self._errors = LineQueue(self._turns, self._log_error, partial(self._hold, ERRORS), limit=_LOGGED)
        self._deaf = False
        self._last_error = ""

    def _hold(self, pipe: int, is_held: bool) -> None:
        if self._child is not None:
            (self._child.pause if is_held else self._child.resume)(pipe)

    def _answer(self, line: bytes | None) -> None:
        self._lines += 1
        self._last_line = _printable(line)
        answer = self._session.feed(line)
        if not answer or self._child is None or self._child.stdin.put(answer) or self._deaf:
            return
        self._deaf = True
        self._tell(logging.WARNING, "script does not read its stdin: answers are dropped")

    def _log_error(self, line: bytes | None) -> None:
        now = asyncio.get_running_loop().time()
        self._last_error = _printable(line)
        level = logging.INFO if self._news.is_news(self._last_error, now) else logging.DEBUG
        if self._log.isEnabledFor(level) and self._throttle.allows(now):
            self._report_dropped()
            self._tell(level, "script says", stderr=self._last_error)

    def _report_dropped(self) -> None:
        if dropped := self._throttle.take_dropped():
            self._tell(logging.INFO, "script stderr over the rate limit", lines_dropped=dropped)

    def _tell(self, level: int, what: str, **fields: object) -> None:
        event(self._log, level, what, source=self._settings.name, **fields)


def _printable(line: bytes | None) -> str:
    if line is None:
        return "(an over-long line)"
    return line[:_LOGGED].decode("utf-8", "backslashreplace")
