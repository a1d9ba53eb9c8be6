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
from bgp2vpc.sources.child import ERRORS, OUTPUT, Child, as_in_file, exit_text
from bgp2vpc.sources.log_limit import News, Throttle
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
    unfinished_line: str
    lines: int


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a script is started again, and others of its life."""

    quiet: float = 1.0
    """After exit 0: not a crash, the next round comes soon. Doubled once it ends at once again and again."""
    first: float = 1.0
    """After a crash; doubled with each further one, up to `longest`."""
    longest: float = 60.0
    proven: float = 60.0
    """After a run of this length the next crash counts as the first."""
    brief: float = 10.0
    """A run that is shorter has ended at once."""
    unended: float = 5.0
    """How long the end of a line may take before that is told."""


SERIES: Final = 3
"""So many runs in a row that end at once, and with the same exit, are a series: logged once, and not each time."""


class Restarts:
    """How long to wait before a script is started again, by how it has ended so far."""

    def __init__(self, pauses: Pauses, restart_time: float) -> None:
        self._pauses = pauses
        # The paths of a script that says its lines and leaves outlive the pause, as they would otherwise come and go.
        outlived = max(pauses.quiet, restart_time / 2) if restart_time else pauses.longest
        self._longest_quiet = min(pauses.longest, outlived)
        self._crashes = 0
        """In a row."""
        self._last_exit = ""
        self._alike = 0

    @property
    def is_series(self) -> bool:
        """Whether it ends at once, and alike, again and again."""
        return self._alike >= SERIES

    def end_series(self) -> None:
        """It stays up."""
        self._alike = 0

    def pause_after(self, exit_: str, *, crashed: bool, lived: float) -> float:
        """Seconds to wait after a run of `lived` seconds that ended with `exit_`, before jitter."""
        alike = lived < self._pauses.brief and exit_ == self._last_exit
        self._alike = self._alike + 1 if alike else int(lived < self._pauses.brief)
        self._last_exit = exit_
        if not crashed or lived >= self._pauses.proven:
            self._crashes = 0
        if not crashed:
            return back_off(self._pauses.quiet, self._longest_quiet, max(0, self._alike - SERIES))
        self._crashes += 1
        return back_off(self._pauses.first, self._pauses.longest, self._crashes - 1)


@dataclass(slots=True, eq=False)
class _Run:
    """One run of the process, from before its start until the next one: the session, and the lines of its pipes.

    `child`: only while it runs. `is_deaf`: its answers are dropped, since it does not read them. `unfinished_since`:
    how many lines had come when a line without its end was waited for; told once a run. `last_error`: of its stderr.
    """

    session: SpeakerSession
    output: LineQueue
    errors: LineQueue
    child: Child | None = None
    is_deaf: bool = False
    unfinished_since: int | None = None
    last_error: str = ""


class Script:
    """Runs one script, and starts it again whenever it ends. No failure of it ends the daemon."""

    def __init__(
        self, settings: ScriptSettings, listener: Listener, turns: Turns, *, pauses: Pauses | None = None
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._turns = turns
        self._pauses = pauses or Pauses()
        self._endings = Restarts(self._pauses, settings.restart_time)
        self._log = logging.getLogger(f"bgp2vpc.script.{settings.name}")
        self._state = ScriptState.STOPPED
        self._restarts = self._lines = 0
        self._last_exit = self._last_line = ""
        self._throttle = Throttle()
        self._news = News()
        self._run = self._new_run()

    @property
    def status(self) -> ScriptStatus:
        """As of now."""
        child = self._run.child
        return ScriptStatus(
            name=self._settings.name,
            state=self._state,
            pid=child.pid if child else None,
            restarts=self._restarts,
            last_exit=self._last_exit,
            last_line=self._last_line,
            unfinished_line=_printable(self._run.output.unfinished) if child else "",
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
                started, was_series = clock(), self._endings.is_series
                crashed = await self._run_once()
                if not self._settings.respawn:
                    self._state = ScriptState.ENDED
                    return
                self._state = ScriptState.BACKOFF
                pause = self._endings.pause_after(self._last_exit, crashed=crashed, lived=clock() - started)
                if self._endings.is_series and not was_series:
                    what = "script ends at once again and again: restarted with back-off, not logged meanwhile"
                    self._tell(logging.WARNING, what, exit=self._last_exit)
                await asyncio.sleep(pause * _JITTER.uniform(0.8, 1.2))
                self._restarts += 1
        except asyncio.CancelledError:
            self._state = ScriptState.STOPPED
            raise

    async def _run_once(self) -> bool:
        """Start the process and listen until it ends. True if it crashed, or could not be started."""
        settings, before = self._settings, self._last_exit
        run = self._run = self._new_run()
        try:
            child = run.child = await Child.start(
                as_in_file(settings.argv), on_output=self._heard, on_errors=run.errors.feed, env=settings.env
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._last_exit = f"cannot start: {reason}"
            routine = self._is_routine and self._last_exit == before
            command = shlex.join(settings.argv)
            self._tell(
                logging.DEBUG if routine else logging.ERROR, "script cannot be started", command=command, why=reason
            )
            return True
        self._state = ScriptState.RUNNING
        self._tell(logging.DEBUG if self._is_routine else logging.INFO, "script started", pid=child.pid)
        run.session.open()
        proof = asyncio.get_running_loop().call_later(self._pauses.brief, self._stays)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            self._last_exit = exit_text(await child.stop(settings.grace))
            self._tell(logging.INFO, "script stopped", exit=self._last_exit)
            raise
        finally:
            proof.cancel()
            run.child = None
            if rest := run.output.unfinished:  # it may have been cut in the middle of a prefix
                run.session.feed_unended(rest)
                self._last_line = _printable(rest)
            run.output.clear()
            run.errors.clear()
            self._report_dropped()
            run.session.close(hold=settings.restart_time)
        self._last_exit = exit_text(code)
        routine = self._is_routine and self._last_exit == before
        level = logging.DEBUG if routine else logging.WARNING if code else logging.INFO
        # Its stderr is logged at info, which may be off, and the last line is usually the reason.
        self._tell(level, "script ended", exit=self._last_exit, why=(run.last_error or None) if code else None)
        return code != 0

    def _new_run(self) -> _Run:
        """For the next run: with answers switched on, and nothing left of an unfinished line."""
        name, limit = self._settings.name, self._settings.max_line
        return _Run(
            SpeakerSession(name, SourceKind.SCRIPT, self._listener, max_line=limit, routine=self._is_routine),
            LineQueue(self._turns, self._answer, partial(self._hold, OUTPUT), limit=limit),
            LineQueue(self._turns, self._log_error, partial(self._hold, ERRORS), limit=_LOGGED),
        )

    @property
    def _is_routine(self) -> bool:
        """Whether its starts and ends are no news: a job that comes to its end, or one that fails again and again."""
        return self._endings.is_series or self._last_exit == exit_text(0)

    def _stays(self) -> None:
        """It has not ended at once this time."""
        if self._endings.is_series:
            self._endings.end_series()
            self._run.session.routine = self._is_routine
            self._tell(logging.INFO, "script stays up")

    def _heard(self, data: bytes) -> None:
        self._run.output.feed(data)
        if self._run.output.unfinished and self._run.unfinished_since is None:
            self._await_line_end()

    def _await_line_end(self) -> None:
        self._run.unfinished_since = self._lines
        asyncio.get_running_loop().call_later(self._pauses.unended, self._tell_unfinished, self._run)

    def _tell_unfinished(self, run: _Run) -> None:
        """Most often it is a `printf` without a newline, or the script's own buffer that is not flushed."""
        if run.child is None:  # it has ended meanwhile
            return
        if not (rest := run.output.unfinished):
            run.unfinished_since = None
        elif run.unfinished_since != self._lines:  # another line than then
            self._await_line_end()
        else:
            what = "script has sent an unfinished line: it counts once its line end has come"
            self._tell(logging.WARNING, what, line=_printable(rest))

    def _hold(self, pipe: int, is_held: bool) -> None:
        if child := self._run.child:
            (child.pause if is_held else child.resume)(pipe)

    def _answer(self, line: bytes | None) -> None:
        run = self._run
        self._lines += 1
        self._last_line = _printable(line)
        answer = run.session.feed(line)
        if not answer or run.child is None or run.child.stdin.put(answer) or run.is_deaf:
            return
        if run.child.stdin.closed:  # its own choice, or it has ended
            return
        run.is_deaf = True
        self._tell(logging.WARNING, "script does not read its stdin: answers are dropped")

    def _log_error(self, line: bytes | None) -> None:
        now = asyncio.get_running_loop().time()
        error = self._run.last_error = _printable(line)
        level = logging.INFO if self._news.is_news(error, now) else logging.DEBUG
        if self._log.isEnabledFor(level) and self._throttle.allows(now):
            self._report_dropped()
            self._tell(level, "script says", stderr=error)

    def _report_dropped(self) -> None:
        if dropped := self._throttle.take_dropped():
            self._tell(logging.INFO, "script stderr over the rate limit", lines_dropped=dropped)

    def _tell(self, level: int, what: str, **fields: object) -> None:
        event(self._log, level, what, source=self._settings.name, **fields)


def _printable(line: bytes | None) -> str:
    if line is None:
        return "(an over-long line)"
    return line[:_LOGGED].decode("utf-8", "backslashreplace")
