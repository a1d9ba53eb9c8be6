"""Many daemons, whatever happens to them: no two fight over a route, and once all is calm each is where it belongs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.__main__ import failure

pytestmark = pytest.mark.io

ROOT = Path(__file__).parents[2]
SEEDS, AT_ONCE = 60, 15
"""More: `python -m tests.simulation --seeds 5000`."""


def simulation(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_whatever_happens_to_a_fleet_its_routes_are_where_they_belong_once_it_is_calm(first: int) -> None:
    run = simulation("--first", str(first), "--seeds", str(AT_ONCE), "--jobs", "1")
    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
    assert f"{AT_ONCE} schedules" in run.stdout
    assert run.stdout.endswith("; 0 failed\n")


def test_a_seed_means_the_same_every_time() -> None:
    first, again = (simulation("--seed", "13", "--trace").stdout for _ in range(2))
    assert first == again
    assert "world    calm" in first


def test_a_seed_that_fails_says_how_to_see_it_again() -> None:
    assert failure(7, ["3.0 s: two fight"]).splitlines() == [
        "seed 7 fails:",
        "  3.0 s: two fight",
        "  replay: python -m tests.simulation --seed 7 --trace",
    ]
