"""Route tables whose tag avoids a zone: its hosts are a last resort there, with and without BGP."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN
from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decide import Unresolved, decide, decide_place, unresolved
from bgp2vpc.policy.explain import explain
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.model import InstanceHealth, Interface, parse_target
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import IGW, OURS, P1, PEER, blackhole, inputs_of, offer, route, rule, table

TAG = "bgp2vpc:avoid-zone"
POLICY = Policy(avoid_zone_tag=TAG)
ALWAYS, IF_UNHEALTHY, BEST_PATH = Takeover
TEN, NINE, EIGHT = map(IPAddress, ("10.0.0.10", "10.0.0.9", "10.0.0.8"))
NAT = parse_target("nat-0123456789abcdef0")


def interface(interface_id: str, address: IPAddress, zone: str) -> Interface:
    at = frozenset({address})
    return Interface(
        interface_id, "vpc-1", "subnet-1", 0, at, zone=zone, address=address, instance_id=f"i-{interface_id}"
    )


def world(*routes, avoids: str = "", zone: str = "a", other: str = "b", health=()) -> Snapshot:
    """We are eni-1 in `zone`; eni-9 is in `other`, eni-8 in zone b."""
    tags = {"type": "private", **({TAG: avoids} if avoids else {})}
    peers = (interface(PEER, NINE, other), interface("eni-8", EIGHT, "b"))
    shown = table(*routes, tags=tags)
    known = {each.id: each for each in peers}
    return Snapshot({shown.id: shown}, (interface(OURS, TEN, zone),), dict(health), "i-1", peer_enis=known)


def peer(address: IPAddress = NINE, **attributes):
    return offer(source=f"peer {address}", side=Side.PEER, next_hop=str(address), router_id=str(address), **attributes)


def decided(shown: Snapshot, *offers, policy: Policy = POLICY, **options) -> str:
    """`verdict reason`, whom we wait for, and after `->` the change."""
    tables = table_policies([rule(**options)], shown, "vpc-1")
    plan = decide(tables, shown, inputs_of(offers), policy)
    text = " ".join(f"{v.kind.value} {v.reason.value}" for v in plan.verdicts) or "nothing"
    awaited = "".join(f", awaits {v.awaits}" for v in plan.verdicts if v.awaits)
    return text + awaited + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


THEIRS, OUR = route(target=PEER), route()
PATH, BACKUP = offer(source="dns"), offer(source="dns", med=1000)

WITHOUT_BGP = [
    # avoided, the table has, path, takeover, what becomes of it; we are in zone a, the other in zone b
    ("b", THEIRS, PATH, IF_UNHEALTHY, "replace owner-zone-avoided -> replace eni-1"),
    ("x b", THEIRS, PATH, IF_UNHEALTHY, "replace owner-zone-avoided -> replace eni-1"),
    ("b", THEIRS, PATH, ALWAYS, "replace owner-zone-avoided -> replace eni-1"),
    ("b", THEIRS, BACKUP, IF_UNHEALTHY, "yield backup-med"),
    ("b", THEIRS, None, IF_UNHEALTHY, "nothing"),
    ("b", OUR, PATH, IF_UNHEALTHY, "keep ours"),
    ("a b", THEIRS, PATH, IF_UNHEALTHY, "yield owner-healthy"),
    ("a b", THEIRS, PATH, ALWAYS, "replace takeover-always -> replace eni-1"),
    ("c", THEIRS, PATH, IF_UNHEALTHY, "yield owner-healthy"),
    ("a", THEIRS, PATH, IF_UNHEALTHY, "yield owner-healthy"),
    ("a", THEIRS, PATH, ALWAYS, "yield zone-avoided"),
    ("", THEIRS, PATH, ALWAYS, "replace takeover-always -> replace eni-1"),
    # A last resort still serves where nobody else does.
    ("a", None, PATH, IF_UNHEALTHY, "create absent -> create eni-1"),
    ("a", OUR, PATH, IF_UNHEALTHY, "keep ours"),
    ("a", blackhole(), PATH, IF_UNHEALTHY, "replace owner-blackhole -> replace eni-1"),
    ("a", route(target=NAT), PATH, IF_UNHEALTHY, "replace fallback -> replace eni-1"),
    ("a b", route(target=IGW), PATH, IF_UNHEALTHY, "foreign foreign-target"),
]


@pytest.mark.parametrize(("avoids", "present", "own", "takeover", "expected"), WITHOUT_BGP)
def test_without_bgp_the_tag_and_the_zone_of_the_owner_decide(avoids, present, own, takeover, expected) -> None:
    shown = world(*([present] if present else []), avoids=avoids)
    assert decided(shown, *([own] if own else []), takeover=takeover, fallback=NAT) == expected


def test_an_impaired_owner_is_taken_from_by_a_last_resort() -> None:
    shown = world(THEIRS, avoids="a", health={"i-9": InstanceHealth.IMPAIRED, "i-1": InstanceHealth.OK})
    assert decided(shown, PATH) == "replace owner-impaired -> replace eni-1"


def test_as_long_as_the_zone_of_the_owner_is_not_known_its_route_stays() -> None:
    shown = world(THEIRS, avoids="b", other="")
    assert decided(shown, PATH) == "yield owner-healthy"


def test_without_the_key_in_the_configuration_the_tag_means_nothing() -> None:
    assert decided(world(THEIRS, avoids="b"), PATH, policy=Policy()) == "yield owner-healthy"


WITH_BGP = [
    # avoided, the table has, offers, what becomes of it
    ("b", THEIRS, (PATH, peer()), "replace owner-zone-avoided -> replace eni-1"),
    ("b", THEIRS, (offer(source="dns", med=200), peer(med=50)), "replace owner-zone-avoided -> replace eni-1"),
    ("b", THEIRS, (BACKUP, peer()), "yield peer-best"),
    ("b", None, (PATH, peer(med=0, local_preference=900)), "create absent -> create eni-1"),
    ("b", OUR, (PATH, peer(local_preference=900)), "keep ours"),
    ("a", OUR, (PATH, peer()), "keep peer-best"),
    ("a", OUR, (offer(source="dns", local_preference=900), peer()), "keep peer-best"),
    ("a", None, (PATH, peer()), "yield peer-best, awaits eni-9"),
    ("a", THEIRS, (offer(source="dns", local_preference=900), peer()), "yield peer-best"),
    # The others are gone, or say themselves that they are a last resort.
    ("a", OUR, (PATH,), "keep ours"),
    ("a", OUR, (PATH, peer(med=1000)), "keep ours"),
    ("a", None, (PATH,), "create absent -> create eni-1"),
    ("a", THEIRS, (PATH, peer(med=1000)), "replace owner-last-resort -> replace eni-1"),
    ("a", blackhole(), (PATH, peer()), "replace owner-blackhole -> replace eni-1"),
    # All of them are avoided: as if none was.
    ("a b", THEIRS, (PATH, peer()), "yield peer-best"),
    ("a b", THEIRS, (PATH, peer(med=150)), "replace best-path -> replace eni-1"),
    ("c", THEIRS, (PATH, peer()), "yield peer-best"),
    # An owner that is no neighbor of ours, but whose interface EC2 knows.
    ("b", THEIRS, (PATH,), "replace owner-zone-avoided -> replace eni-1"),
    ("a", THEIRS, (PATH,), "yield owner-healthy"),
    ("b", THEIRS, (BACKUP,), "yield backup-med"),
]


@pytest.mark.parametrize(("avoids", "present", "offers", "expected"), WITH_BGP)
def test_with_bgp_paths_of_avoided_zones_do_not_compete(avoids, present, offers, expected) -> None:
    shown = world(*([present] if present else []), avoids=avoids)
    assert decided(shown, *offers, takeover=BEST_PATH) == expected


def test_who_leaves_is_no_better_than_a_host_of_an_avoided_zone() -> None:
    leaving = peer(med=500, communities=(GRACEFUL_SHUTDOWN,))
    assert decided(world(OUR, avoids="a"), PATH, leaving, takeover=BEST_PATH) == "keep ours"


def test_a_third_host_sees_the_same_and_waits_for_nobody() -> None:
    """eni-9 in zone a has it, eni-8 in zone b is to take it; it hears of the tag at its own next poll."""
    shown = world(THEIRS, avoids="a", other="a")
    assert decided(shown, PATH, peer(), peer(EIGHT), takeover=BEST_PATH) == "yield peer-best"


def test_in_a_table_that_a_role_of_another_account_reads_the_tag_means_nothing() -> None:
    """That account may call our zone otherwise."""
    shown = world(THEIRS, avoids="b")
    access = Access("arn:aws:iam::111111111111:role/network")
    of_others = replace(shown.tables["rtb-1"], access=access)
    shown = replace(shown, tables={"rtb-1": of_others})
    assert POLICY.avoided_in(of_others) == frozenset()
    assert decided(shown, PATH, access=access) == "yield owner-healthy"


def test_other_tables_are_left_alone() -> None:
    shown = world(THEIRS, avoids="b")
    plain = table(THEIRS, table_id="rtb-2")
    both = Snapshot({**shown.tables, "rtb-2": plain}, shown.interfaces, {}, "i-1", peer_enis=shown.peer_enis)
    tables = table_policies([rule()], both, "vpc-1")
    plan = decide(tables, both, inputs_of([PATH]), POLICY)
    assert [str(change) for change in plan.changes] == [f"replace rtb-1 {P1} eni-1 (was eni-9): owner-zone-avoided"]


def test_the_owners_interface_is_asked_for_where_a_table_avoids_a_zone() -> None:
    shown = world(route(target="eni-77", instance_id="i-77"), avoids="b")
    tables = table_policies([rule()], shown, "vpc-1")
    assert not unresolved(tables, shown, inputs_of([PATH]))
    assert unresolved(tables, shown, inputs_of([PATH]), avoiding=tables) == Unresolved(
        interface_ids=frozenset({"eni-77"})
    )


def test_why_names_the_zones_and_the_paths_that_do_not_count() -> None:
    shown = world(OUR, avoids="a")
    tables = table_policies([rule(takeover=BEST_PATH)], shown, "vpc-1")
    found = explain(decide_place(tables["rtb-1"], P1, shown, inputs_of([PATH, peer()]), POLICY))
    assert found.settings == "last resort by tag: hosts of a"
    assert [each.excluded for each in found.paths] == [
        "",
        "the tag of the table makes hosts of its zone a last resort, and another zone has a host",
    ]
