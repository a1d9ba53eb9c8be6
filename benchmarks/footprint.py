"""What the daemon costs a small instance: memory, idle CPU, and the time until it is of use."""

import tempfile
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, at_most, goal
from benchmarks.subject import fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

PREFIX = "192.0.2.53/32"
AT_ONCE = f"sh -c 'echo announce route {PREFIX} next-hop self; exec sleep infinity'"
HEALTHCHECK = f"python3 -m exabgp healthcheck --cmd true --ip {PREFIX} --no-ip-setup --no-syslog"
STARTS = 5
IDLE_SECONDS = 30.0
# A poll of EC2 is part of idling: three of them within the time that is measured, where by default there were none.
OFTEN = {"poll_time": 10}


def measure_start(cloud: Cloud) -> Iterator[Figure]:
    """Starts, the very first with an empty cache."""
    yield Figure("start -> first CreateRoute", "s", [_start(cloud) for _ in range(STARTS)], (at_most(1.5),))
    with tempfile.TemporaryDirectory() as cache:
        first = _start(cloud, {"XDG_CACHE_HOME": cache})
    yield Figure("the very first start on a host", "s", [first])


def measure_idle(cloud: Cloud) -> Iterator[Figure]:
    """A daemon with one healthcheck, left alone."""
    world = fresh_world(cloud)
    with running(cloud, world, more=OFTEN, healthcheck=HEALTHCHECK) as daemon:
        cloud.wait_for_route(world.hosts[0].table, PREFIX, world.hosts[0].interface_id, timeout=20)
        time.sleep(2)
        cpu = daemon.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        idle = 100 * (daemon.cpu_seconds() - cpu) / IDLE_SECONDS
        yield Figure("idle CPU, with one healthcheck", "% of a core", [idle], (at_most(0.3),))
        yield Figure("resident memory, with one healthcheck", "MB", [daemon.resident()], (at_most(80), goal(60)))


def _start(cloud: Cloud, environment: dict[str, str] | None = None) -> float:
    """Seconds from the process's start to the first write's arrival at EC2."""
    world = fresh_world(cloud)
    with running(cloud, world, environment=environment, script=AT_ONCE) as daemon:
        calls = cloud.wait_for_calls("CreateRoute", timeout=20, finished=False)
        return calls[0].started - daemon.started
