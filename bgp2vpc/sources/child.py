"""Runs a program in a process group of its own, with pipes, and ends it without leaving processes behind.

If we are killed outright (SIGKILL), nobody sends signals; then its stdin ends and its stdout breaks, which ends a
healthcheck at the next line it prints or waits for. PR_SET_PDEATHSIG would be stricter, but has to be set between fork
and exec, and Python code there is not safe beside threads. Under systemd the control group takes care of all of it.
"""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from bgp2vpc.sources.pipes import Inlet, Outlet

OUTPUT: Final = 0
ERRORS: Final = 1
_STDIN_LIMIT: Final = 64 * 1024
"""Bytes kept for a program that does not read its stdin, beyond the 64 KiB of the pipe itself."""
_LINGER: Final = 1.0
"""Seconds that output of descendants is read after the program itself has ended."""
_FAREWELL: Final = 1.0
"""Seconds that a program is waited for after SIGKILL. One that is another user's (sudo), or hangs in the kernel (a dead
NFS server), may outlive it."""


class Child:
    """A running program. Make it with `start`, and always end it with `wait` or `stop`."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: Outlet, inlets: Sequence[Inlet]) -> None:
        self._process = process
        self._inlets = inlets
        self._is_over = False
        """Whether its group was sent SIGKILL, so that its number may be somebody else's by now."""
        self.stdin = stdin
        self.pid = process.pid

    @classmethod
    async def start(
        cls,
        argv: Sequence[str] | Sequence[bytes],
        *,
        on_output: Callable[[bytes], None],
        on_errors: Callable[[bytes], None] | None = None,
        env: Mapping[str, str | bytes] | None = None,
    ) -> "Child":
        """Run `argv`, without a shell. Without `on_errors` it has our stderr.

        Raises OSError when it cannot be started or watched, ValueError for a NUL in its arguments.
        """
        theirs: list[int] = []
        ours: list[int] = []
        try:
            for _ in range(2 if on_errors is None else 3):
                reading, writing = os.pipe()
                is_stdin = not ours
                theirs.append(reading if is_stdin else writing)
                ours.append(writing if is_stdin else reading)
            process = await _started(argv, theirs, None if env is None else dict(env))
        except RuntimeError as error:
            # No thread to wait for it. It runs, without its pipes: what it prints next ends it.
            _close(ours)
            raise BlockingIOError(errno.EAGAIN, str(error)) from error
        except BaseException:
            _close(ours)
            raise
        finally:
            _close(theirs)
        handlers = [on_output] if on_errors is None else [on_output, on_errors]
        inlets = [Inlet(fd, handler) for fd, handler in zip(ours[1:], handlers, strict=True)]
        return cls(process, Outlet(ours[0], _STDIN_LIMIT), inlets)

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to the whole process group. False: nobody is left in it."""
        if self._is_over:
            return False
        # The number of a group that still has members is not given to anybody else, so this cannot hit a stranger.
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def pause(self, pipe: int = OUTPUT) -> None:
        """Read none of its output (or `ERRORS`) for now; once its pipe is full, it has to wait."""
        self._inlets[pipe].pause()

    def resume(self, pipe: int = OUTPUT) -> None:
        """Read on."""
        self._inlets[pipe].resume()

    async def exited(self) -> None:
        """Wait until the program itself has ended. Call `wait` or `stop` afterwards."""
        await self._process.wait()

    async def wait(self, linger: float = _LINGER) -> int:
        """Wait until the program has ended and its last line is read. Returns its code: negative for a signal.

        Processes that it left in its group are ended. Output of any outside the group is read for `linger` seconds;
        what the program itself has written, to its end, however long reading it is paused.
        """
        code = await self._process.wait()
        written = [inlet.arrived() for inlet in self._inlets]
        self.signal(signal.SIGTERM)
        await self._read_to_the_end(linger)
        self._kill()
        for inlet, count in zip(self._inlets, written, strict=True):
            await inlet.take(count)
        self._close_pipes()
        return code

    async def stop(self, grace: float) -> int:
        """Send SIGTERM, wait `grace` seconds, send SIGKILL. Lines printed meanwhile are still read.

        A program that survives SIGKILL for a second gets that return code as well. It is left alone, without its pipes;
        asyncio reaps it if it ever ends.
        """
        try:
            if not self._is_over:
                self.signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), grace)
                    await self._read_to_the_end(_LINGER)
                self._kill()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL):
                        await self._process.wait()
                        await self._read_to_the_end(_LINGER)
            code = self._process.returncode
            return -signal.SIGKILL if code is None else code
        finally:
            self._kill()
            self._close_pipes()

    async def _read_to_the_end(self, within: float) -> None:
        await asyncio.wait([inlet.ended for inlet in self._inlets], timeout=within)

    def _kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._is_over = True

    def _close_pipes(self) -> None:
        self.stdin.close()
        for inlet in self._inlets:
            inlet.close()


def as_in_file(argv: Sequence[str]) -> list[bytes]:
    """A program and its arguments in UTF-8, as the configuration has them: the locale's encoding may be another."""
    return [each.encode("utf-8", "surrogateescape") for each in argv]


def exit_text(code: int) -> str:
    """`exit 3`, or the name of the signal that ended it."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def wait_without_threads() -> None:
    """Have this event loop wait for programs as asyncio does from Python 3.12 on.

    3.11 would start a thread for each, and where the system allows no more, leave one behind that nobody waits for.
    """
    if sys.version_info >= (3, 12):
        return
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # a kernel before 5.3
        return
    watcher = asyncio.PidfdChildWatcher()
    watcher.attach_loop(asyncio.get_running_loop())
    asyncio.set_child_watcher(watcher)


async def _started(
    argv: Sequence[str] | Sequence[bytes], pipes: Sequence[int], env: dict[str, str | bytes] | None
) -> asyncio.subprocess.Process:
    """Start it as leader of a session of its own. Who cancels this leaves nothing of it running.

    `pipes`: its stdin, its stdout, and its stderr if that is not ours.
    """
    stdin, stdout, *stderr = pipes
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr[0] if stderr else None,
            env=env,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # asyncio itself would kill the program alone, and not what the program has started by now.
        await asyncio.wait([starting])
        if starting.exception() is None:
            with suppress(ProcessLookupError, PermissionError, TimeoutError):
                os.killpg(starting.result().pid, signal.SIGKILL)
                await asyncio.wait_for(starting.result().wait(), _FAREWELL)
        raise


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
