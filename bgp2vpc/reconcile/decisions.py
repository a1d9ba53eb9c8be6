"""Decide: make the plan from the present inputs and snapshot, and record its verdicts.

One decision, in this order:

1. Expire what is due (`Places.expire`): peers that are late with a write, suppressions that are over; and forget old
   answers about the health of instances (`View.forget_old_health`).
2. Make the plan (`policy/decide.py`).
3. Notify the observers, and record the verdict of each place (`policy/place_state.py`).
4. Log new verdicts, and prefixes that no rule accepts (`journal.py`).
5. Look up interfaces and instances that the plan depends on and that are not known (`read/lookup.py`). The answer
   leads to another decision.

Nothing is written here: `write/applier.py` applies the result. An alarm expires what is due between decisions.
"""

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass

from bgp2vpc.logs import event
from bgp2vpc.policy.plan import Plan, RouteKey
from bgp2vpc.policy.tables import not_accepted
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.lookup import Lookup
from bgp2vpc.reconcile.read.reread import Rereader
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import Alarm

log = logging.getLogger("bgp2vpc")


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The result of one decision: the plan, and the remembered places (`unchanged`) that need no write."""

    plan: Plan
    unchanged: tuple[RouteKey, ...]


class Decisions:
    """Makes decisions, each in one turn of the event loop, and expires what is due between them."""

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

    def decide(self, only: Collection[Prefix] | None) -> DecisionResult:
        """Decide about these prefixes, or (None) about all."""
        self._expire()
        self._view.forget_old_health(asyncio.get_running_loop().time())
        inputs = self._inputs.now()
        plan = self._view.plan(inputs, only)
        for lost in self._view.take_lost(only):
            self._journal.lost(lost)
        for each in self._journal.observers:
            each.decided(inputs, only)
        unchanged = self._remember(plan, self._view.known_places(only))
        self._journal.refuse(not_accepted(self._view.rules, inputs, only), only)
        self._lookup.ask(inputs, plan, only)
        return DecisionResult(plan, unchanged)

    def decided_all(self, prefixes: Collection[Prefix]) -> DecisionResult:
        """End a decision about everything that was made in slices; `prefixes` are all prefixes that there are.

        Places in tables that no rule finds any more lose their verdicts, and are `unchanged` in the result.
        """
        elsewhere = [key for key in self._view.places.states if key[0] not in self._view.tables]
        unchanged = self._remember(Plan(), elsewhere)
        self._journal.not_accepted.intersection_update(prefixes)
        for each in self._journal.observers:
            each.decided_all(prefixes)
        return DecisionResult(Plan(), unchanged)

    def _remember(self, plan: Plan, known: Collection[RouteKey]) -> tuple[RouteKey, ...]:
        """Record the verdicts of the plan; other `known` places lose theirs. Returns the `known` without a change."""
        verdicts = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        before = self._view.decided(known, verdicts, asyncio.get_running_loop().time(), time.time())
        self._expiry.set(self._view.places.next_expiry())
        self._journal.verdicts(before, verdicts)
        changing = {change.key for change in plan.changes}
        return tuple(key for key in known if key not in changing)

    def _expire(self) -> None:
        """Expire what is due, and queue the decisions and reads that follow (`place_state.Expired`)."""
        expired = self._view.places.expire(asyncio.get_running_loop().time())
        for table_id, prefix in sorted(expired.reusable):
            event(log, logging.INFO, "route no longer suppressed", table=table_id, prefix=prefix)
        self._queue.add(expired.to_decide)
        self._rereader.reread(expired.to_read)  # only a fresh read shows whether the other instance has written

    def _time_has_passed(self) -> None:
        self._expire()
        self._expiry.set(self._view.places.next_expiry())
