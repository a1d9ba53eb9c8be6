"""A route that moves too often stays where it is for a while: how its moves add up, and what becomes of its place."""

import pytest

from bgp2vpc.policy.damping import DampingLimits, Penalty
from bgp2vpc.policy.place_state import Expired, Places
from tests.values import P1, P2

HERE, THERE = ("rtb-1", P1), ("rtb-1", P2)


def places(**limits: float) -> Places:
    return Places(10.0, DampingLimits(**limits))


def until(some: Places) -> float:
    """When the only place that is suppressed is free."""
    ((_, free_at),) = some.suppressed
    return free_at


def test_a_few_moves_within_a_minute_damp_the_place_and_only_it():
    some = places()
    assert [some.took(HERE, now) for now in (1000.0, 1005.0, 1010.0, 1015.0)] == [False, False, True, False]
    assert [key for key, _ in some.suppressed] == [HERE]
    assert not some.took(THERE, 1015.0)


def test_one_move_a_minute_never_damps():
    some = places()
    assert not any(some.took(HERE, 60.0 * number) for number in range(100))


def test_it_ends_when_the_penalty_has_halved_often_enough():
    some = places(half_life=10.0, suppress=1500.0, reuse=500.0)
    some.took(HERE, 0.0)
    some.took(HERE, 0.0)
    assert some.next_expiry() == until(some) == pytest.approx(20.0)
    assert some.states[HERE].suppressed_for(5.0) == pytest.approx(15.0)
    assert some.expire(19.9) == Expired()
    assert some.expire(20.0) == Expired(to_decide={P1}, reusable={HERE})
    assert not some.suppressed
    assert some.next_expiry() is None
    assert some.states[HERE].suppressed_for(21.0) is None


def test_more_moves_last_longer():
    some = places()
    for now in (0.0, 1.0, 2.0):
        some.took(HERE, now)
    before = until(some)
    some.took(HERE, 3.0)
    assert until(some) > before + 20


def test_the_move_that_reaches_the_limit_is_the_one_too_many():
    some = places(suppress=2000.0)
    assert [some.took(HERE, 5.0) for _ in range(3)] == [False, True, False]


def test_other_limits_hold_for_what_is_suppressed_already():
    some = places()
    for key in (HERE, THERE):
        for _ in range(3):
            some.took(key, 0.0)
    some.configure(DampingLimits(half_life=10.0))
    assert some.next_expiry() == pytest.approx(20.0)
    assert some.expire(20.1).reusable == {HERE, THERE}


def test_what_never_reached_the_limit_is_free_since_its_last_move():
    assert Penalty(1000.0, 5.0).free_at(DampingLimits(reuse=1500.0)) == 5.0
