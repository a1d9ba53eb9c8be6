"""BGP speakers of Debian that know nothing of bgp2vpc, each on its own host, with the files of docs/route-server.md."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from vpcnet import Seat

from tests.exabgps import ROOT
from tests.waiting import PATIENCE, eventually

PAGE = ROOT / "docs/route-server.md"
_FRR = Path("/usr/lib/frr")

# FRR makes a directory below /var/tmp for each process, whatever it is told, and leaves it when it is killed.
_PRIVATE = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /var/tmp; exec "$@"', "sh"]


def missing() -> list[str]:
    """What this machine lacks, each with how to get it."""
    programs = {f"{_FRR}/bgpd": "frr", "vtysh": "frr", "gobgpd": "gobgpd", "gobgp": "gobgpd", "bird": "bird2"}
    return [f"{name} (apt-get install {package})" for name, package in programs.items() if not shutil.which(name)]


def configuration(language: str, addresses: Mapping[str, str]) -> str:
    """The one block of the page in this language, with these addresses in place of its own."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for old, new in addresses.items():
        text = re.sub(rf"(?<![\w:.]){re.escape(old)}(?![\w:.])", new, text)
    return text


class Speaker:
    """One of them, announcing the prefixes of its file from its start on; `with` starts it."""

    language: str
    """Of its block on the page."""

    def __init__(self, seat: Seat, directory: Path, addresses: Mapping[str, str]) -> None:
        self.seat = seat
        self.directory = directory
        directory.mkdir()
        self.file = directory / self.language
        self.file.write_text(configuration(self.language, addresses), "utf-8")
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it takes orders."""
        raise NotImplementedError

    def announce(self, prefix: str) -> None:
        """A prefix that it has withdrawn."""
        raise NotImplementedError

    def withdraw(self, prefix: str) -> None:
        """A prefix that it announces."""
        raise NotImplementedError

    def kill(self) -> None:
        """SIGKILL."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait(PATIENCE)
        self._processes.clear()

    def terminate(self) -> None:
        """SIGTERM: it ends its sessions in order."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        self._processes.clear()

    def _run(self, *argv: str) -> None:
        with (self.directory / f"{self.language}.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    self.seat.host.command(argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    cwd=self.directory, start_new_session=True,
                )
            )  # fmt: skip

    def _try(self, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(self.directory)}  # vtysh keeps a history there
        return subprocess.run(
            self.seat.host.command(argv), env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    def _tell(self, *argv: str) -> str:
        done = self._try(*argv)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}\n{self.story()}"
        return done.stdout

    def _wait_until_it_answers(self, *argv: str) -> None:
        eventually(lambda: self._try(*argv).returncode == 0, f"{self.language} to take orders", self.story)

    def story(self) -> str:
        """What there is to say when something did not happen."""
        logs = sorted(self.directory.glob("*.log"))
        return "\n".join(f"--- {log}\n{log.read_text('utf-8', 'replace')[-4000:]}" for log in logs)


class Frr(Speaker):
    """FRR: zebra, which tells bgpd the addresses of the host, and bgpd."""

    language = "frr"

    def start(self) -> None:
        here = str(self.directory)
        common = ["-u", "root", "-g", "frrvty", "-P", "0", "-z", f"{here}/zserv.api", "--vty_socket", here]
        common += ["--log", f"file:{here}/daemons.log"]
        (self.directory / "zebra").touch()
        for name, file in (("zebra", "zebra"), ("bgpd", self.language)):
            own = ["-f", f"{here}/{file}", "-i", f"{here}/{name}.pid"]
            self._run(*_PRIVATE, str(_FRR / name), *common, *own)
            self._wait_until_it_answers("vtysh", "--vty_socket", here, "-d", name, "-c", "show version")

    def announce(self, prefix: str) -> None:
        self.configure(_family(prefix), f"network {prefix}")

    def withdraw(self, prefix: str) -> None:
        self.configure(_family(prefix), f"no network {prefix}")

    def configure(self, *orders: str) -> None:
        """Below its `router bgp`."""
        (router,) = re.findall(r"^router bgp \d+$", self.file.read_text("utf-8"), re.MULTILINE)
        words = [word for each in ("configure terminal", router, *orders) for word in ("-c", each)]
        self._tell("vtysh", "--vty_socket", str(self.directory), "-d", "bgpd", *words)


def _family(prefix: str) -> str:
    return f"address-family {'ipv6' if ':' in prefix else 'ipv4'} unicast"


class GoBgp(Speaker):
    """GoBGP, whose prefixes are given by orders."""

    language = "toml"

    def start(self) -> None:
        self._run("gobgpd", "-f", str(self.file), "--api-hosts", "127.0.0.1:50051", "--pprof-disable")
        self._wait_until_it_answers("gobgp", "global")
        for block in re.findall(r"^gobgp global rib add .*$", PAGE.read_text("utf-8"), re.MULTILINE):
            self._tell(*block.split())

    def announce(self, prefix: str) -> None:
        self._order("add", prefix, "origin", "igp")

    def withdraw(self, prefix: str) -> None:
        self._order("del", prefix)

    def _order(self, verb: str, prefix: str, *more: str) -> None:
        self._tell("gobgp", "global", "rib", verb, "-a", "ipv6" if ":" in prefix else "ipv4", prefix, *more)


class Bird2(Speaker):
    """BIRD, whose prefixes are those of a protocol each."""

    language = "bird"

    def start(self) -> None:
        control = str(self.directory / "bird.ctl")
        self._run("bird", "-f", "-c", str(self.file), "-s", control)
        self._wait_until_it_answers("birdc", "-s", control, "show", "status")

    def announce(self, prefix: str) -> None:
        self._order("enable", prefix)

    def withdraw(self, prefix: str) -> None:
        self._order("disable", prefix)

    def _order(self, verb: str, prefix: str) -> None:
        protocol = "service6" if ":" in prefix else "service4"
        self._tell("birdc", "-s", str(self.directory / "bird.ctl"), verb, protocol)


SPEAKERS: Sequence[type[Speaker]] = (Frr, GoBgp, Bird2)
"""In the order of their addresses on the page."""
