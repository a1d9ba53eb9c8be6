"""What befalls the pair: each for as long as its `with` block."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from benchmarks.soak.pair import Soak, name, restart, set_clock
from bgp2vpc.demo.cloud.values import ROUTE_WRITES, Fault, FaultKind

if TYPE_CHECKING:
    from rig import MeshHost

HOUR = 3600
HELD = "192.0.2.98/32"


@contextmanager
def killed(soak: Soak, _: "MeshHost") -> Iterator[None]:
    restart(soak.mesh.hosts[0])
    yield


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
    soak.order(host, flood=True)
    yield
    soak.order(host)


Befalls = Callable[[Soak, "MeshHost"], Any]
LOST = tuple(Fault(each, FaultKind.RESET_AFTER, times=None) for each in ROUTE_WRITES)
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
