"""Write: one change, as EC2 allows, after a fresh read where one is due.

A delete or replace reads the table first, unless that was done for the verdict that led to it (`prepare`); a create
does not, since EC2 refuses what is there. When EC2 contradicts us (`errors.Disagreement`), what we know of the table
is in doubt, and the next try (`retries`) reads it first. After the first RouteAlreadyExists or InvalidRoute.NotFound at
a place the outcome is `overtaken` (logged for debugging only), and `applier` has the place decided again at once; after
the next one, and any other Disagreement, it is `failed`. A delete that finds no route has succeeded.
"""

import asyncio
from collections.abc import Callable

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


class Paces:
    """EC2 gives each account, in each region, a token bucket for each kind of write; each bucket has its pace here.

    Made at the first write there: one that is throttled holds up no other.
    """

    def __init__(self, make: Callable[[], Pace]) -> None:
        self._make = make
        self._paces: dict[tuple[str, str, Action], Pace] = {}

    def of(self, bucket: tuple[str, str], action: Action) -> Pace:
        """That of this account and region."""
        key = (*bucket, action)
        if key not in self._paces:
            self._paces[key] = self._make()
        return self._paces[key]


class Writer:
    """Made within the event loop."""

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
        """Write it. Never raises Ec2Error: a failure is an outcome, and says when to try again."""
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
                # Made since our last write here, maybe the same one as before: reads show it rightly.
                self._view.places.may_be_taken(change.key)
            is_first = self._view.places.at(change.key).failure is None
            retry_at = self._retries.failed(change.key, error, now)
            overtaken = is_first and isinstance(error, RouteExists | RouteMissing)
            result = WriteResult.OVERTAKEN if overtaken else WriteResult.FAILED
            return Outcome(change, result, now - started, error, retry_at)
        now = self._clock()
        if written is None:
            self._view.places.at(change.key).hooked = frozenset()  # what is written there next is another matter
            return Outcome(change, WriteResult.UNNEEDED, now - started, None, self._retries.unneeded(change.key, now))
        self._retries.succeeded(change.key, now)
        return Outcome(written, WriteResult.DONE, now - started)

    async def _write(self, change: Change) -> Change | None:
        """The change as it was written, or None if it is no longer needed."""
        if change.action is not Action.DELETE and (known := self._view.denied.get(change.target.id)):
            raise known
        pending: Change | None = change
        wait = self._paces.of(self._view.bucket_of(change.table_id), change.action).reserve(self._clock())
        if wait > 0:
            await asyncio.sleep(wait)
            if refusal := self._retries.known_refusal(change.key):
                raise refusal
            pending = self._view.still(change, self._inputs.now())
        # An earlier try may have left open what is there, and nobody has looked since.
        failure = self._view.places.at(change.key).failure
        in_doubt = failure and failure.leaves_in_doubt and self._view.asked_at(change.table_id) < failure.at
        if pending is not None and (pending.needs_fresh_read or in_doubt):
            pending = await self._look_again(pending)
        if pending is not None and await self._hooks.before(pending):  # which takes its time
            fresh = pending.needs_fresh_read
            pending = await self._look_again(pending) if fresh else self._view.still(pending, self._inputs.now())
        if pending is None:
            return None
        try:
            await self._calls.at(self._view.access_of(pending.table_id)).write(pending)
        except RouteMissing:
            if pending.action is not Action.DELETE:
                raise
            # Somebody was faster, or our own lost answer was a success: either way it is gone, as it should be.
        self._view.wrote(pending, self._clock())
        self._hooks.after(pending)
        return pending

    async def _look_again(self, change: Change) -> Change | None:
        """The change in the light of a fresh read.

        Raises Disagreement where a withdrawal finds a route of somebody else's, although our own write is too young to
        doubt. Either the read is older than that write, or somebody has taken the place since: only time can tell, and
        a delete would be wrong in the second case. (Where it shows no route at all, a delete does no harm.)
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
