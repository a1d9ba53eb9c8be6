"""Decide: what the route tables should hold, by the inputs and the snapshot of now.

Each verdict is remembered (`policy/place_state.py`), and the observers are told. If a decision depends on instances
that are not known yet, EC2 is asked about them (`read/lookup.py`).
"""

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass

from bgp2vpc.logs import event
from bgp2vpc.policy.plan import Plan, RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.lookup import Lookup
from bgp2vpc.reconcile.read.reread import Rereader
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import Alarm

log = logging.getLogger("bgp2vpc")


@dataclass(frozen=True, slots=True)
class Decision:
    """`plan`: the changes to be written, and all verdicts. `unchanged`: the places where nothing is to be written."""

    plan: Plan
    unchanged: tuple[RouteKey, ...]


class Decisions:
    """Makes them, each in one turn of the event loop; and knows which are due since time has passed."""

    def __init__(
        self,
        view: View,
        inputs: Inputs,
        journal: Journal,
        queue: DecisionQueue,
        rereader: Rereader,
        lookup: Lookup,
    ) -> None:
        self._view = view
        self._inputs = inputs
        self._journal = journal
        self._queue = queue
        self._rereader = rereader
        self._lookup = lookup
        self._expiry = Alarm(self._time_has_passed)

    def decide(self, only: Collection[Prefix] | None) -> Decision:
        """Decide about these prefixes, or (None) about all."""
        self._expire()
        inputs = self._inputs.now()
        plan = self._view.plan(inputs, only)
        for lost in self._view.take_lost(only):
            self._journal.lost(lost)
        for each in self._journal.observers:
            each.decided(inputs, only)
        unchanged = self._remember(plan, self._view.known_places(only))
        self._journal.refuse(self._view.not_accepted(inputs, only), only)
        self._lookup.ask(inputs, plan, only)
        return Decision(plan, unchanged)

    def decided_all(self, prefixes: Collection[Prefix]) -> Decision:
        """These prefixes, decided about one after the other, are all: nothing is to be written in other tables."""
        elsewhere = [key for key in self._view.places.states if key[0] not in self._view.tables]
        unchanged = self._remember(Plan(), elsewhere)
        self._journal.not_accepted.intersection_update(prefixes)
        for each in self._journal.observers:
            each.decided_all(prefixes)
        return Decision(Plan(), unchanged)

    def _remember(self, plan: Plan, known: Collection[RouteKey]) -> tuple[RouteKey, ...]:
        """The verdicts of the plan, and that the other `known` places have none. Returns those without a change."""
        verdicts = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        before = self._view.decided(known, verdicts, asyncio.get_running_loop().time(), time.time())
        self._expiry.set(self._view.places.next_expiry())
        self._journal.verdicts(before, verdicts)
        changing = {change.key for change in plan.changes}
        return tuple(key for key in known if key not in changing)

    def _expire(self) -> None:
        """Who was waited for is late, or what was suppressed is not any more."""
        expired = self._view.places.expire(asyncio.get_running_loop().time())
        for table_id, prefix in sorted(expired.reusable):
            event(log, logging.INFO, "route no longer suppressed", table=table_id, prefix=prefix)
        self._queue.add(expired.to_decide)
        self._rereader.reread(expired.to_read)  # what we know of the table is older than what we expect of the other

    def _time_has_passed(self) -> None:
        self._expire()
        self._expiry.set(self._view.places.next_expiry())
