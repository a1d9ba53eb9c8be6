"""The reconciler: observe, decide, apply; over and over, and at once when something happens.

*Observe*: a poll reads everything (`poll.py`) into the view; single tables are read between polls (`reread.py`), and
`lookup.py` asks EC2 which instances the peers and owners are, and how they are. *Decide*: all inputs against what EC2
says give a plan (`policy`). *Apply*: the guard refuses a plan that would change too much; then each change is written
by a task of its own (`apply.py`), at most one per (table, prefix).

An event (a line, a session, a verdict of a check) changes an input and puts its prefixes into the queue: it only brings
the next decision nearer. Since each decision works from all inputs, a lost event, a failed call or somebody else's
change is mended by the next one. Decisions take milliseconds on the event loop; a slow table or a hanging call delays
nothing but itself.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection, Container
from dataclasses import dataclass
from itertools import islice

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Bgp2vpcError, Ec2Error, InterfaceGone, PlanRefused, TableGone
from bgp2vpc.logs import event
from bgp2vpc.policy.guard import guard, withdrawals
from bgp2vpc.policy.plan import Change, Decision, Plan, Reason, RouteKey, make_plan
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.apply import Applier
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.lookup import Lookup
from bgp2vpc.reconcile.outcomes import Cycle, WriteResult
from bgp2vpc.reconcile.poll import learn_health, observe
from bgp2vpc.reconcile.polls import Polls
from bgp2vpc.reconcile.queue import DecisionQueue
from bgp2vpc.reconcile.reread import Rereader
from bgp2vpc.reconcile.retries import Retries
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import Alarm, ReportedTasks, ring_at
from bgp2vpc.vpc.model import Instance

log = logging.getLogger("bgp2vpc")

CONNECT_RETRY_FIRST = 0.5
CONNECT_RETRY_MOST = 30.0
AT_ONCE = 100
"""Places that are decided about in one turn of the event loop, which takes some milliseconds."""
MANY = 500
"""Places that have changed at once, after which all are decided about, in turns."""
AFTER_A_TAKE = 1.0
"""Seconds, in which a call that was under way when we took the route has been made."""

_FROM_ONE_WHO_MAY_DELETE = frozenset((Reason.OWNER_LOST, Reason.OWNER_FAILING, Reason.OWNER_SILENT))
"""Takes from an owner that is not heard and may be alive: it may withdraw at the same time, and its DeleteRoute come
after our ReplaceRoute. EC2 has no compare-and-swap."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`poll_time` in seconds between full reads, and how many changes one decision may hold."""

    poll_time: float = 60.0
    max_changes: int = 1000


class Reconciler:
    """Keeps the route tables as the inputs want them. Without an `applier` it only says what it would do."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        inputs: Inputs,
        retries: Retries,
        journal: Journal,
        applier: Applier | None,
    ) -> None:
        self.limits = Limits()
        self.refused = False
        self.polls = Polls()
        self.only_withdraws = False
        """Set when the daemon ends: no route is pointed at a host that is about to stop."""
        self.first_observation = asyncio.Event()
        self.calls = calls
        self.view = view
        self.inputs = inputs
        self._retries = retries
        self._journal = journal
        self._applier = applier
        self.places = view.places
        self._tasks = ReportedTasks()
        self._queue = DecisionQueue(self._decide)
        self._rereader = Rereader(calls, view, journal, self._queue, self._tasks)
        self._lookup = Lookup(calls, view, inputs, journal, self._queue, self._tasks)
        self._expiry = Alarm(self._time_has_passed)
        self._deciding = asyncio.Lock()
        self._finished = False

    async def run(self) -> None:
        """Find out who we are; then observe and decide, until cancelled. What is decided is written beside."""
        self.view.instance = await self._connected()
        while True:
            self.polls.begin()
            error = await self._observe()
            if error is None:
                await self._decide_in_turns()
            self.polls.end(error)
            self._polled()
            await self.polls.wait(self.limits.poll_time, knows_something=self.first_observation.is_set())

    async def _connected(self) -> Instance:
        """Who we are: tried until it works, for a host may boot before its network does."""
        waits = BackOff(CONNECT_RETRY_FIRST, CONNECT_RETRY_MOST)
        while True:
            try:
                instance = await self.calls.connected()
            except Bgp2vpcError as error:
                self._journal.failure("connect", error)
                self._polled()
                await asyncio.sleep(waits.next())
                continue
            self._journal.success("connect")
            where = {"instance": instance.id, "region": instance.region, "vpc": instance.vpc_id}
            event(log, logging.INFO, "running on instance", **where)
            return instance

    @property
    def is_connected(self) -> bool:
        """Whether it is known who we are, and EC2 can be asked."""
        return self.calls.is_connected.is_set()

    def _polled(self) -> None:
        for each in self._journal.observers:
            each.polled()

    def use(self, limits: Limits) -> None:
        """From now on."""
        self.limits = limits
        self._rereader.longest_retry = self._lookup.longest_retry = limits.poll_time

    # What may change a decision

    def news(self, prefixes: Collection[Prefix]) -> None:
        """What is announced of these, or what is known of who serves them, has changed.

        Before EC2 is reached there is nothing to do: the first poll decides about everything.
        """
        if not self.is_connected:
            return
        for each in self._journal.observers:
            each.touched(prefixes)
        self.places.news(prefixes)
        self._queue.add(prefixes)
        self._reread_ours(prefixes)

    def neighbors_changed(self) -> None:
        """A BGP session has begun, told all, or ended: what depends on the neighbors may be decided otherwise."""
        self.news({verdict.prefix for verdict in self.places.verdicts()})

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """The BGP session with who offered these paths, by prefix and next hop, is lost; before anything follows."""
        self.places.session_lost(paths, self._now())

    def everything_changed(self) -> None:
        """So much has changed that everything is decided about, now."""
        if self.is_connected:
            self._decide(None)

    def poll_now(self) -> None:
        """Read everything again without waiting for the next poll."""
        self.polls.at_once()

    def finish(self) -> None:
        """Decide nothing more; what is being written is still seen through."""
        self._finished = True

    def is_idle(self) -> bool:
        """Whether nothing is being written or decided."""
        return not self.places.written and not self._queue.is_due and not self._deciding.locked()

    def is_writing(self, prefixes: Container[Prefix]) -> bool:
        """Whether a route for one of these is being written."""
        return any(prefix in prefixes for _, prefix in self.places.written)

    def is_done(self) -> bool:
        """Whether nothing is left that time alone could bring about."""
        if not self.is_idle() or self.places.are_rechecked or self.places.are_awaited:
            return False
        if self.refused or self._applier is None:
            return True
        failures = (self.places.at(change.key).failure for change in self.remaining())
        return all(failure is not None and failure.needs_operator for failure in failures)

    def remaining(self) -> tuple[Change, ...]:
        """What is to be written, and is not yet."""
        changes = self.view.plan(self.inputs.now()).changes
        return tuple(change for change in changes if change.is_withdrawal or not self.only_withdraws)

    # Observe

    async def _observe(self) -> Ec2Error | None:
        """Read everything; the error if EC2 did not answer, and what was known before stays."""
        asked = self._now()
        try:
            snapshot = await observe(self.calls, self.view, self._journal.told)
        except Ec2Error as error:
            self._journal.failure("observe", error)
            return error
        self._journal.has_read(self._now())
        for table_id, prefix in self.view.observed(snapshot, asked, self._now()):
            self._journal.left(table_id, prefix)
        inputs = self.inputs.now()
        await self._lookup.resolve(self.view.interfaces_to_ask_about(inputs) | self.view.unresolved(inputs))
        # How those are that hold what we want, and how we are ourselves; what was true once accuses nobody later.
        instances = self.view.instances_to_ask_about(self.inputs.now())
        self.view.forget_health_except(instances)
        if instances:
            await learn_health(self.calls, self.view, instances, self._journal.told)
        self._journal.rules_without_tables(self.view.rules_without_tables)
        self._journal.shadowed(self.view.shadowed())
        self.first_observation.set()
        return None

    # Decide

    def _decide(self, only: Collection[Prefix] | None) -> None:
        """About these prefixes and those that a read has shown to have changed, or (None) about everything."""
        changed, self.view.changed = self.view.changed, set()
        if only is None:
            self._queue.drop_turns()
        elif changed:
            only = {*only, *changed}
        if only is not None and len(only) * len(self.view.tables) > MANY:
            self._tasks.start(self._decide_in_turns())
            return
        if not self._finished:
            self._expire()
            self._carry_out(self.view.plan(self.inputs.now(), only), only)

    async def _decide_in_turns(self) -> None:
        """About everything, with the event loop free in between; what has changed meanwhile is decided anew."""
        async with self._deciding:
            decided: list[Decision | None] = []
            self._queue.begin_turns()
            places = self.view.decisions(self.inputs.now())
            while some := list(islice(places, AT_ONCE)):
                decided += some
                if len(some) == AT_ONCE:
                    await asyncio.sleep(0)
            changed = self._queue.end_turns()
            if changed is None:
                return
            decided = [each for each in decided if each is not None and each[0].prefix not in changed]
            decided += self.view.decisions(self.inputs.now(), changed)
            plan = make_plan(filter(None, decided))
            if not self._finished:
                self._expire()
                self._carry_out(plan, None)

    def _carry_out(self, plan: Plan, only: Collection[Prefix] | None) -> None:
        """Remember what was decided about these prefixes, or (None) about all, ask what it leaves open, and write."""
        inputs = self.inputs.now()
        for lost in self.view.take_lost():
            self._journal.lost(lost)
        for each in self._journal.observers:
            each.decided(inputs, only)
        self._remember(plan, only)
        self._journal.refuse(self.view.not_accepted(inputs, only), only)
        self._lookup.ask(inputs, plan, only)
        if self._applier is None:
            self._journal.dry_run(plan.changes, self.places)
        else:
            self._apply(self._applier, plan, is_whole=only is None)

    def _remember(self, plan: Plan, only: Collection[Prefix] | None) -> None:
        """What was decided about these prefixes, or (None) about all."""
        states, now, unix_time = self.places.states, self._now(), time.time()
        if only is None:
            known = list(states)
        else:
            known = [key for table_id in self.view.tables for prefix in only if (key := (table_id, prefix)) in states]
        before = {key: verdict for key in known if (verdict := states[key].verdict) is not None}
        decided = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        wanted = {change.key for change in plan.changes}
        self._no_longer_wanted([key for key in known if key not in wanted])
        for key in before.keys() | decided.keys():
            holder, took_at = self.view.holder(key), self.view.took_at(key)
            self.places.decided(key, decided.get(key), holder, now, unix_time=unix_time, took_at=took_at)
        self._expiry.set(self.places.next_expiry())
        self._journal.verdicts(before, decided)

    def _no_longer_wanted(self, keys: Collection[RouteKey]) -> None:
        """Nothing is to be written at these places."""
        failed = []
        for key in keys:
            state = self.places.at(key)
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

    # Apply

    def _apply(self, applier: Applier, plan: Plan, *, is_whole: bool) -> None:
        """Write the changes of the plan that may be written now, each in a task of its own."""
        now = self._now()
        wanted = [change for change in plan.changes if change.is_withdrawal or not self.only_withdraws]
        idle = tuple(change for change in wanted if self.places.at(change.key).may_be_written(now))
        idle = self._allowed(Plan(idle), is_whole=is_whole).changes
        if is_whole:
            counts = Counter(change.action.value for change in idle)
            self.polls.changes = ", ".join(f"{count} to {action}" for action, count in sorted(counts.items()))
        elif not idle:
            return
        cycle = self._journal.begin(len(idle), now)
        for change in idle:
            self.places.at(change.key).is_written = True
            self._tasks.start(self._write(applier, change, cycle))
        if not idle:
            self._journal.end(cycle, now)

    def _allowed(self, plan: Plan, *, is_whole: bool) -> Plan:
        """What the guard lets pass of it. A refused whole stays refused while parts of it pass."""
        try:
            guard(plan, self.view.tables, self.view.snapshot, self.limits.max_changes)
        except PlanRefused as refusal:
            self.refused = True
            self._journal.failure("plan", refusal)
            rest = withdrawals(plan)
            return self._allowed(rest, is_whole=False) if len(rest.changes) < len(plan.changes) else Plan()
        if is_whole:
            self.refused = False
            self._journal.success("plan")
        return plan

    async def _write(self, applier: Applier, change: Change, cycle: Cycle) -> None:
        try:
            outcome = await applier.apply(change)
        finally:
            self.places.at(change.key).is_written = False
        self._journal.outcome(outcome, cycle)
        for each in self._journal.observers:
            each.written(outcome)
        if outcome.result is WriteResult.DONE:
            self._count_move(outcome.change)
            if outcome.change.reason in _FROM_ONE_WHO_MAY_DELETE:
                asyncio.get_running_loop().call_later(AFTER_A_TAKE, self._rereader.reread, [outcome.change.key])
        if isinstance(outcome.error, InterfaceGone | TableGone):
            self.poll_now()
        self._queue.add([change.prefix])
        self._enqueue_released()
        if outcome.retry_at is not None:
            ring_at(outcome.retry_at, self._queue.add, [change.prefix])
        cycle.pending -= 1
        if not cycle.pending:
            self._journal.end(cycle, self._now())

    def _count_move(self, change: Change) -> None:
        now = self._now()
        if not change.is_move or not self.places.took(change.key, now):
            return
        where = {"table": change.table_id, "prefix": change.prefix}
        hint = "a service flaps, or instances disagree; it stays where it is unless its owner is certainly down"
        seconds = round(self.places.at(change.key).damped_for(now) or 0.0)
        event(log, logging.WARNING, "suppressed: route flapping", **where, seconds=seconds, hint=hint)
        self._expiry.set(self.places.next_expiry())

    # What time changes

    def _expire(self) -> None:
        """Who was waited for is late, or what was damped is not any more."""
        expired = self.places.expire(self._now())
        for table_id, prefix in sorted(expired.undamped):
            event(log, logging.INFO, "no longer suppressed", table=table_id, prefix=prefix)
        self._queue.add(expired.to_decide)
        self._rereader.reread(expired.to_read)  # what we know of the table is older than what we expect of the other

    def _time_has_passed(self) -> None:
        self._expire()
        self._expiry.set(self.places.next_expiry())

    def _reread_ours(self, prefixes: Collection[Prefix]) -> None:
        """There is news of these, and there are peers. Where we believe the route ours, one may have taken it.

        It may have heard less than we did, or have been slow, and nobody tells us. A write looks before; but where the
        route seems to be where it belongs we would do nothing before the next poll.

        If we wrote there of late, a read that shows a peer may be older than our write, or the peer has taken the route
        since. Where we serve the prefix it is taken for news: the worst that comes of it is to write once more what is
        there. Else it stays in doubt, so that our route is not left behind. And the read may be too old to show the
        peer: so look again when all has settled.
        """
        places = self.view.ours_by_best_path(prefixes)
        inputs = self.inputs.now()
        if not (places and inputs.neighbors.are_known):
            return
        offered = {prefix for prefix in prefixes if self.view.is_offered(prefix, inputs)}
        for place in places:
            if place[1] in offered:
                self.places.may_be_taken(place)
        self._reread_now_and_settled(places)

    def may_be_taken_back(self, places: Collection[RouteKey]) -> None:
        """Whom we took these routes from may take them back, or has: the verdict of its remote check has changed.

        Nobody tells us when it does; so look now, and when a write that it makes just now is seen for sure.
        """
        for place in places:
            self.places.may_be_taken(place)
        self._reread_now_and_settled(places)

    def _reread_now_and_settled(self, places: Collection[RouteKey]) -> None:
        self._rereader.reread(places)
        asyncio.get_running_loop().call_later(self.places.settle_time, self._rereader.reread, places)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
