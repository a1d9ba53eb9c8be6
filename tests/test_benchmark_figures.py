"""What `make bench` computes from its samples, and when it fails."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Bound, Figure, Statistic, at_most, goal
from benchmarks.service import Service

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
        "bounds": [
            {"statistic": "max", "limit": 2, "at_least": False, "goal": False, "holds": False},
            {"statistic": "max", "limit": 5, "at_least": False, "goal": True, "holds": True},
        ],
    }


def test_an_unknown_benchmark_is_refused_with_the_known_ones():
    command = [sys.executable, "-m", "benchmarks", "latencies"]
    run = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    known = "latency, creates, lines, footprint, load, checks, failover, outages, takeover500, fleet, web, paced, gaps"
    assert f"no such benchmark: latencies; there are {known}" in run.stderr


def test_a_service_answers_refuses_when_killed_answers_when_back_and_is_silent_when_cut_off():
    with Service("127.77.0.1") as service:
        assert connecting(service) == "connected"
        service.kill()
        assert connecting(service) == "ConnectionRefusedError"
        service.start()
        assert connecting(service) == "connected"
        service.cut_off()
        assert connecting(service) == "TimeoutError"


def connecting(service: Service) -> str:
    try:
        with socket.create_connection(("127.77.0.1", service.port), timeout=0.3):
            return "connected"
    except OSError as error:
        return type(error).__name__
