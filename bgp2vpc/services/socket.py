"""The daemon's unix socket: bound at the start, then kept in step with the configuration (`sources/server.py`)."""

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

RETRY: Final = 5.0  # seconds


class SocketService:
    """Listens at `path`; None: not at all."""

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
        """Bind the socket. Returns whether the daemon may go on; a failure is logged.

        False: it cannot be bound, most often because another daemon listens there, and two would write the same routes.
        With `insist` (a helper) the daemon goes on all the same, and binding is tried again every `RETRY` seconds:
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
        """Reserve the names of configured sources, end clients that use them, and set clients' `restart_time`."""
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
