"""Connections with limits: their number, and the time that one may stay open without a request."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import web

log = logging.getLogger("bgp2vpc.web")

MOST: Final = 256
"""Fewer where this process may have fewer than 1,024 descriptors."""
IDLE: Final = 15.0
"""Seconds for a request to be complete, for an answer to be taken, and between an answer and the next request."""
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Connection(web.RequestHandler):
    """A connection with a time limit: aiohttp itself would wait for ever for the rest of a request's head."""

    def __init__(self, ended: Callable[["Connection"], None], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ended = ended
        self._idle_timer: asyncio.TimerHandle | None = None
        self.idle_since: float | None = None
        """By the event loop's clock; None while a request is being answered."""
        self._under_way: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        super().connection_made(transport)
        self._under_way = transport
        self.idle()

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self.busy()
        self._under_way = None
        super().connection_lost(exc)
        self._ended(self)

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Malformed requests, at debug only: port scans must not fill the log. Errors in handlers are caught before."""
        message, *values = args
        log.debug("HTTP request failed: %s", message % tuple(values) if values else message, **kwargs)

    def busy(self) -> None:
        """A request is being answered: no time limit meanwhile."""
        self.idle_since = None
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def idle(self) -> None:
        """The client has to send a request, or read its answer, within `IDLE` seconds from now."""
        self.busy()
        if self._under_way is not None:
            loop = asyncio.get_running_loop()
            self.idle_since = loop.time()
            self._idle_timer = loop.call_later(IDLE, self.give_up)

    def give_up(self) -> None:
        """Close it, whatever its client still wants."""
        if self._under_way is not None:
            cast("asyncio.Transport", self._under_way).abort()


class TooMany(asyncio.Protocol):
    """Answers 503, and closes the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected who cannot be served now."""
        writable = cast("asyncio.Transport", transport)
        writable.write(_FULL)
        writable.close()
