"""Nothing of a run remains, however it ended: no process or mount, and no file but below its temporary directory. Nor a
network namespace: those of the tests have no name and end with the processes in them (tests/system/netns.py).

Everything a run starts inherits the environment variable `RUN`, whose value is the run's name. Whatever still has it at
the end of a run is reported, and the run fails. What an interrupted run leaves is removed by a watchdog, a process of
its own that waits for the end of pytest: SIGKILL gives pytest no chance to clean up itself.

`python -m tests.suite.leftovers PID NAME DIRECTORY` is that watchdog.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

RUN = "BGP2VPC_TEST_RUN"
ROOT = Path(__file__).parents[2]
CACHES = (".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache", "__pycache__")
QUIET = 0.5
"""Seconds for which no process of the run may be seen."""
GRACE = 5.0
"""Seconds in which a process that was told to end may do so before it counts as left behind."""


def processes(run: str, directory: Path) -> dict[int, str]:
    """Every process of the runs whose name begins so, but ourselves: its command line by its id.

    Some are started with an environment of their own, as ExaBGP is: they are known by a file below the directory.
    """
    mark, below = f"\0{RUN}={run}".encode(), f"{directory}/".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            # It may end, or belong to somebody else.
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                if below in command or mark in b"\0" + (entry / "environ").read_bytes():
                    found[int(entry.name)] = command.decode("utf-8", "replace")[:200]
    return found


def mounts(directory: Path) -> list[str]:
    """Every mount point below the directory, the innermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()]
    return sorted((point for point in points if Path(point).is_relative_to(directory)), reverse=True)


def files() -> set[str]:
    """What git does not know in the checkout, but for the caches of the tools."""
    command = ["git", "status", "--porcelain", "--ignored", "--untracked-files=all"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = {line[3:] for line in listed.splitlines()}
    return {name for name in names if not any(part in CACHES for part in Path(name).parts)}


@pytest.hookimpl(trylast=True)  # after the plugin that makes the temporary directory
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Run(config), "leftovers")


class _Run:
    """One run of pytest, as its main process sees it."""

    def __init__(self, config: pytest.Config) -> None:
        self._name = f"{os.getpid()}-{time.time_ns()}"
        self._files = files()
        os.environ[RUN] = self._name
        self._directory = config._tmp_path_factory.getbasetemp()
        # Programs that ask for a temporary file get it there, too; and so do the workers.
        scratch = self._directory / "scratch"
        scratch.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        # Where the daemons keep EC2's model: the first one of the run makes it.
        (self._directory / "cache").mkdir()
        os.environ["CACHE_DIRECTORY"] = str(self._directory / "cache")
        watchdog = [sys.executable, "-m", "tests.suite.leftovers", str(os.getpid()), self._name, str(self._directory)]
        environment = {name: value for name, value in os.environ.items() if name != RUN}
        self._watchdog = subprocess.Popen(watchdog, cwd=ROOT, env=environment, start_new_session=True)

    def _processes(self) -> dict[int, str]:
        return processes(self._name, self._directory)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        result = yield
        deadline = time.monotonic() + GRACE
        # A process that has just been started shows no environment before the kernel has set it up: on a busy machine
        # that takes a moment after its parent went on.
        quiet = time.monotonic() + QUIET
        while (left := self._processes()) or time.monotonic() < quiet:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        lines = [f"process {pid}: {command}" for pid, command in left.items()]
        lines += [f"mount {point}" for point in mounts(self._directory)]
        if os.environ.get("CI"):  # elsewhere somebody may write new files meanwhile
            lines += [f"file {name}" for name in sorted(files() - self._files)]
        self._watchdog.kill()
        self._watchdog.wait()
        _remove(self._name, self._directory)
        if lines:
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            reporter.write_line("\nleft behind:\n  " + "\n  ".join(lines), red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result


def _remove(run: str, directory: Path) -> None:
    """End and delete what remains of a run, but for its directory."""
    while left := processes(run, directory):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    for point in mounts(directory):
        subprocess.run(["umount", "--lazy", point], check=False)


def _watch(pid: int, run: str, directory: Path) -> None:
    try:
        waiting = select.poll()
        waiting.register(os.pidfd_open(pid), select.POLLIN)
        waiting.poll()
    except ProcessLookupError:
        pass  # it has ended already
    # Who is tied to the test process tidies up by itself now, as whoever holds a namespace or a control group. And what
    # it was about to start cannot be told from others before it has become a program of its own.
    time.sleep(GRACE)
    _remove(run, directory)
    shutil.rmtree(directory / "scratch", ignore_errors=True)


if __name__ == "__main__":
    _watch(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
