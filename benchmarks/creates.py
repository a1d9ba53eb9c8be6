"""50 prefixes on 10 tables: 500 calls of CreateRoute."""

from collections.abc import Iterator

from benchmarks.figures import Figure, at_most
from benchmarks.subject import UNPACED, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Call, WorldSpec

COUNT = 500
PREFIXES = 50
BURST, RATE = 50, 5.0
SHORTEST = (COUNT - BURST) / RATE
"""Seconds that EC2's bucket makes 500 calls take, however they are sent."""


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Without a limit: three times, from the lines to the last answer."""
    seconds = []
    for _ in range(3):
        said, calls = _create_all(cloud, UNPACED, timeout=60.0)
        seconds.append(max(call.ended or said for call in calls) - said)
    yield Figure(f"{COUNT} creates, no limit", "s", seconds, (at_most(2.5),))


def measure_paced(cloud: Cloud) -> Iterator[Figure]:
    """Under EC2's bucket: once, from the lines to the last call's arrival."""
    said, calls = _create_all(cloud, "", timeout=3 * SHORTEST)
    seconds = max(call.started for call in calls) - said
    refused = sum(call.error == "RequestLimitExceeded" for call in calls)
    yield Figure(f"{COUNT} creates, EC2's {BURST} + {RATE:g}/s", "s", [seconds], (at_most(1.05 * SHORTEST),))
    yield Figure("RequestLimitExceeded among them", "calls", [float(refused)], (at_most(0),))


def _create_all(cloud: Cloud, more: str, timeout: float) -> tuple[float, list[Call]]:
    """When the lines were said, and the calls, once all routes exist."""
    world = fresh_world(cloud, WorldSpec(tables_per_zone=5))
    with running(cloud, world, more=more) as daemon:
        daemon.wait_until_ready()
        if not more:
            cloud.throttle(BURST, RATE)
        with daemon.pipe() as pipe:
            said = pipe.say(*(f"announce route 192.0.2.{number}/32 next-hop self" for number in range(PREFIXES)))
            calls = cloud.wait_for_calls("CreateRoute", count=COUNT, timeout=timeout)
            # A refused call counts, too; then the daemon has to try again.
            cloud.wait_until(lambda: _routes(cloud, world.tables) == COUNT, timeout)
            return said, cloud.calls("CreateRoute") if len(calls) == COUNT else calls


def _routes(cloud: Cloud, tables: tuple[str, ...]) -> int:
    return sum(len(cloud.routes(table).splitlines()) for table in tables)
