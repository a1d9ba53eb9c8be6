"""What an operator asks for by hand, as the decision sees it: `DecisionInput.held` and `DecisionInput.taken`."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.export import PrefixSet
from bgp2vpc.bgp.rib import Side
from bgp2vpc.errors import PlanRefused
from bgp2vpc.policy.decide import decide
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Plan
from bgp2vpc.policy.rule import ManagedRoute, Takeover, Writes
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.vpc.model import InstanceHealth, Interface
from bgp2vpc.vpc.snapshot import Snapshot
from tests.policy.test_verdict_by_best_path import neighbor, peer, shown_to_us
from tests.values import IGW, LOCAL, OURS, P1, PEER, blackhole, inputs_of, offer, route, rule, snapshot, table

NOTHING, US, THEM, DEAD = (), (route(),), (route(target=PEER),), (blackhole(),)
GATEWAY, VPC = (route(target=IGW),), (route(target=LOCAL),)
PATH, BACKUP, WORSE = [offer()], [offer(med=1000)], [offer(med=200), peer(med=100)]
BEST_PATH = dict(takeover=Takeover.BEST_PATH)
FALLBACK = dict(manages={P1: ManagedRoute(prefix=P1, source="s", fallback=IGW)})
FOREIGN = dict(rule_options=dict(takeover_foreign=True))
FLAPS = dict(is_suppressed=True)


def plan_for(routes, offers, *, seen: Snapshot | None = None, rule_options=None, **more) -> Plan:
    shown = seen or shown_to_us(*routes)
    tables = table_policies([replace(rule(), **rule_options or {})], shown, "vpc-1")
    inputs = inputs_of(offers, **more)
    return guard(decide(tables, shown, inputs, Policy()), tables, shown, max_changes=10)


def decided(*args, **kwargs) -> str:
    plan = plan_for(*args, **kwargs)
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    return text + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


TAKEN = [
    # the table has, offers, options, what becomes of it
    (NOTHING, PATH, {}, "create absent eni-1 -> create eni-1"),
    (US, PATH, {}, "keep ours eni-1"),
    (THEM, PATH, {}, "replace by-hand eni-1 -> replace eni-1"),
    (THEM, BACKUP, {}, "replace by-hand eni-1 -> replace eni-1"),
    (THEM, PATH, FLAPS | dict(rule_options=dict(takeover=Takeover.ALWAYS)), "replace by-hand eni-1 -> replace eni-1"),
    (DEAD, BACKUP, {}, "replace by-hand eni-1 -> replace eni-1"),
    (THEM, [], {}, "nothing"),
    (THEM, [peer()], dict(rule_options=BEST_PATH), "nothing"),
    (THEM, WORSE, dict(rule_options=BEST_PATH), "replace by-hand eni-1 -> replace eni-1"),
    (THEM, WORSE, dict(rule_options=BEST_PATH, neighbors_held=True), "replace by-hand eni-1 -> replace eni-1"),
    (THEM, WORSE, dict(rule_options=BEST_PATH | dict(writes=Writes.ANY)), "replace by-hand eni-1 -> replace eni-1"),
    (US, WORSE, dict(rule_options=BEST_PATH), "keep peer-best eni-1"),
    (THEM, [offer(next_hop="198.51.100.1")], {}, "blocked next-hop-not-ours eni-9"),
    # never what is no instance's, unless the rule says so
    (GATEWAY, PATH, {}, "foreign foreign-target igw-1"),
    (GATEWAY, PATH, dict(rule_options=dict(takeover_foreign=True)), "replace takeover-foreign eni-1 -> replace eni-1"),
    (GATEWAY, BACKUP, dict(rule_options=dict(takeover_foreign=True)), "yield backup-med igw-1"),
    (VPC, PATH, dict(rule_options=dict(takeover_foreign=True)), "foreign foreign-target local"),
]


@pytest.mark.parametrize(("routes", "offers", "options", "expected"), TAKEN)
def test_what_is_taken(routes, offers, options, expected) -> None:
    assert decided(routes, offers, taken={P1}, **options) == expected


def test_what_is_taken_must_be_accepted_and_may_not_point_where_traffic_would_not_arrive() -> None:
    assert decided(THEM, PATH, taken={P1}, rule_options=dict(accept=rule("203.0.113.0/24").accept)) == "nothing"
    checked = (Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True),)
    seen = snapshot(table(*THEM), interfaces=checked)
    assert decided(THEM, PATH, seen=seen, taken={P1}) == "blocked source-dest-check eni-9"


def test_the_guard_counts_it_as_any_other_take() -> None:
    seen = shown_to_us(*THEM)
    tables = table_policies([rule()], seen, "vpc-1")
    plan = decide(tables, seen, DecisionInput(offers={P1: tuple(PATH)}, taken={P1}), Policy())
    assert [change.is_move for change in plan.changes] == [True]
    with pytest.raises(PlanRefused):
        guard(plan, tables, seen, max_changes=0)


HELD = [
    (NOTHING, PATH, {}, "yield held None", "create eni-1 (absent)"),
    (US, PATH, {}, "keep held eni-1", "keep (ours)"),
    (US, [], {}, "keep held eni-1", "delete eni-1 (withdrawn)"),
    (US, [], dict(drained=PrefixSet(frozenset({P1}))), "keep held eni-1", "delete eni-1 (withdrawn)"),
    (US, [], dict(rule_options=FALLBACK), "keep held eni-1", "replace igw-1 (fallback)"),
    (US, WORSE, dict(rule_options=BEST_PATH), "keep held eni-1", "keep (peer-best)"),
    (US, [peer()], dict(rule_options=BEST_PATH), "keep held eni-1", "keep (handover)"),
    (THEM, PATH, {}, "yield held eni-9", "yield (owner-healthy)"),
    (THEM, PATH, dict(taken={P1}), "yield held eni-9", "replace eni-1 (by-hand)"),
    (DEAD, PATH, {}, "yield held eni-9", "replace eni-1 (owner-blackhole)"),
    (GATEWAY, PATH, FOREIGN, "yield held igw-1", "replace eni-1 (takeover-foreign)"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "expected", "otherwise"), HELD)
def test_what_is_held_is_not_written_and_says_what_would_be(routes, offers, options, expected, otherwise) -> None:
    plan = plan_for(routes, offers, held={P1}, **options)
    assert decided(routes, offers, held={P1}, **options) == expected
    assert plan.verdicts[0].detail == f"but for the hold: {otherwise}"
    assert plan.verdicts[0].awaits is None


def test_another_prefix_is_not_held() -> None:
    assert decided(NOTHING, PATH, held={"192.0.2.9/32"}) == "create absent eni-1 -> create eni-1"


def test_a_route_of_another_instance_that_the_file_names_is_taken_for_that_one() -> None:
    managed = {P1: ManagedRoute(prefix=P1, source="check web", takeover=Takeover.IF_UNHEALTHY, instance_id="i-5")}
    seen = snapshot(table(*THEM), health={"i-9": InstanceHealth.OK})
    other = neighbor("eni-5", next(iter(seen.interfaces[0].addresses)))
    seen = Snapshot(seen.tables, seen.interfaces, seen.health, "i-1", others={"i-5": (other,)})
    offers = [offer(source="check web", side=Side.CHECK)]
    options = dict(rule_options=dict(manages=managed))
    assert decided(THEM, offers, seen=seen, **options) == "yield owner-healthy eni-9"
    assert decided(THEM, offers, seen=seen, taken={P1}, **options) == "replace by-hand eni-5 -> replace eni-5"
