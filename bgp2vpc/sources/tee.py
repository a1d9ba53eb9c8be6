"""`bgp2vpc tee -- CMD`: a script's lines go to ExaBGP as before, and a copy to the daemon.

    CMD's stdout -> our stdout (ExaBGP), first and at once -> a copy to the daemon's socket
    our stdin (ExaBGP's answers) -> CMD's stdin

The daemon can be slow, away or restarted without CMD or ExaBGP noticing: copies are dropped, and once it is back the
present announcements are sent again. One tee runs for every script, so nothing large is imported here.
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
"""Seconds between SIGTERM and SIGKILL: ExaBGP itself kills its helpers after 2. Also what ExaBGP has to take the last
lines once it wants us to end, and the daemon in any case."""
_BEHIND: Final = 64 * 1024
"""Bytes ExaBGP may be behind before the script has to wait, as it would without us."""
_OUTPUT_LIMIT: Final = _BEHIND + 2 * 1024 * 1024
_COPY_LIMIT: Final = 4 * 1024 * 1024
"""Bytes the daemon may be behind. Beyond that we hang up, and send all announcements again on the next connection."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
_NOT_STARTED: Final = 127
_log: Final = logging.getLogger(__name__)


def main(argv: Sequence[str], path: Path, name: str = "") -> int:
    """Run `argv` to its end; the exit code is that of `argv` (128 + N for signal N, 127 if it cannot be started)."""
    name = name or default_name(argv)
    # On ExaBGP's stderr, among what its other processes say.
    logging.basicConfig(format=f"bgp2vpc tee {name.replace('%', '%%')}: %(message)s")
    return asyncio.run(relay(argv, path, name))


def default_name(argv: Sequence[str]) -> str:
    """Made from the command line, so that it is the same after a restart."""
    program = re.sub(r"[^A-Za-z0-9_.@-]", "_", Path(argv[0]).name[:40])
    return f"{program}-{zlib.crc32(os.fsencode(shlex.join(argv))):08x}"


async def relay(argv: Sequence[str], path: Path, name: str, *, stdin: int = 0, stdout: int = 1) -> int:
    """As `main`, on any two descriptors, which it closes. It handles SIGTERM, SIGINT and SIGHUP meanwhile."""
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
            # Without a script, as any process does at any of them.
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
                # Without us, the pipe would keep what the script said last until ExaBGP reads it.
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
        """The end of a pipe means that ExaBGP is gone; that of /dev/null or a terminal, that there are no answers."""
        mode = os.fstat(stdin).st_mode
        is_exabgp = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

        def answered(data: bytes) -> None:
            child.stdin.put(data)  # a script that never reads loses answers, and cannot freeze ExaBGP

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
        # A script that prints faster than ExaBGP reads is paused, as the pipe would without us; nothing is dropped.
        elif self._exabgp.waiting > _BEHIND and self._child and not self._catching_up:
            self._child.pause()
            self._catching_up = asyncio.create_task(catch_up(self._child))
        for line in self._splitter.feed(data):
            if line is not None:
                self._copy.say(line)
            # An ExaBGP that ends does not answer, and a healthcheck that withdraws waits for each answer.
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
        """Send one line if the daemon is connected, and note what it announces or withdraws."""
        self._present.note(line.decode("latin-1"))
        if self._outlet is not None and not self._outlet.put(line + b"\n"):
            self._hang_up()  # too far behind: all announcements are sent again on the next connection

    async def flush(self, within: float) -> None:
        """Wait at most `within` seconds until the daemon has taken what was said."""
        if self._outlet is not None:
            await self._outlet.flush(within)

    async def run(self) -> None:
        """Keep a connection to the daemon, until cancelled: its name, and the present announcements, open it.

        The daemon's answers are read and dropped, so that it never waits for us.
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
