"""The prefixes that are managed or announced here, and whether every table of their rules has a route for them.

This is about tables, not about verdicts: a prefix whose service is down everywhere has no path and no route, so there
is nothing to decide about it, and it has no verdict. It is the one that an operator has to know of.
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
"""Prefixes that are remembered although nobody announces them any more; the earliest ones are forgotten first."""


class ServedPrefixes(Observer):
    """Looks at the tables after each decision and each write, and so knows since when each prefix is as it is."""

    def __init__(self, view: View, adj_rib_in: AdjRibIn) -> None:
        self._view = view
        self._rib = adj_rib_in.rib
        self._kinds = adj_rib_in.kinds
        self._announced: dict[Prefix, None] = {}
        """What scripts, and those behind `tee`, have announced, whether or not they have withdrawn it since: that is
        what a health check does when the service is down. Not what clients of the socket say, who may only be trying.
        """
        self._last: dict[Prefix, PrefixRow] = {}
        self._list_moved = False
        """Whether the route of a prefix list was written in this cycle."""

    def forget_withdrawn(self) -> None:
        """Forget what nobody announces any more: so does a service go that was given up for good."""
        self._announced = {each: None for each in self._announced if each in self._rib.offers}

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """Of these prefixes (None: all) something may be new: what is announced, or what the tables have."""
        for prefix in self._rib.offers if only is None else only:
            offers = self._rib.offers.get(prefix, ())
            if any(o.side is Side.LOCAL and self._kinds.get(o.source) is not SourceKind.CLIENT for o in offers):
                self._announced.pop(prefix, None)
                self._announced[prefix] = None
        if only is None:
            self._forget_earliest()
        self._look(self._known() if only is None else only)

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """What is known of other prefixes may be new, too: somebody may have deleted the route of a withdrawn one."""
        self._forget_earliest()
        self._look(self._known().difference(prefixes))

    def _forget_earliest(self) -> None:
        for prefix in [each for each in self._announced if each not in self._rib.offers][:-MOST_WITHDRAWN]:
            del self._announced[prefix]

    def written(self, outcome: Outcome) -> None:
        """A write has its outcome."""
        prefix = outcome.change.prefix
        if isinstance(prefix, PrefixListId):
            self._list_moved = True
        else:
            self._look((prefix,))

    def cycled(self, cycle: Cycle) -> None:
        """The route of a list moves all its entries: looked at once for all tables."""
        if self._list_moved:
            self._list_moved = False
            self._look(self._known())

    def rows(self) -> Iterator[PrefixRow]:
        """All of them, in order."""
        known = self._known()
        for gone in self._last.keys() - known:
            del self._last[gone]
        self._look(known)
        for prefix in sorted(self._last, key=Prefix.sort_key):
            yield self._last[prefix]

    def tables(self) -> Iterator[TableRow]:
        """Every table that a rule finds."""
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
        """What the tables have for these, if they are known."""
        ours = frozenset(each.id for each in self._view.snapshot.own)
        # Mostly the same rules find many tables, and which of them is about a prefix is the costly question.
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
            needs_no_table = row.tables == 0 and managing and all(rule.no_results_ok for rule in managing)
            if needs_no_table or not (row.permitted or row.announced):
                continue
            if before is None or replace(before, since="") != row:
                before = replace(row, since=wall_clock())
            self._last[prefix] = before

    def _row(
        self, prefix: Prefix, alike: Iterable[Sequence[TablePolicy]], ours: Collection[str],
        *, is_managed: bool, is_announced: bool,
    ) -> PrefixRow:  # fmt: skip
        """As it is now, without the time. `alike`: the tables, those with the same rules together."""
        is_offered = any(offer.side is Side.LOCAL for offer in self._rib.offers.get(prefix, ()))
        # What a health check offers counts where it is managed; what others offer, where it is accepted.
        may_be_accepted = is_offered or prefix in self._announced
        counts: Counter[str] = Counter()
        owners: Counter[tuple[str, str]] = Counter()  # (instance, its zone if that is known) -> tables
        blackholes, without_route = [], []
        about = []
        for some in alike:
            # The rule that gives the prefix a route in these tables, and those that have it as an entry of a list.
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
