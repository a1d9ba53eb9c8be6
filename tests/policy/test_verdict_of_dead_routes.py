"""`dead_routes: delete`: which black holes are deleted, and which never."""

from dataclasses import replace

import pytest

from bgp2vpc.bgp.rib import Side
from bgp2vpc.errors import PlanRefused
from bgp2vpc.policy.decide import decide
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Plan
from bgp2vpc.policy.rule import DeadRoutes, ManagedRoute, Rule, Takeover, Writes
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import InstanceHealth, RouteState, Target, TargetKind
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import (
    IGW,
    INTERFACES,
    P1,
    P2,
    PEER,
    WITHOUT_INTERFACE,
    blackhole,
    offer,
    route,
    rule,
    snapshot,
    table,
)

OK, IMPAIRED, GONE, TERMINATED, UNKNOWN = InstanceHealth
DEAD, THEM, US = blackhole(), route(target=PEER), route()
NAMED = route(target=PEER, state=RouteState.BLACKHOLE)
BARE, NOTHING_SHOWN = (blackhole(target=each) for each in WITHOUT_INTERFACE)
GATEWAY = route(target=IGW, state=RouteState.BLACKHOLE)
PROPAGATED = replace(DEAD, propagated=True)
DELETED = dict(deleted={PEER})
PEERS = [offer(source="peer", side=Side.PEER, next_hop="10.0.0.9")]
OWN, LAST_RESORT, ELSEWHERE = [offer()], [offer(med=1000)], [offer(next_hop="198.51.100.1")]
LOST = {P1: {IPAddress("10.0.0.9")}}
NAT = Target(TargetKind.NAT, "nat-1")


def seen(present, *, deleted=(), missing=(), **health: InstanceHealth) -> Snapshot:
    """`i_9=…`: how the instance i-9 is."""
    known = {name.replace("_", "-"): each for name, each in health.items()}
    return replace(snapshot(table(present), health=known), deleted=frozenset(deleted), missing=frozenset(missing))


def decided(present, known, offers=(), *, rules=None, **inputs) -> str:
    """`verdict reason target` for P1, and after `->` the change, if any, which the guard has passed."""
    return decided_for(seen(present, **known), offers, rules=rules, **inputs)


def decided_for(shown: Snapshot, offers=(), *, rules=None, **inputs) -> str:
    tables = table_policies(rules or [rule(dead_routes=DeadRoutes.DELETE)], shown, "vpc-1")
    plan = decide(tables, shown, DecisionInput(offers={P1: tuple(offers)} if offers else {}, **inputs), Policy())
    assert guard(plan, tables, shown, max_changes=9) is plan
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    return text + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


GOES = "delete owner-dead None -> delete"
STAYS = "yield owner-blackhole"
NOT_YET = "yield not-ready eni-9"
TABLE = [
    # the table has, what EC2 says, offers, further inputs, what becomes of it
    (DEAD,          DELETED,                  [],          {},                                 f"{GOES} eni-9"),
    (NAMED,         dict(i_9=TERMINATED),     [],          {},                                 f"{GOES} eni-9"),
    (BARE,          dict(i_gone=TERMINATED),  [],          {},                                 f"{GOES} i-gone"),
    (DEAD,          {},                       [],          {},                                 f"{STAYS} eni-9"),
    (DEAD,          dict(missing={PEER}),     [],          {},                                 f"{STAYS} eni-9"),
    (DEAD,          dict(deleted={"eni-8"}),  [],          {},                                 f"{STAYS} eni-9"),
    (NAMED,         dict(i_9=GONE),           [],          {},                                 f"{STAYS} eni-9"),
    (NAMED,         dict(i_9=UNKNOWN),        [],          {},                                 f"{STAYS} eni-9"),
    (NAMED,         dict(i_9=OK),             [],          {},                                 f"{STAYS} eni-9"),
    (NAMED,         dict(i_8=TERMINATED),     [],          {},                                 f"{STAYS} eni-9"),
    (BARE,          dict(i_gone=UNKNOWN),     [],          {},                                 f"{STAYS} i-gone"),
    (NOTHING_SHOWN, dict(deleted={"unknown"}), [],         {},                                 f"{STAYS} unknown"),
    (THEM,          dict(i_9=TERMINATED),     [],          {},                                 "nothing"),
    (THEM,          DELETED,                  [],          {},                                 "nothing"),
    (GATEWAY,       dict(deleted={"igw-1"}),  [],          {},                                 "nothing"),
    (PROPAGATED,    DELETED,                  [],          {},                                 "nothing"),
    (DEAD,          DELETED,                  PEERS,       {},                                 f"{STAYS} eni-9"),
    (DEAD,          DELETED,                  LAST_RESORT, {},                         "yield backup-med eni-9"),
    (DEAD,          DELETED,                  ELSEWHERE,   {},                "blocked next-hop-not-ours eni-9"),
    (DEAD,          DELETED,                  OWN,         {},        "replace owner-blackhole eni-1 -> replace eni-1"),
    (DEAD,          DELETED,                  [],          dict(neighbors_held=True),          NOT_YET),
    (DEAD,          DELETED,                  [],          dict(lost_sessions=LOST),           NOT_YET),
    (DEAD,          DELETED,                  [],          dict(lost_sessions={P2: LOST[P1]}), f"{GOES} eni-9"),
    (DEAD,          DELETED,                  [],          dict(leftovers_held=True, seen={P1}), f"{GOES} eni-9"),
    (DEAD,          DELETED,                  [],          dict(held={P1}),                    "yield held eni-9"),
]  # fmt: skip


@pytest.mark.parametrize(("present", "known", "offers", "inputs", "expected"), TABLE)
@pytest.mark.parametrize("takeover", [Takeover.ALWAYS, Takeover.IF_UNHEALTHY])
def test_the_truth_table_of_dead_routes(present, known, offers, inputs, expected, takeover) -> None:
    rules = [rule(dead_routes=DeadRoutes.DELETE, takeover=takeover)]
    assert decided(present, known, offers, rules=rules, **inputs) == expected


@pytest.mark.parametrize(("present", "known", "offers", "inputs", "expected"), [row for row in TABLE if not row[2]])
@pytest.mark.parametrize("writes", list(Writes))
def test_it_is_the_same_where_best_path_decides(present, known, offers, inputs, expected, writes) -> None:
    rules = [rule(dead_routes=DeadRoutes.DELETE, takeover=Takeover.BEST_PATH, writes=writes)]
    assert decided(present, known, offers, rules=rules, **inputs) == expected


@pytest.mark.parametrize("takeover", list(Takeover))
@pytest.mark.parametrize("writes", list(Writes))
def test_after_the_start_it_waits_until_sources_had_the_time_to_announce(takeover, writes) -> None:
    rules = [rule(dead_routes=DeadRoutes.DELETE, takeover=takeover, writes=writes)]
    assert "->" not in decided(DEAD, DELETED, rules=rules, leftovers_held=True)


@pytest.mark.parametrize("writes", list(Writes))
def test_where_best_path_decides_a_peer_that_offers_it_is_waited_for(writes) -> None:
    rules = [rule(dead_routes=DeadRoutes.DELETE, takeover=Takeover.BEST_PATH, writes=writes)]
    assert "->" not in decided(DEAD, DELETED, PEERS, rules=rules)


@pytest.mark.parametrize(("present", "known", "offers", "inputs", "expected"), [row for row in TABLE if not row[2]])
def test_without_the_setting_no_black_hole_is_deleted(present, known, offers, inputs, expected) -> None:
    assert decided(present, known, rules=[rule()], **inputs) in ("nothing", "yield held eni-9")


@pytest.mark.parametrize(
    ("table_is_of", "we_are", "expected"),
    [("1", "1", f"{GOES} eni-9"), ("1", "2", f"{STAYS} eni-9"), ("1", "", f"{GOES} eni-9"), ("", "1", f"{GOES} eni-9")],
)
def test_in_a_vpc_that_another_account_shares_with_ours_none_is_deleted(table_is_of, we_are, expected) -> None:
    interfaces = tuple(replace(each, owner_id=we_are) for each in INTERFACES)
    shown = replace(snapshot(table(DEAD, owner_id=table_is_of), interfaces=interfaces), deleted=frozenset({PEER}))
    assert decided_for(shown) == expected


def managing(*accept: str, **options) -> Rule:
    managed = ManagedRoute(prefix=P1, source="check web", **options)
    return rule(*accept, dead_routes=DeadRoutes.DELETE, manages={P1: managed})


MANAGED = [
    (managing(), f"{GOES} eni-9"),
    (managing("198.51.100.0/24"), "nothing"),  # it is managed, not accepted
    (managing(never_delete=True), "nothing"),
    (managing(fallback=NAT), "replace fallback nat-1 -> replace nat-1"),
    (rule("198.51.100.0/24", dead_routes=DeadRoutes.DELETE), "nothing"),
]


@pytest.mark.parametrize(("one", "expected"), MANAGED)
def test_only_accepted_prefixes_and_fallback_and_never_delete_come_first(one, expected) -> None:
    assert decided(DEAD, DELETED, rules=[one]) == expected


def test_an_earlier_rule_that_keeps_dead_routes_decides() -> None:
    deleting = rule(dead_routes=DeadRoutes.DELETE, name="second")
    assert decided(DEAD, DELETED, rules=[rule(), deleting]) == "nothing"


def plan_of(*, max_changes: int, wrong: Snapshot | None = None) -> Plan:
    shown = seen(DEAD, **DELETED)
    tables = table_policies([rule(dead_routes=DeadRoutes.DELETE)], shown, "vpc-1")
    plan = decide(tables, shown, DecisionInput(offers={}), Policy())
    judged = wrong or shown
    return guard(plan, table_policies([rule(dead_routes=DeadRoutes.DELETE)], judged, "vpc-1"), judged, max_changes)


def test_they_count_as_changes_and_are_no_withdrawals() -> None:
    (change,) = plan_of(max_changes=1).changes
    assert change.needs_fresh_read
    assert not change.is_withdrawal
    assert not change.is_move
    with pytest.raises(PlanRefused, match="0 to replace and 1 dead ones to delete at once, more than max_changes: 0"):
        plan_of(max_changes=0)


@pytest.mark.parametrize("wrong", [seen(THEM, **DELETED), seen(DEAD), seen(US, **DELETED)], ids=["alive", "?", "ours"])
def test_the_guard_looks_again(wrong) -> None:
    with pytest.raises(PlanRefused, match="eni-9 is no black hole whose owner never comes back"):
        plan_of(max_changes=9, wrong=wrong)
