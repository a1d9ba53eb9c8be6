import pytest

from bgp2vpc.sources.log_limit import Throttle
from bgp2vpc.sources.script import Pauses, Restarts


def pauses_of(*runs: tuple[str, float], pauses: Pauses | None = None, restart_time: float = 10.0) -> list[float]:
    """After each run: how it ended, and after how many seconds."""
    restarts = Restarts(pauses or Pauses(), restart_time)
    return [restarts.pause_after(exit_, crashed=exit_ != "exit 0", lived=lived) for exit_, lived in runs]


def test_crashes_double_the_pause_up_to_the_limit():
    assert pauses_of(*[("exit 1", 0.1)] * 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_life_of_a_minute_forgives_the_crashes_before():
    assert pauses_of(*(("exit 1", lived) for lived in (0, 0, 59, 60, 0))) == [1, 2, 4, 1, 2]


def test_exit_0_is_no_crash():
    ends = ("exit 1", "exit 1", "exit 0", "exit 1")
    assert pauses_of(*((each, 0) for each in ends), pauses=Pauses(quiet=3)) == [1, 2, 3, 1]


def test_ten_thousand_crashes_still_have_a_pause():
    assert set(pauses_of(*[("exit 1", 0)] * 10_000)) == {1, 2, 4, 8, 16, 32, 60}


@pytest.mark.parametrize(
    ("restart_time", "pauses"),
    [
        (10.0, [1, 1, 1, 2, 4, 5, 5]),  # its routes outlive each pause
        (600.0, [1, 1, 1, 2, 4, 8, 16]),
        (1.5, [1, 1, 1, 1, 1, 1, 1]),
        (0.0, [1, 1, 1, 2, 4, 8, 16]),  # they go with it in any case
    ],
)
def test_exit_0_at_once_again_and_again_doubles_the_pause_while_its_routes_outlive_it(restart_time, pauses):
    assert pauses_of(*[("exit 0", 0.1)] * 7, restart_time=restart_time) == pauses


def test_a_job_that_takes_its_time_keeps_its_pause():
    assert pauses_of(*[("exit 0", 10.0)] * 9) == [1] * 9
    assert pauses_of(*[("exit 0", 0.1)] * 5, ("exit 0", 10.0), ("exit 0", 0.1)) == [1, 1, 1, 2, 4, 1, 1]


def test_what_is_a_series():
    restarts = Restarts(Pauses(), 10.0)
    found = []
    for exit_, lived in [("a", 0), ("a", 0), ("a", 0), ("a", 0), ("b", 0), ("b", 0), ("b", 0), ("b", 11), ("b", 0)]:
        restarts.pause_after(exit_, crashed=True, lived=lived)
        found.append(restarts.is_series)
    assert found == [False, False, True, True, False, False, True, False, False]


def test_twenty_lines_at_once_then_one_a_second():
    throttle = Throttle()
    assert [throttle.allows(100.0) for _ in range(25)] == [True] * 20 + [False] * 5
    assert throttle.take_dropped() == 5
    assert throttle.take_dropped() == 0
    assert [throttle.allows(now) for now in (100.5, 101.0, 101.5, 102.0, 110.0)] == [False, True, False, True, True]
