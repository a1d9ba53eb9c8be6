"""A real daemon process on an instance of the test cloud, its configuration, its log, and the commands users type."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost
from bgp2vpc.sources.client import ask
from bgp2vpc.sources.unix import SocketError
from tests.forked import Forked
from tests.waiting import PATIENCE, eventually

PROGRAM = (sys.executable, "-m", "bgp2vpc")
# A daemon of the tests reads often. Nothing runs out while it waits for a machine that is busy.
QUICK = {"poll_time": 0.5, "restart_time": 0, "ec2": {"timeout": PATIENCE, "burst": 1000, "rate": 1000}}


def rule(*accept: str, **more: Any) -> dict[str, Any]:
    """A rule for the tables tagged type=private."""
    entries = list(accept) or ["192.0.2.0/24 le 32", "2001:db8:53::/48 le 128"]
    return {"find": {"type": "by_tag", "config": {"key": "type", "value": "private"}}, "accept": entries, **more}


def script(*lines: str, then: str = "exec cat >/dev/null") -> dict[str, object]:
    """A process that says these lines and then lives on."""
    said = "; ".join(f"echo {shlex.quote(line)}" for line in lines)
    return {"run": ["sh", "-c", f"{said}; {then}"]}


def announcing(*prefixes: str, then: str = "exec cat >/dev/null") -> dict[str, object]:
    return script(*(f"announce route {prefix} next-hop self" for prefix in prefixes), then=then)


class Site:
    """One host of the world: a directory with the YAML file, the socket and the log, and at most one daemon."""

    def __init__(self, cloud: Cloud, host: CloudHost, directory: Path) -> None:
        self.cloud = cloud
        self.host = host
        self.file = directory / "bgp2vpc.yaml"
        self.socket = directory / "s.sock"
        self.log_file = directory / "log"
        # On a terminal that is so wide no sentence of `status` is wrapped.
        self.environment = os.environ | cloud.environment(host.instance_id) | {"COLUMNS": "1000"}
        self.process: Forked | None = None
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Write the file; a value of None leaves the key out."""
        settings = {"socket": str(self.socket), "routetables": {"private": rule()}, **QUICK, **changes}
        self.file.write_text(yaml.safe_dump({key: value for key, value in settings.items() if value is not None}))

    def start(self, *options: str, command: str = "run", wait: bool = True) -> "Site":
        """Start the daemon; with `wait` until it has seen the route tables."""
        self.process = Forked([command, "-f", str(self.file), *options], self.environment, self.log_file)
        return self.wait_for_start() if wait else self

    @contextmanager
    def as_helper(self) -> Iterator[None]:
        """The daemon as a helper, until the end of the block; its ExaBGP is silent, and deaf to what it is told."""
        with (
            self.log_file.open("ab") as log,
            subprocess.Popen(
                [*PROGRAM, "helper", "-f", str(self.file)], env=self.environment,
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log,
            ) as helper,
        ):  # fmt: skip
            try:
                eventually(self.socket.exists, "the socket", lambda: self.log)
                eventually(lambda: self.status()["ec2_observed"], "EC2", lambda: self.log)
                yield
            finally:
                helper.kill()

    def wait_for_start(self) -> "Site":
        """Until the daemon has seen the route tables."""
        eventually(self._has_observed, "the daemon to see EC2", lambda: self.log)
        return self

    def _has_observed(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return bool(self.status()["ec2_observed"])
        except SocketError:
            return False

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the daemon and wait for its end; its exit status."""
        if self.process is None:
            return 0
        self.send(number)
        return self.ended()

    def ended(self) -> int:
        """Wait until the daemon ends by itself; its exit status."""
        assert self.process is not None
        process, self.process = self.process, None
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise TimeoutError(f"the daemon did not end\n{self.log}") from None

    def say(self, *lines: str) -> None:
        """Announce and withdraw as `bgp2vpc api` does; every line has to be `done`."""
        for line in lines:
            answer = ask(self.socket, ["bgp2vpc lasting", line], timeout=PATIENCE)[-1]
            assert answer.ok, (line, answer.error)

    def announce(self, prefix: str, more: str = "") -> None:
        self.say(f"announce route {prefix} next-hop self {more}".strip())

    def withdraw(self, prefix: str) -> None:
        self.say(f"withdraw route {prefix} next-hop self")

    def status(self) -> dict[str, Any]:
        return self._asked("status")

    def reconcile(self) -> str:
        """Let the daemon read EC2 and decide about everything now: `2 to create`, or nothing, which is what it writes.

        For what must *not* happen: it would have happened now.
        """
        poll = self._asked("reconcile")["poll"]
        return eventually(lambda: self._polled(poll), "the daemon to read EC2", lambda: self.log)["changes"]

    def _polled(self, poll: int) -> dict[str, Any] | None:
        seen = self._asked("polls")
        return seen if seen["ended"] >= poll else None

    def _asked(self, question: str) -> dict[str, Any]:
        (answer,) = ask(self.socket, [f"bgp2vpc {question}"], timeout=PATIENCE)
        assert answer.ok, (question, answer.error)
        return json.loads(answer.text[0])

    def verdict(self, table: str, prefix: str) -> str:
        """`keep ours`, or nothing."""
        rows = [r for r in self.status()["routes"] if (r["route_table_id"], r["prefix"]) == (table, prefix)]
        return " ".join((rows[0]["verdict"], rows[0]["reason"])) if rows else ""

    def wait_for_verdict(self, table: str, prefix: str, verdict: str) -> None:
        def story() -> str:
            return f"instead: {self.verdict(table, prefix)}\n{self.log}"

        eventually(lambda: self.verdict(table, prefix) == verdict, verdict, story)

    def wait_for_route(self, prefix: str, *tables: str, target: str | None = "") -> None:
        """In each table (default: the host's); `target` "": this host's interface, None: no route."""
        wanted = self.host.interface_id if target == "" else target
        for table in tables or (self.host.table,):
            try:
                self.cloud.wait_for_route(table, prefix, wanted, timeout=PATIENCE)
            except TimeoutError as error:
                raise TimeoutError(f"{error}\n{self.log}") from None

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def wait_for_log(self, text: str, count: int = 1) -> None:
        eventually(lambda: self.log.count(text) >= count, f"'{text}' in the log", lambda: self.log)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What a user gets for `bgp2vpc WORDS`."""
        return subprocess.run(
            [*PROGRAM, *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
