"""Daemons that need not import their modules: forks of a process that has done it once.

Each is a process of its own, with its own environment and log, and runs `bgp2vpc COMMAND` to its end. Only the start
differs from a user's, by the half second of CPU that the imports take. For tests that are about the start, or that
look at the command line of a process, there is `subprocess`.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

from bgp2vpc.cli.main import main

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "bgp2vpc.cli.main",
        "bgp2vpc.cli.run",
        "bgp2vpc.config.load",
        "bgp2vpc.daemon",
        "bgp2vpc.services.supervision",
        "bgp2vpc.logs",
        "bgp2vpc.vpc.aws.connect",
        "bgp2vpc.vpc.aws.ec2",
        "bgp2vpc.vpc.aws.imds",
        __name__,
    ]
)


def stop() -> None:
    """End what is forked: it and its companion would last as long as this process."""
    forkserver._forkserver._stop()
    resource_tracker._resource_tracker._stop()


class Forked:
    """A running `bgp2vpc`; what of it is needed looks like subprocess.Popen."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        log.touch()
        self._process = _CONTEXT.Process(target=_run, args=(argv, dict(environment), str(log)))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (status := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired("bgp2vpc", timeout or 0)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _run(argv: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    with open(log, "ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(main(argv))
