from bgp2vpc.sources.pace import Throttle
from bgp2vpc.sources.script import Pauses, Restarts


def test_crashes_double_the_pause_up_to_the_limit():
    restarts = Restarts(Pauses())
    assert [restarts.pause_after(crashed=True, lived=0.1) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_life_of_a_minute_forgives_the_crashes_before():
    restarts = Restarts(Pauses())
    assert [restarts.pause_after(crashed=True, lived=lived) for lived in (0, 0, 59, 60, 0)] == [1, 2, 4, 1, 2]


def test_exit_0_is_no_crash():
    restarts = Restarts(Pauses(quiet=3))
    assert [restarts.pause_after(crashed=crashed, lived=0) for crashed in (True, True, False, True)] == [1, 2, 3, 1]


def test_ten_thousand_crashes_still_have_a_pause():
    restarts = Restarts(Pauses())
    assert {restarts.pause_after(crashed=True, lived=0) for _ in range(10_000)} == {1, 2, 4, 8, 16, 32, 60}


def test_twenty_lines_at_once_then_one_a_second():
    throttle = Throttle()
    assert [throttle.allows(100.0) for _ in range(25)] == [True] * 20 + [False] * 5
    assert throttle.take_dropped() == 5
    assert throttle.take_dropped() == 0
    assert [throttle.allows(now) for now in (100.5, 101.0, 101.5, 102.0, 110.0)] == [False, True, False, True, True]
