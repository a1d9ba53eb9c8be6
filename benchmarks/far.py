"""A health check that fails, until EC2 has accepted the write, with EC2 behind TLS and a round trip of 40 ms."""

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from benchmarks.distance import HOSTS, ROUND_TRIP, Distance, distance
from benchmarks.figures import Figure, Statistic, goal
from benchmarks.service import Service
from benchmarks.subject import Subject, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, WorldSpec

ROUNDS = 20
EVERY, FALL = 0.2, 3
PACE = {"every": EVERY, "fall": FALL, "rise": 2}
PREFIXES = [f"192.0.2.{number}/32" for number in range(1, ROUNDS + 1)]
PHASE = 0.618
"""Of a beat, by which each kill comes later in it than the one before: together they are all over it."""
SLACK = 0.02
"""Seconds beside the check and the round trip of the write."""
ZONES = ("us-east-1a",)
KIT = Path(__file__).parents[1] / "tests/system"
SETTLED = 0.3
"""Seconds until it is known at the other end of the link that a call was answered, or a connection closed."""
IDLE = 6.0
"""Seconds without a call, after which connections are closed."""


def measure(_: Cloud) -> Iterator[Figure]:
    """Each with the connections to EC2 open since the round before, and closed. Raises OSError without root."""
    sys.path.insert(0, str(KIT))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with distance() as far:
        for are_open in (False, True):
            with_what = "connections open" if are_open else "connections closed"
            yield from _figures(f"own service killed, {with_what}", *_own(far, are_open=are_open))
            yield from _figures(f"owner's service killed, {with_what}", *_owners(far, are_open=are_open))


def _figures(case: str, killed: Sequence[float], log: str, event: str) -> Iterator[Figure]:
    verdicts, written = _moments(log, "check unhealthy"), _moments(log, event)
    goals = [goal(1000 * limit, Statistic.MEDIAN) for limit in (FALL * EVERY + ROUND_TRIP + SLACK, ROUND_TRIP + SLACK)]
    for what, since, bound in (("killed -> accepted", killed, goals[0]), ("verdict -> accepted", verdicts, goals[1])):
        yield Figure(f"{case}: {what}", "ms", [1000 * (b - a) for a, b in zip(since, written, strict=True)], (bound,))


def _own(far: Distance, *, are_open: bool) -> tuple[list[float], str, str]:
    """The daemon's own service, killed and started again and again: the route is deleted and created."""
    world = fresh_world(far.cloud, WorldSpec(zones=ZONES))
    far.cloud.latency(0)
    killed: list[float] = []
    with Service(far.address) as service:
        check = {"type": "tcp", "destination": far.address, "config": {"port": service.port}, **PACE}
        route = {"cidr": PREFIXES[0], "healthcheck": "service"}
        with running(
            far.cloud, world, more={"healthchecks": {"service": check}}, manage_routes=[route],
            environment=far.environment, wrapper=far.wrapper,
        ) as daemon:  # fmt: skip
            far.cloud.wait_for_calls("CreateRoute")
            for number in range(ROUNDS):
                _pause(far, number, are_open=are_open)
                killed.append(service.kill())
                far.cloud.wait_for_calls("DeleteRoute", count=len(killed))
                service.start()
                far.cloud.wait_for_calls("CreateRoute", count=1 + len(killed))
            return killed, _log(daemon), "route deleted"


def _owners(far: Distance, *, are_open: bool) -> tuple[list[float], str, str]:
    """A host for each round, with a service and a route that we take."""
    world = fresh_world(far.cloud, WorldSpec(instances=1 + ROUNDS, zones=ZONES, cidr=HOSTS))
    far.cloud.latency(0)
    owners = world.hosts[1:]
    for prefix, owner in zip(PREFIXES, owners, strict=True):
        far.cloud.write(External.create_route(owner.table, prefix, owner.interface_id))
        far.add_address(owner.address)
    killed: list[float] = []
    with ExitStack() as stack:
        services = [stack.enter_context(Service(owners[0].address))]
        port = services[0].port
        services += [stack.enter_context(Service(owner.address, port)) for owner in owners[1:]]
        check = {"type": "tcp", "config": {"port": port}, **PACE}
        routes = [{"cidr": prefix, "remote_healthcheck": "service", "if_unhealthy": True} for prefix in PREFIXES]
        daemon = stack.enter_context(
            running(
                far.cloud, world, more={"remote_healthchecks": {"service": check}}, manage_routes=routes,
                environment=far.environment, wrapper=far.wrapper,
            )
        )  # fmt: skip
        daemon.wait_until_all_healthy(ROUNDS)
        for number, service in enumerate(services):
            _pause(far, number, are_open=are_open)
            killed.append(service.kill())
            far.cloud.wait_for_calls("ReplaceRoute", count=len(killed))
        return killed, _log(daemon), "route replaced"


def _pause(far: Distance, number: int, *, are_open: bool) -> None:
    if not are_open:
        time.sleep(IDLE)
        far.close_connections()
    time.sleep(SETTLED + number * PHASE % 1 * EVERY)


def _log(daemon: Subject) -> str:
    """What it has logged, the answer to the last write included."""
    time.sleep(SETTLED)
    return daemon.socket.with_name("log").read_text()


def _moments(log: str, event: str) -> list[float]:
    """When these events were logged, on the monotonic clock."""
    ahead = time.time() - time.monotonic()
    stamps = re.findall(rf"^(\S+)Z \w+ {event} ", log, re.MULTILINE)
    return [datetime.fromisoformat(f"{stamp}+00:00").timestamp() - ahead for stamp in stamps]
