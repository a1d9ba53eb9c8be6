"""A Debian of its own with systemd, in namespaces: what it installs, runs and listens to is gone with it.

The network is that of `netns.Net.host`, so it reaches the cloud and nothing else. Only the kernel is ours.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import netns

from tests.waiting import PATIENCE, eventually

PACKAGES = (
    "python3", "systemd", "exabgp", "iproute2", "iputils-ping", "procps", "passwd",
    "libgcc-s1", "libstdc++6",  # what the libraries in the package need
    "python3-venv",  # for the container (test_container.py)
)  # fmt: skip
OPTIONS = (  # of dpkg; no power cut is to be feared, and nobody reads the manuals
    "force-unsafe-io", "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/bgp2vpc/*",
)  # fmt: skip

# Waits until its stdin closes, as it does when the test process dies; then whatever runs in the control group is ended,
# and the group removed.
_OUTER = """
set -eu
mount --make-rprivate /
mount -t cgroup2 none "$1/mnt"
group="$1/mnt/bgp2vpc-test-$$"
mkdir "$group"
(echo 0 >"$group/cgroup.procs"
 exec nsenter --net="$2" unshare --mount --pid --fork --uts --ipc --cgroup sh -c "$3" sh "$1" </dev/null) &
cat >/dev/null
echo 1 >"$group/cgroup.kill"
wait || true
# Who is killed is not gone at once.
until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
    [ -e "$group" ] || break
    sleep 0.02
done
"""

# As systemd wants to be started in a container (https://systemd.io/CONTAINER_INTERFACE): /proc/sys, which is not ours
# alone, read-only; no devices but the harmless ones.
_INNER = """
set -eu
cd "$1"
umount mnt
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom tty; do
    : >dev/$device
    mount --bind /dev/$device dev/$device
done
ln -s /proc/self/fd dev/fd
pivot_root . mnt
umount -l /mnt
export container=bgp2vpc-test
exec /lib/systemd/systemd --system --show-status=no systemd.unit=multi-user.target
"""


def missing() -> list[str]:
    """What this machine lacks, each with how to get it; empty if the tests can run."""
    programs = {
        "mmdebstrap": "mmdebstrap", "dpkg-deb": "dpkg", "dpkg-shlibdeps": "dpkg-dev", "unshare": "util-linux",
        "nsenter": "util-linux", "apt-get": "apt", "/usr/bin/python3": "python3",
        "rpm": "rpm", "cpio": "cpio", "objdump": "binutils",
    }  # fmt: skip
    lacks = [f"{name} (apt-get install {package})" for name, package in programs.items() if shutil.which(name) is None]
    if not lacks:
        probe = ["unshare", "--mount", "mount", "-t", "cgroup2", "none", "/mnt"]
        tried = subprocess.run(probe, capture_output=True, text=True, check=False)
        lacks += [f"control groups, version 2 ({tried.stderr.strip()})"] if tried.returncode else []
    return lacks


def make_root(root: Path) -> None:
    """Put a minimal Debian with PACKAGES there: of this machine's release, from apt's mirror here."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release["VERSION_CODENAME"].strip('"')
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
    targets = [line.split() for line in _output(*command).splitlines()]
    mirror = next(uri for release, component, uri in targets if (release, component) == (suite, "main"))
    options = ["--mode=root", "--variant=essential", f"--include={','.join(PACKAGES)}"]
    options += [f"--dpkgopt={option}" for option in OPTIONS]
    make = ["mmdebstrap", *options, suite, str(root), mirror]
    environment = os.environ | {"TMPDIR": str(root.parent)}
    done = subprocess.run(until_we_die(make), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def until_we_die(command: Sequence[str]) -> list[str]:
    """A command that leaves no process and no mount behind when the test process is killed."""
    alone = ["unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    return ["setpriv", "--pdeathsig", "KILL", *alone, *command]


class Debian:
    """The machine; `with` boots it."""

    def __init__(self, root: Path, net: netns.Net) -> None:
        self.root = root
        self._net = net
        self._process: subprocess.Popen[bytes] | None = None
        self._init = 0

    def __enter__(self) -> Self:
        network = f"/proc/{self._net.host.pid}/ns/net"
        command = ["unshare", "--mount", "sh", "-c", _OUTER, "sh", str(self.root), network, _INNER]
        with (self.root.parent / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_for_systemd()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(PATIENCE)
            self._process = None

    def _wait_for_systemd(self) -> None:
        assert self._process is not None
        log = self.root.parent / "boot.log"
        eventually(self._is_up, "systemd to boot", log.read_text)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.root.parent / "boot.log").read_text()
        inits = [pid for pid in descendants(self._process.pid) if _comm(pid) == "systemd"]
        if not inits:
            return False
        self._init = inits[0]
        return self.try_run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def try_run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in it, as root."""
        enter = ["nsenter", "--target", str(self._init), "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net"]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        environment |= {"DEBIAN_FRONTEND": "noninteractive", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        return subprocess.run(
            [*enter, *words], env=environment, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
        )

    def run(self, *words: str) -> str:
        """Run a program in it, as root; what it prints. It has to succeed."""
        done = self.try_run(*words)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.journal()}"
        return done.stdout

    def runs(self, name: str) -> bool:
        """Whether a program of this name runs in it."""
        return any(_comm(pid) == name for pid in descendants(self._init))

    def write(self, path: str, text: str) -> None:
        """Write a file of it."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def show(self, unit: str, key: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={key}", unit).strip()

    def journal(self) -> str:
        """The last lines of the journal."""
        return self.try_run("journalctl", "--no-pager", "--output=cat", "--lines=60").stdout

    def files(self) -> set[str]:
        """Every file but those that programs make at run time."""
        tops = ("bin", "etc", "home", "lib", "opt", "root", "sbin", "srv", "usr", "var")
        found = _output("find", *(str(self.root / top) for top in tops), "-printf", "%p\n").splitlines()
        passing = ("/var/log/", "/var/cache/", "/var/lib/dpkg/", "/var/lib/systemd/", "/var/tmp/", "/__pycache__")
        short = (path.removeprefix(str(self.root)) for path in found)
        return {path for path in short if not any(each in path for each in passing)}


def descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from descendants(child)


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"}).stdout
