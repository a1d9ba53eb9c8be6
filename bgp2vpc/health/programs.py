"""Runs programs with a time limit and returns how they ended."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bgp2vpc.sources.child import Child, as_in_file, exit_text

_KEPT: Final = 4096
"""Bytes of output kept, to find the last line."""
_LINGER: Final = 0.1
"""Seconds to read after the program's end while its descendants hold its stdout open."""
_SHOWN: Final = 200
"""Maximum number of characters of the last line in `said`."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended. `code`: the exit code, negative for a signal, None if it did not start or timed out.

    `said`: the last line on stderr, or else on stdout. `trouble`: what went wrong, empty after exit 0. `started`: false
    if it could not be started.
    """

    code: int | None
    said: str = ""
    trouble: str = ""
    started: bool = True

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0


class RunProgram(Protocol):
    """The signature of `run_program`, for callers that can be given another function."""

    async def __call__(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # see there
        env: Mapping[str, str] | None = None,
    ) -> Ending:
        """See `run_program`."""


async def run_program(
    argv: Sequence[str],
    *,
    timeout: float | None = None,  # noqa: ASYNC109  # a time-out is distinguished from a cancellation
    env: Mapping[str, str] | None = None,
    on_survival: Callable[[Child], None] = lambda _: None,
) -> Ending:
    """Run `argv` without a shell, with `env` added to our environment and an empty stdin. No failure of it raises.

    After `timeout` seconds or on cancellation its process group is killed. After its own end, processes left in its
    group are ended, too. A program that cannot be killed is left running, and passed to `on_survival`.
    """
    output = _Output()
    given = dict(zip(env, as_in_file(tuple(env.values())), strict=True)) if env else {}
    try:
        child = await Child.start(
            as_in_file(argv),
            on_output=output.take,
            on_errors=output.take_error,
            env={**os.environ, **given} if env else None,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Ending(None, trouble=f"cannot start {argv[0]}: {reason}", started=False)
    child.stdin.close()
    try:
        async with asyncio.timeout(timeout):
            await child.exited()
        code = await child.wait(_LINGER)
    except (TimeoutError, asyncio.CancelledError) as error:
        try:
            await child.stop(grace=0)
        finally:  # while it is cancelled, `stop` may raise CancelledError (asyncio.timeout of Python 3.11.2, Debian 12)
            if child.is_running:
                on_survival(child)
        if isinstance(error, asyncio.CancelledError):
            raise
        return Ending(None, output.last_line(), f"timed out after {timeout:g} s")
    said = output.last_line()
    trouble = "" if code == 0 else exit_text(code) + (f": {said}" if said else "")
    return Ending(code, said, trouble)


class _Output:
    """The last bytes that a program wrote to stdout and stderr."""

    def __init__(self) -> None:
        self._output = self._errors = b""

    def take(self, data: bytes) -> None:
        self._output = (self._output + data)[-_KEPT:]

    def take_error(self, data: bytes) -> None:
        self._errors = (self._errors + data)[-_KEPT:]

    def last_line(self) -> str:
        text = (self._errors.strip() or self._output.strip()).decode("utf-8", "backslashreplace")
        return text.splitlines()[-1].strip()[:_SHOWN] if text else ""
