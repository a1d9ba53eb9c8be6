"""The reconciler: observe, decide, apply; over and over, and at once when something happens.

*Observe*: a poll reads everything (`poll.py`) into the view; `poll_time.py` says how often. Single tables are read
between polls (`reread.py`), and `lookup.py` asks EC2 which instances the peers and owners are, and how they are.
*Decide*: all inputs against what EC2 says give a plan (`policy`). *Apply*: the guard refuses a plan that would change
too much; then each change is written by a task of its own (`apply.py`, `write.py`), at most one per (table, prefix),
between its hooks (`route_hooks.py`); `retries.py` says when one that failed is tried again. All calls to EC2 go through
`ec2_calls.py`.

A check that fails says when its verdict is due, and what that may change: its tables are read for it (`prepare.py`).

What happens is told to observers (`observer.py`): services and other rooms. The journal (`journal.py`) logs it, and
knows what is failing at present.

An event (a line, a session, a verdict of a check) changes an input and puts its prefixes into the queue (`inputs.py`):
it only brings the next decision nearer. Since each decision works from all inputs, a lost event, a failed call or
somebody else's change is mended by the next one. Decisions take milliseconds on the event loop; a slow table or a
hanging call delays nothing but itself.

Where there is much to decide about, it is done in slices (`AT_ONCE`) with a turn of the event loop between them, in
which what changes is decided about at once. Each slice takes the inputs and the snapshot as of now, and remembers its
verdicts and tells them to the observers, as any decision about some prefixes does. Only its changes wait: the guard
judges those of all slices together, and each that it lets pass is written if its place still needs it then. So no slice
undoes what was decided meanwhile, and no event has to know of the slices.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Container, Hashable, Mapping
from dataclasses import dataclass

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Bgp2vpcError, Ec2Error
from bgp2vpc.logs import event
from bgp2vpc.policy.decide import TablePolicy, rules_without_lists, rules_without_tables
from bgp2vpc.policy.inputs import DecisionInput
from bgp2vpc.policy.plan import Change, Plan, RouteKey
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.apply import Applier, slices
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.lookup import Lookup
from bgp2vpc.reconcile.poll import Polls, learn_health, observe, subjects_of
from bgp2vpc.reconcile.poll_time import PollTime
from bgp2vpc.reconcile.reread import Rereader
from bgp2vpc.reconcile.retries import Retries
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write import Writer
from bgp2vpc.tasks import Alarm, ReportedTasks
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.api import PAGE_SIZE
from bgp2vpc.vpc.model import Instance
from bgp2vpc.vpc.poll_time import SHORTEST, estimated_members

log = logging.getLogger("bgp2vpc")

CONNECT_RETRY_FIRST = 0.5
CONNECT_RETRY_MOST = 30.0
AT_ONCE = 100
"""Places of one slice: about 5 ms on a core of 2020."""
ESTIMATED = "if there are as many for each owner of a route as here"
MANY = 500
"""Places that are decided about in one turn of the event loop; more are in slices."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`poll_time` in seconds between full reads, None: auto; and how many changes one decision may hold."""

    poll_time: float | None = 60.0
    max_changes: int = 1000


class _Backlog:
    """What is to be decided about in slices and has not been begun. `closed`: nothing is decided any more."""

    def __init__(self) -> None:
        self.everything = False
        self.prefixes: set[Prefix] = set()
        self.closed = False
        self.deciding_everything = asyncio.Lock()
        self.deciding_some = asyncio.Lock()
        """Held by a decision in slices: one about everything and one about some prefixes may go on at a time."""

    def is_empty(self) -> bool:
        """Whether nothing is left, or under way."""
        under_way = self.deciding_everything.locked() or self.deciding_some.locked()
        return not (self.everything or self.prefixes or under_way)

    def close(self) -> None:
        """Decide nothing more; what is under way ends after its slice."""
        self.everything, self.prefixes, self.closed = False, set(), True


class Reconciler:
    """Keeps the route tables as the inputs want them. Without a `writer` it only says what it would do."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        inputs: Inputs,
        retries: Retries,
        journal: Journal,
        writer: Writer | None,
    ) -> None:
        self.limits = Limits()
        self.poll_time = PollTime()
        self.polls = Polls(self.poll_time)
        self.first_observation = asyncio.Event()
        self.calls = calls
        self.view = view
        self.inputs = inputs
        self._journal = journal
        self._tasks = ReportedTasks()
        self._queue = DecisionQueue(self._decide)
        self._rereader = Rereader(calls, view, journal, self._queue, self._tasks)
        self._lookup = Lookup(calls, view, inputs, journal, self._queue, self._tasks)
        self._applier = Applier(view, retries, journal, self.polls, self._queue, self._rereader, writer)
        self._preparer = writer.preparer if writer else None
        self._expiry = Alarm(self._time_has_passed)
        self._backlog = _Backlog()
        self._accesses: set[Access] = set()
        """The accounts and regions of the last poll."""

    async def run(self) -> None:
        """Find out who we are; then observe and decide, until cancelled. What is decided is written beside."""
        self.view.instance = await self._connected()
        while True:
            self.polls.begin()
            error = await self._observe(carefully=self.polls.was_throttled)
            if error is None:
                if self._is_much(None):
                    self._backlog.everything = True
                    await self._decide_everything_due()
                elif not self._backlog.closed:
                    plan = self.view.plan(self.inputs.now())
                    self._expire()
                    self._carry_out(plan, None)
            self.polls.end(error)
            self._count_fleet()
            self.poll_time.ended(error)
            self._polled()
            await self.polls.wait(knows_something=self.first_observation.is_set())

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

    def _count_fleet(self) -> None:
        """What `poll_time: auto` goes by, as far as it is known here."""
        addresses = self.inputs.neighbors.addresses
        group = 1 + max(Counter(each.version for each in addresses).values(), default=0)
        self.poll_time.know("with BGP", group if addresses else 0)
        owners, of_group = self.view.owners()
        self.poll_time.know(ESTIMATED, estimated_members(group, owners, of_group))
        # Each account and region has buckets of its own.
        tables = Counter(each.access for each in self.view.snapshot.tables.values())
        others = Counter(access for access, _ in self.view.other_instances)
        self.poll_time.needs("DescribeRouteTables", math.ceil(max(tables.values(), default=0) / PAGE_SIZE))
        self.poll_time.needs("DescribeNetworkInterfaces", 1 + max(others.values(), default=0))

    def _polled(self) -> None:
        for each in self._journal.observers:
            each.polled()

    def use(self, limits: Limits) -> None:
        """Use these from now on."""
        self.limits, self._applier.max_changes = limits, limits.max_changes
        self.poll_time.use(limits.poll_time)
        # A table that has to be read between polls does not wait for as long as a large fleet does between two of them.
        self._rereader.longest_retry = self._lookup.longest_retry = limits.poll_time or SHORTEST

    # What may change a decision

    def news(self, prefixes: Collection[Prefix]) -> None:
        """What is announced of these, or what is known of who serves them, has changed.

        Before EC2 is reached there is nothing to do: the first poll decides about everything.
        """
        if not self.is_connected:
            return
        prefixes = self.view.with_lists(prefixes)
        for each in self._journal.observers:
            each.touched(prefixes)
        self.view.places.news(prefixes)
        self._queue.add(prefixes)
        self._rereader.news(prefixes, self.inputs.now())

    def neighbors_changed(self) -> None:
        """A BGP session has begun, told all, or ended: what depends on the neighbors may be decided otherwise."""
        self.news({verdict.prefix for verdict in self.view.places.verdicts()})

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """The BGP session with who offered these paths, by prefix and next hop, is lost; before anything follows."""
        self.view.places.session_lost(paths, self._now())

    def decide_again(self, prefixes: Collection[Prefix]) -> None:
        """What a prefix list holds has changed: decide about these in the next turn of the event loop."""
        self._queue.add(prefixes)

    def may_be_taken_back(self, places: Collection[RouteKey]) -> None:
        """Whom we took these routes from may take them back, or has: the verdict of its remote check has changed."""
        self._rereader.may_be_taken_back(places)

    def expect(self, check: Hashable, verdict_at: float | None, places: Collection[RouteKey] = ()) -> None:
        """If this check goes on failing, its verdict is due then (event loop's clock) and may change these places.

        None: it does not fail any more, or has its verdict.
        """
        if self._preparer and self.is_connected:
            if verdict_at is None:
                self._preparer.expect_nothing(check)
            else:
                self._preparer.expect(check, verdict_at, places)

    def everything_changed(self) -> None:
        """So much has changed that everything is decided about, now."""
        if self.is_connected:
            self._decide(None)

    def poll_now(self) -> None:
        """Read everything again without waiting for the next poll."""
        self.polls.at_once()

    def only_withdraw(self) -> None:
        """The daemon ends: no route is pointed at a host that is about to stop. Decide about everything by that."""
        self._applier.only_withdraws = True
        self.everything_changed()

    def finish(self) -> None:
        """Decide nothing more; what is being written is still seen through."""
        self._backlog.close()

    def is_idle(self) -> bool:
        """Whether nothing is being written or decided."""
        is_writing = self.view.places.written or self.view.lists_written
        return self._backlog.is_empty() and not self._queue.is_due and not is_writing

    def is_writing(self, prefixes: Container[Prefix]) -> bool:
        """Whether a route for one of these is being written."""
        return any(prefix in prefixes for _, prefix in self.view.places.written)

    def is_done(self) -> bool:
        """Whether nothing is left that time alone could bring about."""
        if not self.is_idle() or self.view.places.are_rechecked or self.view.places.are_awaited:
            return False
        if self.refused or self._applier.is_dry_run:
            return True
        failures = (self.view.places.at(change.key).failure for change in self.remaining())
        return all(failure is not None and failure.needs_operator for failure in failures)

    def remaining(self) -> tuple[Change, ...]:
        """What is to be written, and is not yet."""
        return self._applier.wanted(self.view.plan(self.inputs.now()))

    @property
    def refused(self) -> bool:
        """Whether the guard has refused a plan, and has not let one for everything pass since."""
        return self._applier.refused

    # Observe

    async def _observe(self, *, carefully: bool) -> Ec2Error | None:
        """Read everything; the error if EC2 did not answer, and what was known before stays.

        `carefully`: see `observe`.
        """
        asked = self._now()
        try:
            snapshot = await observe(self.calls, self.view, self._journal.told, carefully=carefully)
        except Ec2Error as error:
            self._journal.failure("observe", error)
            return error
        self._journal.has_read(self._now())
        for access in self._accesses - self.view.reaches.keys():  # no rule is about them any more
            for subject in subjects_of(access):
                self._journal.forget(subject)
        self._accesses = set(self.view.reaches)
        for table_id, prefix in self.view.observed(snapshot, asked, self._now()):
            self._journal.left(table_id, prefix)
        unknown = self.view.interfaces_to_ask_about(self.inputs.now())
        async for tables in self._portions():
            unknown |= self.view.unresolved(self.inputs.now(), tables=tables)
        await self._lookup.resolve(unknown)
        # How those are that hold what we want, and how we are ourselves; what was true once accuses nobody later.
        instances: frozenset[str] = frozenset()
        async for tables in self._portions():
            instances |= self.view.instances_to_ask_about(self.inputs.now(), tables)
        self.view.forget_health_except(instances)
        if instances:
            await learn_health(self.calls, self.view, instances, self._journal.told)
        without = rules_without_tables(self.view.rules, self.view.tables)
        self._journal.rules_without_tables(filter(self.view.answers, without))
        self._journal.shadowed(self.view.shadowed())
        self._journal.rules_without_lists(rules_without_lists(self.view.rules, self.view.snapshot))
        self.first_observation.set()
        return None

    async def _portions(self) -> AsyncIterator[Mapping[str, TablePolicy]]:
        """The tables; where they have many routes, one after the other, with the event loop free in between."""
        if not self._is_much(None):
            yield self.view.tables
            return
        for table_id, table_policy in tuple(self.view.tables.items()):
            yield {table_id: table_policy}
            await asyncio.sleep(0)

    # Decide

    def _decide(self, only: Collection[Prefix] | None) -> None:
        """About these prefixes and those that a read has shown to have changed, or (None) about everything."""
        changed, self.view.changed = self.view.changed, set()
        if only is not None:
            only = self.view.with_lists({*only, *changed} if changed else only)
        if self._is_much(only):
            if only is None:
                self._backlog.everything = True
                self._tasks.start(self._decide_everything_due())
            else:
                self._backlog.prefixes.update(only)
                self._tasks.start(self._decide_some_due())
        elif not self._backlog.closed:
            self._expire()
            self._carry_out(self.view.plan(self.inputs.now(), only), only)
            if only is None:
                self._backlog.everything = False  # whoever waits to do so finds it done

    def _is_much(self, only: Collection[Prefix] | None) -> bool:
        """Whether these, or (None) all, are more than are decided about in one turn of the event loop."""
        if only is not None:
            return len(only) * len(self.view.tables) > MANY
        return self.view.count_places(self.inputs.now()) > MANY

    async def _decide_everything_due(self) -> None:
        """Everything, if that is still due when nobody else does so any more."""
        async with self._backlog.deciding_everything:
            if self._backlog.everything:
                self._backlog.everything = False
                prefixes = set(self.view.prefixes_but_routes(self.inputs.now()))
                for table_id in tuple(self.view.tables):
                    prefixes |= self.view.prefixes_of_routes(table_id)
                    await asyncio.sleep(0)
                await self._decide_in_slices(prefixes, is_whole=True)

    async def _decide_some_due(self) -> None:
        """What is still due when nobody else does so any more."""
        async with self._backlog.deciding_some:
            if self._backlog.prefixes:
                prefixes, self._backlog.prefixes = self._backlog.prefixes, set()
                await self._decide_in_slices(prefixes, is_whole=False)

    async def _decide_in_slices(self, prefixes: Collection[Prefix], *, is_whole: bool) -> None:
        """About these, which are all if `is_whole`. Ends when what may be written now is being written."""
        changes: list[Change] = []
        for some in slices(prefixes, max(1, AT_ONCE // max(1, len(self.view.tables)))):
            if self._backlog.closed:
                return
            self._expire()
            inputs = self.inputs.now()
            plan = self.view.plan(inputs, some)
            self._remember(plan, inputs, some)
            changes += plan.changes
            await asyncio.sleep(0)
        if self._backlog.closed:
            return
        if is_whole:
            # Of all other prefixes, and in other tables, there is nothing to decide.
            self._remember_verdicts(Plan(), self.view.places_elsewhere())
            self._journal.not_accepted.intersection_update(prefixes)
            for each in self._journal.observers:
                each.decided_all(prefixes)
        await self._applier.apply_in_slices(changes, self.inputs.now, is_whole=is_whole)

    def _carry_out(self, plan: Plan, only: Collection[Prefix] | None) -> None:
        """Remember what was decided about these prefixes, or (None) about all, ask what it leaves open, and write."""
        self._remember(plan, self.inputs.now(), only)
        self._applier.apply(plan, is_whole=only is None)

    def _remember(self, plan: Plan, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """What was decided, for the next decision, for the log and for observers; and ask what it leaves open."""
        for lost in self.view.take_lost(only):
            self._journal.lost(lost)
        for each in self._journal.observers:
            each.decided(inputs, only)
        self._remember_verdicts(plan, self.view.known_places(only))
        self._journal.refuse(self.view.not_accepted(inputs, only), only)
        self._lookup.ask(inputs, plan, only)

    def _remember_verdicts(self, plan: Plan, known: Collection[RouteKey]) -> None:
        """The verdicts of the plan, and that the other `known` places have none."""
        wanted = {change.key for change in plan.changes}
        self._applier.no_longer_wanted([key for key in known if key not in wanted])
        verdicts = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        before = self.view.decided(known, verdicts, self._now(), time.time())
        self._expiry.set(self.view.places.next_expiry())
        self._journal.verdicts(before, verdicts)

    # What time changes

    def _expire(self) -> None:
        """Who was waited for is late, or what was damped is not any more."""
        expired = self.view.places.expire(self._now())
        for table_id, prefix in sorted(expired.undamped):
            event(log, logging.INFO, "no longer suppressed", table=table_id, prefix=prefix)
        self._queue.add(expired.to_decide)
        self._rereader.reread(expired.to_read)  # what we know of the table is older than what we expect of the other

    def _time_has_passed(self) -> None:
        self._expire()
        self._expiry.set(self.view.places.next_expiry())

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
