"""Loading in a child process: the same result, without the schema library in this one."""

import subprocess
import sys
from pathlib import Path

import pytest

from bgp2vpc.config.apart import load_apart
from bgp2vpc.config.load import load
from bgp2vpc.errors import ConfigError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["valid-documented", "valid-everything"])
def test_the_child_reads_the_same_configuration(name: str) -> None:
    assert load_apart(DATA / f"{name}.yaml") == load(DATA / f"{name}.yaml")


def test_the_child_finds_the_same_problems() -> None:
    path = DATA / "invalid-everything-at-once.yaml"
    with pytest.raises(ConfigError) as here:
        load(path)
    with pytest.raises(ConfigError) as apart:
        load_apart(path)
    assert apart.value.problems == here.value.problems


def test_a_child_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(ConfigError, match=r"the process that checks it failed: .*No such file"):
        load_apart(DATA / "valid-documented.yaml")


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ConfigError, match="the process that checks it failed"):
        load_apart(DATA / "valid-documented.yaml")


def test_the_daemon_does_not_hold_the_schema_library() -> None:
    script = (
        "import sys\n"
        "from bgp2vpc.config.apart import load_apart\n"
        f"load_apart({str(DATA / 'valid-documented.yaml')!r})\n"
        "sys.exit('pydantic' in sys.modules or 'yaml' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
