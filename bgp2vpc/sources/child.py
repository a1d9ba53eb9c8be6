"""Runs a program in a process group of its own, with pipes, and ends it without leaving processes behind.

If bgp2vpc itself is killed by SIGKILL, it cannot end its programs. Their stdin is then at its end and their stdout
broken, which ends a healthcheck at the next line that it prints or waits for. PR_SET_PDEATHSIG would be stricter, but
must be set between fork and exec, where Python code is not safe with threads. Under systemd, the control group ends
the programs.
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
"""Bytes buffered for a program that does not read its stdin, in addition to the 64 KiB of the pipe itself."""
_LINGER: Final = 1.0
"""Seconds for which output of the program's descendants is read after it has ended."""
_FAREWELL: Final = 1.0
"""Seconds to wait for a program after SIGKILL. One that runs as another user (sudo) or hangs in the kernel (a dead NFS
server) may survive it."""


class Child:
    """A running program. Make it with `start`, and always end it with `wait` or `stop`."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: Outlet, inlets: Sequence[Inlet]) -> None:
        self._process = process
        self._inlets = inlets
        self._is_over = False
        """Whether its group has got SIGKILL, after which the kernel may reuse the group's id."""
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
        """Run `argv` without a shell. Without `on_errors` the program inherits our stderr.

        Raises OSError if it cannot be started or waited for, ValueError for a NUL in its arguments.
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
            # No thread to wait for it. The program runs, but without pipes, so its next output ends it.
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

    @property
    def is_running(self) -> bool:
        """Whether the program itself has not ended, as far as asyncio has noticed."""
        return self._process.returncode is None

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to the whole process group. False if the group has no process left."""
        if self._is_over:
            return False
        # The kernel does not reuse the id of a group that has members, so this cannot hit another program.
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def pause(self, pipe: int = OUTPUT) -> None:
        """Stop reading its stdout (or with `ERRORS` its stderr); it blocks once the pipe is full."""
        self._inlets[pipe].pause()

    def resume(self, pipe: int = OUTPUT) -> None:
        """Resume reading."""
        self._inlets[pipe].resume()

    async def exited(self) -> None:
        """Wait until the program itself has ended. Call `wait` or `stop` afterwards."""
        await self._process.wait()

    async def wait(self, linger: float = _LINGER) -> int:
        """Wait until the program has ended and its last line is read. Returns its exit code, negative for a signal.

        Processes left in its group are ended. Output of descendants outside the group is read for `linger` seconds;
        the program's own output is read to its end, however long reading is paused.
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
        """Send SIGTERM, wait `grace` seconds, send SIGKILL. Output until then is still read. Returns the exit code.

        For a program that survives SIGKILL for a second the code is -SIGKILL, too. It is left running without its
        pipes; asyncio reaps it if it ever ends.
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
    """A program and its arguments as UTF-8, the encoding of the configuration, whatever the locale's encoding is."""
    return [each.encode("utf-8", "surrogateescape") for each in argv]


def exit_text(code: int) -> str:
    """`exit 3`, or the name of the signal that ended the program."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def wait_without_threads() -> None:
    """Let this event loop wait for programs by pidfd, as asyncio does from Python 3.12 on.

    Python 3.11 would start a thread for each program; if no thread can be started, nothing would wait for the program.
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
    """Start the program as the leader of a session of its own. A cancellation leaves no process running.

    `pipes`: its stdin, its stdout, and its stderr unless it inherits ours.
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
        # asyncio would kill only the program itself, not the processes that it has started already.
        await asyncio.wait([starting])
        if starting.exception() is None:
            with suppress(ProcessLookupError, PermissionError, TimeoutError):
                os.killpg(starting.result().pid, signal.SIGKILL)
                await asyncio.wait_for(starting.result().wait(), _FAREWELL)
        raise


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
