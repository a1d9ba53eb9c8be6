"""The anycast host: real ExaBGP, real healthchecks and bgp2vpc in a network namespace, as an instance of the cloud."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import netns
import vpcnet
from bird import IBGP, ROUTER_AS, Peering

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost
from bgp2vpc.sources.client import ask
from bgp2vpc.sources.unix import SocketError
from tests.exabgps import ROOT, Exabgp
from tests.waiting import PATIENCE, eventually

BGP2VPC = ROOT / ".venv/bin/bgp2vpc"

HEALTHCHECK = ("-m", "exabgp", "healthcheck")

IPV4 = "192.0.2.53/32"
IPV6 = "2001:db8:53::53/128"
PREFIXES = (IPV4, IPV6)


NOTHING: Mapping[str, str] = MappingProxyType({})

RULES = """
routetables:
  private:
    find: {type: by_tag, config: {key: type, value: private}}
    accept: ["192.0.2.0/24 le 32", "2001:db8:53::/48 le 128", "198.51.100.0/24 le 32"]
"""


class AnycastHost:
    """One host; everything it starts is ended with it."""

    def __init__(
        self, net: netns.Net | vpcnet.Seat, cloud: Cloud, host: CloudHost, directory: Path, exabgp: Exabgp
    ) -> None:
        self.net = net
        self.cloud = cloud
        self.instance = host
        self.directory = directory
        self.exabgp = exabgp
        self.socket = directory / "bgp2vpc.sock"
        self.yaml = directory / "bgp2vpc.yaml"
        self.service = directory / "service-is-well"
        self.service.touch()
        self.user = "root"  # of ExaBGP and its helpers; a host of `nobody` is made by `belong_to_nobody`
        self._prefix: list[str] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        try:
            for process in self._processes.values():
                _ended(process)
        except subprocess.TimeoutExpired as error:
            running = [Path("/proc", str(pid), "cmdline").read_bytes() for pid in self.net.host.pids()]
            raise AssertionError(f"SIGTERM did not end all of {running}\n{self.story()}") from error
        finally:
            self.net.host.kill_all()

    # What runs on it

    def environment(self) -> dict[str, str]:
        """As a service manager would give it: nothing of the developer's own."""
        return {
            "PATH": f"{self.exabgp.programs}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.directory),
            "CACHE_DIRECTORY": os.environ["CACHE_DIRECTORY"],
            **self.cloud.environment(self.instance.instance_id),
            "exabgp_daemon_user": self.user,
            "exabgp_api_cli": "false",
            "exabgp_log_destination": "stdout",
        }

    def belong_to_nobody(self) -> None:
        """From now on ExaBGP runs as it does by default."""
        self.user = "nobody"
        self._prefix = netns.opened_to_all([Path(sys.base_prefix), ROOT, self.directory])
        for path in (self.directory, self.service):
            shutil.chown(path, "nobody")

    def start(self, name: str, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Run a program on this host; its output goes to NAME.log."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                self.net.host.command([*self._prefix, *argv]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        self._processes[name] = process
        return process

    def start_exabgp(
        self, configuration: str, encoder: str = "json", peering: Peering = IBGP, changes: Mapping[str, str] = NOTHING
    ) -> None:
        """Run ExaBGP on one of our ready configurations, with this network's addresses in it and further `changes`."""
        text = (ROOT / "exabgp" / self.exabgp.version / configuration).read_text("utf-8")
        text = _replaced(self._at_home(text, peering), changes)
        path = self.directory / "exabgp.conf"
        path.write_text(text.replace("encoder json;", f"encoder {encoder};"), "utf-8")
        self.start("exabgp", self.exabgp.serve(path))

    def _at_home(self, text: str, peering: Peering) -> str:
        replacements = {
            "/opt/bgp2vpc/bin/bgp2vpc": str(BGP2VPC),
            "-f /etc/bgp2vpc.yaml": f"-f {self.yaml}",
            "neighbor 192.0.2.1 {": f"neighbor {self.net.router_address} {{",
            "neighbor 2001:db8::1 {": f"neighbor {netns.ROUTER_IPV6} {{",
            "local-address 192.0.2.10;": f"local-address {self.net.host_address};",
            "local-address 2001:db8::10;": f"local-address {netns.HOST_IPV6};",
            "local-as 64513;": f"local-as {peering.host_as};",
            "peer-as 64512;": f"peer-as {ROUTER_AS};",
        }
        # What only some of the configurations have.
        optional = {
            "--socket /run/bgp2vpc/bgp2vpc.sock": f"--socket {self.socket}",
            '--cmd "dig @127.0.0.1 example.org | grep -q NOERROR"': f'--cmd "{self.check}"',
            "--interval 5 --fast-interval 1 --rise 3 --fall 3": self.pace,
        }
        if "process bgp2vpc" not in text:
            del replacements["-f /etc/bgp2vpc.yaml"]
        return _replaced(text, {**replacements, **{old: new for old, new in optional.items() if old in text}})

    def start_daemon(self, *options: str) -> None:
        """Run bgp2vpc by itself."""
        self.start("bgp2vpc", [str(BGP2VPC), "run", "-f", str(self.yaml), *options])

    def pid(self, name: str) -> int:
        """The process id of what was started under this name."""
        return self._processes[name].pid

    def runs(self, name: str) -> bool:
        """Whether what was started under this name has not ended."""
        return self._processes[name].poll() is None

    def stop(self, name: str) -> int:
        """SIGTERM, and wait for the end: the exit status."""
        self._processes[name].send_signal(signal.SIGTERM)
        return self._processes[name].wait(PATIENCE)

    # The service and its check

    @property
    def check(self) -> str:
        """The command that succeeds as long as the service is well."""
        return f"test -e {self.service}"

    @property
    def pace(self) -> str:
        """Options that make the healthcheck as quick as a test wants it."""
        return "--interval 0.3 --fast-interval 0.1 --rise 1 --fall 1 --timeout 60"

    def healthcheck(self, *options: str, prefixes: Sequence[str] = PREFIXES, down: str = "--withdraw-on-down") -> str:
        """The command line of ExaBGP's own healthcheck, as one writes it into a configuration."""
        ips = " ".join(f"--ip {prefix}" for prefix in prefixes)
        rest = " ".join([self.pace, down, *options])
        return f'python3 -m exabgp healthcheck --cmd "{self.check}" {ips} --no-ip-setup --no-syslog {rest}'

    def configure(self, *, extra: str = "", options: str = "", **processes: str) -> None:
        """Write the YAML file. `processes` are command lines by name, each with `options`; `extra` are further keys."""
        lines = [f"socket: {self.socket}", extra]
        if processes:
            lines.append("processes:")
        for name, run in processes.items():
            lines.append(f"  {name}: {{run: {json.dumps(run)}, {options}}}")
        self.yaml.write_text("\n".join(lines) + RULES, "utf-8")

    def script(self, name: str, body: str) -> str:
        """A script in Python, and the command line to run it."""
        path = self.directory / name
        path.write_text(body, "utf-8")
        return f"python3 -u {path}"

    # What can be seen of it

    def log(self, name: str) -> Path:
        """Where a program's output is."""
        return self.directory / f"{name}.log"

    def said(self, name: str) -> str:
        """A program's output so far."""
        return self.log(name).read_text("utf-8", "replace") if self.log(name).exists() else ""

    def wait_for_word(self, name: str, word: str) -> None:
        """Until a program's output holds `word`."""
        eventually(lambda: word in self.said(name), f"{name} to say {word!r}", self.story)

    def bgp2vpc(self, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of bgp2vpc's commands on this host; with `path` in front of PATH."""
        environment = self.environment()
        if path is not None:
            environment["PATH"] = f"{path}:{environment['PATH']}"
        return subprocess.run(
            self.net.host.command([str(BGP2VPC), *arguments]),
            env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip

    def status(self) -> Mapping[str, Any]:
        """What `bgp2vpc status --json` prints; empty while nobody answers."""
        try:
            (answer,) = ask(self.socket, ["bgp2vpc status"], timeout=PATIENCE)
        except SocketError:
            return {}
        status: Mapping[str, Any] = json.loads("\n".join(answer.text))
        return status

    def wait_for_vpc(self, *prefixes: str) -> None:
        """Until the table of this host's zone points each of these at it."""
        self._wait_for_vpc(self.instance.interface_id, prefixes)

    def wait_without_vpc(self, *prefixes: str) -> None:
        """Until the table has no route for any of these."""
        self._wait_for_vpc(None, prefixes)

    def _wait_for_vpc(self, target: str | None, prefixes: Sequence[str]) -> None:
        try:
            for prefix in prefixes:
                self.cloud.wait_for_route(self.instance.table, prefix, target)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.story()}") from None

    def source(self, kind: str) -> Mapping[str, Any]:
        """The first source of this kind in `status --json`; empty if there is none."""
        sources = self.status().get("sources", ())
        return next((source for source in sources if source["kind"] == kind), {})

    def pids_of(self, *words: str) -> list[int]:
        """The processes on this host that are `python … WORDS …`; of a path only the file's name counts.

        A child of one of them that has not become its own program yet has the same words, and does not count.
        """
        pids = [pid for pid in self.net.host.pids() if _arguments(pid)[: len(words)] == list(words)]
        return [pid for pid in pids if _parent(pid) not in pids]

    def kill(self, *words: str) -> None:
        """SIGKILL to all of `pids_of`; there has to be one."""
        pids = self.pids_of(*words)
        assert pids, f"no process of {words} runs\n{self.story()}"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def story(self) -> str:
        """What there is to say when something did not happen."""
        logs = sorted(self.directory.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-4000:]}" for log in logs)


MakeHost = Callable[[Exabgp], AnycastHost]


def _parent(pid: int) -> int | None:
    """None: it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return None
    return int(status.partition("PPid:")[2].split()[0])


def _arguments(pid: int) -> list[str]:
    try:
        argv = Path("/proc", str(pid), "cmdline").read_text("utf-8").rstrip("\0").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [word.rpartition("/")[2] for word in argv[1:]]


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    """Every replacement has to find something: else a test would quietly run something else."""
    for old, new in replacements.items():
        if old not in text:
            raise AssertionError(f"the configuration does not hold {old!r}")
        text = text.replace(old, new)
    return text


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of what was sent SIGTERM. ExaBGP drops a signal that meets another one, so it is told again."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            if time.monotonic() > give_up:
                raise
            process.terminate()
        else:
            return
