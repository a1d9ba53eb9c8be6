"""The applier: starts the writes of a decision that may be made now.

1. Where no write is needed any more, failures of earlier writes are forgotten, and a write whose answer was lost is
   rechecked (`nothing_to_write`).
2. A change is left out if a write at its place is under way, or has failed and is not due again (`retries.py`).
3. The guard judges the remaining changes together. If it refuses them, only the withdrawals among them are written.
4. Each change that passes is written by a task of its own (`writer.py`), at most one per (table, prefix).
5. When a write has ended, its place is decided again. Then nothing remains to be done there, or the next try follows
   when it is due.

In a dry run nothing is written; the changes are logged.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Iterable

from bgp2vpc.errors import InterfaceGone, PlanRefused, TableGone
from bgp2vpc.logs import event
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard, withdrawals
from bgp2vpc.policy.plan import Change, Plan, Reason, RouteKey
from bgp2vpc.reconcile.decisions import DecisionResult
from bgp2vpc.reconcile.inputs import DecisionQueue
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Cycle, WriteResult
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.reconcile.read.reread import Rereader
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.retries import Retries
from bgp2vpc.reconcile.write.writer import Writer
from bgp2vpc.tasks import ReportedTasks, ring_at

log = logging.getLogger("bgp2vpc")

AFTER_A_TAKE = 1.0
"""Seconds after we took a route until its table is read again: by then, a call that was under way has been made."""

_FROM_ONE_WHO_MAY_DELETE = frozenset((Reason.OWNER_LOST, Reason.OWNER_FAILING, Reason.OWNER_SILENT))
"""Reasons to take a route from an owner that may be alive. It may withdraw at the same time, and its DeleteRoute may
come after our ReplaceRoute: EC2 has no compare-and-swap."""


class Applier:
    """Starts writes, and handles their outcomes. Without a `writer` it is a dry run."""

    def __init__(
        self,
        view: View,
        retries: Retries,
        journal: Journal,
        polls: Polls,
        queue: DecisionQueue,
        rereader: Rereader,
        writer: Writer | None,
    ) -> None:
        self.max_changes = 1000
        """Changes that one decision may write; withdrawals do not count."""
        self.refused = False
        """Whether the guard has refused a plan and has accepted no plan about everything since."""
        self.only_withdraws = False
        """Set at shutdown: no route may be pointed at a host that is about to stop."""
        self._view = view
        self._retries = retries
        self._journal = journal
        self._polls = polls
        self._queue = queue
        self._rereader = rereader
        self._writer = writer
        self._tasks = ReportedTasks()

    @property
    def is_dry_run(self) -> bool:
        """Whether changes are only logged, never written."""
        return self._writer is None

    def wanted(self, plan: Plan) -> tuple[Change, ...]:
        """The changes of the plan that are to be written, now or later: all, or at shutdown the withdrawals."""
        return tuple(change for change in plan.changes if change.is_withdrawal or not self.only_withdraws)

    def apply(self, decision: DecisionResult, *, is_whole: bool) -> None:
        """Start to write the changes that may be written now. `is_whole`: the decision is about everything."""
        self.nothing_to_write(decision.unchanged)
        plan = decision.plan
        if self.is_dry_run:
            self._journal.dry_run(plan.changes, self._view.places)
            return
        places, now = self._view.places, self._now()
        idle = [change for change in self.wanted(plan) if places.at(change.key).may_be_written(now)]
        allowed = self.allowed(idle, is_whole=is_whole)
        if allowed or is_whole:
            self.start(allowed, self.begin(allowed))

    def still(self, changes: Iterable[Change], inputs: DecisionInput) -> list[Change]:
        """The changes that their places still need and that may be written now, updated to what is needed now."""
        places, now = self._view.places, self._now()
        again = (self._view.still(each, inputs) for each in changes if places.at(each.key).may_be_written(now))
        return list(self.wanted(Plan(tuple(filter(None, again)))))

    def allowed(self, changes: Iterable[Change], *, is_whole: bool) -> tuple[Change, ...]:
        """The changes that the guard accepts; `changes` are all those of a decision."""
        allowed = self._guarded(Plan(tuple(changes)), is_whole=is_whole).changes
        if is_whole:
            counts = Counter(change.action.value for change in allowed)
            self._polls.changes = ", ".join(f"{count} to {action}" for action, count in sorted(counts.items()))
        return allowed

    def begin(self, changes: Collection[Change]) -> Cycle:
        """Begin a cycle that writes these changes; without any, it ends at once."""
        cycle = self._journal.begin(len(changes), self._now())
        if not changes:
            self._journal.end(cycle, self._now())
        return cycle

    def start(self, changes: Iterable[Change], cycle: Cycle) -> None:
        """Start a task for each of these changes that writes it."""
        if self._writer is not None:
            for change in changes:
                self._view.places.at(change.key).is_written = True
                self._tasks.start(self._write(self._writer, change, cycle))

    def ended(self, cycle: Cycle, changes: int = 1) -> None:
        """Count changes of the cycle that have been written or are not needed any more; end the cycle with the last."""
        cycle.pending -= changes
        if not cycle.pending:
            self._journal.end(cycle, self._now())

    def _guarded(self, plan: Plan, *, is_whole: bool) -> Plan:
        """The part of the plan that the guard accepts. If it refuses the plan, the withdrawals are judged alone.

        `refused` stays set until a plan about everything (`is_whole`) is accepted.
        """
        try:
            guard(plan, self._view.tables, self._view.snapshot, self.max_changes)
        except PlanRefused as refusal:
            self.refused = True
            self._journal.failure("plan", refusal)
            rest = withdrawals(plan)
            return self._guarded(rest, is_whole=False) if len(rest.changes) < len(plan.changes) else Plan()
        if is_whole:
            self.refused = False
            self._journal.success("plan")
        return plan

    async def _write(self, writer: Writer, change: Change, cycle: Cycle) -> None:
        places = self._view.places
        try:
            outcome = await writer.write(change)
        finally:
            places.at(change.key).is_written = False
        self._journal.outcome(outcome, cycle)
        for each in self._journal.observers:
            each.written(outcome)
        if outcome.result is WriteResult.DONE:
            if outcome.change.is_move and places.took(change.key, now := self._now()):
                seconds = round(places.at(change.key).suppressed_for(now) or 0.0)
                where = {"table": change.table_id, "prefix": change.prefix}
                hint = "a service flaps, or instances disagree; it stays where it is unless its owner is certainly down"
                event(log, logging.WARNING, "suppressed: route flapping", **where, seconds=seconds, hint=hint)
            if outcome.change.reason in _FROM_ONE_WHO_MAY_DELETE:
                asyncio.get_running_loop().call_later(AFTER_A_TAKE, self._rereader.reread, [change.key])
        if isinstance(outcome.error, InterfaceGone | TableGone) or change.table_id not in self._view.snapshot.tables:
            self._polls.at_once()
        self._queue.add([change.prefix])
        self._enqueue_released()
        if outcome.retry_at is not None:
            ring_at(outcome.retry_at, self._queue.add, [change.prefix])
        self.ended(cycle)

    def nothing_to_write(self, keys: Collection[RouteKey]) -> None:
        """Forget the failed writes at these places, which need no write; recheck those that got no answer."""
        failed = []
        for key in keys:
            state = self._view.places.at(key)
            state.hooked, state.proposed = frozenset(), None
            if state.failure is not None:
                failed.append(key)
                if state.failure.may_have_been_applied:
                    self._rereader.recheck(key)
        self._journal.no_longer_wanted(failed)
        self._retries.forget(failed, self._now())
        self._enqueue_released()

    def _enqueue_released(self) -> None:
        """Decide about places that waited while another one was tried for them, and may now be tried themselves."""
        self._queue.add({prefix for _, prefix in self._retries.take_released()})

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
