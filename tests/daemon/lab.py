"""A whole daemon on virtual time, and a VPC in memory: the same code as in production, but for scripts and network."""

import asyncio
import json
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.bgp.path import Path
from bgp2vpc.config.model import Config, Ec2Limits, OnExit
from bgp2vpc.daemon import Daemon
from bgp2vpc.errors import MetadataError
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.messages import (
    Acknowledgement,
    Direction,
    Message,
    PeerState,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.exabgp_api.messages_text import decode as decode_message
from bgp2vpc.parts import Mode, Outside
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.services.supervision import SdNotify
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.sources.unix import SocketPeer
from bgp2vpc.speaker.unanswered import QUESTION
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.model import Instance
from tests.memory_vpc import MemoryVpc
from tests.suite import evidence
from tests.values import rule
from tests.virtual_time import VirtualTimeLoop

A, B = "192.0.2.1/32", "192.0.2.2/32"
OURS, PEER = "eni-1", "eni-2"
SCRIPT = "dns"
OPERATOR = SocketPeer(pid=42, uid=0, gid=0)


def announce(prefix: str = A, more: str = "") -> str:
    return f"announce route {prefix} next-hop self {more}".strip()


def withdraw(prefix: str = A) -> str:
    return f"withdraw route {prefix} next-hop self"


def two_hosts(tables: int = 1) -> MemoryVpc:
    """Instances i-1 (ours) and i-2 with an interface each, and tables rtb-1 … tagged type=private."""
    vpc = MemoryVpc()
    for number in range(1, tables + 1):
        vpc.add_table(f"rtb-{number}", tags={"type": "private"})
    vpc.add_interface(OURS, "i-1", addresses=["10.0.0.10"])
    vpc.add_interface(PEER, "i-2", addresses=["10.0.0.11"])
    return vpc


def left_behind(*prefixes: str) -> MemoryVpc:
    """`two_hosts`, with routes of ours to these prefixes in rtb-1."""
    vpc = two_hosts()
    for prefix in prefixes:
        vpc.put_route("rtb-1", prefix, OURS)
    return vpc


class Lab:
    """Drives one daemon at a time. `vpc.calls` counts from the last `forget_calls`."""

    def __init__(
        self,
        vpc: MemoryVpc | None = None,
        *,
        latency: float = 0.1,
        beside: "Lab | None" = None,
        vpc_id: str = "vpc-1",
        **config,
    ) -> None:
        """`beside` another lab, this one's daemon runs on instance i-2, in the same VPC (or in `vpc_id`) and time."""
        self.vpc = vpc or (beside.vpc if beside else two_hosts())
        self.loop = beside.loop if beside else VirtualTimeLoop(latency)
        instance = Instance("i-2" if beside else "i-1", "us-east-1", vpc_id)
        self.config = Config(
            **{"file": "lab.yaml", "socket": None, "rules": (rule(),), "on_exit": OnExit.KEEP, "restart_time": 0.0}
            | config
        )
        self.next_config: Callable[[], Config] = lambda: self.config
        self.connect: Callable[[], Ec2Connection] = lambda: Ec2Connection(self.vpc, instance, self.reach)
        self.reach: Callable[[Access], VpcApi] = lambda _: self.vpc
        """Other accounts and regions."""
        self.metadata: dict[str, str] | None = {}
        """What instance metadata says of this instance's future and tags; None: it does not answer."""
        self.answering: set[IPAddress] = set()
        """The BGP neighbors whose hosts answer a connection."""
        self.to_exabgp: list[str] = []
        """What ExaBGP was told, but for questions whether it runs: those it answers at once, unless it hangs."""
        self.exabgp_hangs = False
        self.pipe_is_full = False
        """ExaBGP takes no lines."""
        self._held: list[Message] = []
        self.told: Callable[[str], None] = lambda _: None
        self.systemd = SdNotify()
        self.address = IPAddress("10.0.0.11" if beside else "10.0.0.10")
        self.status = 0
        self._daemon: Daemon | None = None
        self._running: asyncio.Task[int] | None = None
        self.bugs: list[str] = []
        self.loop.set_exception_handler(lambda _, context: self.bugs.append(str(context)))
        random.seed(0)
        evidence.keep(self)

    def evidence(self) -> list[tuple[str, str]]:
        """What a failing test's report has of it."""
        return [("calls", "\n".join(self.vpc.calls)), ("route tables", str(self.vpc))]

    def start(self, *sources: str, helper: bool = False, wait: float = 1.0, **mode: bool) -> "Lab":
        """A daemon starts; each of `sources` opens; EC2 has been read once after `wait` seconds."""
        self.loop.run_until_complete(self._start(helper, mode))
        for source in sources or (SCRIPT,):
            self.open(source)
        self.wait(wait)
        self.vpc.calls.clear()
        return self

    async def _start(self, helper: bool, mode: dict[str, bool]) -> None:
        pipe = self if helper else None
        outside = Outside(self._load, self._connect, pipe, self._read_metadata, self._reach, self.systemd)
        self._daemon = Daemon(self.config, outside, Mode(**mode))
        self._running = asyncio.create_task(self._daemon.run())
        await asyncio.sleep(0)

    def _load(self) -> Config:
        return self.next_config()

    def _connect(self) -> Ec2Connection:
        return self.connect()

    def _read_metadata(self, paths: Collection[str]) -> dict[str, str | None]:
        if self.metadata is None:
            raise MetadataError("instance metadata: timed out")
        return {path: self.metadata.get(path) for path in paths}

    async def _reach(self, neighbor: Neighbor) -> bool:
        return neighbor.address in self.answering

    def send(self, line: str) -> bool:
        if self.pipe_is_full:
            return False
        if line == QUESTION and self.daemon.parts.inputs.neighbors.have_sessions:
            self.loop.call_soon(self.tell, SummaryBegins(), Acknowledgement(ok=True))
        else:
            self.to_exabgp.append(line)
            self.told(line)
        return True

    def tell(self, *messages: Message) -> None:
        """ExaBGP says this, or will when it goes on."""
        if self.exabgp_hangs:
            self._held.extend(messages)
        else:
            for message in messages:
                if self.running:
                    self.daemon.heard(message)

    def exabgp_goes_on(self, *, reverse: bool = False, loses: type[object] | None = None) -> None:
        """It hangs no longer, and says what it has to say, but for messages of one kind.

        In this or in the reverse order.
        """
        self.exabgp_hangs = False
        held, self._held = self._held, []
        said = [each for each in held if loses is None or not isinstance(each, loses)]
        self.do(lambda: self.tell(*(reversed(said) if reverse else said)))

    @property
    def daemon(self) -> Daemon:
        assert self._daemon is not None
        return self._daemon

    @property
    def running(self) -> bool:
        """Whether there is a daemon that hears."""
        return self._running is not None

    def open(self, source: str = SCRIPT, kind: SourceKind = SourceKind.SCRIPT) -> None:
        self.do(lambda: self.daemon.parts.adj_rib_in.opened(source, kind))

    def close(self, source: str = SCRIPT, hold: float = 0.0) -> None:
        self.do(lambda: self.daemon.parts.adj_rib_in.closed(source, hold=hold))

    def say(self, *lines: str, source: str = SCRIPT) -> list[str]:
        """The source says these lines, all in one turn of the event loop; returns the answers."""
        bridge = self.daemon.parts.adj_rib_in
        return self.do(lambda: [bridge.said(source, parse(line)).answer.value for line in lines])

    def ask(self, *words: str):
        """`bgp2vpc drain …` and the like, through the daemon's own questions: the answer read as JSON."""
        question = self.daemon.parts.questions()[words[0]]
        return json.loads(self.do(lambda: question(words[1:], OPERATOR)))

    def hear(self, *lines: str) -> None:
        """ExaBGP says these lines."""
        for line in lines:
            self.do(lambda line=line: [self.daemon.heard(message) for message in decode_message(line)])

    def do(self, action):
        async def within():
            return action()

        return self.loop.run_until_complete(within())

    def wait(self, seconds: float = 1.0) -> None:
        """Let virtual time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @property
    def now(self) -> float:
        return self.loop.time()

    def stop(self) -> int:
        """Ask the daemon to end, and wait until it has; its exit status."""
        self.do(self.daemon.stop)
        return self.ended()

    def ended(self) -> int:
        """Wait until the daemon has ended by itself."""
        assert self._running is not None
        running, self._running = self._running, None
        return self.loop.run_until_complete(asyncio.wait_for(running, 120))

    def go_deaf(self) -> None:
        """Its host is gone as far as others can tell: it hears nothing of BGP any more."""
        assert self._running is not None
        self._running.cancel()
        self._running = None

    def crash(self) -> None:
        """kill -9: everything of the daemon is gone; calls that were on their way are made all the same."""
        self._running = None
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.wait(0)

    def reload(self, **changes) -> None:
        """SIGHUP, with this changed in the file."""
        self.next_config = lambda: replace(self.config, **changes)
        self.do(self.daemon.reload)
        self.wait()

    def forget_calls(self) -> None:
        self.vpc.calls.clear()

    @property
    def calls(self) -> list[str]:
        return list(self.vpc.calls)

    @property
    def writes(self) -> list[str]:
        return self.vpc.writes

    @property
    def routes(self) -> list[str]:
        """`rtb-1 192.0.2.1/32 eni-1 active`, sorted: the truth."""
        return str(self.vpc).splitlines()

    def verdicts(self) -> list[str]:
        return [
            f"{row['route_table_id']} {row['prefix']} {row['verdict']} {row['reason']}"
            for row in self.ask("status")["routes"]
        ]

    def dispose(self) -> None:
        if not self.loop.is_closed():
            self.crash()
            self.loop.close()
        assert not self.bugs, self.bugs


class Peering:
    """The BGP session between the ExaBGPs of two labs: what one announces, the other hears 20 ms later."""

    DELAY = 0.02

    def __init__(self, first: Lab, second: Lab) -> None:
        self._others = {first: second, second: first}
        self._announced: dict[Lab, dict[Prefix, Path]] = {first: {}, second: {}}
        self._is_up = False
        for lab in self._others:
            lab.told = partial(self._told, lab)
        self.up()

    def up(self) -> None:
        """Both hear of each other, and all that was announced so far."""
        self._is_up = True
        for lab, other in self._others.items():
            self._deliver(lab, StateChange(other.address, PeerState.UP))
            self._send(other, *map(Announce, self._announced[other].values()), EndOfRib())

    def down(self) -> None:
        """Both lose each other at once."""
        self._is_up = False
        for lab, other in self._others.items():
            self._deliver(lab, StateChange(other.address, PeerState.DOWN, "hold timer expired"))

    def _told(self, lab: Lab, line: str) -> None:
        for event in parse(line).events:
            if isinstance(event, Announce):
                path = replace(event.path, next_hop=lab.address)
                self._announced[lab][path.prefix] = path
                self._send(lab, Announce(path))
            elif isinstance(event, Withdraw) and self._announced[lab].pop(event.prefix, None):
                self._send(lab, event)

    def _send(self, lab: Lab, *events: Event) -> None:
        if self._is_up:
            self._deliver(self._others[lab], Update(lab.address, Direction.RECEIVE, events))

    def _deliver(self, lab: Lab, message: Message) -> None:
        lab.loop.call_later(self.DELAY, lab.tell, message)


NO_PACE = Ec2Limits(burst=10_000, rate=10_000.0)
