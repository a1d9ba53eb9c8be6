"""The writer: makes one change in EC2, after a fresh read of the table where one is due.

1. Wait for a token of the pace (`Paces`). After a wait, check that the change is still needed, and that its place does
   not wait for another one that is tried for the same cause (`retries.py`).
2. Before a delete or replace, read the table, unless a prepared read replaces that (`read/prepare.py`). A create is not
   preceded by a read, as EC2 refuses it if there is a route. A place in doubt is read before any write.
3. Run the hook before the write. As it takes time, check again that the change is needed; before a delete or replace,
   read the table again.
4. Call EC2; `ec2.concurrency` writes run at once. After a wait for others to end, check again; before a delete or
   replace, read the table again unless it was read just now. A delete that finds no route has succeeded.
5. Put the change into the view, and start the hook after the write.

If the change is no longer needed at one of these steps, the outcome is `unneeded`. A route to an interface that EC2 has
just called unknown (`View.denied`) fails before step 1.

When a call gets no answer, or EC2 contradicts what we know of the table (`errors.Disagreement`), the place is in doubt:
the next try reads the table first. If the first failure at a place is RouteAlreadyExists or InvalidRoute.NotFound, the
outcome is `overtaken` (logged at debug level), and the applier has the place decided again at once. After another
failure in a row, and for any other error, it is `failed`. `retries.py` sets the time of the next try.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.errors import Disagreement, Ec2Error, InterfaceGone, RouteExists, RouteMissing, TableGone, Throttled
from bgp2vpc.policy.plan import Action, Change
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.observer import Outcome, WriteResult
from bgp2vpc.reconcile.read.prepare import Preparer
from bgp2vpc.reconcile.read.reread import fresh_table
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.retries import Retries
from bgp2vpc.reconcile.write.route_hooks import RouteHooks
from bgp2vpc.vpc.pace import Pace

RECENT: Final = 5.0
"""Seconds for which a read of a table is fresh enough for a write that has waited for others to end.

Longer than 500 writes to 10 large tables take (2.5 s), since reading the tables again meanwhile would double that."""


class Paces:
    """The pace of each kind of write in each account and region.

    EC2 has a token bucket for each of these, so one that is throttled does not delay the others. A pace is made when it
    is first needed.
    """

    def __init__(self, make: Callable[[], Pace]) -> None:
        self._make = make
        self._paces: dict[tuple[str, str, Action], Pace] = {}

    def of(self, bucket: tuple[str, str], action: Action) -> Pace:
        """The pace of this kind of write in this bucket (account, region; see `View.bucket_of`)."""
        key = (*bucket, action)
        if key not in self._paces:
            self._paces[key] = self._make()
        return self._paces[key]


class Writer:
    """Writes single changes. To be made while the event loop runs."""

    def __init__(
        self,
        calls: Calls,
        view: View,
        inputs: Inputs,
        retries: Retries,
        paces: Paces,
        hooks: RouteHooks,
        preparer: Preparer,
    ) -> None:
        self._calls = calls
        self._view = view
        self._inputs = inputs
        self._retries = retries
        self._paces = paces
        self._clock = asyncio.get_running_loop().time
        self._hooks = hooks
        self.preparer = preparer

    async def write(self, change: Change) -> Outcome:
        """Write this change. Never raises Ec2Error: the outcome has the error, and the time of the next try."""
        started = self._clock()
        try:
            written = await self._write(change)
        except Ec2Error as error:
            now = self._clock()
            if isinstance(error, Throttled):
                self._paces.of(self._view.bucket_of(change.table_id), change.action).drain(now)
            if isinstance(error, TableGone):
                self._view.table_gone(change.table_id)
            if isinstance(error, InterfaceGone):
                self._view.denied[change.target.id] = error
            if isinstance(error, RouteExists):
                # The route was made after our last write here, even if it points where it did before that write. So a
                # read that shows it is not an old one.
                self._view.places.may_be_taken(change.key)
            is_first = self._view.places.at(change.key).failure is None
            retry_at = self._retries.failed(change.key, error, now)
            overtaken = is_first and isinstance(error, RouteExists | RouteMissing)
            result = WriteResult.OVERTAKEN if overtaken else WriteResult.FAILED
            return Outcome(change, result, now - started, error, retry_at)
        now = self._clock()
        if written is None:
            self._view.places.at(change.key).hooked = frozenset()  # the next write here runs its hook again
            return Outcome(change, WriteResult.UNNEEDED, now - started, None, self._retries.unneeded(change.key, now))
        self._retries.succeeded(change.key, now)
        if written.action is Action.DELETE:
            self._retries.room_made(change.table_id, now)
        return Outcome(written, WriteResult.DONE, now - started)

    async def _write(self, change: Change) -> Change | None:
        """Take the steps above. Returns the change as it was written, or None if it is not needed. Raises Ec2Error."""
        if change.action is not Action.DELETE and (known := self._view.denied.get(change.target.id)):
            raise known
        pending: Change | None = change
        wait = self._paces.of(self._view.bucket_of(change.table_id), change.action).reserve(self._clock())
        if wait > 0:
            await asyncio.sleep(wait)
            if refusal := self._retries.known_refusal(change.key):
                raise refusal
            pending = self._view.still(change, self._inputs.now())
        # After an earlier try the present route is not known, and the table has not been read since.
        failure = self._view.places.at(change.key).failure
        in_doubt = failure and failure.leaves_in_doubt and self._view.asked_at(change.table_id) < failure.at
        if pending is not None and (pending.needs_fresh_read or in_doubt):
            pending = await self._look_again(pending)
        if pending is not None and await self._hooks.before(pending):  # meanwhile the place may have changed
            fresh = pending.needs_fresh_read
            pending = await self._look_again(pending) if fresh else self._view.still(pending, self._inputs.now())
        if pending is None:
            return None
        calls = self._calls.at(self._view.access_of(pending.table_id))
        has_to_wait = calls.writing.locked()
        async with calls.writing:
            if has_to_wait and (pending := await self._after_waiting(pending)) is None:
                return None
            try:
                await calls.write(pending)
            except RouteMissing:
                if pending.action is not Action.DELETE:
                    raise
                # Another writer was faster, or an earlier try of ours was applied and its answer lost: it is gone.
        self._view.wrote(pending, self._clock())
        self._hooks.after(pending)
        return pending

    async def _after_waiting(self, change: Change) -> Change | None:
        """The change that the place needs after other writes have ended. Raises Ec2Error.

        A table that was read less than `RECENT` seconds ago is not read again: many writes may wait for each other.
        """
        if change.needs_fresh_read and self._clock() - self._view.asked_at(change.table_id) > RECENT:
            return await self._look_again(change)
        return self._view.still(change, self._inputs.now())

    async def _look_again(self, change: Change) -> Change | None:
        """Read the table, or use a prepared read; returns the change that the place needs then. Raises Ec2Error.

        Raises Disagreement if a withdrawal finds another target than the one to withdraw. The view still holds our own
        recent write, so either the read is older than that write, or another host has taken the place since. Only a
        later read can show which, and in the second case a delete would be wrong. (Where the read shows no route at
        all, a delete does no harm.)
        """
        if prepared := await self.preparer.read(change.key):
            table, asked = prepared
        else:
            asked = self._clock()
            fresh = await fresh_table(self._calls, self._view, change.table_id)
            if fresh is None:
                self._view.table_gone(change.table_id)
                return None
            table = fresh
        self._view.reread(table, asked, self._clock())
        again = self._view.still(change, self._inputs.now())
        present = table.static_route(change.prefix)
        if again is not None and again.is_withdrawal and present is not None and present.target != again.old:
            message = f"{present.target} shown where we wrote {again.old}; not withdrawn before that is clear"
            raise Disagreement("DescribeRouteTables", "InDoubt", message)
        return again
