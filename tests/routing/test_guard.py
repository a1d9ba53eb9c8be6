from dataclasses import replace

import pytest

from bgp2vpc.errors import PlanRefused
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.routing.decide import decide, ruled_tables
from bgp2vpc.routing.diff import Policy
from bgp2vpc.routing.guard import guard
from bgp2vpc.routing.plan import Plan
from bgp2vpc.routing.wish import Wish
from bgp2vpc.vpc.model import Interface, interface_target
from tests.values import INTERFACES, P1, P2, PEER, offer, route, rule, snapshot, table

SHOWN = snapshot(table(), interfaces=(*INTERFACES, Interface("eni-5", "vpc-2", "subnet-5", 2)))
TABLES = ruled_tables([rule()], SHOWN, "vpc-1")
PLAN = decide(TABLES, SHOWN, Wish({P1: (offer(P1),), P2: (offer(P2),)}), Policy())


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
    tables = ruled_tables([rule()], shown, "vpc-1")
    plan = decide(tables, shown, Wish({}), Policy())
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
    with pytest.raises(PlanRefused, match=why):
        guard(Plan((replace(PLAN.changes[0], **wrong),)), TABLES, SHOWN, max_changes=10)
