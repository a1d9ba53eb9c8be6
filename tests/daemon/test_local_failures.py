"""Whatever goes wrong on our own side: no healthy owner loses its route, and no healthy service its own.

And what goes wrong on the other side afterwards still has its consequences.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pytest
from checked import P, Q, Service
from checked import settings as of_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab import OURS, PEER, Lab

from bgp2vpc.errors import Credentials, Denied, Throttled, Transient
from bgp2vpc.vpc.model import InstanceHealth
from tests.descriptors import no_descriptors
from tests.memory_vpc import MemoryVpc

pytestmark = pytest.mark.io

EVERY = 1.0
NORMAL: Callable[[Any], Any] = lambda answer: answer  # noqa: E731


class TroubledVpc(MemoryVpc):
    """Spoils the answer to one call, by its name, while told so."""

    def __init__(self) -> None:
        super().__init__()
        self.spoil: dict[str, Callable[[Any], Any]] = {}

    def route_tables(self, vpc_ids, table_ids=()):
        return self.spoil.get("route_tables", NORMAL)(super().route_tables(vpc_ids, table_ids))

    def interfaces(self, instance_id):
        return self.spoil.get("interfaces", NORMAL)(super().interfaces(instance_id))

    def instance_health(self, instance_ids):
        return self.spoil.get("instance_health", NORMAL)(super().instance_health(instance_ids))


def failing(error: Exception) -> Callable[[Any], Any]:
    def fail(_: Any) -> Any:
        raise error

    return fail


def without_local(tables):
    return tuple(replace(table, routes=()) for table in tables)


SPOILED = [
    ("route_tables", lambda _: ()),
    ("route_tables", without_local),
    ("interfaces", lambda _: ()),
    ("instance_health", lambda _: {}),
    ("instance_health", lambda known: dict.fromkeys(known, InstanceHealth.UNKNOWN)),
    *(
        (call, failing(kind("X", "X", "x")))
        for call in ("route_tables", "interfaces", "instance_health")
        for kind in (Transient, Throttled, Denied, Credentials)
    ),
]


@dataclass(frozen=True)
class Trouble:
    """For `seconds`: no descriptors; an event loop that is late again and again; an answer of EC2 spoiled."""

    seconds: float
    descriptors: bool = False
    late: float = 0.0
    spoiled: tuple[str, Callable[[Any], Any]] | None = None

    def befall(self, lab: Lab) -> None:
        assert isinstance(lab.vpc, TroubledVpc)
        lab.vpc.spoil = dict([self.spoiled]) if self.spoiled else {}
        until = lab.now + self.seconds
        with no_descriptors() if self.descriptors else nullcontext():
            while lab.now < until:
                lab.wait(0.3)
                if self.late:
                    lab.loop.stall(self.late)
        lab.vpc.spoil = {}


TROUBLES = st.builds(
    Trouble,
    seconds=st.sampled_from([0.5, 3.0, 12.0, 70.0]),
    descriptors=st.booleans(),
    late=st.sampled_from([0.0, 0.0, 0.4, 0.9, 5.0]),
    spoiled=st.none() | st.sampled_from(SPOILED),
)


def file(service: Service, remote: Service) -> str:
    return f"""\
healthchecks:
  web: {{type: tcp, destination: 127.0.0.1, every: {EVERY}, config: {{port: {service.port}}}}}
remote_healthchecks:
  alive: {{type: tcp, every: {EVERY}, config: {{port: {remote.port}}}}}
routetables:
  private:
    find: {{type: by_tag, config: {{key: type, value: private}}}}
    manage_routes:
      - {{cidr: {P}, healthcheck: web, if_unhealthy: true, remote_healthcheck: alive}}
      - {{cidr: {Q}, healthcheck: web}}
"""


def vpc() -> TroubledVpc:
    """The peer, at 127.0.0.2, has one route, and we have the other."""
    made = TroubledVpc()
    made.add_table("rtb-1", tags={"type": "private"})
    made.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    made.add_interface(PEER, "i-2", addresses=["127.0.0.2"])
    made.put_route("rtb-1", P, PEER)
    made.put_route("rtb-1", Q, OURS)
    return made


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(troubles=st.lists(TROUBLES, min_size=2, max_size=5))
def test_our_own_trouble_costs_nobody_a_route(make_lab, troubles: list[Trouble]) -> None:
    service, remote = Service(), Service("127.0.0.2")
    try:
        lab = make_lab(vpc(), **of_file(file(service, remote))).start(wait=10)
        for trouble in troubles:
            trouble.befall(lab)
            lab.wait(1.0)
            service.visits(), remote.visits()  # their queues are not to be full
        lab.wait(150)  # what was throttled or refused is asked for again
        assert [call for call in lab.calls if "Route " in call] == []
        remote.stop()
        lab.wait(15)
        assert lab.writes == [f"ReplaceRoute rtb-1 {P} {OURS}"]
        service.stop()
        lab.wait(15)
        assert [each for each in lab.routes if "local" not in each] == []
    finally:
        service.stop()
        remote.stop()
        lab.dispose()
