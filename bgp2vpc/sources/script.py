"""Runs a configured process: reads and answers its lines, and restarts it when it ends."""

import asyncio
import logging
import random
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
"""Maximum number of characters of a stderr line that are logged."""
_JITTER: Final = random.SystemRandom()


class ScriptState(Enum):
    """The state of a script; the values are the words of the status page."""

    RUNNING = "running"
    BACKOFF = "backoff"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ScriptSettings:
    """The configuration of a script.

    `restart_time`: seconds for which its paths are kept after its end. `grace`: seconds between SIGTERM and SIGKILL.
    `max_line`: bytes.
    """

    name: str
    argv: tuple[str, ...]
    restart_time: float = 10.0
    respawn: bool = True
    grace: float = 3.0
    max_line: int = USUAL_MAX_LINE
    env: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ScriptStatus:
    """The state of a script for the status."""

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
    """Times in seconds, for restarts of a script and its supervision."""

    quiet: float = 1.0
    """Pause after exit 0, which is no crash. It doubles in a series of runs that end at once."""
    first: float = 1.0
    """Pause after a crash; it doubles with each further crash, up to `longest`."""
    longest: float = 60.0
    proven: float = 60.0
    """After a run of this length, the next crash counts as the first."""
    brief: float = 10.0
    """A shorter run counts as one that ended at once."""
    unended: float = 5.0
    """How long a line may be without its end before this is logged."""


SERIES: Final = 3
"""This many runs in a row that end at once with the same exit form a series, which is logged only once."""


class Restarts:
    """Computes the pause before a restart from the previous ends of the script."""

    def __init__(self, pauses: Pauses, restart_time: float) -> None:
        self._pauses = pauses
        self._longest_quiet = 0.0
        self.use_restart_time(restart_time)
        self._crashes = 0
        """Number of crashes in a row."""
        self._last_exit = ""
        self._alike = 0

    def use_restart_time(self, restart_time: float) -> None:
        """Restart within this time: a script that prints its lines and ends must, or its paths would flap."""
        outlived = max(self._pauses.quiet, restart_time / 2) if restart_time else self._pauses.longest
        self._longest_quiet = min(self._pauses.longest, outlived)

    @property
    def is_series(self) -> bool:
        """Whether the script is in a series of equal runs that end at once."""
        return self._alike >= SERIES

    def end_series(self) -> None:
        """The script stays up, so its series is over."""
        self._alike = 0

    def pause_after(self, exit_: str, *, crashed: bool, lived: float) -> float:
        """Seconds to wait after a run of `lived` seconds that ended with `exit_`, without jitter."""
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
    """One run of the process, with its session and the line queues of its pipes.

    `child`: None unless it is running. `is_deaf`: it does not read its answers, so they are dropped. `is_ignored`: its
    lines do not count any more, because another script takes its place.
    `unfinished_since`: the number of lines that had come when the wait for an unfinished line's end began.
    `last_error`: its last line on stderr.
    """

    session: SpeakerSession
    output: LineQueue
    errors: LineQueue
    child: Child | None = None
    is_deaf: bool = False
    is_ignored: bool = False
    unfinished_since: int | None = None
    last_error: str = ""


class Script:
    """Runs one script and restarts it whenever it ends. No failure of the script ends the daemon."""

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
        self._has_started = False
        self._last_exit = self._last_line = ""
        self._throttle = Throttle()
        self._news = News()
        self._run = self._new_run()

    @property
    def status(self) -> ScriptStatus:
        """The state of the script now."""
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

    def end_for_another(self) -> None:
        """It is cancelled next, and another script takes its place: ignore what it prints until its end.

        A healthcheck that is ended withdraws its prefixes, which says nothing about its service. Its paths stay for
        `restart_time`, in which the other one announces them.
        """
        self._run.is_ignored = True

    def use_restart_time(self, restart_time: float) -> None:
        """Keep its paths for so many seconds after its end, also after that of the present run."""
        self._settings = replace(self._settings, restart_time=restart_time)
        self._endings.use_restart_time(restart_time)

    async def run(self) -> None:
        """Run the script until cancelled, or without `respawn` until it has run once and ended.

        On cancellation it sends SIGTERM to the script's process group and reads until the script has ended or `grace`
        is over; then it closes the session.
        """
        clock = asyncio.get_running_loop().time
        try:
            while True:
                started, was_series = clock(), self._endings.is_series
                crashed = await self._run_once()
                if not self._settings.respawn and self._has_started:
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
        """Start the process and read its lines until it ends. True if it crashed or could not be started."""
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
        self._state, self._has_started = ScriptState.RUNNING, True
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
            if rest := run.output.unfinished:  # not used: it may be cut off in the middle of a prefix
                run.session.feed_unended(rest)
                self._last_line = _printable(rest)
            run.output.clear()
            run.errors.clear()
            self._report_dropped()
            run.session.close(hold=self._settings.restart_time)
        self._last_exit = exit_text(code)
        routine = self._is_routine and self._last_exit == before
        level = logging.DEBUG if routine else logging.WARNING if code else logging.INFO
        # The last line of stderr is usually the reason, and stderr is logged at info, which may be off.
        self._tell(level, "script ended", exit=self._last_exit, why=(run.last_error or None) if code else None)
        return code != 0

    def _new_run(self) -> _Run:
        """The state for the next run, with answers switched on and empty line queues."""
        name, limit = self._settings.name, self._settings.max_line
        return _Run(
            SpeakerSession(name, SourceKind.SCRIPT, self._listener, max_line=limit, routine=self._is_routine),
            LineQueue(self._turns, self._answer, partial(self._hold, OUTPUT), limit=limit),
            LineQueue(self._turns, self._log_error, partial(self._hold, ERRORS), limit=_LOGGED),
        )

    @property
    def _is_routine(self) -> bool:
        """Whether starts and ends are only logged at debug: the last run ended with exit 0, or there is a series."""
        return self._endings.is_series or self._last_exit == exit_text(0)

    def _stays(self) -> None:
        """The present run has not ended at once."""
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
        """Warn about an unfinished line. Usual causes: `printf` without a newline, or an output buffer not flushed."""
        if run.child is None:  # the run has ended meanwhile
            return
        if not (rest := run.output.unfinished):
            run.unfinished_since = None
        elif run.unfinished_since != self._lines:  # the unfinished line is a newer one
            self._await_line_end()
        else:
            what = "script has sent an unfinished line: it counts once its line end has come"
            self._tell(logging.WARNING, what, line=_printable(rest))

    def _hold(self, pipe: int, is_held: bool) -> None:
        if child := self._run.child:
            (child.pause if is_held else child.resume)(pipe)

    def _answer(self, line: bytes | None) -> None:
        run = self._run
        if run.is_ignored:
            return
        self._lines += 1
        self._last_line = _printable(line)
        answer = run.session.feed(line)
        if not answer or run.child is None or run.child.stdin.put(answer) or run.is_deaf:
            return
        if run.child.stdin.closed:  # the script has closed its stdin or ended
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
