"""The whole of it: hosts, mesh and VPC, made from a `Plan`, and the trace of what happens."""

import logging
import random as global_random
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.policy.rule import Takeover, Writes
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.model import InstanceHealth
from tests.simulation.clock import OUTSIDE, PROCESS, Clock
from tests.simulation.ec2 import SETTLE_TIME, Ec2View, SharedVpc, Weather, Write
from tests.simulation.host import Host, Place
from tests.simulation.mesh import Mesh
from tests.values import rule

ZONES = ("us-east-1a", "us-east-1b")
STRANGER = "eni-other"
"""The interface of an instance that is well and has nothing to do with us."""
GATEWAY = "igw-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a fleet is made of. `tables`: id -> zone; those not in
    `groups` are of group 0. `takeover` and `affinity` as in the rule.

    `calm_at`: when nothing happens any more. `mesh_delay` and `age`: seconds that a message of BGP takes at most, and
    that a read of EC2 is old at most, when all is well.
    """

    hosts: tuple[Place, ...]
    tables: dict[str, str]
    prefixes: tuple[Prefix, ...]
    affinity: bool = False
    takeover: Takeover = Takeover.BEST_PATH
    takeovers: dict[int, Takeover] = field(default_factory=dict)
    """Of groups that have another one."""
    poll_time: float | None = 60.0
    mesh_delay: float = 0.05
    age: float = 0.0
    calm_at: float = 60.0
    groups: dict[str, int] = field(default_factory=dict)


@dataclass
class Trace:
    """What happened, when and to whom; only where somebody wants to read it."""

    clock: Clock
    wanted: bool = False
    lines: list[str] = field(default_factory=list)

    def __call__(self, who: str, what: str) -> None:
        """Write it down."""
        if self.wanted:
            self.lines.append(f"{self.clock.time() - 1000:9.3f} {who:<8} {what}")


class Fleet:
    """Everything is up and quiet at first, and nothing is announced."""

    def __init__(self, plan: Plan, seed: int, *, traced: bool = False) -> None:
        self.plan = plan
        self.clock = Clock()
        self.trace = Trace(self.clock, traced)
        self.random = Random(f"run {seed}")
        global_random.seed(seed)
        self.bugs: list[str] = []
        self.writes: list[Write] = []
        self.watchers: list[Callable[[Write], None]] = []
        self.clock.set_exception_handler(lambda _, context: self._bug(context))
        self.vpc = SharedVpc(self.clock, self._wrote)
        self._furnish()
        self.meshes = [Mesh(self.clock, self.random, self.trace, plan.mesh_delay) for _ in range(self._groups)]
        self.hosts = [self._host(place) for place in plan.hosts]

    def _furnish(self) -> None:
        for number, zone in enumerate(ZONES, start=1):
            self.vpc.add_subnet(f"subnet-{number}", f"10.{number}.0.0/16", zone=zone)
        for table_id, zone in self.plan.tables.items():
            subnets = [f"subnet-{ZONES.index(zone) + 1}"]
            self.vpc.add_table(table_id, tags={"group": str(self.plan.groups.get(table_id, 0))}, subnet_ids=subnets)
        for place in self.plan.hosts:
            subnet = f"subnet-{ZONES.index(place.zone) + 1}"
            addresses = [str(place.address)]
            self.vpc.add_interface(place.interface_id, place.instance_id, subnet_id=subnet, addresses=addresses)
        self.vpc.add_interface(STRANGER, "i-other", subnet_id="subnet-1", addresses=["10.1.255.99"])
        self.vpc.add_gateway(GATEWAY)
        self.vpc.remember()

    def _host(self, place: Place) -> Host:
        view = Ec2View(place.name, self.vpc, self.random, self.trace)
        view.weather.age = self.plan.age
        mesh = self.meshes[place.group]
        host = Host(place, self.clock, mesh, view, self._config(place), self.trace, self.bugs)
        mesh.add(host.speaker)
        return host

    def _config(self, place: Place) -> Config:
        found = rule(
            find=ByTag("group", str(place.group)),
            takeover=self.plan.takeovers.get(place.group, self.plan.takeover),
            affinity=self.plan.affinity,
            writes=Writes.ANY if place.writes_any else Writes.OWN,
        )
        return Config(
            file="simulation.yaml",
            socket=None,
            rules=(found,),
            on_exit=OnExit.KEEP,
            poll_time=self.plan.poll_time,
            settle_time=SETTLE_TIME,
        )

    @property
    def _groups(self) -> int:
        return 1 + max(place.group for place in self.plan.hosts)

    @property
    def mesh(self) -> Mesh:
        """The only one there is, in most fleets."""
        return self.meshes[0]

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self.clock.time() - 1000.0

    def at(self, when: float, action: Callable[..., object], *args: object) -> None:
        """Do this at that second."""
        self.clock.call_at(1000.0 + when, action, *args, context=OUTSIDE)

    def run_until(self, when: float) -> None:
        """Let time pass."""
        waiting = self.clock.create_future()
        self.at(when, waiting.set_result, None)
        self.clock.run_until_complete(waiting)

    def holder(self, table_id: str, prefix: Prefix) -> str | None:
        """What the route points at."""
        return self.vpc.holder(table_id, prefix)

    def host_of(self, interface_id: str | None) -> Host | None:
        """Whose interface it is."""
        return next((host for host in self.hosts if host.place.interface_id == interface_id), None)

    def terminate(self, host: Host) -> None:
        """Its instance and its interface are gone for good."""
        host.power_off()
        host.gone = True
        if self.vpc.is_there(host.place.interface_id):
            self.vpc.terminate(host.place.instance_id)

    def calm(self) -> None:
        """All that was broken is mended; who has no power at this time is known to EC2 to be down."""
        self.trace("world", "calm")
        # What a frozen host has received comes before what still waits on a link that is cut.
        for host in self.hosts:
            if host.frozen:
                host.thaw()
            host.resume_exabgp()
        for mesh in self.meshes:
            mesh.mend(self.plan.mesh_delay)
        for host in self.hosts:
            host.ec2.weather = Weather(age=self.plan.age)
            if host.gone:
                continue
            if not host.speaker.powered:
                host.boot()
            elif not host.speaker.running:
                host.start_exabgp()
            elif host.process is None:
                host.start_helper()
            host.undrain()
            self.vpc.set_health(host.place.instance_id, InstanceHealth.OK)

    def close(self) -> None:
        """End it all."""
        for host in self.hosts:
            host.kill_helper()
        self.run_until(self.now + 0.01)
        self.clock.close()

    def _wrote(self, write: Write) -> None:
        self.writes.append(write)
        self.trace("vpc", f"{write.writer} wrote {write}")
        for watch in self.watchers:
            watch(write)

    def _bug(self, context: dict[str, object]) -> None:
        self.bugs.append(f"{context.get('message')}: {context.get('exception') or context.get('task')!r}")


class LogToTrace(logging.Handler):
    """What the daemons log, in the trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        process = PROCESS.get()
        fields = " ".join(f"{key}={value}" for key, value in getattr(record, "fields", {}).items())
        self._trace(process.name if process else "?", f"log: {record.getMessage()} {fields}")
