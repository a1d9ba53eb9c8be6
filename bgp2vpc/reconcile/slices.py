"""Decisions about thousands of places, in slices, so that they do not block the event loop.

1. The prefixes are decided in slices of `PLACES` places, with a turn of the event loop after each. A slice uses the
   inputs and the snapshot as they are then; it records its verdicts and notifies the observers like any decision about
   some prefixes. Its changes are collected.
2. When all slices are decided, changes that their places no longer need are dropped, and the guard judges the rest
   together, so that `max_changes` holds for the whole decision.
3. The changes that pass are started in slices of `CHANGES`, each after another check that its place still needs it.

Events in between are decided at once, without regard to the slices. The checks of steps 2 and 3 ensure that no slice
undoes what such a decision has done.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from bgp2vpc.policy.guard import why_refused
from bgp2vpc.policy.plan import Change
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.decisions import Decisions
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.applier import Applier
from bgp2vpc.tasks import ReportedTasks

T = TypeVar("T")

MANY: Final = 500
"""Places that are decided in one turn of the event loop, at most; more are decided in slices."""
PLACES: Final = 100
"""Places per slice: about 5 ms on a CPU core of 2020."""
CHANGES: Final = 100
"""Changes per slice when they are checked again and started."""


def slices(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; the last list may be shorter."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def is_much(view: View, inputs: Inputs, only: Collection[Prefix] | None = None) -> bool:
    """Whether these prefixes, or (None) all, have more than `MANY` places, so that they are handled in slices."""
    if only is not None:
        return len(only) * len(view.tables) > MANY
    routes = sum(len(table_policy.table.routes) for table_policy in view.tables.values())
    return max(routes, len(view.places.states), len(inputs.now().offers) * len(view.tables)) > MANY


class Slices:
    """Runs decisions in slices: at most one about everything and one about some prefixes at a time.

    Requests that arrive meanwhile are merged, and served when the running one has ended.
    """

    def __init__(self, view: View, inputs: Inputs, journal: Journal, decisions: Decisions, applier: Applier) -> None:
        self._view = view
        self._inputs = inputs
        self._journal = journal
        self._decisions = decisions
        self._applier = applier
        self._tasks = ReportedTasks()
        self._is_everything_due = False
        self._due: set[Prefix] = set()
        self._deciding_everything = asyncio.Lock()
        self._deciding_some = asyncio.Lock()
        self.are_closed = False

    def begin(self, only: Collection[Prefix] | None) -> "asyncio.Task[None]":
        """Decide about these prefixes, or (None) about all. The task ends when the writes have been started."""
        if only is None:
            self._is_everything_due = True
            return self._tasks.start(self._decide_everything())
        self._due.update(only)
        return self._tasks.start(self._decide_some())

    def everything_is_decided(self) -> None:
        """Drop a waiting request to decide about everything: it was done in one turn, without slices."""
        self._is_everything_due = False

    def are_idle(self) -> bool:
        """Whether no decision in slices is due or under way."""
        under_way = self._deciding_everything.locked() or self._deciding_some.locked()
        return not (self._is_everything_due or self._due or under_way)

    def close(self) -> None:
        """Decide nothing more. A decision ends after its present slice, unless its changes are being started."""
        self._is_everything_due, self._due, self.are_closed = False, set(), True

    async def _decide_everything(self) -> None:
        """Decide about everything, unless a task that ran before this one has done so."""
        async with self._deciding_everything:
            if self._is_everything_due:
                self._is_everything_due = False
                view, inputs = self._view, self._inputs.now()
                prefixes = {*inputs.offers, *inputs.taken}
                prefixes.update(prefix for rule in view.rules for prefix in rule.manages)
                prefixes.update(list_id for table_policy in view.tables.values() for list_id in table_policy.lists)
                prefixes.update(prefix for _, prefix in view.places.states)
                for table_id in tuple(view.tables):
                    prefixes |= view.prefixes_of_routes(table_id)
                    await asyncio.sleep(0)
                await self._decide_each(prefixes, is_whole=True)

    async def _decide_some(self) -> None:
        """Decide about the prefixes that are due, unless a task that ran before this one has done so."""
        async with self._deciding_some:
            if self._due:
                prefixes, self._due = self._due, set()
                await self._decide_each(prefixes, is_whole=False)

    async def _decide_each(self, prefixes: Collection[Prefix], *, is_whole: bool) -> None:
        """Decide slice by slice, and apply the changes. `is_whole`: these prefixes are all that there are."""
        changes: list[Change] = []
        for some in slices(prefixes, max(1, PLACES // max(1, len(self._view.tables)))):
            if self.are_closed:
                return
            decision = self._decisions.decide(some)
            self._applier.nothing_to_write(decision.unchanged)
            changes += decision.plan.changes
            await asyncio.sleep(0)
        if self.are_closed:
            return
        if is_whole:
            self._applier.nothing_to_write(self._decisions.decided_all(prefixes).unchanged)
        await self._apply(changes, is_whole=is_whole)

    async def _apply(self, changes: Iterable[Change], *, is_whole: bool) -> None:
        """Apply changes as `Applier.apply` does, although some of them were decided many turns ago.

        Each is updated to what its place needs now, before the guard and again before its write: meanwhile another
        decision may have started to write there, or may have come to another result.
        """
        applier, view = self._applier, self._view
        still: list[Change] = []
        for some in slices(changes, CHANGES):
            still += applier.still(some, self._inputs.now())
            await asyncio.sleep(0)
        still.sort(key=lambda change: (change.table_id, change.prefix.sort_key()))
        await asyncio.sleep(0)
        if applier.is_dry_run:
            for some in slices(still, CHANGES):
                self._journal.dry_run(some, view.places)
                await asyncio.sleep(0)
            return
        # Since its check, a table or interface may have gone: for one such change the guard would refuse all of them.
        current: list[Change] = []
        for each in still:
            is_old = why_refused(each, view.tables, view.snapshot)
            current += applier.still([each], self._inputs.now()) if is_old else [each]
        allowed = applier.allowed(current, is_whole=is_whole)
        if not allowed and not is_whole:
            return
        cycle = applier.begin(allowed)
        for some in slices(allowed, CHANGES):
            needed = applier.still(some, self._inputs.now())
            applier.start(needed, cycle)
            if unneeded := len(some) - len(needed):
                applier.ended(cycle, unneeded)
            await asyncio.sleep(0)
