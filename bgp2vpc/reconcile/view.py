"""The view: the VPC as we know it, and the route tables that the rules find in it. State without I/O.

It is empty at first. A poll replaces the snapshot (`observed`), a reread one table of it (`reread`). Both put back our
own recent writes that the read is too old to show (`Places.corrected`), compare the tables with those before to find
the routes that others have moved (`_find_moved`), and match the rules with the tables again. A write of ours that EC2
has accepted changes the table without a read (`wrote`). Decisions are made from the result: `plan` for many places,
`still` for one change just before it is written, `decided` to record their verdicts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bgp2vpc.bgp.rib import Side
from bgp2vpc.errors import InterfaceGone
from bgp2vpc.policy.decide import Unresolved, decide, decide_one
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place import Policy, is_ours, own_interfaces
from bgp2vpc.policy.place_state import NEVER, Places
from bgp2vpc.policy.plan import Action, Change, Plan, Reason, RouteKey, Verdict
from bgp2vpc.policy.rule import ManagedRoute, RouteSettings, Rule
from bgp2vpc.policy.tables import TablePolicy, reaches, table_policies
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.reconcile.observer import LostRoute
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.model import (
    Instance,
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    Route,
    RouteTable,
    TargetKind,
    is_transit,
)
from bgp2vpc.vpc.prefix_lists import newest
from bgp2vpc.vpc.snapshot import Snapshot

SAME_ANSWER: Final = 0.05
"""Seconds within which all writes that wait for the same read take in its answer."""
HEALTH_COUNTS: Final = 90.0
"""Seconds for which EC2's answer counts that an instance is impaired or gone. The next poll may be 46 minutes away
(`poll_time: auto`), and the instance may be well again long before."""


class View:
    """The last snapshot, with our own writes since, and the tables that the rules find in it."""

    def __init__(self, instance: Instance, rules: Sequence[Rule], policy: Policy, places: Places) -> None:
        """`instance`: as the configuration names it, until we are connected. `places`: records writes and moves."""
        self.instance = instance
        self.policy = policy
        self.rules = tuple(rules)
        self.places = places
        self.snapshot = Snapshot({}, ())
        self.tables: Mapping[str, TablePolicy] = {}
        self.denied: dict[str, InterfaceGone] = {}
        """Interface id -> EC2's error that no such interface exists, from a write that pointed a route at it.

        The interface is gone, or too new for all of EC2 to know it. The next poll shows which, and empties this. Until
        then the interface counts as ours, but no route is pointed at it, nor at another interface in its place.
        """
        self._read_at: dict[str, float] = {}
        self._health_at: dict[str, float] = {}
        """Instance id -> when EC2 was last asked for its health."""
        self._taken_in: dict[str, tuple[RouteTable, RouteTable, float]] = {}
        """Table id -> its last reread, the table in the snapshot after that, and when it was taken in."""
        self._missing_since: dict[str, float] = {}
        """Interface id -> when EC2 first reported that it does not exist; kept for as long as EC2 repeats that."""
        self.changed: set[Prefix] = set()
        """Prefixes for which rereads have shown a change that no decision has used yet."""
        self._lost: dict[Prefix, list[LostRoute]] = {}
        self._asked_in: frozenset[str] = frozenset()
        """The VPCs in which the addresses of peers were looked up."""
        self.lists_written: set[PrefixListId] = set()
        """Prefix lists whose entries are being written."""

    @property
    def reaches(self) -> Mapping[Access, frozenset[str]]:
        """Access -> the VPCs that are read with it: ours, and those that rules name."""
        return reaches(self.rules, self.instance)

    @property
    def answering(self) -> Mapping[Access, frozenset[str]]:
        """`reaches`, our own account first, without the accounts and regions that did not answer last time."""
        return {access: vpc_ids for access, vpc_ids in self.reaches.items() if access not in self.snapshot.unread}

    def access_to(self, vpc_id: str) -> Access:
        """The access with which this VPC is read; our own if no rule names it."""
        return next((access for access, vpc_ids in self.reaches.items() if vpc_id in vpc_ids), OWN)

    def access_of(self, table_id: str) -> Access:
        """The access with which this table was read; our own if it is not known."""
        table = self.snapshot.tables.get(table_id)
        return table.access if table else OWN

    def bucket_of(self, table_id: str) -> tuple[str, str]:
        """The account and region in whose bucket EC2 counts writes to this table; each is empty if it is ours."""
        access, own = self.access_of(table_id), {each.owner_id for each in self.snapshot.interfaces}
        return "" if access.account_id in own else access.account_id, access.region  # a role may be of our account

    def settings(self, key: RouteKey) -> RouteSettings | None:
        """The configured settings of the route at this place; None: no rule matches it."""
        table_policy = self.tables.get(key[0])
        rule = table_policy.rule_for(key[1]) if table_policy else None
        return rule.settings_of(key[1]) if rule else None

    def answers(self, rule: Rule) -> bool:
        """Whether the account and region of this rule answered when they were last asked."""
        return rule.access.seen_from(self.instance.region) not in self.snapshot.unread

    def configure(self, rules: Sequence[Rule], policy: Policy) -> tuple[RouteKey, ...]:
        """Use these rules from now on. Returns the routes of ours that no rule matches any more."""
        before = self.ours()
        self.rules, self.policy = tuple(rules), policy
        self._find_tables()
        return tuple(sorted(before - self.ours()))

    def ours(self) -> set[RouteKey]:
        """The places of our routes that a rule matches, except those that `is_served_by_our_vpc` leaves to others."""
        return {key for key in _ours(self.tables, self.snapshot) if not self.is_served_by_our_vpc(key)}

    def is_served_by_our_vpc(self, key: RouteKey) -> bool:
        """Whether, by the last verdict, a transit gateway's route to our VPC is due to another instance of the VPC."""
        state = self.places.states.get(key) if is_transit(key[0]) else None
        verdict = state.verdict if state else None
        return verdict is not None and verdict.reason in (Reason.SERVED_IN_VPC, Reason.BEST_PATH)

    def observed(self, snapshot: Snapshot, asked: float, now: float) -> tuple[RouteKey, ...]:
        """Take in a poll that began at `asked`; its snapshot has the old tables of accounts that did not answer.

        A call that EC2 answers late holds up the whole poll, so its tables may be old: a table that was read again
        since `asked` stays as it is. So do tables of transit gateways if these could not be read. Returns the routes of
        ours that remain in tables that no rule finds any more.
        """
        before, was = self.tables, self.snapshot
        self.denied.clear()
        newer = {each: was.tables[each] for each in snapshot.tables.keys() & was.tables if self.asked_at(each) > asked}
        if snapshot.is_transit_unread:
            newer |= {table_id: table for table_id, table in was.tables.items() if table.is_transit}
        tables = self.places.corrected((each for each in snapshot.tables.values() if each.id not in newer), asked)
        self._find_moved(tables, now)
        self._read_at = {
            each.id: self.asked_at(each.id) if each.id in newer or each.access in snapshot.unread else asked
            for each in (*snapshot.tables.values(), *newer.values())
        }
        self.snapshot = replace(
            snapshot.with_tables((*tables, *newer.values()), snapshot.tables),
            read_at=now,
            prefix_lists=newest(was.prefix_lists, snapshot.prefix_lists),
        )
        asked_in: frozenset[str] = frozenset().union(*self.answering.values())
        if not asked_in <= self._asked_in:  # in a VPC that is new here, look the addresses of all peers up again
            everybody = (each.addresses for each in self.snapshot.peer_enis.values())
            self.snapshot = replace(self.snapshot, unresolvable=self.snapshot.unresolvable.union(*everybody))
        self._asked_in = asked_in
        self.places.forget_old(now)
        self._find_tables()
        lost = {table_id: each for table_id, each in before.items() if table_id not in self.tables}
        return tuple(sorted(key for key in _ours(lost, was) if self.is_at_ours(*key)))

    def is_at_ours(self, table_id: str, prefix: Prefix) -> bool:
        """Whether the route here points at an interface of ours, or at our VPC's attachment, as far as we know."""
        table = self.snapshot.tables.get(table_id)
        route = table.static_route(prefix) if table else None
        return route is not None and is_ours(route, self.snapshot.own)

    def ours_by_best_path(self, prefixes: Collection[Prefix]) -> tuple[RouteKey, ...]:
        """The places of these prefixes where best path decides and the route is ours, as far as we know."""
        return tuple(
            (table_id, prefix)
            for table_id, table_policy in self.tables.items()
            for prefix in prefixes
            if (rule := table_policy.rule_for(prefix)) is not None
            and rule.decides_by_best_path(prefix)
            and self.is_at_ours(table_id, prefix)
        )

    def asked_at(self, table_id: str) -> float:
        """When the last read of this table that EC2 answered was begun (event loop's clock)."""
        return self._read_at.get(table_id, NEVER)

    def reread(self, table: RouteTable, asked: float, now: float) -> None:
        """Take in a reread of one table, begun at `asked`, unless a later read of it was answered sooner."""
        if asked < self.asked_at(table.id):
            return
        before = self.snapshot.tables.get(table.id)
        read, became, at = self._taken_in.get(table.id, (None, None, NEVER))
        if read is table and became is before and now < at + SAME_ANSWER:
            self._read_at[table.id] = asked
            return  # writes share a read (`Calls.fresh_table`), and each of them takes in its answer
        tables = self.places.corrected([table], asked)
        self._find_moved(tables, now)
        if before is not None:
            self.changed |= before.changed_prefixes(tables[0])
            if self.policy.avoided_in(before) != self.policy.avoided_in(tables[0]):
                self.changed |= self.prefixes_of_routes(table.id)
        self.snapshot = replace(self.snapshot, read_at=now)
        self._read_at[table.id] = asked
        self._replace(tables, table.id)
        self._taken_in[table.id] = (table, tables[0], now)

    def _find_moved(self, tables: Iterable[RouteTable], now: float) -> None:
        """Record the routes that others have pointed elsewhere since the previous read of these tables."""
        for table in tables:
            before = self.snapshot.tables.get(table.id)
            if before is not None:
                known_at = self._read_at.get(table.id, NEVER)
                for prefix in before.prefixes_pointed_elsewhere(table):
                    was_empty = before.static_route(prefix) is None
                    self._note_if_lost(before, table, prefix)
                    self.places.found_moved((table.id, prefix), known_at=known_at, was_empty=was_empty, now=now)

    def _note_if_lost(self, before: RouteTable, now: RouteTable, prefix: Prefix) -> None:
        table_policy, old, new = self.tables.get(now.id), before.static_route(prefix), now.static_route(prefix)
        rule = table_policy.rule_for(prefix) if table_policy else None
        if rule is None or old is None or new is None:
            return
        ours = own_interfaces(rule, prefix, self.snapshot)
        if is_ours(old, ours) and not is_ours(new, ours):
            verdict = self.places.at((now.id, prefix)).verdict
            left = verdict is not None and verdict.reason in (Reason.PEER_BEST, Reason.HANDOVER)
            expected = left or any(each.zone in self.policy.avoided_in(now) for each in ours)
            self._lost.setdefault(prefix, []).append(LostRoute(now.id, prefix, old.target, new, expected))

    def take_lost(self, only: Collection[Prefix] | None) -> list[LostRoute]:
        """Our routes for these prefixes, or (None) all, that others have pointed elsewhere since the last call."""
        prefixes = tuple(self._lost) if only is None else [each for each in only if each in self._lost]
        return [lost for prefix in prefixes for lost in self._lost.pop(prefix)]

    def take_changed(self) -> set[Prefix]:
        """Return `changed` and empty it: the caller decides about these prefixes now."""
        changed, self.changed = self.changed, set()
        return changed

    def table_gone(self, table_id: str) -> None:
        """Remove this table: EC2 reports that it does not exist."""
        self._replace((), table_id)

    def _replace(self, tables: Iterable[RouteTable], table_id: str) -> None:
        self.snapshot = self.snapshot.with_tables(tables, [table_id])
        self._find_tables()

    def holder(self, key: RouteKey) -> str:
        """The id of the target that the route here points at, as far as we know; empty if there is no route."""
        table_id, prefix = key
        table = self.snapshot.tables.get(table_id)
        route = table.static_route(prefix) if table else None
        return route.target.id if route else ""

    def known_places(self, only: Collection[Prefix] | None) -> list[RouteKey]:
        """The places of these prefixes, or (None) all, that have a `PlaceState`."""
        states = self.places.states
        if only is None:
            return list(states)
        return [key for table_id in self.tables for prefix in only if (key := (table_id, prefix)) in states]

    def decided(
        self, known: Collection[RouteKey], verdicts: Mapping[RouteKey, Verdict], now: float, unix_time: float
    ) -> Mapping[RouteKey, Verdict]:
        """Record the verdicts of a decision; the other `known` places lose theirs. Returns the verdicts before it.

        `known`: the places with a `PlaceState` that the decision was about (`known_places`).
        """
        before = {key: verdict for key in known if (verdict := self.places.states[key].verdict) is not None}
        for key in before.keys() | verdicts.keys():
            own_write = self.places.at(key).own_write
            took_at = own_write.at if own_write and self.is_at_ours(*key) else NEVER
            self.places.decided(key, verdicts.get(key), self.holder(key), now, unix_time=unix_time, took_at=took_at)
        return before

    def wrote(self, change: Change, now: float) -> None:
        """Put a write that EC2 has accepted into the table, and record it: reads may not show it for a while."""
        after: Route | None = None
        if change.action is not Action.DELETE:
            settings, neighbor = self.settings(change.key), self.snapshot.peer_enis.get(change.target.id)
            ours = settings.instance_id if isinstance(settings, ManagedRoute) else None
            owner = neighbor.instance_id if neighbor else None if change.to_fallback else ours or self.instance.id
            kind = change.target.kind
            after = Route(
                change.prefix,
                change.target,
                instance_id=owner if kind is TargetKind.INTERFACE else None,
                vpc_id=self.instance.vpc_id if kind is TargetKind.ATTACHMENT else "",
            )
        self.places.wrote(change.key, change.old, after, now)
        table_policy = self.tables.get(change.table_id)
        if table_policy is not None:
            table = table_policy.table.with_static_route(change.prefix, after)
            self.snapshot = self.snapshot.with_tables([table], [table.id])
            self.tables = {**self.tables, table.id: replace(table_policy, table=table)}

    def prefix_list_changed(self, found: ManagedPrefixList) -> None:
        """Take in one prefix list, with its entries, as it was just read or written."""
        self.snapshot = replace(self.snapshot, prefix_lists={**(self.snapshot.prefix_lists or {}), found.id: found})
        self._find_tables()

    def prefix_list_gone(self, list_id: str) -> None:
        """Remove this prefix list: EC2 reports that it does not exist."""
        others = {each: found for each, found in (self.snapshot.prefix_lists or {}).items() if each != list_id}
        self.snapshot = replace(self.snapshot, prefix_lists=others)
        self._find_tables()

    def learned_health(self, health: Mapping[str, InstanceHealth], asked: float) -> None:
        """Take in the health of these instances, as EC2 reports it. EC2 was asked at `asked`."""
        self.snapshot = replace(self.snapshot, health={**self.snapshot.health, **health})
        self._health_at |= dict.fromkeys(health, asked)

    def forget_old_health(self, now: float) -> None:
        """Forget that another instance was impaired or gone `HEALTH_COUNTS` seconds ago: then EC2 is asked again."""
        old = {
            each
            for each, health in self.snapshot.health.items()
            if health in (InstanceHealth.IMPAIRED, InstanceHealth.GONE)
            and each != self.instance.id
            and self._health_at.get(each, NEVER) < now - HEALTH_COUNTS
        }
        if old:
            self.forget_health_except(self.snapshot.health.keys() - old)

    def forget_health_except(self, instance_ids: Collection[str]) -> None:
        """Forget the health of all other instances."""
        known = {each: health for each, health in self.snapshot.health.items() if each in instance_ids}
        self.snapshot = replace(self.snapshot, health=known)
        self._health_at = {each: asked for each, asked in self._health_at.items() if each in known}

    def plan(self, inputs: DecisionInput, only: Collection[Prefix] | None = None) -> Plan:
        """The plan for these prefixes, or (None) all; empty before the first poll."""
        return decide(self.tables, self.snapshot, inputs, self.policy, only)

    def prefixes_of_routes(self, table_id: str) -> set[Prefix]:
        """The destinations of this table's routes, propagated ones included, that a rule matches."""
        table_policy = self.tables.get(table_id)
        found = (route.destination for route in (table_policy.table.routes if table_policy else ()))
        return {each for each in found if isinstance(each, Prefix) and table_policy and table_policy.rule_for(each)}

    def still(self, change: Change, inputs: DecisionInput) -> Change | None:
        """The change that the place needs now, if its action is that of `change`; else None."""
        table_policy = self.tables.get(change.table_id)
        decision = decide_one(table_policy, change.prefix, self.snapshot, inputs, self.policy) if table_policy else None
        again = decision[1] if decision else None
        return again if again is not None and again.action is change.action else None

    def resolved(self, asked: Unresolved, found: Iterable[Interface]) -> None:
        """Take in the interfaces that EC2 has `found` for `asked`; whatever else was asked for does not exist."""
        by_id = {interface.id: interface for interface in found}
        there = frozenset().union(*(interface.addresses for interface in by_id.values()))
        taken = {(interface.vpc_id, address) for interface in by_id.values() for address in interface.addresses}
        # An address belongs to one interface: drop known ones whose address was just found elsewhere, or nowhere.
        others = {
            each: interface
            for each, interface in self.snapshot.peer_enis.items()
            if each not in asked.interface_ids
            and asked.addresses.isdisjoint(interface.addresses)
            and taken.isdisjoint((interface.vpc_id, address) for address in interface.addresses)
        }
        nobody = (self.snapshot.unresolvable | asked.addresses) - there
        missing = (self.snapshot.missing | asked.interface_ids) - by_id.keys()
        now = self.snapshot.read_at
        self._missing_since = {each: self._missing_since.get(each, now) for each in missing}
        long_missing = {
            each for each in asked.interface_ids & missing
            if self._missing_since[each] <= now - self.places.settle_time
        }  # fmt: skip
        deleted = (self.snapshot.deleted | long_missing) - by_id.keys()
        self.snapshot = replace(
            self.snapshot, peer_enis=others | by_id, unresolvable=nobody, missing=missing, deleted=deleted
        )

    def gave_no_answer(self, access: Access) -> None:
        """This account did not answer a lookup: until the next poll, its tables wait for unknown next hops of peers."""
        self.snapshot = replace(self.snapshot, unread=self.snapshot.unread | {access})
        self._asked_in -= self.reaches.get(access, frozenset())

    def has_rule_for(self, prefix: Prefix) -> bool:
        """Whether a rule matches this prefix in some table."""
        return any(table_policy.rule_for(prefix) for table_policy in self.tables.values())

    def is_offered(self, prefix: Prefix, inputs: DecisionInput) -> bool:
        """Whether a source of this host offers this prefix, and a rule that matches it uses the offer."""
        rules = [rule for table_policy in self.tables.values() if (rule := table_policy.rule_for(prefix))]
        return any(
            offer.side is not Side.PEER and rule.admits(offer)
            for rule in rules
            for offer in inputs.offers_for(prefix, rule, self.snapshot)
        )

    def _find_tables(self) -> None:
        self.tables = table_policies(self.rules, self.snapshot, self.instance.vpc_id, self.instance.region)


def _ours(tables: Mapping[str, TablePolicy], snapshot: Snapshot) -> set[RouteKey]:
    return {
        (table_policy.table.id, route.destination)
        for table_policy in tables.values()
        for route in table_policy.table.routes
        if isinstance(route.destination, Prefix)
        and (rule := table_policy.rule_for(route.destination))
        and is_ours(route, own_interfaces(rule, route.destination, snapshot))
    }
