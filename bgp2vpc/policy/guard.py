"""The last check before a write: refuses a plan that is too large or has a change that no rule allows."""

from collections.abc import Mapping

from bgp2vpc.errors import PlanRefused
from bgp2vpc.policy.place import own_interfaces, owner_is_dead
from bgp2vpc.policy.plan import Action, Change, Plan, Reason
from bgp2vpc.policy.tables import TablePolicy
from bgp2vpc.vpc.model import RouteState
from bgp2vpc.vpc.snapshot import Snapshot


def withdrawals(plan: Plan) -> Plan:
    """The withdrawals of a refused plan, which are written nevertheless: their services are down."""
    return Plan(tuple(change for change in plan.changes if change.is_withdrawal), plan.verdicts)


def guard(plan: Plan, tables: Mapping[str, TablePolicy], snapshot: Snapshot, max_changes: int) -> Plan:
    """Return the plan, or raise PlanRefused if it has too many changes or one that no rule allows.

    Withdrawals (deletes and fallbacks of our routes) do not count, because refusing them would keep traffic at services
    that are down. Deletes of dead routes do count. A change that no rule allows would be an internal error of `decide`;
    it is checked here independently, because a wrong write makes machines unreachable.
    """
    counted = [change.action for change in plan.changes if not change.is_withdrawal]
    creates, replaces = counted.count(Action.CREATE), counted.count(Action.REPLACE)
    if len(counted) > max_changes:
        dead = len(counted) - creates - replaces
        raise PlanRefused(
            f"{creates} routes to create and {replaces} to replace{f' and {dead} dead ones to delete' if dead else ''} "
            f"at once, more than max_changes: {max_changes}; nothing was written"
        )
    for change in plan.changes:
        problem = why_refused(change, tables, snapshot)
        if problem:
            raise PlanRefused(f"{change}: {problem}; nothing was written")
    return plan


def why_refused(change: Change, tables: Mapping[str, TablePolicy], snapshot: Snapshot) -> str:
    """Why no rule allows this change, in words; empty if one does."""
    table_policy = tables.get(change.table_id)
    if table_policy is None:
        return "no rule finds this table"
    rule = table_policy.rule_for(change.prefix)
    if rule is None:
        return "no rule accepts this prefix"
    if change.action is Action.REPLACE and change.target == rule.settings_of(change.prefix).fallback:
        return ""
    if change.reason is Reason.OWNER_DEAD and change.action is Action.DELETE and rule.deletes_dead(change.prefix):
        route = table_policy.table.static_route(change.prefix)
        is_dead = route is not None and route.state is RouteState.BLACKHOLE and owner_is_dead(route, snapshot)
        return "" if is_dead else f"{change.target} is no black hole whose owner never comes back"
    interfaces = own_interfaces(rule, change.prefix, snapshot)
    if rule.writes_for_others(change.prefix):
        interfaces = (*interfaces, *snapshot.peer_enis.values())
    interface = next((each for each in interfaces if each.id == change.target.id), None)
    if interface is None:
        managed = rule.manages.get(change.prefix)
        whose = managed.instance_id if managed and managed.instance_id else "this instance"
        return f"{change.target} is no interface of {whose}"
    return "" if interface.vpc_id == table_policy.table.vpc_id else f"{change.target} is in another VPC"
