"""The unix socket's file, connections to it, and the credentials of its clients. Small, because clients import it."""

import grp
import os
import socket
import stat
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.files import ensure_directory, reason_of

_LONGEST: Final = 107
"""Maximum length of a socket's path in bytes (unix(7), `sun_path`)."""
_BACKLOG: Final = 128
_BUSY: Final = 0.01
"""Seconds until the next attempt if the queue of connections is full."""
_CREDENTIALS: Final = struct.Struct("3i")
_USERS: Final = Path("/etc/passwd")


class SocketError(Bgp2vpcError):
    """The socket cannot be used; the text says why and what to do."""


class SocketTimeout(SocketError, TimeoutError):
    """A daemon holds the socket open and does not answer in time."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(
            f"{path}: no answer from the daemon within {seconds:g} s: it hangs, is stopped, or waits for a disk; "
            "`bgp2vpc doctor` names its process"
        )


def listen_at(path: Path, mode: int, group: str | None = None) -> socket.socket:
    """Create a listening socket at `path` with permission bits `mode`; replaces one that a dead process has left.

    `group`: the group of the file; None: our own. The socket gets mode and group before it listens and before it gets
    its name, so that it never has the mode of the umask (ExaBGP runs its helpers with umask 0). Raises SocketError.
    """
    if len(os.fsencode(path)) > _LONGEST:
        raise SocketError(f"{path}: longer than the {_LONGEST} bytes a socket's path may have")
    _refuse_if_taken(path)
    private = path.with_name(f".{os.getpid()}.{path.suffix[1:] or 'sock'}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        ensure_directory(path.parent)
        private.unlink(missing_ok=True)
        listening.bind(os.fspath(private))
        if group is not None:
            os.chown(private, -1, grp.getgrnam(group).gr_gid)
        private.chmod(mode)
        listening.listen(_BACKLOG)
        private.rename(path)
    except KeyError as error:
        listening.close()
        private.unlink(missing_ok=True)
        raise SocketError(f"{path}: cannot make the socket: there is no group '{group}' on this host") from error
    except OSError as error:
        listening.close()
        with suppress(OSError):
            private.unlink(missing_ok=True)
        why = reason_of(error)
        if isinstance(error, PermissionError):
            why += "; start the daemon by its unit or as root, or set `socket:` to a path that this user may write"
        raise SocketError(f"{path}: cannot make the socket: {why}") from error
    listening.setblocking(False)
    return listening


def connect(path: Path, timeout: float) -> socket.socket:
    """Connect to the daemon at `path`; each call on the socket takes at most `timeout` seconds. Raises SocketError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.connect(os.fspath(path))
        except BlockingIOError as error:
            # The queue of connections to accept is full. Unlike with TCP, connect fails at once then.
            if time.monotonic() < deadline:
                time.sleep(_BUSY)
                continue
            connection.close()
            raise SocketError(f"{path}: too many others want to connect; try again") from error
        except OSError as error:
            connection.close()
            match error:
                case FileNotFoundError():
                    why = (
                        "no such socket; is bgp2vpc running, and with this `socket:` in its configuration? "
                        "(`-f FILE` takes the socket of that file, BGP2VPC_SOCKET or `--socket` name it)"
                    )
                case ConnectionRefusedError() if not path.is_socket():
                    why = "is no socket"
                case ConnectionRefusedError():
                    why = "nobody listens there; bgp2vpc has ended without removing its socket"
                case PermissionError():
                    why = f"permission denied; the socket is for root, the daemon's user, and {_group_of(path)}"
                case TimeoutError():
                    raise SocketTimeout(path, timeout) from error
                case _:
                    why = error.strerror or str(error)
            raise SocketError(f"{path}: {why}") from error
        return connection


def _group_of(path: Path) -> str:
    try:
        return f"members of the group {grp.getgrgid(path.stat().st_gid).gr_name}"
    except (OSError, KeyError):  # the directory may be as closed as the socket
        return "members of its group"


def _refuse_if_taken(path: Path) -> None:
    try:
        kind = path.lstat().st_mode
    except OSError:
        return  # nothing there, or not accessible, which bind will report
    if not stat.S_ISSOCK(kind):
        raise SocketError(f"{path}: exists and is no socket; move it away or choose another path")
    try:
        connect(path, timeout=1.0).close()
    except SocketError as error:
        if isinstance(error.__cause__, ConnectionRefusedError):
            return
        raise
    raise SocketError(f"{path}: another process listens there; is bgp2vpc running already?")


@dataclass(frozen=True, slots=True)
class SocketPeer:
    """The process of a client, as reported by the kernel (SO_PEERCRED, unix(7)), not by the client."""

    pid: int
    uid: int
    gid: int

    def __str__(self) -> str:
        """`alice (uid 1000, pid 4242)`; without a name if the user is not in /etc/passwd."""
        known = f"uid {self.uid}, pid {self.pid}"
        # Only /etc/passwd: the `pwd` module might query a directory service and block the event loop.
        try:
            lines = _USERS.read_text(errors="replace").splitlines()
        except OSError:
            return known
        users = (line.split(":") for line in lines)
        name = next((user[0] for user in users if len(user) > 2 and user[2] == str(self.uid)), "")
        return f"{name} ({known})" if name else known


def peer_of(connection: socket.socket) -> SocketPeer:
    """The process at the other end of the connection. Raises OSError."""
    return SocketPeer(
        *_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    )
