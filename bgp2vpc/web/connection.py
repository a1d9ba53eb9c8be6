"""HTTP connections with limits for their number and their idle time."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import web

log = logging.getLogger("bgp2vpc.web")

MOST: Final = 256
"""Maximum number of connections; fewer if the process may have fewer than 1,024 descriptors."""
IDLE: Final = 15.0
"""Seconds to complete a request, to read an answer, and between an answer and the next request."""
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Connection(web.RequestHandler):
    """A connection with a time limit, since aiohttp waits for ever for the rest of a request's head."""

    def __init__(self, ended: Callable[["Connection"], None], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ended = ended
        self._idle_timer: asyncio.TimerHandle | None = None
        self.idle_since: float | None = None
        """Since when it is idle (event loop's clock); None while a request is being answered."""
        self._under_way: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From asyncio: the client has connected."""
        super().connection_made(transport)
        self._under_way = transport
        self.idle()

    def connection_lost(self, exc: BaseException | None) -> None:
        """From asyncio: the connection has ended."""
        self.busy()
        self._under_way = None
        super().connection_lost(exc)
        self._ended(self)

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Log malformed requests at debug only, because of port scans. Errors in handlers are caught before."""
        message, *values = args
        log.debug("HTTP request failed: %s", message % tuple(values) if values else message, **kwargs)

    def busy(self) -> None:
        """Suspend the time limit while a request is being answered."""
        self.idle_since = None
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def idle(self) -> None:
        """Start the time limit: the client has to send a request or read its answer within `IDLE` seconds."""
        self.busy()
        if self._under_way is not None:
            loop = asyncio.get_running_loop()
            self.idle_since = loop.time()
            self._idle_timer = loop.call_later(IDLE, self.give_up)

    def give_up(self) -> None:
        """Abort the connection."""
        if self._under_way is not None:
            cast("asyncio.Transport", self._under_way).abort()


class TooMany(asyncio.Protocol):
    """Answers 503 and closes the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From asyncio: a client over the limit has connected."""
        writable = cast("asyncio.Transport", transport)
        writable.write(_FULL)
        writable.close()
