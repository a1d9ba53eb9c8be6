"""Runs ExaBGP for `bgp2vpc run` with a `bgp:` section.

1. ExaBGP is started, as our own user, once its file exists. `speaker/discovery.py` writes it; one of an earlier run is
   used at once, without waiting for EC2.
2. ExaBGP starts `speaker/relay.py`, which sends us ExaBGP's pipe through a socket that only our user can reach.
3. From then on all is as in a helper: ExaBGP's messages go to `speaker/peers.py`, and lines of sources are sent to it
   (`speaker/adj_rib_out.py`).
4. When it ends, or is killed because it does not answer for `HUNG` seconds, it is started again after a pause.
5. It ends with the daemon, also if that is killed (`speaker/relay.py`).

While no ExaBGP is connected, nothing is known of the peers, and none of them counts as lost. For `startup_hold` seconds
nothing is taken or deleted; after that, decisions are those of an instance without BGP.
"""

import asyncio
import logging
import os
import pwd
import random
import signal
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.errors import ExabgpDown, ExabgpError, NoThread
from bgp2vpc.logs import event
from bgp2vpc.printable import printable
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.sources.child import Child, exit_text
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.sources.lines import LineSplitter
from bgp2vpc.sources.log_limit import News, Throttle
from bgp2vpc.sources.script import Pauses, Restarts
from bgp2vpc.speaker import exabgp_file, relay
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.speaker.discovery import ExabgpNeighbors
from bgp2vpc.speaker.exabgp_session import ExabgpSession
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.status import ExabgpRow
from bgp2vpc.tasks import StartTask, cancelled, on_thread, until

log = logging.getLogger("bgp2vpc")
log_of_exabgp = logging.getLogger("bgp2vpc.exabgp")

SUBJECT: Final = "ExaBGP"
PAUSES: Final = Pauses(quiet=0.5, first=0.5, longest=30.0)
CONNECT_TIMEOUT: Final = 30.0
"""Seconds from ExaBGP's start until its relay connects. It takes one; more with a thousand neighbors on a busy host."""
GRACE: Final = 3.0
"""Seconds between SIGTERM, at which ExaBGP closes its sessions, and SIGKILL."""
HUNG: Final = 20.0
"""Seconds without an answer after which ExaBGP is killed."""
ACCEPT_AGAIN: Final = 0.5  # seconds
SENT_TIMEOUT: Final = 5.0  # seconds from the relay's connection to ExaBGP's pipe
RESET_TIMEOUT: Final = 1.0  # seconds for ExaBGP to close its sessions
KEPT_LINES: Final = 3
"""The last lines of ExaBGP's log that are kept: mostly they name the reason why it ended."""
LONGEST_LINE: Final = 1000
SETTINGS: Final = {
    "exabgp_daemon_daemonize": "false",
    "exabgp_daemon_pid": "",
    "exabgp_log_enable": "true",
    "exabgp_log_destination": "stderr",
    "exabgp_log_short": "true",
    "exabgp_log_processes": "false",
    "exabgp_log_rib": "false",
    "exabgp_log_statistics": "false",
    "exabgp_tcp_bind": "",
    "exabgp_tcp_once": "false",
    "exabgp_tcp_attempts": "0",
    "exabgp_tcp_delay": "0",
    "exabgp_bgp_passive": "false",
    "exabgp_api_ack": "true",
    "exabgp_api_cli": "false",
    "exabgp_api_respawn": "true",
    "exabgp_api_terminate": "false",
}
"""Settings that override those in a host's exabgp.env."""


class ExabgpService:
    """Keeps one ExaBGP running and connected, once `neighbors` has written its file."""

    def __init__(
        self,
        neighbors: ExabgpNeighbors,
        peers: Peers,
        adj_rib_out: AdjRibOut,
        journal: Journal,
        start_task: StartTask,
    ) -> None:
        self._neighbors = neighbors
        self._peers = peers
        self._adj_rib_out = adj_rib_out
        self._journal = journal
        self._start_task = start_task
        self._config = Config(file="")
        self._running: asyncio.Task[None] | None = None
        self._child: Child | None = None
        self._connected = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._log = _ExabgpLog()
        self._restarts = -1
        self._was_connected = False
        self._ends_at_once = False
        self.comes_back = False
        """Whether this daemon is about to be started again; set before `stop`."""

    async def configure(self, config: Config) -> None:
        """Run ExaBGP from the time its file exists; restart it if `bgp.exabgp` names another program."""
        program_changed = config.bgp != self._config.bgp and _program(config) != _program(self._config)
        self._config = config
        if config.bgp is None:  # it takes effect at the next start only
            return
        if self._running is None:
            self._running = self._start_task("exabgp", self._run())
        elif program_changed and self._child is not None:
            await self._child.stop(GRACE)

    async def stop(self) -> None:
        """End ExaBGP. If `comes_back`, first close its sessions by a Cease after which peers keep our paths."""
        if self.comes_back:
            self._adj_rib_out.reset_sessions(self._peers.established)
            await until(lambda: not self._peers.established, RESET_TIMEOUT)
        if self._running is not None:
            await cancelled(self._running)

    def status(self) -> ExabgpRow:
        """The state of ExaBGP, for the status."""
        state = "connected" if self._connected.is_set() else "starting" if self._child else "down"
        pid = self._child.pid if self._child else None
        return ExabgpRow(state, pid, max(0, self._restarts), self._log.last, self._was_connected)

    async def _run(self) -> None:
        """Run one ExaBGP after the other, with a pause in between, and accept the connections of their relays."""
        await self._neighbors.written.wait()
        clock, endings = asyncio.get_running_loop().time, Restarts(PAUSES, 0.0)
        while True:
            began = clock()
            self._restarts += 1
            try:
                with _listening() as (path, listening):
                    accepting = asyncio.create_task(self._accept(listening))
                    try:
                        error = await self._run_once(path)
                    finally:
                        await cancelled(accepting)
            except (OSError, ValueError, ExabgpError, NoThread) as why:
                error = ExabgpDown(str(why))
            self._journal.failure(SUBJECT, error)
            lived = clock() - began
            self._ends_at_once = lived < PAUSES.brief
            pause = endings.pause_after(error.what, crashed=True, lived=lived)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311

    async def _run_once(self, relay_socket: Path) -> ExabgpDown:
        """Run one ExaBGP from start to end. Returns how it ended; raises OSError, ValueError, ExabgpError, NoThread."""
        file = self._neighbors.file
        if file is None:
            raise ExabgpError("the configuration has no bgp section any more")
        program = await on_thread(partial(exabgp_file.find_program, _program(self._config), own_first=True))
        started_with = await on_thread(partial(exabgp_file.read, file))
        # Started by root, ExaBGP changes to `nobody` by default, who cannot read its file or reach our socket.
        user: dict[str, str] = {}
        with suppress(KeyError):  # our uid has no name, as in a container; only root would change
            user["exabgp_daemon_user"] = pwd.getpwuid(os.getuid()).pw_name
        self._log.begin()
        child = self._child = await Child.start(
            program.serve(file),
            on_output=self._log.feed,
            on_errors=self._log.feed,
            env=exabgp_file.environment() | SETTINGS | user | {relay.VARIABLE: os.fspath(relay_socket)},
        )
        level = logging.DEBUG if SUBJECT in self._journal.failing else logging.INFO  # not once for each try
        event(log, level, "ExaBGP started", program=program.path, pid=child.pid, file=file)
        ended = asyncio.create_task(child.exited())
        connected = asyncio.create_task(self._connected.wait())
        try:
            await asyncio.wait((ended, connected), timeout=CONNECT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done() and not connected.done():
                return ExabgpDown(f"ExaBGP has not started its helper within {CONNECT_TIMEOUT:g} s", self._log.reason)
            if await on_thread(partial(exabgp_file.read, file)) != started_with:
                self._start_task("exabgp reload", self._neighbors.reload())
            await self._end_if_hung(ended)
            code = await child.wait()
            return ExabgpDown(f"ExaBGP has ended ({exit_text(code)})", self._log.reason if code >= 0 else "")
        finally:
            await cancelled(connected, ended)
            await self._disconnect()
            await child.stop(GRACE)
            self._child = None

    async def _end_if_hung(self, ended: "asyncio.Task[None]") -> None:
        """Wait for ExaBGP's end; kill it if it does not answer for `HUNG` seconds. Asks it without sessions, too."""
        clock, watch = asyncio.get_running_loop().time, self._peers.exabgp
        while not ended.done():
            watch.ask()
            await asyncio.wait([ended], timeout=HUNG / 2)
            if watch.is_hung and watch.owes_since is not None and clock() - watch.owes_since > HUNG and self._child:
                event(log, logging.WARNING, "ExaBGP hangs: killed", pid=self._child.pid, seconds=HUNG)
                self._child.signal(signal.SIGKILL)
                await ended

    # The connection

    async def _accept(self, listening: socket.socket) -> None:
        """Accept the relay, which brings ExaBGP's pipe, and use the new one when ExaBGP restarts its relay.

        Only processes of our ExaBGP (its session id, credentials(7)) are accepted.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # no descriptors: the relay waits in the queue
                await asyncio.sleep(ACCEPT_AGAIN)
                continue
            with suppress(OSError, TimeoutError):
                pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
                if self._child is not None and os.getsid(pid) == self._child.pid:
                    read_fd, write_fd = await _descriptors(connection)
                    await self._disconnect()
                    self._session = self._start_task("exabgp session", self._talk(connection, read_fd, write_fd))
                    continue
            connection.close()

    async def _talk(self, connection: socket.socket, read_fd: int, write_fd: int) -> None:
        """Read messages and send lines until ExaBGP closes its pipe. Closing `connection` has the relay end ExaBGP."""
        pipe = ExabgpPipe(read_fd, write_fd)
        works = partial(self._journal.success, SUBJECT)
        with connection:
            # After a run that ended at once, ExaBGP counts as recovered only when it has run for a while.
            later = asyncio.get_running_loop().call_later(PAUSES.brief if self._ends_at_once else 0, works)
            try:
                session = ExabgpSession(pipe, self._peers.heard)
                # Also for the first ExaBGP: it may connect long after our own start, and has no session yet.
                self._peers.hold_decisions(asyncio.get_running_loop().time())
                self._adj_rib_out.connected(pipe)
                self._connected.set()
                self._was_connected = True
                self._neighbors.started()
                await session.run()
            finally:
                later.cancel()
                self._connected.clear()
                self._adj_rib_out.disconnected()
                self._neighbors.gone()
                pipe.close()

    async def _disconnect(self) -> None:
        if self._session is not None:
            await cancelled(self._session)
            self._session = None


class _ExabgpLog:
    """Copies ExaBGP's log to ours: a repeated line once a minute, and all lines through a throttle."""

    def __init__(self) -> None:
        self._splitter = LineSplitter(LONGEST_LINE)
        self._news = News()
        self._throttle = Throttle()
        self._kept: list[str] = []
        self.last = ""

    def begin(self) -> None:
        """Begin with the next ExaBGP. Lines that the last one has logged within a minute still count as repeated."""
        self._splitter = LineSplitter(LONGEST_LINE)
        self._kept.clear()

    @property
    def reason(self) -> str:
        """The last lines, without repetitions: mostly the reason why ExaBGP ended."""
        return "; ".join(self._kept) or "it has logged nothing"

    def feed(self, data: bytes) -> None:
        """Take in bytes that ExaBGP has written to stdout or stderr."""
        now = asyncio.get_running_loop().time()
        for line in self._splitter.feed(data):
            self.last = printable(" ".join((line or b"(an over-long line)").decode("utf-8", "replace").split()))
            if self.last not in self._kept:
                self._kept = [*self._kept, self.last][-KEPT_LINES:]
            if self._news.is_news(self.last, now) and self._throttle.allows(now):
                event(log_of_exabgp, logging.INFO, "ExaBGP says", line=self.last)


@contextmanager
def _listening() -> Iterator[tuple[Path, socket.socket]]:
    """A socket for the relay, in a directory that only our user can reach. Raises OSError (a full disk)."""
    with (
        tempfile.TemporaryDirectory(prefix="bgp2vpc-", ignore_cleanup_errors=True) as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening,
    ):
        path = Path(directory) / "exabgp"
        listening.setblocking(False)
        listening.bind(os.fspath(path))
        listening.listen()
        yield path, listening


async def _descriptors(connection: socket.socket) -> tuple[int, int]:
    """Receive ExaBGP's pipe from the relay: descriptors to read and to write. Raises OSError, TimeoutError."""
    loop = asyncio.get_running_loop()
    connection.setblocking(False)
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await asyncio.wait_for(ready.wait(), SENT_TIMEOUT)
    finally:
        loop.remove_reader(connection)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 2)
    if len(descriptors) != 2:
        for each in descriptors:
            os.close(each)
        raise OSError("the relay has sent no pipe")
    return descriptors[0], descriptors[1]


def _program(config: Config) -> Path | None:
    return config.bgp.exabgp if config.bgp else None
