"""Addresses of this machine that are this test process's own: others may run the same tests at the same time."""

import os
import socket

NETWORK = f"127.{64 + os.getpid() % 128}"
"""The first half of a /16 of the loopback network."""
HOME = f"{NETWORK}.0.1"


def free_port(address: str = HOME) -> int:
    """A TCP port there that nobody else is given."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
