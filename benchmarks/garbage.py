"""Clients that send garbage without end, or are simply too many, and what they do to a healthcheck.

`python -m benchmarks.garbage SOCKET KIND` is those that send: a process of its own, so that only the daemon is shared.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path

from benchmarks.figures import Figure, Statistic, at_most
from benchmarks.subject import Pipe, Subject, fresh_world, running
from benchmarks.web import free_port
from bgp2vpc.demo.cloud.client import Cloud

KINDS = {
    "questions": b"bgp2vpc status\n",
    "bytes that are no text": b"\xff\x00 announce route\n",
    "wrong lines": b"announce route 192.0.2.300/32 next-hop self\n",
    "empty lines": b"\n",
    "one line without end": b"x",
    "announcements": b"announce route 192.0.2.9/32 next-hop self\n",
}
SENDERS = 10
CROWD = 1000
SAMPLES = 100
PAUSE = 0.02


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Milliseconds from each line of the healthcheck to its answer."""
    bounds = (at_most(50, Statistic.MEDIAN), at_most(300))
    port = free_port()
    world = fresh_world(cloud)
    with running(cloud, world, more={"web": {"listen": f"127.0.0.1:{port}"}}) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            for kind in KINDS:
                with _sending(daemon, kind):
                    yield Figure(f"{SENDERS} clients of the socket send {kind}", "ms", list(_delays(pipe)), bounds)
            with _crowd(socket.AF_UNIX, str(daemon.socket)):
                yield Figure(f"{CROWD:,} clients of the socket", "ms", list(_delays(pipe)), bounds)
            with _crowd(socket.AF_INET, ("127.0.0.1", port)):
                yield Figure(f"{CROWD:,} connections to the page", "ms", list(_delays(pipe)), bounds)


def _delays(pipe: Pipe) -> Iterator[float]:
    for _ in range(SAMPLES):
        said = pipe.say("announce route 192.0.2.53/32 next-hop self med 100")
        pipe.await_answers(1)
        yield 1000 * (time.monotonic() - said)
        time.sleep(PAUSE)


@contextmanager
def _crowd(family: socket.AddressFamily, address: str | tuple[str, int]) -> Iterator[None]:
    """So many connect at once and say nothing; those who are turned away do not come again."""
    with ExitStack() as all_of_them:
        for _ in range(CROWD):
            one = all_of_them.enter_context(socket.socket(family, socket.SOCK_STREAM))
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(address)
        yield


@contextmanager
def _sending(daemon: Subject, kind: str) -> Iterator[None]:
    argv = [sys.executable, "-m", "benchmarks.garbage", daemon.socket, kind]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def send(path: Path, data: bytes) -> None:
    """Never ends. Nobody reads answers; who is dropped for that connects again."""
    senders = [_connected(path) for _ in range(SENDERS)]
    print("ready", flush=True)
    for at in cycle(range(SENDERS)):
        try:
            senders[at].send(data)
        except BlockingIOError:
            time.sleep(0.0001)
        except OSError:
            senders[at].close()
            senders[at] = _connected(path)


def _connected(path: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(str(path))
    one.setblocking(False)
    return one


if __name__ == "__main__":
    send(Path(sys.argv[1]), KINDS[sys.argv[2]] * 10_000)
