"""How many lines a second are understood."""

import time
from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure, Statistic, goal
from benchmarks.subject import fresh_world, running
from bgp2vpc.bgp.rib import Rib
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.exabgp_api.line import decode
from bgp2vpc.prefix import parse_prefix

REPEATS = 100_000
DIFFERENT = 10_000
ROUNDS = 5
SOURCE = "script"
# What a healthcheck prints, for 50 addresses.
LINES = [f"announce route 192.0.2.{number}/32 next-hop self med 100 community [ 65000:1 ]" for number in range(50)]


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Repeats and new lines, on one core; and repeats through the pipe of a whole daemon, each answered."""
    rib = Rib()
    rib.open(SOURCE, max_prefixes=DIFFERENT)
    repeats = [line.encode() for line in LINES] * (REPEATS // len(LINES))
    _take_in(rib, repeats[: len(LINES)])
    rates = [len(repeats) / _take_in(rib, repeats) for _ in range(ROUNDS)]
    goals = (goal(100_000, Statistic.MEDIAN, at_least=True),)
    yield Figure("repeated lines parsed and applied", "lines/s", rates, goals)
    yield Figure("new lines, 10,000 prefixes", "lines/s", [_first_time(octet) for octet in range(ROUNDS)])
    yield Figure("repeated lines through a daemon's pipe, answered", "lines/s", list(_through_a_pipe(cloud)))


def _take_in(rib: Rib, lines: Sequence[bytes]) -> float:
    """The seconds it took."""
    before = time.perf_counter()
    for line in lines:
        for event in decode(line).events:
            rib.apply(SOURCE, event)
    return time.perf_counter() - before


def _first_time(octet: int) -> float:
    """Lines a second where no line, no prefix and no path was met before."""
    parse_prefix.cache_clear()
    rib = Rib()
    rib.open(SOURCE, max_prefixes=DIFFERENT)
    lines = [
        f"announce route 10.{octet}.{n >> 8}.{n & 255}/32 next-hop self med 100".encode() for n in range(DIFFERENT)
    ]
    return DIFFERENT / _take_in(rib, lines)


def _through_a_pipe(cloud: Cloud) -> Iterator[float]:
    world = fresh_world(cloud)
    with running(cloud, world) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            pipe.say(*LINES)
            pipe.await_answers(len(LINES))
            for _ in range(ROUNDS):
                before = time.monotonic()
                for _ in range(DIFFERENT // len(LINES)):
                    pipe.say(*LINES)
                    pipe.await_answers(len(LINES))
                yield DIFFERENT / (time.monotonic() - before)
