"""Decisions about much, in slices: some places at a time, with a turn of the event loop after each.

What changes in between is decided about at once. Each slice takes the inputs and the snapshot as of now, and remembers
its verdicts and tells them to the observers, as any decision about some prefixes does. Only its changes wait: the guard
judges those of all slices together, and each that it lets pass is written if its place still needs it then. So no slice
undoes what was decided meanwhile, and no event has to know of the slices.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

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
"""Places that are decided about in one turn of the event loop; more are in slices."""
PLACES: Final = 100
"""Of one slice: about 5 ms on a core of 2020."""
CHANGES: Final = 100
"""Of one slice, when they are looked at once more and written."""


def slices(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many, and the next ones, and so on."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def is_much(view: View, inputs: Inputs, only: Collection[Prefix] | None = None) -> bool:
    """Whether these prefixes, or (None) all, are more than are looked at in one turn of the event loop."""
    if only is not None:
        return len(only) * len(view.tables) > MANY
    routes = sum(len(table_policy.table.routes) for table_policy in view.tables.values())
    return max(routes, len(view.places.states), len(inputs.now().offers) * len(view.tables)) > MANY


class Slices:
    """One decision about everything and one about some prefixes may go on at a time; what comes meanwhile waits."""

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
        """Decide about these prefixes, or (None) about all. The task ends when what may be written is being written."""
        if only is None:
            self._is_everything_due = True
            return self._tasks.start(self._decide_everything())
        self._due.update(only)
        return self._tasks.start(self._decide_some())

    def everything_is_decided(self) -> None:
        """In one turn, by somebody else: whoever waits to do so finds it done."""
        self._is_everything_due = False

    def are_idle(self) -> bool:
        """Whether nothing is due or under way."""
        under_way = self._deciding_everything.locked() or self._deciding_some.locked()
        return not (self._is_everything_due or self._due or under_way)

    def close(self) -> None:
        """Decide nothing more; what is under way ends after its slice."""
        self._is_everything_due, self._due, self.are_closed = False, set(), True

    async def _decide_everything(self) -> None:
        """Everything, if that is still due when nobody else does so any more."""
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
        """What is still due when nobody else does so any more."""
        async with self._deciding_some:
            if self._due:
                prefixes, self._due = self._due, set()
                await self._decide_each(prefixes, is_whole=False)

    async def _decide_each(self, prefixes: Collection[Prefix], *, is_whole: bool) -> None:
        """Slice by slice; `is_whole`: these prefixes are all there are."""
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
        """As `Applier.apply`, for changes some of which were decided about a while ago.

        The guard judges them together, as they are by now; and each is written if its place still needs it when its
        turn comes: another decision may have begun to write it, or wants something else.
        """
        applier = self._applier
        still: list[Change] = []
        for some in slices(changes, CHANGES):
            still += applier.still(some, self._inputs.now())
            await asyncio.sleep(0)
        still.sort(key=lambda change: (change.table_id, change.prefix.sort_key()))
        await asyncio.sleep(0)
        if applier.is_dry_run:
            for some in slices(still, CHANGES):
                self._journal.dry_run(some, self._view.places)
                await asyncio.sleep(0)
            return
        allowed = applier.allowed(still, is_whole=is_whole)
        if not allowed and not is_whole:
            return
        cycle = applier.begin(allowed)
        for some in slices(allowed, CHANGES):
            needed = applier.still(some, self._inputs.now())
            applier.start(needed, cycle)
            if unneeded := len(some) - len(needed):
                applier.ended(cycle, unneeded)
            await asyncio.sleep(0)
