"""200 health checks every second, and ten at the quickest useful pace: what they cost, and how steady they are."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from benchmarks.figures import Figure, Statistic, goal
from benchmarks.service import Witness, connections, pings, witness
from benchmarks.subject import Subject, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

COUNT = 200
EVERY = 1.0
ADDRESSES = [f"127.78.0.{number}" for number in range(1, COUNT + 1)]
PERIODS = 4
SECONDS = 5.0
"""Of each period; one more goes before them, for what idling takes."""
SETTLED_AFTER = 6.0
"""Seconds after which the daemon has done what it does only once."""
QUICK_COUNT, QUICK_EVERY, QUICK_TIMEOUT = 10, 0.05, 0.1
"""What finds a host gone within 0.35 s (`fall: 3`)."""
QUICK_SECONDS = 20.0
QUICK_SHARE = 1.0
"""% of a core."""
AWSNYCAST_TCP, AWSNYCAST_PING = 2.9, 37.6
"""% of a core that AWSnycast 0.2.1 takes for as many."""


def measure(cloud: Cloud) -> Iterator[Figure]:
    """As many checks of each kind, all of which pass; before that, as many that are hardly ever due."""
    with connections() as (listener, port), witness(listener) as seen:
        tcp = {"type": "tcp", "config": {"port": port}}
        with _checking(cloud, tcp, every=3600) as daemon:
            idle = _share(daemon)
        with _checking(cloud, tcp, QUICK_EVERY, timeout=QUICK_TIMEOUT, count=QUICK_COUNT) as daemon:
            share = _share(daemon, QUICK_SECONDS) - idle
        name = f"{QUICK_COUNT} TCP checks, each 20 times a second: CPU beyond idling"
        yield Figure(name, "% of a core", [share], (goal(QUICK_SHARE),))
        yield from _figures(cloud, f"{COUNT} TCP checks a second", tcp, seen, idle, AWSNYCAST_TCP)
    try:
        with pings() as requests, witness(requests) as seen:
            yield from _figures(cloud, f"{COUNT} pings a second", {"type": "ping"}, seen, idle, AWSNYCAST_PING)
    except PermissionError:
        print("pings are left out: only root may see them arrive", file=sys.stderr)


def _figures(
    cloud: Cloud, name: str, check: Mapping[str, Any], seen: Witness, idle: float, awsnycast: float
) -> Iterator[Figure]:
    with _checking(cloud, check, EVERY) as daemon:
        start = time.monotonic()
        shares = [_share(daemon) - idle for _ in range(PERIODS)]
        end = time.monotonic()
    arrivals = seen.arrivals()
    times = [[moment for moment in arrivals[each] if start <= moment < end] for each in ADDRESSES]
    late = [1000 * abs(b - a - EVERY) for each in times for a, b in pairwise(each)]
    yield Figure(f"{name}: CPU beyond idling", "% of a core", shares, (goal(awsnycast, Statistic.MEDIAN),))
    yield Figure(f"{name}: off the second by", "ms", late)


@contextmanager
def _checking(
    cloud: Cloud, check: Mapping[str, Any], every: float, *, timeout: float = EVERY, count: int = COUNT
) -> Iterator[Subject]:
    """A daemon with as many checks of this kind, once all have passed and it has settled."""
    checks = {
        f"check {address}": {**check, "destination": address, "every": every, "timeout": timeout, "rise": 1}
        for address in ADDRESSES[:count]
    }
    route = {"cidr": "192.0.2.53/32", "healthcheck": [*checks]}
    with running(cloud, fresh_world(cloud), more={"healthchecks": checks}, manage_routes=[route]) as daemon:
        daemon.wait_until_all_healthy(count)
        time.sleep(SETTLED_AFTER)
        yield daemon


def _share(daemon: Subject, seconds: float = SECONDS) -> float:
    """% of a core that it takes in the next period."""
    start, before = time.monotonic(), daemon.cpu_seconds()
    time.sleep(seconds)
    return 100 * (daemon.cpu_seconds() - before) / (time.monotonic() - start)
