"""Which tables, interfaces, subnets and instances EC2 has to be asked about. Pure functions of the view."""

from collections.abc import Collection, Iterable, Mapping

from bgp2vpc.policy.decide import Unresolved, dead_ends, owners_in_the_way, unresolved
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place import instance_of_dead_end
from bgp2vpc.policy.rule import Rule, Writes
from bgp2vpc.policy.tables import TablePolicy, finds_transit
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.view import View
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.finders import wants_subnets
from bgp2vpc.vpc.model import RouteTable, TargetKind


def wants_transit(view: View) -> bool:
    """Whether any rule looks for tables of transit gateways."""
    return any(rule.find_transit is not None for rule in view.rules)


def wants_transit_table(view: View, table: RouteTable) -> bool:
    """Whether any rule finds this table of a transit gateway."""
    return any(finds_transit(rule, table, view.snapshot.zone) for rule in view.rules)


def other_instances(view: View) -> frozenset[tuple[Access, str]]:
    """The other instances that managed routes point at (`instance_id`), each with the access of its rule."""
    return frozenset(
        (rule.access.seen_from(view.instance.region), route.instance_id)
        for rule in view.rules
        for route in rule.manages.values()
        if route.instance_id is not None and route.instance_id != view.instance.id
    )


def rules_of(view: View, access: Access) -> tuple[Rule, ...]:
    """The rules whose tables are read with this access."""
    return tuple(rule for rule in view.rules if rule.access.seen_from(view.instance.region) == access)


def needs_subnets(view: View, access: Access) -> bool:
    """Whether rules of this access need to know the subnets: for a finder, or for the zones of `affinity`."""
    return any(wants_subnets(rule.find) or rule.affinity for rule in rules_of(view, access))


def manages_within_vpc(view: View, access: Access, tables: Iterable[RouteTable]) -> bool:
    """Whether a managed prefix lies within the CIDRs of a VPC: a route for it is valid only if it is a whole subnet."""
    prefixes = {prefix for rule in rules_of(view, access) for prefix in rule.manages}
    own = {
        route.destination
        for table in tables
        for route in table.routes
        if route.target.kind is TargetKind.LOCAL and isinstance(route.destination, Prefix)
    }
    return any(prefix in cidr for cidr in own for prefix in prefixes)


def instances_to_ask_about(
    view: View, inputs: DecisionInput, tables: Mapping[str, TablePolicy] | None = None
) -> frozenset[str]:
    """The ids of the instances whose health decisions depend on.

    They hold a route for which we have a path, or a black hole that a rule deletes once the instance is terminated. If
    there are any, our own instance is among them. `tables`: the tables to look at; None: all.
    """
    tables = view.tables if tables is None else tables
    dead = map(instance_of_dead_end, dead_ends(tables, view.snapshot, inputs))
    owners = owners_in_the_way(tables, view.snapshot, inputs) | set(filter(None, dead))
    return owners | {view.instance.id} if owners else owners


def unknown_interfaces(
    view: View,
    inputs: DecisionInput,
    only: Collection[Prefix] | None = None,
    tables: Mapping[str, TablePolicy] | None = None,
) -> Unresolved:
    """The interfaces of other instances that decisions depend on and that are not known.

    `only`: the prefixes, and `tables`: the tables to look at; None: all.
    """
    tables = view.tables if tables is None else tables
    avoiding = {table_id: each for table_id, each in tables.items() if view.policy.avoided_in(each.table)}
    if not any(rule.takes_by_best_path for rule in view.rules):
        tables = avoiding  # without best path, another instance's interface matters for its zone only
    return unresolved(tables, view.snapshot, inputs, only, avoiding) if tables else Unresolved()


def interfaces_to_ask_again(view: View, inputs: DecisionInput) -> Unresolved:
    """The interfaces to look up again at each poll, as what we know of them may have changed.

    These are addresses that no interface had; interfaces with the source/destination check on; all known interfaces of
    other instances, if a rule points routes at them (`write: any`); and the interfaces of black holes that a rule
    deletes once the interface is gone.
    """
    all_of_them = any(rule.writes is Writes.ANY for rule in view.rules)
    known = view.snapshot.peer_enis.values()
    ids = {each.id for each in known if all_of_them or each.source_dest_check}
    dead = (route.target for route in dead_ends(view.tables, view.snapshot, inputs))
    ids.update(target.id for target in dead if target.kind is TargetKind.INTERFACE)
    return Unresolved(view.snapshot.unresolvable, frozenset(ids))


def interfaces_out_of_sight(view: View) -> frozenset[str]:
    """The targets of the routes in accounts that do not answer.

    If such an interface is not found in the other accounts, it may still exist in its own.
    """
    unread = view.snapshot.unread
    tables = (each for each in view.snapshot.tables.values() if each.access in unread) if unread else ()
    return frozenset(route.target.id for table in tables for route in table.routes)
