"""500 routes of an instance that is dead, or whose service is: until all of them point here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.figures import Bound, Figure, Statistic, at_most
from benchmarks.service import Service
from benchmarks.subject import UNPACED, Subject, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, World, WorldSpec

ROUNDS = 3
TABLES = 10
PREFIXES = [f"192.0.2.{number}/32" for number in range(50)]
COUNT = TABLES * len(PREFIXES)
PERMITTED = COUNT - len(PREFIXES)
SECONDS, CALLS = at_most(5), at_most(700)
"""AWSnycast 0.2.1 took 107 s and 1,450 calls."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there: the owner of the routes is the second host of the world, `service` is what it does."""

    world: World
    service: Service
    daemon: Subject

    def bury(self, cloud: Cloud) -> float:
        """End the owner, and have the daemon look; returns when it did."""
        cloud.write(External.terminate(self.world.hosts[1].instance_id))
        self.daemon.poll_now()
        return cloud.wait_for_calls("DescribeRouteTables", finished=False)[0].started


def measure(cloud: Cloud) -> Iterator[Figure]:
    """The owner is terminated; its service is killed; it is terminated, and one table is denied to us."""
    yield from _figures(cloud, f"{COUNT} routes of a dead instance", lambda scene: scene.bury(cloud))
    yield from _figures(cloud, f"{COUNT} routes of a dead service, EC2 says ok", lambda scene: scene.service.kill())
    with _scene(cloud) as scene:
        denied = scene.world.tables[0]
        cloud.fault(Fault.unauthorized("ReplaceRoute", times=None, where={"RouteTableId": denied}))
        since = scene.bury(cloud)
        _wait(cloud, PERMITTED)
    name = f"one of {TABLES} tables denied: the other routes"
    yield Figure(name, "s", [max(_written(cloud)) - since], (SECONDS,))
    everything = Bound(Statistic.MINIMUM, PERMITTED, at_least=True)
    yield Figure(f"{name} written", "routes", [len(_written(cloud))], (everything,))


def _figures(cloud: Cloud, name: str, strike: Callable[[Scene], float]) -> Iterator[Figure]:
    """From the read that shows the death, or from the death that only checks can see, to the last answer."""
    seconds: list[float] = []
    calls: list[float] = []
    for _ in range(ROUNDS):
        with _scene(cloud) as scene:
            since = strike(scene)
            _wait(cloud, COUNT)
        until = max(_written(cloud))
        seconds.append(until - since)
        calls.append(sum(call.started <= until for call in cloud.calls()))
    yield Figure(name, "s", seconds, (SECONDS,))
    yield Figure(f"{name}: calls", "calls", calls, (CALLS,))


@contextmanager
def _scene(cloud: Cloud) -> Iterator[Scene]:
    """All routes point at the owner, which is well, and the daemon knows."""
    # The service listens at the owner's address, so that has to be on loopback.
    world = fresh_world(cloud, WorldSpec(tables_per_zone=TABLES // 2, cidr="127.77.0.0/16"))
    owner = world.hosts[1]
    for table in world.tables:
        for prefix in PREFIXES:
            cloud.write(External.create_route(table, prefix, owner.interface_id))
    with Service(owner.address) as service:
        check = {"type": "tcp", "every": 0.2, "fall": 3, "rise": 2, "config": {"port": service.port}}
        more = {**UNPACED, "remote_healthchecks": {"service": check}}
        routes = [{"cidr": prefix, "remote_healthcheck": "service", "if_unhealthy": True} for prefix in PREFIXES]
        with running(cloud, world, more=more, manage_routes=routes) as daemon:
            daemon.wait_until_all_healthy(1)
            cloud.forget_calls()
            yield Scene(world, service, daemon)


def _wait(cloud: Cloud, count: int) -> None:
    """Until so many routes are written."""
    # Looking at all calls after each of them would be load of our own; where some fail, there are more in the end.
    cloud.wait_for_calls("ReplaceRoute", count=count, timeout=60)
    cloud.wait_until(lambda: len(_written(cloud)) >= count, timeout=60)


def _written(cloud: Cloud) -> list[float]:
    """When each route was answered to have been replaced."""
    calls = cloud.calls("ReplaceRoute")
    return [call.ended for call in calls if call.ended is not None and not call.error]
