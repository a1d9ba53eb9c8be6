"""What EC2 is asked about the interfaces of peers."""

import pytest
from lab import A, Lab, announce, two_hosts

from bgp2vpc.dialect.message import Direction, PeerState, StateChange, Update
from bgp2vpc.errors import Throttled
from bgp2vpc.prefix import IPAddress
from bgp2vpc.routing.rule import Takeover
from tests.values import announce as announced
from tests.values import rule

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
