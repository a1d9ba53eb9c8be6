"""Network namespaces: one per host of a test, tied together with veth pairs.

    test process (and cloud) 198.18.N.1 ---- 198.18.N.2  host  198.19.N.1 ---- 198.19.N.2  router
                                                         2001:db8:ffff::1 ---- 2001:db8:ffff::2

N is the first number that is free, so that several test processes may run side by side.

No namespace has a name below /run/netns: there it would outlive a test process that is killed. A process holds it,
and its stdin is a pipe from the test process. When that closes the pipe, or dies, the holder kills all that runs in the
namespace and ends, and the namespace and its veth pairs go with it. Run as a program, this file is the holder.
"""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

MARK = "b2v"
"""The device of a test process towards its hosts is called so, with the process id behind it."""

HOST_IPV6 = "2001:db8:ffff::1"
ROUTER_IPV6 = "2001:db8:ffff::2"
_HELD, _END = "held", "end"
LATECOMERS = 3.0
"""Seconds in which a program still comes that a test process has begun to start when it was killed."""


def missing() -> list[str]:
    """What this machine lacks, each with how to get it; empty if the tests can run."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append("root (network namespaces need it: run as root)")
    for program, package in (("ip", "iproute2"), ("bird", "bird2"), ("birdc", "bird2"), ("nsenter", "util-linux")):
        if shutil.which(program) is None:
            lacks.append(f"{program} (apt-get install {package})")
    if not lacks:
        probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
        if probe.returncode:
            lacks.append(f"network namespaces ({probe.stderr.strip()}: a container needs the capability SYS_ADMIN)")
    return lacks


class Namespace:
    """One host's network, from its making until `remove`."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C at a terminal is for the test process, which then has to clean up
        )
        assert self._holder.stdout is not None
        said = self._holder.stdout.readline().strip()
        assert said == _HELD, f"a network namespace cannot be made: {said}"
        self._number = _number(self.pid)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def pid(self) -> int:
        """A process that is in it as long as it exists."""
        return self._holder.pid

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv`, to be run in here."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *argv]

    def run(self, *argv: str) -> None:
        """Run a short program in here. Raises CalledProcessError if it fails."""
        subprocess.run(self.command(argv), capture_output=True, check=True)

    def link(self, device: str, other: "Namespace", others_device: str) -> None:
        """Make a veth pair between this namespace and another one."""
        self.run("ip", "link", "add", device, "type", "veth", "peer", others_device, "netns", str(other.pid))

    def address(self, device: str, *addresses: str) -> None:
        """Give a device of it addresses (with length) and bring it up."""
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []  # else the address cannot be used for a second
            self.run("ip", "addr", "add", address, "dev", device, *nodad)
        self.run("ip", "link", "set", device, "up")

    def pids(self) -> list[int]:
        """Every process that runs in it, but for the holder."""
        return _pids_in(self._number, self.pid)

    def kill_all(self) -> None:
        """End every process in it, at once, and wait until none is left."""
        _kill_all_in(self._number, self.pid)

    def remove(self) -> None:
        """End what runs in it and let go of it; its ends of the veth pairs go with it."""
        self._holder.communicate(_END)


def _number(pid: int) -> int:
    """Of the network namespace of a process. Raises OSError for a zombie, which is in none, and for who hides it."""
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def _pids_in(number: int, holder: int) -> list[int]:
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if pid != holder and _number(pid) == number:
                found.append(pid)
    return found


def _kill_all_in(number: int, holder: int) -> None:
    while pids := _pids_in(number, holder):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _hold() -> None:
    # A socket that lost its process and waits for the other end keeps the namespace: for two minutes, were it not told.
    with open("/proc/sys/net/ipv4/tcp_orphan_retries", "w") as retries:
        retries.write("1")
    print(_HELD, flush=True)
    is_orderly = sys.stdin.read() == _END
    deadline = time.monotonic() + (0 if is_orderly else LATECOMERS)
    while True:
        _kill_all_in(_number(os.getpid()), os.getpid())
        if time.monotonic() >= deadline:
            break
        time.sleep(0.1)


class Uplink:
    """The device of the test process towards its hosts: address 198.18.N.1 here, and 198.18.N.2 in a namespace."""

    def __init__(self, suffix: str) -> None:
        self._device = f"{MARK}{os.getpid()}{suffix}"
        self._claim, self.number = _claim_number()
        self.here = f"198.18.{self.number}.1"
        self.there = f"198.18.{self.number}.2"

    def attach(self, namespace: Namespace, device: str) -> None:
        """Connect it to a device of this namespace."""
        _ip("link", "add", self._device, "type", "veth", "peer", device, "netns", str(namespace.pid))
        _ip("addr", "add", f"{self.here}/30", "dev", self._device)
        _ip("link", "set", self._device, "up")
        namespace.address(device, f"{self.there}/30")

    def close(self) -> None:
        """Remove the device, if it was made, and let others have the number."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._device)
        self._claim.close()


def _claim_number() -> tuple[socket.socket, int]:
    """A free number, and what keeps it ours: an abstract socket, which one process at a time can bind."""
    for number in range(1, 255):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0bgp2vpc-tests-198.18.{number}")
        except OSError:
            claim.close()
            continue
        # The kernel may be taking down the device of a process that was killed.
        if f" 198.18.{number}.1/" not in _ip("-4", "-o", "addr", "show"):
            return claim, number
        claim.close()
    raise AssertionError("every network from 198.18.1.0 to 198.18.254.0 is in use")


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


def opened_to_all(paths: Sequence[Path]) -> list[str]:
    """What to put before a command, so that everybody can reach `paths` from it.

    A developer's interpreter may live in root's home, and pytest's directory is for root alone: `nobody` sees neither.
    Nothing is changed for the rest of the machine: the command gets mounts of its own.
    """
    closed = {path: top for path in paths if (top := _closed_parent(path))}
    kept = {path: Path("/mnt", str(number)) for number, path in enumerate(closed)}
    lines = ["set -e", "umask 022", "mount -t tmpfs none /mnt"]
    lines += [f"mkdir {at}; mount --bind {path} {at}" for path, at in kept.items()]
    lines += [f"mount -t tmpfs -o mode=755 none {top}" for top in dict.fromkeys(closed.values())]
    lines += [f"mkdir -p {path}; mount --bind {at} {path}" for path, at in kept.items()]
    return ["unshare", "--mount", "sh", "-c", "\n".join([*lines, 'exec "$@"']), "sh"]


def _closed_parent(path: Path) -> Path | None:
    parents = reversed(path.parents)
    return next((parent for parent in parents if not parent.stat().st_mode & stat.S_IXOTH), None)


class Net:
    """The two hosts, and the way from the host to the cloud."""

    def __init__(self) -> None:
        with contextlib.ExitStack() as stack:
            self._uplink = Uplink("")
            stack.callback(self._uplink.close)
            self.host, self.router = Namespace(), Namespace()
            stack.callback(self.router.remove)
            stack.callback(self.host.remove)
            self.cloud_address = self._uplink.here
            self.host_address = f"198.19.{self._uplink.number}.1"
            self.router_address = f"198.19.{self._uplink.number}.2"
            self._uplink.attach(self.host, "cloud")
            self.host.link("router", self.router, "host")
            self.host.address("router", f"{self.host_address}/30", f"{HOST_IPV6}/64")
            self.router.address("host", f"{self.router_address}/30", f"{ROUTER_IPV6}/64")
            self.close = stack.pop_all().close


if __name__ == "__main__":
    _hold()
