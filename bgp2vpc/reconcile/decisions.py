"""Decide: what the inputs and the snapshot want, as of now; remembered, told to the observers, and asked about."""

import asyncio
import logging
import time
from collections.abc import Collection

from bgp2vpc.logs import event
from bgp2vpc.policy.plan import Plan, RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.lookup import Lookup
from bgp2vpc.reconcile.read.reread import Rereader
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.applier import Applier
from bgp2vpc.tasks import Alarm

log = logging.getLogger("bgp2vpc")


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
        applier: Applier,
    ) -> None:
        self._view = view
        self._inputs = inputs
        self._journal = journal
        self._queue = queue
        self._rereader = rereader
        self._lookup = lookup
        self._applier = applier
        self._expiry = Alarm(self._time_has_passed)

    def decide(self, only: Collection[Prefix] | None) -> Plan:
        """Decide about these prefixes, or (None) about all; what is to be written is for the caller to apply."""
        self._expire()
        inputs = self._inputs.now()
        plan = self._view.plan(inputs, only)
        for lost in self._view.take_lost(only):
            self._journal.lost(lost)
        for each in self._journal.observers:
            each.decided(inputs, only)
        self._remember(plan, self._view.known_places(only))
        self._journal.refuse(self._view.not_accepted(inputs, only), only)
        self._lookup.ask(inputs, plan, only)
        return plan

    def decided_all(self, prefixes: Collection[Prefix]) -> None:
        """All were decided about, some after the other: of other prefixes, and in other tables, there is nothing."""
        elsewhere = [key for key in self._view.places.states if key[0] not in self._view.tables]
        self._remember(Plan(), elsewhere)
        self._journal.not_accepted.intersection_update(prefixes)
        for each in self._journal.observers:
            each.decided_all(prefixes)

    def _remember(self, plan: Plan, known: Collection[RouteKey]) -> None:
        """The verdicts of the plan, and that the other `known` places have none."""
        wanted = {change.key for change in plan.changes}
        self._applier.no_longer_wanted([key for key in known if key not in wanted])
        verdicts = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        before = self._view.decided(known, verdicts, asyncio.get_running_loop().time(), time.time())
        self._expiry.set(self._view.places.next_expiry())
        self._journal.verdicts(before, verdicts)

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
