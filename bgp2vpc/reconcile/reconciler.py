"""The reconciler: observe, decide, apply, at each poll; between polls, decide and apply after each event.

`run` first finds out which instance this is, and then repeats one cycle:

1. *Observe* (`read/`): a poll reads everything from EC2 into the view (`poll.py`, `observation.py`). `lookup.py` then
   asks EC2 for the interfaces of peers, and for the health of the instances that hold routes we want.
2. *Decide* (`decisions.py`): the inputs and the view give a plan (`policy/`): a verdict for each (table, prefix), and
   the changes that follow from the verdicts.
3. *Apply* (`write/`): the guard refuses a plan with too many changes (`applier.py`). Each change that passes is written
   by a task of its own (`writer.py`), at most one per (table, prefix), between its hooks (`route_hooks.py`). After the
   write its place is decided again; after a failure `retries.py` sets the time of the next try.
4. Wait until the next poll is due (`poll.py`; the interval is chosen by `poll_time.py`).

An event (a line from a source, a change of a BGP session, the verdict of a check) does not wait for the next poll. It
changes an input and queues its prefixes (`inputs.py`); the next turn of the event loop decides about them and applies
the result. Each decision works from all inputs and the whole view. So a lost event, a failed call or a change by
another writer is corrected by a later decision, at the latest after the next poll.

Between polls, single tables are read again where a peer may have written (`reread.py`). While a check fails and has no
verdict yet, the tables that its verdict may change are read in advance, which makes the write faster (`prepare.py`).

Decisions take milliseconds and run on the event loop; those about thousands of places are split (`slices.py`). EC2's
calls run on threads (`ec2_calls.py`), so that a slow one delays only the task that awaits it.

Each step notifies the observers (`observer.py`): services and other rooms. The journal (`journal.py`) logs the steps,
and keeps a list of what is failing at present.
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
    """Configured limits of the reconcile loop.

    `poll_time`: seconds between two polls; None: `PollTime` chooses them (`poll_time: auto`). `max_changes`: changes
    that one decision may write; withdrawals do not count (`policy/guard.py`).
    """

    poll_time: float | None = 60.0
    max_changes: int = 1000


class Reconciler:
    """Keeps the route tables in step with the inputs. Without a `writer` (a dry run) it only logs the changes."""

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
        self._queue = DecisionQueue(self._decide_and_apply)
        self._rereader = Rereader(calls, view, journal, self._queue)
        self._lookup = Lookup(calls, view, inputs, journal, self._queue)
        self._observation = Observation(calls, view, inputs, journal, self._lookup)
        self._applier = Applier(view, retries, journal, self.polls, self._queue, self._rereader, writer)
        self._decisions = Decisions(view, inputs, journal, self._queue, self._rereader, self._lookup)
        self._slices = Slices(view, inputs, journal, self._decisions, self._applier)
        self._preparer = writer.preparer if writer else None

    async def run(self) -> None:
        """Find out which instance this is; then observe, decide and apply at each poll, until cancelled.

        Writes run as tasks of their own: the loop starts them and does not wait for their results.
        """
        self.view.instance = await self._connected()
        for each in self._journal.observers:
            each.connected(self.view.instance)
        while True:
            self.polls.begin()
            error = await self._observation.observe(carefully=self.polls.was_throttled)
            if error is None and (slices := self._decide_and_apply(None)):
                await slices
            self.poll_time.count(self.view, self.inputs.neighbors)
            self.polls.end(error)
            self._tell_polled()
            await self.polls.wait(knows_something=self.first_observation.is_set())

    def _decide_and_apply(self, only: Collection[Prefix] | None) -> "asyncio.Task[None] | None":
        """Decide about these prefixes and those that a reread found changed, or (None) about all, and apply the result.

        Returns the task that does this in slices if there are many places; None if it is done already.
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
        """Connect to EC2; returns this instance. Retried until it works: a host may boot before its network is up."""
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
        """Whether we know which instance this is, and can call EC2."""
        return self.calls.is_connected

    @property
    def first_observation(self) -> asyncio.Event:
        """Set once a poll has read everything."""
        return self._observation.first

    def use(self, limits: Limits) -> None:
        """Use these limits from now on."""
        self.limits, self._applier.max_changes = limits, limits.max_changes
        self.poll_time.use(limits.poll_time)
        # With `auto`, hosts of a large fleet poll rarely: a failed reread or lookup is retried sooner than that.
        self._rereader.longest_retry = self._lookup.longest_retry = limits.poll_time or SHORTEST

    # Events

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """Decide about these prefixes: their paths have changed, or a check or session that they depend on.

        Instances that were late with a write get their time again, and a table is read again where a peer may have
        taken our route. Before we are connected this does nothing, since the first poll decides about everything.
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
        """A BGP session came up, sent its End-of-RIB or went down, or a wait for one ended: decide about every place.

        That is, about each prefix that has a verdict: any verdict may depend on the state of the neighbors.
        """
        self.prefixes_changed({verdict.prefix for verdict in self.view.places.verdicts()})

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """The BGP session of the peer that announced these paths (prefix, next hop) is lost.

        The caller reports this before it removes the paths, so that the next decision knows of it.
        """
        self.view.places.session_lost(paths, asyncio.get_running_loop().time())

    def decide_again(self, prefixes: Collection[Prefix]) -> None:
        """Decide about these prefixes in the next turn of the event loop: entries of a prefix list have changed.

        Unlike `prefixes_changed` it gives late instances no new time, and reads no table.
        """
        self._queue.add(prefixes)

    def may_be_taken_back(self, places: Collection[RouteKey]) -> None:
        """Read the tables of these routes again: their former owner may take them back, or has done so.

        We took them while it failed its remote check, and the verdict of that check has changed.
        """
        self._rereader.may_be_taken_back(places)

    def expect(self, check: Hashable, verdict_at: float | None, places: Collection[RouteKey] = ()) -> None:
        """Prepare for the verdict of a failing check: read the tables of the places that the verdict may change.

        `verdict_at`: when the verdict is due if the next probes fail, too (event loop's clock); None: the check passes
        again, or has its verdict.
        """
        if self._preparer and self.is_connected:
            if verdict_at is None:
                self._preparer.expect_nothing(check)
            else:
                self._preparer.expect(check, verdict_at, places)

    def everything_changed(self) -> None:
        """Decide about everything now, not in the next turn: an input of every prefix has changed."""
        if self.is_connected:
            self._decide_and_apply(None)

    def poll_now(self) -> None:
        """Start the next poll at once."""
        self.polls.at_once()

    # Shutdown, and the writes that remain

    def only_withdraw(self) -> None:
        """Write only withdrawals from now on, and decide about everything.

        The daemon ends, and no route may be pointed at a host that is about to stop.
        """
        self._applier.only_withdraws = True
        self.everything_changed()

    def finish(self) -> None:
        """Make no further decisions. Writes under way are completed."""
        self._slices.close()

    def is_idle(self) -> bool:
        """Whether no decision is due or under way, and no write of a route or prefix list is under way."""
        is_writing = self.view.places.written or self.view.lists_written
        return self._slices.are_idle() and not self._queue.is_due and not is_writing

    def is_writing(self, prefixes: Container[Prefix]) -> bool:
        """Whether a route for one of these prefixes is being written."""
        return any(prefix in prefixes for _, prefix in self.view.places.written)

    def is_done(self) -> bool:
        """Whether nothing remains that we could finish by waiting.

        Not done: a decision or write is due or under way, a lost answer is being rechecked, or a peer's write is
        awaited. Otherwise done in a dry run, if the guard has refused the plan, and if each change that remains has
        failed with an error that an operator has to fix.
        """
        if not self.is_idle() or self.view.places.are_rechecked or self.view.places.are_awaited:
            return False
        if self.refused or self._applier.is_dry_run:
            return True
        failures = (self.view.places.at(change.key).failure for change in self.remaining())
        return all(failure is not None and failure.needs_operator for failure in failures)

    def remaining(self) -> tuple[Change, ...]:
        """The changes that are not written yet, by the present inputs and view; those under way are included."""
        return self._applier.wanted(self.view.plan(self.inputs.now()))

    @property
    def refused(self) -> bool:
        """Whether the guard has refused a plan and has accepted no plan about everything since."""
        return self._applier.refused

    def _tell_polled(self) -> None:
        for each in self._journal.observers:
            each.polled()
