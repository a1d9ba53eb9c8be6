import pytest

from bgp2vpc.policy.damping import Damping, DampingLimits
from tests.values import P1, P2

HERE, THERE = ("rtb-1", P1), ("rtb-1", P2)


def test_a_few_moves_within_a_minute_damp_the_place_and_only_it():
    damping = Damping(DampingLimits())
    assert [damping.moved(HERE, now) for now in (1000.0, 1005.0, 1010.0, 1015.0)] == [False, False, True, False]
    assert set(damping.damped) == {HERE}
    assert not damping.moved(THERE, 1015.0)


def test_one_move_a_minute_never_damps():
    damping = Damping(DampingLimits())
    assert not any(damping.moved(HERE, 60.0 * number) for number in range(100))


def test_it_ends_when_the_penalty_has_halved_often_enough():
    damping = Damping(DampingLimits(half_life=10.0, suppress=1500.0, reuse=500.0))
    damping.moved(HERE, 0.0)
    damping.moved(HERE, 0.0)
    assert damping.next_release() == damping.free_at(HERE) == pytest.approx(20.0)
    assert damping.expire(19.9) == frozenset()
    assert damping.expire(20.0) == {HERE}
    assert not damping.damped
    assert damping.next_release() is None


def test_what_has_decayed_is_forgotten():
    damping = Damping(DampingLimits(half_life=1.0))
    damping.moved(HERE, 0.0)
    damping.expire(20.0)
    assert damping.free_at(HERE) == 0.0


def test_more_moves_last_longer():
    damping = Damping(DampingLimits())
    for now in (0.0, 1.0, 2.0):
        damping.moved(HERE, now)
    before = damping.free_at(HERE)
    damping.moved(HERE, 3.0)
    assert damping.free_at(HERE) > before + 20


def test_the_move_that_reaches_the_limit_is_the_one_too_many():
    damping = Damping(DampingLimits(suppress=2000.0))
    assert [damping.moved(HERE, 5.0) for _ in range(3)] == [False, True, False]


def test_a_place_that_never_was_damped_is_free_since_its_last_move():
    damping = Damping(DampingLimits(reuse=1500.0))
    damping.moved(HERE, 5.0)
    assert damping.free_at(HERE) == 5.0
