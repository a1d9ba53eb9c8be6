"""Single tables read anew between polls, and decided about: because of news, or of a write whose answer was lost."""

import asyncio
from collections.abc import Collection, Iterable

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Ec2Error
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import DecisionQueue
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks
from bgp2vpc.vpc.model import RouteTable

READ_RETRY = 0.5
"""Seconds until a read that failed is tried again; twice as long each time, up to `longest_retry`."""
PAUSE = 0.5
"""Seconds between two reads of one table: many peers may have news, one after the other."""


async def fresh_table(calls: Calls, view: View, table_id: str) -> RouteTable | None:
    """One table as it is after now, read as its rule says; None if it is gone. Raises Ec2Error."""
    access = view.access_of(table_id)
    return await calls.at(access).fresh_table(view.reaches.get(access, frozenset()), table_id)


class Rereader:
    """One task a table for all who ask, also while EC2 does not answer."""

    def __init__(self, calls: Calls, view: View, journal: Journal, queue: DecisionQueue) -> None:
        self.longest_retry = 60.0
        self._calls = calls
        self._view = view
        self._journal = journal
        self._queue = queue
        self._tasks = ReportedTasks()
        self._asked: dict[str, set[Prefix]] = {}
        """Table -> the prefixes to be decided about when it has been read."""
        self._reading: set[str] = set()

    def reread(self, places: Iterable[RouteKey]) -> None:
        """Read these tables, and decide about these places."""
        for table_id, prefix in places:
            self._asked.setdefault(table_id, set()).add(prefix)
            if table_id not in self._reading:
                self._reading.add(table_id)
                self._tasks.start(self._read_while_asked(table_id))

    def prefixes_changed(self, prefixes: Collection[Prefix], inputs: DecisionInput) -> None:
        """There is news of these, and there are peers. Where we believe the route ours, one may have taken it.

        It may have heard less than we did, or have been slow, and nobody tells us. A write looks before; but where the
        route seems to be where it belongs we would do nothing before the next poll.

        If we wrote there of late, a read that shows a peer may be older than our write, or the peer has taken the route
        since. Where we serve the prefix it is taken for news: the worst that comes of it is to write once more what is
        there. Else it stays in doubt, so that our route is not left behind. And the read may be too old to show the
        peer: so look again when all has settled.
        """
        places = self._view.ours_by_best_path(prefixes)
        if not (places and inputs.neighbors.are_known):
            return
        offered = {prefix for prefix in prefixes if self._view.is_offered(prefix, inputs)}
        for place in places:
            if place[1] in offered:
                self._view.places.may_be_taken(place)
        self._reread_now_and_settled(places)

    def may_be_taken_back(self, places: Collection[RouteKey]) -> None:
        """Whom we took these routes from may take them back, or has: the verdict of its remote check has changed.

        Nobody tells us when it does; so look now, and when a write that it makes just now is seen for sure.
        """
        for place in places:
            self._view.places.may_be_taken(place)
        self._reread_now_and_settled(places)

    def _reread_now_and_settled(self, places: Collection[RouteKey]) -> None:
        self.reread(places)
        asyncio.get_running_loop().call_later(self._view.places.settle_time, self.reread, places)

    async def _read_while_asked(self, table_id: str) -> None:
        """Read the table, and again as long as somebody has asked meanwhile."""
        try:
            while prefixes := self._asked.pop(table_id, None):
                await self._read(table_id)
                self._queue.add(prefixes)
                await asyncio.sleep(PAUSE)
        finally:
            self._reading.discard(table_id)

    def recheck(self, key: RouteKey) -> None:
        """A write without an answer, unwanted by now, may have been done, or may yet be: look, and look once more."""
        state = self._view.places.at(key)
        if not state.is_rechecked:
            state.is_rechecked = True
            self._tasks.start(self._recheck(key))

    async def _recheck(self, key: RouteKey) -> None:
        table_id, prefix = key
        try:
            for wait in (0.0, self._view.places.settle_time):
                await asyncio.sleep(wait)
                await self._read(table_id)
                self._queue.add([prefix])
        finally:
            self._view.places.at(key).is_rechecked = False

    async def _read(self, table_id: str) -> None:
        """Read one table, as often as it takes."""
        clock = asyncio.get_running_loop().time
        waits = BackOff(READ_RETRY, self.longest_retry)
        while True:
            asked = clock()
            try:
                table = await fresh_table(self._calls, self._view, table_id)
            except Ec2Error as error:
                self._journal.failure(f"read {table_id}", error)
                await asyncio.sleep(waits.next())
                continue
            self._journal.success(f"read {table_id}")
            if table is not None:
                self._view.reread(table, asked, clock())
            return
