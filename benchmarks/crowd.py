"""1,000 slow health checks a second and 100 idle clients, in a process that may have 1,024 descriptors.

`python -m benchmarks.crowd ADDRESS PORT` is what is checked: it greets half a second after a connection.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.figures import Figure, Statistic, at_most
from benchmarks.subject import SILENT, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

CHECKS = 1000
CLIENTS = 100
DESCRIPTORS = 1024
DELAY = 0.5
EVERY = 1.0
SETTLED_AFTER = 8.0
SECONDS = 10.0
PAUSE = 0.05


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Every check passes; none may count as failed for want of a descriptor of ours."""
    with _greeting() as port, ExitStack() as stack:
        check = {"type": "tcp", "every": EVERY, "timeout": 5, "config": {"port": port, "expect": "OK"}}
        names = [f"check {number}" for number in range(CHECKS)]
        checks = {name: {**check, "destination": f"127.79.{n >> 8}.{n & 255}"} for n, name in enumerate(names)}
        route = {"cidr": "192.0.2.53/32", "healthcheck": names}
        more = {"healthchecks": checks, "processes": {"script": {"run": SILENT}}}
        world, limited = fresh_world(cloud), ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
        daemon = stack.enter_context(running(cloud, world, more=more, manage_routes=[route], wrapper=limited))
        daemon.wait_until_ready()
        for _ in range(CLIENTS):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(daemon.socket))
        time.sleep(SETTLED_AFTER)
        delays, descriptors, unhealthy = [], [], Counter[str]()
        with daemon.pipe() as pipe:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                said = pipe.say("announce route 192.0.2.54/32 next-hop self med 100")
                pipe.await_answers(1)
                delays.append(1000 * (time.monotonic() - said))
                descriptors.append(float(len(list(Path("/proc", str(daemon.process.pid), "fd").iterdir()))))
                time.sleep(PAUSE)
        unhealthy.update(row["state"] for row in daemon.status()["checks"] if row["state"] != "healthy")
    if unhealthy:
        raise AssertionError(f"checks that are not healthy: {unhealthy}")
    what = f"{CHECKS:,} checks that take {DELAY:g} s, every second, {CLIENTS} idle clients, {DESCRIPTORS:,} descriptors"
    yield Figure(f"{what}: answer to a healthcheck", "ms", delays, (at_most(50, Statistic.MEDIAN), at_most(300)))
    yield Figure(f"{what}: descriptors in use", "", descriptors)


@contextmanager
def _greeting() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.crowd"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def _greet() -> None:
    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(DELAY)
        writer.write(b"OK\n")
        writer.close()

    server = await asyncio.start_server(handle, "0.0.0.0", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_greet())
