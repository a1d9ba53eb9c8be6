"""A failing test explains itself: what the report of one has in it, by running one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.io

AGAINST_THE_STAND_IN = """
def test_it(cloud, world, tmp_path):
    (tmp_path / "log").write_text("what the daemon said")
    host, table = world.hosts[0], world.tables[0]
    cloud.client(host.instance_id).create_route(
        RouteTableId=table, DestinationCidrBlock="192.0.2.53/32", NetworkInterfaceId=host.interface_id
    )
    assert not "this fails"
"""
ON_VIRTUAL_TIME = """
from tests.daemon.lab import Lab

def test_it():
    lab = Lab().start()
    lab.say("announce route 192.0.2.1/32 next-hop self")
    lab.wait()
    assert not "this fails"
"""


def report(text: str, directory: Path) -> str:
    """What pytest prints of this test."""
    file = directory / "test_fails.py"
    file.write_text(text)
    settings = str(ROOT / "pyproject.toml")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", settings, str(file)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/daemon'}"}
    environment.pop("CI", None)
    run = subprocess.run(
        [*command, "--basetemp", str(directory / "inner")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    return run.stdout


def test_with_real_daemons_the_report_has_their_logs_the_calls_and_the_tables(tmp_path: Path) -> None:
    text = report(AGAINST_THE_STAND_IN, tmp_path)
    assert "what the daemon said" in text
    assert "CreateRoute rtb-" in text
    assert "192.0.2.53/32 eni-" in text


def test_on_virtual_time_the_report_has_the_log_the_calls_and_the_tables(tmp_path: Path) -> None:
    text = report(ON_VIRTUAL_TIME, tmp_path)
    assert "CreateRoute rtb-1 192.0.2.1/32 eni-1" in text
    assert "rtb-1 192.0.2.1/32 eni-1 active" in text
    assert "route created" in text
