"""A pair with `bgp:` for an hour, and a fault a minute: `python -m benchmarks.soak [--minutes N] [--seed N]`, as root.

Two hosts in network namespaces (tests/system/rig.py): `bgp2vpc run` with ExaBGP, a health check, a remote check and a
script whose announcements change all the time, also while something is broken. Each minute one fault of `FAULTS`
befalls the host that has the route, or the other one, for some seconds. When it is over, all has to be well again
within two minutes; and after one calm poll every route has to be where it belongs. What is judged is seen from outside:
route tables and calls of the stand-in for EC2, /proc, log files, and the packets of a client.

Only host-1's bgp2vpc is killed: that of host-2 lives for the whole run, and its memory and descriptors have to level
off.

The report is written after each minute, as JSON and Markdown (`--report`); the figures go to results.json at the end.
Exit 1: something was wrong.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.__main__ import RESULTS, record
from benchmarks.figures import Figure, at_most
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudCall, CloudHost, External, Fault, FaultKind, WorldSpec
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from rig import Mesh, MeshHost

KIT = Path(__file__).parents[1] / "tests/system"
MINUTE = 60.0
LASTS = 15.0
"""Seconds of a fault: longer than the hold time, so that BGP notices it."""
HOLD_TIME = 9
POLL_TIME = 5
CALM_WITHIN = 120.0
"""Seconds after the end of a fault within which all has to be well."""
DISK = "16m"
"""The file system of each host's files."""
WANTED = tuple(f"192.0.2.{number}/32" for number in range(11, 19))
"""What the scripts announce, or do not, as it comes."""
HELD = "192.0.2.98/32"
FLOODED = "192.0.2.99/32"
GATEWAYS, STRANGERS = "192.0.2.201/32", "192.0.2.202/32"
"""Routes that are none of the pair's: both hosts announce the first one all the same."""
LOG_LIMIT = 1_000_000
MOST_TURNS = 4
"""Changes of the writer of one route within a minute: a fault and its end are two, and a change of the script."""
GROWTH_MB, GROWTH_DESCRIPTORS = 8.0, 8
HOUR = 3600
TIME_OF_DAY = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long none;
static volatile long *off = &none;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("SOAK_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *there = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (there != MAP_FAILED) off = there;
    if (file >= 0) close(file);
}
int clock_gettime(clockid_t clock, struct timespec *to) {
    long done = syscall(SYS_clock_gettime, clock, to);
    if (!done && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec += *off;
    return (int)done;
}
time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *restrict to, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""
"""A library that has the time of day some seconds off, for the processes that load it first: the kernel knows only one
for the whole machine."""

SCRIPT = """
import json, pathlib, sys, time
orders, said = pathlib.Path(sys.argv[1]), set()
while True:
    order = json.loads(orders.read_text())
    wanted = set(order["wanted"])
    for prefix in sorted(said - wanted):
        print("withdraw route", prefix, "next-hop self")
    for prefix in sorted(wanted - said):
        print("announce route", prefix, "next-hop self med 100")
    said = wanted
    if order["flood"]:
        for number in range(500):
            print("announce route %s next-hop self med %d" % (order["flood"], number))
            print("announce route 192.0.2.300/32 next-hop self")
            print("and now for something", number)
            print("a word to the log", number, file=sys.stderr)
        print("withdraw route", order["flood"], "next-hop self", flush=True)
    else:
        sys.stdout.flush()
        time.sleep(0.1)
"""


# What is judged: values in, complaints out.


@dataclass(frozen=True, slots=True)
class Sample:
    """What /proc says of a daemon; `at`: seconds since the run began."""

    at: float
    memory_mb: float
    descriptors: int


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """How much more it is in the last sixth than in the second one: medians. The first sixth is the start."""
    if len(samples) < 12:
        return 0.0
    first, last = samples[0].at, samples[-1].at
    sixth = (last - first) / 6
    early = [of(each) for each in samples if first + sixth <= each.at < first + 2 * sixth]
    late = [of(each) for each in samples if each.at >= last - sixth]
    return statistics.median(late) - statistics.median(early) if early else 0.0


def rows(text: str) -> dict[str, str]:
    """Prefix -> target of a table as `Cloud.routes` writes it."""
    return {words[0]: words[1] for words in map(str.split, text.splitlines())}


def misplaced(
    tables: Mapping[str, Mapping[str, str]], offered: Mapping[str, Collection[str]], prefixes: Collection[str]
) -> list[str]:
    """Routes that are not where they belong. `offered`: interface -> what its host announces."""
    found = []
    for (table, routes), prefix in itertools.product(tables.items(), sorted(prefixes)):
        target, by = routes.get(prefix), sorted(each for each, its in offered.items() if prefix in its)
        if target is None and by:
            found.append(f"{table} {prefix}: no route, although {' and '.join(by)} announce it")
        elif target in offered and target not in by:
            found.append(f"{table} {prefix}: goes to {target}, who has withdrawn it")
    return found


def turns(writes: Iterable[CloudCall]) -> list[str]:
    """Routes that two hosts have written in turns, more often than what happened to them explains."""
    writers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for call in writes:
        if call.status == 200:
            key = call.parameters["RouteTableId"], call.parameters["DestinationCidrBlock"]
            writers[key].append(call.caller)
    changes = {key: sum(a != b for a, b in itertools.pairwise(by)) for key, by in writers.items()}
    return [f"{' '.join(key)}: {count} changes of writer" for key, count in changes.items() if count > MOST_TURNS]


def trespasses(writes: Iterable[CloudCall], prefixes: Collection[str]) -> list[str]:
    """Writes of routes that are none of the pair's."""
    return [f"{each.caller}: {each}" for each in writes if each.parameters["DestinationCidrBlock"] not in prefixes]


# What befalls a host


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
    minutes: list["Minute"] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def complain(self, what: str) -> None:
        told = f"{self.now:.0f} s: {what}"
        print(told, flush=True)
        self.wrong.append(told)

    def order(self, host: "MeshHost", flood: str = "") -> None:
        """What the host's script is to announce from now on."""
        text = json.dumps({"wanted": sorted({*self.wanted[name(host)], GATEWAYS}), "flood": flood})
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
        for table in self.mesh.world.tables:
            there = rows(self.mesh.cloud.routes(table))
            for prefix, target in self.foreign.items():
                if there.get(prefix) != target:
                    self.complain(f"{table} {prefix} went to {target}, and now to {there.get(prefix)}")

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
        """Seconds until both hosts are well; None: they are not, within `CALM_WITHIN`."""
        began = time.monotonic()
        while not all(is_well(self.mesh, host) for host in self.mesh.hosts):
            if time.monotonic() - began > CALM_WITHIN:
                return None
            self.wait(0.5)
        return time.monotonic() - began

    def until_polled(self) -> None:
        """One whole poll of each host is done, and what follows from it."""
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


def is_well(mesh: "Mesh", host: "MeshHost") -> bool:
    """Whether nothing fails, it hears the other one, and its checks are healthy."""
    status = host.status()
    checks = {check["state"] for check in status.get("checks", ())}
    return bool(status) and not status.get("failing") and checks <= {"healthy"} and host.hears(*mesh.others(host))


@dataclass(frozen=True, slots=True)
class Minute:
    """One fault and what came of it. `well_s`: seconds from its end until all was well; `lost`: packets of a client."""

    fault: str
    host: str
    at_s: float
    well_s: float | None
    gap_ms: float
    lost: int


@contextmanager
def killed(soak: Soak, _: "MeshHost") -> Iterator[None]:
    restart(soak.mesh.hosts[0])
    yield


def restart(host: "MeshHost") -> None:
    """As systemd does, a second after its end."""
    process = host._processes.pop("bgp2vpc")
    process.kill()
    process.wait()
    time.sleep(1)
    host.start_bgp2vpc()


@contextmanager
def without_service(_: Soak, host: "MeshHost") -> Iterator[None]:
    host.kill_service()
    yield
    host.start_service()


@contextmanager
def without_exabgp(_: Soak, host: "MeshHost") -> Iterator[None]:
    host.kill_exabgp()
    yield


@contextmanager
def frozen(_: Soak, host: "MeshHost") -> Iterator[None]:
    host.freeze()
    yield
    host.recover()


@contextmanager
def cut(_: Soak, host: "MeshHost") -> Iterator[None]:
    host.cut()
    yield
    host.recover()


@contextmanager
def without_bgp(soak: Soak, _: "MeshHost") -> Iterator[None]:
    with soak.mesh.without_bgp(*soak.mesh.hosts):
        yield


@contextmanager
def without_ec2(soak: Soak, host: "MeshHost") -> Iterator[None]:
    with soak.mesh.without_ec2(host):
        yield


@contextmanager
def ec2(*faults: Fault, soak: Soak) -> Iterator[None]:
    for fault in faults:
        soak.mesh.cloud.fault(fault)
    yield
    soak.mesh.cloud.clear_faults()


def of_ec2(*faults: Fault) -> "Befalls":
    return lambda soak, _: ec2(*faults, soak=soak)


@contextmanager
def old_reads(soak: Soak, _: "MeshHost") -> Iterator[None]:
    soak.mesh.cloud.stale_reads(3.0, flip=True)
    yield
    soak.mesh.cloud.stale_reads(0.0)


@contextmanager
def full_disk(_: Soak, host: "MeshHost") -> Iterator[None]:
    """Whatever it writes, as its state file and its log, fails."""
    file = host.directory / "full"
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(65536))
    host.bgp2vpc("hold", HELD, "--socket", str(host.socket))
    yield
    file.unlink()
    host.bgp2vpc("release", "--socket", str(host.socket))


@contextmanager
def clock_steps(soak: Soak, host: "MeshHost") -> Iterator[None]:
    """Its processes see another time of day; the monotonic clock goes on."""
    set_clock(soak.directory, name(host), soak.random.choice([-HOUR, HOUR, 48 * HOUR]))
    yield
    set_clock(soak.directory, name(host), 0)


def clock(directory: Path, host: str) -> Path:
    return directory / f"{host}.clock"


def set_clock(directory: Path, host: str, seconds: int) -> None:
    """In its place, where the host's processes have it mapped."""
    file = clock(directory, host)
    with file.open("r+b" if file.exists() else "wb") as opened:
        opened.write(seconds.to_bytes(8, sys.byteorder, signed=True))


@contextmanager
def without_metadata(soak: Soak, _: "MeshHost") -> Iterator[None]:
    """Of both hosts; and the bgp2vpc of the first one starts while it is gone."""
    for host in soak.mesh.hosts:
        soak.mesh.cloud.metadata_fault(host.instance.instance_id, soak.random.choice(["hang", "503"]))
    restart(soak.mesh.hosts[0])
    yield
    for host in soak.mesh.hosts:
        soak.mesh.cloud.metadata_fault(host.instance.instance_id, None)


@contextmanager
def flood(soak: Soak, host: "MeshHost") -> Iterator[None]:
    """Its script prints without pause: one route again and again, wrong lines, words, and to the log."""
    soak.order(host, FLOODED)
    yield
    soak.order(host)


Befalls = Callable[[Soak, "MeshHost"], Any]
LOST = tuple(Fault(each, FaultKind.RESET_AFTER, times=None) for each in ("CreateRoute", "ReplaceRoute", "DeleteRoute"))
FAULTS: Mapping[str, Befalls] = {
    "bgp2vpc killed": killed,
    "service killed": without_service,
    "ExaBGP killed": without_exabgp,
    "host frozen": frozen,
    "link cut": cut,
    "BGP between the hosts cut": without_bgp,
    "EC2 out of reach of a host": without_ec2,
    "EC2 hangs": of_ec2(Fault("*", FaultKind.HANG, times=None)),
    "EC2 throttles": of_ec2(Fault.throttled("*", times=None)),
    "EC2 answers 503": of_ec2(Fault.unavailable("*", times=None)),
    "answers to writes lost": of_ec2(*LOST),
    "EC2's reads 3 s old": old_reads,
    "disk full": full_disk,
    "clock steps": clock_steps,
    "instance metadata gone": without_metadata,
    "script floods": flood,
}


# The run


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the order of events (default: %(default)s)"
    )
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="NAME", help="only these")
    parser.add_argument("--report", type=Path, default=Path("soak"), metavar="NAME", help="NAME.json and NAME.md")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    arguments = parser.parse_args()
    conditions = f"{arguments.minutes} minutes, seed {arguments.seed}, load average {os.getloadavg()[0]:.1f} before"
    with running(arguments.seed) as soak:
        for _ in range(arguments.minutes):
            if not soak.ahead:  # each as often as the others, in a new order each time
                soak.ahead = soak.random.sample(arguments.faults, len(arguments.faults))
            endure(soak, soak.ahead.pop())
            report(soak, arguments.report, conditions)
        logs = {name(host): host.log("bgp2vpc") for host in soak.mesh.hosts}
        judge_logs(soak, logs)
        figures = list(summary(soak, logs))
        report(soak, arguments.report, conditions, logs)
    record(arguments.json, "soak", figures, conditions)
    record(arguments.json, "soak_faults", by_fault(soak), conditions)
    print("\n".join(soak.wrong) or "nothing was wrong")
    return 1 if soak.wrong or any(each.failed for each in figures) else 0


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
        (directory / "script.py").write_text(SCRIPT)
        (directory / "clock.c").write_text(TIME_OF_DAY)
        build = ["cc", "-shared", "-fPIC", "-O2", "-o", str(directory / "clock.so"), str(directory / "clock.c")]
        subprocess.run(build, check=True)
        seats = net.seats
        router = stack.enter_context(rig.Datacenter(net, seats, directory))
        by_interface = {host.interface_id: seat for host, seat in zip(world.hosts, seats, strict=False)}
        plane = stack.enter_context(rig.DataPlane(net, cloud, world.tables[0], by_interface))
        hosts = []
        for host, seat in zip(world.hosts, seats, strict=False):
            hosts.append(stack.enter_context(member(net, seat, cloud, host, directory)))
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
        yield soak


def member(net: Any, seat: Any, cloud: Cloud, host: CloudHost, directory: Path) -> "MeshHost":
    """A host whose time of day can be set."""
    import rig  # noqa: PLC0415

    class SoakedHost(rig.MeshHost):
        def environment(self) -> dict[str, str]:
            off = {"LD_PRELOAD": str(directory / "clock.so"), "SOAK_CLOCK": str(clock(directory, name(self)))}
            return super().environment() | off

    run = ["python3", "-u", str(directory / "script.py"), str(orders(directory, seat.device))]
    check = {**rig.TCP, "every": 1, "fall": 2, "timeout": 1}
    setting = replace(
        rig.checked(
            remote=True,
            hold_time=HOLD_TIME,
            poll_time=POLL_TIME,
            startup_hold=10,
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


def endure(soak: Soak, fault: str) -> None:
    """One minute: a fault, its end, and what is judged then."""
    import traffic  # noqa: PLC0415

    mesh = soak.mesh
    owner = next((host for host in mesh.hosts if host.seat is mesh.plane.owner()), mesh.hosts[0])
    host = owner if soak.random.random() < 0.85 else mesh.others(owner)[0]
    if fault in ("bgp2vpc killed", "instance metadata gone"):
        host = mesh.hosts[0]
    mesh.cloud.forget_calls()
    began = soak.now
    log = soak.directory / "answered"
    with traffic.Client(mesh.net.vpc.command, traffic_address(), log) as client:
        soak.wait(3, toggles=1)
        since = time.monotonic()
        print(f"{began:.0f} s: {fault} at {name(host)}", flush=True)
        with FAULTS[fault](soak, host):
            soak.wait(LASTS, toggles=3)
        well = soak.until_well()
        if well is None:
            soak.complain(f"not well {CALM_WITHIN:g} s after: {fault} at {name(host)}\n{mesh.story()}")
        soak.until_polled()
        judge(soak, fault)
        loss = client.loss(since, traffic.LATE)
    log.unlink()
    soak.minutes.append(Minute(fault, name(host), round(began, 1), well, loss.gap_ms, loss.lost))
    soak.wait(began + MINUTE - soak.now, toggles=2)


def traffic_address() -> str:
    import rig  # noqa: PLC0415

    return str(rig.ADDRESS)


def judge(soak: Soak, fault: str) -> None:
    """All is calm, and one poll has passed."""
    import rig  # noqa: PLC0415

    mesh = soak.mesh
    offered = {host.instance.interface_id: {*soak.wanted[name(host)], rig.IPV4} for host in mesh.hosts}
    tables = {table: rows(mesh.cloud.routes(table)) for table in mesh.world.tables}
    for each in misplaced(tables, offered, {*WANTED, FLOODED, rig.IPV4}):
        soak.complain(f"after {fault}: {each}")
    writes = mesh.cloud.writes()
    for each in [*trespasses(writes, {*WANTED, FLOODED, rig.IPV4}), *turns(writes)]:
        soak.complain(f"during {fault}: {each}")
    for host in mesh.hosts:
        if not Path(f"/proc/{host.pid('bgp2vpc')}").exists() or host._processes["bgp2vpc"].poll() is not None:
            soak.complain(f"bgp2vpc of {name(host)} has ended")


def judge_logs(soak: Soak, logs: Mapping[str, Path]) -> None:
    """What no log may have."""
    for host, log in logs.items():
        text = log.read_text("utf-8", "replace")
        for word in ("Traceback", "internal error"):
            if word in text:
                soak.complain(f"the log of {host} has {text.count(word)} times {word!r}")


def summary(soak: Soak, logs: Mapping[str, Path]) -> Iterator[Figure]:
    """What is held against bounds."""
    yield Figure("faults", "", [len(soak.minutes)])
    yield Figure("what was wrong", "", [len(soak.wrong)], (at_most(0),))
    well = [minute.well_s for minute in soak.minutes if minute.well_s is not None]
    yield Figure("fault over -> all is well", "s", well, (at_most(CALM_WITHIN),))
    long = soak.samples[name(soak.mesh.hosts[1])]
    yield Figure("resident memory", "MB", [each.memory_mb for each in long])
    memory = growth(long, lambda each: each.memory_mb)
    yield Figure("its growth, from the second ten minutes to the last ten", "MB", [memory], (at_most(GROWTH_MB),))
    yield Figure("file descriptors", "", [each.descriptors for each in long])
    descriptors = growth(long, lambda each: each.descriptors)
    yield Figure("their growth", "", [descriptors], (at_most(GROWTH_DESCRIPTORS),))
    sizes = [log.stat().st_size / 1000 for log in logs.values()]
    yield Figure("log of a host", "KB", sizes, (at_most(LOG_LIMIT / 1000),))


def by_fault(soak: Soak) -> list[Figure]:
    """A case for each kind of fault."""
    found = []
    for fault in FAULTS:
        of_it = [minute for minute in soak.minutes if minute.fault == fault and minute.well_s is not None]
        if of_it:
            found.append(Figure(f"{fault}: all is well after", "s", [each.well_s or 0.0 for each in of_it]))
            found.append(Figure(f"{fault}: gap of a client", "ms", [each.gap_ms for each in of_it]))
            found.append(Figure(f"{fault}: lost", "packets", [each.lost for each in of_it]))
    return found


def report(soak: Soak, to: Path, conditions: str, logs: Mapping[str, Path] | None = None) -> None:
    """What is known by now."""
    told = {
        "conditions": conditions,
        "wrong": soak.wrong,
        "minutes": [asdict(minute) for minute in soak.minutes],
        "samples": {host: [asdict(each) for each in samples] for host, samples in soak.samples.items()},
    }
    if logs:
        told["log_bytes"] = {host: log.stat().st_size for host, log in logs.items()}
        for host, log in logs.items():
            to.with_name(f"{to.name}-{host}.log").write_bytes(log.read_bytes())
    to.with_name(f"{to.name}.json").write_text(json.dumps(told, indent=1) + "\n")
    lines = [f"# Soak: {conditions}", "", *(f"- wrong: {each}" for each in soak.wrong or ["nothing"]), ""]
    lines += ["| at | fault | host | well again after | gap | lost |", "|---|---|---|---|---|---|"]
    for each in soak.minutes:
        well = "never" if each.well_s is None else f"{each.well_s:.1f} s"
        cells = [f"{each.at_s:.0f} s", each.fault, each.host, well, f"{each.gap_ms:.0f} ms", str(each.lost)]
        lines.append(f"| {' | '.join(cells)} |")
    to.with_name(f"{to.name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
