"""A server that says exactly what it is told, for what EC2 and instance metadata answer on a bad day."""

import socket
import struct
from collections.abc import Callable
from threading import Event, Thread

from tests.waiting import PATIENCE

Reply = bytes | Callable[[socket.socket], None]


def http(status: int, body: str = "", *, cut: int = 0) -> bytes:
    """A whole answer; with `cut` its last bytes are missing, though Content-Length counts them."""
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    whole = (head + body).encode()
    return whole[: len(whole) - cut]


def reset(connection: socket.socket) -> None:
    """The connection is reset (RST) instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Answers one request per connection with the next of `replies`, the last one for ever. Keeps `requests`."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[str] = []
        self.route: Callable[[str], Reply] | None = None
        self._done = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def hang(self, _: socket.socket) -> None:
        """No answer at all until the test is over."""
        self._done.wait(PATIENCE)

    def close(self) -> None:
        self._done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            request = self._read(connection)
            self.requests.append(request)
            if self.route is not None:
                reply = self.route(request)
            else:
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if isinstance(reply, bytes):
                connection.sendall(reply)
            else:
                reply(connection)

    @staticmethod
    def _read(connection: socket.socket) -> str:
        connection.settimeout(PATIENCE)
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        while len(body) < int(fields.get("content-length", 0)):
            body += connection.recv(65536)
        return (head + b"\r\n\r\n" + body).decode()
