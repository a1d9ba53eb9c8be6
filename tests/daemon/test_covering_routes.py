"""A wider route that a VPN or Direct Connect propagates, and ours within it: the whole daemon on virtual time."""

import pytest
from lab import OURS, PEER, A, announce, two_hosts, withdraw

from bgp2vpc.policy.rule import DeadRoutes, Takeover
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.model import RouteTable, parse_target
from tests.memory_vpc import MemoryVpc
from tests.values import rule

ANYCAST = "192.0.2.0/24"
COVERING = f"rtb-1 {ANYCAST} vgw-1 active propagated"
COVERED = f"  covered by {ANYCAST} to vgw-1 (propagated, active), which has the traffic"


def empty_vpc() -> MemoryVpc:
    """Nobody serves anything here yet; the datacenter's prefix comes by VPN."""
    vpc = two_hosts()
    vpc.add_gateway("vgw-1")
    vpc.put_route("rtb-1", ANYCAST, "vgw-1", propagated=True)
    return vpc


def test_the_first_host_of_a_vpc_puts_its_route_within_the_covering_one_and_takes_only_that_away(make_lab) -> None:
    lab = make_lab(empty_vpc()).start()
    assert lab.routes == [COVERING]
    assert lab.ask("why", A)["tables"][0]["covering"] == {
        "destination": ANYCAST, "target": "vgw-1", "state": "active", "propagated": True,
    }  # fmt: skip
    assert f"{COVERED} now" in lab.ask("why", A)["lines"]
    lab.say(announce(A))
    lab.wait(2)
    assert lab.routes == [COVERING, f"rtb-1 {A} {OURS} active"]
    assert f"{COVERED} without it" in lab.ask("why", A)["lines"]
    lab.say(withdraw(A))
    lab.wait(70)
    assert lab.routes == [COVERING]
    assert lab.writes == [f"CreateRoute rtb-1 {A} {OURS}", f"DeleteRoute rtb-1 {A}"]


TAKES_ALL = dict(takeover=Takeover.ALWAYS, takeover_foreign=True, dead_routes=DeadRoutes.DELETE)


@pytest.mark.parametrize("state", ["active", "blackhole"])
def test_no_setting_of_a_rule_writes_to_a_propagated_route(make_lab, state: str) -> None:
    """The rule accepts the covering prefix itself, too; of that a static route is made beside the propagated one."""
    vpc = empty_vpc()
    if state == "blackhole":
        vpc.remove_gateway("vgw-1")
    propagated = f"rtb-1 {ANYCAST} vgw-1 {state} propagated"
    lab = make_lab(vpc, rules=(rule(**TAKES_ALL),), poll_time=5.0).start(wait=30)
    assert lab.writes == []
    lab.say(announce(ANYCAST))
    lab.wait(10)
    lab.say(withdraw(ANYCAST))
    lab.wait(60)
    assert lab.writes == [f"CreateRoute rtb-1 {ANYCAST} {OURS}", f"DeleteRoute rtb-1 {ANYCAST}"]
    assert lab.routes == [propagated]


def test_a_fallback_to_the_gateway_is_a_static_route_that_hides_the_covering_one_and_stays(make_lab) -> None:
    """So a covering route wants no `fallback`: docs/covering-route.md."""
    lab = make_lab(empty_vpc(), rules=(rule(fallback=parse_target("vgw-1")),)).start()
    lab.say(announce(A))
    lab.wait(2)
    lab.say(withdraw(A))
    lab.wait(2)
    assert lab.routes == [COVERING, f"rtb-1 {A} vgw-1 active"]


def route_table(*routes: tuple[str, str, bool]) -> RouteTable:
    vpc = MemoryVpc("vpc-1", "10.0.0.0/16")
    vpc.add_table("rtb-1")
    for prefix, target, propagated in routes:
        vpc.put_route("rtb-1", prefix, target, propagated=propagated)
    return vpc.route_tables(["vpc-1"])[0]


@pytest.mark.parametrize(
    ("prefix", "routes", "covering"),
    [
        (A, [], None),
        (A, [(A, PEER, False)], None),
        (A, [("198.51.100.0/24", "vgw-1", True), ("pl-1", "tgw-1", False)], None),
        (A, [(ANYCAST, "vgw-1", True), ("0.0.0.0/0", "nat-1", False)], "192.0.2.0/24 vgw-1 active propagated"),
        (A, [("192.0.0.0/16", "tgw-1", False), (A, PEER, False)], "192.0.0.0/16 tgw-1 active"),
        (A, [(ANYCAST, "vgw-1", True), (A, "vgw-1", True)], "192.0.2.1/32 vgw-1 active propagated"),
        (A, [(ANYCAST, "vgw-1", True), (ANYCAST, "tgw-1", False)], "192.0.2.0/24 tgw-1 active"),
        (A, [(ANYCAST, "tgw-1", False), (ANYCAST, "vgw-1", True)], "192.0.2.0/24 tgw-1 active"),
        # Within the VPC a propagated route is never used, however long it is.
        ("10.0.1.0/24", [("10.0.1.0/24", "vgw-1", True)], "10.0.0.0/16 local active"),
        ("2001:db8::1/128", [("0.0.0.0/0", "nat-1", False)], None),
    ],
)  # fmt: skip
def test_which_route_covers_a_prefix(prefix: str, routes: list[tuple[str, str, bool]], covering: str | None) -> None:
    found = route_table(*routes).covering_route(parse_prefix(prefix))
    assert (None if found is None else str(found)) == covering
