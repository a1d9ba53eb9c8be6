"""Makes a plan from rules, decision input and snapshot.

How it works. A *place* is one prefix in one route table (`place`). Each place is decided in three steps:

1. Find its rule. A table has the rules that find it (`tables`); the first one that accepts or manages the prefix
   decides. Without a rule nothing is ever written there (`rule`). A rule with a managed prefix list has one place for
   the list instead of one for each prefix (`list_entries`).
2. Find the best path. `best_path` resolves the next hop of each path and compares the paths that lead to an interface.
   Paths of other instances count only with `takeover: best_path`.
3. Look up the verdict in a truth table: that of `verdict`, or that of `verdict_by_best_path` if paths of other
   instances count. The result is a verdict with a reason, and the change that the place needs, if any.

The results of a place form a `Decided`, which `explain` puts into words for `bgp2vpc why`. The verdicts and changes of
all places, sorted, form the `plan`, which `guard` checks before it is written.

Inputs are the `Snapshot` (EC2's state) and the `DecisionInput` (`decision_input`: paths, checks, sessions, orders).
Nothing here keeps state, reads a clock or writes, so equal inputs give equal plans. History is an input, too:
`place_state` records which routes have moved too often (`damping`) and which peer is expected to write.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.path import SELF
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.best_path import BestPath, best_path_for
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.list_entries import is_entry, list_problem
from bgp2vpc.policy.place import Place, Policy, is_held_by_another, is_ours, own_interfaces
from bgp2vpc.policy.plan import Decision, Plan, RouteKey, make_plan
from bgp2vpc.policy.rule import DeadRoutes, Rule, Writes
from bgp2vpc.policy.tables import TablePolicy, owned_lists
from bgp2vpc.policy.verdict import hold, leave_to_list, verdict_for
from bgp2vpc.policy.verdict_by_best_path import verdict_by_best_path
from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId
from bgp2vpc.vpc.model import Route, RouteState, TargetKind
from bgp2vpc.vpc.snapshot import Snapshot


def decide(
    tables: Mapping[str, TablePolicy],
    snapshot: Snapshot,
    inputs: DecisionInput,
    policy: Policy,
    only: Collection[Prefix] | None = None,
) -> Plan:
    """The plan for these tables, with `only` restricted to these prefixes."""
    decided = (
        decide_one(table_policy, prefix, snapshot, inputs, policy)
        for table_policy in tables.values()
        for prefix in _prefixes(table_policy, snapshot, inputs, only)
    )
    return make_plan(filter(None, decided))


def decide_one(
    table_policy: TablePolicy, prefix: Prefix, snapshot: Snapshot, inputs: DecisionInput, policy: Policy
) -> Decision | None:
    """The decision for one (table, prefix). None if no rule matches it, or there is nothing to decide."""
    decided = decide_place(table_policy, prefix, snapshot, inputs, policy)
    return decided.decision if decided else None


@dataclass(frozen=True, slots=True)
class Decided:
    """A place, the result for each of its paths, and the decision; None if there is nothing to decide."""

    place: Place
    best_path: BestPath
    decision: Decision | None


def decide_place(
    table_policy: TablePolicy, prefix: Prefix, snapshot: Snapshot, inputs: DecisionInput, policy: Policy
) -> Decided | None:
    """Decide one (table, prefix); the result includes what the decision is based on. None if no rule matches it."""
    rule = table_policy.rule_for(prefix)
    if rule is None:
        return None
    place = Place(
        rule,
        table_policy.table,
        prefix,
        snapshot,
        policy,
        table_policy.table.static_route(prefix),
        inputs,
        table_policy.zone,
    )
    found = best_path_for(place, inputs.offers_for(prefix, rule, snapshot))
    if rule.decides_by_best_path(prefix):
        decision = verdict_by_best_path(place, found)
    else:
        decision = verdict_for(place, found.own)
    if table_policy.lists:
        decision = _beside_lists(place, table_policy, decision)
    if decision is not None and prefix in inputs.held:
        decision = hold(place, decision)
    return Decided(place, found, decision)


def _beside_lists(place: Place, table_policy: TablePolicy, decision: Decision | None) -> Decision | None:
    """The decision for a prefix that a managed prefix list of the same table serves or may serve.

    The prefix keeps its own decision if the list cannot be used and has no route, or if the prefix is not an entry and
    the list is full or its route another instance's.
    """
    for list_id in table_policy.lists_for(place.prefix, place.snapshot):
        route = table_policy.table.static_route(list_id)
        is_known, rule = place.snapshot.prefix_lists is not None, table_policy.lists[list_id]
        if route is None and is_known and list_problem(list_id, rule, place.snapshot):
            continue
        found = (place.snapshot.prefix_lists or {}).get(str(list_id))
        has_it, is_full = is_entry(place.prefix, found), found is not None and found.is_full
        is_others = route is not None and not is_ours(route, own_interfaces(place.rule, list_id, place.snapshot))
        if has_it or not (is_others or is_full):
            is_served = has_it and route is not None and route.state is not RouteState.BLACKHOLE
            decision = leave_to_list(place, decision, is_served=is_served)
    return decision


def owners_in_the_way(tables: Mapping[str, TablePolicy], snapshot: Snapshot, inputs: DecisionInput) -> frozenset[str]:
    """Instances that hold a route for which we have a path, and whose health is therefore read from EC2.

    If best path decides, owners that announce to us are left out: BGP shows whether they are well.
    """
    found = set()
    for table_policy in tables.values():
        for route in table_policy.table.routes:
            prefix = route.destination
            if not route.instance_id or not isinstance(prefix, Prefix):
                continue
            if not isinstance(prefix, PrefixListId) and not inputs.offers.get(prefix):
                continue  # most of them
            rule = table_policy.rule_for(prefix)
            if rule is None or not _is_offered(rule, offers := inputs.offers_for(prefix, rule, snapshot)):
                continue
            if not is_held_by_another(rule, prefix, route, snapshot):
                continue
            owner = snapshot.peer_enis.get(route.target.id)
            heard = {each.path.next_hop for each in offers if each.side is Side.PEER}
            if not (rule.decides_by_best_path(prefix) and owner and not heard.isdisjoint(owner.addresses)):
                found.add(route.instance_id)
    return frozenset(found)


def dead_ends(tables: Mapping[str, TablePolicy], snapshot: Snapshot, inputs: DecisionInput) -> Iterator[Route]:
    """Black holes that a rule deletes if their owner never comes back, which must be read from EC2."""
    for table_policy in tables.values():
        for route in table_policy.table.routes:
            prefix = route.destination
            if route.state is not RouteState.BLACKHOLE or route.propagated or not isinstance(prefix, Prefix):
                continue
            rule = table_policy.rule_for(prefix)
            if rule is not None and rule.deletes_dead(prefix) and not inputs.offers_for(prefix, rule, snapshot):
                yield route


def owners(
    tables: Mapping[str, TablePolicy], snapshot: Snapshot, inputs: DecisionInput, only: Collection[Prefix] | None = None
) -> Iterator[tuple[RouteKey, Rule, Route]]:
    """The routes of other instances that are managed, that a rule writes for others, or for which we have a path."""
    for table_policy in tables.values():
        for prefix in _prefixes(table_policy, snapshot, inputs, only):
            rule, route = table_policy.rule_for(prefix), table_policy.table.static_route(prefix)
            if rule is None or route is None or not is_held_by_another(rule, prefix, route, snapshot):
                continue
            matters = prefix in rule.manages or rule.writes_for_others(prefix)
            if matters or _is_offered(rule, inputs.offers_for(prefix, rule, snapshot)):
                yield (table_policy.table.id, prefix), rule, route


def owners_to_check(
    tables: Mapping[str, TablePolicy],
    snapshot: Snapshot,
    inputs: DecisionInput,
    only: Collection[Prefix] | None = None,
    *,
    as_witness: bool = False,
) -> dict[RouteKey, tuple[str, str]]:
    """(table, prefix) -> (remote check, interface id) of the owners that a remote check has to probe.

    `as_witness`: include owners of accepted prefixes that no source here offers, since other members count our votes.
    """
    found = [*owners(tables, snapshot, inputs, only)]
    for table_policy in tables.values() if as_witness else ():
        for route in table_policy.table.routes:
            prefix = route.destination
            if not isinstance(prefix, Prefix) or route.propagated or (only is not None and prefix not in only):
                continue
            rule = table_policy.rule_for(prefix)
            if rule is not None and is_held_by_another(rule, prefix, route, snapshot):
                found.append(((table_policy.table.id, prefix), rule, route))
    return {
        key: (check, route.target.id)
        for key, rule, route in found
        if (check := rule.remote_check_of(key[1])) and route.target.kind is TargetKind.INTERFACE
    }


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Interfaces of other instances to be read from EC2: by address (next hops) and by id (owners)."""

    addresses: frozenset[IPAddress] = frozenset()
    interface_ids: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.addresses or self.interface_ids)

    def __or__(self, other: "Unresolved") -> "Unresolved":
        return Unresolved(self.addresses | other.addresses, self.interface_ids | other.interface_ids)

    def __sub__(self, other: "Unresolved") -> "Unresolved":
        return Unresolved(self.addresses - other.addresses, self.interface_ids - other.interface_ids)


def unresolved(
    tables: Mapping[str, TablePolicy],
    snapshot: Snapshot,
    inputs: DecisionInput,
    only: Collection[Prefix] | None = None,
    avoiding: Collection[str] = (),
) -> Unresolved:
    """The interfaces that must be read before best path can decide, except in accounts whose last read failed.

    Includes those of owners in the tables `avoiding` zones, since their zones matter.
    """
    tables = {each: found for each, found in tables.items() if found.table.access not in snapshot.unread}
    addresses = {
        offer.path.next_hop
        for table_policy in tables.values()
        for prefix in ((*inputs.offers, *table_policy.lists) if only is None else only)
        if (rule := table_policy.rule_for(prefix)) and rule.decides_by_best_path(prefix)
        for offer in inputs.offers_for(prefix, rule, snapshot)
        if offer.side is Side.PEER and offer.path.next_hop is not SELF
    }
    interfaces = (*snapshot.interfaces, *snapshot.peer_enis.values())
    known = snapshot.unresolvable.union(*(interface.addresses for interface in interfaces))
    ids = {
        route.target.id
        for (table_id, prefix), rule, route in owners(tables, snapshot, inputs, only)
        if route.target.kind is TargetKind.INTERFACE and (rule.decides_by_best_path(prefix) or table_id in avoiding)
    }
    return Unresolved(frozenset(addresses - known), frozenset(ids - snapshot.peer_enis.keys() - snapshot.missing))


def _is_offered(rule: Rule, offers: Sequence[Offer]) -> bool:
    return any(offer.side is not Side.PEER and rule.admits(offer) for offer in offers)


def _prefixes(
    table_policy: TablePolicy, snapshot: Snapshot, inputs: DecisionInput, only: Collection[Prefix] | None
) -> Iterator[Prefix]:
    """The prefixes to decide in a table: offered ones, managed ones, its prefix lists, and static routes to check.

    The latter are ours and those at a fallback; all of them if we write for others; black holes if dead routes are
    deleted or there is a fallback.
    """
    if only is not None:
        yield from only
        return
    yield from inputs.offers
    others = {prefix for rule in table_policy.rules for prefix in rule.manages} | table_policy.lists.keys()
    for_others = any(rule.writes is Writes.ANY for rule in table_policy.rules)
    fallbacks = {each.fallback for rule in table_policy.rules for each in rule.all_settings if each.fallback}
    dead = bool(fallbacks) or any(rule.dead_routes is DeadRoutes.DELETE for rule in table_policy.rules)
    others.update(
        route.destination
        for route in table_policy.table.routes
        if isinstance(route.destination, Prefix)
        and not route.propagated
        and (
            for_others
            or is_ours(route, snapshot.own)
            or (dead and route.state is RouteState.BLACKHOLE)
            or route.target in fallbacks
        )
    )
    yield from (prefix for prefix in others if prefix not in inputs.offers)


def unclaimed(tables: Mapping[str, TablePolicy], snapshot: Snapshot, inputs: DecisionInput) -> frozenset[Prefix]:
    """The prefixes of routes and list entries of ours that no source of this host offers and no leftover is kept for.

    Decisions withdraw these. A reload may cause that for a prefix that a script is to announce from now on: it was
    managed before, or it has a route of ours from somebody else. `startup.py` keeps them for `restart_time`, as after a
    start. Only accepted prefixes: the check of a managed one decides.
    """
    return frozenset(
        prefix
        for prefix, rule in _ours(tables, snapshot)
        if prefix not in rule.manages
        and not inputs.keeps_leftover(prefix, rule)
        and not any(
            each.side is not Side.PEER and rule.admits(each) for each in inputs.offers_for(prefix, rule, snapshot)
        )
    )


def _ours(tables: Mapping[str, TablePolicy], snapshot: Snapshot) -> Iterator[tuple[Prefix, Rule]]:
    """The destinations of routes of ours, and the entries of prefix lists with a route of ours, with their rules."""
    for table_policy in tables.values():
        for route in table_policy.table.routes:
            prefix = route.destination
            rule = table_policy.rule_for(prefix) if isinstance(prefix, Prefix) else None
            if isinstance(prefix, Prefix) and rule and is_ours(route, own_interfaces(rule, prefix, snapshot)):
                yield prefix, rule
    for owned in owned_lists(tables, snapshot):
        found = (snapshot.prefix_lists or {}).get(str(owned.list_id))
        entries: Collection[Prefix] = () if found is None or found.entries is None else found.entries
        yield from ((prefix, rule) for prefix in entries for rule in owned.rules if rule.covers(prefix))
