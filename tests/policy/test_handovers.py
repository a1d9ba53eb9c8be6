from bgp2vpc.policy.handovers import FORGIVEN, PATIENCE, Handovers
from bgp2vpc.policy.plan import Reason, Verdict, VerdictKind
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import interface_target
from tests.values import OURS, P1, P2, PEER

SETTLE = 10.0
NINE, EIGHT = IPAddress("10.0.0.9"), IPAddress("10.0.0.99")
HERE = ("rtb-1", P1)


def verdict(awaits: str | None) -> Verdict:
    return Verdict("rtb-1", P1, VerdictKind.KEEP, Reason.HANDOVER, interface_target(OURS), awaits=awaits)


def test_who_does_not_write_in_time_is_overdue_and_forgiven_later():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    assert handovers.are_awaited
    assert handovers.next_expiry() == PATIENCE
    assert handovers.expire(PATIENCE - 0.1) == (frozenset(), frozenset())
    assert handovers.expire(PATIENCE) == ({HERE}, frozenset())
    assert set(handovers.overdue) == {(HERE, PEER)}
    assert not handovers.are_awaited
    assert handovers.next_expiry() == PATIENCE + SETTLE
    handovers.expire(PATIENCE + SETTLE)
    assert handovers.next_expiry() == PATIENCE + FORGIVEN
    assert handovers.expire(PATIENCE + FORGIVEN) == (frozenset(), {P1})
    assert not handovers.overdue


def test_waiting_for_the_same_one_does_not_begin_anew_but_for_another_it_does():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.decided(HERE, verdict(PEER), OURS, 1.0)
    assert handovers.next_expiry() == PATIENCE
    handovers.decided(HERE, verdict("eni-8"), OURS, 1.0)
    assert handovers.next_expiry() == 1.0 + PATIENCE


def test_who_may_not_see_our_own_write_yet_is_not_overdue_before_it_does_but_looked_for():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 4.0, took_at=1.0)
    assert handovers.expire(4.0 + PATIENCE) == ({HERE}, frozenset())
    assert not handovers.overdue
    handovers.decided(HERE, verdict(PEER), OURS, 7.0, took_at=6.5)  # a write that was under way has ended
    assert handovers.expire(1.0 + SETTLE + PATIENCE) == ({HERE}, frozenset())
    assert not handovers.overdue
    assert handovers.expire(6.5 + SETTLE + PATIENCE) == ({HERE}, frozenset())
    assert set(handovers.overdue) == {(HERE, PEER)}


def test_reads_settle_later_where_a_write_of_ours_ended_while_we_waited():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.expire(PATIENCE)
    handovers.decided(HERE, verdict(None), OURS, 3.0, took_at=3.0)
    assert handovers.next_expiry() == 3.0 + SETTLE + PATIENCE + SETTLE


def test_who_may_not_see_our_own_write_yet_is_not_waited_for_when_there_is_no_time():
    handovers = Handovers(SETTLE)
    handovers.hurry(1.0)
    handovers.decided(HERE, verdict(PEER), OURS, 4.0, took_at=3.0)
    assert handovers.next_expiry() == 4.0 + 1.0


def test_nobody_is_waited_for_where_nothing_is_expected():
    handovers = Handovers(SETTLE)
    for after in (verdict(None), None):
        handovers.decided(HERE, verdict(PEER), OURS, 0.0)
        handovers.decided(HERE, after, OURS, 1.0)
        assert not handovers.are_awaited
        assert handovers.next_expiry() is None


def test_who_has_written_after_all_is_not_overdue():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.expire(PATIENCE)
    handovers.decided(HERE, verdict(None), PEER, 3.0)
    assert not handovers.overdue


def test_who_was_overdue_is_waited_for_again_when_there_is_news():
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.expire(PATIENCE)
    handovers.news([P2])
    assert handovers.overdue
    handovers.news([P1])
    assert not handovers.overdue


def test_reads_are_too_old_to_show_what_somebody_overdue_has_written_for_the_settle_time() -> None:
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    assert not handovers.unsettled
    handovers.expire(PATIENCE)
    assert set(handovers.unsettled) == {HERE}
    assert handovers.expire(PATIENCE + SETTLE - 0.1) == (frozenset(), frozenset())
    assert handovers.expire(PATIENCE + SETTLE) == ({HERE}, frozenset())
    assert not handovers.unsettled


def test_who_is_in_a_hurry_waits_for_nobody_longer_than_that() -> None:
    handovers = Handovers(SETTLE)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.expire(PATIENCE)
    handovers.hurry(1.0)
    assert not handovers.unsettled
    handovers.decided(HERE, verdict("eni-8"), OURS, 3.0)
    assert handovers.expire(4.0) == ({HERE}, frozenset())
    assert not handovers.unsettled


def test_who_was_lost_of_late_has_the_handover_time_to_write_and_reads_the_settle_time_to_show_it() -> None:
    handovers = Handovers(SETTLE)
    handovers.session_lost([(P1, NINE), (P2, NINE)], 0.0)
    handovers.session_lost([(P1, EIGHT)], 5.0)
    assert handovers.next_expiry() == PATIENCE + SETTLE
    assert handovers.expire(PATIENCE + SETTLE - 0.1) == (frozenset(), frozenset())
    assert handovers.expire(PATIENCE + SETTLE) == (frozenset(), {P1, P2})
    assert {prefix: set(next_hops) for prefix, next_hops in handovers.lost.items()} == {P1: {EIGHT}}
    assert handovers.expire(PATIENCE + SETTLE + 5.0) == (frozenset(), {P1})
    assert not handovers.lost
    assert handovers.next_expiry() is None


def test_without_a_settle_time_reads_are_believed() -> None:
    handovers = Handovers(0.0)
    handovers.session_lost([(P1, NINE)], 0.0)
    handovers.decided(HERE, verdict(PEER), OURS, 0.0)
    handovers.expire(PATIENCE)
    assert not handovers.lost
    assert not handovers.unsettled
