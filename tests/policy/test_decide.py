from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decide import decide, owners_in_the_way
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Action, Change
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.policy.tables import rules_without_tables, table_policies
from bgp2vpc.prefix import Prefix, parse_prefix
from bgp2vpc.vpc.finders import ByAz, ByTag, Ids, Main
from bgp2vpc.vpc.model import InstanceHealth, Route, Subnet
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import (
    IGW,
    INTERFACES,
    OURS,
    OURS_TOO,
    P1,
    P2,
    P6,
    PEER,
    blackhole,
    offer,
    route,
    rule,
    snapshot,
    table,
)


def plan_for(shown: Snapshot, rules, inputs: DecisionInput, **kwargs):
    return decide(table_policies(rules, shown, "vpc-1"), shown, inputs, Policy(), **kwargs)


def inputs_for(*offers) -> DecisionInput:
    by_prefix: dict[Prefix, tuple] = {}
    for each in offers:
        by_prefix[each.path.prefix] = (*by_prefix.get(each.path.prefix, ()), each)
    return DecisionInput(offers=by_prefix)


def applied(shown: Snapshot, change: Change) -> Snapshot:
    """What EC2 shows after one change."""
    after = None if change.action is Action.DELETE else Route(change.prefix, change.target)
    changed = shown.tables[change.table_id].with_static_route(change.prefix, after)
    return shown.with_tables([changed], [changed.id])


def test_only_tables_of_our_own_vpc_are_found_though_another_has_the_same_tags():
    shown = snapshot(table(table_id="rtb-1"), table(table_id="rtb-2", vpc_id="vpc-2"))
    assert set(table_policies([rule()], shown, "vpc-1")) == {"rtb-1"}
    assert set(table_policies([rule(vpc_id="vpc-2")], shown, "vpc-1")) == {"rtb-2"}


def test_what_no_rule_accepts_is_neither_planned_nor_reported_nor_deleted():
    other = parse_prefix("198.51.100.0/24")
    shown = snapshot(table(route(other, OURS)))
    assert plan_for(shown, [rule()], inputs_for(offer(other))) == plan_for(shown, [rule()], inputs_for())
    assert plan_for(shown, [rule()], inputs_for(offer(other))).verdicts == ()


def test_the_first_rule_that_accepts_the_prefix_decides():
    shown = snapshot(table())
    first, second = rule("192.0.2.1/32", name="first", interface=1), rule(name="second")
    plan = plan_for(shown, [first, second], inputs_for(offer(P1), offer(P2)))
    assert [(str(c.prefix), str(c.target)) for c in plan.changes] == [
        ("192.0.2.1/32", OURS_TOO),
        ("192.0.2.2/32", OURS),
    ]
    assert [v.rule for v in plan.verdicts] == ["first", "second"]


def test_a_plan_is_sorted_by_table_and_prefix_and_prints_one_change_a_line():
    shown = snapshot(table(blackhole(P1), table_id="rtb-2"), table(route(P2), table_id="rtb-1"))
    plan = plan_for(shown, [rule()], inputs_for(offer(P6), offer(P1)))
    assert str(plan).splitlines() == [
        "create rtb-1 192.0.2.1/32 eni-1: absent",
        "delete rtb-1 192.0.2.2/32 eni-1: withdrawn",
        "create rtb-1 2001:db8:53::1/128 eni-1: absent",
        "replace rtb-2 192.0.2.1/32 eni-1 (was eni-9): owner-blackhole",
        "create rtb-2 2001:db8:53::1/128 eni-1: absent",
    ]


def test_a_plan_as_json_has_the_documented_keys():
    shown = snapshot(table(blackhole(P1)))
    as_json = plan_for(shown, [rule()], inputs_for(offer(P1))).to_json()
    assert as_json["changes"] == [
        {
            "action": "replace",
            "route_table_id": "rtb-1",
            "prefix": "192.0.2.1/32",
            "target": "eni-1",
            "reason": "owner-blackhole",
        }
    ]
    assert {"route_table_id", "prefix", "verdict", "reason", "target"} <= as_json["verdicts"][0].keys()


def test_only_some_prefixes_can_be_decided_about():
    shown = snapshot(table(route(P2)))
    plan = plan_for(shown, [rule()], inputs_for(offer(P1), offer(P6)), only={P6, P2})
    assert [(c.action.value, c.prefix) for c in plan.changes] == [("delete", P2), ("create", P6)]


def test_rules_that_find_nothing_are_named_unless_that_is_meant():
    shown = snapshot(table())
    lost = rule(name="lost", find=Ids(frozenset({"rtb-404"})))
    meant = rule(name="meant", find=Main(), no_results_ok=True)
    rules = [rule(), lost, meant]
    assert rules_without_tables(rules, table_policies(rules, shown, "vpc-1")) == (lost,)


def test_the_instances_in_the_way_are_those_that_hold_an_accepted_route_we_have_a_path_for():
    routes = (
        route(P1, PEER, instance_id="i-1"),
        route(P2, PEER, instance_id="i-2"),
        route("pl-1", PEER, instance_id="i-3"),
        route(P6, IGW),
    )
    shown = snapshot(table(*routes))
    tables = table_policies([rule("192.0.2.0/24 le 32")], shown, "vpc-1")
    assert owners_in_the_way(tables, shown, inputs_for(offer(P1), offer(P6))) == {"i-1"}


def test_a_propagated_twin_of_ours_is_no_second_decision():
    shown = snapshot(table(route(P1, OURS), route(P1, OURS, propagated=True)))
    assert len(plan_for(shown, [rule()], inputs_for()).changes) == 1


def test_a_finder_looks_at_our_zone_and_at_the_subnets():
    near, far = table(table_id="rtb-1", tags=[("az", "a")], subnet_ids=frozenset({"subnet-1"})), table(table_id="rtb-2")
    here = replace(INTERFACES[0], zone="a")
    shown = replace(snapshot(near, far, interfaces=(here,)), subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "a")})
    for finder in (ByAz(None), ByTag("az", "SELF_AZ", own_zone=True)):
        assert set(table_policies([rule(find=finder)], shown, "vpc-1")) == {"rtb-1"}


def test_a_table_has_a_zone_where_that_matters():
    main, other = table(table_id="rtb-1", main=True), table(table_id="rtb-2", subnet_ids=frozenset({"subnet-b"}))
    subnets = {f"subnet-{zone}": Subnet(f"subnet-{zone}", "vpc-1", zone) for zone in "ab"}
    shown = replace(snapshot(main, other), subnets=subnets)
    for affinity, zones in ((True, ["a", "b"]), (False, ["", ""])):
        assert [each.zone for each in table_policies([rule(affinity=affinity)], shown, "vpc-1").values()] == zones


def test_a_route_of_ours_to_a_prefix_list_is_nothing_to_decide_about():
    assert plan_for(snapshot(table(route("pl-1", OURS), route(P2))), [rule()], inputs_for(offer(P2))).changes == ()


# Properties

PREFIXES = [P1, P2, P6, parse_prefix("198.51.100.0/24"), parse_prefix("192.0.2.0/24")]
ROUTES = st.one_of(
    st.none(),
    st.sampled_from([OURS, OURS_TOO, PEER, IGW]).map(lambda target: lambda prefix: route(prefix, target)),
    st.just(blackhole),
    st.just(lambda prefix: route(prefix, IGW, propagated=True)),
)
TABLES = st.builds(
    lambda number, makers, tagged, vpc: table(
        *(make(prefix) for prefix, make in zip(PREFIXES, makers, strict=True) if make),
        table_id=f"rtb-{number}",
        vpc_id=vpc,
        tags=[("type", "private")] if tagged else [],
    ),
    st.integers(1, 4),
    st.tuples(*[ROUTES] * len(PREFIXES)),
    st.booleans(),
    st.sampled_from(["vpc-1", "vpc-1", "vpc-2"]),
)
SNAPSHOTS = st.builds(
    lambda tables, health: snapshot(*tables, health={"i-9": health} if health else {}),
    st.lists(TABLES, max_size=4, unique_by=lambda t: t.id),
    st.sampled_from([None, *InstanceHealth]),
)
OFFERS = st.lists(
    st.builds(
        offer,
        st.sampled_from(PREFIXES),
        source=st.sampled_from("abc"),
        side=st.sampled_from([Side.LOCAL, Side.LOCAL, Side.PEER]),
        next_hop=st.sampled_from([None, "10.0.0.10", "10.0.1.10", "198.51.100.9"]),
        med=st.sampled_from([None, 100, 1000]),
    ).map(lambda o: replace(o, path=replace(o.path, next_hop=o.path.next_hop or offer().path.next_hop))),
    max_size=6,
    unique_by=lambda o: (o.source, o.path.prefix),
)
RULES = st.lists(
    st.builds(
        lambda accept, takeover, foreign, name: rule(accept, takeover=takeover, takeover_foreign=foreign, name=name),
        st.sampled_from(["192.0.2.0/24 le 32", "192.0.2.1/32", "2001:db8:53::/48 le 128"]),
        st.sampled_from(Takeover),
        st.booleans(),
        st.sampled_from("xyz"),
    ),
    min_size=1,
    max_size=2,
)


@given(SNAPSHOTS, RULES, OFFERS, st.booleans())
def test_nothing_outside_accept_and_outside_our_vpc_is_ever_in_a_plan(shown, rules, offers, held):
    plan = plan_for(shown, rules, replace(inputs_for(*offers), leftovers_held=held))
    for change in plan.changes:
        assert any(each.accept.accepts(change.prefix) for each in rules)
        assert shown.tables[change.table_id].vpc_id == "vpc-1"
        assert shown.tables[change.table_id].tags == {"type": "private"}
        assert change.target.id in (OURS, OURS_TOO)
        if change.action is Action.DELETE:
            assert shown.tables[change.table_id].static_route(change.prefix).target == change.target


@given(SNAPSHOTS, RULES, OFFERS, st.booleans())
def test_a_plan_after_apply_is_empty(shown, rules, offers, held):
    inputs = replace(inputs_for(*offers), leftovers_held=held)
    for change in plan_for(shown, rules, inputs).changes:
        shown = applied(shown, change)
    assert plan_for(shown, rules, inputs).changes == ()


@given(SNAPSHOTS, RULES, OFFERS, st.integers(0, 5))
def test_interrupted_after_every_kth_change_it_comes_to_the_same_end(shown, rules, offers, k):
    inputs = inputs_for(*offers)
    whole = interrupted = shown
    for change in plan_for(whole, rules, inputs).changes:
        whole = applied(whole, change)
    while changes := plan_for(interrupted, rules, inputs).changes:
        for change in changes[: k + 1]:
            interrupted = applied(interrupted, change)
    assert printed(interrupted) == printed(whole)


@given(SNAPSHOTS, RULES, OFFERS)
def test_every_change_has_its_verdict_with_the_same_word_and_reason(shown, rules, offers):
    plan = plan_for(shown, rules, inputs_for(*offers))
    verdicts = {(v.table_id, v.prefix): v for v in plan.verdicts}
    assert len(verdicts) == len(plan.verdicts)
    for change in plan.changes:
        verdict = verdicts[change.key]
        assert (verdict.kind.value, verdict.reason) == (change.action.value, change.reason)
    writes = {"create", "replace", "delete"}
    assert sum(v.kind.value in writes for v in plan.verdicts) == len(plan.changes)


def printed(shown: Snapshot) -> list[str]:
    lines = (f"{t.id} {r.destination} {r.target}" for t in shown.tables.values() for r in t.routes)
    return sorted(lines)
