"""The daemon's unix socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.sources.server import Question, SocketError, SocketServer, SocketSettings, serve
from bgp2vpc.sources.session import Listener
from bgp2vpc.sources.turns import Turns
from bgp2vpc.tasks import StartTask

RETRY: Final = 5.0


class SocketService:
    """Listens at `path` (None: nowhere)."""

    def __init__(
        self,
        path: Path | None,
        settings: SocketSettings,
        listener: Listener,
        journal: Journal,
        start_task: StartTask,
        questions: Mapping[str, Question],
        turns: Turns,
    ) -> None:
        self._path = path
        self._settings = settings
        self._listener = listener
        self._journal = journal
        self._start_task = start_task
        self._questions = questions
        self._turns = turns
        self._reserved: set[str] = set()
        self._server: SocketServer | None = None

    async def start(self, *, insist: bool) -> bool:
        """Listen; whether the daemon may go on. False: another daemon listens there, and the two would fight.

        With `insist` (a helper) it is tried again every 5 s until the socket is free, and the daemon goes on at once:
        ExaBGP may start a helper before the previous one has ended, and ends itself if its helper does.
        """
        if self._path is None:
            return True
        try:
            self._server = await serve(
                self._path,
                self._listener,
                self._settings,
                questions=self._questions,
                reserved=self._reserved,
                turns=self._turns,
            )
        except SocketError as error:
            self._journal.failure("socket", error, then="tried again" if insist else "the daemon ends")

            async def start_later() -> None:
                await asyncio.sleep(RETRY)
                await self.start(insist=True)

            if insist:
                self._start_task("socket", start_later())
            return insist
        self._journal.success("socket")
        return True

    async def configure(self, config: Config) -> None:
        """Reserve the names of configured sources, and keep a client's paths for `restart_time`, from now on."""
        self._reserved.clear()
        self._reserved.update(config.source_limits)
        self._settings = replace(self._settings, restart_time=config.restart_time)
        if self._server is not None:
            self._server.restart_time = config.restart_time
            self._server.release(self._reserved)

    async def stop(self) -> None:
        """Close the socket."""
        if self._server is not None:
            await self._server.stop()
