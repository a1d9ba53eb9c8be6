"""Two instances whose ExaBGPs peer with each other: who holds the route, and how it moves."""

from functools import partial

import pytest
from lab import OURS, PEER, A, B, Lab, Peering, announce, two_hosts, withdraw

from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Transient
from bgp2vpc.exabgp_api.messages import Keepalive, Opened
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.rule import Takeover, Writes
from bgp2vpc.prefix import parse_address
from bgp2vpc.vpc.model import InstanceHealth
from tests.values import rule

BEST = rule(takeover=Takeover.BEST_PATH)
AT_FIRST, AT_SECOND = f"rtb-1 {A} {OURS} active", f"rtb-1 {A} {PEER} active"
CREATE, TAKE, TAKE_BACK = (
    f"CreateRoute rtb-1 {A} {OURS}",
    f"ReplaceRoute rtb-1 {A} {PEER}",
    f"ReplaceRoute rtb-1 {A} {OURS}",
)


@pytest.fixture
def pair(make_lab):
    """Both run, both have told each other all."""

    def make(rules=(BEST,), wait=15.0, **config) -> tuple[Lab, Lab, Peering]:
        first = make_lab(two_hosts(), rules=rules, **config)
        second = make_lab(beside=first, rules=rules, **config)
        for lab in (first, second):
            lab.start(helper=True, wait=0.1)
        peering = Peering(first, second)
        first.wait(wait)
        first.forget_calls()
        return first, second, peering

    return make


def test_the_better_path_gets_the_route_and_nobody_else_writes(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 50"))
    first.wait(5)
    assert first.writes == [CREATE, f"CreateRoute rtb-1 {A} {PEER}", TAKE]
    assert first.verdicts() == [f"rtb-1 {A} yield peer-best"]
    assert second.verdicts() == [f"rtb-1 {A} keep ours"]
    first.forget_calls()
    first.wait(600)
    assert first.writes == []


def test_a_tie_moves_nothing(pair) -> None:
    first, second, _ = pair()
    second.say(announce(A, "med 100"))
    first.wait(5)
    first.say(announce(A, "med 100"))
    first.wait(600)
    assert first.routes == [AT_SECOND]


def test_a_service_that_goes_down_hands_over_without_a_moment_without_route(pair) -> None:
    first, second, _ = pair()
    second.say(announce(A, "med 101"))
    first.say(announce(A, "med 100"))
    first.wait(5)
    assert first.routes == [AT_FIRST]
    first.forget_calls()
    first.say(withdraw(A))
    first.wait(0.35)
    assert first.routes == [AT_SECOND]
    first.wait(600)
    assert first.writes == [TAKE]


def test_a_hand_over_right_after_both_have_tried_to_create_the_route(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 100"))
    second.say(announce(A, "med 101"))
    first.wait(0.6)
    assert first.routes == [AT_FIRST]
    first.say(withdraw(A))
    first.wait(0.45)  # the second believes that its route was created and stands: it has to look first
    assert first.routes == [AT_SECOND]


def test_exabgps_healthcheck_moves_a_route_from_a_sick_instance_to_a_well_one_and_not_back(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 100"))
    first.wait(5)
    first.forget_calls()
    first.say(announce(A, "med 1000"))
    first.wait(5)
    assert first.routes == [AT_SECOND]
    first.say(announce(A, "med 100"))
    first.wait(300)
    assert first.routes == [AT_SECOND]
    second.say(announce(A, "med 1000"))
    first.wait(5)
    assert first.routes == [AT_FIRST]
    first.say(announce(A, "med 1000"))
    first.wait(300)
    assert first.routes == [AT_FIRST], "all sick: it stays"
    assert first.writes == [TAKE, TAKE_BACK]


def test_when_the_owner_is_gone_the_other_takes_over_as_soon_as_the_session_is_lost(pair) -> None:
    first, second, peering = pair()
    first.say(announce(A))
    first.wait(5)
    second.say(announce(A))
    second.wait(5)
    second.forget_calls()
    first.go_deaf()
    peering.down()
    second.wait(0.35)
    assert second.routes == [AT_SECOND]
    assert second.writes == [TAKE]


def test_a_route_made_just_before_its_owner_died_is_no_sign_of_life(pair) -> None:
    first, second, peering = pair()
    second.say(announce(A, "med 20"))
    second.wait(5)
    first.say(announce(A, "med 10"))
    first.wait(0.6)
    assert second.routes == [AT_FIRST]
    first.go_deaf()
    peering.down()
    second.wait(1.0)
    assert second.routes == [AT_SECOND]


def test_a_partition_does_not_make_them_rewrite_the_route_in_turns(pair) -> None:
    first, second, peering = pair()
    for lab in (first, second):
        lab.say(announce(A))
    first.wait(5)
    peering.down()
    first.wait(3600)
    assert 1 <= len(first.writes) <= 15, "an hour"
    peering.up()
    first.wait(300)
    first.forget_calls()
    first.wait(3600)
    assert first.writes == []


def test_what_the_peer_does_not_write_in_time_we_write_ourselves(pair) -> None:
    first, second, _ = pair()
    second.vpc.fail_next(f"CreateRoute rtb-1 {A} {PEER}", Transient("CreateRoute", "Unavailable", ""), times=100)
    second.say(announce(A, "med 10"))
    first.wait(0.5)
    first.say(announce(A, "med 20"))
    first.wait(1.0)
    assert first.routes == []
    first.wait(2.0)
    assert first.routes == [AT_FIRST]


def test_without_a_successor_that_writes_the_route_goes_once_reads_would_show_its_write(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(11)
    second.vpc.fail_next(TAKE, Transient("ReplaceRoute", "Unavailable", ""), times=1000)
    first.say(withdraw(A))
    first.wait(11.5)
    assert first.routes == [AT_FIRST]
    assert first.verdicts() == [f"rtb-1 {A} keep handover"]
    first.wait(1.5)
    assert first.routes in ([], [AT_SECOND])
    assert first.verdicts() == []


def test_a_successor_that_may_not_read_our_own_write_yet_is_given_the_time(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(5)
    second.vpc.fail_next(TAKE, Transient("ReplaceRoute", "Unavailable", ""), times=1000)
    first.say(withdraw(A))  # 5 s after the write, which reads of others may not show for another 5 s
    first.wait(16.5)
    assert first.routes == [AT_FIRST]
    assert first.verdicts() == [f"rtb-1 {A} keep handover"]
    first.wait(2)
    assert first.routes in ([], [AT_SECOND])


def test_a_successor_whose_write_our_reads_do_not_show_yet_keeps_the_route(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(15)
    first.forget_calls()
    first.vpc.before_next(TAKE, first.vpc.freeze)
    first.say(withdraw(A))
    first.wait(9)
    first.vpc.thaw()
    first.wait(60)
    assert first.writes == [TAKE]
    assert first.routes == [AT_SECOND]


@pytest.mark.parametrize("taken", [True, False])
def test_a_withdrawal_just_after_the_session_is_lost_does_not_delete_what_the_peer_may_have_taken(pair, taken) -> None:
    first, second, peering = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(15)
    first.forget_calls()
    if taken:
        first.vpc.before_next(TAKE, first.vpc.freeze)
    else:
        second.go_deaf()
    peering.down()
    first.wait(1)
    first.say(withdraw(A))
    first.wait(9)
    first.vpc.thaw()
    assert first.writes == ([TAKE] if taken else [])
    first.wait(5)
    assert first.routes == ([AT_SECOND] if taken else [])


def test_a_withdrawal_long_after_the_session_is_lost_deletes_at_once(pair) -> None:
    first, second, peering = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(5)
    second.go_deaf()
    peering.down()
    first.wait(13)
    first.say(withdraw(A))
    first.wait(0.35)
    assert first.routes == []


def test_when_the_peer_withdraws_too_the_route_is_deleted_at_once(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(15)
    first.forget_calls()
    second.vpc.fail_next(TAKE, Transient("ReplaceRoute", "Unavailable", ""), times=1000)
    first.say(withdraw(A))
    first.wait(5)
    second.say(withdraw(A))
    first.wait(0.5)
    assert first.routes == []


def test_nothing_is_taken_or_deleted_before_the_neighbors_have_told(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab = make_lab(vpc, rules=(BEST,), startup_hold=10.0).start(helper=True)
    lab.hear("neighbor 10.0.0.11 down - refused")
    lab.say(announce(A))
    lab.wait(8)
    assert lab.writes == []
    assert lab.verdicts() == [f"rtb-1 {A} yield not-ready"]
    lab.wait(2)
    assert lab.writes == [TAKE_BACK]


def test_on_exit_the_route_is_handed_over_before_we_go(pair) -> None:
    first, second, _ = pair(on_exit=OnExit.WITHDRAW)
    first.say(announce(A, "med 10"))
    first.wait(5)
    second.say(announce(A, "med 20"))
    first.wait(5)
    first.forget_calls()
    assert first.stop() == 0
    assert first.routes == [AT_SECOND]
    assert first.writes == [TAKE]


def test_on_exit_a_successor_that_does_not_write_is_not_waited_for_for_ever(pair) -> None:
    first, second, _ = pair(on_exit=OnExit.WITHDRAW)
    first.say(announce(A, "med 10"))
    second.say(announce(A, "med 20"))
    first.wait(5)
    second.vpc.fail_next("ReplaceRoute", Transient("ReplaceRoute", "Unavailable", ""), times=1000)
    begin = first.now
    assert first.stop() == 0
    assert first.now - begin < 1.9, "ExaBGP kills its helpers after 2 s"
    assert AT_FIRST not in first.routes


def test_a_bridge_keeps_the_routes_of_others(make_lab) -> None:
    vpc = two_hosts()
    lab = make_lab(vpc, rules=(rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),)).start(helper=True, wait=15)
    lab.hear("neighbor 10.0.0.11 up")
    lab.hear(*update("announced 192.0.2.1/32 next-hop 10.0.0.11"))
    lab.wait(1)
    assert lab.routes == [AT_SECOND]
    assert lab.calls == ["DescribeNetworkInterfaces 10.0.0.11", f"CreateRoute rtb-1 {A} {PEER}"]
    lab.hear(*update("withdrawn 192.0.2.1/32"))
    lab.wait(1)
    assert lab.routes == []


def test_a_bridge_leaves_a_route_of_a_peer_that_has_never_announced_it(make_lab) -> None:
    vpc = two_hosts()
    lab = make_lab(vpc, rules=(rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),)).start(helper=True, wait=15)
    lab.hear("neighbor 10.0.0.11 up", *update("eor 1/1 (1, 1)"))
    lab.wait(15)
    vpc.put_route("rtb-1", A, PEER)
    lab.wait(600)
    assert lab.routes == [AT_SECOND]
    lab.say(announce(A))
    lab.wait(1)
    assert lab.routes == [AT_FIRST]


def test_a_route_that_the_other_bridge_has_made_again_is_kept_at_once(make_lab) -> None:
    """Reads would count as old for `settle_time` if they showed what was there before our own delete."""
    vpc = two_hosts()
    lab = make_lab(vpc, rules=(rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),)).start(helper=True, wait=15)
    lab.hear("neighbor 10.0.0.11 up", *update("announced 192.0.2.1/32 next-hop 10.0.0.11"))
    lab.wait(20)
    lab.hear(*update("withdrawn 192.0.2.1/32"))
    lab.wait(1)
    assert lab.routes == []
    lab.forget_calls()
    vpc.put_route("rtb-1", A, PEER)
    lab.hear(*update("announced 192.0.2.1/32 next-hop 10.0.0.11"))
    lab.wait(1)
    assert lab.writes == [f"CreateRoute rtb-1 {A} {PEER}"]  # refused
    assert lab.verdicts() == [f"rtb-1 {A} keep best-path"]


def test_a_bridge_says_once_that_a_next_hop_is_no_interface(make_lab, caplog) -> None:
    lab = make_lab(two_hosts(), rules=(rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),)).start(helper=True)
    lab.hear("neighbor 10.0.0.11 up", *update("announced 192.0.2.1/32 next-hop 198.51.100.9"))
    lab.wait(600)
    assert lab.writes == []
    told = [each.getMessage() for each in caplog.records if "next hop" in each.getMessage()]
    assert told == ["next hop is not a network interface of this VPC"]


def test_a_route_that_was_left_to_a_peer_is_handed_over_and_not_lost(pair, caplog) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 20"))
    first.wait(5)
    second.say(announce(A, "med 10"))
    first.wait(30)
    found = [each for each in caplog.records if each.message in ("route lost", "route handed over")]
    assert [(each.message, each.levelname) for each in found] == [("route handed over", "INFO")]


def test_a_route_that_somebody_points_at_a_silent_peer_is_taken_back_soon_after_it_was_seen(make_lab) -> None:
    """The announcement may come some seconds after the write: then is the time to look, not at the next poll."""
    vpc = two_hosts()
    lab = make_lab(vpc, rules=(BEST,)).start(helper=True)
    lab.hear("neighbor 10.0.0.11 up", *update("eor 1/1 (1, 1)"))
    lab.say(announce(A))
    lab.wait(30)
    vpc.put_route("rtb-1", A, PEER)
    written = lab.now
    while lab.verdicts() != [f"rtb-1 {A} yield owner-unheard"]:
        lab.wait(0.1)
        assert lab.now < written + 100, "no poll has seen it"
    lab.wait(9)
    assert lab.routes == [AT_SECOND]
    lab.wait(2)
    assert lab.routes == [AT_FIRST]


def test_what_a_read_because_of_one_prefix_shows_of_another_is_acted_on_at_once(make_lab) -> None:
    vpc = two_hosts()
    lab = make_lab(vpc, rules=(BEST,)).start(helper=True)
    lab.hear("neighbor 10.0.0.11 up", *update("eor 1/1 (1, 1)"))
    lab.say(announce(A), announce(B))
    lab.wait(15)
    vpc.remove_route("rtb-1", B)
    lab.forget_calls()
    lab.say(announce(A, "med 20"))
    lab.wait(1)
    assert lab.writes == [f"CreateRoute rtb-1 {B} {OURS}"]


def bridge_with_a_peer(make_lab, **config) -> Lab:
    """A daemon that writes for others, and a peer whose route was made so long ago that nobody remembers by whom."""
    rules = (rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),)
    lab = make_lab(two_hosts(), rules=rules, **config).start(helper=True, wait=15)
    lab.hear("neighbor 10.0.0.11 up", *update("announced 192.0.2.1/32 next-hop 10.0.0.11"))
    lab.wait(400)
    assert lab.routes == [AT_SECOND]
    return lab


@pytest.mark.parametrize("on_exit", OnExit)
def test_a_bridge_that_ends_leaves_the_routes_of_others(make_lab, on_exit) -> None:
    lab = bridge_with_a_peer(make_lab, on_exit=on_exit, drain_timeout=5.0)
    assert lab.stop() == 0
    assert lab.routes == [AT_SECOND]


@pytest.mark.parametrize("on_exit", OnExit)
def test_a_bridge_leaves_the_routes_of_others_when_exabgp_is_stopped(make_lab, on_exit) -> None:
    lab = bridge_with_a_peer(make_lab, on_exit=on_exit, drain_timeout=5.0)
    lab.hear("neighbor 10.0.0.11 down - reset", "shutdown 1 1")
    lab.ended()
    assert lab.routes == [AT_SECOND]


def test_who_is_stopped_with_its_exabgp_takes_nothing_on_its_way_out(pair) -> None:
    first, second, _ = pair(on_exit=OnExit.KEEP)
    second.say(announce(A))
    first.wait(5)
    first.say(announce(A))
    first.wait(30)
    first.hear("neighbor 10.0.0.11 down - reset", "shutdown 1 1")
    first.ended()
    second.wait(5)
    assert first.routes == [AT_SECOND]


def test_a_new_host_at_an_old_address_is_not_taken_for_the_old_one(make_lab) -> None:
    lab = make_lab(two_hosts(), rules=(BEST,)).start(helper=True, wait=15)
    lab.say(announce(A, "med 100"))
    lab.hear("neighbor 10.0.0.11 up", *update("announced 192.0.2.1/32 next-hop 10.0.0.11 med 50"))
    lab.wait(1)
    lab.vpc.remove_interface(PEER)
    lab.vpc.add_interface("eni-7", "i-7", addresses=["10.0.0.11"])
    lab.vpc.put_route("rtb-1", A, "eni-7")
    lab.wait(70)
    lab.forget_calls()
    lab.wait(600)
    assert lab.writes == []
    assert lab.verdicts() == [f"rtb-1 {A} yield peer-best"]


def test_an_address_nobody_has_is_asked_for_once_a_poll(make_lab) -> None:
    lab = make_lab(two_hosts(), rules=(BEST,)).start(helper=True, wait=15)
    lab.say(announce(A))
    lab.wait(1)
    lab.forget_calls()
    lab.hear("neighbor 10.0.0.99 up", *update("announced 192.0.2.1/32 next-hop 10.0.0.99", "10.0.0.99"))
    lab.wait(30)
    assert lab.calls.count("DescribeNetworkInterfaces 10.0.0.99") == 1
    assert lab.routes == [AT_FIRST]
    lab.vpc.add_interface("eni-7", "i-7", addresses=["10.0.0.99"])
    lab.wait(70)
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"] or lab.verdicts() == [f"rtb-1 {A} keep peer-best"]


def test_damping_may_be_configured(pair) -> None:
    first, second, peering = pair(damping=DampingLimits(half_life=600.0, suppress=1000.0, reuse=900.0))
    for lab in (first, second):
        lab.say(announce(A))
    first.wait(5)
    peering.down()
    first.wait(60)
    assert len(first.writes) <= 3


def update(line: str, peer: str = "10.0.0.11") -> list[str]:
    return [f"neighbor {peer} receive update {each}" for each in ("start", line, "end")]


def test_a_service_that_is_back_before_the_hand_over_is_over_stands_in_for_the_successor(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 100"))
    second.wait(5)
    first.say(withdraw(A))
    first.wait(0.5)
    first.say(announce(A, "med 100"))
    first.wait(1)
    assert first.routes == [AT_SECOND]
    second.say(withdraw(A))
    first.wait(0.5)
    assert first.routes == [AT_FIRST]


def test_who_was_cut_off_for_a_while_stands_in_for_its_successor(pair) -> None:
    first, second, peering = pair()
    for lab in (first, second):
        lab.say(announce(A, "med 100"))
        lab.wait(5)
    peering.down()
    second.wait(5)
    assert first.routes == [AT_SECOND]
    peering.up()
    first.wait(2)
    second.say(withdraw(A))
    first.wait(0.5)
    assert first.routes == [AT_FIRST]


def keeping_alive(lab: Lab, peer: Lab, seconds: int) -> None:
    for _ in range(seconds):
        lab.do(lambda: lab.daemon.heard(Keepalive(peer.address)))
        lab.wait(1)


def test_a_stop_soon_after_a_start_does_not_wait_for_neighbors_that_nobody_hears_any_more(make_lab) -> None:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, OURS)
    lab = make_lab(vpc, rules=(BEST,), on_exit=OnExit.WITHDRAW_ANNOUNCED, startup_hold=60.0).start(helper=True)
    lab.do(lambda: lab.daemon.parts.peers.expect([parse_address("10.0.0.9")]))
    lab.say(announce(A))
    lab.wait(0.1)
    assert lab.routes == [AT_FIRST]
    assert lab.stop() == 0
    assert lab.routes == []


@pytest.mark.parametrize("router", [None, 240], ids=["instances alone", "a router with a long hold time"])
def test_an_owner_that_is_silent_for_its_hold_time_is_lost_before_exabgp_says_so(pair, router: int | None) -> None:
    first, second, _ = pair()
    for lab in (first, second):
        lab.say(announce(A, "med 100"))
        lab.wait(5)
    if router:
        there = parse_address("10.255.255.2")
        for message in (Opened(there, router), Keepalive(there)):
            second.do(partial(second.daemon.heard, message))
    second.do(lambda: second.daemon.heard(Opened(first.address, 3)))
    keeping_alive(second, first, 10)
    assert first.routes == [AT_FIRST]
    second.forget_calls()
    second.wait(2.4)
    assert second.routes == [AT_SECOND]
    keeping_alive(second, first, 10)
    assert second.writes == [TAKE]
    assert second.verdicts() == [f"rtb-1 {A} keep ours"]


def test_who_took_the_route_back_and_withdraws_has_a_successor_although_that_one_has_just_written(make_lab) -> None:
    calm = DampingLimits(suppress=1000.0)
    first = make_lab(two_hosts(), rules=(rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY),), damping=calm)
    second = make_lab(beside=first, rules=(BEST,))
    for lab in (first, second):
        lab.start(helper=True, wait=0.1)
    Peering(first, second)
    first.wait(15)
    second.say(announce(A, "med 100"))
    first.wait(15)
    first.say(announce(A, "med 50"))
    first.wait(2)
    assert first.routes == [AT_FIRST]
    second.say(announce(A, "med 20"))  # the first is suppressed now, and does not expect it to write
    first.wait(1)
    assert first.routes == [AT_SECOND]
    first.forget_calls()
    second.say(withdraw(A))
    first.wait(1)
    assert first.routes == [AT_FIRST]
    first.wait(600)
    assert first.writes == [TAKE_BACK]


def test_a_read_that_was_too_old_to_show_who_took_the_route_is_not_the_last(pair) -> None:
    first, second, _ = pair()
    first.say(announce(A, "med 100"))
    first.wait(15)
    first.vpc.freeze()
    second.say(announce(A, "med 50"))
    first.wait(1)
    assert first.routes == [AT_SECOND]
    second.say(withdraw(A))
    first.wait(1)  # both look, and think that the first one has it
    first.vpc.thaw()
    assert first.routes == [AT_SECOND]
    first.wait(10)
    assert first.routes == [AT_FIRST]


def test_a_partition_moves_the_route_once_although_exabgp_notices_it_later_than_we_do(pair) -> None:
    first, second, peering = pair(poll_time=0.2)
    for lab in (first, second):
        lab.say(announce(A, "med 100"))
        lab.wait(5)
    first.forget_calls()
    for lab, other in ((first, second), (second, first)):
        for message in (Opened(other.address, 3), Keepalive(other.address)):
            lab.do(partial(lab.daemon.heard, message))
    first.wait(3.8)  # the owner has seen by now that the other one took it
    assert first.routes == [AT_SECOND]
    peering.down()
    first.wait(200)
    assert first.writes == [TAKE]
