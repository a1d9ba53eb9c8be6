"""50 prefixes on 10 tables: 500 calls of CreateRoute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.subject import UNPACED, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudCall, WorldSpec

COUNT = 500
PREFIXES = 50
BURST, RATE = 50, 5.0
SHORTEST = (COUNT - BURST) / RATE
"""Seconds that EC2's bucket makes 500 calls take, however they are sent."""


@dataclass(frozen=True, slots=True)
class Run:
    """When the lines were said, the calls that came of it, and the daemon's memory in MB at the end."""

    said: float
    calls: list[CloudCall]
    resident: float


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Without a limit: three times, from the lines to the last answer."""
    runs = [_create_all(cloud, UNPACED, timeout=60.0) for _ in range(3)]
    seconds = [max(call.ended or run.said for call in run.calls) - run.said for run in runs]
    yield Figure(f"{COUNT} creates, no limit", "s", seconds, (at_most(2.5),))
    yield Figure("resident memory behind them", "MB", [run.resident for run in runs], (at_most(80),))


def measure_paced(cloud: Cloud) -> Iterator[Figure]:
    """Under EC2's bucket: once, from the lines to the last call's arrival."""
    run = _create_all(cloud, {}, timeout=3 * SHORTEST)
    seconds = max(call.started for call in run.calls) - run.said
    refused = sum(call.error == "RequestLimitExceeded" for call in run.calls)
    yield Figure(f"{COUNT} creates, EC2's {BURST} + {RATE:g}/s", "s", [seconds], (at_most(1.05 * SHORTEST),))
    yield Figure("RequestLimitExceeded among them", "calls", [float(refused)], (at_most(0),))


def _create_all(cloud: Cloud, more: Mapping[str, Any], timeout: float) -> Run:
    """Until all routes exist."""
    world = fresh_world(cloud, WorldSpec(tables_per_zone=5))
    with running(cloud, world, more=more) as daemon:
        daemon.wait_until_ready()
        if not more:
            cloud.throttle(BURST, RATE)
        with daemon.pipe() as pipe:
            said = pipe.say(*(f"announce route 192.0.2.{number}/32 next-hop self" for number in range(PREFIXES)))
            cloud.wait_for_calls("CreateRoute", count=COUNT, timeout=timeout)
            # Refused calls count, too, and are tried again.
            cloud.wait_until(lambda: _routes(cloud, world.tables) == COUNT, timeout)
            return Run(said, cloud.calls("CreateRoute"), daemon.resident())


def _routes(cloud: Cloud, tables: tuple[str, ...]) -> int:
    return sum(len(cloud.routes(table).splitlines()) for table in tables)
