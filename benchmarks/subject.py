"""The daemon that is measured, and the pipe between it and its script."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec
from bgp2vpc.sources.client import ask

EC2_LATENCY = 0.1
"""Seconds that the stand-in adds to every call."""
SILENT = "sleep infinity"
"""A script that says nothing: the benchmark speaks in its place, see `Pipe`."""
UNPACED = {"ec2": {"burst": 10000, "rate": 10000}}

_FIND = {"type": "by_tag", "config": {"key": "type", "value": "private"}}
_ACCEPT = ["192.0.2.0/24 le 32", "198.18.0.0/15 le 32"]
_START_TIMEOUT = 20.0
_DEAF_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A running daemon. `started`: when its process was."""

    process: "subprocess.Popen[bytes]"
    socket: Path
    started: float

    def status(self) -> dict[str, Any]:
        """What `bgp2vpc status --json` prints."""
        (answer,) = ask(self.socket, ["bgp2vpc status"])
        status: dict[str, Any] = json.loads("".join(answer.text))
        return status

    def wait_until_ready(self) -> None:
        """Until EC2 was observed and every script runs. Raises TimeoutError."""
        self._wait_until(
            lambda status: status["ec2_observed"] and all(s["pid"] for s in status["sources"] if s["kind"] == "script")
        )

    def wait_until_all_healthy(self, count: int) -> None:
        """Until that many health checks pass, and no fewer. Raises TimeoutError."""
        self._wait_until(lambda status: [c["state"] for c in status["checks"]] == ["healthy"] * count)

    def _wait_until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ChildProcessError(f"the daemon ended with {self.process.returncode}; its log is above")
            if self.socket.exists() and holds(self.status()):
                return
            time.sleep(0.02)
        raise TimeoutError(f"the daemon is not ready after {_START_TIMEOUT:g} s")

    def poll_now(self) -> None:
        """Have it read its file again, and EC2 with that."""
        self.process.send_signal(signal.SIGHUP)

    def cpu_seconds(self) -> float:
        """Of all of its threads, in the scheduler's nanoseconds: /proc/PID/stat counts hundredths of a second."""
        tasks = Path("/proc", str(self.process.pid), "task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def resident(self) -> float:
        """VmRSS in MB (10^6 bytes)."""
        status = Path("/proc", str(self.process.pid), "status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def pipe(self, name: str = "script") -> "Pipe":
        """The pipes of the script of this name."""
        (pid,) = (source["pid"] for source in self.status()["sources"] if source["name"] == name)
        return Pipe(pid)


class Pipe:
    """Speaks in the place of a silent script, through its own descriptors: no hop is added to what is measured."""

    def __init__(self, pid: int) -> None:
        self._stdout = os.open(f"/proc/{pid}/fd/1", os.O_WRONLY)
        self._stdin = os.open(f"/proc/{pid}/fd/0", os.O_RDONLY | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._stdout)
        os.close(self._stdin)

    def say(self, *lines: str) -> float:
        """Print lines; returns the moment before."""
        data = "".join(f"{line}\n" for line in lines).encode()
        before = time.monotonic()
        while data:
            data = data[os.write(self._stdout, data) :]
        return before

    def read_answers(self, timeout: float = 0.0) -> int:
        """How many answers have come; waits for the first at most `timeout` seconds."""
        if not select.select([self._stdin], [], [], timeout)[0]:
            return 0
        return os.read(self._stdin, 1 << 20).count(b"\n")

    def await_answers(self, count: int) -> None:
        """Until that many answers have come. Raises TimeoutError."""
        while count > 0:
            read = self.read_answers(_DEAF_AFTER)
            if not read:
                raise TimeoutError(f"{count} answers are missing")
            count -= read


@contextmanager
def running(
    cloud: Cloud,
    world: World,
    *,
    more: Mapping[str, Any] | None = None,
    manage_routes: Sequence[Mapping[str, Any]] = (),
    environment: dict[str, str] | None = None,
    wrapper: Sequence[str] = (),
    helper: bool = False,
    **scripts: str,
) -> Iterator[Subject]:
    """A daemon on the first host of `world`, with these scripts and managed routes.

    Without any of them: with one silent script, called `script`. `more`: further keys of its configuration. It need not
    be ready yet. `wrapper`: a command line that runs it. `helper`: as a process of an ExaBGP that says nothing. Its log
    is shown if the benchmark fails.
    """
    with tempfile.TemporaryDirectory(prefix="bgp2vpc-bench-") as name, Path(name, "log").open("w+b") as log:
        home = Path(name)
        runs = scripts or ({} if manage_routes else {"script": SILENT})
        rule = {"find": _FIND, "accept": _ACCEPT, **({"manage_routes": manage_routes} if manage_routes else {})}
        settings = {
            "socket": str(home / "socket"),
            "on_exit": "keep",
            "processes": {script: {"run": run} for script, run in runs.items()},
            "routetables": {"private": rule},
            **(more or {}),
        }
        config = home / "bgp2vpc.yaml"
        config.write_text(json.dumps(settings))
        program = Path(sys.executable).with_name("bgp2vpc")
        path = f"{program.parent}:{os.environ['PATH']}"
        settled = {**os.environ, "PATH": path, **cloud.environment(world.hosts[0].instance_id), **(environment or {})}
        command, pipe = ("helper", subprocess.PIPE) if helper else ("run", subprocess.DEVNULL)
        started = time.monotonic()
        process = subprocess.Popen(
            [*wrapper, program, command, "-f", config], env=settled, stderr=log, stdin=pipe, stdout=pipe
        )
        try:
            yield Subject(process, home / "socket", started)
        except BaseException:
            log.seek(0)
            sys.stderr.buffer.write(log.read())
            raise
        finally:
            process.terminate()
            process.wait()


def fresh_world(cloud: Cloud, spec: WorldSpec | None = None) -> World:
    """An EC2 as new, with its latency, and a VPC in it."""
    cloud.reset()
    world = cloud.build(spec or WorldSpec())
    cloud.latency(EC2_LATENCY)
    return world
