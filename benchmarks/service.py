"""What health checks check: a process that answers, notes who was asked when, and can be killed or cut off.

Run as a program, with the socket as its stdin, it prints a line for each connection (or ping) that arrives there: the
address that was asked, and the monotonic time.
"""

import ctypes
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self, TextIO

# From linux/icmp.h; the socket module does not know them.
_SOL_RAW = 255
_ICMP_FILTER = 1
_ECHO_REQUEST = 8
_DESTINATION = slice(16, 20)
"""Of an IPv4 header."""
# From asm/socket.h; a filter in the kernel's old byte code, which is one instruction: accept 0 bytes of each packet.
_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("=HBBI", 0x06, 0, 0, 0)


class Service:
    """A process that accepts connections at one address. The port stays its own when it is started again."""

    def __init__(self, address: str, port: int = 0) -> None:
        self._address = (address, port)
        self.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._address[1]

    def start(self) -> float:
        """Start it, also again; returns the moment from which on connections succeed."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self._address)
        self._listener.listen()
        moment = time.monotonic()
        self._address = self._listener.getsockname()
        self._process = _answering(self._listener, subprocess.DEVNULL)
        return moment

    def kill(self) -> float:
        """End it as a crash does: its port refuses connections; returns the moment before."""
        self._listener.close()
        moment = time.monotonic()
        self._process.kill()
        self._process.wait()
        return moment

    def cut_off(self) -> float:
        """Have the kernel drop what is sent there, as a firewall does; returns the moment before."""
        program = ctypes.create_string_buffer(_DROP_ALL)
        moment = time.monotonic()
        self._listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program))
        )
        return moment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@dataclass(frozen=True, slots=True)
class Witness:
    """Knows of all that has arrived at a socket."""

    notes: TextIO

    def arrivals(self) -> dict[str, list[float]]:
        """Who was asked when, so far: the monotonic times for each destination address."""
        self.notes.seek(0)
        times = defaultdict(list)
        for line in self.notes.read().splitlines():
            address, moment = line.split()
            times[address].append(float(moment))
        return times


@contextmanager
def witness(arrivals: socket.socket) -> Iterator[Witness]:
    """A process that notes what arrives there, and accepts it if it is a connection."""
    with tempfile.TemporaryFile("w+") as notes:
        process = _answering(arrivals, notes.fileno())
        try:
            yield Witness(notes)
        finally:
            process.kill()
            process.wait()


@contextmanager
def connections() -> Iterator[tuple[socket.socket, int]]:
    """A socket that accepts connections at every address of loopback, and its port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        listener.bind(("0.0.0.0", 0))
        listener.listen(1024)
        yield listener, listener.getsockname()[1]


@contextmanager
def pings() -> Iterator[socket.socket]:
    """A socket that gets a copy of each echo request. Raises PermissionError."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFF & ~(1 << _ECHO_REQUEST)))
        yield raw


def _answering(arrivals: socket.socket, notes: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-I", "-S", __file__], stdin=arrivals.fileno(), stdout=notes)


def _main() -> None:
    with socket.socket(fileno=0) as arrivals, suppress(KeyboardInterrupt):
        arrived = _accepted if arrivals.type == socket.SOCK_STREAM else _pinged
        while True:
            address, moment = arrived(arrivals)
            print(address, moment, flush=True)


def _accepted(listener: socket.socket) -> tuple[str, float]:
    connection, _ = listener.accept()
    moment = time.monotonic()
    with connection:
        return connection.getsockname()[0], moment


def _pinged(raw: socket.socket) -> tuple[str, float]:
    packet = raw.recv(1024)
    moment = time.monotonic()
    return socket.inet_ntoa(packet[_DESTINATION]), moment


if __name__ == "__main__":
    _main()
