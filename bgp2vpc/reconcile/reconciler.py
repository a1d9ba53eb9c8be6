"""The reconciler: observe, decide, apply; over and over, and at once when something happens.

*Observe* (`read/`): a poll reads everything into the view (`observation.py`, `poll.py`); `poll_time.py` says how often.
Single tables are read between polls (`reread.py`), and `lookup.py` asks EC2 which instances the peers and owners are,
and how they are. *Decide* (`decisions.py`): all inputs against what EC2 says give a plan (`policy`). *Apply*
(`write/`): the guard refuses a plan that would change too much (`applier.py`); then each change is written by a task of
its own (`writer.py`), at most one per (table, prefix), between its hooks (`route_hooks.py`); `retries.py` says when one
that failed is tried again. All calls to EC2 go through `ec2_calls.py`.

A check that fails says when its verdict is due, and what that may change: its tables are read for it (`prepare.py`).

What happens is told to observers (`observer.py`): services and other rooms. The journal (`journal.py`) logs it, and
knows what is failing at present.

An event (a line, a session, a verdict of a check) changes an input and puts its prefixes into the queue (`inputs.py`):
it only brings the next decision nearer. Since each decision works from all inputs, a lost event, a failed call or
somebody else's change is mended by the next one. Decisions take milliseconds on the event loop; a slow table or a
hanging call delays nothing but itself. What would take longer is decided and applied in slices (`slices.py`).
"""

import asyncio
import logging
from collections.abc import Collection, Container, Hashable
from dataclasses import dataclass

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.logs import event
from bgp2vpc.policy.plan import Change, RouteKey
from bgp2vpc.policy.tables import with_lists
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.decisions import Decisions
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.lookup import Lookup
from bgp2vpc.reconcile.read.observation import Observation
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.reconcile.read.reread import Rereader
from bgp2vpc.reconcile.slices import Slices, is_much
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.applier import Applier
from bgp2vpc.reconcile.write.retries import Retries
from bgp2vpc.reconcile.write.writer import Writer
from bgp2vpc.vpc.auto_poll_time import SHORTEST
from bgp2vpc.vpc.model import Instance

log = logging.getLogger("bgp2vpc")

CONNECT_RETRY_FIRST = 0.5
CONNECT_RETRY_MOST = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`poll_time` in seconds between full reads, None: auto; and how many changes one decision may hold."""

    poll_time: float | None = 60.0
    max_changes: int = 1000


class Reconciler:
    """Keeps the route tables as the inputs want them. Without a `writer` it only says what it would do."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        inputs: Inputs,
        retries: Retries,
        journal: Journal,
        poll_time: PollTime,
        writer: Writer | None,
    ) -> None:
        self.limits = Limits()
        self.poll_time = poll_time
        self.polls = Polls(poll_time)
        self.calls = calls
        self.view = view
        self.inputs = inputs
        self._journal = journal
        self._queue = DecisionQueue(self._cycle)
        self._rereader = Rereader(calls, view, journal, self._queue)
        self._lookup = Lookup(calls, view, inputs, journal, self._queue)
        self._observation = Observation(calls, view, inputs, journal, self._lookup)
        self._applier = Applier(view, retries, journal, self.polls, self._queue, self._rereader, writer)
        self._decisions = Decisions(view, inputs, journal, self._queue, self._rereader, self._lookup)
        self._slices = Slices(view, inputs, journal, self._decisions, self._applier)
        self._preparer = writer.preparer if writer else None

    async def run(self) -> None:
        """Find out who we are; then observe, decide and apply, until cancelled. What is decided is written beside."""
        self.view.instance = await self._connected()
        while True:
            self.polls.begin()
            error = await self._observation.observe(carefully=self.polls.was_throttled)
            if error is None and (slices := self._cycle(None)):
                await slices
            self.polls.end(error)
            self.poll_time.count(self.view, self.inputs.neighbors)
            self.poll_time.ended(error)
            self._tell_polled()
            await self.polls.wait(knows_something=self.first_observation.is_set())

    def _cycle(self, only: Collection[Prefix] | None) -> "asyncio.Task[None] | None":
        """Decide about these prefixes and those that a read has shown to have changed, or (None) all, and apply it.

        Returns the task that does so in slices, if they are many.
        """
        changed = self.view.take_changed()
        if only is not None:
            only = with_lists(self.view.tables, {*only, *changed} if changed else only)
        if is_much(self.view, self.inputs, only):
            return self._slices.begin(only)
        if not self._slices.are_closed:
            self._applier.apply(self._decisions.decide(only), is_whole=only is None)
            if only is None:
                self._slices.everything_is_decided()
        return None

    async def _connected(self) -> Instance:
        """Who we are: tried until it works, for a host may boot before its network does."""
        waits = BackOff(CONNECT_RETRY_FIRST, CONNECT_RETRY_MOST)
        while True:
            try:
                instance = await self.calls.connector.connected()
            except Bgp2vpcError as error:
                self._journal.failure("connect", error)
                self._tell_polled()
                await asyncio.sleep(waits.next())
                continue
            self._journal.success("connect")
            where = {"instance": instance.id, "region": instance.region, "vpc": instance.vpc_id}
            event(log, logging.INFO, "running on instance", **where)
            return instance

    @property
    def is_connected(self) -> bool:
        """Whether it is known who we are, and EC2 can be asked."""
        return self.calls.is_connected

    @property
    def first_observation(self) -> asyncio.Event:
        """Set once everything has been read."""
        return self._observation.first

    def use(self, limits: Limits) -> None:
        """Use these from now on."""
        self.limits, self._applier.max_changes = limits, limits.max_changes
        self.poll_time.use(limits.poll_time)
        # A table that has to be read between polls does not wait for as long as a large fleet does between two of them.
        self._rereader.longest_retry = self._lookup.longest_retry = limits.poll_time or SHORTEST

    # What may change a decision

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """What is announced of these, or what is known of who serves them, has changed.

        Before EC2 is reached there is nothing to do: the first poll decides about everything.
        """
        if not self.is_connected:
            return
        prefixes = with_lists(self.view.tables, prefixes)
        for each in self._journal.observers:
            each.touched(prefixes)
        self.view.places.prefixes_changed(prefixes)
        self._queue.add(prefixes)
        self._rereader.prefixes_changed(prefixes, self.inputs.now())

    def neighbors_changed(self) -> None:
        """A BGP session has begun, told all, or ended: what depends on the neighbors may be decided otherwise."""
        self.prefixes_changed({verdict.prefix for verdict in self.view.places.verdicts()})

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """The BGP session with who offered these paths, by prefix and next hop, is lost; before anything follows."""
        self.view.places.session_lost(paths, asyncio.get_running_loop().time())

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
            self._cycle(None)

    def poll_now(self) -> None:
        """Read everything again without waiting for the next poll."""
        self.polls.at_once()

    def only_withdraw(self) -> None:
        """The daemon ends: no route is pointed at a host that is about to stop. Decide about everything by that."""
        self._applier.only_withdraws = True
        self.everything_changed()

    def finish(self) -> None:
        """Decide nothing more; what is being written is still seen through."""
        self._slices.close()

    def is_idle(self) -> bool:
        """Whether nothing is being written or decided."""
        is_writing = self.view.places.written or self.view.lists_written
        return self._slices.are_idle() and not self._queue.is_due and not is_writing

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

    def _tell_polled(self) -> None:
        for each in self._journal.observers:
            each.polled()
