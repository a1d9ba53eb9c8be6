"""Rise and fall."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.health.rise_fall import RiseFall, combined, failing

WORDS = {None: "-", True: "H", False: "u"}


def verdicts(results: str, rise: int, fall: int) -> str:
    """The verdict after each result: `+` a success, `.` a failure; in capitals healthy, `u` unhealthy, `-` none."""
    rise_fall = RiseFall(rise, fall)
    said = ""
    for result in results:
        before = rise_fall.healthy
        assert rise_fall.add(result == "+") == (rise_fall.healthy is not before)
        said += WORDS[rise_fall.healthy]
    return said


@pytest.mark.parametrize(
    ("rise", "fall", "results", "expected"),
    [
        (2, 3, "++", "-H"),
        (2, 3, "...", "--u"),
        (2, 3, "+.+.+.", "------"),
        (2, 3, "++..+...", "-HHHHHHu"),
        (2, 3, "...+.++", "--uuuuH"),
        (1, 1, "+.+", "HuH"),
        (1, 3, "..+", "--H"),
        (3, 1, "++.+++", "--uuuH"),
    ],
)
def test_only_results_in_a_row_count(rise: int, fall: int, results: str, expected: str):
    assert verdicts(results, rise, fall) == expected


@given(st.integers(1, 5), st.integers(1, 5), st.text("+.", max_size=40))
def test_the_verdict_is_that_of_the_last_row_that_was_long_enough(rise: int, fall: int, results: str):
    rows = {WORDS[True]: "+" * rise, WORDS[False]: "." * fall}
    ends = {word: results.rfind(row) + len(row) for word, row in rows.items() if row in results}
    expected = max(ends, key=lambda word: ends[word]) if ends else WORDS[None]
    assert (verdicts(results, rise, fall) or WORDS[None])[-1] == expected


def test_several_checks_are_well_when_enough_of_them_are_whatever_the_others_will_say():
    for verdicts_ in product([True, False, None], repeat=3):
        for needed in range(1, 4):
            futures = product(*([v] if v is not None else [True, False] for v in verdicts_))
            outcomes = {sum(future) >= needed for future in futures}
            assert combined(list(verdicts_), needed) == (outcomes.pop() if len(outcomes) == 1 else None)


@pytest.mark.parametrize(
    ("own", "against", "needed", "fails"),
    [
        (False, 0, None, True),
        (True, 9, None, False),
        (None, 9, None, False),
        (False, 0, 2, False),
        (False, 1, 2, True),
        (True, 1, 2, False),
        (True, 2, 2, True),
        (None, 1, 2, False),
        (None, 2, 2, True),
    ],
)
def test_an_owner_fails_by_our_own_check_or_by_enough_votes(own, against, needed, fails):
    assert failing(own, against, needed) is fails
