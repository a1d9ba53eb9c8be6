"""From the end of a service to the call that turns traffic away from it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.figures import Figure, at_most
from benchmarks.service import Service
from benchmarks.subject import fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, WorldSpec

ROUNDS = 20
EVERY = 0.2
PACE = {"every": EVERY, "fall": 3, "rise": 2}
ALLOWED = (at_most(1200),)
"""A second and two round trips."""
PREFIXES = [f"192.0.2.{number}/32" for number in range(1, ROUNDS + 1)]
PHASE = 0.618
"""Of a beat, by which each kill comes later in it than the one before: together they are all over it."""
ZONES = ("us-east-1a",)


def measure(cloud: Cloud) -> Iterator[Figure]:
    """This host's service, killed and started again and again; then the services of as many other hosts."""
    yield from _local(cloud)
    yield from _remote(cloud)


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


def _remote(cloud: Cloud) -> Iterator[Figure]:
    """A host for each round, with a service and a route, and all is well in the eyes of EC2."""
    # The services listen at the hosts' addresses, so these have to be on loopback.
    world = fresh_world(cloud, WorldSpec(instances=1 + ROUNDS, zones=ZONES, cidr="127.77.0.0/16"))
    owners = world.hosts[1:]
    for prefix, owner in zip(PREFIXES, owners, strict=True):
        cloud.write(External.create_route(owner.table, prefix, owner.interface_id))
    killed: list[float] = []
    with ExitStack() as stack:
        services = [stack.enter_context(Service(owners[0].address))]
        port = services[0].port
        services += [stack.enter_context(Service(owner.address, port)) for owner in owners[1:]]
        check = {"type": "tcp", "config": {"port": port}, **PACE}
        routes = [{"cidr": prefix, "remote_healthcheck": "service", "if_unhealthy": True} for prefix in PREFIXES]
        more = {"remote_healthchecks": {"service": check}}
        daemon = stack.enter_context(running(cloud, world, more=more, manage_routes=routes))
        daemon.wait_until_all_healthy(ROUNDS)
        for number, service in enumerate(services):
            time.sleep(number * PHASE % 1 * EVERY)
            killed.append(service.kill())
            cloud.wait_for_calls("ReplaceRoute", count=len(killed))
    replaced = [call.started for call in cloud.calls("ReplaceRoute")]
    yield Figure("owner's service killed -> ReplaceRoute", "ms", _milliseconds(killed, replaced), ALLOWED)


def _milliseconds(since: list[float], until: list[float]) -> list[float]:
    return [1000 * (end - start) for start, end in zip(since, until, strict=True)]
