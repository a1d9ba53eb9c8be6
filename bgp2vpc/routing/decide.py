"""From rules, offers and a snapshot to a plan. The one place where all three meet."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.prefix import Prefix
from bgp2vpc.routing.diff import Decision, Place, Policy, diff, is_ours, is_peer
from bgp2vpc.routing.fib import desired
from bgp2vpc.routing.plan import Plan, make_plan
from bgp2vpc.routing.rule import Rule
from bgp2vpc.vpc.finders import find
from bgp2vpc.vpc.model import RouteTable, Snapshot


@dataclass(frozen=True, slots=True)
class Wish:
    """The BGP side as a value: what is offered, and what we know nothing about yet.

    With `leftovers_held`, a route of ours that no source has `spoken` of is kept: it may be from before our restart.
    """

    offers: Mapping[Prefix, Sequence[Offer]]
    leftovers_held: bool = False
    spoken: Collection[Prefix] = field(default_factory=frozenset)

    def keeps_leftover(self, prefix: Prefix) -> bool:
        """Whether a route of ours for `prefix` that nobody offers stays for now."""
        return self.leftovers_held and prefix not in self.spoken


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table and the rules that found it, in the order of the file."""

    table: RouteTable
    rules: tuple[Rule, ...]

    def rule_for(self, prefix: Prefix) -> Rule | None:
        """The first rule that accepts the prefix, as in every router's policy."""
        return next((rule for rule in self.rules if rule.accept.accepts(prefix)), None)


def ruled_tables(rules: Sequence[Rule], snapshot: Snapshot, own_vpc_id: str) -> dict[str, Ruled]:
    """Table id -> table with its rules; only tables of our own VPC, or of the one a rule names."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        vpc_id = rule.vpc_id or own_vpc_id
        for table in find(rule.find, (t for t in snapshot.tables.values() if t.vpc_id == vpc_id)):
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
        for prefix in _prefixes(ruled.table, snapshot, wish, only)
        if (decision := decide_one(ruled, prefix, snapshot, wish, policy)) is not None
    )


def decide_one(ruled: Ruled, prefix: Prefix, snapshot: Snapshot, wish: Wish, policy: Policy) -> Decision | None:
    """What one (table, prefix) needs. None if no rule accepts the prefix, or there is nothing to say."""
    rule = ruled.rule_for(prefix)
    if rule is None:
        return None
    place = Place(rule, ruled.table, prefix, snapshot, policy, ruled.table.static_route(prefix))
    present = place.route.target if place.route else None
    offered = desired(rule, ruled.table, wish.offers.get(prefix, ()), snapshot.interfaces, present)
    return diff(place, offered, leftover_is_kept=wish.keeps_leftover(prefix))


def peers_in_the_way(tables: Mapping[str, Ruled], snapshot: Snapshot, wish: Wish) -> frozenset[str]:
    """Instances that hold a route we have a path for: those whose health matters."""
    return frozenset(
        route.instance_id
        for ruled in tables.values()
        for route in ruled.table.routes
        if isinstance(route.destination, Prefix)
        and route.instance_id
        and any(offer.side is Side.LOCAL for offer in wish.offers.get(route.destination, ()))
        and is_peer(route, snapshot)
        and ruled.rule_for(route.destination)
    )


def _prefixes(table: RouteTable, snapshot: Snapshot, wish: Wish, only: Collection[Prefix] | None) -> Iterator[Prefix]:
    """What is wished, and what is ours in the table although nobody wishes it any more."""
    if only is not None:
        yield from only
        return
    yield from wish.offers
    for route in table.routes:
        if route.propagated or not isinstance(route.destination, Prefix):
            continue
        if route.destination not in wish.offers and is_ours(route, snapshot):
            yield route.destination
