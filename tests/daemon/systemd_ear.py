"""The other end of NOTIFY_SOCKET: hears what a service tells systemd."""

import socket
from pathlib import Path
from typing import Self


class SystemdEar:
    """Bound to a path, or to an abstract name (`@…`)."""

    def __init__(self, address: str | Path) -> None:
        self.address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Every assignment since the last question, in order."""
        lines: list[str] = []
        while True:
            try:
                lines += self._socket.recv(65536).decode().split("\n")
            except BlockingIOError:
                return lines

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
