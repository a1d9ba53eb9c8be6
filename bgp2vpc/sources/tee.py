"""`bgp2vpc tee -- CMD`: passes a script's lines to ExaBGP as before, and a copy to the daemon.

    CMD's stdout -> our stdout (ExaBGP), first and at once -> a copy to the daemon's socket
    our stdin (ExaBGP's answers) -> CMD's stdin

If the daemon is slow, absent or restarted, neither CMD nor ExaBGP is affected: copies are dropped, and the
announcements in force are sent again on the next connection. Every script has its own tee, so it imports nothing large.
"""

import asyncio
import logging
import os
import re
import shlex
import signal
import socket
import stat
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bgp2vpc.sources.child import Child
from bgp2vpc.sources.lines import LineSplitter
from bgp2vpc.sources.pipes import Inlet, Outlet
from bgp2vpc.sources.presence import Present

_FORWARDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GRACE: Final = 1.5
"""Seconds between SIGTERM and SIGKILL; ExaBGP itself kills its helpers after 2. At the end, also the time for ExaBGP
and the daemon to read the last lines."""
_BEHIND: Final = 64 * 1024
"""Bytes that ExaBGP may leave unread before the script has to wait, as it would without tee."""
_OUTPUT_LIMIT: Final = _BEHIND + 2 * 1024 * 1024
_COPY_LIMIT: Final = 4 * 1024 * 1024
"""Bytes that the daemon may leave unread. With more, tee reconnects and sends all announcements again."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
_NOT_STARTED: Final = 127
_log: Final = logging.getLogger(__name__)


def main(argv: Sequence[str], path: Path, name: str = "") -> int:
    """Run `argv` to its end and return its exit code (128 + N for signal N, 127 if it cannot be started)."""
    name = name or default_name(argv)
    # stderr is ExaBGP's, shared with its other processes, so messages name their origin.
    logging.basicConfig(format=f"bgp2vpc tee {name.replace('%', '%%')}: %(message)s")
    return asyncio.run(relay(argv, path, name))


def default_name(argv: Sequence[str]) -> str:
    """A name derived from the command line, so that it is the same after a restart."""
    program = re.sub(r"[^A-Za-z0-9_.@-]", "_", Path(argv[0]).name[:40])
    return f"{program}-{zlib.crc32(os.fsencode(shlex.join(argv))):08x}"


async def relay(argv: Sequence[str], path: Path, name: str, *, stdin: int = 0, stdout: int = 1) -> int:
    """The same as `main`, on any two descriptors, which it closes. Handles SIGTERM, SIGINT and SIGHUP meanwhile."""
    return await _Tee(path, name, stdout).run(argv, stdin)


class _Tee:
    def __init__(self, path: Path, name: str, stdout: int) -> None:
        self._exabgp = Outlet(stdout, _OUTPUT_LIMIT)
        self._copy = _Copy(path, name)
        self._splitter = LineSplitter()
        self._child: Child | None = None
        self._over = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None

    async def run(self, argv: Sequence[str], stdin: int) -> int:
        try:
            self._child = child = await Child.start(argv, on_output=self._spoken)
        except (OSError, ValueError) as error:
            _log.error("cannot start %s: %s", shlex.join(argv), getattr(error, "strerror", None) or error)
            return _NOT_STARTED
        answers = self._listen_to_exabgp(stdin, child)
        loop = asyncio.get_running_loop()

        def forward(number: signal.Signals) -> None:
            # Without a running script, any of these signals ends tee.
            if number is signal.SIGTERM or not child.signal(number):
                self._over.set()

        for number in _FORWARDED:
            loop.add_signal_handler(number, forward, number)
        copying = asyncio.create_task(self._copy.run())
        try:
            ended, over = asyncio.create_task(child.wait()), asyncio.create_task(self._over.wait())
            await asyncio.wait((ended, over), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                code = ended.result()
                # Without tee, the pipe would keep the script's last lines until ExaBGP reads them.
                taken = asyncio.create_task(self._exabgp.flush())
                await asyncio.wait((taken, over), return_when=asyncio.FIRST_COMPLETED)
            else:
                ended.cancel()
                code = await child.stop(_GRACE)
            over.cancel()
            await asyncio.gather(self._exabgp.flush(_GRACE), self._copy.flush(_GRACE))
            if rest := self._splitter.unfinished:
                _log.warning(
                    "the last line has no line end, so the daemon does not hear it: %s",
                    rest[:200].decode("utf-8", "backslashreplace"),
                )
        finally:
            copying.cancel()
            answers.close()
            self._exabgp.close()
        return code if code >= 0 else 128 - code

    def _listen_to_exabgp(self, stdin: int, child: Child) -> Inlet:
        """Pass ExaBGP's answers to the script. End of file on a pipe means that ExaBGP is gone; else, no answers."""
        mode = os.fstat(stdin).st_mode
        is_exabgp = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

        def answered(data: bytes) -> None:
            child.stdin.put(data)  # a script that never reads loses answers but cannot block ExaBGP

        answers = Inlet(stdin, answered)
        answers.ended.add_done_callback(lambda _: self._over.set() if is_exabgp else child.stdin.close())
        return answers

    def _spoken(self, data: bytes) -> None:
        async def catch_up(child: Child) -> None:
            await self._exabgp.flush()
            self._catching_up = None
            child.resume()

        if not self._exabgp.put(data):
            self._over.set()
        # A script that prints faster than ExaBGP reads is paused, as by a pipe without tee; nothing is dropped.
        elif self._exabgp.waiting > _BEHIND and self._child and not self._catching_up:
            self._child.pause()
            self._catching_up = asyncio.create_task(catch_up(self._child))
        for line in self._splitter.feed(data):
            if line is not None:
                self._copy.say(line)
            # At its end ExaBGP does not answer any more, but a healthcheck that withdraws waits for each answer.
            if self._over.is_set() and self._child:
                self._child.stdin.put(b"done\n")


class _Copy:
    """The copy of the lines that goes to the daemon."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._hello = f"bgp2vpc hello tee:{name}\nsilence-ack\n"
        self._present = Present()
        self._inlet: Inlet | None = None
        self._outlet: Outlet | None = None

    def say(self, line: bytes) -> None:
        """Send one line if the daemon is connected, and record what it announces or withdraws."""
        self._present.note(line.decode("latin-1"))
        if self._outlet is not None and not self._outlet.put(line + b"\n"):
            self._hang_up()  # too far behind: all announcements are sent again on the next connection

    async def flush(self, within: float) -> None:
        """Wait up to `within` seconds until everything is written to the daemon's socket."""
        if self._outlet is not None:
            await self._outlet.flush(within)

    async def run(self) -> None:
        """Keep a connection to the daemon until cancelled. Each connection begins with the name and all announcements.

        The daemon's answers are read and dropped, so that the daemon never waits for tee.
        """
        pause, said = _FIRST_PAUSE, ""
        while True:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    connection.setblocking(False)
                    connection.connect(os.fspath(self._path))
                    self._outlet = Outlet(os.dup(connection.fileno()), _COPY_LIMIT)
                    self._inlet = Inlet(connection.detach(), lambda _: None)
                self._outlet.put(self._hello.encode("utf-8", "backslashreplace"))
                for line in self._present.lines():
                    self._outlet.put(f"{line}\n".encode("latin-1"))
                pause, said = _FIRST_PAUSE, ""
                await asyncio.wait((self._inlet.ended,))
            except OSError as error:
                if (trouble := error.strerror or str(error)) != said:
                    said = trouble
                    _log.warning("cannot connect to the daemon at %s, lines go to ExaBGP only: %s", self._path, trouble)
                pause = min(_LONGEST_PAUSE, pause * 2)
            finally:
                self._hang_up()
            await asyncio.sleep(pause)

    def _hang_up(self) -> None:
        if self._inlet is not None:
            self._inlet.close()
        if self._outlet is not None:
            self._outlet.close()
        self._inlet = self._outlet = None
