"""Several anycast hosts of one VPC whose ExaBGPs peer with each other; the datacenter's router; and a client.

The client's packets go where the route table says: the VPC's router follows the table of the first host's zone. What
befalls a host is done to its network or its processes.
"""

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import traffic
from anycast import BGP2VPC, IPV4, AnycastHost
from bird import ROUTER_AS, Bird
from vpcnet import BGP, ROUTER, Seat, VpcNet

from bgp2vpc.config.model import RUN_PORT
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, World, WorldSpec
from tests.exabgps import EXABGP_50, Exabgp
from tests.waiting import eventually

EC2_LATENCY = 0.1
"""Seconds that the stand-in adds to every call."""
EVERY, FALL, RISE = 0.2, 3, 2
SICK = 1000
"""The MED that ExaBGP's healthcheck announces for a service that is down."""
A_DAY = 86400.0
LONG = 60
"""Seconds that nothing of a test takes, unless the machine stands still: for times that are not to run out."""
STARTED = {"startup_hold": 1}
"""Seconds: a test does not wait as long as a start may take."""
ADDRESS = IPV4.partition("/")[0]
SERVICE = traffic.service(ADDRESS)
TCP = {
    "type": "tcp", "every": EVERY, "fall": FALL, "rise": RISE,
    "config": {"port": traffic.PORT, "expect": traffic.GREETING.decode().strip()},
}  # fmt: skip
CHECK = {**TCP, "destination": ADDRESS, "timeout": LONG}
"""Of the service on the host itself. Where it is dead the connection is refused at once."""

NEIGHBOR = """
neighbor {peer} {{
    local-address {own};
    router-id {own};
    local-as {asn};
    peer-as {asn};
    hold-time {hold_time};
    adj-rib-in true;
    {connecting}
    family {{ ipv4 unicast; }}
    api {{
        processes [ bgp2vpc ];
        {hearing}
    }}
}}
"""
HEARING = "neighbor-changes; receive { parsed; open; keepalive; update; notification; }"

DATACENTER = """
log "{directory}/bird.log" all;
router id {router};
protocol device {{}}
protocol static vpc {{ ipv4; route 10.0.0.0/16 via "vpc"; }}
template bgp anycast {{
    local {router} as {asn};
    passive;
    multihop;
    error wait time 1, 1;
    ipv4 {{ import all; export none; }};
}}
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the hosts are set up.

    rule: further keys of the one rule. more: further keys of the file. remote: whether the owner of the
    route is checked. hold_time: of the sessions among the hosts. by_itself: `bgp2vpc run` runs ExaBGP, not the other
    way round.
    """

    rule: Mapping[str, Any]
    more: Mapping[str, Any] = field(default_factory=dict)
    remote: bool = False
    hold_time: int = 3 * LONG
    exabgp: Exabgp = EXABGP_50
    instances: int = 2
    by_itself: bool = False


def checked(*, remote: bool, hold_time: int = 3 * LONG, remote_timeout: float = LONG, **more: Any) -> Setting:
    """A health check of bgp2vpc's announces the prefix; with `remote`, another asks the owner how it is."""
    route = {"cidr": IPV4, "healthcheck": "service", "announce": {"med": 100}}
    if remote:
        route["remote_healthcheck"] = "service"
    return Setting(
        {"takeover": "best_path", "manage_routes": [route]},
        {"healthchecks": {"service": CHECK}, **_remote_check(remote_timeout), **STARTED, **more},
        remote,
        hold_time,
    )


def _remote_check(timeout: float) -> dict[str, Any]:
    return {"remote_healthchecks": {"service": {**TCP, "timeout": timeout}}}


def announced(*options: str, remote: bool, **more: Any) -> Setting:
    """ExaBGP's healthcheck announces the prefix, with these options."""
    ask = f"read -t {LONG} < /dev/tcp/{ADDRESS}/{traffic.PORT}"
    pace = f"--interval {EVERY} --fast-interval {EVERY} --rise {RISE} --fall {FALL} --timeout {LONG}"
    run = f"python3 -m exabgp healthcheck --cmd \"bash -c '{ask}'\" --ip {IPV4} --no-ip-setup --no-syslog {pace}"
    rule = {"takeover": "best_path", "accept": [IPV4], **({"remote_healthcheck": "service"} if remote else {})}
    script = {"run": " ".join([run, *options])}
    return Setting(rule, {"processes": {"service": script}, **_remote_check(LONG), **STARTED, **more}, remote)


class MeshHost(AnycastHost):
    """One of several hosts."""

    def __init__(
        self, net: VpcNet, seat: Seat, cloud: Cloud, host: CloudHost, directory: Path, setting: Setting
    ) -> None:
        directory.mkdir(exist_ok=True)  # it may be a file system of its own (benchmarks/soak)
        super().__init__(seat, cloud, host, directory, setting.exabgp)
        self._vpc = net
        self._setting = setting
        self.is_frozen = False
        seat.host.run("ip", "addr", "replace", IPV4, "dev", "lo")

    @property
    def seat(self) -> Seat:
        """Where in the network it is."""
        return self.net

    @property
    def bgp_port(self) -> int:
        """Of the sessions among the hosts."""
        return RUN_PORT if self._setting.by_itself else BGP

    def __exit__(self, *error: object) -> None:
        self.recover()
        super().__exit__(*error)

    def environment(self) -> dict[str, str]:
        """ExaBGP is not to log every line of a script and every keepalive."""
        return {
            **super().environment(),
            "exabgp_log_processes": "false",
            "exabgp_log_statistics": "false",
        }

    def start_mesh(self, peers: Sequence[Seat]) -> None:
        """Run ExaBGP with bgp2vpc as its helper, or bgp2vpc by itself; not yet the service."""
        find = {"type": "by_tag", "config": {"key": "type", "value": "private"}}
        rules = {"private": {"find": find, **self._setting.rule}}
        keys = {"socket": str(self.socket), **self._setting.more, "routetables": rules}
        own = self.seat.host_address
        if self._setting.by_itself:
            router = {"address": ROUTER, "port": 179, "passive": False}
            keys["bgp"] = {
                "as": ROUTER_AS,
                "hold_time": self._setting.hold_time,
                "exabgp": str(self.exabgp.programs / "exabgp"),
                "peers": [router, *(peer.host_address for peer in peers)],
            }
            self.yaml.write_text(json.dumps(keys), "utf-8")
            self.start_bgp2vpc()
            return
        self.yaml.write_text(json.dumps(keys), "utf-8")
        asn = {"own": own, "asn": ROUTER_AS}
        text = f"process bgp2vpc {{ run {BGP2VPC} helper -f {self.yaml}; encoder json; }}\n"
        text += NEIGHBOR.format(peer=ROUTER, hold_time=3 * LONG, connecting="", hearing="", **asn)
        for peer in peers:
            # Two who connect at once lose their first session, or more: the lower address waits.
            connecting = "passive true; listen 179;" if own < peer.host_address else ""
            text += NEIGHBOR.format(
                peer=peer.host_address, hold_time=self._setting.hold_time, connecting=connecting, hearing=HEARING, **asn
            )
        path = self.directory / "exabgp.conf"
        path.write_text(text, "utf-8")
        self.start("exabgp", self.exabgp.serve(path))

    # What befalls it

    def start_bgp2vpc(self) -> None:
        """As systemd does."""
        self.start("bgp2vpc", [str(BGP2VPC), "run", "-f", str(self.yaml)])

    def start_service(self) -> None:
        """Start the service."""
        self.start("service", SERVICE)

    def kill_service(self) -> None:
        """As a crash does."""
        process = self._processes.pop("service")
        process.kill()
        process.wait()

    def kill_bgp2vpc(self) -> None:
        """ExaBGP starts it again, or systemd."""
        self._hold_next_start()
        if self._setting.by_itself:
            process = self._processes.pop("bgp2vpc")
            process.kill()
            process.wait()
            self.start_bgp2vpc()
        else:
            self.kill("bgp2vpc", "helper")

    def terminate_bgp2vpc(self) -> None:
        """As an upgrade does: it ends in order, and ExaBGP, or systemd, starts the new one."""
        self._hold_next_start()
        if self._setting.by_itself:
            process = self._processes.pop("bgp2vpc")
            # A busy machine may deliver both at once; then Linux has the later one handled first.
            for number in (signal.SIGSTOP, signal.SIGUSR1, signal.SIGTERM, signal.SIGCONT):
                process.send_signal(number)
            process.wait(LONG)
            self.start_bgp2vpc()
            return
        for pid in self.pids_of("bgp2vpc", "helper"):
            os.kill(pid, signal.SIGTERM)

    def _hold_next_start(self) -> None:
        """The next bgp2vpc takes nothing before it has heard the others, however long that takes."""
        keys = json.loads(self.yaml.read_text("utf-8"))
        self.yaml.write_text(json.dumps({**keys, "startup_hold": LONG}), "utf-8")

    def kill_exabgp(self) -> None:
        """As a crash does; nobody starts it again but a bgp2vpc that has started it."""
        if self._setting.by_itself:
            self.kill("exabgp")
            return
        process = self._processes.pop("exabgp")
        process.kill()
        process.wait()

    def drain(self) -> subprocess.CompletedProcess[str]:
        """Have it leave, and wait until it has."""
        return self.bgp2vpc("drain", "--socket", str(self.socket))

    def undrain(self) -> subprocess.CompletedProcess[str]:
        """Have it come back."""
        return self.bgp2vpc("undrain", "--socket", str(self.socket))

    def freeze(self) -> None:
        """Stop every process of the host; its kernel goes on."""
        pids = self.seat.host.pids()
        self.is_frozen = True
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

    def hang_exabgp(self) -> None:
        """Stop its ExaBGP; all else goes on."""
        self.is_frozen = True
        self._processes["exabgp"].send_signal(signal.SIGSTOP)

    def cut(self) -> None:
        """Cut its link."""
        self._vpc.cut(self.seat)

    def recover(self) -> None:
        """Thaw it, mend its link, start its service if that does not run."""
        self._vpc.mend(self.seat)
        if self.is_frozen:
            self.is_frozen = False
            for pid in self.seat.host.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        if "service" not in self._processes:
            self.start_service()

    def checks(self, *, owner: bool) -> int:
        """How many health checks it makes when it has the route, or somebody else."""
        own = len(self._setting.more.get("healthchecks", ()))
        return own if owner or not self._setting.remote else own + 1

    def meds(self) -> set[int]:
        """The MED of each path that it knows, its own and those of the others."""
        return {path["med"] for path in self.status().get("paths", ())}

    def hears(self, other: "MeshHost") -> bool:
        """Whether its session with another host stands."""
        return any(source["name"] == f"peer {other.seat.host_address}" for source in self.status().get("sources", ()))


class Datacenter(Bird):
    """The router of the datacenter, with a session to each host."""

    def __init__(self, net: VpcNet, seats: Sequence[Seat], directory: Path) -> None:
        text = DATACENTER.format(directory=directory, router=ROUTER, asn=ROUTER_AS)
        for seat in seats:
            name = seat.device.replace("-", "")
            text += f"protocol bgp {name} from anycast {{ neighbor {seat.host_address} as {ROUTER_AS}; }}\n"
        super().__init__(net.router, directory, text)

    def next_hops(self, prefix: str) -> set[str]:
        """The hosts from which it has a path."""
        return {line.split()[1] for line in self.routes(prefix).splitlines() if "BGP.next_hop" in line}


class DataPlane:
    """Makes the VPC's router send `IPV4` where a route table says, within milliseconds."""

    def __init__(self, net: VpcNet, cloud: Cloud, table: str, seats: Mapping[str, Seat]) -> None:
        self._net, self._cloud, self._table, self._seats = net, cloud, table, seats
        self._installed: Seat | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._net.route(IPV4, None)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._thread.join()

    def _run(self) -> None:
        self._cloud.wait_until(self._follow, timeout=A_DAY)

    def _follow(self) -> bool:
        seat = self.owner()
        if seat is not self._installed:
            self._net.route(IPV4, seat)
            self._installed = seat
        return self._stopped

    def owner(self) -> Seat | None:
        """Where the table sends the prefix now."""
        rows = (line.split() for line in self._cloud.routes(self._table).splitlines())
        return next((self._seats.get(row[1]) for row in rows if row[0] == IPV4 and row[2] == "active"), None)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Everything that runs."""

    net: VpcNet
    cloud: Cloud
    world: World
    hosts: tuple[MeshHost, ...]
    router: Datacenter
    client: traffic.Client
    plane: DataPlane

    def owner(self) -> MeshHost:
        """Who has the route now. Raises LookupError if nobody has."""
        seat = self.plane.owner()
        found = [host for host in self.hosts if host.seat is seat]
        if not found:
            raise LookupError(f"nobody has the route\n{self.story()}")
        return found[0]

    def others(self, host: MeshHost) -> list[MeshHost]:
        """All but this one."""
        return [each for each in self.hosts if each is not host]

    def wait_for_owner(self, *hosts: MeshHost) -> None:
        """Until one of these has the route in every table."""
        rows = [f"{IPV4} {host.instance.interface_id} active" for host in hosts]

        def holds() -> bool:
            return all(any(row in self.cloud.routes(table) for row in rows) for table in self.world.tables)

        self._wait_for_cloud(holds)

    def wait_until_well(self) -> None:
        """Until all announce and hear each other, the router hears all, and the client is answered."""
        eventually(lambda: all(map(self._is_well, self.hosts)), "every host to hear the others", self.story)
        everybody = {host.seat.host_address for host in self.hosts}
        eventually(lambda: self.router.next_hops(IPV4) == everybody, f"BIRD to hear {everybody}", self.story)
        self.wait_for_owner(*self.hosts)
        self.wait_for_calm(time.monotonic())

    def wait_for_calm(self, since: float) -> None:
        """Until the client is answered again, for some time after `since`."""
        eventually(lambda: self.client.is_calm(since), "the client to be answered", self.story)

    def wait_for_looks(self, *hosts: MeshHost, count: int = 3) -> None:
        """Until each of these has read the route tables so many times from now on, and has decided by what it read."""
        reads = partial(self.cloud.calls, "DescribeRouteTables")
        begun = len(reads())

        def enough() -> bool:
            callers = [call.caller for call in reads()[begun:]]
            return all(callers.count(host.instance.instance_id) > count for host in hosts or self.hosts)

        self._wait_for_cloud(enough)

    def _wait_for_cloud(self, predicate: Callable[[], bool]) -> None:
        try:
            self.cloud.wait_until(predicate)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.story()}") from None

    def _is_well(self, host: MeshHost) -> bool:
        """Whether nothing fails on its own side, it hears all others, knows who has the route, and checks that one.

        An ExaBGP that was started again counts as failing for some seconds, in which its host takes no route.
        """
        status = host.status()
        paths = [path for path in status.get("paths", ()) if path["prefix"] == IPV4]
        owners = {route["target"] for route in status.get("routes", ())}
        if status.get("failing") or len(paths) != len(self.hosts) or len(owners) != 1:
            return False
        present = {line.split()[1] for table in self.world.tables for line in self.cloud.routes(table).splitlines()}
        checks = [check["state"] for check in status.get("checks", ())]
        expected = host.checks(owner=host.instance.interface_id in present)
        # A former owner whose route was taken is checked on, too.
        return owners == present and len(checks) >= expected and set(checks) <= {"healthy"}

    def wait_until_deaf(self) -> None:
        """Until no host hears another."""
        pairs = list(itertools.permutations(self.hosts, 2))
        eventually(lambda: not any(one.hears(other) for one, other in pairs), "all sessions to end", self.story)

    def recover_when_missed(self, host: MeshHost) -> None:
        """Let it recover when its sessions with the others have ended, at both ends unless it is frozen.

        A side that ends its session only after the recovery takes its peer, which has just taken the route, for lost.
        """

        def is_missed() -> bool:
            others = self.others(host)
            misses = host.is_frozen or not any(host.hears(other) for other in others)
            return misses and not any(other.hears(host) for other in others)

        eventually(is_missed, f"the sessions with {host.seat.device} to end", self.story)
        host.recover()

    @contextmanager
    def without_ec2(self, host: MeshHost) -> Iterator[None]:
        """This host does not reach EC2, nor instance metadata."""
        self.net.part(host.seat.cloud_side, self.net.cloud_address)
        try:
            yield
        finally:
            self.net.join(host.seat.cloud_side, self.net.cloud_address)

    @contextmanager
    def without_bgp(self, *hosts: MeshHost) -> Iterator[None]:
        """These hosts do not hear each other, and all else goes on."""
        pairs = list(itertools.combinations((host.seat.host_address for host in hosts), 2))
        port = hosts[0].bgp_port
        for one, other in pairs:
            self.net.part(one, other, port)
        try:
            yield
        finally:
            for one, other in pairs:
                self.net.join(one, other, port)

    def story(self) -> str:
        """What there is to say when something did not happen."""
        tables = [f"--- {table}\n{self.cloud.routes(table)}" for table in self.world.tables]
        hosts = [f"=== {host.seat.device}\n{host.story()}" for host in self.hosts]
        return "\n".join([*hosts, self.router.story(), *tables])


@contextmanager
def running(net: VpcNet, cloud: Cloud, directory: Path, setting: Setting) -> Iterator[Mesh]:
    """A mesh in a new world; it need not be ready yet."""
    cloud.reset()
    world = cloud.build(WorldSpec(instances=setting.instances))
    cloud.latency(EC2_LATENCY)
    with ExitStack() as stack:
        seats = net.seats[: setting.instances]
        router = stack.enter_context(Datacenter(net, seats, directory))
        by_interface = {host.interface_id: seat for host, seat in zip(world.hosts, seats, strict=True)}
        plane = stack.enter_context(DataPlane(net, cloud, world.tables[0], by_interface))
        hosts = [
            stack.enter_context(MeshHost(net, seat, cloud, host, directory / seat.device, setting))
            for host, seat in zip(world.hosts, seats, strict=True)
        ]
        for host in hosts:
            host.start_service()
            host.start_mesh([seat for seat in seats if seat is not host.seat])
            # Two that announce within the time of one call may create the route in one table each, and keep it there.
            cloud.wait_until(lambda: all(IPV4 in cloud.routes(table) for table in world.tables))
        client = stack.enter_context(traffic.Client(net.vpc.command, IPV4.partition("/")[0], directory / "answered"))
        yield Mesh(net, cloud, world, tuple(hosts), router, client, plane)


def addresses(instances: int) -> list[str]:
    """Of the hosts of a world: round its two zones."""
    return [f"10.0.{1 + number % 2}.{10 + number}" for number in range(instances)]
