"""The HTTP server: waitress, extended so that a request may reset its connection instead of answering.

Unlike moto's own development server, waitress keeps connections open between requests, and answers each request on a
thread of its pool.
"""

import socket
import struct
from typing import Any, NoReturn

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

RESET_CONNECTION = "bgp2vpc.reset_connection"
"""Key of the WSGI environ; the function there never returns."""

THREADS = 96
"""More than the calls that any test holds at the same time."""


def reset_connection(environ: dict[str, Any]) -> NoReturn:
    """Reset the connection of this request instead of answering it."""
    environ[RESET_CONNECTION]()
    raise AssertionError("not reached: the function in the environ has raised")


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()

        def reset() -> NoReturn:
            # With a linger time of zero, close() sends RST (RFC 9293, 3.10.4 "ABORT") in place of FIN.
            self.channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ClientDisconnected

        environ[RESET_CONNECTION] = reset
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    task_class = _Task


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """An HTTP server. It listens when created; `run` serves until the process ends."""

    channel_class = _Channel

    @property
    def url(self) -> str:
        """The URL it listens at."""
        return f"http://{self.effective_host}:{self.effective_port}"


def make_server(app: Any, host: str, port: int) -> Server:
    """A listening server; port 0 lets the system choose. Raises OSError if the port is taken."""
    return Server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        connection_limit=1000,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=True,
    )
