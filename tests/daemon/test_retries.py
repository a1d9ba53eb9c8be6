"""When a write that failed is tried again, and by which place for all that one cause stops."""

import pytest

from bgp2vpc.errors import (
    Credentials,
    Denied,
    Ec2Error,
    InterfaceGone,
    QuotaReached,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.place_state import Places
from bgp2vpc.prefix import PrefixListId
from bgp2vpc.reconcile.write.retries import Retries
from tests.values import P1, P2, P3, P6

HERE, BESIDE, THIRD, SIX, ELSEWHERE = ("rtb-1", P1), ("rtb-1", P2), ("rtb-1", P3), ("rtb-1", P6), ("rtb-2", P1)
LIST = ("rtb-1", PrefixListId("pl-1"))


@pytest.fixture
def places() -> Places:
    return Places(10.0, DampingLimits())


@pytest.fixture
def retries(places: Places) -> Retries:
    """Without jitter."""
    return Retries(places, lambda: 0.5)


def error(kind: type[Ec2Error], operation="CreateRoute") -> Ec2Error:
    return kind(operation, "Code", "message")


def pauses(retries: Retries, kind: type[Ec2Error], times: int) -> list[float]:
    """How long each of so many failures in a row makes the place wait."""
    return [round(retries.failed(HERE, error(kind), 100.0) - 100.0, 3) for _ in range(times)]


# the error, the pauses after the first four failures, after the fortieth
PAUSES = [
    (Transient, [0.1, 0.2, 0.4, 0.8], 30.0),
    (RouteMissing, [0.0, 0.2, 0.4, 0.8], 30.0),
    (Throttled, [0.0, 0.0, 0.0, 0.0], 0.0),
    (Denied, [30.0, 30.0, 30.0, 30.0], 30.0),
    (Refused, [30.0, 30.0, 30.0, 30.0], 30.0),
]


@pytest.mark.parametrize(("kind", "first", "last"), PAUSES)
def test_it_waits(retries, kind, first, last):
    assert pauses(retries, kind, 4) == first
    assert pauses(retries, kind, 36)[-1] == last


@pytest.mark.parametrize(("jitter", "pause"), [(0.0, 22.5), (0.5, 30.0), (1.0, 37.5)])
def test_pauses_vary_by_a_quarter(places, jitter, pause):
    assert Retries(places, lambda: jitter).failed(HERE, error(Denied), 100.0) == 100.0 + pause


def test_a_place_is_ready_again_when_its_pause_is_over_and_others_always(retries, places):
    assert places.at(HERE).may_be_written(0.0)
    retries.failed(HERE, error(Denied), 100.0)
    assert not places.at(HERE).may_be_written(129.9)
    assert places.at(HERE).may_be_written(130.0)
    assert places.at(ELSEWHERE).may_be_written(100.0)
    for key in (HERE, ELSEWHERE):
        retries.succeeded(key, 110.0)
    assert places.at(HERE).may_be_written(110.0)
    assert places.states[HERE].failure is None


def test_what_is_not_needed_after_a_look_is_tried_at_once_but_not_again_and_again(retries):
    pauses(retries, Transient, 3)
    assert retries.unneeded(HERE, 100.0) == 100.0
    assert retries.unneeded(HERE, 101.0) == pytest.approx(101.0 + 1.6)
    assert retries.unneeded(HERE, 102.0) == pytest.approx(102.0 + 3.2)


# the error, whether the write is in doubt, may have been applied, needs an operator
DOUBTS = [
    (Transient, True, True, False),
    (Throttled, False, False, False),
    (RouteExists, True, False, False),
    (InterfaceGone, True, False, False),
    (Denied, False, False, True),
    (QuotaReached, False, False, True),
]


@pytest.mark.parametrize(("kind", "in_doubt", "applied", "operator"), DOUBTS)
def test_what_is_known_of_the_last_write(retries, places, kind, in_doubt, applied, operator):
    retries.failed(HERE, error(kind), 100.0)
    failure = places.states[HERE].failure
    assert failure.at == 100.0
    assert failure.leaves_in_doubt is in_doubt
    assert failure.may_have_been_applied is applied
    assert failure.needs_operator is operator


def test_nothing_is_in_doubt_where_no_write_failed_or_none_was_needed(retries, places):
    retries.unneeded(HERE, 100.0)
    failure = places.states[HERE].failure
    assert not failure.leaves_in_doubt
    assert not failure.may_have_been_applied
    assert not failure.needs_operator
    for key in (HERE, ELSEWHERE):
        assert retries.known_refusal(key) is None


# what fails first, what fails then, whether the second waits for the first
CAUSES = [
    ((Denied, HERE), (Denied, BESIDE), True),
    ((Credentials, HERE), (Credentials, SIX), True),
    ((QuotaReached, HERE), (QuotaReached, BESIDE), True),
    ((QuotaReached, HERE), (QuotaReached, SIX), False),
    ((QuotaReached, LIST), (QuotaReached, HERE), False),
    ((Refused, HERE), (Refused, BESIDE), False),
    ((Denied, HERE), (Denied, ELSEWHERE), False),
    ((Denied, HERE), (Credentials, BESIDE), False),
    ((Transient, HERE), (Transient, BESIDE), False),
]


@pytest.mark.parametrize(("first", "second", "waits"), CAUSES)
def test_one_place_tries_for_all_that_the_same_cause_stops(retries, places, first, second, waits):
    (kind, key), (other_kind, other) = first, second
    retries.failed(key, error(kind), 100.0)
    refused = error(other_kind)
    retries.failed(other, refused, 100.0)
    assert retries.known_refusal(key) is None
    assert retries.known_refusal(other) is (refused if waits else None)
    assert places.at(other).may_be_written(140.0) is not waits
    assert places.at(other).may_be_written(1000.0)


def test_what_is_denied_of_deletes_says_nothing_of_creates(retries):
    retries.failed(HERE, error(Denied, "DeleteRoute"), 100.0)
    assert retries.failed(BESIDE, error(Denied, "CreateRoute"), 100.0) == 130.0


def denied_here_and_beside(retries: Retries) -> None:
    for key in (HERE, BESIDE, THIRD, ELSEWHERE):
        retries.failed(key, error(Denied), 100.0)
    retries.failed(SIX, error(QuotaReached), 100.0)


@pytest.mark.parametrize(
    "ends",
    [
        lambda retries: retries.succeeded(HERE, 110.0),
        lambda retries: retries.failed(HERE, error(Transient), 110.0),
        lambda retries: retries.unneeded(HERE, 110.0),
        lambda retries: retries.forget([ELSEWHERE, ("rtb-3", P1), HERE], 110.0),
    ],
    ids=["succeeds", "meets another error", "is not needed", "is not wanted any more"],
)
def test_when_the_place_that_tries_does_not_meet_the_cause_any_more_the_others_may_try(retries, places, ends):
    denied_here_and_beside(retries)
    ends(retries)
    assert retries.take_released() == (BESIDE, THIRD)
    assert retries.take_released() == ()
    assert all(places.at(key).may_be_written(110.0) for key in (BESIDE, THIRD))
    assert not places.at(SIX).may_be_written(110.0)
    assert retries.known_refusal(BESIDE) is None
    assert retries.failed(BESIDE, error(Denied), 110.0) == 140.0, "the next one that tries for all"
    assert retries.known_refusal(THIRD) is not None


@pytest.mark.parametrize("key", [BESIDE, ELSEWHERE])
def test_a_place_that_did_not_try_for_these_releases_nobody(retries, places, key):
    denied_here_and_beside(retries)
    retries.succeeded(key, 110.0)
    assert retries.take_released() == ()
    assert not places.at(THIRD).may_be_written(110.0)


def test_a_place_that_meets_the_cause_again_goes_on_trying_for_the_others(retries, places):
    denied_here_and_beside(retries)
    retries.failed(HERE, error(Denied), 130.0)
    assert retries.take_released() == ()
    assert places.states[HERE].failure.attempts == 2
    assert not places.at(BESIDE).may_be_written(130.0)


@pytest.mark.parametrize("kind", [InterfaceGone, TableGone])
def test_where_ec2_denies_what_it_shows_the_back_off_outlives_the_wish(retries, places, kind):
    pauses(retries, kind, 3)
    pause = retries.failed(HERE, error(kind), 100.0) - 100.0
    retries.forget([HERE], 100.0 + pause + 29.9)
    assert places.states[HERE].failure.attempts == 4
    retries.forget([HERE], 100.0 + pause + 30.0)
    assert places.states[HERE].failure is None


def test_other_failures_end_with_the_wish(retries):
    pauses(retries, Transient, 3)
    retries.forget([HERE], 100.0)
    assert pauses(retries, Transient, 1) == [0.1]
