"""`dead_routes: delete`: black holes that nobody offers, by the whole daemon on virtual time."""

import pytest
from lab import OURS, PEER, A, Lab, Peering, announce, two_hosts, withdraw

from bgp2vpc.errors import Transient
from bgp2vpc.policy.rule import DeadRoutes, Takeover
from bgp2vpc.vpc.model import InstanceHealth
from tests.memory_vpc import MemoryVpc
from tests.values import rule

WIDER = "192.0.2.0/24"
DELETES = dict(rules=(rule(dead_routes=DeadRoutes.DELETE),), poll_time=20.0)
DELETE = f"DeleteRoute rtb-1 {A}"
DEAD_END, SERVES = f"rtb-1 {A} {PEER} blackhole", f"rtb-1 {WIDER} vgw-1 active propagated"


def owned_by_peer() -> MemoryVpc:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    vpc.put_route("rtb-1", WIDER, "vgw-1", propagated=True)
    return vpc


def with_dead_owner() -> MemoryVpc:
    vpc = owned_by_peer()
    vpc.terminate("i-2")
    return vpc


def why(lab: Lab) -> str:
    return "\n".join(lab.ask("why", A)["lines"])


def test_a_black_hole_of_a_terminated_instance_is_deleted_after_a_fresh_read_so_that_the_wider_route_serves(
    make_lab,
) -> None:
    lab = make_lab(with_dead_owner(), **DELETES).start(wait=15)
    assert lab.writes == [], "EC2 has said once that it does not know the interface: it may be a new one"
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-blackhole"]
    assert "not deleted: EC2 has not said (yet)" in why(lab)
    lab.wait(15)
    assert lab.routes == [SERVES]
    assert lab.writes == [DELETE]
    before = lab.calls.index(DELETE) - 1
    assert lab.calls[before] == "DescribeRouteTables rtb-1"
    lab.wait(200)
    assert lab.writes == [DELETE]


def test_by_default_it_stays_and_why_says_so(make_lab) -> None:
    lab = make_lab(with_dead_owner(), poll_time=20.0).start(wait=200)
    assert lab.writes == []
    assert "the rule does not delete this black hole (dead_routes)" in why(lab)


def test_a_stopped_instance_may_start_again_and_keeps_its_route(make_lab) -> None:
    vpc = owned_by_peer()
    vpc.set_health("i-2", InstanceHealth.GONE)
    lab = make_lab(vpc, **DELETES).start(wait=200)
    assert lab.writes == []
    vpc.set_health("i-2", InstanceHealth.TERMINATED)  # with an interface that outlives it
    lab.wait(30)
    assert lab.routes == [SERVES]


@pytest.mark.parametrize("silent", ["DescribeNetworkInterfaces eni-2", "DescribeRouteTables rtb-1"])
def test_while_ec2_does_not_answer_nothing_is_deleted(make_lab, silent) -> None:
    vpc = with_dead_owner()
    vpc.fail_next(silent, Transient(silent.split()[0], "InternalError", "x"), times=1000)
    lab = make_lab(vpc, **DELETES).start(wait=300)
    assert lab.writes == []
    assert DEAD_END in lab.routes


def test_one_who_takes_it_just_before_it_is_deleted_keeps_it(make_lab) -> None:
    vpc = with_dead_owner()
    vpc.add_interface("eni-3", "i-3", addresses=["10.0.0.12"])
    lab = make_lab(vpc, **DELETES).start(wait=5)
    vpc.before_next("DescribeRouteTables rtb-1", lambda: vpc.put_route("rtb-1", A, "eni-3"))
    lab.wait(200)
    assert lab.writes == []
    assert f"rtb-1 {A} eni-3 active" in lab.routes


def test_an_interface_that_is_there_again_starts_anew(make_lab) -> None:
    vpc = owned_by_peer()
    vpc.remove_interface(PEER)
    lab = make_lab(vpc, **DELETES).start(wait=5)
    vpc.add_interface(PEER, addresses=["10.0.0.11"])  # it was too new to be shown; nothing is attached to it yet
    lab.wait(100)
    assert lab.writes == []
    assert DEAD_END in lab.routes


def test_where_a_live_host_offers_it_that_one_takes_it_and_nobody_deletes(make_lab) -> None:
    rules = (rule(dead_routes=DeadRoutes.DELETE, takeover=Takeover.BEST_PATH),)
    first = make_lab(two_hosts(), rules=rules, poll_time=20.0, startup_hold=0.1)
    second = make_lab(beside=first, rules=rules, poll_time=20.0, startup_hold=0.1)
    first.vpc.put_route("rtb-1", A, "eni-0")
    first.start(helper=True)
    second.start(helper=True)
    Peering(first, second)
    second.say(announce(A))
    first.wait(100)
    assert first.routes == [f"rtb-1 {A} {PEER} active"]
    assert [call for call in first.writes if call.startswith("DeleteRoute")] == []


def test_when_its_last_live_host_withdraws_the_black_hole_goes(make_lab) -> None:
    lab = make_lab(with_dead_owner(), **DELETES).start(wait=0.5)
    lab.say(announce(A))
    lab.wait(5)
    assert f"rtb-1 {A} {OURS} active" in lab.routes
    lab.vpc.put_route("rtb-1", A, PEER)  # by hand, to the dead one
    lab.say(withdraw(A))
    lab.wait(100)
    assert lab.routes == [SERVES]
