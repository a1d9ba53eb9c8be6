"""Assigns rules to the tables that they find; reports rules that find none, and prefixes that no rule accepts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.list_entries import Owned, is_entry
from bgp2vpc.policy.place import is_ours, own_interfaces
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.finders import Surroundings, find, zone_of
from bgp2vpc.vpc.model import Instance, Route, RouteTable
from bgp2vpc.vpc.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class TablePolicy:
    """A table and the rules that find it, in the order of the file.

    `zone`: the availability zone of all its subnets, empty if there is no such zone or no rule needs it. `lists`: the
    prefix lists that the table should have a route for, with their rule.
    """

    table: RouteTable
    rules: tuple[Rule, ...]
    zone: str = ""
    lists: Mapping[PrefixListId, Rule] = field(default_factory=dict)

    def rule_for(self, prefix: Prefix) -> Rule | None:
        """The first rule that accepts or manages the prefix, as in a router's policy; for a prefix list, its rule.

        A rule with a prefix list decides only about the list, not about the prefixes that are its entries.
        """
        if isinstance(prefix, PrefixListId):
            return self.lists.get(prefix)
        for rule in self.rules:
            if rule.prefix_list is None and rule.covers(prefix):
                return rule
        return None

    def lists_for(self, prefix: Prefix, snapshot: Snapshot) -> Iterator[PrefixListId]:
        """The prefix lists of this table of which the prefix is or would be an entry."""
        for list_id, rule in self.lists.items():
            found = (snapshot.prefix_lists or {}).get(str(list_id))
            if rule.covers(prefix) and (found is None or found.ip_version == prefix.version):
                yield list_id

    def route_serving(self, prefix: Prefix, snapshot: Snapshot) -> Route | None:
        """The route for traffic of exactly this prefix: its static route, a prefix list's, or a propagated one.

        https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
        """
        if route := self.table.static_route(prefix):
            return route
        for list_id in self.lists_for(prefix, snapshot):
            route = self.table.static_route(list_id)
            if route and is_entry(prefix, (snapshot.prefix_lists or {}).get(str(list_id))):
                return route
        return self.table.propagated_route(prefix)


def reaches(rules: Iterable[Rule], own: Instance) -> dict[Access, frozenset[str]]:
    """Access -> the VPCs that are read with it: our own VPC and those that rules name.

    A VPC that a rule reads with a role is not read with our own credentials as well: in a shared VPC of another account
    these show neither all tables nor any tags.
    """
    found: dict[Access, set[str]] = {OWN: {own.vpc_id}}
    for rule in rules:
        found.setdefault(rule.access.seen_from(own.region), set()).add(rule.vpc_id or own.vpc_id)
    found[OWN] -= {vpc_id for access, vpc_ids in found.items() if access != OWN for vpc_id in vpc_ids}
    return {access: frozenset(vpc_ids) for access, vpc_ids in found.items()}


def table_policies(
    rules: Sequence[Rule], snapshot: Snapshot, own_vpc_id: str, own_region: str = ""
) -> dict[str, TablePolicy]:
    """Table id -> table with its rules, of the VPC of each rule, if it was read with the access of the rule.

    Includes tables of the transit gateways that our VPC is attached to.
    """
    found: dict[str, list[Rule]] = {}
    surroundings = Surroundings(snapshot.zone, snapshot.subnets)
    for rule in rules:
        vpc_id, access = rule.vpc_id or own_vpc_id, rule.access.seen_from(own_region)
        there = (t for t in snapshot.tables.values() if t.vpc_id == vpc_id and t.access == access)
        for table in find(rule.find, there, surroundings):
            found.setdefault(table.id, []).append(rule)
        for table in snapshot.tables.values():
            if table.is_transit and finds_transit(rule, table, snapshot.zone):
                found.setdefault(table.id, []).append(rule)
    policies = {}
    lists = tuple((snapshot.prefix_lists or {}).values())
    meant = {rule.name: rule.prefix_list.destinations(lists) for rule in rules if rule.prefix_list}
    for table_id in sorted(found):
        table, own = snapshot.tables[table_id], tuple(found[table_id])
        near = any(rule.affinity for rule in own)
        beside = (each for each in snapshot.tables.values() if each.vpc_id == table.vpc_id)
        zone = zone_of(table, beside, snapshot.subnets) if near else ""
        of_lists = {list_id: rule for rule in reversed(own) for list_id in meant.get(rule.name, ())}
        policies[table_id] = TablePolicy(table, own, zone, of_lists)
    return policies


def owned_lists(tables: Mapping[str, TablePolicy], snapshot: Snapshot) -> list[Owned]:
    """The prefix lists whose route is ours in at least one table; we write the entries of these."""
    found = []
    for list_id in sorted({list_id for table_policy in tables.values() for list_id in table_policy.lists}):
        mine, others = [], {}
        for table in snapshot.tables.values():
            route, table_policy = table.static_route(list_id), tables.get(table.id)
            rule = table_policy.rule_for(list_id) if table_policy else None
            if route is None:
                continue
            if rule and table_policy and is_ours(route, own_interfaces(rule, list_id, snapshot)):
                mine.append((rule, table_policy))
            else:
                others[table.id] = route
        if mine:
            rules = {rule.name: rule for rule, _ in mine}
            within = {cidr for _, table_policy in mine for cidr in table_policy.table.cidrs}
            owners = frozenset(route.instance_id for route in others.values() if route.instance_id)
            owned = Owned(list_id, tuple(rules.values()), tuple(sorted(within)), owners, is_shared=bool(others))
            found.append(owned)
    return found


def finds_transit(rule: Rule, table: RouteTable, zone: str) -> bool:
    """Whether the rule selects this transit gateway's table. Such finders use only id and tags."""
    return rule.find_transit is not None and bool(find(rule.find_transit, [table], Surroundings(zone)))


def rules_without_tables(rules: Sequence[Rule], tables: Mapping[str, TablePolicy]) -> tuple[Rule, ...]:
    """Rules that find no VPC table, or no transit gateway table although they have `find_transit`; an error."""
    used = {
        (rule.name, table_policy.table.is_transit) for table_policy in tables.values() for rule in table_policy.rules
    }

    def lacks(rule: Rule) -> bool:
        return (rule.name, False) not in used or (rule.find_transit is not None and (rule.name, True) not in used)

    return tuple(rule for rule in rules if lacks(rule) and not rule.no_results_ok)


def not_accepted(
    rules: Sequence[Rule], inputs: DecisionInput, only: Collection[Prefix] | None = None
) -> tuple[Prefix, ...]:
    """The prefixes (of `only`, if given) that local sources offer and no rule accepts."""
    return tuple(
        prefix
        for prefix in (inputs.offers if only is None else only)
        if any(offer.side is Side.LOCAL for offer in inputs.offers.get(prefix, ()))
        and not any(rule.accept.accepts(prefix) for rule in rules)
    )


def rules_without_lists(rules: Sequence[Rule], snapshot: Snapshot) -> tuple[Rule, ...]:
    """Rules whose prefix list does not exist; none while the lists are unknown."""
    lists = snapshot.prefix_lists
    refs = [(rule, rule.prefix_list) for rule in rules if rule.prefix_list is not None]
    return () if lists is None else tuple(rule for rule, ref in refs if not any(map(ref.means, lists.values())))


def shadowed(tables: Mapping[str, TablePolicy]) -> frozenset[tuple[str, Prefix, str, str]]:
    """(table, prefix, rule, first rule) of managed routes without effect, as an earlier rule of the table decides."""
    return frozenset(
        (table_policy.table.id, prefix, rule.name, first.name)
        for table_policy in tables.values()
        for rule in table_policy.rules
        for prefix in rule.manages
        if (first := table_policy.rule_for(prefix)) is not None and first is not rule
    )


def lists_for(tables: Mapping[str, TablePolicy], prefix: Prefix, snapshot: Snapshot) -> list[PrefixListId]:
    """The prefix lists of any table of which this prefix is or would be an entry."""
    found = (table_policy.lists_for(prefix, snapshot) for table_policy in tables.values())
    return sorted({list_id for some in found for list_id in some})


def with_lists(tables: Mapping[str, TablePolicy], prefixes: Collection[Prefix]) -> Collection[Prefix]:
    """These prefixes, and the prefix lists of which any of them is or would be an entry."""
    lists = {list_id: rule for table_policy in tables.values() for list_id, rule in table_policy.lists.items()}
    if not lists:
        return prefixes
    about = {list_id for list_id, rule in lists.items() if any(map(rule.covers, prefixes))}
    return {*prefixes, *about} if about else prefixes
