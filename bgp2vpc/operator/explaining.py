"""Gathers the facts for `bgp2vpc why` from the parts of the daemon; `why` and `why_json` render them."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from bgp2vpc.bgp.rib import Side
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.operator.answers import BadQuestion
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.orders import read_prefixes
from bgp2vpc.operator.why import (
    Announcer,
    BoundCheck,
    Facts,
    ListFacts,
    PlaceFacts,
    RuleFacts,
    Withdrawal,
    trouble_of,
)
from bgp2vpc.operator.why_json import to_json
from bgp2vpc.policy.decide import decide_place
from bgp2vpc.policy.explain import explain
from bgp2vpc.policy.list_entries import EntryChanges, list_problem
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Reason
from bgp2vpc.policy.rule import Rule
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.list_writer import changes_wanted
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.sources.unix import SocketPeer
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.status import CHECK_STATES
from bgp2vpc.vpc.model import RouteTable
from bgp2vpc.vpc.snapshot import Snapshot

_IF_OFFERED: Final = (None, Reason.NEVER_DELETE, Reason.FALLBACK)
"""Reasons of verdicts that change as soon as the prefix is offered. While it drains, an offer counts for nothing."""
_ON_HEALTH: Final = (Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD)
"""Reasons of verdicts that change if the owner's instance is impaired or gone."""


class ChecksOfSources(Protocol):
    """The part of `services.checks.health.Health` that is used here."""

    def statuses_of(self, source: str) -> Mapping[str, CheckStatus | None]:
        """The checks that this source depends on, by name; None for one that does not run on this host."""


class Explaining:
    """Answers `why`, without changing anything."""

    def __init__(
        self, adj_rib_in: AdjRibIn, checks: ChecksOfSources, drainer: Drainer, operator: Operator,
        reconciler: Reconciler, journal: Journal, *, noop: bool,
    ) -> None:  # fmt: skip
        self._adj_rib_in = adj_rib_in
        self._checks = checks
        self._drainer = drainer
        self._journal = journal
        self._operator = operator
        self._noop = noop
        self._reconciler = reconciler
        self._view = reconciler.view

    def asked_why(self, words: Sequence[str], _: SocketPeer) -> str:
        """Answer `why PREFIX [TABLE]`. Raises OrderError for a wrong prefix, BadQuestion if nothing is known of it."""
        if len(words) not in (1, 2):
            raise BadQuestion("expected: why PREFIX [ROUTE-TABLE-ID]")
        (prefix,) = read_prefixes(words[:1])
        return json.dumps(self.why(prefix, words[1] if len(words) > 1 else None))

    def why(self, prefix: Prefix, table: str | None = None) -> dict[str, Any]:
        """All facts about the prefix (in one table), and `lines`, the same in words. Raises BadQuestion."""
        return to_json(self.facts(prefix, table))

    def facts(self, prefix: Prefix, table: str | None = None) -> Facts:
        """All facts about the prefix (in one table). Raises BadQuestion if there are none."""
        found = [each for each in self._view.snapshot.tables.values() if table in (None, each.id)]
        routes = [
            (each.id, route)
            for each in found
            for route in (each.static_route(prefix), each.propagated_route(prefix))
            if route is not None
        ]
        places = tuple(self._places(prefix, table))
        with_rule = {place.why.table_id for place in places}
        facts = Facts(
            prefix=prefix,
            at=time.time(),
            announcers=tuple(self._announcers(prefix)),
            withdrawals=tuple(
                Withdrawal(each.source, each.kind.value, each.at, each.how, each.line)
                for each in self._adj_rib_in.gone_from(prefix)
            ),
            steering=tuple(
                row
                for row in self._operator.status()
                if row["prefix"] in (None, str(prefix))
                and ((about := row.get("route_table_id")) is None or (about in with_rule))
            ),
            rules=tuple(self._rule(each, prefix) for each in self._view.rules),
            places=places,
            unruled=tuple(each for each in routes if each[0] not in with_rule),
            table=table,
            tables=self._view.snapshot.tables.keys(),
            polled=str(self._reconciler.poll_time.row()),
            observed=self._reconciler.first_observation.is_set(),
            noop=self._noop,
            lists=tuple(self._lists(prefix, table)),
            entries=self._entries(prefix) if isinstance(prefix, PrefixListId) else "",
            unread=self._journal.unread,
            read_at=self._journal.last_read_at,
            refused=self._journal.messages.get("plan", ""),
        )
        if not facts.is_anything_known:
            raise BadQuestion(
                f"nothing is known of {prefix}{f' in {table}' if table else ''}: nobody has announced or withdrawn it "
                "since the daemon started, no rule accepts or manages it, and no route table that is read has a route "
                "for it"
            )
        return facts

    def _health_unread(self, table: RouteTable) -> str:
        """Why the status of instances in the account of this table is not known; empty if it is."""
        messages = self._journal.messages
        return messages.get(f"instance status of {table.access}") or messages.get("instance status") or ""

    def _announcers(self, prefix: Prefix) -> Iterator[Announcer]:
        now = asyncio.get_running_loop().time()
        sources = dict(self._adj_rib_in.rib.sources())
        for offer in self._adj_rib_in.rib.offers.get(prefix, ()):
            kind = self._adj_rib_in.kinds.get(offer.source)
            said = self._adj_rib_in.said_of(offer)
            adj = sources.get(offer.source)
            stale = adj.stale.get((prefix, offer.path.path_id)) if adj is not None else None
            drained = None
            if offer.side is not Side.PEER and self._drainer.concerns(prefix):
                exported = self._reconciler.inputs.draining.exported(offer.path)
                drained = announce_line(exported, "") if exported else ""
            yield Announcer(
                source=offer.source,
                kind=kind.value if kind else offer.side.value,
                line=(said.line if said else "") or announce_line(offer.path, ""),
                at=said.at if said else None,
                stale_for=None if stale is None else max(stale - now, 0.0),
                as_drained=drained,
            )

    def _rule(self, rule: Rule, prefix: Prefix) -> RuleFacts:
        accepted, managed = rule.accept.entries, rule.manages.get(prefix)
        about = []
        if accepted:
            about.append(f"accept: {', '.join(map(str, accepted))}")
        if rule.manages:
            about.append(f"manage_routes: {', '.join(map(str, rule.manages))}")
        where = [*(each.where for each in accepted), *(each.where for each in rule.manages.values())]
        covered_by, covered_at = rule.covered_by(prefix)
        if isinstance(prefix, PrefixListId):
            of_list = {each.lists[prefix].name for each in self._view.tables.values() if prefix in each.lists}
            covered_by = covered_by if rule.name in of_list else ""
        checks = self._checks.statuses_of(managed.source) if managed else {}
        return RuleFacts(
            rule.name,
            accepts="; ".join(about) or "nothing",
            where=next(filter(None, where), ""),
            covered_by=covered_by,
            covered_at=covered_at,
            tables=tuple(sorted(table for table, policy in self._view.tables.items() if rule in policy.rules)),
            source=managed.source if managed else "",
            checks=tuple(_bound(name, status) for name, status in checks.items()),
        )

    def _lists(self, prefix: Prefix, table: str | None) -> Iterator[ListFacts]:
        """The prefix lists of which the prefix is or would be an entry."""
        view, limits = self._view, self._reconciler.limits
        tables = [each for key, each in sorted(view.tables.items()) if table in (None, key)]
        wanted: Mapping[PrefixListId, EntryChanges] = {}
        if lists := sorted({list_id for each in tables for list_id in each.lists_for(prefix, view.snapshot)}):
            wanted = changes_wanted(view, self._reconciler.inputs.now(), limits.max_changes)
        for list_id in lists:
            found = (view.snapshot.prefix_lists or {}).get(str(list_id))
            about = [each for each in tables if list_id in each.lists]
            rule = about[0].lists[list_id]
            yield ListFacts(
                str(list_id),
                found.name if found else "",
                rule.name,
                rule.covered_by(prefix)[0],
                None if found is None or found.entries is None else prefix in found.entries,
                _pending(prefix, list_problem(list_id, rule, view.snapshot), wanted.get(list_id)),
                tuple((each.table.id, each.table.static_route(list_id)) for each in about),
            )

    def _entries(self, list_id: PrefixListId) -> str:
        """The size of the list and the changes that we have to write, in words; empty if no rule uses the list."""
        view, limits = self._view, self._reconciler.limits
        if not any(list_id in each.lists for each in view.tables.values()):
            return ""
        wanted = changes_wanted(view, self._reconciler.inputs.now(), limits.max_changes)
        found = (view.snapshot.prefix_lists or {}).get(str(list_id))
        return wanted.get(list_id, EntryChanges(list_id)).in_words(found)

    def _places(self, prefix: Prefix, table: str | None) -> Iterator[PlaceFacts]:
        view, reconciler = self._view, self._reconciler
        inputs, now = reconciler.inputs.now(), asyncio.get_running_loop().time()
        for table_id, table_policy in sorted(view.tables.items()):
            if table not in (None, table_id):
                continue
            decided = decide_place(table_policy, prefix, view.snapshot, inputs, view.policy)
            if decided is not None:
                found, key = explain(decided), (table_id, prefix)
                reason = found.verdict.reason if found.verdict else None
                if found.next and reason in _IF_OFFERED and self._drainer.concerns(prefix):
                    found = replace(found, next=f"it drains, so nothing changes; after the drain, {found.next}")
                state = view.places.states.get(key) or PlaceState()
                yield PlaceFacts(
                    found,
                    state.since,
                    trouble_of(state.failure, now),
                    state.suppressed_for(now),
                    found.verdict.awaits if found.verdict else None,
                    tuple(sorted(state.late)),
                    is_unread=_is_unread(table_policy.table, view.snapshot),
                    health_unread=self._health_unread(table_policy.table) if reason in _ON_HEALTH else "",
                )


def _is_unread(table: RouteTable, snapshot: Snapshot) -> bool:
    """Whether the last poll could not read this table."""
    return snapshot.is_transit_unread if table.is_transit else table.access in snapshot.unread


def _pending(prefix: Prefix, problem: str, changes: EntryChanges | None) -> str:
    """What is to be written for an entry, or why it cannot be; else empty. `changes`: None if the list is not ours."""
    if problem:
        return problem
    if changes is None:
        return "this instance has no route of the list, and leaves its entries to who has"
    if prefix in changes.no_room:
        return "there is no room for it (MaxEntries)"
    if prefix in changes.add:
        return "it is to be added"
    return "it is to be removed" if prefix in changes.remove else changes.problem


def _bound(name: str, status: CheckStatus | None) -> BoundCheck:
    """A check that a managed route depends on."""
    if status is None:
        return BoundCheck(name, "does not run on this host")
    to_unix_time = time.time() - asyncio.get_running_loop().time()
    times = (status.since, status.unknown_since)
    since, unknown_since = (None if at is None else at + to_unix_time for at in times)
    return BoundCheck(name, CHECK_STATES[status.healthy], since, status.last_reason, unknown_since)
