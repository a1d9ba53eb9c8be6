"""Two hosts (or more) that announce the same prefix, all well, the first one the owner: and then something breaks.

On the simulation's virtual time: real daemons, ExaBGPs and EC2 as their helpers notice them. Calls of EC2 and messages
of BGP take what `ROUND_TRIP` and `HEARD` say at most, and no more; so every bound here is exact.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bgp2vpc.exabgp_api.messages import PeerState, StateChange
from bgp2vpc.health.model import Check, Tcp
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress, parse_prefix
from tests.daemon.serf_cluster import SerfCluster
from tests.simulation.ec2 import Weather, Write
from tests.simulation.fleet import Fleet, LogToTrace, Plan
from tests.simulation.host import Health, Host, Place, Service
from tests.simulation.mesh import HOLD_TIME

P: Final = parse_prefix("192.0.2.53/32")
TABLE: Final = "rtb-1"
SETTLED: Final = 60.0
"""Seconds after which every host is up, has told all and read all, and nothing settles any more."""

ROUND_TRIP: Final = 0.12
"""Seconds that a call of EC2 takes at most."""
CREATE: Final = ROUND_TRIP
TAKE: Final = 2 * ROUND_TRIP
"""A read of the table and a ReplaceRoute."""
DELETE: Final = 2 * ROUND_TRIP
HEARD: Final = 0.06
"""Seconds from an announcement to the decision of a peer."""
HOLD: Final = 1.2 * HOLD_TIME
"""Seconds until a silent peer is noticed: `hold-time 3`, and ExaBGP's own ticks."""
HANDOVER: Final = 2.0
SETTLE: Final = 10.0
"""`settle_time`, by default."""
STARTUP_HOLD: Final = 10.0
RECONNECT: Final = 5.0
"""Seconds until a session is up again after a partition."""
POLL: Final = 66.0
"""Seconds between two polls at most: `poll_time` and a tenth."""
EVERY, FALL, RISE = 0.2, 3, 2
CHECKED: Final = EVERY + FALL * EVERY
"""Seconds until the remote check of an owner that does not answer fails: a beat, and `fall` time-outs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Place):
    """A host with an address of loopback, where it can be asked how it is."""

    @property
    def address(self) -> IPAddress:
        return IPAddress(f"127.{1 + 'ab'.index(self.zone[-1])}.0.{self.number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`remote`: the owner is asked how it is; `votes`: as many have to find it dead, and there is a Serf cluster.

    `rule` and `config`: what else the files of the hosts say.
    """

    hosts: int = 2
    remote: bool = False
    votes: int | None = None
    seed: int = 1
    rule: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


class Scene:
    """`blocked`: hosts whose service is not reached by others, although BGP is (a network ACL)."""

    def __init__(self, setting: Setting) -> None:
        self.calm = 120.0 if setting.remote else 600.0
        """Seconds in which nothing more happens; probes cost real time."""
        seats = tuple(Seat(number=each, zone="us-east-1a") for each in range(1, setting.hosts + 1))
        plan = Plan(hosts=seats, tables={TABLE: "us-east-1a"}, prefixes=(P,))
        self.fleet = Fleet(plan, setting.seed, traced=True)
        self.hosts = self.fleet.hosts
        self.blocked: set[Host] = set()
        self.log = LogToTrace(self.fleet.trace)
        logging.getLogger("bgp2vpc").addHandler(self.log)
        self.cluster = SerfCluster(self.fleet.clock) if setting.votes else None
        self._servers = list(self._listen()) if setting.remote else []
        for host in self.hosts:
            host.config = replace(host.config, **self._config(host, setting))
        for number, host in enumerate(self.hosts):
            self.fleet.at(0.1, host.boot)
            self.fleet.at(20.0 + number, host.serve, P, Service(Health.WELL))
        self.wait(SETTLED)
        self.begin()

    def _config(self, host: Host, setting: Setting) -> dict[str, Any]:
        (rule,) = host.config.rules
        more: dict[str, Any] = {"takeover": Takeover.BEST_PATH} | dict(setting.rule)
        settings: dict[str, Any] = dict(setting.config)
        if setting.remote:
            more |= {"remote_check": "alive"}
            probe = Tcp(self._servers[0].sockets[0].getsockname()[1], b"?", b"well")
            alive = Check(
                name="alive", probe=probe, every=EVERY, timeout=EVERY, rise=RISE, fall=FALL, votes=setting.votes
            )
            settings |= {"remote_checks": (alive,)}
        if self.cluster is not None:
            settings |= {"serf": self.cluster.agent(host.name, str(host.place.address))}
        return {"rules": (replace(rule, **more),)} | settings

    # The services, as who asks them finds them

    def _listen(self) -> Iterator[asyncio.Server]:
        port = 0
        for host in self.hosts:
            server = self._run(asyncio.start_server(self._answerer(host), str(host.place.address), port))
            port = server.sockets[0].getsockname()[1]
            yield server

    def _answerer(self, host: Host) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            reached = host.speaker.powered and not host.frozen and host not in self.blocked
            if reached and host.services[P].health is Health.WELL:
                writer.write(b"well")
            await reader.read()  # whoever asked gives up
            writer.close()

        return answer

    def _run(self, coroutine: Any) -> Any:
        return self.fleet.clock.run_until_complete(coroutine)

    # What happens

    def begin(self) -> None:
        """What follows is counted and timed from now on."""
        self.since = self.fleet.clock.time()
        self._seen = len(self.fleet.writes)

    def strike(self, action: Callable[..., object], *args: object) -> None:
        """Do this now; bounds count from here."""
        self.begin()
        self.fleet.at(self.fleet.now, action, *args)
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.fleet.run_until(self.fleet.now + seconds)

    def becomes(self, host: Host, health: Health) -> None:
        """Its service does, and its healthcheck says so."""
        self.strike(host.serve, P, replace(host.services[P], health=health))

    def cut_bgp(self, host: Host, *, linked: bool = False) -> None:
        """This host and the others do not hear each other any more; or do again."""
        for session in self.fleet.mesh.of(host.speaker):
            session.link(linked=linked)

    def refuse(self, host: Host, by: Host) -> None:
        """ExaBGP of `host` says that it cannot connect to this one."""
        host.speaker.hear(StateChange(by.place.address, PeerState.DOWN, "refused"))

    @contextmanager
    def weather(self, *hosts: Host, **weather: Any) -> Iterator[None]:
        """EC2 is so for these hosts."""
        for host in hosts:
            host.ec2.weather = Weather(**weather)
        yield
        for host in hosts:
            host.ec2.weather = Weather()

    # What came of it

    @property
    def owner(self) -> Host | None:
        """Who has the route."""
        return self.fleet.host_of(self.fleet.holder(TABLE, P))

    @property
    def target(self) -> str | None:
        """What the route points at."""
        return self.fleet.holder(TABLE, P)

    @property
    def writes(self) -> list[Write]:
        """What was written since the strike."""
        return self.fleet.writes[self._seen :]

    @property
    def moves(self) -> int:
        """How often the route was given to somebody else since the strike."""
        return sum(each.old != each.new and each.new is not None for each in self.writes)

    def verdict(self, host: Host) -> str:
        """What this one says of the place: its reason."""

        async def ask() -> str:
            return " ".join(f"{each.verdict} {each.reason}" for each in host.daemon.parts.status_source.now().routes)

        return self._run(ask())

    def moves_to(self, host: Host | None, *, within: float, gap: float = 0.0, for_seconds: float | None = None) -> None:
        """The route is at this host (or nobody's) within these seconds, and stays there for so long.

        `gap`: how long there was no route at most.
        """
        self.wait(within)
        assert self.owner is host, f"{self.target} after {within:.2f} s\n{self.story}"
        if host is not None:
            assert self.gap <= gap, self.story
        written = len(self.writes)
        self.wait(self.calm if for_seconds is None else for_seconds)
        assert len(self.writes) == written, self.story

    @property
    def gap(self) -> float:
        """How many seconds there was no route since the strike."""
        total, since = 0.0, None
        for write in self.writes:
            if since is not None:
                total += write.at - since
            since = write.at if write.new is None else None
        return total if since is None else total + self.fleet.clock.time() - since

    def stays(self, host: Host | None, *, seconds: float | None = None) -> None:
        """Nothing is written in these seconds."""
        self.wait(self.calm if seconds is None else seconds)
        assert self.owner is host, self.story
        assert self.writes == [], self.story

    @property
    def story(self) -> str:
        """All that happened since the strike."""
        return "\n".join(each for each in self.fleet.trace.lines if float(each[:9]) >= self.since - 1000.001)

    def close(self) -> None:
        """End it all; an internal error in any task is an error."""
        logging.getLogger("bgp2vpc").removeHandler(self.log)
        for server in self._servers:
            server.close()
        if self.cluster is not None:
            for host in self.hosts:
                self.cluster.stop(host.name)
        self.fleet.close()
        assert self.fleet.bugs == []
