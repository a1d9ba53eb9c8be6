"""Orders: which ones stand until when, and how they are read. The pure part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.operator.orders import (
    Cause,
    Order,
    OrderError,
    OrderKind,
    Orders,
    Phase,
    parse_duration,
    read_drain,
    read_hold,
    read_instruction,
    read_prefixes,
    split_words,
)
from bgp2vpc.operator.verbs import VERBS, Instruction
from tests.values import P1, P2, P6

HOLD = Order(OrderKind.HOLD, P1, 1_700_000_000.0, "root (uid 0, pid 7)", "new resolver", 1_700_001_800.0)
TAKE = Order(OrderKind.TAKEOVER, P2, 1_700_000_001.0, "alice (uid 1000, pid 8)")
ALL = Order(OrderKind.DRAIN, None, 1_700_000_000.0)
ONE = Order(OrderKind.DRAIN, P1, 1_700_000_001.0)


def metadata_wants(since: float, reason: str = "", *, withdraws: bool = True) -> Order:
    return Order(OrderKind.DRAIN, None, since, reason=reason, cause=Cause.LIFECYCLE, withdraws=withdraws)


# What stands


def test_the_last_word_about_a_hold_counts() -> None:
    longer = Order(OrderKind.HOLD, P1, 1_700_000_100.0, "bob")
    orders = Orders((HOLD, TAKE, ONE)).added([longer])
    assert list(orders) == [longer, TAKE, ONE]
    assert list(orders.of(OrderKind.HOLD)) == [longer]
    assert list(orders.without([TAKE, HOLD])) == [longer, ONE]
    assert list(orders.about([P1])) == [longer, ONE]


def test_a_drain_that_is_ordered_twice_keeps_its_beginning() -> None:
    assert list(Orders((ONE,)).added([Order(OrderKind.DRAIN, P1, 9e8)])) == [ONE]


def test_a_last_resort_that_is_to_be_withdrawn_after_all_begins_anew() -> None:
    soft, hard = metadata_wants(1.0, "perhaps", withdraws=False), metadata_wants(2.0, "surely")
    assert list(Orders((soft,)).added([hard])) == [hard]
    assert list(Orders((hard,)).added([soft])) == [soft]


def test_another_end_of_a_drain_is_noted_and_how_far_it_has_come_stays() -> None:
    drained = Orders((ONE,)).withdrawn({ONE.key})
    (longer,) = drained.added([Order(OrderKind.DRAIN, P1, 2e9, "root", "more work", 2_000_003_600.0)])
    assert (longer.phase, longer.since, longer.until) == (Phase.DRAINED, ONE.since, 2_000_003_600.0)
    assert list(Orders((ONE, longer)).until(2_000_003_600.0)) == [ONE]


def test_what_has_an_end_ends() -> None:
    assert list(Orders((HOLD, TAKE)).until(1_700_001_799.0)) == [HOLD, TAKE]
    assert list(Orders((HOLD, TAKE)).until(1_700_001_800.0)) == [TAKE]


def test_undrain_ends_a_drain_whoever_began_it_and_no_hold() -> None:
    by_metadata = Order(OrderKind.DRAIN, P1, 1.0, cause=Cause.LIFECYCLE)
    other = Order(OrderKind.DRAIN, P2, 1.0)
    orders = Orders((HOLD, ONE, by_metadata, other))
    assert list(orders.drains_to_end([P1])) == [ONE, by_metadata]
    assert list(orders.drains_to_end([])) == [ONE, by_metadata, other]
    assert not orders.drains_to_end([P6])


def test_one_prefix_cannot_stay_while_everything_drains() -> None:
    with pytest.raises(OrderError, match=r"everything is draining, so 192.0.2.1/32 cannot stay alone"):
        Orders((ALL, ONE)).drains_to_end([P1])


def test_all_drains_together_make_one_policy() -> None:
    policy = Orders((ALL, ONE, HOLD)).withdrawn({ONE.key}).draining(600)
    assert (P1 in policy.drained, P2 in policy.drained, P2 in policy.last_resort) == (True, False, True)
    assert policy.backup_med == 600
    assert not Orders((HOLD, TAKE)).draining(500)


def test_what_is_written_is_read() -> None:
    assert read_hold(HOLD.to_row()) == HOLD
    assert HOLD.to_row() == {
        "verb": "hold",
        "prefix": "192.0.2.1/32",
        "by": "root (uid 0, pid 7)",
        "reason": "new resolver",
        "since": "2023-11-14T22:13:20+00:00",
        "until": "2023-11-14T22:43:20+00:00",
    }
    for drain in (ALL, ONE, metadata_wants(5.0, "spot", withdraws=False)):
        assert read_drain(drain.to_leaving()) == drain
    with pytest.raises(ValueError, match="'takeover' is no hold"):
        read_hold(TAKE.to_row())


def test_the_status_has_who_ordered_a_drain_or_else_what_caused_it() -> None:
    by_hand = Order(OrderKind.DRAIN, None, 1.0, "alice (uid 1000, pid 8)")
    assert [each.to_row()["by"] for each in (by_hand, metadata_wants(1.0))] == [by_hand.who, "lifecycle"]


# What somebody wrote


def read(verb: str, line: str) -> Instruction:
    subjects, duration, reason = split_words(line.split())
    return read_instruction(VERBS[verb], "root", subjects, duration, reason)


@pytest.mark.parametrize(
    ("verb", "line", "said"),
    [
        ("drain", "", Instruction("root")),
        ("hold", "192.0.2.1/32", Instruction("root", frozenset({P1}))),
        ("hold", "192.0.2.1 192.0.2.2/32 for 30m", Instruction("root", frozenset({P1, P2}), seconds=1800.0)),
        ("release", "192.0.2.1/32 reason the new one", Instruction("root", frozenset({P1}), reason="the new one")),
        (
            "drain",
            "for 90 reason for the reason of it",
            Instruction("root", seconds=90.0, reason="for the reason of it"),
        ),
        ("probe", "the web service reason curious", Instruction("root", check="the web service", reason="curious")),
        ("reconcile", "reason", Instruction("root")),
    ],
)
def test_an_instruction_is_what_for_how_long_and_why(verb: str, line: str, said: Instruction) -> None:
    assert read(verb, line) == said


@pytest.mark.parametrize(
    ("verb", "line", "problem"),
    [
        ("hold", "192.0.2.1 for", "expected: SUBJECT"),
        ("hold", "192.0.2.1 for 30m b", "expected: SUBJECT"),
        ("hold", "192.0.2.1 for soon", "'soon' is no duration: expected a number of s, m, h or d, such as 30m"),
        ("hold", "192.0.2.1 for -5m", "no duration"),
        ("hold", "192.0.2.1 for 0", "no duration"),
        ("hold", "192.0.2.1 for 400d", "a year at most"),
        ("hold", "192.0.2.1 for " + "9" * 5000, "no duration"),
        ("hold", "192.0.2.1 for 30m for 40m", "expected: SUBJECT"),
        ("hold", "192.0.2.1 reason " + "x" * 201, "longer than 200 characters"),
        ("hold", "192.0.2.1/24", "192.0.2.0/24 was probably meant"),
        ("hold", "for 30m", "of which prefix? Name one, such as 192.0.2.53/32"),
        ("takeover", "reason none is named", "of which prefix?"),
        ("undrain", "192.0.2.1 for 1h", "'for' has no meaning with undrain: this is done at once"),
        ("reconcile", "192.0.2.1", "'192.0.2.1': there is nothing to name"),
    ],
)
def test_what_is_no_instruction_is_refused_and_says_what_would_be_right(verb: str, line: str, problem: str) -> None:
    with pytest.raises(OrderError) as refused:
        read(verb, line)
    assert problem in str(refused.value)
    assert len(str(refused.value)) < 200


@given(st.lists(st.sampled_from(["for", "reason", "1m", "x", "192.0.2.1"]) | st.text(max_size=9), max_size=8))
def test_no_words_do_more_than_that(words: list[str]) -> None:
    try:
        subjects, duration, _ = split_words(words)
    except OrderError:
        return
    assert subjects == tuple(words[: len(subjects)])
    assert not {"for", "reason"} & set(subjects)
    assert bool(duration) == (words[len(subjects) : len(subjects) + 1] == ["for"] and words[len(subjects) + 1] != "")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400), ("366d", 366 * 86400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


def test_prefixes_are_read_as_everywhere() -> None:
    assert read_prefixes(["192.0.2.1", "192.0.2.2/32", "2001:db8:53::1/128"]) == {P1, P2, P6}
    with pytest.raises(OrderError, match=r"192.0.2.0/24 was probably meant"):
        read_prefixes(["192.0.2.1/24"])
