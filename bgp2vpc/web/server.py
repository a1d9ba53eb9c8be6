"""The listening socket of the page and its connections."""

import asyncio
import errno
import os
from typing import Any, Final

from aiohttp import web

from bgp2vpc.descriptors import at_most
from bgp2vpc.web.app import Site
from bgp2vpc.web.connection import MOST, Connection, TooMany
from bgp2vpc.web.made import Sources
from bgp2vpc.web.model import WebError, WebSettings

BACKLOG: Final = 128
_LIMITS: Final[dict[str, Any]] = {
    "access_log": None,
    "max_line_size": 4096,
    "max_field_size": 4096,
    "max_headers": 64,
    "keepalive_timeout": 15,
    "lingering_time": 0.0,
    "read_bufsize": 2**14,
}
_GRACE: Final = 0.5


class WebServer:
    """Serves a site until stopped."""

    def __init__(self, settings: WebSettings, sources: Sources, token: bytes | None) -> None:
        self.site = Site(settings, sources, token)
        self._settings = settings
        self._tally = sources.tally
        self._runner = web.AppRunner(self.site.app(), shutdown_timeout=_GRACE, **_LIMITS)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises WebError."""
        loop = asyncio.get_running_loop()
        await self._runner.setup()
        try:
            self._server = await loop.create_server(
                self._connect, self._settings.host, self._settings.port, backlog=BACKLOG, reuse_address=True
            )
        except OSError as error:
            await self._runner.cleanup()
            # asyncio's own text would repeat the address.
            why = os.strerror(error.errno) if error.errno else str(error)
            if error.errno == errno.EADDRINUSE:
                why += f"; this shows by what: ss -ltnp 'sport = :{self._settings.port}'"
            raise WebError(f"cannot listen at {self._settings}: {why}") from error

    def _connect(self) -> asyncio.Protocol:
        if len(self._connections) >= at_most(MOST, one_in=4):
            self._tally.refused_connections += 1
            idle = [each for each in self._connections if each.idle_since is not None]
            if not idle:
                return TooMany()
            # Close the connection that is idle for longest, as idle connections must not lock out monitoring.
            longest = min(idle, key=lambda each: each.idle_since or 0.0)
            self._connections.discard(longest)
            longest.give_up()
        connection = Connection(
            self._connections.discard, self._runner.server, loop=asyncio.get_running_loop(), **_LIMITS
        )
        self._connections.add(connection)
        return connection

    async def stop(self) -> None:
        """Close the socket and all connections."""
        self.site.end()
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._runner.cleanup()
