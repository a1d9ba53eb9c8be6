"""The daemon's unix socket: kept, or tried for, as long as the daemon runs."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from bgp2vpc.daemon.journal import Journal
from bgp2vpc.daemon.scripts import StartTask
from bgp2vpc.sources.server import Question, SocketError, SocketServer, serve
from bgp2vpc.sources.session import Listener

RETRY: Final = 5.0


class Serving:
    """Listens at `path` (None: nowhere), for the user and `group` (None: the daemon's own)."""

    def __init__(
        self,
        path: Path | None,
        group: str | None,
        listener: Listener,
        journal: Journal,
        start_task: StartTask,
        questions: Mapping[str, Question],
        restart_time: float,
    ) -> None:
        self._path = path
        self._group = group
        self._listener = listener
        self._journal = journal
        self._start_task = start_task
        self._questions = questions
        self._restart_time = restart_time
        self._reserved: set[str] = set()
        self._server: SocketServer | None = None

    async def start(self, *, insist: bool) -> bool:
        """Listen. Two daemons of one host would fight: whether there was nobody at the socket.

        A helper may be started before ExaBGP has seen its predecessor end, and one that dies takes ExaBGP along: with
        `insist` it is tried again until the socket is free.
        """
        if self._path is None:
            return True
        try:
            self._server = await serve(
                self._path,
                self._listener,
                questions=self._questions,
                reserved=self._reserved,
                restart_time=self._restart_time,
                group=self._group,
            )
        except SocketError as error:
            self._journal.failure("socket", error)
            if insist:
                self._start_task("socket", self._start_later())
            return insist
        self._journal.success("socket")
        return True

    async def _start_later(self) -> None:
        await asyncio.sleep(RETRY)
        await self.start(insist=True)

    def configure(self, reserved: Collection[str], restart_time: float) -> None:
        """Names that are no client's from now on, and the seconds that a client's paths outlive it."""
        self._reserved.clear()
        self._reserved.update(reserved)
        self._restart_time = restart_time
        if self._server is not None:
            self._server.restart_time = restart_time
            self._server.release(self._reserved)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            await self._server.stop()
