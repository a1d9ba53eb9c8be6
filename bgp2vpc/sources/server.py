"""The server of the unix socket, whose clients send lines of the text protocol, as scripts do, or ask questions.

Additional lines, answered by `done` or `error` like all others:

    bgp2vpc hello NAME     be source NAME instead of client-N; `tee:…` is a tee, whose lines ExaBGP gets directly
    bgp2vpc lasting        be the shared source `api`, which does not end with the connection
    bgp2vpc reasons        print `error: WHY` before `error`
    bgp2vpc QUESTION …     one of the questions given to `serve`, such as `status` or `drain 192.0.2.53/32`
"""

import asyncio
import logging
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, cast

from bgp2vpc.descriptors import at_most
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.exabgp_api import USUAL_MAX_LINE
from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.logs import event
from bgp2vpc.names import CLIENT, LASTING, TEE, reserved_for
from bgp2vpc.sources.log_limit import Throttle
from bgp2vpc.sources.session import Listener, Reply, SourceKind, SpeakerSession, as_lines
from bgp2vpc.sources.turns import LineQueue, Turns
from bgp2vpc.sources.unix import SocketError, SocketPeer, listen_at, peer_of

__all__ = ["LASTING", "Question", "SocketError", "SocketServer", "serve"]

Question = Callable[[Sequence[str], SocketPeer], str]
"""(the words after the question's name, the client's process) -> lines of text. Raises Bgp2vpcError for a refusal."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}")
_UNREAD_LIMIT: Final = 1024 * 1024
"""Bytes of unread answers with which a client may send another line; with more it is dropped. A single answer may be
longer, as the status of 1000 prefixes in ten tables is."""
_MODE: Final = 0o660
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """The configuration of the socket.

    `restart_time`: seconds for which a client's paths are kept after its end. `max_line`: bytes. `group`: the group
    that may connect, besides the daemon's user; None: the daemon's own group.
    """

    restart_time: float = 10.0
    max_line: int = USUAL_MAX_LINE
    max_clients: int = 128
    group: str | None = None


async def serve(
    path: Path,
    listener: Listener,
    settings: SocketSettings | None = None,
    *,
    questions: Mapping[str, Question] | None = None,
    reserved: Container[str] = (),
    turns: Turns | None = None,
) -> "SocketServer":
    """Start a server that listens at `path`. Raises SocketError.

    `reserved`: names that clients may not use. `turns`: shared with the other sources, so that none delays the others.
    """
    server = SocketServer(path, listener, settings or SocketSettings(), questions or {}, reserved, turns or Turns())
    await server.start()
    return server


class SocketServer:
    """The socket and its clients; `serve` makes it."""

    def __init__(
        self,
        path: Path,
        listener: Listener,
        settings: SocketSettings,
        questions: Mapping[str, Question],
        reserved: Container[str],
        turns: Turns,
    ) -> None:
        self.path = path
        self.listener = listener
        self.settings = settings
        self.questions = questions
        self.restart_time = settings.restart_time
        self.patience = 30.0
        """Seconds for which a client may leave an answer unread."""
        self.clients: set[_Client] = set()
        self.lasting = _Lasting(listener)
        self.turns = turns
        self._throttle = Throttle()
        self._reserved = reserved
        self._count = 0
        self._inode = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Create the socket and accept clients. Raises SocketError."""
        listening = listen_at(self.path, _MODE, self.settings.group)
        self._inode = self.path.stat().st_ino
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: _Client(self), sock=listening)

    async def stop(self) -> None:
        """Close every client's session and the socket, and remove its file. Idempotent."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for client in tuple(self.clients):
            client.end()
        self.lasting.end(self.restart_time)
        try:
            if self.path.lstat().st_ino == self._inode:  # else the file is a successor's
                self.path.unlink()
        except OSError as error:
            event(_log, logging.WARNING, "socket not removed", socket=self.path, error=error.strerror)

    def release(self, names: Container[str]) -> None:
        """End the clients with one of `names`, which a new configuration gives to its scripts.

        Their paths become stale and are kept for the server's restart time.
        """
        for client in tuple(self.clients):
            if client.source in names:
                words = "client dropped: its name is now that of a configured process"
                event(_log, logging.WARNING, words, source=client.source)
                client.end()

    def admit(self, client: "_Client") -> str:
        """Admit a new client and return its source name; empty if there are too many clients."""
        if self._server is None:
            return ""
        if len(self.clients) >= at_most(self.settings.max_clients, one_in=8):
            idle = [each for each in self.clients if not each.is_source and not each.is_busy]
            if not idle:
                return ""
            self.complain("too many clients: the one idle for longest is dropped")
            min(idle, key=lambda each: each.heard_at).make_room()
        self.clients.add(client)
        self._count += 1
        return f"{CLIENT}{self._count}"

    def complain(self, words: str, source: str | None = None) -> None:
        """Log a warning about a client, rate-limited."""
        if self._throttle.allows(asyncio.get_running_loop().time()):
            event(_log, logging.WARNING, words, socket=self.path, source=source)

    def name_for(self, name: str) -> str:
        """`name`; for a tee, which cannot choose another name, the first free one of NAME, NAME-2, NAME-3 …"""
        taken = {client.source for client in self.clients}
        if not name.startswith(TEE) or name not in taken:
            return name
        return next(other for number in count(2) if (other := f"{name}-{number}") not in taken)

    def why_not(self, name: str) -> str:
        """Why a client may not use this name; empty if it may."""
        if not _NAME.fullmatch(name):
            return f"'{name}' is no name: 1 to 64 letters, digits and _ . : @ -, beginning with a letter or digit"
        if name in self._reserved or (reserved_for(name) and not name.startswith(TEE)):
            return f"'{name}' is the name of another source"
        if any(client.source == name for client in self.clients):
            return f"another client is called '{name}'"
        return ""


class _Client(asyncio.Protocol):
    """The protocol of one connection."""

    def __init__(self, server: SocketServer) -> None:
        self._server = server
        # A question may take as long as a thousand lines, so it always waits for its turn.
        self._unhandled = LineQueue(
            server.turns,
            self._line,
            lambda is_held: (self._transport.pause_reading if is_held else self._transport.resume_reading)(),
            limit=server.settings.max_line,
            is_slow=lambda line: line is not None and line.lstrip().startswith(b"bgp2vpc"),
        )
        self._transport: asyncio.Transport  # set before anything else happens; ignores calls once closed
        self._session: SpeakerSession | None = None
        """None if the client was refused or has ended."""
        self._peer = SocketPeer(0, -1, -1)
        self.heard_at = 0.0
        self._patience: asyncio.TimerHandle | None = None

    @property
    def source(self) -> str:
        """The name of the client's source."""
        return self._session.source if self._session else ""

    @property
    def is_busy(self) -> bool:
        """Whether it has lines without an answer."""
        return bool(self._unhandled)

    @property
    def is_source(self) -> bool:
        """Whether it has announced something or is a tee."""
        return self._session is not None and (self._session.is_open or self._session.kind is SourceKind.TEE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self.heard_at = asyncio.get_running_loop().time()
        name = self._server.admit(self)
        if name:
            self._peer = peer_of(transport.get_extra_info("socket"))
            self._session = SpeakerSession(
                name, SourceKind.CLIENT, self._server.listener, max_line=self._server.settings.max_line
            )
        else:
            self._server.complain("too many clients: a new one is refused")
            self._transport.write(b"error: too many clients\n")
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """From asyncio."""
        self.heard_at = asyncio.get_running_loop().time()
        self._unhandled.feed(data)

    def pause_writing(self) -> None:
        """From asyncio: the client does not read an answer."""
        self._patience = asyncio.get_running_loop().call_later(self._server.patience, self._give_up)

    def resume_writing(self) -> None:
        """From asyncio: the client has read on."""
        if self._patience is not None:
            self._patience.cancel()

    def eof_received(self) -> bool:
        """From asyncio: the client sends no more; the connection closes once its answers are written."""
        rest = self._unhandled.unfinished
        if rest and self._session is not None:
            self._transport.write(self._session.feed_unended(rest))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """From asyncio."""
        self.end()

    def make_room(self) -> None:
        """Drop this client, which has been idle for longest, because there are too many."""
        self._transport.write(b"error: too many clients; this one was idle for longest, and is dropped\n")
        self.end()

    def end(self) -> None:
        """Close the session and the connection. Idempotent."""
        self._server.clients.discard(self)
        self._unhandled.clear()
        self.resume_writing()
        if self._session is not None:
            self._session.close(hold=self._server.restart_time)
            self._session = None
        self._transport.close()

    def _line(self, line: bytes | None) -> None:
        if self._session is None:
            return
        if self._transport.get_write_buffer_size() > _UNREAD_LIMIT:
            self._give_up()
            return
        words = line.decode("utf-8", "replace").split() if line is not None else []
        ours = words[:1] == ["bgp2vpc"]
        self._transport.write(self._own(self._session, words[1:]) if ours else self._session.feed(line))

    def _give_up(self) -> None:
        self._server.complain("client does not read its answers: dropped", self.source)
        self._transport.abort()
        self.end()

    def _own(self, session: SpeakerSession, words: list[str]) -> bytes:
        """The answer to a line `bgp2vpc WORDS`, which ExaBGP's API does not have."""
        text, problem = "", ""
        match words:
            case ["reasons"]:
                session.reasons = True
            case ["hello", name]:
                name = self._server.name_for(name)
                problem = self._server.why_not(name) or self._speak_as(session, name, self._server.listener)
            case ["lasting"]:
                problem = self._speak_as(session, LASTING, self._server.lasting)
            case [name, *more] if name in self._server.questions:
                try:
                    text = self._server.questions[name](more, self._peer)
                except Bgp2vpcError as error:
                    problem = str(error)
            case _:
                known = ", ".join(["hello NAME", "lasting", "reasons", *self._server.questions])
                problem = f"'bgp2vpc {' '.join(words)}' is not known; known are: {known}"
        if problem:
            return as_lines([f"error: {problem}", "error"] if session.reasons else ["error"])
        return as_lines([*text.splitlines(), "done"])

    def _speak_as(self, session: SpeakerSession, name: str, listener: Listener) -> str:
        if session.is_open:
            return f"too late: paths were announced as '{session.source}' already; say this first"
        kind = SourceKind.TEE if name.startswith(TEE) else SourceKind.CLIENT
        self._session = SpeakerSession(
            name, kind, listener, reasons=session.reasons, max_line=self._server.settings.max_line
        )
        return ""


class _Lasting:
    """The listener of the source `api`, which many connections share and which outlives them."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._open = False

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        if not self._open:
            self._open = True
            self._listener.opened(source, kind, routine=routine)

    def said(self, source: str, command: Command) -> Reply:
        return self._listener.said(source, command)

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        """A connection has ended, but not the source."""

    def end(self, hold: float) -> None:
        """The daemon ends: close the source."""
        if self._open:
            self._open = False
            self._listener.closed(LASTING, hold=hold)
