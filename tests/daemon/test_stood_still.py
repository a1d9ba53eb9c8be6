"""This host stood still as a whole (`docker pause`, swapping, a stopped VM): what ran out meanwhile had no time.

Our scripts, our ExaBGP and its sessions stood still, too.
"""

from collections.abc import Callable

import pytest
from lab import OURS, PEER, SCRIPT, A, Lab, announce, left_behind, two_hosts

from bgp2vpc.bgp.events import EndOfRib
from bgp2vpc.exabgp_api.messages import Direction, Notification, PeerState, StateChange, Update
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress
from tests.values import announce as announced
from tests.values import rule

NEIGHBOR = IPAddress("10.0.0.11")
BEST_PATH = (rule(takeover=Takeover.BEST_PATH),)
PAUSE = 60.0
LATER = 2.0
"""Seconds until scripts and sessions are back."""
AT_US, AT_PEER = [f"rtb-1 {A} {OURS} active"], [f"rtb-1 {A} {PEER} active"]
UP, DOWN = StateChange(NEIGHBOR, PeerState.UP), StateChange(NEIGHBOR, PeerState.DOWN)
PATH = Update(NEIGHBOR, Direction.RECEIVE, (announced(A, next_hop=str(NEIGHBOR), med=100), EndOfRib("ipv4 unicast")))
RESET = Notification(NEIGHBOR, Direction.RECEIVE, 6, 6)


def pause(lab: Lab) -> None:
    lab.loop.stall(PAUSE)
    lab.wait(LATER)


def hear(lab: Lab, *messages) -> None:
    lab.do(lambda: lab.tell(*messages))


def with_peer(make_lab: Callable[..., Lab], **settings) -> Lab:
    """The peer has the route, and is expected to have a session with us."""
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    lab = make_lab(vpc, rules=BEST_PATH, **settings).start(helper=True, wait=2)
    lab.do(lambda: lab.daemon.parts.peers.expect([NEIGHBOR]))
    lab.say(announce(A, "med 200"))
    return lab


def test_a_script_that_had_just_ended_has_the_time_to_come_back(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A))
    lab.wait(5)
    lab.forget_calls()
    lab.close(SCRIPT, hold=10.0)
    lab.wait(5)
    pause(lab)
    lab.open(SCRIPT)
    lab.say(announce(A))
    lab.wait(60)
    assert (lab.writes, lab.routes) == ([], AT_US)
    lab.close(SCRIPT, hold=10.0)
    lab.wait(5)
    pause(lab)
    assert lab.routes == AT_US
    lab.wait(10)
    assert lab.routes == []


def test_after_our_start_scripts_have_the_time_to_announce(make_lab) -> None:
    lab = make_lab(left_behind(A), restart_time=10.0).start(wait=3)
    pause(lab)
    lab.say(announce(A))
    lab.wait(60)
    assert (lab.writes, lab.routes) == ([], AT_US)


def test_after_our_start_a_leftover_that_nobody_announces_goes_all_the_same(make_lab) -> None:
    lab = make_lab(left_behind(A), restart_time=10.0).start(wait=3)
    pause(lab)
    assert lab.routes == AT_US
    lab.wait(10)
    assert lab.routes == []


def test_after_our_start_sessions_have_the_time_to_come_up(make_lab) -> None:
    lab = with_peer(make_lab)
    pause(lab)
    hear(lab, UP, PATH)
    lab.wait(5)
    assert (lab.writes, lab.routes) == ([], AT_PEER)


def test_after_our_start_a_neighbor_that_does_not_come_up_is_lost_all_the_same(make_lab) -> None:
    lab = with_peer(make_lab)
    pause(lab)
    lab.wait(10)
    assert lab.routes == AT_US


def test_a_session_that_had_just_come_up_has_the_time_to_send_its_paths(make_lab) -> None:
    lab = with_peer(make_lab)
    lab.wait(6)
    hear(lab, UP)
    lab.wait(4)
    pause(lab)
    hear(lab, PATH)
    lab.wait(60)
    assert (lab.writes, lab.routes) == ([], AT_PEER)


def test_a_peer_that_restarts_has_the_time_to_come_back(make_lab) -> None:
    lab = with_peer(make_lab)
    hear(lab, UP, PATH)
    lab.wait(30)
    hear(lab, RESET, DOWN)
    lab.wait(1)
    pause(lab)
    hear(lab, UP, PATH)
    lab.wait(60)
    assert (lab.writes, lab.routes) == ([], AT_PEER)


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_peer_that_restarts_and_does_not_announce_again_is_lost_all_the_same(make_lab, *, comes_back: bool) -> None:
    lab = with_peer(make_lab)
    hear(lab, UP, PATH)
    lab.wait(30)
    hear(lab, RESET, DOWN)
    lab.wait(1)
    pause(lab)
    if comes_back:
        hear(lab, UP)
    lab.wait(32)
    assert lab.routes == AT_US
