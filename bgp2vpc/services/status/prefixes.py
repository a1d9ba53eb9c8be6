"""The prefixes that are managed or announced here, and whether every table of their rules has a route for them.

The rows are made of the tables, not of verdicts: a prefix whose service is down on all hosts has no path and no route,
and so no verdict, but it is the one that an operator has to see.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.tables import TablePolicy
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.reconcile.journal import wall_clock
from bgp2vpc.reconcile.observer import Cycle, Observer, Outcome
from bgp2vpc.reconcile.view import View
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.vpc.model import RouteState
from bgp2vpc.vpc_status import OwnerRow, PrefixRow, TableRow

MOST_WITHDRAWN: Final = 1000
"""Prefixes that are remembered although no source announces them any more; beyond that, the oldest are dropped."""


class ServedPrefixes(Observer):
    """Makes the rows after each decision and each write, so that each row has the time since when it holds."""

    def __init__(self, view: View, adj_rib_in: AdjRibIn) -> None:
        self._view = view
        self._rib = adj_rib_in.rib
        self._kinds = adj_rib_in.kinds
        self._announced: dict[Prefix, None] = {}
        """Prefixes that scripts and tees have announced, also if they have withdrawn them since, as a health check does
        when its service is down. Not those of clients of the socket, which may be somebody's experiments.
        """
        self._last: dict[Prefix, PrefixRow] = {}
        self._list_moved = False
        """Whether a route of a prefix list was written in this cycle."""

    def forget_withdrawn(self) -> None:
        """Forget prefixes that no source announces any more, at a reload: their services may have been removed."""
        self._announced = {each: None for each in self._announced if each in self._rib.offers}

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """Remember the announced ones of these prefixes (None: all), and make their rows again."""
        for prefix in self._rib.offers if only is None else only:
            offers = self._rib.offers.get(prefix, ())
            if any(o.side is Side.LOCAL and self._kinds.get(o.source) is not SourceKind.CLIENT for o in offers):
                self._announced.pop(prefix, None)
                self._announced[prefix] = None
        if only is None:
            self._forget_earliest()
        self._look(self._known() if only is None else only)

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """Make the rows of all other prefixes again: another host may have deleted the route of a withdrawn one."""
        self._forget_earliest()
        self._look(self._known().difference(prefixes))

    def _forget_earliest(self) -> None:
        for prefix in [each for each in self._announced if each not in self._rib.offers][:-MOST_WITHDRAWN]:
            del self._announced[prefix]

    def written(self, outcome: Outcome) -> None:
        """Make the row of a written prefix again; that of a prefix list, once the cycle ends."""
        prefix = outcome.change.prefix
        if isinstance(prefix, PrefixListId):
            self._list_moved = True
        else:
            self._look((prefix,))

    def cycled(self, cycle: Cycle) -> None:
        """Make all rows again if a prefix list was written: its route moves all entries. Once for all tables."""
        if self._list_moved:
            self._list_moved = False
            self._look(self._known())

    def rows(self) -> Iterator[PrefixRow]:
        """All rows, sorted by prefix."""
        known = self._known()
        for gone in self._last.keys() - known:
            del self._last[gone]
        self._look(known)
        for prefix in sorted(self._last, key=Prefix.sort_key):
            yield self._last[prefix]

    def tables(self) -> Iterator[TableRow]:
        """A row for each table that a rule finds."""
        for table_id, table_policy in sorted(self._view.tables.items()):
            table = table_policy.table
            yield TableRow(table_id, table.tags.get("Name", ""), table_policy.zone, table.account)

    def _known(self) -> set[Prefix]:
        managed = (prefix for rule in self._view.rules for prefix in rule.manages)
        return {*managed, *self._announced, *filter(self._is_announced, self._rib.offers)}

    def _is_announced(self, prefix: Prefix) -> bool:
        """Whether a source of this host offers it."""
        return any(offer.side is not Side.PEER for offer in self._rib.offers.get(prefix, ()))

    def _look(self, prefixes: Collection[Prefix]) -> None:
        """Make the rows of these prefixes again; a row that has not changed keeps its time."""
        ours = frozenset(each.id for each in self._view.snapshot.own)
        # Mostly the same rules find many tables. To find a prefix's rule is costly, so it is done once for all of them.
        alike: dict[tuple[int, ...], list[TablePolicy]] = defaultdict(list)
        for each in self._view.tables.values():
            alike[tuple(map(id, each.rules))].append(each)
        for prefix in prefixes:
            managing = [rule for rule in self._view.rules if prefix in rule.manages]
            is_announced = self._is_announced(prefix)
            before = self._last.pop(prefix, None)
            if not (managing or is_announced or prefix in self._announced):
                continue
            row = self._row(prefix, alike.values(), ours, is_managed=bool(managing), is_announced=is_announced)
            if row.tables == 0 and row.permitted:
                permitting = managing or [rule for rule in self._view.rules if rule.accept.accepts(prefix)]
                if all(rule.no_results_ok for rule in permitting):
                    continue
            if not (row.permitted or row.announced):
                continue
            if before is None or replace(before, since="") != row:
                before = replace(row, since=wall_clock())
            self._last[prefix] = before

    def _row(
        self, prefix: Prefix, alike: Iterable[Sequence[TablePolicy]], ours: Collection[str],
        *, is_managed: bool, is_announced: bool,
    ) -> PrefixRow:  # fmt: skip
        """The row of a prefix as of now, without its time. `alike`: the tables, grouped by their rules."""
        is_offered = any(offer.side is Side.LOCAL for offer in self._rib.offers.get(prefix, ()))
        # Paths of health checks count where the prefix is managed, those of other sources where it is accepted.
        may_be_accepted = is_offered or prefix in self._announced
        counts: Counter[str] = Counter()
        owners: Counter[tuple[str, str]] = Counter()  # (instance, its zone if that is known) -> tables
        blackholes, without_route = [], []
        about = []
        for some in alike:
            # The rule that decides the prefix's route in these tables, and rules with a list that has it as an entry.
            rule = some[0].rule_for(prefix)
            rules = [*([rule] if rule else []), *(each for each in some[0].lists.values() if each.covers(prefix))]
            if any(may_be_accepted or prefix in each.manages for each in rules):
                about.append(some)
        for table_policy in (each for some in about for each in some):
            route = table_policy.route_serving(prefix, self._view.snapshot)
            counts["tables"] += 1
            if route is None:
                without_route.append(table_policy.table.id)
            elif route.state is RouteState.BLACKHOLE:
                blackholes.append(table_policy.table.id)
            elif not route.target.has_owner:
                counts["foreign"] += 1
            elif route.target.id in ours:
                counts["ours"] += 1
            else:
                counts["peer"] += 1
                interface = self._view.snapshot.peer_enis.get(route.target.id)
                owner = route.instance_id or route.vpc_id or route.target.id
                owners[owner, interface.zone if interface else ""] += 1
        return PrefixRow(
            prefix=str(prefix),
            managed=is_managed,
            announced=is_announced,
            permitted=is_managed or any(rule.accept.accepts(prefix) for rule in self._view.rules),
            tables=counts["tables"],
            ours=counts["ours"],
            peer=counts["peer"],
            foreign=counts["foreign"],
            blackholes=tuple(sorted(blackholes)),
            without_route=tuple(sorted(without_route)),
            owners=tuple(OwnerRow(owner, zone, tables) for (owner, zone), tables in owners.most_common()),
            since="",
        )
