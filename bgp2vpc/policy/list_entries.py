"""Managed prefix lists, one route for many prefixes: the entries a list should have, and the prefixes it serves. Pure.

How it works. A rule with `prefix_list` writes no routes for its prefixes. Instead, each of its tables has one place for
the prefix list itself (`PrefixListId`), which is decided, written and remembered like any other place, including
settling, takeover, damping, holds, hooks and guard. The offers for the list are derived from the offers for the rule's
prefixes: of each announcer the best one (`offers_for_list`).

The instance that owns the route of the list in a table writes the entries:

| the prefix              | it is no entry      | it is an entry that bgp2vpc wrote                             |
|-------------------------|---------------------|---------------------------------------------------------------|
| is offered here, well   | added               | stays                                                         |
| … only as a last resort | added if none is    | removed if another prefix is well here, else it stays         |
|                         | well, nor an entry  |                                                               |
| is not offered here     | -                   | removed; it stays as a leftover while not all sources have    |
|                         |                     | told what they offer, and if another owner serves it (below)  |
| is held by an operator  | not added           | stays                                                         |

If no entry is wanted at all, none is removed: the route is deleted, and entries without a route do no harm. Entries
that bgp2vpc did not write are never removed.

A list has one owner in each table, but the same entries in all its tables. If several instances own it in different
tables, each adds the prefixes that it offers. It removes an entry only if it wrote the entry itself, or the writer owns
the list in no table any more, and if no peer announces the prefix.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bgp2vpc.bgp.best import best_path, is_draining, med
from bgp2vpc.bgp.path import NextHop
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.model import ManagedPrefixList, RouteTable, TargetKind
from bgp2vpc.vpc.prefix_lists import OURS, problem_of
from bgp2vpc.vpc.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EntryChanges:
    """The changes that the entries of a prefix list need. `problem`: why none may be added now; empty if they may.

    `no_room`: entries that should be added but do not fit (MaxEntries).
    """

    list_id: PrefixListId
    add: tuple[Prefix, ...] = ()
    remove: tuple[Prefix, ...] = ()
    no_room: tuple[Prefix, ...] = ()
    problem: str = ""

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)

    def in_words(self, found: ManagedPrefixList | None) -> str:
        """The changes in words, with the number of entries in the list."""
        if self.problem or found is None or found.entries is None:
            return self.problem or "not known"
        words = [f"{len(found.entries)} of {found.max_entries}, {len(self.add)} to add, {len(self.remove)} to remove"]
        if self.no_room:
            words.append(f"no room for {len(self.no_room)} more, such as {self.no_room[0]} (MaxEntries)")
        for title, some in (("add", self.add), ("remove", self.remove)):
            if some:
                words.append(f"{title} {', '.join(map(str, some[:5]))}{' …' if len(some) > 5 else ''}")
        return "; ".join(words)

    def to_json(self) -> dict[str, object]:
        """For `plan --json`."""
        some = {name: [str(each) for each in getattr(self, name)] for name in ("add", "remove", "no_room")}
        return {"prefix_list_id": str(self.list_id), **some, "problem": self.problem}


def list_problem(list_id: Prefix, rule: Rule, snapshot: Snapshot) -> str:
    """Why we cannot have a route for this prefix list, in words; empty if we can."""
    if rule.prefix_list is None:
        return ""
    accounts = {each.owner_id for each in snapshot.interfaces} - {""}
    return problem_of(list_id, rule.prefix_list, snapshot.prefix_lists, accounts)


def members(
    rule: Rule, ip_version: int | None, offers: Mapping[Prefix, Sequence[Offer]]
) -> Iterator[tuple[Prefix, list[Offer]]]:
    """Each prefix of this IP version (None: of both) with the offers that the rule admits, if there are any."""
    for prefix in tuple(offers):
        if ip_version in (None, prefix.version):
            admitted = [offer for offer in offers.get(prefix, ()) if rule.admits(offer)]
            if admitted:
                yield prefix, admitted


def offers_for_list(
    list_id: Prefix, rule: Rule, ip_version: int | None, offers: Mapping[Prefix, Sequence[Offer]]
) -> tuple[Offer, ...]:
    """The offers for the list: of each announcer (source and next hop) the best of its offers for the prefixes.

    One healthy service is thus enough to offer the list with its attributes, since all prefixes share the list's route.
    """
    by_announcer: dict[tuple[str, NextHop], list[Offer]] = {}
    for _, admitted in members(rule, ip_version, offers):
        for offer in admitted:
            by_announcer.setdefault((offer.source, offer.path.next_hop), []).append(offer)
    found = []
    for some in by_announcer.values():
        if (best := best_path(some)) is not None:
            found.append(replace(best.offer, path=replace(best.offer.path, prefix=list_id, path_id=None)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Owned:
    """A prefix list whose route is ours in at least one table.

    `rules`: the rules of these tables for the list. `within`: the CIDRs of their VPCs. `others`: the instances that own
    the list's route in other tables. `is_shared`: whether other tables have a route for it that is not ours.
    """

    list_id: PrefixListId
    rules: tuple[Rule, ...]
    within: tuple[Prefix, ...]
    others: frozenset[str]
    is_shared: bool


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """Our instance id, and the limits for changes. `backup_med`: the MED from which a path is a last resort."""

    instance_id: str
    backup_med: int
    max_changes: int


def entry_changes(
    owned: Owned,
    snapshot: Snapshot,
    offers: Mapping[Prefix, Sequence[Offer]],
    stays: Collection[Prefix],
    policy: EntryPolicy,
) -> EntryChanges:
    """The changes by the table above. `stays`: entries not to change: held ones, and leftovers of an earlier run."""
    list_id = owned.list_id
    problem = next(filter(None, (list_problem(list_id, rule, snapshot) for rule in owned.rules)), "")
    found = (snapshot.prefix_lists or {}).get(str(list_id))
    if problem or found is None or found.entries is None:
        return EntryChanges(list_id, problem=problem)
    offered = {prefix: admitted for rule in owned.rules for prefix, admitted in members(rule, found.ip_version, offers)}
    wanted = _wanted(owned, offered, found.entries, policy)
    if not wanted:
        return EntryChanges(list_id)
    add = sorted(wanted - found.entries.keys() - frozenset(stays), key=Prefix.sort_key)
    heard = {prefix for prefix, some in offered.items() if any(offer.side is Side.PEER for offer in some)}
    unwanted = sorted((each for each in found.entries if each not in wanted and each not in stays), key=Prefix.sort_key)
    ours = [each for each in unwanted if found.entries[each].startswith(OURS)]
    remove = tuple(
        each
        for each in ours
        if not owned.is_shared or (found.entries[each].removeprefix(OURS) not in owned.others and each not in heard)
    )
    if len(add) > policy.max_changes:
        problem = f"{len(add)} entries to add at once, more than max_changes: {policy.max_changes}"
        return EntryChanges(list_id, remove=remove, problem=problem)
    room = len(add) if not found.max_entries else max(0, found.max_entries - len(found.entries) + len(remove))
    return EntryChanges(list_id, tuple(add[:room]), remove, tuple(add[room:]))


def _wanted(
    owned: Owned, offered: Mapping[Prefix, Sequence[Offer]], entries: Collection[Prefix], policy: EntryPolicy
) -> frozenset[Prefix]:
    """The prefixes that should be entries: those offered here by a healthy service.

    If there are none, the present entries that are offered as a last resort; if there are none either, all prefixes
    offered as a last resort. Prefixes within the VPC are left out, since the VPC's local route would win.
    """
    here = {
        prefix: [offer for offer in some if offer.side is not Side.PEER]
        for prefix, some in offered.items()
        if not any(prefix in cidr for cidr in owned.within)
    }
    here = {prefix: some for prefix, some in here.items() if some}

    def is_well(offer: Offer) -> bool:
        return med(offer) < policy.backup_med and not is_draining(offer)

    well = frozenset(prefix for prefix, some in here.items() if any(map(is_well, some)))
    return well or frozenset(each for each in here if each in entries) or frozenset(here)


def routes_counted(
    table: RouteTable, lists: Collection[PrefixListId], snapshot: Snapshot, ip_version: int
) -> tuple[int, int]:
    """The routes of this IP version that count in the table's quota, and how many of them are for prefix lists.

    A route for a prefix list counts as its MaxEntries, however many entries it has. `lists`: prefix lists that the
    table should have a route for, counted as if it had.
    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-route-tables
    """
    static = {
        route.destination
        for route in table.routes
        if isinstance(route.destination, Prefix) and not route.propagated and route.target.kind is not TargetKind.LOCAL
    }
    found = [(snapshot.prefix_lists or {}).get(str(each)) for each in (static | set(lists))]
    of_lists = sum(each.max_entries or 1 for each in found if each is not None and each.ip_version == ip_version)
    return sum(each.version == ip_version for each in static) + of_lists, of_lists


def is_entry(prefix: Prefix, found: ManagedPrefixList | None) -> bool:
    """Whether the prefix is an entry of the list; False if the entries are unknown."""
    return found is not None and found.entries is not None and prefix in found.entries
