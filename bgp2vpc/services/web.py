"""Runs the web server at the configured address. A server that cannot listen is tried again every 5 s."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from bgp2vpc.config.model import Config
from bgp2vpc.errors import NoThread
from bgp2vpc.history import History
from bgp2vpc.logs import event
from bgp2vpc.names import CHECK
from bgp2vpc.operator.answers import BadQuestion
from bgp2vpc.operator.explaining import Explaining
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.why import lines
from bgp2vpc.prefix import parse_destination
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.services.status.source import StatusSource
from bgp2vpc.tasks import StartTask, cancelled, on_thread, until
from bgp2vpc.web.guard import read_token
from bgp2vpc.web.model import WebError, WebSettings
from bgp2vpc.web.tally import Tally

if TYPE_CHECKING:
    from bgp2vpc.web.server import WebServer

log = logging.getLogger("bgp2vpc")

RETRY: Final = 5.0  # seconds
HASTE: Final = 2.0
"""Seconds to wait for the first poll before the page is served. Importing the web server takes 0.7 s of CPU time, which
would delay the first route."""
LISTENING: Final = "web"
TOKEN: Final = "web token"  # noqa: S105  # what the failure is about


@dataclass(frozen=True, slots=True)
class Given:
    """The parts of the daemon that the web server may use."""

    status: StatusSource
    operator: Operator
    explaining: Explaining
    tally: Tally

    def why(self, prefix: str) -> Sequence[str]:
        """The sentences of `bgp2vpc why` for a prefix; without ages, which the browser computes."""
        try:
            return lines(self.explaining.facts(parse_destination(prefix)), ages=False)[1:]
        except BadQuestion as error:
            return [str(error)]


class WebService:
    """Starts, replaces and stops the web server as configured, and records the history that the page shows."""

    def __init__(self, given: Given, journal: Journal, start_task: StartTask) -> None:
        self._given = given
        self._journal = journal
        self._start_task = start_task
        self._settings: WebSettings | None = None
        self._history = History()
        self._server: WebServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def configure(self, config: Config) -> None:
        """Listen at the configured address; without one, stop. Each reload reads the token file again."""
        settings = config.web
        old, self._serving = self._serving, None
        is_same = settings == self._settings
        if settings is not None and self._settings is None:
            self._history.attach()
        elif settings is None:
            self._history.detach()
            self._journal.success(LISTENING)
            self._journal.success(TOKEN)
        # Managed prefix -> names in events about it: the sources that offer it, and their single checks.
        offering: dict[str, set[str]] = {}
        for source in config.checked_sources:
            for each in source.announcements:
                names = (source.name, *(f"{CHECK}{check}" for check in source.checks))
                offering.setdefault(str(each.prefix), set()).update(names)
        self._history.relate(offering)
        self._settings = settings
        if old is not None or settings is not None:
            self._serving = self._start_task("web", self._serve(settings, old, is_same=is_same))

    async def stop(self) -> None:
        """Close the server."""
        if self._serving is not None:
            await cancelled(self._serving)
        await self._close()
        self._history.detach()

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def _serve(self, settings: WebSettings | None, before: "asyncio.Task[None] | None", *, is_same: bool) -> None:
        """Replace the server; try until it listens and the token is read. `before`: the task that did so last time."""
        if before is not None:
            await cancelled(before)
        if not is_same:
            await self._close()
        if settings is None:
            return
        await until(lambda: not self._given.status.unready(), HASTE)
        # On a thread, if one can be had: reading the code from a cold disk may take a second.
        with suppress(NoThread):
            await on_thread(partial(import_module, "bgp2vpc.web.server"))
        while True:
            if await self._try(settings):
                return
            await asyncio.sleep(RETRY)

    async def _try(self, settings: WebSettings) -> bool:
        """Read the token, and listen unless the server does already. Returns whether both worked."""
        from bgp2vpc.web.made import Sources  # noqa: PLC0415  # only where it is needed
        from bgp2vpc.web.server import WebServer  # noqa: PLC0415

        token, has_token = None, True  # without a token file, the page takes no orders
        if settings.token_file is not None:
            try:
                token = read_token(settings.token_file)
            except WebError as error:
                self._journal.failure(TOKEN, error)
                has_token = False
        if has_token:
            self._journal.success(TOKEN)
        if self._server is None:
            given = self._given
            sources = Sources(
                given.status.now, given.status.unready, given.operator, given.tally, self._history, given.why
            )
            server = WebServer(settings, sources, token)
            try:
                await server.start()
            except WebError as error:
                self._journal.failure(LISTENING, error)
                return False
            self._journal.success(LISTENING)
            self._server = server
            event(log, logging.INFO, "web page served", url=f"http://{settings}/", steering="on" if token else "off")
        self._server.site.token = token
        return has_token
