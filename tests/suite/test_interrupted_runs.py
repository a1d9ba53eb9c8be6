"""A run that is interrupted leaves no process, namespace, device, mount or file, whichever way it ends."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.suite import leftovers
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.system
WORKERS = "1"
TESTS = (
    "tests/system/test_main_job.py",
    "-k", "test_router_and_vpc_follow_a_healthcheck_behind_tee_with_a_helper_beside_it",
)  # fmt: skip
"""They make namespaces, and run BIRD, ExaBGP, healthchecks and daemons in them. Few: told to end by SIGINT, a worker of
xdist runs what it was given before it does."""


@pytest.fixture
def directory() -> Iterator[Path]:
    """With a short name: below it are sockets, whose paths have 107 characters at most."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="b2v") as name:
        yield Path(name)


def devices(pids: Iterable[int]) -> list[str]:
    """The network devices of this machine that these test processes made."""
    names = tuple(f"b2v{pid}" for pid in pids)
    return [each.name for each in Path("/sys/class/net").iterdir() if each.name.startswith(names)]


def commands(run: str, directory: Path) -> str:
    return "\n".join(leftovers.processes(run, directory).values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_an_interrupted_run_leaves_nothing_behind(number: signal.Signals, directory: Path) -> None:
    before = leftovers.files()
    command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--basetemp", str(directory / "run"), *TESTS]
    with (directory / "output").open("wb") as output:
        run = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    name, below = f"{run.pid}-", directory / "run"
    try:
        for program in ("bgp2vpc.demo.cloud", "bird ", "exabgp", "bgp2vpc helper"):
            eventually(
                lambda program=program: program in commands(name, below),
                f"{program} to run",
                lambda: f"{commands(name, below)}\n{(directory / 'output').read_text()}",
            )
        pids = leftovers.processes(name, below)
        assert devices(pids)
        run.send_signal(number)
        run.wait()
    finally:
        run.kill()
    eventually(lambda: not commands(name, below), "the end of what it started", lambda: commands(name, below))
    what = "the end of its devices, which the kernel removes after the namespaces"
    eventually(lambda: not devices(pids), what, lambda: str(devices(pids)))
    assert leftovers.mounts(directory) == []
    assert leftovers.files() == before


def test_what_is_left_behind_fails_the_run_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "test_forgets.py"
    file.write_text(
        "import subprocess\n"
        "def test_it():\n"
        "    subprocess.Popen(['sleep', '1234'], start_new_session=True)\n"
    )  # fmt: skip
    settings = ["-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "--basetemp", str(tmp_path / "run")]
    command = [sys.executable, "-m", "pytest", *settings, str(file)]
    run = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in run.stdout
    assert "left behind:" in run.stdout
    assert "sleep 1234" in run.stdout
    assert not any("sleep 1234" in command for command in leftovers.processes("", tmp_path / "run").values())
