"""Apply: what a decision wants changed is written, as far as it may be now.

The guard refuses a plan that would change too much. Each change that it lets pass is written by a task of its own
(`writer.py`), at most one per (table, prefix). When a write has its outcome, its place is decided about again: then
there is nothing to do, or the next try is due, no sooner than `retries` says. In a dry run nothing is written, and what
would be is logged.
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
from bgp2vpc.reconcile.decisions import Decision
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
"""Seconds, in which a call that was under way when we took the route has been made."""

_FROM_ONE_WHO_MAY_DELETE = frozenset((Reason.OWNER_LOST, Reason.OWNER_FAILING, Reason.OWNER_SILENT))
"""Takes from an owner that is not heard and may be alive: it may withdraw at the same time, and its DeleteRoute come
after our ReplaceRoute. EC2 has no compare-and-swap."""


class Applier:
    """Starts writes, and sees them through. Without a `writer` it is a dry run."""

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
        """Of one decision."""
        self.refused = False
        """Whether the guard has refused a plan, and has not let one for everything pass since."""
        self.only_withdraws = False
        """Set when the daemon ends: no route is pointed at a host that is about to stop."""
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
        """Whether nothing is ever written."""
        return self._writer is None

    def wanted(self, plan: Plan) -> tuple[Change, ...]:
        """What of the plan is to be written, now or later."""
        return tuple(change for change in plan.changes if change.is_withdrawal or not self.only_withdraws)

    def apply(self, decision: Decision, *, is_whole: bool) -> None:
        """Write the changes that may be written now, each in a task of its own. `is_whole`: it is about all."""
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
        """Those of them, as they have to be now, that their places still need and that may be written now."""
        places, now = self._view.places, self._now()
        again = (self._view.still(each, inputs) for each in changes if places.at(each.key).may_be_written(now))
        return list(self.wanted(Plan(tuple(filter(None, again)))))

    def allowed(self, changes: Iterable[Change], *, is_whole: bool) -> tuple[Change, ...]:
        """What the guard lets pass of all the changes of a decision."""
        allowed = self._guarded(Plan(tuple(changes)), is_whole=is_whole).changes
        if is_whole:
            counts = Counter(change.action.value for change in allowed)
            self._polls.changes = ", ".join(f"{count} to {action}" for action, count in sorted(counts.items()))
        return allowed

    def begin(self, changes: Collection[Change]) -> Cycle:
        """A cycle that is going to write these; without any it is over."""
        cycle = self._journal.begin(len(changes), self._now())
        if not changes:
            self._journal.end(cycle, self._now())
        return cycle

    def start(self, changes: Iterable[Change], cycle: Cycle) -> None:
        """Write these."""
        if self._writer is not None:
            for change in changes:
                self._view.places.at(change.key).is_written = True
                self._tasks.start(self._write(self._writer, change, cycle))

    def ended(self, cycle: Cycle, changes: int = 1) -> None:
        """So many changes of the cycle are written, or not needed any more."""
        cycle.pending -= changes
        if not cycle.pending:
            self._journal.end(cycle, self._now())

    def _guarded(self, plan: Plan, *, is_whole: bool) -> Plan:
        """The part that the guard lets pass. A refused whole stays refused while parts of it pass."""
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
        if isinstance(outcome.error, InterfaceGone | TableGone):
            self._polls.at_once()
        self._queue.add([change.prefix])
        self._enqueue_released()
        if outcome.retry_at is not None:
            ring_at(outcome.retry_at, self._queue.add, [change.prefix])
        self.ended(cycle)

    def nothing_to_write(self, keys: Collection[RouteKey]) -> None:
        """Nothing is to be written at these places: forget what failed, and look for writes without an answer."""
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
        """Places that waited for another one to be tried may be tried themselves."""
        self._queue.add({prefix for _, prefix in self._retries.take_released()})

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
