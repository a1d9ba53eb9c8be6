"""From a line written to the daemon's pipe to the call's arrival at EC2."""

import time
from collections.abc import Iterator, Mapping

from benchmarks.figures import Figure, Statistic, at_most
from benchmarks.subject import EC2_LATENCY, UNPACED, Pipe, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import WorldSpec

COUNT = 200
PAUSE = 0.05
PREFIXES = [f"192.0.2.{number}/32" for number in range(COUNT)]


def measure(cloud: Cloud) -> Iterator[Figure]:
    """200 announcements, then 200 withdrawals, one every 50 ms, on one table."""
    world = fresh_world(cloud, WorldSpec(zones=("us-east-1a",)))
    with running(cloud, world, more=UNPACED) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe() as pipe:
            announced = _say_each(pipe, "announce route {} next-hop self med 100")
            created = _arrivals(cloud, "CreateRoute")
            withdrawn = _say_each(pipe, "withdraw route {} next-hop self")
            deleted = _arrivals(cloud, "DeleteRoute")
    yield Figure(
        "announce line -> CreateRoute",
        "ms",
        [1000 * (created[prefix] - announced[prefix]) for prefix in PREFIXES],
        (at_most(5, Statistic.MEDIAN), at_most(20, Statistic.P99)),
    )
    yield Figure(
        "withdraw line -> DeleteRoute, behind a fresh read of 100 ms",
        "ms",
        [1000 * (deleted[prefix] - withdrawn[prefix]) for prefix in PREFIXES],
        (at_most(1000 * EC2_LATENCY + 10, Statistic.P99),),
    )


def _say_each(pipe: Pipe, line: str) -> dict[str, float]:
    said = {}
    for prefix in PREFIXES:
        said[prefix] = pipe.say(line.format(prefix))
        pipe.await_answers(1)
        time.sleep(PAUSE)
    return said


def _arrivals(cloud: Cloud, operation: str) -> Mapping[str, float]:
    calls = cloud.wait_for_calls(operation, count=COUNT)
    return {call.parameters["DestinationCidrBlock"]: call.started for call in calls}
