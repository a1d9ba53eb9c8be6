"""Tables of transit gateways: the same truth tables, with attachments of VPCs in place of interfaces of instances."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.sessions import Neighbors, Standing
from bgp2vpc.policy.decide import Decided, decide_place
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.explain import explain
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import make_plan
from bgp2vpc.policy.rule import Rule, Takeover, Writes
from bgp2vpc.policy.tables import rules_without_tables, table_policies
from bgp2vpc.prefix import IPAddress, PrefixListId, parse_prefix
from bgp2vpc.vpc.finders import ByTag, Ids
from bgp2vpc.vpc.model import (
    ManagedPrefixList,
    Route,
    RouteState,
    RouteTable,
    Target,
    TargetKind,
    attachment,
    interface_target,
    parse_target,
)
from bgp2vpc.vpc.snapshot import Snapshot
from tests.policy.test_verdict_by_best_path import OURS_AT_10, neighbor, own, peer
from tests.values import OURS, P1, PEER, blackhole, offer, route, rule, table

GATEWAY, OUR_VPC, THEIR_VPC = "tgw-1", "tgw-attach-1", "tgw-attach-2"
COLLEAGUE, THERE, THERE_TOO = map(IPAddress, ("10.0.0.9", "10.1.0.10", "10.1.0.11"))


def transit_table(*routes: Route) -> RouteTable:
    """Both VPCs propagate their CIDRs, 10.0.0.0/16 and 10.1.0.0/16, and the datacenter 192.0.2.0/24."""
    known = [
        Route(parse_prefix(cidr), interface_target(leads_to), propagated=True, vpc_id=vpc_id)
        for cidr, leads_to, vpc_id in (("10.0.0.0/16", OUR_VPC, "vpc-1"), ("10.1.0.0/16", THEIR_VPC, "vpc-2"))
    ]
    covering = Route(parse_prefix("192.0.2.0/24"), Target(TargetKind.OTHER, "tgw-attach-vpn"), propagated=True)
    return RouteTable("tgw-rtb-1", GATEWAY, tags={"type": "anycast"}, routes=(*known, covering, *routes))


def at(leads_to: str, **more) -> Route:
    vpc_id = {OUR_VPC: "vpc-1", THEIR_VPC: "vpc-2"}[leads_to]
    return Route(P1, interface_target(leads_to), vpc_id=vpc_id, **more)


def shown(*routes: Route, in_vpc: tuple[Route, ...] = ()) -> Snapshot:
    tables = (table(*in_vpc), transit_table(*routes))
    colleague = neighbor(PEER, COLLEAGUE)
    return Snapshot(
        {each.id: each for each in tables},
        OURS_AT_10,
        instance_id="i-1",
        peer_enis={PEER: colleague},
        attachments=(attachment(OUR_VPC, GATEWAY),),
    )


def about(**options) -> Rule:
    return rule(find_transit=ByTag("type", "anycast"), **options)


def decided_place(seen: Snapshot, inputs: DecisionInput, **options) -> Decided:
    policies = table_policies([about(**options)], seen, "vpc-1")
    found = decide_place(policies["tgw-rtb-1"], P1, seen, inputs, Policy())
    assert found is not None
    if found.decision:
        guard(make_plan([found.decision]), policies, seen, 10)  # lets all pass that `decide` proposes
    return found


def decided(seen: Snapshot, offers, neighbors: Neighbors | None = None, **options) -> str:
    inputs = DecisionInput(offers={P1: tuple(offers)} if offers else {}, neighbors=neighbors or Neighbors())
    decision = decided_place(seen, inputs, **options).decision
    if decision is None:
        return "nothing"
    verdict, change = decision
    assert change is None or change.target.id == OUR_VPC
    awaited = f" awaits {verdict.awaits}" if verdict.awaits else ""
    return f"{verdict.kind.value} {verdict.reason.value}{awaited}"


PATH = [own()]
OURS_THERE, THEIRS, DEAD = at(OUR_VPC), at(THEIR_VPC), at(THEIR_VPC, state=RouteState.BLACKHOLE)
DROPPED = Route(P1, Target(TargetKind.OTHER, "blackhole"), RouteState.BLACKHOLE)
VPN = Route(P1, Target(TargetKind.OTHER, "tgw-attach-vpn"))
TWIN = at(THEIR_VPC, propagated=True)
ELSEWHERE = (route(target=PEER),)

TABLE = [
    # the table has, in the VPC's own table, path, options, what becomes of it
    ((),            (),           [],    {},                               "nothing"),
    ((),            (),           PATH,  {},                               "create absent"),
    ((TWIN,),       (),           PATH,  {},                               "create beside-propagated"),
    ((OURS_THERE,), (),           PATH,  {},                               "keep ours"),
    ((OURS_THERE,), (),           [],    {},                               "delete withdrawn"),
    ((OURS_THERE,), (route(),),   [],    {},                               "delete withdrawn"),
    ((OURS_THERE,), ELSEWHERE,    [],    {},                               "keep served-in-vpc"),
    ((OURS_THERE,), (blackhole(),), [],  {},                               "delete withdrawn"),
    ((OURS_THERE,), (),           [],    dict(never_delete=True),          "keep never-delete"),
    ((OURS_THERE,), (),           [],    dict(fallback=parse_target("nat-1")), "delete withdrawn"),
    ((THEIRS,),     (),           [],    {},                               "nothing"),
    ((THEIRS,),     (),           PATH,  {},                               "yield owner-healthy"),
    ((THEIRS,),     ELSEWHERE,    PATH,  dict(takeover=Takeover.ALWAYS),   "replace takeover-always"),
    ((DEAD,),       (),           PATH,  {},                               "replace owner-blackhole"),
    ((DEAD,),       (),           [own(med=1000)], {},                     "yield backup-med"),
    # What an operator drops on purpose, and what leads to the datacenter, is no VPC's.
    ((DROPPED,),    (),           PATH,  dict(takeover=Takeover.ALWAYS),   "foreign foreign-target"),
    ((VPN,),        (),           PATH,  dict(takeover=Takeover.ALWAYS),   "foreign foreign-target"),
    ((VPN,),        (),           PATH,  dict(takeover_foreign=True),      "replace takeover-foreign"),
    # A path of ours counts with whatever address of ours, and none that is not.
    ((),            (),           [own(next_hop="10.0.1.10")], {},         "create absent"),
    ((),            (),           [own(next_hop="10.0.0.77")], {},         "blocked next-hop-not-ours"),
    ((),            (),           [own(next_hop="10.0.0.77")], dict(next_hop_self=True), "create absent"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "in_vpc", "offers", "options", "expected"), TABLE)
def test_a_vpc_is_to_a_transit_gateways_table_what_an_instance_is_to_a_vpcs(
    routes, in_vpc, offers, options, expected
) -> None:
    assert decided(shown(*routes, in_vpc=in_vpc), offers, **options) == expected


def neighbors(*settled: IPAddress, lost: tuple[IPAddress, ...] = (), withdrew: tuple[IPAddress, ...] = ()) -> Neighbors:
    """Sessions: up, and all told; `withdrew`: up, and the path was withdrawn; `lost`: down, with the path."""
    found = Neighbors()
    found.expect((*settled, *lost, *withdrew))
    for each in (*settled, *withdrew, *lost):
        found.up(each, 1.0)
    found.waited_enough(100.0, 1.0)
    found.departed([(P1, each) for each in withdrew], Standing.WITHDRAWN, 101.0)
    found.departed([(P1, each) for each in lost], Standing.LOST, 102.0)
    for each in lost:
        found.down(each, 102.0)
    return found


ALL_UP = neighbors(COLLEAGUE, THERE)
OWN, NEAR, FAR = own(med=100), peer(COLLEAGUE, med=50), peer(THERE, med=70)

BY_BEST_PATH = [
    # the table has, paths, sessions, what becomes of it
    ((),            [OWN, peer(THERE, med=200)], ALL_UP, "create absent"),
    ((),            [OWN, FAR],       ALL_UP, "yield peer-best awaits tgw-attach-2"),
    ((OURS_THERE,), [OWN, FAR],       ALL_UP, "keep peer-best awaits tgw-attach-2"),
    ((OURS_THERE,), [FAR],            ALL_UP, "keep handover awaits tgw-attach-2"),
    ((THEIRS,),     [OWN, FAR],       ALL_UP, "yield peer-best"),
    ((OURS_THERE,), [],               ALL_UP, "delete withdrawn"),
    # Our VPC is served by another instance, too: its path counts for our attachment.
    ((OURS_THERE,), [NEAR],           ALL_UP, "keep best-path"),
    ((OURS_THERE,), [OWN, NEAR],      ALL_UP, "keep best-path"),
    ((),            [NEAR],           ALL_UP, "nothing"),
    ((),            [OWN, NEAR, FAR], ALL_UP, "create absent"),
    ((THEIRS,),     [OWN, NEAR, FAR], ALL_UP, "replace best-path"),
    ((THEIRS,),     [NEAR, FAR],      ALL_UP, "nothing"),
    # The other VPC serves it no longer, as far as is heard of all its hosts.
    ((THEIRS,),     [OWN], neighbors(COLLEAGUE, withdrew=(THERE,)), "replace owner-withdrew"),
    ((THEIRS,),     [OWN], neighbors(THERE_TOO, withdrew=(THERE,)), "replace owner-withdrew"),
    ((THEIRS,),     [OWN], neighbors(THERE_TOO, lost=(THERE,)), "replace owner-lost"),
    ((THEIRS,),     [OWN], neighbors(THERE), "replace owner-silent"),
    ((THEIRS,),     [OWN], neighbors(COLLEAGUE), "yield owner-healthy"),
    ((DEAD,),       [OWN], neighbors(COLLEAGUE), "replace owner-blackhole"),
    # A next hop to which the table leads by no attachment of a VPC is none.
    ((),            [OWN, peer(IPAddress("172.16.0.1"), local_preference=500)], ALL_UP, "create absent"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "sessions", "expected"), BY_BEST_PATH)
def test_vpcs_compete_by_best_path(routes, offers, sessions, expected) -> None:
    seen = replace(shown(*routes), unresolvable=frozenset({IPAddress("172.16.0.1")}), read_at=200.0)
    best = dict(takeover=Takeover.BEST_PATH, remote_check="dns")  # of a VPC no check can tell how it is
    assert decided(seen, offers, sessions, **best) == expected


def test_one_host_of_another_vpc_that_has_not_told_all_may_still_serve() -> None:
    sessions = neighbors(withdrew=(THERE,))
    sessions.expect((THERE, THERE_TOO))
    sessions.up(THERE_TOO, 150.0)
    assert decided(shown(THEIRS), [OWN], sessions, takeover=Takeover.BEST_PATH) == "yield owner-healthy"


def test_who_writes_for_others_installs_what_its_own_vpc_serves_and_no_other() -> None:
    options = dict(takeover=Takeover.BEST_PATH, writes=Writes.ANY)
    assert decided(shown(), [NEAR], ALL_UP, **options) == "create absent"
    assert decided(shown(), [FAR], ALL_UP, **options) == "nothing"
    assert decided(shown(THEIRS), [], neighbors(withdrew=(THERE,)), **options) == "nothing"


def test_where_no_interface_of_ours_forwards_the_gateway_does_not_lead_here() -> None:
    checked = tuple(replace(each, source_dest_check=True) for each in OURS_AT_10)
    assert decided(replace(shown(), interfaces=checked), PATH) == "blocked source-dest-check"
    assert decided(replace(shown(), interfaces=(checked[0], OURS_AT_10[1])), PATH) == "create absent"
    colleague = {PEER: replace(neighbor(PEER, COLLEAGUE), source_dest_check=True)}
    seen = replace(shown(OURS_THERE), peer_enis=colleague)
    assert decided(seen, [NEAR], ALL_UP, takeover=Takeover.BEST_PATH) == "delete withdrawn"


def test_why_tells_of_attachments() -> None:
    inputs = DecisionInput(offers={P1: (OWN, FAR)}, neighbors=ALL_UP)
    found = explain(decided_place(shown(THEIRS), inputs, takeover=Takeover.BEST_PATH))
    assert [(each.offer.source, each.interface_id) for each in found.paths] == [
        ("peer 10.1.0.10", THEIR_VPC), ("dns", OUR_VPC),
    ]  # fmt: skip
    assert str(found.covering) == "192.0.2.0/24 tgw-attach-vpn active propagated"


def test_a_rule_finds_tables_of_gateways_by_their_own_finder() -> None:
    seen = shown()
    found = table_policies([about(), rule(name="vpc only")], seen, "vpc-1")
    assert {each: [each.name for each in policy.rules] for each, policy in found.items()} == {
        "rtb-1": ["private", "vpc only"],
        "tgw-rtb-1": ["private"],
    }
    lost = replace(about(), find_transit=Ids(frozenset({"tgw-rtb-9"})))
    assert rules_without_tables([lost], table_policies([lost], seen, "vpc-1")) == (lost,)


def test_an_instance_of_our_vpc_that_serves_the_prefix_by_a_prefix_list_counts_as_well() -> None:
    seen = shown(OURS_THERE, in_vpc=(route(PrefixListId("pl-1"), PEER),))
    served, empty = (
        ManagedPrefixList("pl-1", "anycast", 4, version=2, max_entries=10, entries=dict.fromkeys(some, "bgp2vpc i-9"))
        for some in ((P1,), ())
    )
    assert decided(replace(seen, prefix_lists={"pl-1": served}), []) == "keep served-in-vpc"
    assert decided(replace(seen, prefix_lists={"pl-1": empty}), []) == "delete withdrawn"


def test_where_our_vpc_is_not_attached_nothing_is_written() -> None:
    unattached = replace(shown(), attachments=())
    assert decided(unattached, [offer()]) == "blocked no-interface"
    assert OURS not in decided(unattached, [offer()])
