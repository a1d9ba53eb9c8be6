"""The words of steering, and what stands until when: the pure part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.operator.steer import (
    Order,
    Steer,
    SteerError,
    Steers,
    Verb,
    parse_duration,
    read_order,
    read_prefixes,
    read_steer,
)
from tests.values import P1, P2

HOLD = Steer(Verb.HOLD, P1, "root (uid 0, pid 7)", 1_700_000_000.0, 1_700_001_800.0, "new resolver")
TAKE = Steer(Verb.TAKEOVER, P2, "alice (uid 1000, pid 8)", 1_700_000_001.0)


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("", Order(())),
        ("192.0.2.1/32", Order(("192.0.2.1/32",))),
        ("192.0.2.1/32 192.0.2.2/32 for 30m", Order(("192.0.2.1/32", "192.0.2.2/32"), 1800.0)),
        ("192.0.2.1/32 reason the new resolver", Order(("192.0.2.1/32",), None, "the new resolver")),
        ("a for 90 reason for the reason of it", Order(("a",), 90.0, "for the reason of it")),
        ("reason", Order(())),
    ],
)
def test_an_order_is_what_for_how_long_and_why(line: str, order: Order) -> None:
    assert read_order(line.split()) == order


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a for", "expected: SUBJECT"),
        ("a for 30m b", "expected: SUBJECT"),
        ("a for soon", "'soon' is no duration: expected a number of s, m, h or d, such as 30m"),
        ("a for -5m", "no duration"),
        ("a for 0", "no duration"),
        ("a for 400d", "a year at most"),
        ("a for " + "9" * 5000, "no duration"),
        ("a for 30m for 40m", "expected: SUBJECT"),
        ("a reason " + "x" * 201, "longer than 200 characters"),
    ],
)
def test_what_is_no_order_is_refused_and_says_what_would_be_right(line: str, problem: str) -> None:
    with pytest.raises(SteerError) as refused:
        read_order(line.split())
    assert problem in str(refused.value)
    assert len(str(refused.value)) < 200


@given(st.lists(st.sampled_from(["for", "reason", "1m", "x", "192.0.2.1"]) | st.text(max_size=9), max_size=8))
def test_no_words_do_more_than_that(words: list[str]) -> None:
    try:
        order = read_order(words)
    except SteerError:
        return
    assert "for" not in order.subjects
    assert "reason" not in order.subjects


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400), ("366d", 366 * 86400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


def test_prefixes_are_read_as_everywhere() -> None:
    assert read_prefixes(["192.0.2.1", "192.0.2.2/32"]) == {P1, P2}
    with pytest.raises(SteerError, match=r"192.0.2.0/24 was probably meant"):
        read_prefixes(["192.0.2.1/24"])


def test_the_last_word_about_a_prefix_counts() -> None:
    longer = Steer(Verb.HOLD, P1, "bob", 1_700_000_100.0)
    steers = Steers((HOLD, TAKE)).added([longer])
    assert set(steers) == {longer, TAKE}
    assert (steers.prefixes(Verb.HOLD), steers.prefixes(Verb.TAKEOVER)) == ({P1}, {P2})
    assert list(steers.without(Verb.HOLD, {P1, P2})) == [TAKE]
    assert (steers.of(Verb.HOLD, P1), steers.of(Verb.TAKEOVER, P1)) == (longer, None)


def test_what_has_an_end_ends() -> None:
    assert list(Steers((HOLD, TAKE)).until(1_700_001_799.0)) == [HOLD, TAKE]
    assert list(Steers((HOLD, TAKE)).until(1_700_001_800.0)) == [TAKE]


def test_what_is_written_is_read() -> None:
    assert [read_steer(each.to_json()) for each in (HOLD, TAKE)] == [HOLD, TAKE]
    assert HOLD.to_json() == {
        "verb": "hold",
        "prefix": "192.0.2.1/32",
        "by": "root (uid 0, pid 7)",
        "reason": "new resolver",
        "since": "2023-11-14T22:13:20+00:00",
        "until": "2023-11-14T22:43:20+00:00",
    }
