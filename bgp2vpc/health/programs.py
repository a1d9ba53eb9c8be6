"""Programs that are run to an end, in a limited time, and of which only the end matters."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bgp2vpc.sources.child import Child, as_in_file, exit_text

_KEPT: Final = 4096
"""Bytes of output kept: enough for any last line that is worth reading."""
_LINGER: Final = 0.1
"""Seconds that others holding its stdout open are listened to after its end, which is what matters."""
_SHOWN: Final = 200
"""Characters of the last line that are told."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended. `code`: negative for a signal, None if it never ran or was given up.

    `said`: the last line on stderr, or else on stdout. `trouble`: why it was not well, empty after exit 0.
    """

    code: int | None
    said: str = ""
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0


class RunProgram(Protocol):
    """What `run_program` is, for those who are given another one."""

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
    timeout: float | None = None,  # noqa: ASYNC109  # what is over after it is told apart from our own cancellation
    env: Mapping[str, str] | None = None,
) -> Ending:
    """Run `argv` without a shell, `env` added to our environment, stdin at its end. Never raises for what it does.

    After `timeout` seconds, or when cancelled, its whole process group is killed. What it left running in its group
    when it ended is ended, too. One that cannot be killed is left behind.
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
        return Ending(None, trouble=f"cannot start {argv[0]}: {reason}")
    child.stdin.close()
    try:
        async with asyncio.timeout(timeout):
            await child.exited()
        code = await child.wait(_LINGER)
    except TimeoutError:
        await child.stop(grace=0)
        return Ending(None, output.last_line(), f"timed out after {timeout:g} s")
    except asyncio.CancelledError:
        await child.stop(grace=0)
        raise
    said = output.last_line()
    trouble = "" if code == 0 else exit_text(code) + (f": {said}" if said else "")
    return Ending(code, said, trouble)


class _Output:
    """The ends of what a program wrote on stdout and stderr."""

    def __init__(self) -> None:
        self._output = self._errors = b""

    def take(self, data: bytes) -> None:
        self._output = (self._output + data)[-_KEPT:]

    def take_error(self, data: bytes) -> None:
        self._errors = (self._errors + data)[-_KEPT:]

    def last_line(self) -> str:
        text = (self._errors.strip() or self._output.strip()).decode("utf-8", "backslashreplace")
        return text.splitlines()[-1].strip()[:_SHOWN] if text else ""
