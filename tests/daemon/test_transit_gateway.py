"""Two VPCs at a transit gateway, and a host in each: where its tables lead to. Whole daemons on virtual time."""

import pytest
from lab import OURS, PEER, A, Lab, Peering, announce, two_hosts, withdraw

from bgp2vpc.errors import Denied, Transient
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.vpc.finders import ByTag
from bgp2vpc.vpc.model import Route, interface_target
from tests.memory_vpc import MemoryVpc
from tests.values import rule

TO_FIRST, TO_SECOND = f"tgw-rtb-1 {A} tgw-attach-1 active", f"tgw-rtb-1 {A} tgw-attach-2 active"
IN_FIRST, IN_SECOND = f"rtb-1 {A} {OURS} active", f"rtb-2 {A} {PEER} active"


def two_vpcs() -> MemoryVpc:
    """i-1 in vpc-1 with table rtb-1, i-2 in vpc-2 with table rtb-2; both VPCs attached to tgw-1."""
    vpc = two_hosts()
    vpc.add_vpc("vpc-2", "10.1.0.0/16")
    vpc.add_table("rtb-2", vpc_id="vpc-2", tags={"type": "private"})
    vpc.add_interface(PEER, "i-2", vpc_id="vpc-2", addresses=["10.1.0.11"])
    vpc.add_attachment("tgw-attach-1")
    vpc.add_attachment("tgw-attach-2", vpc_id="vpc-2")
    vpc.add_transit_table("tgw-rtb-1", tags={"type": "anycast"})
    vpc.add_transit_table("tgw-rtb-2", tags={"type": "other"})
    return vpc


def rules(takeover: Takeover = Takeover.IF_UNHEALTHY) -> dict:
    return dict(rules=(rule(find_transit=ByTag("type", "anycast"), takeover=takeover),), poll_time=20.0)


def served(lab: Lab) -> list[str]:
    """Where each table leads for A."""
    return [each for each in lab.routes if f" {A} " in each]


def test_the_gateway_leads_to_the_vpc_that_serves_and_is_told_in_status_and_why(make_lab) -> None:
    lab = make_lab(two_vpcs(), **rules()).start()
    lab.say(announce(A))
    lab.wait(2)
    assert served(lab) == [IN_FIRST, TO_FIRST]
    assert lab.verdicts() == [f"rtb-1 {A} keep ours", f"tgw-rtb-1 {A} keep ours"]
    (prefix,) = lab.ask("status")["prefixes"]
    assert (prefix["tables"], prefix["ours"], prefix["foreign"]) == (2, 2, 0)
    assert "  the table has a route to tgw-attach-1 of vpc-1 (active)" in "\n".join(lab.ask("why", A)["lines"])
    lab.say(withdraw(A))
    lab.wait(2)
    assert served(lab) == []


def test_without_bgp_a_vpc_takes_over_when_the_other_has_withdrawn_or_is_detached(make_lab) -> None:
    first = make_lab(two_vpcs(), **rules())
    second = make_lab(beside=first, vpc_id="vpc-2", **rules())
    for each in (first, second):
        each.start()
    first.say(announce(A))
    first.wait(2)
    second.say(announce(A))
    first.wait(60)
    assert served(first) == [IN_FIRST, IN_SECOND, TO_FIRST], "the owner is well"
    first.say(withdraw(A))
    first.wait(25)
    assert served(first) == [IN_SECOND, TO_SECOND]
    first.say(announce(A))
    first.vpc.remove_attachment("tgw-attach-2")
    first.wait(25)
    assert served(first) == [IN_FIRST, IN_SECOND, TO_FIRST]


def test_while_another_instance_of_the_vpc_serves_the_gateway_keeps_leading_there(make_lab) -> None:
    vpc = two_vpcs()
    vpc.add_interface("eni-3", "i-3", addresses=["10.0.0.12"])
    lab = make_lab(vpc, **rules()).start()
    lab.say(announce(A))
    lab.wait(2)
    vpc.put_route("rtb-1", A, "eni-3")  # it has taken the route of the VPC
    lab.wait(25)
    lab.say(withdraw(A))
    lab.wait(60)
    assert served(lab) == [f"rtb-1 {A} eni-3 active", TO_FIRST]
    assert "served-in-vpc" in "\n".join(lab.ask("why", A)["lines"])
    vpc.remove_route("rtb-1", A)
    lab.wait(60)
    assert served(lab) == []


@pytest.fixture
def peering(make_lab):
    first = make_lab(two_vpcs(), **rules(Takeover.BEST_PATH))
    second = make_lab(beside=first, vpc_id="vpc-2", **rules(Takeover.BEST_PATH))
    second.address = IPAddress("10.1.0.11")
    for each in (first, second):
        each.start(helper=True, wait=0.1)
    between = Peering(first, second)
    first.wait(15)
    first.forget_calls()
    return first, second, between


def test_with_bgp_the_route_moves_between_vpcs_by_replace(peering) -> None:
    first, second, _ = peering
    first.say(announce(A, "med 100"))
    first.wait(2)
    second.say(announce(A, "med 200"))
    first.wait(30)
    assert served(first) == [IN_FIRST, IN_SECOND, TO_FIRST], "each VPC's own tables lead to its own host"
    assert second.verdicts() == [f"rtb-2 {A} keep ours", f"tgw-rtb-1 {A} yield peer-best"]
    first.forget_calls()
    first.say(withdraw(A))
    first.wait(5)
    assert served(first) == [IN_SECOND, TO_SECOND]
    assert [each for each in first.writes if "tgw-rtb-1" in each] == [f"ReplaceRoute tgw-rtb-1 {A} tgw-attach-2"]


def test_with_bgp_a_lost_host_loses_its_vpcs_route(peering) -> None:
    first, second, between = peering
    second.say(announce(A, "med 50"))
    first.say(announce(A, "med 100"))
    first.wait(5)
    assert TO_SECOND in served(first)
    second.go_deaf()
    first.vpc.calls.clear()
    between.down()
    first.wait(5)
    assert TO_FIRST in served(first)


def test_a_gateway_that_may_not_be_read_keeps_nothing_else_from_working(make_lab) -> None:
    vpc = two_vpcs()
    vpc.fail_next("DescribeTransitGatewayAttachments", Denied("x", "UnauthorizedOperation", "no"), times=1000)
    lab = make_lab(vpc, **rules()).start()
    lab.say(announce(A))
    lab.wait(30)
    assert served(lab) == [IN_FIRST]
    (error,) = lab.ask("status")["errors"]
    assert error["subject"] == "transit gateway route tables"


def test_a_rule_without_the_key_asks_nothing_of_transit_gateways(make_lab) -> None:
    lab = make_lab(two_vpcs())
    lab.start(wait=0)
    lab.wait(70)
    assert [each for each in lab.calls if "TransitGateway" in each] == []


def test_a_drain_leaves_the_gateway_to_another_instance_of_the_vpc(make_lab) -> None:
    vpc = two_vpcs()
    vpc.add_interface("eni-2", "i-2", addresses=["10.0.0.11"])  # in the same VPC
    first = make_lab(vpc, drain_timeout=60.0, **rules(Takeover.BEST_PATH))
    second = make_lab(beside=first, **rules(Takeover.BEST_PATH))
    for each in (first, second):
        each.start(helper=True, wait=0.1)
    Peering(first, second)
    first.wait(15)
    first.say(announce(A, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 200"))
    first.wait(5)
    assert served(first) == [IN_FIRST, TO_FIRST]
    first.forget_calls()
    first.ask("drain", A)
    first.wait(20)
    assert served(first) == [f"rtb-1 {A} {PEER} active", TO_FIRST]
    assert [each for each in first.writes if "tgw" in each] == [], "it leads to the same VPC as before"
    ended = {row["route_table_id"]: row["end"] for row in first.ask("leaving")["routes"]}
    assert ended == dict.fromkeys(("rtb-1", "tgw-rtb-1"), ended["rtb-1"])


def test_a_poll_that_cannot_read_the_gateways_counts_as_no_read_of_their_tables(make_lab) -> None:
    lab = make_lab(two_vpcs(), **rules()).start()
    lab.say(announce(A))
    lab.wait(2)
    view = lab.daemon.parts.view
    before, table = {each: view.asked_at(each) for each in ("rtb-1", "tgw-rtb-1")}, view.snapshot.tables["tgw-rtb-1"]
    lab.vpc.fail_next("SearchTransitGatewayRoutes", Transient("x", "InternalError", "no"), times=1000)
    lab.wait(30)
    assert view.asked_at("rtb-1") > before["rtb-1"]
    assert (view.asked_at("tgw-rtb-1"), view.snapshot.tables["tgw-rtb-1"]) == (before["tgw-rtb-1"], table)
    prefix = parse_prefix(A)
    moved = table.with_static_route(prefix, Route(prefix, interface_target("tgw-attach-2")))
    view.reread(moved, lab.now - 15.0, lab.now)  # a read from before that poll, answered late
    assert view.holder(("tgw-rtb-1", prefix)) == "tgw-attach-2"
