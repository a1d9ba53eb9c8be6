"""What EC2 is asked because there are peers: who they are, and whether they have taken what was ours."""

from dataclasses import replace

import pytest
from lab import OURS, PEER, SCRIPT, A, Lab, announce, two_hosts

from bgp2vpc.bgp.events import EndOfRib
from bgp2vpc.errors import Throttled
from bgp2vpc.exabgp_api.messages import (
    Acknowledgement,
    Direction,
    Keepalive,
    Notification,
    Opened,
    PeerState,
    StateChange,
    Update,
)
from bgp2vpc.policy.rule import Takeover, Writes
from bgp2vpc.prefix import IPAddress
from bgp2vpc.speaker.peers import RESTART_TIME
from tests.values import announce as announced
from tests.values import rule
from tests.values import withdraw as withdrawn

NEIGHBOR = IPAddress("10.0.0.11")
BEST_PATH = (rule(takeover=Takeover.BEST_PATH),)


@pytest.fixture
def lab(make_lab) -> Lab:
    lab = make_lab(two_hosts(tables=2), rules=BEST_PATH, startup_hold=0.0).start(helper=True)
    hear(lab, StateChange(NEIGHBOR, PeerState.UP))
    return lab


def hear(lab: Lab, message) -> None:
    lab.do(lambda: lab.daemon.heard(message))


def peer_announces(lab: Lab, med: int) -> None:
    path = announced(A, next_hop=str(NEIGHBOR), med=med)
    hear(lab, Update(NEIGHBOR, Direction.RECEIVE, (path,)))


def test_ec2_is_asked_once_a_poll_about_an_interface_that_is_gone(lab) -> None:
    lab.vpc.put_route("rtb-1", A, "eni-77")
    lab.say(announce(A, "med 600"))
    lab.wait(120)
    asked = [call for call in lab.calls if call == "DescribeNetworkInterfaces eni-77"]
    assert 1 <= len(asked) <= 3


def test_ec2_is_asked_less_and_less_often_about_interfaces_while_it_does_not_answer(make_lab) -> None:
    lab = make_lab(rules=BEST_PATH, startup_hold=0.0).start(helper=True)
    lab.vpc.fail_next("DescribeNetworkInterfaces 10", Throttled("X", "RequestLimitExceeded", "x"), times=1000)
    hear(lab, StateChange(NEIGHBOR, PeerState.UP))
    peer_announces(lab, med=50)
    lab.wait(40)
    asked = [call for call in lab.calls if call == f"DescribeNetworkInterfaces {NEIGHBOR}"]
    assert 5 <= len(asked) <= 8


def hears_withdrawal(lab: Lab) -> None:
    hear(lab, Update(NEIGHBOR, Direction.RECEIVE, (withdrawn(A),)))


def test_a_route_that_a_peer_took_long_after_it_should_have_is_ours_again_when_it_withdraws(lab) -> None:
    lab.say(announce(A, "med 100"))
    peer_announces(lab, med=50)
    lab.wait(10)  # the peer is slow, and we do not count on it any more
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(5)
    hears_withdrawal(lab)
    lab.wait(1)
    assert lab.routes == [f"{table} {A} {OURS} active" for table in ("rtb-1", "rtb-2")]


def test_after_news_of_what_we_hold_we_look_twice_a_second_at_most(lab) -> None:
    lab.say(announce(A, "med 100"))
    lab.wait(5)
    lab.forget_calls()
    for med in range(200, 220):
        peer_announces(lab, med)
        lab.wait(0.2)
    lab.wait(2)
    assert lab.writes == []
    reads = [call for call in lab.calls if call.startswith("DescribeRouteTables")]
    assert 4 <= len(reads) <= 10


def test_who_has_no_neighbors_does_not_look(make_lab) -> None:
    lab = make_lab(rules=BEST_PATH, startup_hold=0.0).start()
    lab.say(announce(A, "med 100"))
    lab.wait(5)
    lab.forget_calls()
    lab.say(announce(A, "med 200"))
    lab.wait(5)
    assert lab.calls == []


def test_a_neighbor_that_never_had_a_session_is_listed_and_no_reason_to_take_its_route(make_lab) -> None:
    lab = make_lab(rules=BEST_PATH, startup_hold=0.0)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.start(helper=True)
    lab.hear("10.0.0.11       64512        down idle                  0          0")
    lab.say(announce(A, "med 100"))
    lab.wait(20)
    row = {"address": "10.0.0.11", "up": False, "seconds": None, "has_told_all": False}
    assert lab.ask("status")["neighbors"] == [row]
    assert (lab.writes, lab.verdicts()) == ([], [f"rtb-1 {A} yield owner-healthy"])
    lab.hear("neighbor 10.0.0.11 up")
    assert [each["up"] for each in lab.ask("status")["neighbors"]] == [True]


RESET = Notification(NEIGHBOR, Direction.RECEIVE, 6, 6)
SHUTDOWN = Notification(NEIGHBOR, Direction.RECEIVE, 6, 2)
DOWN = StateChange(NEIGHBOR, PeerState.DOWN, "notification received")
SETTLED = 20
"""Seconds: a write is beyond doubt, and a peer has had the time to announce what it serves."""


@pytest.fixture
def restarting(lab) -> Lab:
    """The peer owns the route, and has ended its session because it is being restarted."""
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.put_route("rtb-2", A, PEER)
    lab.say(announce(A, "med 100"))
    peer_announces(lab, med=100)
    lab.wait(SETTLED)
    lab.forget_calls()
    hear(lab, RESET)
    hear(lab, DOWN)
    return lab


def comes_back(lab: Lab) -> None:
    """ExaBGP sends its End-of-RIB before anybody has announced anything."""
    hear(lab, StateChange(NEIGHBOR, PeerState.UP))
    hear(lab, Update(NEIGHBOR, Direction.RECEIVE, (EndOfRib("ipv4 unicast"),)))


def owners(lab: Lab) -> set[str]:
    return {line.split()[2] for line in lab.routes}


def test_the_route_of_a_peer_that_is_restarted_stays(restarting) -> None:
    restarting.wait(5)
    comes_back(restarting)
    restarting.wait(5)
    peer_announces(restarting, med=100)
    restarting.wait(120)
    assert (owners(restarting), restarting.writes) == ({PEER}, [])


def test_a_peer_that_flaps_while_it_restarts_loses_nothing(restarting) -> None:
    comes_back(restarting)
    restarting.wait(1)
    hear(restarting, DOWN)
    restarting.wait(RESTART_TIME - 3)
    assert (owners(restarting), restarting.writes) == ({PEER}, [])


def test_a_peer_that_does_not_come_back_from_its_restart_loses_its_route(restarting) -> None:
    restarting.wait(RESTART_TIME - 1)
    assert owners(restarting) == {PEER}
    restarting.wait(2)
    assert owners(restarting) == {OURS}


def test_what_a_restarted_peer_does_not_announce_again_is_withdrawn(restarting) -> None:
    restarting.wait(5)
    comes_back(restarting)
    restarting.wait(RESTART_TIME - 6)
    assert owners(restarting) == {PEER}
    restarting.wait(2)
    assert owners(restarting) == {OURS}


def test_what_a_restarted_peer_withdraws_is_taken_at_once(restarting) -> None:
    comes_back(restarting)
    hears_withdrawal(restarting)
    restarting.wait(1)
    assert owners(restarting) == {OURS}


def test_the_paths_of_a_peer_that_is_restarted_go_with_our_own_exabgp(restarting) -> None:
    restarting.do(restarting.daemon.parts.peers.exabgp_ended)
    restarting.wait(RESTART_TIME + 30)
    assert [each["source"] for each in restarting.ask("status")["paths"]] == [SCRIPT]


def test_a_restarted_peer_whose_hold_timer_expires_is_lost_and_gets_no_route_back(make_lab) -> None:
    anyone = rule(takeover=Takeover.BEST_PATH, writes=Writes.ANY)
    lab = make_lab(rules=(anyone,), startup_hold=0.0).start(helper=True)
    hear(lab, StateChange(NEIGHBOR, PeerState.UP))
    lab.say(announce(A, "med 100"))
    peer_announces(lab, med=50)
    lab.wait(SETTLED)
    assert owners(lab) == {PEER}
    hear(lab, RESET)
    hear(lab, DOWN)
    hear(lab, Opened(NEIGHBOR, 3))
    comes_back(lab)
    hear(lab, Keepalive(NEIGHBOR))
    peer_announces(lab, med=50)
    lab.wait(3.1)
    hear(lab, Acknowledgement(ok=True))  # our ExaBGP runs
    lab.wait(0.5)
    assert owners(lab) == {OURS}
    hear(lab, DOWN)
    for _ in range(30):
        lab.wait(1)
        assert owners(lab) == {OURS}


@pytest.mark.parametrize("is_back", [False, True])
def test_a_session_that_we_end_since_the_neighbor_is_no_longer_configured_is_no_reason(lab, *, is_back: bool) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.put_route("rtb-2", A, PEER)
    peers = lab.daemon.parts.peers
    lab.do(lambda: peers.expect([NEIGHBOR]))
    lab.say(announce(A, "med 100"))
    peer_announces(lab, med=100)
    lab.wait(SETTLED)
    lab.do(lambda: peers.expect([]))
    if is_back:
        lab.do(lambda: peers.expect([NEIGHBOR]))
    hear(lab, DOWN)
    lab.wait(120)
    assert owners(lab) == ({OURS} if is_back else {PEER})


@pytest.mark.parametrize("ends", [SHUTDOWN, replace(RESET, direction=Direction.SEND)], ids=["shutdown", "sent by us"])
def test_no_other_notification_is_a_restart(lab, ends) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.say(announce(A, "med 100"))
    peer_announces(lab, med=100)
    lab.wait(SETTLED)
    hear(lab, ends)
    lab.wait(1)
    assert owners(lab) == {OURS}
