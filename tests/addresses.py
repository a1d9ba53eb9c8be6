"""Addresses of this machine that are this test process's own: others may run the same tests at the same time."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

NETWORK = f"127.{64 + os.getpid() % 128}"
"""The first half of a /16 of the loopback network."""
HOME = f"{NETWORK}.0.1"


def free_port(address: str = HOME) -> int:
    """A TCP port there that nobody else is given."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@contextmanager
def silence_at(address: str, port: int) -> Iterator[None]:
    """Nothing answers there, as behind a filter: the kernel drops what the queue of a socket has no room for."""
    with socket.socket() as full, ExitStack() as waiting:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind((address, port))
        full.listen(0)
        for _ in range(3):  # one has room, and others are on their way for as long as they try
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex((address, port))
        yield
