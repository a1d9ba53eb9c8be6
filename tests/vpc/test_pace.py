"""The token bucket, held against a model of EC2's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.vpc.pace import BURST, RATE, Pace


class Ec2Bucket:
    """EC2's side: 50 tokens, 5 more a second, a call without a token is refused."""

    def __init__(self, tokens: float = 50.0) -> None:
        self.tokens = tokens
        self.at = 0.0
        self.refused = 0

    def call(self, now: float) -> None:
        self.tokens = min(50.0, self.tokens + (now - self.at) * 5.0)
        self.at = now
        if self.tokens < 1.0:
            self.refused += 1
        else:
            self.tokens -= 1.0


def test_a_burst_goes_at_once_and_the_rest_evenly_in_order() -> None:
    pace = Pace(burst=3, rate=2.0)
    assert [pace.reserve(100.0) for _ in range(6)] == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5]


def test_tokens_come_back_with_time_but_never_more_than_the_burst() -> None:
    pace = Pace(burst=2, rate=1.0)
    assert [pace.reserve(0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert [pace.reserve(2.0) for _ in range(2)] == [0.0, 1.0]
    assert [pace.reserve(1000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_mass_move_of_500_takes_within_five_percent_of_what_ec2_allows() -> None:
    pace = Pace()
    last = max(pace.reserve(0.0) for _ in range(500))
    bound = (500 - 50) / 5.0
    assert bound < last < bound * 1.05


@given(st.lists(st.floats(min_value=0.0, max_value=30.0), min_size=1, max_size=300))
def test_whatever_the_load_ec2_never_refuses(gaps: list[float]) -> None:
    pace, bucket, now, starts = Pace(), Ec2Bucket(), 0.0, []
    for gap in gaps:
        now += gap if gap > 15 else 0.0  # mostly bursts, sometimes a pause
        starts.append(now + pace.reserve(now))
    assert starts == sorted(starts)
    for start in starts:
        bucket.call(start)
    assert bucket.refused == 0


def test_after_a_drain_the_bucket_is_empty_and_closed_for_the_back_off() -> None:
    pace = Pace(burst=10, rate=2.0)
    pace.drain(5.0)
    assert [pace.reserve(5.0) for _ in range(3)] == [1.5, 2.0, 2.5]


def test_answers_that_were_under_way_together_are_one_drain() -> None:
    once, often = Pace(rate=2.0), Pace(rate=2.0)
    once.drain(5.0)
    for late in (0.0, 0.1, 0.2):
        often.drain(5.0 + late)
    assert once.reserve(5.5) == often.reserve(5.5)


def test_the_back_off_doubles_to_a_ceiling_while_throttling_returns() -> None:
    pace, now, waits = Pace(burst=1, rate=1000.0), 0.0, []
    for _ in range(7):
        pace.drain(now)
        wait = pace.reserve(now)
        waits.append(round(wait))
        now += wait
    assert waits == [1, 2, 4, 8, 16, 20, 20]


def test_the_back_off_begins_anew_after_a_quiet_time() -> None:
    pace = Pace(burst=1, rate=1000.0)
    for now in (0.0, 1.5, 4.0):
        pace.drain(now)
    pace.drain(500.0)
    assert pace.reserve(500.0) == pytest.approx(1.0, abs=0.01)


def test_jitter_shortens_the_back_off_by_up_to_half() -> None:
    waits = []
    for value in (0.0, 0.5, 1.0):
        pace = Pace(rate=1e9, jitter=lambda value=value: value)
        pace.drain(0.0)
        waits.append(round(pace.reserve(0.0), 3))
    assert waits == [0.5, 0.75, 1.0]


def test_no_tokens_grow_while_the_bucket_is_closed() -> None:
    pace = Pace(burst=10, rate=2.0)
    pace.drain(0.0)
    assert [pace.reserve(1.0) for _ in range(2)] == [0.5, 1.0]


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    pace = Pace(burst=1, rate=1.0)
    assert [pace.reserve(10.0), pace.reserve(9.0), pace.reserve(10.0)] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(("burst", "rate"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0)])
def test_a_bucket_that_never_gives_is_refused(burst: int, rate: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Pace(burst, rate)


def test_the_defaults_stay_under_ec2s_own_limits() -> None:
    assert BURST < 50
    assert RATE < 5.0


def test_who_does_not_want_to_wait_gets_a_turn_or_none_and_takes_none_from_others() -> None:
    pace = Pace(burst=2, rate=1.0)
    assert [pace.take(0.0) for _ in range(5)] == [True, True, False, False, False]
    assert [pace.take(1.0) for _ in range(2)] == [True, False]
    assert pace.reserve(2.0) == 0.0
    pace.drain(10.0)
    assert pace.take(10.5) is False
    assert pace.take(12.5) is True
