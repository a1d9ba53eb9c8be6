"""What two hundred clients that poll the page's JSON as fast as they are answered do to a route that has to be written.

`python -m benchmarks.web URL COUNT` is those clients: a process of its own, so that only the daemon is shared.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from benchmarks.figures import Figure, Statistic, at_most, goal
from benchmarks.subject import UNPACED, Pipe, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import WorldSpec

CLIENTS = 200
BLOCKS = 6
PER_BLOCK = 20
EVERY = 0.05
KNOWN = 100
"""Routes that are there before: what is polled shall not be empty."""


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Announcements one by one, in blocks: with nobody looking, with all of them, and so on in turn."""
    world = fresh_world(cloud, WorldSpec(zones=("us-east-1a",)))
    port = free_port()
    url = f"http://127.0.0.1:{port}/status.json"
    said: dict[bool, list[tuple[str, float]]] = {False: [], True: []}
    answers = 0
    with running(cloud, world, more={**UNPACED, "web": {"listen": f"127.0.0.1:{port}"}}) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            for number in range(KNOWN):
                pipe.say(f"announce route 198.18.255.{number}/32 next-hop self")
                pipe.await_answers(1)
            cloud.wait_for_calls("CreateRoute", count=KNOWN)
            time.sleep(1)
            for block in range(2 * BLOCKS):
                crowded = block % 2 == 1
                if crowded:
                    with _crowd(url) as crowd:
                        said[True] += _say_each(pipe, block)
                    answers += int(crowd.communicate()[0] or 0)
                else:
                    said[False] += _say_each(pipe, block)
                cloud.wait_for_calls("CreateRoute", count=KNOWN + (block + 1) * PER_BLOCK)
    made = {call.parameters["DestinationCidrBlock"]: call.started for call in cloud.calls("CreateRoute")}
    took = {crowded: [1000 * (made[prefix] - at) for prefix, at in all_] for crowded, all_ in said.items()}
    idle = Figure("announce line -> CreateRoute, nobody looks at the page", "ms", took[False])
    twice = 2 * idle.value(Statistic.MEDIAN)
    yield idle
    yield Figure(
        f"the same, {CLIENTS} clients poll /status.json", "ms", took[True],
        (at_most(round(twice, 2), Statistic.MEDIAN), goal(20, Statistic.P99)),
    )  # fmt: skip
    yield Figure("answers they got, a second", "", [answers / (BLOCKS * (PER_BLOCK * EVERY + SETTLE))])


SETTLE = 1.0
"""Seconds that the clients have to come up to speed."""


def _say_each(pipe: Pipe, block: int) -> Iterator[tuple[str, float]]:
    for number in range(PER_BLOCK):
        prefix = f"198.18.{block}.{number}/32"
        at = pipe.say(f"announce route {prefix} next-hop self med 100")
        pipe.await_answers(1)
        yield prefix, at
        time.sleep(EVERY)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _crowd(url: str) -> Iterator["subprocess.Popen[str]"]:
    argv = [sys.executable, "-m", "benchmarks.web", url, str(CLIENTS)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()  # all of them have had an answer
    time.sleep(SETTLE)
    try:
        yield process
    finally:
        process.stdin.close()
        process.stdin = None


async def crowd(url: str, count: int) -> None:
    """Poll until stdin ends. Prints a line when everybody has had an answer, and at the end how many came since."""
    import aiohttp  # noqa: PLC0415  # the benchmark itself does without

    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    answers = [0] * count
    limits = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=limits) as http:

        async def poll(number: int) -> None:
            while True:
                with suppress(aiohttp.ClientError):
                    async with http.get(url) as answer:
                        await answer.read()
                        answers[number] += answer.status == 200

        polling = [asyncio.ensure_future(poll(number)) for number in range(count)]
        while not all(answers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        before = sum(answers)
        print("ready", flush=True)
        await ended
        print(sum(answers) - before, flush=True)
        for each in polling:
            each.cancel()


if __name__ == "__main__":
    asyncio.run(crowd(sys.argv[1], int(sys.argv[2])))
