"""Network namespaces: one per host of a test, tied together with veth pairs, and gone afterwards whatever happened.

    test process (and cloud) 198.18.N.1 ---- 198.18.N.2  host  198.19.N.1 ---- 198.19.N.2  router
                                                         2001:db8:ffff::1 ---- 2001:db8:ffff::2

N is the first number that is free, so that several test processes may run side by side.
"""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "b2v"
"""Every name begins with it, and with the process id of the test process behind it."""

HOST_IPV6 = "2001:db8:ffff::1"
ROUTER_IPV6 = "2001:db8:ffff::2"


def missing() -> list[str]:
    """What this machine lacks, each with how to get it; empty if the tests can run."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append("root (network namespaces need it: run as root)")
    for program, package in (("ip", "iproute2"), ("bird", "bird2"), ("birdc", "bird2")):
        if shutil.which(program) is None:
            lacks.append(f"{program} (apt-get install {package})")
    if not lacks:
        lacks += _cannot_make_namespaces()
    return lacks


def _cannot_make_namespaces() -> list[str]:
    name = f"{MARK}-{os.getpid()}-probe"
    probe = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if probe.returncode:
        return [f"network namespaces ({probe.stderr.strip()}: a container needs the capability SYS_ADMIN)"]
    _ip("netns", "del", name)
    return []


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True, slots=True)
class Namespace:
    """One host's network."""

    name: str

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv`, to be run in here."""
        return ["ip", "netns", "exec", self.name, *argv]

    def run(self, *argv: str) -> None:
        """Run a short program in here. Raises CalledProcessError if it fails."""
        subprocess.run(self.command(argv), capture_output=True, check=True)

    def add(self) -> None:
        """Make it, with a loopback interface that is up."""
        _ip("netns", "add", self.name)
        _ip("-n", self.name, "link", "set", "lo", "up")

    def address(self, device: str, *addresses: str) -> None:
        """Give a device of it addresses (with length) and bring it up."""
        for address in addresses:
            family = ["-6"] if ":" in address else []
            nodad = ["nodad"] if ":" in address else []  # else the address cannot be used for a second
            _ip(*family, "-n", self.name, "addr", "add", address, "dev", device, *nodad)
        _ip("-n", self.name, "link", "set", device, "up")

    def pids(self) -> list[int]:
        """Every process that runs in it."""
        return [int(pid) for pid in _ip("netns", "pids", self.name).split()]

    def kill_all(self) -> None:
        """End every process in it, at once, and wait until none is left."""
        deadline = time.monotonic() + 10
        while (pids := self.pids()) and time.monotonic() < deadline:
            for pid in pids:
                _kill(pid)
            time.sleep(0.01)

    def remove(self) -> None:
        """End what runs in it and delete it; its ends of the veth pairs go with it."""
        self.kill_all()
        _ip("netns", "del", self.name)


def opened_to_all(paths: Sequence[Path], scratch: Path) -> list[str]:
    """What to put before a command for `Namespace.command`, so that everybody can reach `paths` from it.

    A developer's interpreter may live in root's home, where `nobody` cannot see it. Nothing is changed for the rest of
    the machine: `ip netns exec` gives every command mounts of its own.
    """
    closed = {path: top for path in paths if (top := _closed_parent(path))}
    kept = {path: scratch / f"mount-{number}" for number, path in enumerate(closed)}
    lines = ["set -e", "umask 022"]
    lines += [f"mkdir -p {at}; mount --bind {path} {at}" for path, at in kept.items()]
    lines += [f"mount -t tmpfs -o mode=755 none {top}" for top in dict.fromkeys(closed.values())]
    lines += [f"mkdir -p {path}; mount --bind {at} {path}" for path, at in kept.items()]
    return ["sh", "-c", "\n".join([*lines, 'exec "$@"']), "sh"]


def _closed_parent(path: Path) -> Path | None:
    parents = reversed(path.parents)
    return next((parent for parent in parents if not parent.stat().st_mode & stat.S_IXOTH), None)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Net:
    """The two hosts, and the way from the host to the cloud."""

    def __init__(self) -> None:
        remove_leftovers()
        base = f"{MARK}-{os.getpid()}"
        self.host = Namespace(f"{base}-host")
        self.router = Namespace(f"{base}-rtr")
        number = free_number()
        self.cloud_address = f"198.18.{number}.1"
        self.host_address = f"198.19.{number}.1"
        self.router_address = f"198.19.{number}.2"
        try:
            self._build(number)
        except BaseException:
            self.close()
            raise

    def _build(self, number: int) -> None:
        self.host.add()
        self.router.add()
        uplink = f"{MARK}-{os.getpid()}"
        _ip("link", "add", uplink, "type", "veth", "peer", "name", "cloud", "netns", self.host.name)
        _ip("addr", "add", f"{self.cloud_address}/30", "dev", uplink)
        _ip("link", "set", uplink, "up")
        self.host.address("cloud", f"198.18.{number}.2/30")
        _ip("-n", self.host.name, "link", "add", "router", "type", "veth", "peer", "host", "netns", self.router.name)
        self.host.address("router", f"{self.host_address}/30", f"{HOST_IPV6}/64")
        self.router.address("host", f"{self.router_address}/30", f"{ROUTER_IPV6}/64")

    def close(self) -> None:
        """Remove everything."""
        for namespace in (self.host, self.router):
            if namespace.name in names():
                namespace.remove()


def names() -> list[str]:
    """Every network namespace."""
    return [line.split()[0] for line in _ip("netns", "list").splitlines() if line]


def free_number() -> int:
    """The first N that nobody uses."""
    taken = _ip("-4", "-o", "addr", "show")
    return next(number for number in range(1, 255) if f" 198.18.{number}.1/" not in taken)


def remove_leftovers() -> None:
    """Remove the namespaces of test processes that died without doing so."""
    for name in names():
        mark, _, rest = name.partition("-")
        pid = rest.partition("-")[0]
        if mark == MARK and pid.isdigit() and not _is_alive(pid):
            Namespace(name).remove()


def _is_alive(pid: str) -> bool:
    """A dead process that its parent did not ask about yet still has a directory, but no command line."""
    try:
        return bool(Path("/proc", pid, "cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False
