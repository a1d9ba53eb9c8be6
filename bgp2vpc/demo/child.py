"""The demo's child processes: not reached by the terminal's Ctrl-C, and killed if the demo dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

LEASH = Path(__file__).with_name("leash.py")


def start(argv: Sequence[str], environment: Mapping[str, str], output: BinaryIO) -> "subprocess.Popen[bytes]":
    """Run `argv` in a session of its own, without input, and with `output` as stdout and stderr. Raises OSError."""
    return subprocess.Popen(
        [sys.executable, "-IS", str(LEASH), str(os.getpid()), *argv],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )


def end(process: "subprocess.Popen[bytes]", patience: float) -> int:
    """Send SIGTERM, and SIGKILL after `patience` seconds. Returns the return code, negative for a signal."""
    process.terminate()
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return kill(process)


def kill(process: "subprocess.Popen[bytes]") -> int:
    """Send SIGKILL to the process and its group. Returns the return code."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


class Interrupted(KeyboardInterrupt):
    """A signal that ends the demo: SIGINT (Ctrl-C), SIGTERM, or SIGHUP (the terminal was closed)."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.status = 128 + number


class Interrupts:
    """Within `with`, signals that would end the demo raise Interrupted; after `ignore` they have no effect."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> Self:
        def interrupt(number: int, _: object) -> None:
            raise Interrupted(number)

        # A signal that is ignored already (nohup, a shell's background job) stays ignored.
        heeded = [number for number in self.NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, interrupt) for number in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """Ignore the signals from now on, so that they cannot interrupt the clean-up."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
