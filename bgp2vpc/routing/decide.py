"""From rules, offers and a snapshot to a plan. The one place where all three meet."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.prefix import Prefix
from bgp2vpc.routing.diff import Decision, Place, Policy, diff, is_ours, is_peer, own_interfaces
from bgp2vpc.routing.fib import desired
from bgp2vpc.routing.plan import Plan, make_plan
from bgp2vpc.routing.rule import Rule
from bgp2vpc.vpc.finders import Surroundings, find
from bgp2vpc.vpc.model import RouteTable, Snapshot


@dataclass(frozen=True, slots=True)
class Wish:
    """What this host's sources and checks say, as a value: what is offered, and what we know nothing about yet.

    With `leftovers_held`, a route of ours that no source has `spoken` of is kept: it may be from before our restart.
    `silent`: sources whose health checks have no verdict yet: nothing is concluded from their offering nothing.
    `failing`: (remote check, interface id) of owners that do not pass it.
    """

    offers: Mapping[Prefix, Sequence[Offer]]
    leftovers_held: bool = False
    spoken: Collection[Prefix] = field(default_factory=frozenset)
    silent: Collection[str] = field(default_factory=frozenset)
    failing: Collection[tuple[str, str]] = field(default_factory=frozenset)

    def keeps_leftover(self, prefix: Prefix, rule: Rule) -> bool:
        """Whether a route of ours for `prefix` that nobody offers stays for now."""
        managed = rule.manages.get(prefix)
        if managed is not None:  # its check knows, as soon as it has a verdict
            return managed.source in self.silent
        return self.leftovers_held and prefix not in self.spoken


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table and the rules that found it, in the order of the file."""

    table: RouteTable
    rules: tuple[Rule, ...]

    def rule_for(self, prefix: Prefix) -> Rule | None:
        """The first rule that accepts or manages the prefix, as in every router's policy."""
        return next((rule for rule in self.rules if rule.covers(prefix)), None)


def ruled_tables(rules: Sequence[Rule], snapshot: Snapshot, own_vpc_id: str) -> dict[str, Ruled]:
    """Table id -> table with its rules; only tables of our own VPC, or of the one a rule names."""
    found: dict[str, list[Rule]] = {}
    surroundings = Surroundings(snapshot.zone, snapshot.subnets)
    for rule in rules:
        vpc_id = rule.vpc_id or own_vpc_id
        for table in find(rule.find, (t for t in snapshot.tables.values() if t.vpc_id == vpc_id), surroundings):
            found.setdefault(table.id, []).append(rule)
    return {table_id: Ruled(snapshot.tables[table_id], tuple(found[table_id])) for table_id in sorted(found)}


def rules_without_tables(rules: Sequence[Rule], tables: Mapping[str, Ruled]) -> tuple[Rule, ...]:
    """Rules that found no table although they should."""
    used = {rule.name for ruled in tables.values() for rule in ruled.rules}
    return tuple(rule for rule in rules if rule.name not in used and not rule.no_results_ok)


def decide(
    tables: Mapping[str, Ruled],
    snapshot: Snapshot,
    wish: Wish,
    policy: Policy,
    only: Collection[Prefix] | None = None,
) -> Plan:
    """The plan for these tables; with `only`, restricted to some prefixes."""
    return make_plan(
        decision
        for ruled in tables.values()
        for prefix in _prefixes(ruled, snapshot, wish, only)
        if (decision := decide_one(ruled, prefix, snapshot, wish, policy)) is not None
    )


def decide_one(ruled: Ruled, prefix: Prefix, snapshot: Snapshot, wish: Wish, policy: Policy) -> Decision | None:
    """What one (table, prefix) needs. None if no rule accepts the prefix, or there is nothing to say."""
    rule = ruled.rule_for(prefix)
    if rule is None:
        return None
    place = Place(rule, ruled.table, prefix, snapshot, policy, ruled.table.static_route(prefix), wish.failing)
    present = place.route.target if place.route else None
    offered = desired(rule, ruled.table, wish.offers.get(prefix, ()), place.ours, present)
    return diff(place, offered, leftover_is_kept=wish.keeps_leftover(prefix, rule))


def peers_in_the_way(tables: Mapping[str, Ruled], snapshot: Snapshot, wish: Wish) -> frozenset[str]:
    """Instances that hold a route we have a path for: those whose health matters."""
    return frozenset(
        route.instance_id
        for ruled in tables.values()
        for route in ruled.table.routes
        if isinstance(route.destination, Prefix)
        and route.instance_id
        and (offers := wish.offers.get(route.destination))
        and (rule := ruled.rule_for(route.destination))
        and any(offer.side is not Side.PEER and rule.admits(offer) for offer in offers)
        and is_peer(route, own_interfaces(rule, route.destination, snapshot))
    )


Key = tuple[str, Prefix]


def owners_to_check(
    tables: Mapping[str, Ruled], snapshot: Snapshot, only: Collection[Prefix] | None = None
) -> dict[Key, tuple[str, str]]:
    """(table, prefix) -> (remote check, interface id): who holds what we manage and has to pass a check of ours."""
    found = {}
    for ruled in tables.values():
        for prefix in {prefix for rule in ruled.rules for prefix in rule.manages} if only is None else only:
            rule = ruled.rule_for(prefix)
            managed = rule.manages.get(prefix) if rule else None
            route = ruled.table.static_route(prefix)
            if rule is None or managed is None or route is None or not managed.remote_check:
                continue
            if is_peer(route, own_interfaces(rule, prefix, snapshot)):
                found[ruled.table.id, prefix] = (managed.remote_check, route.target.id)
    return found


def _prefixes(ruled: Ruled, snapshot: Snapshot, wish: Wish, only: Collection[Prefix] | None) -> Iterator[Prefix]:
    """What is wished, what is managed, and what is ours in the table although nobody wishes it any more."""
    if only is not None:
        yield from only
        return
    yield from wish.offers
    others = {prefix for rule in ruled.rules for prefix in rule.manages}
    others.update(
        route.destination
        for route in ruled.table.routes
        if isinstance(route.destination, Prefix) and not route.propagated and is_ours(route, snapshot.interfaces)
    )
    yield from (prefix for prefix in others if prefix not in wish.offers)
