"""A service at an anycast address, a client that never stops asking it, and what of that was lost.

Run as a program: `traffic.py serve ADDRESS PORT` is the service, `traffic.py ask ADDRESS PORT` the client.
"""

import itertools
import math
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

EVERY = 0.01
"""Seconds between two packets of the client."""
LATE = 1.0
"""Seconds after which an answer is of no use to anybody; a host that was frozen answers everything when it thaws."""
ROOM = 1 << 24
"""Bytes that a socket keeps for its reader: who is not given the processor for some seconds loses no packet."""
GREETING = b"well\n"
"""What the service says on TCP. To be accepted is no sign of life: the kernel of a frozen host does that."""
PORT = 5353

_SO_RCVBUFFORCE = 33  # `socket` does not have it
_PACKET = struct.Struct("!Qd")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a client noticed.

    gap_ms: between the last packet that was answered before the loss and the first one that was answered after it, by
    when they were sent; so it is never too short, and up to 10 ms too long. 0 if no packet was lost.
    """

    lost: int
    gap_ms: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A packet of the client, by number, and when it was sent (monotonic)."""

    number: int
    sent: float


def loss(answered: list[Answered]) -> Loss:
    """What is missing among these, in the order of their numbers. Several losses count as one long one."""
    holes = [(a, b) for a, b in itertools.pairwise(answered) if b.number > a.number + 1]
    if not holes:
        return Loss(0, 0.0)
    lost = sum(b.number - a.number - 1 for a, b in holes)
    return Loss(lost, 1000 * (holes[-1][1].sent - holes[0][0].sent))


class Client:
    """A running client; `log` is where it notes each answer."""

    def __init__(self, run_in: Callable[[list[str]], list[str]], address: str, log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(run_in(_program("ask", address)), stdout=output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def answered(self, since: float = 0.0, late: float = math.inf) -> list[Answered]:
        """Every packet sent since then that was answered within `late` seconds, in order."""
        lines = self._log.read_text("ascii").splitlines(keepends=True)
        packets = set()
        for number, sent, took in (line.split() for line in reversed(lines) if line.endswith("\n")):
            if float(sent) + float(took) < since:
                break  # they are in the order in which the answers came
            if float(sent) >= since and float(took) < late:
                packets.add(Answered(int(number), float(sent)))
        return sorted(packets, key=lambda each: each.number)

    def is_calm(self, since: float, seconds: float = 0.3) -> bool:
        """Whether all packets of the last `seconds`, and of some time after `since`, were answered."""
        now = time.monotonic()
        latest = self.answered(now - seconds)
        return now - since > seconds and len(latest) > 0.5 * seconds / EVERY and not loss(latest).lost

    def loss(self, since: float, late: float = math.inf) -> Loss:
        """What was lost since then, or answered too late; asked for when it is calm, and of a moment when it was so."""
        return loss(self.answered(since - 20 * EVERY, late))


def service(address: str) -> list[str]:
    """The command that runs the service."""
    return _program("serve", address)


def _program(*words: str) -> list[str]:
    return [sys.executable, "-I", "-S", __file__, *words, str(PORT)]


def serve(address: str, port: int) -> None:
    """Answer each packet with itself, and each connection, at any address of the host, with a greeting."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets, socket.socket() as listener:
        packets.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, ROOM)
        packets.bind((address, port))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen()
        while True:
            ready, _, _ = select.select([packets, listener], [], [])
            if packets in ready:
                packets.sendto(*packets.recvfrom(64))
            if listener in ready:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.sendall(GREETING)


def ask(address: str, port: int) -> None:
    """Send a packet every 10 ms, whatever happens; print number, time and delay of each that is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
        packets.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, ROOM)
        started = time.monotonic()
        number = 0
        while True:
            wait = started + number * EVERY - time.monotonic()
            if select.select([packets], [], [], max(0.0, wait))[0]:
                # An ICMP error is no answer.
                with suppress(OSError):
                    _note(packets.recv(64))
                continue
            with suppress(OSError):  # no route
                packets.sendto(_PACKET.pack(number, time.monotonic()), (address, port))
            number += 1


def _note(packet: bytes) -> None:
    number, sent = _PACKET.unpack(packet)
    print(number, sent, time.monotonic() - sent, flush=True)


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
