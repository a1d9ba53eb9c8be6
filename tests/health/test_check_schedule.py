"""When probes are due."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.health.runner import failing_at, next_beat, spread


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (100.0, 102.0),
        (101.9, 102.0),
        (102.0, 102.0),
        (102.001, 102.0),  # a probe given up after exactly `every`: the next one at once
        (102.9, 102.0),
        (103.1, 104.0),
        (110.9, 110.0),
        (111.1, 112.0),
    ],
)
def test_the_pace_is_kept_and_missed_beats_are_skipped(now: float, expected: float):
    assert next_beat(100.0, 2.0, now) == expected


@given(st.integers(0, 1000), st.floats(0.1, 3600), st.floats(0, 100_000))
def test_a_beat_is_never_more_than_half_late_and_never_more_than_one_away(start: int, every: float, elapsed: float):
    now = start + elapsed
    beat = next_beat(start, every, now)
    assert beat >= start + every * 0.999
    assert now - every * 0.501 <= beat <= now + every * 1.001


@pytest.mark.parametrize(
    ("latency", "missing", "expected"),
    [
        pytest.param(0.0, 1, 100.0, id="refused-at-once"),
        pytest.param(0.0, 3, 104.0, id="refused-three-times"),
        pytest.param(2.0, 2, 104.0, id="timed-out-when-the-next-one-is-due"),
        pytest.param(4.0, 2, 108.0, id="timed-out-after-two-beats"),
        pytest.param(0.0, 1_000_000_001, 2e9 + 100, id="a-fall-that-means-never"),  # at once, not after a billion steps
    ],
)
def test_it_is_known_when_the_last_of_so_many_probes_has_failed(latency: float, missing: int, expected: float):
    assert failing_at(100.0, 2.0, latency, missing) == expected


def test_the_first_check_begins_at_once():
    assert spread(0, 10.0) == 0.0


@pytest.mark.parametrize(
    ("every", "within", "groups"), [(10.0, 1.0, 20), (1.0, 1.0, 20), (0.5, 0.5, 10), (0.05, 0.05, 1), (0.01, 0.01, 1)]
)
def test_checks_begin_evenly_within_a_second_or_their_period(every: float, within: float, groups: int):
    for count in (2, 3, 10, 200):
        starts = Counter(round(spread(index, every), 6) for index in range(count))
        moments = sorted(starts)
        assert moments[-1] < within
        gaps = [later - earlier for earlier, later in zip(moments, [*moments[1:], within], strict=True)]
        assert max(gaps) <= 3 * within / min(count, groups)
        # In groups, for the cost of waking up; none of them is a crowd.
        assert max(starts.values()) <= 2 * max(1, count / groups)
