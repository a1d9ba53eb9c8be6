"""Single tables read anew between polls, and decided about: because of news, or of a write whose answer was lost."""

import asyncio
from collections.abc import Iterable

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Ec2Error
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.queue import DecisionQueue
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks

READ_RETRY = 0.5
"""Seconds until a read that failed is tried again; twice as long each time, up to `longest_retry`."""
PAUSE = 0.5
"""Seconds between two reads of one table: many peers may have news, one after the other."""


class Rereader:
    """One task a table for all who ask, also while EC2 does not answer."""

    def __init__(self, calls: Calls, view: View, journal: Journal, queue: DecisionQueue, tasks: ReportedTasks) -> None:
        self.longest_retry = 60.0
        self._calls = calls
        self._view = view
        self._journal = journal
        self._queue = queue
        self._tasks = tasks
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

    async def _read_while_asked(self, table_id: str) -> None:
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
                table = await self._calls.fresh_table(self._view.vpc_ids, table_id)
            except Ec2Error as error:
                self._journal.failure(f"read {table_id}", error)
                await asyncio.sleep(waits.next())
                continue
            self._journal.success(f"read {table_id}")
            if table is not None:
                self._view.reread(table, asked, clock())
            return
