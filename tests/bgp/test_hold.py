"""The hold timer of RFC 4271, on a clock that the tests turn."""

from bgp2vpc.bgp.hold_timers import HoldTimers
from bgp2vpc.prefix import IPAddress, parse_address

PEER, OTHER, QUIET = map(parse_address, ("10.0.1.10", "10.0.2.11", "10.0.2.12"))


def kept_alive_at(*times: float, hold_time: int = 3) -> HoldTimers:
    timers = HoldTimers()
    timers.opened(PEER, hold_time)
    for now in times:
        assert not timers.kept_alive(PEER, now)
    return timers


def expired(timers: HoldTimers, now: float) -> list[IPAddress]:
    """Who expires then, if ExaBGP says something at once."""
    timers.run_out(now)
    return list(timers.expire())


def test_a_peer_expires_when_it_was_silent_for_its_hold_time_and_only_once():
    timers = kept_alive_at(0.0, 1.0, 2.0)
    assert timers.next_due() == 5.0
    assert not expired(timers, 4.999)
    assert expired(timers, 5.0) == [PEER]
    assert not expired(timers, 5.1)
    assert timers.next_due() is None


def test_who_has_been_silent_since_when():
    timers = kept_alive_at(1.0, 2.0)
    assert not timers.is_silent_since(PEER, 2.0)
    assert timers.is_silent_since(PEER, 2.1)
    timers.opened(OTHER, 3)
    assert not timers.is_silent_since(OTHER, 9.0), "ExaBGP may not pass on its keepalives"
    assert not timers.is_silent_since(QUIET, 9.0)


def test_it_is_alive_again_with_the_next_message_of_any_kind():
    for again in (HoldTimers.kept_alive, HoldTimers.updated):
        timers = kept_alive_at(0.0)
        expired(timers, 3.0)
        assert again(timers, PEER, 3.5)
        assert not again(timers, PEER, 3.6)
        assert timers.next_due() == 6.6


def test_without_keepalives_or_a_hold_time_nothing_expires():
    timers = HoldTimers()
    timers.opened(PEER, 3)
    assert not timers.updated(PEER, 1.0)
    assert timers.next_due() is None
    assert kept_alive_at(0.0, hold_time=0).next_due() is None


def test_keepalives_of_a_session_that_began_before_us_start_no_timer():
    timers = HoldTimers()
    assert not timers.kept_alive(PEER, 0.0)
    assert timers.next_due() is None


def test_a_closed_session_has_no_timer_and_tells_whether_it_had_expired():
    timers = kept_alive_at(0.0)
    assert not timers.closed(PEER)
    assert timers.next_due() is None
    timers = kept_alive_at(0.0)
    expired(timers, 3.0)
    assert timers.closed(PEER)
    assert not timers.closed(PEER)


def test_who_stood_still_itself_blames_nobody():
    timers = kept_alive_at(0.0)
    assert not expired(timers, 20.0)
    assert timers.next_due() == 23.0


def test_each_peer_has_its_own():
    timers = kept_alive_at(0.0)
    timers.opened(OTHER, 9)
    timers.kept_alive(OTHER, 1.0)
    assert expired(timers, 3.0) == [PEER]
    assert timers.next_due() == 10.0


def test_a_peer_that_is_to_be_heard_of_yet_keeps_no_other_from_expiring():
    timers = HoldTimers()
    timers.opened(OTHER, 3)
    timers.opened(PEER, 3)
    timers.kept_alive(PEER, 0.0)
    assert expired(timers, 3.0) == [PEER]


def test_a_timer_that_is_looked_at_half_a_second_late_still_expires():
    assert expired(kept_alive_at(0.0), 3.5) == [PEER]


def test_a_new_session_tells_whether_the_timer_of_the_one_before_had_expired():
    timers = kept_alive_at(0.0)
    expired(timers, 3.0)
    assert timers.opened(PEER, 3)
    assert not timers.opened(PEER, 3)


def test_a_session_that_begins_again_without_a_hold_time_has_no_timer_any_more():
    timers = kept_alive_at(0.0)
    timers.opened(PEER, 0)
    assert timers.next_due() is None


def test_the_shortest_hold_time_is_kept():
    assert kept_alive_at(0.0, hold_time=1).next_due() == 1.0


def test_while_our_own_exabgp_says_nothing_a_timer_runs_out_and_does_not_expire():
    timers = kept_alive_at(0.0)
    assert not timers.run_out(2.9)
    assert timers.run_out(3.0)
    assert not timers.run_out(4.0)
    assert timers.next_due() is None
    assert list(timers.expire()) == [PEER]
    assert not timers.expire()


def test_what_the_peer_itself_says_restarts_one_that_has_run_out_and_is_no_news():
    timers = kept_alive_at(0.0)
    timers.run_out(3.0)
    assert not timers.kept_alive(PEER, 3.1)
    assert not timers.expire()
    assert timers.next_due() == 6.1


def test_after_our_own_exabgp_stood_still_all_begin_anew_but_who_has_expired():
    timers = kept_alive_at(0.0)
    for peer in (OTHER, QUIET):
        timers.opened(peer, 3)
    timers.kept_alive(OTHER, 2.0)
    assert expired(timers, 3.0) == [PEER]
    timers.run_out(5.0)
    timers.start_anew(20.0)
    assert not timers.expire()
    assert expired(timers, 23.0) == [OTHER]
