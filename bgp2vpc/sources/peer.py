"""Who is at the other end of a unix socket, as the kernel says (SO_PEERCRED, unix(7))."""

import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")
_USERS: Final = Path("/etc/passwd")


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that connected. Nothing else that a client says of itself is trusted."""

    pid: int
    uid: int
    gid: int

    def __str__(self) -> str:
        """`alice (uid 1000, pid 4242)`; the name only of a user of this host."""
        known = f"uid {self.uid}, pid {self.pid}"
        name = _name(self.uid)
        return f"{name} ({known})" if name else known


def peer_of(connection: socket.socket) -> Peer:
    """Who connected. Raises OSError."""
    return Peer(*_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)))


def _name(uid: int) -> str:
    """By the file alone: a directory service, asked through `pwd`, might let the event loop wait."""
    try:
        lines = _USERS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    users = (line.split(":") for line in lines)
    return next((user[0] for user in users if len(user) > 2 and user[2] == str(uid)), "")
