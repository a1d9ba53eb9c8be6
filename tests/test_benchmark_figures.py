"""What `make bench` computes from its samples, when it fails, and where its figures go."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, RESULTS, record
from benchmarks.figures import Bound, Figure, Statistic, at_most, goal
from benchmarks.service import Service
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[1]
HUNDRED = [float(number) for number in range(100, 0, -1)]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        (Statistic.MINIMUM, 1),
        (Statistic.MEDIAN, 50.5),
        (Statistic.P99, 99),
        (Statistic.MAXIMUM, 100),
    ],
)
def test_a_statistic_is_taken_of_the_samples_in_any_order(statistic: Statistic, value: float):
    assert Figure("figure", "ms", HUNDRED).value(statistic) == value


def test_the_99th_percentile_of_few_samples_is_the_largest():
    assert Figure("figure", "ms", [1.0, 7.0, 2.0]).value(Statistic.P99) == 7


@pytest.mark.parametrize(
    ("bound", "fails"),
    [
        (at_most(100), False),
        (at_most(99), True),
        (at_most(50.5, Statistic.MEDIAN), False),
        (at_most(50, Statistic.MEDIAN), True),
        (goal(1), False),
        (Bound(Statistic.MINIMUM, 1, at_least=True), False),
        (Bound(Statistic.MINIMUM, 2, at_least=True), True),
        (goal(2, Statistic.MINIMUM, at_least=True), False),
    ],
    ids=str,
)
def test_a_missed_bound_is_a_failure_and_a_missed_goal_is_none(bound: Bound, fails: bool):
    assert Figure("figure", "ms", HUNDRED, (bound,)).failed is fails


def test_the_json_of_a_figure_tells_each_bound_and_whether_it_holds():
    figure = Figure("figure", "ms", [1.0, 2.0, 3.0], (at_most(2), goal(5)))
    assert json.loads(json.dumps(figure.to_json())) == {
        "name": "figure",
        "unit": "ms",
        "n": 3,
        "min": 1.0,
        "median": 2.0,
        "p99": 3.0,
        "max": 3.0,
        "bounds": {"max ≤ 2": False, "goal: max ≤ 5": True},
    }


def test_figures_take_the_place_of_those_of_their_own_benchmark_alone(tmp_path: Path):
    file = tmp_path / "results.json"
    record(file, "lines", [Figure("lines", "lines/s", [1.0])], "of old")
    record(file, "gaps", [Figure("gap", "ms", [700.0])], "of old")
    record(file, "lines", [Figure("lines", "lines/s", [2.0])], "now")
    results = json.loads(file.read_text())
    assert {name: (each["conditions"], each["figures"][0]["median"]) for name, each in results.items()} == {
        "lines": ("now", 2.0),
        "gaps": ("of old", 700.0),
    }


def test_every_benchmark_has_its_figures_in_the_document():
    shown = re.findall(r"<!-- figures: (.*?) -->", (ROOT / "docs" / "performance.md").read_text())
    assert BENCHMARKS.keys() - {name for names in shown for name in names.split()} == set()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The documents and the figures, to be changed."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "benchmarks").mkdir()
    shutil.copy(RESULTS, tmp_path / "benchmarks")
    return tmp_path


def generate(copy: Path, *arguments: str) -> int:
    command = [sys.executable, str(copy / "docs" / "generate_figures.py"), *arguments]
    return subprocess.run(command, check=False).returncode


@pytest.mark.io
def test_a_figure_that_is_measured_again_is_missed_in_each_document_until_it_is_generated(copied: Path):
    assert generate(copied, "--check") == 0
    results = json.loads((copied / "benchmarks" / "results.json").read_text())
    results["gaps"]["figures"][0] |= {"min": 611, "median": 712, "max": 813}
    (copied / "benchmarks" / "results.json").write_text(json.dumps(results))
    assert generate(copied, "--check") == 1
    assert generate(copied) == 0
    assert generate(copied, "--check") == 0
    for name in ("performance.md", "failure-scenarios.md"):
        assert "| service killed | 712 ms (611 to 813);" in (copied / "docs" / name).read_text()


@pytest.mark.io
def test_the_readme_has_the_figures_of_the_file_beside_those_of_others(copied: Path):
    results = json.loads((copied / "benchmarks" / "results.json").read_text())
    (figure,) = (each for each in results["takeover500"]["figures"] if each["name"] == "500 routes of a dead instance")
    figure |= {"min": 1.11, "median": 2.22, "max": 3.33}
    results["AWSnycast 0.2.1"][figure["name"]] = "4.44"
    (copied / "benchmarks" / "results.json").write_text(json.dumps(results))
    assert generate(copied, "--check") == 1
    assert generate(copied) == 0
    assert "| 2.22 s (1.11 to 3.33) | 4.44 s |" in (copied / "README.md").read_text()


@pytest.mark.io
def test_a_figure_that_somebody_writes_into_a_table_by_hand_is_noticed(copied: Path):
    page = copied / "docs" / "failure-scenarios.md"
    changed = re.sub(r"\| service killed \| [\d,.]+ ms", "| service killed | 1 ms", page.read_text())
    assert changed != page.read_text()
    page.write_text(changed)
    assert generate(copied, "--check") == 1


@pytest.mark.io
def test_an_unknown_benchmark_is_refused_with_the_known_ones():
    command = [sys.executable, "-m", "benchmarks", "latencies"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert f"no such benchmark: latencies; there are {', '.join(BENCHMARKS)}" in run.stderr


@pytest.mark.io
def test_a_service_answers_refuses_when_killed_answers_when_back_and_is_silent_when_cut_off():
    with Service("127.77.0.1") as service:
        assert connecting(service) == "connected"
        service.kill()
        assert connecting(service) == "ConnectionRefusedError"
        service.start()
        assert connecting(service) == "connected"
        service.cut_off()
        assert connecting(service, timeout=0.3) == "TimeoutError"


def connecting(service: Service, timeout: float = PATIENCE) -> str:
    try:
        with socket.create_connection(("127.77.0.1", service.port), timeout=timeout):
            return "connected"
    except OSError as error:
        return type(error).__name__
