from dataclasses import replace

import pytest

from bgp2vpc.errors import PlanRefused
from bgp2vpc.policy.decide import decide
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard, withdrawals
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Action, Plan
from bgp2vpc.policy.rule import Takeover, Writes
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.model import Interface, interface_target
from tests.values import INTERFACES, P1, P2, PEER, offer, route, rule, snapshot, table

SHOWN = snapshot(table(), interfaces=(*INTERFACES, Interface("eni-5", "vpc-2", "subnet-5", 2)))
TABLES = table_policies([rule()], SHOWN, "vpc-1")
PLAN = decide(TABLES, SHOWN, DecisionInput(offers={P1: (offer(P1),), P2: (offer(P2),)}), Policy())


def test_a_plan_within_the_limit_passes_unchanged():
    assert guard(PLAN, TABLES, SHOWN, max_changes=2) is PLAN


def test_a_plan_over_the_limit_is_refused_with_the_numbers():
    with pytest.raises(PlanRefused) as refusal:
        guard(PLAN, TABLES, SHOWN, max_changes=1)
    assert str(refusal.value) == (
        "2 routes to create and 0 to replace at once, more than max_changes: 1; nothing was written"
    )


def test_withdrawals_are_never_too_many():
    shown = snapshot(table(route(P1), route(P2)))
    tables = table_policies([rule()], shown, "vpc-1")
    plan = decide(tables, shown, DecisionInput(offers={}), Policy())
    assert len(plan.changes) == 2
    assert guard(plan, tables, shown, max_changes=1) is plan


WRONG = [
    (dict(table_id="rtb-7"), "no rule finds this table"),
    (dict(prefix=parse_prefix("198.51.100.0/24")), "no rule accepts this prefix"),
    (dict(target=interface_target(PEER)), "eni-9 is no interface of this instance"),
    (dict(target=interface_target("eni-5")), "eni-5 is in another VPC"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_a_change_that_decide_would_never_propose_is_refused(wrong, why):
    change = replace(PLAN.changes[0], **wrong)
    with pytest.raises(PlanRefused) as refusal:
        guard(Plan((change,)), TABLES, SHOWN, max_changes=10)
    assert str(refusal.value) == f"{change}: {why}; nothing was written"


def test_what_of_a_refused_plan_goes_on_are_the_withdrawals():
    shown = snapshot(table(route(P1)))
    plan = decide(table_policies([rule()], shown, "vpc-1"), shown, DecisionInput(offers={P2: (offer(P2),)}), Policy())
    assert [(change.action, change.prefix) for change in plan.changes] == [(Action.DELETE, P1), (Action.CREATE, P2)]
    assert withdrawals(plan) == Plan(plan.changes[:1], plan.verdicts)


BY_BEST_PATH = dict(takeover=Takeover.BEST_PATH)
FOR_OTHERS = [
    # the rule, whether it may write for other instances
    (BY_BEST_PATH | dict(writes=Writes.ANY), True),
    (BY_BEST_PATH, False),
    (dict(writes=Writes.ANY), False),
]


@pytest.mark.parametrize(("options", "allowed"), FOR_OTHERS)
def test_only_a_rule_that_decides_by_best_path_and_writes_any_points_routes_at_other_instances(options, allowed):
    shown = replace(SHOWN, peer_enis={PEER: Interface(PEER, "vpc-1", "subnet-9", 0)})
    plan = Plan((replace(PLAN.changes[0], target=interface_target(PEER)),))
    tables = table_policies([rule(**options)], shown, "vpc-1")
    if allowed:
        assert guard(plan, tables, shown, max_changes=10) is plan
    else:
        with pytest.raises(PlanRefused, match="eni-9 is no interface of this instance"):
            guard(plan, tables, shown, max_changes=10)
