"""From the end of a service to the call that turns traffic away from it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.figures import Figure, Statistic, at_most, goal
from benchmarks.service import Service
from benchmarks.subject import fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, WorldSpec

ROUNDS = 20
EVERY = 0.2
PACE = {"every": EVERY, "fall": 3, "rise": 2}
QUICK_PACE = {"every": 0.05, "fall": 3, "rise": 2, "timeout": 0.1}
ALLOWED = (at_most(1200),)
"""A second and two round trips."""
PREFIXES = [f"192.0.2.{number}/32" for number in range(1, ROUNDS + 1)]
PHASE = 0.618
"""Of a beat, by which each kill comes later in it than the one before: together they are all over it."""
PAUSE = 0.5
"""Seconds between two owners."""
ZONES = ("us-east-1a",)


def measure(cloud: Cloud) -> Iterator[Figure]:
    """This host's service, killed and started again and again; then the services of as many other hosts."""
    yield from _local(cloud)
    killed = list(_remote(cloud, PREFIXES, PACE, Service.kill))
    yield Figure("owner's service killed -> ReplaceRoute", "ms", killed, ALLOWED)
    # Ten at a time: as many checks as one instance has of a kind that is so quick.
    halves = (PREFIXES[: ROUNDS // 2], PREFIXES[ROUNDS // 2 :])
    gone = [
        each for prefixes in halves for each in _remote(cloud, prefixes, QUICK_PACE, Service.cut_off, answered=True)
    ]
    yield Figure(
        "owner's host gone, every 0.05 -> ReplaceRoute answered",
        "ms",
        gone,
        (at_most(500, Statistic.MEDIAN), goal(500)),
    )


def _local(cloud: Cloud) -> Iterator[Figure]:
    """Before every second round EC2 is read, and not before the others."""
    world = fresh_world(cloud, WorldSpec(zones=ZONES))
    killed: list[float] = []
    started: list[float] = []
    with Service("127.0.0.1") as service:
        check = {"type": "tcp", "destination": "127.0.0.1", "config": {"port": service.port}, **PACE}
        route = {"cidr": PREFIXES[0], "healthcheck": "service"}
        with running(cloud, world, more={"healthchecks": {"service": check}}, manage_routes=[route]) as daemon:
            cloud.wait_for_calls("CreateRoute")
            for number in range(ROUNDS):
                if number % 2 == 0:
                    daemon.poll_now()
                    cloud.wait_for_calls("DescribeNetworkInterfaces", count=2 + number // 2)
                time.sleep(number * PHASE % 1 * EVERY)
                killed.append(service.kill())
                cloud.wait_for_calls("DeleteRoute", count=len(killed))
                time.sleep(number * PHASE % 1 * EVERY)
                started.append(service.start())
                cloud.wait_for_calls("CreateRoute", count=1 + len(started))
    deleted = [call.started for call in cloud.calls("DeleteRoute")]
    created = [call.started for call in cloud.calls("CreateRoute")]
    until_deleted = _milliseconds(killed, deleted)
    yield Figure("service killed -> DeleteRoute", "ms", until_deleted[::2], ALLOWED)
    yield Figure("the same, not the first change since EC2 was read", "ms", until_deleted[1::2], ALLOWED)
    yield Figure("service back -> CreateRoute", "ms", _milliseconds(started, created[1:]), ALLOWED)


def _remote(
    cloud: Cloud,
    prefixes: Sequence[str],
    pace: Mapping[str, float],
    strike: Callable[[Service], float],
    *,
    answered: bool = False,
) -> list[float]:
    """Milliseconds to the arrival of each ReplaceRoute, or to its answer.

    There is a host for each prefix, with a service and a route, and all is well in the eyes of EC2.
    """
    # The services listen at the hosts' addresses, so these have to be on loopback.
    world = fresh_world(cloud, WorldSpec(instances=1 + len(prefixes), zones=ZONES, cidr="127.77.0.0/16"))
    owners = world.hosts[1:]
    for prefix, owner in zip(prefixes, owners, strict=True):
        cloud.write(External.create_route(owner.table, prefix, owner.interface_id))
    struck: list[float] = []
    with ExitStack() as stack:
        services = [stack.enter_context(Service(owners[0].address))]
        port = services[0].port
        services += [stack.enter_context(Service(owner.address, port)) for owner in owners[1:]]
        check = {"type": "tcp", "config": {"port": port}, **pace}
        routes = [{"cidr": prefix, "remote_healthcheck": "service", "if_unhealthy": True} for prefix in prefixes]
        more = {"remote_healthchecks": {"service": check}}
        daemon = stack.enter_context(running(cloud, world, more=more, manage_routes=routes))
        daemon.wait_until_all_healthy(len(prefixes))
        for number, service in enumerate(services):
            time.sleep(PAUSE + number * PHASE % 1 * EVERY)
            struck.append(strike(service))
            cloud.wait_for_calls("ReplaceRoute", count=len(struck))
    calls = cloud.calls("ReplaceRoute")
    return _milliseconds(struck, [(call.ended or 0.0) if answered else call.started for call in calls])


def _milliseconds(since: list[float], until: list[float]) -> list[float]:
    return [1000 * (end - start) for start, end in zip(since, until, strict=True)]
