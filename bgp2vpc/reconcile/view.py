"""The view: what we believe the VPC looks like, and what the rules make of it. State without I/O."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.errors import InterfaceGone
from bgp2vpc.policy.decide import Unresolved, decide, decide_one, owners_to_check
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
"""Seconds in which all who waited for one read get its answer."""


class View:
    """The last snapshot, corrected by our own writes since, and the tables that rules found in it; empty at first."""

    def __init__(self, instance: Instance, rules: Sequence[Rule], policy: Policy, places: Places) -> None:
        """`instance`: who we are, as far as that is known before EC2 is reached. `places` hears of writes and moves."""
        self.instance = instance
        self.policy = policy
        self.rules = tuple(rules)
        self.places = places
        self.snapshot = Snapshot({}, ())
        self.tables: Mapping[str, TablePolicy] = {}
        self.denied: dict[str, InterfaceGone] = {}
        """Interfaces that EC2 has called unknown when a route was to point at them, and has not been asked about since.

        It may have gone, or be so new that not all of EC2 knows it: the next snapshot tells. Until then it is ours as
        before, and nothing is pointed at it, nor at another one in its stead.
        """
        self._read_at: dict[str, float] = {}
        self._taken_in: dict[str, tuple[RouteTable, RouteTable, float]] = {}
        """By table: the last read of it alone, what the snapshot had after it, and when."""
        self._missing_since: dict[str, float] = {}
        """When EC2 did not know an interface first, of those that it did not know the last time, either."""
        self.changed: set[Prefix] = set()
        """Of these, reads of single tables have shown something new that was not decided about yet."""
        self._lost: dict[Prefix, list[LostRoute]] = {}
        self._asked_in: frozenset[str] = frozenset()
        """The VPCs in which addresses of peers were looked for."""
        self.lists_written: set[PrefixListId] = set()
        """Prefix lists whose entries are being written."""

    @property
    def reaches(self) -> Mapping[Access, frozenset[str]]:
        """How the VPCs are reached whose tables we have to know."""
        return reaches(self.rules, self.instance)

    @property
    def answering(self) -> Mapping[Access, frozenset[str]]:
        """The same without accounts and regions that gave no answer when they were asked last. Ours comes first."""
        return {access: vpc_ids for access, vpc_ids in self.reaches.items() if access not in self.snapshot.unread}

    def access_to(self, vpc_id: str) -> Access:
        """How this VPC is reached."""
        return next((access for access, vpc_ids in self.reaches.items() if vpc_id in vpc_ids), OWN)

    def access_of(self, table_id: str) -> Access:
        """How this table is reached."""
        table = self.snapshot.tables.get(table_id)
        return table.access if table else OWN

    def bucket_of(self, table_id: str) -> tuple[str, str]:
        """Account and region, empty for our own, by which EC2 counts writes of this table. A role may be of ours."""
        access, own = self.access_of(table_id), {each.owner_id for each in self.snapshot.interfaces}
        return "" if access.account_id in own else access.account_id, access.region

    def settings(self, key: RouteKey) -> RouteSettings | None:
        """What the configuration says of routes at this place; None: no rule is about it."""
        table_policy = self.tables.get(key[0])
        rule = table_policy.rule_for(key[1]) if table_policy else None
        return rule.settings_of(key[1]) if rule else None

    def answers(self, rule: Rule) -> bool:
        """Whether the account and region of this rule has answered when it was asked last."""
        return rule.access.seen_from(self.instance.region) not in self.snapshot.unread

    def configure(self, rules: Sequence[Rule], policy: Policy) -> tuple[RouteKey, ...]:
        """Other rules, from now on; returns the routes of ours that no rule is about any more."""
        before = self.ours()
        self.rules, self.policy = tuple(rules), policy
        self._find_tables()
        return tuple(sorted(before - self.ours()))

    def ours(self) -> set[RouteKey]:
        """Table and prefix of the routes of ours that a rule is about.

        Not those to our VPC's attachment that are due to another instance of it.
        """
        return {key for key in _ours(self.tables, self.snapshot) if not self.is_served_by_our_vpc(key)}

    def is_served_by_our_vpc(self, key: RouteKey) -> bool:
        """Whether a transit gateway leads to our VPC because of another instance, as was decided last."""
        state = self.places.states.get(key) if is_transit(key[0]) else None
        verdict = state.verdict if state else None
        return verdict is not None and verdict.reason in (Reason.SERVED_IN_VPC, Reason.BEST_PATH)

    def observed(self, snapshot: Snapshot, asked: float, now: float) -> tuple[RouteKey, ...]:
        """EC2 told everything anew, but for accounts that gave no answer; it was asked at `asked`.

        Returns the routes of ours that are still there, in tables that no rule finds any more.
        """
        before, was = self.tables, self.snapshot
        self.denied.clear()
        tables = self.places.corrected(snapshot.tables.values(), now)
        self._find_moved(tables, now)
        self._read_at = {
            each.id: self.asked_at(each.id) if each.access in snapshot.unread else asked
            for each in snapshot.tables.values()
        }
        self.snapshot = replace(
            snapshot.with_tables(tables, snapshot.tables),
            read_at=now,
            prefix_lists=newest(was.prefix_lists, snapshot.prefix_lists),
        )
        asked_in: frozenset[str] = frozenset().union(*self.answering.values())
        if not asked_in <= self._asked_in:  # a peer that is known in one VPC may have an interface in a new one, too
            everybody = (each.addresses for each in self.snapshot.peer_enis.values())
            self.snapshot = replace(self.snapshot, unresolvable=self.snapshot.unresolvable.union(*everybody))
        self._asked_in = asked_in
        self.places.forget_old(now)
        self._find_tables()
        lost = {table_id: each for table_id, each in before.items() if table_id not in self.tables}
        return tuple(sorted(key for key in _ours(lost, was) if self.is_at_ours(*key)))

    def is_at_ours(self, table_id: str, prefix: Prefix) -> bool:
        """Whether the route points at an interface of this instance, or its VPC's attachment, as far as we know."""
        table = self.snapshot.tables.get(table_id)
        route = table.static_route(prefix) if table else None
        return route is not None and is_ours(route, self.snapshot.own)

    def ours_by_best_path(self, prefixes: Collection[Prefix]) -> tuple[RouteKey, ...]:
        """Places where the route of one of these is ours as far as we know, and best path decides."""
        return tuple(
            (table_id, prefix)
            for table_id, table_policy in self.tables.items()
            for prefix in prefixes
            if (rule := table_policy.rule_for(prefix)) is not None
            and rule.decides_by_best_path(prefix)
            and self.is_at_ours(table_id, prefix)
        )

    def asked_at(self, table_id: str) -> float:
        """When EC2 was asked about this table, the last time that it has answered."""
        return self._read_at.get(table_id, NEVER)

    def reread(self, table: RouteTable, asked: float, now: float) -> None:
        """EC2 told one table anew."""
        before = self.snapshot.tables.get(table.id)
        read, became, at = self._taken_in.get(table.id, (None, None, NEVER))
        if read is table and became is before and now < at + SAME_ANSWER:
            self._read_at[table.id] = asked
            return  # all writes that wait for one read get the same answer, one after the other
        tables = self.places.corrected([table], now)
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
        """What others have pointed elsewhere since these tables were read before."""
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
        """Our routes of these prefixes, or (None) all, that others have pointed elsewhere since this was last asked."""
        prefixes = tuple(self._lost) if only is None else [each for each in only if each in self._lost]
        return [lost for prefix in prefixes for lost in self._lost.pop(prefix)]

    def take_changed(self) -> set[Prefix]:
        """Those that are `changed`; they are decided about now."""
        changed, self.changed = self.changed, set()
        return changed

    def table_gone(self, table_id: str) -> None:
        """EC2 says that it does not exist."""
        self._replace((), table_id)

    def _replace(self, tables: Iterable[RouteTable], table_id: str) -> None:
        self.snapshot = self.snapshot.with_tables(tables, [table_id])
        self._find_tables()

    def holder(self, key: RouteKey) -> str:
        """What the route points at as far as we know; empty if there is none."""
        table_id, prefix = key
        table = self.snapshot.tables.get(table_id)
        route = table.static_route(prefix) if table else None
        return route.target.id if route else ""

    def known_places(self, only: Collection[Prefix] | None) -> list[RouteKey]:
        """The places of these prefixes, or (None) all, of which there is something to remember."""
        states = self.places.states
        if only is None:
            return list(states)
        return [key for table_id in self.tables for prefix in only if (key := (table_id, prefix)) in states]

    def decided(
        self, known: Collection[RouteKey], verdicts: Mapping[RouteKey, Verdict], now: float, unix_time: float
    ) -> Mapping[RouteKey, Verdict]:
        """These places were decided about: remember the verdicts, and that the others have none. Returns those before.

        `known`: the places with something to remember.
        """
        before = {key: verdict for key in known if (verdict := self.places.states[key].verdict) is not None}
        for key in before.keys() | verdicts.keys():
            own_write = self.places.at(key).own_write
            took_at = own_write.at if own_write and self.is_at_ours(*key) else NEVER
            self.places.decided(key, verdicts.get(key), self.holder(key), now, unix_time=unix_time, took_at=took_at)
        return before

    def wrote(self, change: Change, now: float) -> None:
        """EC2 accepted this change."""
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

    def offers_for(self, prefix: Prefix, inputs: DecisionInput) -> Sequence[Offer]:
        """What is offered for a prefix, or for a prefix list in the first table that is to have a route for it."""
        rules = (table_policy.lists.get(prefix) for table_policy in self.tables.values())
        rule = next(filter(None, rules), None) if isinstance(prefix, PrefixListId) else None
        return inputs.offers_for(prefix, rule, self.snapshot) if rule else inputs.offers.get(prefix, ())

    def prefix_list_changed(self, found: ManagedPrefixList) -> None:
        """EC2 told of one prefix list, with its entries."""
        self.snapshot = replace(self.snapshot, prefix_lists={**(self.snapshot.prefix_lists or {}), found.id: found})
        self._find_tables()

    def prefix_list_gone(self, list_id: str) -> None:
        """EC2 says that there is no such prefix list."""
        others = {each: found for each, found in (self.snapshot.prefix_lists or {}).items() if each != list_id}
        self.snapshot = replace(self.snapshot, prefix_lists=others)
        self._find_tables()

    def learned_health(self, health: Mapping[str, InstanceHealth]) -> None:
        """EC2 told how these instances are."""
        self.snapshot = replace(self.snapshot, health={**self.snapshot.health, **health})

    def forget_health_except(self, instance_ids: Collection[str]) -> None:
        """Of all other instances nothing is known any more."""
        known = {each: health for each, health in self.snapshot.health.items() if each in instance_ids}
        self.snapshot = replace(self.snapshot, health=known)

    def plan(self, inputs: DecisionInput, only: Collection[Prefix] | None = None) -> Plan:
        """What there is to do; nothing before the first snapshot."""
        return decide(self.tables, self.snapshot, inputs, self.policy, only)

    def prefixes_of_routes(self, table_id: str) -> set[Prefix]:
        """Those of the static routes of this table that a rule is about."""
        table_policy = self.tables.get(table_id)
        found = (route.destination for route in (table_policy.table.routes if table_policy else ()))
        return {each for each in found if isinstance(each, Prefix) and table_policy and table_policy.rule_for(each)}

    def still(self, change: Change, inputs: DecisionInput) -> Change | None:
        """`change` as it has to be now, or None if it is no longer what the place needs."""
        table_policy = self.tables.get(change.table_id)
        if table_policy is None:
            return None
        decision = decide_one(table_policy, change.prefix, self.snapshot, inputs, self.policy)
        again = decision[1] if decision else None
        return again if again is not None and again.action is change.action else None

    def owners_to_check(
        self, inputs: DecisionInput, only: Collection[Prefix] | None = None, *, as_witness: bool = False
    ) -> dict[RouteKey, tuple[str, str]]:
        """(table, prefix) -> (remote check, interface id) of those who hold what we, or others, care for."""
        return owners_to_check(self.tables, self.snapshot, inputs, only, as_witness=as_witness)

    def resolved(self, asked: Unresolved, found: Iterable[Interface]) -> None:
        """EC2 told about these interfaces: this is all there is of them, in all accounts that answer."""
        by_id = {interface.id: interface for interface in found}
        there = frozenset().union(*(interface.addresses for interface in by_id.values()))
        taken = {(interface.vpc_id, address) for interface in by_id.values() for address in interface.addresses}
        # An address belongs to one interface: who had it before has it no longer.
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
        """This account was asked about interfaces. What is decided about its tables waits for the next poll."""
        self.snapshot = replace(self.snapshot, unread=self.snapshot.unread | {access})
        self._asked_in -= self.reaches.get(access, frozenset())

    def has_rule_for(self, prefix: Prefix) -> bool:
        """Whether a rule matches it in some table."""
        return any(table_policy.rule_for(prefix) for table_policy in self.tables.values())

    def is_offered(self, prefix: Prefix, inputs: DecisionInput) -> bool:
        """Whether a source of this host offers it where a rule lets that count."""
        rules = [rule for table_policy in self.tables.values() if (rule := table_policy.rule_for(prefix))]
        return any(
            offer.side is not Side.PEER and rule.admits(offer)
            for rule in rules
            for offer in inputs.offers_for(prefix, rule, self.snapshot)
        )

    def not_accepted(self, inputs: DecisionInput, only: Collection[Prefix] | None = None) -> tuple[Prefix, ...]:
        """Prefixes (among `only`, if given) that sources of this host offer, and no rule accepts."""
        return tuple(
            prefix
            for prefix in (inputs.offers if only is None else only)
            if any(offer.side is Side.LOCAL for offer in inputs.offers.get(prefix, ()))
            and not any(rule.accept.accepts(prefix) for rule in self.rules)
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
