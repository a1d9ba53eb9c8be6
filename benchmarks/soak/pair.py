"""The pair: two hosts in namespaces, what their scripts are to say, and what is seen of them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.soak.judge import WELL_WITHIN, Sample, rows
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, External, WorldSpec
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from rig import Mesh, MeshHost

KIT = Path(__file__).parents[2] / "tests/system"
HERE = Path(__file__).parent
HOLD_TIME = 9
POLL_TIME = 5
STARTUP_HOLD = 10
DISK = "16m"
"""The file system of each host's files."""
WANTED = tuple(f"192.0.2.{number}/32" for number in range(11, 19))
"""What the scripts announce, or do not, as it comes."""
FLOODED = "192.0.2.99/32"
GATEWAYS, STRANGERS = "192.0.2.201/32", "192.0.2.202/32"
"""Routes that are none of the pair's: both hosts announce the first one all the same."""


@dataclass(eq=False)
class Soak:
    """The run: the pair, what its scripts are to say, and what was seen."""

    mesh: "Mesh"
    directory: Path
    foreign: Mapping[str, str]
    random: Random
    began: float = field(default_factory=time.monotonic)
    wanted: dict[str, set[str]] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def complain(self, what: str) -> None:
        told = f"{self.now:.0f} s: {what}"
        print(told, flush=True)
        self.wrong.append(told)

    def order(self, host: "MeshHost", *, flood: bool = False) -> None:
        """What the host's script is to announce from now on, and whether it prints without pause."""
        wanted = sorted({*self.wanted[name(host)], GATEWAYS})
        text = json.dumps({"wanted": wanted, "flood": FLOODED if flood else ""})
        file = orders(self.directory, name(host))
        part = file.with_suffix(".part")
        part.write_text(text)
        part.replace(file)

    def toggle(self) -> None:
        """One script announces something more, or withdraws something."""
        host = self.random.choice(self.mesh.hosts)
        self.wanted[name(host)] ^= {self.random.choice(WANTED)}
        self.order(host)

    def look(self) -> None:
        """A sample of each daemon, and of the routes that are nobody's of the pair."""
        for host in self.mesh.hosts:
            with suppress(OSError, KeyError, LookupError):
                self.samples[name(host)].append(sample(host.pid("bgp2vpc"), self.now))
        for table, there in self.tables().items():
            for prefix, target in self.foreign.items():
                if there.get(prefix) != target:
                    self.complain(f"{table} {prefix} went to {target}, and now to {there.get(prefix)}")

    def tables(self) -> dict[str, dict[str, str]]:
        """Table -> prefix -> target, as they are."""
        return {table: rows(self.mesh.cloud.routes(table)) for table in self.mesh.world.tables}

    def wait(self, seconds: float, *, toggles: int = 0) -> None:
        """Meanwhile the scripts say something now and then."""
        until = time.monotonic() + seconds
        due = sorted(self.random.uniform(time.monotonic(), until) for _ in range(toggles))
        while time.monotonic() < until:
            while due and due[0] <= time.monotonic():
                due.pop(0)
                self.toggle()
            self.look()
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))

    def until_well(self) -> float | None:
        """Seconds until both hosts are well; None: they are not, within `WELL_WITHIN`."""
        began = time.monotonic()
        while any(lacking(self.mesh, host) for host in self.mesh.hosts):
            if time.monotonic() - began > WELL_WITHIN:
                return None
            self.wait(0.5)
        return time.monotonic() - began

    def until_calm(self) -> None:
        """Until each session has been up for `startup_hold`, and one whole poll of each host and its writes are done.

        Before that time, a host concludes nothing from a prefix that its peer does not announce (docs/best-path.md).
        """
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            rows = [row for host in self.mesh.hosts for row in host.status().get("neighbors", ())]
            if rows and all(row["up"] and row["seconds"] > STARTUP_HOLD for row in rows):
                break
            self.wait(0.5)
        reads = partial(self.mesh.cloud.calls, "DescribeRouteTables")
        begun = len(reads())
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            callers = Counter(call.caller for call in reads()[begun:] if call.status == 200)
            if all(callers[host.instance.instance_id] > 1 for host in self.mesh.hosts):
                break
            self.wait(0.5)
        self.wait(2.0)


def name(host: "MeshHost") -> str:
    return host.seat.device


def orders(directory: Path, host: str) -> Path:
    return directory / f"{host}.orders"


def sample(pid: int, at: float) -> Sample:
    """Raises OSError for a process that has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(status.partition("VmRSS:")[2].split()[0])
    return Sample(round(at, 1), resident / 1024, len(os.listdir(f"/proc/{pid}/fd")))


def lacking(mesh: "Mesh", host: "MeshHost") -> str:
    """Why a host is not well, in words; empty if nothing fails, it hears the other one, and its checks are healthy."""
    status = host.status()
    if not status:
        return "no status"
    checks = {f"{check['name']} of {check['destination']}": check["state"] for check in status.get("checks", ())}
    unwell = {name: state for name, state in checks.items() if state != "healthy"}
    deaf = not host.hears(*mesh.others(host))
    return "; ".join(map(str, filter(None, [status.get("failing"), unwell, "does not hear the other one" * deaf])))


def restart(host: "MeshHost") -> None:
    """As systemd does, a second after its end."""
    process = host._processes.pop("bgp2vpc")
    process.kill()
    process.wait()
    time.sleep(1)
    host.start_bgp2vpc()


def clock(directory: Path, host: str) -> Path:
    return directory / f"{host}.clock"


def set_clock(directory: Path, host: str, seconds: int) -> None:
    """In its place, where the host's processes have it mapped."""
    file = clock(directory, host)
    with file.open("r+b" if file.exists() else "wb") as opened:
        opened.write(seconds.to_bytes(8, sys.byteorder, signed=True))


@contextmanager
def running(seed: int) -> Iterator[Soak]:
    """The pair, once all is well. Raises OSError if this machine cannot make namespaces."""
    sys.path.insert(0, str(KIT))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    import netns  # noqa: PLC0415
    import rig  # noqa: PLC0415
    import vpcnet  # noqa: PLC0415

    if lacks := netns.missing():
        raise OSError(f"the soak needs {', '.join(lacks)}")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bgp2vpc-soak-")))
        os.environ["CACHE_DIRECTORY"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="bgp2vpc-cache-"))
        net = vpcnet.VpcNet(rig.addresses(2))
        stack.callback(net.close)
        cloud = stack.enter_context(Cloud.start(net.cloud_address))
        world = cloud.build(WorldSpec(instances=3))
        cloud.latency(rig.EC2_LATENCY)
        foreign = {GATEWAYS: world.internet_gateway, STRANGERS: world.hosts[2].interface_id}
        for table in world.tables:
            cloud.ec2.create_route(RouteTableId=table, DestinationCidrBlock=GATEWAYS, GatewayId=foreign[GATEWAYS])
            cloud.write(External.create_route(table, STRANGERS, foreign[STRANGERS]))
        for seat in net.seats:
            stack.enter_context(disk(directory / seat.device))
            orders(directory, seat.device).write_text(json.dumps({"wanted": [GATEWAYS], "flood": ""}))
            set_clock(directory, seat.device, 0)
        build = ["cc", "-shared", "-fPIC", "-O2", "-o", str(directory / "clock.so"), str(HERE / "clock.c")]
        subprocess.run(build, check=True)
        seats = net.seats
        router = stack.enter_context(rig.Datacenter(net, seats, directory))
        by_interface = {host.interface_id: seat for host, seat in zip(world.hosts, seats, strict=False)}
        plane = stack.enter_context(rig.DataPlane(net, cloud, world.tables[0], by_interface))
        hosts = []
        for host, seat in zip(world.hosts, seats, strict=False):
            hosts.append(stack.enter_context(member(net, seat, cloud, host, directory)))
            hosts[-1].start_service()
            hosts[-1].start_mesh([each for each in seats if each is not seat])
        soak = Soak(
            rig.Mesh(net, cloud, world, tuple(hosts), router, None, plane),  # type: ignore[arg-type]
            directory,
            foreign,
            Random(seed),
        )
        soak.wanted = {name(host): set() for host in hosts}
        took = soak.until_well()
        print(f"all is well after {took} s", flush=True)
        if took is None:
            raise OSError(f"the pair does not get well\n{soak.mesh.story()}")
        soak.samples.clear()
        yield soak


def member(net: Any, seat: Any, cloud: Cloud, host: CloudHost, directory: Path) -> "MeshHost":
    """A host whose time of day can be set."""
    import rig  # noqa: PLC0415

    class SoakedHost(rig.MeshHost):
        def environment(self) -> dict[str, str]:
            off = {"LD_PRELOAD": str(directory / "clock.so"), "SOAK_CLOCK": str(clock(directory, name(self)))}
            return super().environment() | off

    run = ["python3", "-u", str(HERE / "script.py"), str(orders(directory, seat.device))]
    check = {**rig.TCP, "every": 1, "fall": 2, "timeout": 1}
    setting = replace(
        rig.checked(
            remote=True,
            hold_time=HOLD_TIME,
            poll_time=POLL_TIME,
            startup_hold=STARTUP_HOLD,
            lifecycle=True,
            processes={"script": {"run": run}},
        ),
        by_itself=True,
    )
    more = {
        **setting.more,
        "healthchecks": {"service": {**check, "destination": rig.ADDRESS}},
        "remote_healthchecks": {"service": check},
    }
    rule = {**setting.rule, "accept": ["192.0.2.0/24 le 32"]}
    made: MeshHost = SoakedHost(net, seat, cloud, host, directory / seat.device, replace(setting, more=more, rule=rule))
    return made


@contextmanager
def disk(directory: Path) -> Iterator[None]:
    """A small file system of its own."""
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
