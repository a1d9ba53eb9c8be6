"""A host: its services with their healthchecks, the helper (the real daemon), ExaBGP, and its way to EC2."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from bgp2vpc.bgp.events import Announce, Event
from bgp2vpc.config.model import Config
from bgp2vpc.daemon import Daemon
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.messages import Acknowledgement, Message, StateChange, SummaryBegins, Update
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.operator.orders import Cause
from bgp2vpc.parts import Mode, Outside
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.unanswered import QUESTION
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.model import Instance
from tests.simulation.clock import OUTSIDE, Clock, Process
from tests.simulation.ec2 import Ec2View
from tests.simulation.mesh import Mesh, Speaker

VPC = "vpc-1"
SCRIPT = "healthcheck"
CHECKED = 0.5
"""Seconds from the start of a healthcheck to its first verdict."""


class Health(Enum):
    """What a service's healthcheck says: values are the MED that ExaBGP's announces, None: it withdraws."""

    WELL = 100
    DISABLED = 500
    SICK = 1000
    WITHDRAWN = None


@dataclass(frozen=True, slots=True)
class Service:
    """One prefix on one host. `since`: when it became so. `med`: instead of 100, while it is well."""

    health: Health = Health.WITHDRAWN
    med: int = 100
    local_preference: int = 100
    prepends: int = 0
    origin: str = "igp"
    since: float = 0.0

    @property
    def announced(self) -> bool:
        """Whether there is a path."""
        return self.health is not Health.WITHDRAWN

    @property
    def said_med(self) -> int:
        """The MED in its announcement."""
        return self.med if self.health is Health.WELL else (self.health.value or 0)

    def line(self, prefix: Prefix) -> str:
        """As ExaBGP's healthcheck would say it."""
        if not self.announced:
            return f"withdraw route {prefix} next-hop self"
        more = "" if self.origin == "igp" else f" origin {self.origin}"
        more += "" if self.local_preference == 100 else f" local-preference {self.local_preference}"
        more += f" as-path [ {' '.join(['65001'] * self.prepends)} ]" if self.prepends else ""
        return f"announce route {prefix} next-hop self med {self.said_med}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who and where a host is. `bridge` False: a BGP speaker without a helper (a BIRD, an appliance).

    Hosts of one `group` have sessions with each other, and tables of their own.
    """

    number: int
    zone: str
    writes_any: bool = False
    bridge: bool = True
    group: int = 0

    @property
    def name(self) -> str:
        """A word for the trace."""
        return f"host{self.number}"

    @property
    def interface_id(self) -> str:
        """Its only interface."""
        return f"eni-{self.number}"

    @property
    def instance_id(self) -> str:
        """Its instance."""
        return f"i-{self.number}"

    @property
    def address(self) -> IPAddress:
        """Its private address, which is its router id and its next hop."""
        return IPAddress(f"10.{1 + 'ab'.index(self.zone[-1])}.{self.number >> 8}.{self.number & 255}")


@dataclass(eq=False)
class Host:
    """`bugs` hears of a daemon that ended although nobody asked for it."""

    place: Place
    clock: Clock
    mesh: Mesh
    ec2: Ec2View
    config: Config
    told: Callable[[str, str], None]
    bugs: list[str]
    services: dict[Prefix, Service] = field(default_factory=dict)
    served_at: dict[Prefix, float] = field(default_factory=dict)
    draining: set[Prefix] = field(default_factory=set)
    """What was drained and not undrained since; the drain ends with the helper, which has no state file here."""
    heard: set[tuple[Prefix, IPAddress]] = field(default_factory=set)
    """What its helper has heard announced since it started, and by whom."""
    speaker: Speaker = field(init=False)
    started_at: float = 0.0
    process: Process | None = None
    daemon: Daemon | None = None
    frozen: bool = False
    _unsaid: list[Message] = field(default_factory=list)
    """What ExaBGP has to tell its helper, and what that has told it, while ExaBGP alone is frozen."""
    _unread: list[str] = field(default_factory=list)
    gone: bool = False
    """Its instance is terminated: it will not come back."""

    def __post_init__(self) -> None:
        self.speaker = Speaker(self.place.name, self.place.address, self._hear)

    @property
    def name(self) -> str:
        """A word for the trace."""
        return self.place.name

    @property
    def works(self) -> bool:
        """Whether everything on it runs."""
        has_helper = self.process is not None or not self.place.bridge
        return self.speaker.running and self.speaker.powered and not self.frozen and has_helper

    def offers(self, prefix: Prefix) -> bool:
        """Whether it announces the prefix, to whom it may concern."""
        service = self.services.get(prefix)
        if not (self.speaker.running and self.speaker.powered and service is not None and service.announced):
            return False
        return prefix not in self.draining or (prefix, None) in self.speaker.rib

    @property
    def is_hung(self) -> bool:
        """Whether ExaBGP is frozen, and the rest of the host is not."""
        return self.speaker.frozen and not self.frozen

    # ExaBGP and helper

    def boot(self) -> None:
        """Power on; ExaBGP starts, and its helper with it."""
        if self.gone:
            return
        self.speaker.powered = True
        self.start_exabgp()

    def power_off(self) -> None:
        """Nothing of it remains but what EC2 knows."""
        self.frozen = self.speaker.frozen = False
        self.kill_helper()
        self._unread.clear()
        self.speaker.powered = self.speaker.running = False
        self.mesh.changed(self.speaker)

    def start_exabgp(self) -> None:
        """With its helper, and the healthchecks of that."""
        if self.gone or not self.speaker.powered:
            return
        self.speaker.running = True
        self.mesh.changed(self.speaker)
        self.start_helper()

    def kill_exabgp(self) -> None:
        """It takes its helper along."""
        self.kill_helper()
        self.speaker.running, self.speaker.frozen = False, self.frozen
        self._unread.clear()
        self.mesh.changed(self.speaker)

    def hang_exabgp(self) -> None:
        """SIGSTOP of ExaBGP alone."""
        if self.speaker.running:
            self.speaker.frozen = True
            self.mesh.changed(self.speaker)

    def resume_exabgp(self) -> None:
        """SIGCONT: it reads and says all that has waited."""
        if not self.is_hung:
            return
        self.speaker.frozen = False
        self._catch_up()
        self.mesh.changed(self.speaker)
        self.start_helper()

    def _catch_up(self) -> None:
        unsaid, self._unsaid, unread, self._unread = self._unsaid, [], self._unread, []
        for message in unsaid:
            self._hear(message)
        for line in unread:
            self._to_exabgp(line)

    def start_helper(self) -> None:
        """A new one, if none runs; ExaBGP asks the peers for what they have announced."""
        if not self.speaker.running or self.is_hung or self.process is not None:
            return
        if not self.place.bridge:
            for prefix, service in self.services.items():
                self._to_exabgp(service.line(prefix))
            return
        self.process = Process(self.name, self.ec2.trip, frozen=self.frozen)
        self.started_at = self.clock.time()
        self.draining.clear()
        self.heard.clear()
        task = self.clock.create_task(self._live(), context=self.process.context)
        task.add_done_callback(self._ended, context=OUTSIDE)
        self._later(0.2, self.mesh.refresh, self.speaker)

    def kill_helper(self) -> None:
        """kill -9: what it announced stays announced by ExaBGP."""
        self._unsaid.clear()
        process, self.process, self.daemon = self.process, None, None
        if process is not None:
            process.kill(self.clock)

    def stop_helper(self) -> None:
        """SIGTERM, as for an upgrade; ExaBGP starts another one as soon as it has ended."""
        if self.daemon is not None:
            self._later(0.0, self.daemon.stop)

    def drain(self, prefix: Prefix) -> None:
        """`bgp2vpc drain PREFIX`."""
        if self.daemon is not None:
            self.draining.add(prefix)
            self.served_at[prefix] = self.clock.time()
            self._later(0.0, self.daemon.parts.drainer.drain, Cause.CLI, [prefix])

    def undrain(self) -> None:
        """`bgp2vpc undrain`."""
        if self.daemon is not None and self.draining:
            now = self.clock.time()
            self.served_at.update(dict.fromkeys(self.draining, now))
            for prefix in self.draining:
                self.services[prefix] = replace(self.services.get(prefix, Service()), since=now)
            self.draining.clear()
            self._later(0.0, self.daemon.parts.drainer.undrain)

    def freeze(self) -> None:
        """SIGSTOP of all its processes."""
        self.frozen = self.speaker.frozen = True
        if self.process is not None:
            self.process.frozen = True
        self.mesh.changed(self.speaker)

    def thaw(self) -> None:
        """SIGCONT."""
        self.frozen = self.speaker.frozen = False
        if self.process is not None:
            self.process.thaw(self.clock)
        self._catch_up()
        self.mesh.changed(self.speaker)

    def serve(self, prefix: Prefix, service: Service) -> None:
        """The service is so from now on, and its healthcheck says it."""
        now = self.clock.time()
        before = self.services.get(prefix, Service())
        since = before.since if before.announced == service.announced else now
        self.services[prefix] = replace(service, since=since)
        self.served_at[prefix] = now
        if not self.place.bridge:
            self._to_exabgp(service.line(prefix))
        elif self.daemon is not None:
            self._later(0.0, self._check, prefix)

    async def _live(self) -> int:
        instance = Instance(self.place.instance_id, "us-east-1", VPC)
        connection = Ec2Connection(self.ec2, instance, lambda _: self.ec2)
        process = self.process
        self.daemon = Daemon(self.config, Outside(lambda: self.config, lambda: connection, self), Mode())
        self.daemon.parts.adj_rib_in.opened(SCRIPT, SourceKind.SCRIPT)
        for prefix in self.services:
            asyncio.get_running_loop().call_later(CHECKED, self._check, prefix)
        status = await self.daemon.run()
        if self.process is process:
            self.process = self.daemon = None
        return status

    def _ended(self, task: "asyncio.Task[int]") -> None:
        if task.cancelled():
            return
        if error := task.exception():
            self.bugs.append(f"{self.name}: {error!r}")
        elif task.result():
            self.bugs.append(f"{self.name}: the daemon ended with {task.result()}")
        else:  # ExaBGP starts it again
            self.clock.call_later(0.3, self.start_helper, context=OUTSIDE)

    def _check(self, prefix: Prefix) -> None:
        if self.daemon is not None:
            line = self.services[prefix].line(prefix)
            self.told(self.name, f"healthcheck: {line}")
            self.daemon.parts.adj_rib_in.said(SCRIPT, parse(line))

    def send(self, line: str) -> bool:
        if self.process is None or self.process.dying:
            return True
        self.told(self.name, f"to exabgp: {line}")
        self._to_exabgp(line)
        return True

    def _to_exabgp(self, line: str) -> None:
        if self.is_hung:
            self._unread.append(line)
        elif line == QUESTION:
            self._hear(SummaryBegins())
            self._hear(Acknowledgement(ok=True))
        else:
            self.mesh.said(self.speaker, parse(line).events)

    def _hear(self, message: Message) -> None:
        if self.is_hung:
            self._unsaid.append(message)
        elif self.daemon is not None and self.process is not None:
            self._later(0.0, self._heard, message)

    def _heard(self, message: Message) -> None:
        if self.daemon is not None:
            self.told(self.name, f"hears {_shown(message)}")
            if isinstance(message, Update):
                announced = (each.path.prefix for each in message.events if isinstance(each, Announce))
                self.heard.update((prefix, message.peer) for prefix in announced)
            self.daemon.heard(message)

    def _later(self, seconds: float, action: Callable[..., object], *args: object) -> None:
        """In the helper's process, if it runs by then."""
        if self.process is None:
            return
        if seconds > 0:
            self.clock.call_later(seconds, action, *args, context=self.process.context)
        else:
            self.clock.call_soon(action, *args, context=self.process.context)


def _shown(message: Message) -> str:
    match message:
        case Update(peer, _, events):
            return f"{peer}: {', '.join(map(_said, events))}"
        case StateChange(peer, state):
            return f"{peer} {state.value}"
    return str(message)


def _said(event: Event) -> str:
    return announce_line(event.path) if isinstance(event, Announce) else str(event)
