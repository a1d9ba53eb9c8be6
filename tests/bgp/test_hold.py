"""The hold timer of RFC 4271, on a clock that the tests turn."""

from bgp2vpc.bgp.sessions import HoldTimers
from bgp2vpc.prefix import parse_address

PEER, OTHER = parse_address("10.0.1.10"), parse_address("10.0.2.11")


def kept_alive_at(*times: float, hold_time: int = 3) -> HoldTimers:
    timers = HoldTimers()
    timers.opened(PEER, hold_time)
    for now in times:
        assert not timers.kept_alive(PEER, now)
    return timers


def test_a_peer_expires_when_it_was_silent_for_its_hold_time_and_only_once():
    timers = kept_alive_at(0.0, 1.0, 2.0)
    assert timers.next_expiry() == 5.0
    assert not timers.expire(4.999)
    assert list(timers.expire(5.0)) == [PEER]
    assert not timers.expire(5.1)
    assert timers.next_expiry() is None


def test_it_is_alive_again_with_the_next_message_of_any_kind():
    for again in (HoldTimers.kept_alive, HoldTimers.updated):
        timers = kept_alive_at(0.0)
        timers.expire(3.0)
        assert again(timers, PEER, 3.5)
        assert not again(timers, PEER, 3.6)
        assert timers.next_expiry() == 6.6


def test_without_keepalives_or_a_hold_time_nothing_expires():
    timers = HoldTimers()
    timers.opened(PEER, 3)
    assert not timers.updated(PEER, 1.0)
    assert timers.next_expiry() is None
    assert kept_alive_at(0.0, hold_time=0).next_expiry() is None


def test_keepalives_of_a_session_that_began_before_us_start_no_timer():
    timers = HoldTimers()
    assert not timers.kept_alive(PEER, 0.0)
    assert timers.next_expiry() is None


def test_a_closed_session_has_no_timer_and_tells_whether_it_had_expired():
    timers = kept_alive_at(0.0)
    assert not timers.closed(PEER)
    assert timers.next_expiry() is None
    timers = kept_alive_at(0.0)
    timers.expire(3.0)
    assert timers.closed(PEER)
    assert not timers.closed(PEER)


def test_who_stood_still_itself_blames_nobody():
    timers = kept_alive_at(0.0)
    assert not timers.expire(20.0)
    assert timers.next_expiry() == 23.0


def test_each_peer_has_its_own():
    timers = kept_alive_at(0.0)
    timers.opened(OTHER, 9)
    timers.kept_alive(OTHER, 1.0)
    assert list(timers.expire(3.0)) == [PEER]
    assert timers.next_expiry() == 10.0


def test_a_peer_that_is_to_be_heard_of_yet_keeps_no_other_from_expiring():
    timers = HoldTimers()
    timers.opened(OTHER, 3)
    timers.opened(PEER, 3)
    timers.kept_alive(PEER, 0.0)
    assert list(timers.expire(3.0)) == [PEER]


def test_a_timer_that_is_looked_at_half_a_second_late_still_expires():
    assert list(kept_alive_at(0.0).expire(3.5)) == [PEER]


def test_a_new_session_tells_whether_the_timer_of_the_one_before_had_expired():
    timers = kept_alive_at(0.0)
    timers.expire(3.0)
    assert timers.opened(PEER, 3)
    assert not timers.opened(PEER, 3)


def test_a_session_that_begins_again_without_a_hold_time_has_no_timer_any_more():
    timers = kept_alive_at(0.0)
    timers.opened(PEER, 0)
    assert timers.next_expiry() is None


def test_the_shortest_hold_time_is_kept():
    assert kept_alive_at(0.0, hold_time=1).next_expiry() == 1.0
