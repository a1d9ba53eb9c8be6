"""Rereads: single tables are read again between polls, and their prefixes are then decided again.

There are three reasons to read a table:

- An event suggests that a peer may have taken our route (`prefixes_changed`, `may_be_taken_back`). EC2 does not notify
  us of its write. So we read the table now, and again after the settle time, when reads show a write made just now.
- Only a read can show what another instance has done: a peer that should have written by now (`Decisions`), or an
  owner that may delete the route which we just took from it (`Applier`). These call `reread`.
- A write of ours got no answer, and is not needed any more (`recheck`): it may have been applied, or may yet be.

A read that fails is tried again until EC2 answers.
"""

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
"""Seconds between two reads of one table: many peers may announce or withdraw, one after the other."""


async def fresh_table(calls: Calls, view: View, table_id: str) -> RouteTable | None:
    """One table, by a read that begins after this call; None if the table is gone. Raises Ec2Error."""
    access = view.access_of(table_id)
    return await calls.at(access).fresh_table(view.reaches.get(access, frozenset()), table_id)


class Rereader:
    """Reads single tables into the view. All calls of `reread` for one table share a task; each recheck has its own."""

    def __init__(self, calls: Calls, view: View, journal: Journal, queue: DecisionQueue) -> None:
        self.longest_retry = 60.0
        self._calls = calls
        self._view = view
        self._journal = journal
        self._queue = queue
        self._tasks = ReportedTasks()
        self._asked: dict[str, set[Prefix]] = {}
        """Table id -> the prefixes to decide about when the table has been read."""
        self._reading: set[str] = set()

    def reread(self, places: Iterable[RouteKey]) -> None:
        """Read these tables, and decide about these places."""
        for table_id, prefix in places:
            self._asked.setdefault(table_id, set()).add(prefix)
            if table_id not in self._reading:
                self._reading.add(table_id)
                self._tasks.start(self._read_while_asked(table_id))

    def prefixes_changed(self, prefixes: Collection[Prefix], inputs: DecisionInput) -> None:
        """Read the tables in which a peer may have taken our route because of a change of these prefixes.

        The peer may have received less than we did, or may have been slow, and nothing reports its write to us. Each
        write of ours but a create reads the table first; but where the route seems to be right already, we would not
        notice before the next poll. Without peers there is nothing to read.

        If we wrote there within the settle time and the read shows a peer's route, either the read is older than our
        write, or the peer has taken the route since. Where we offer the prefix, the read is believed
        (`Places.may_be_taken`): at worst we write once more what is there already. Where we do not, our write is
        believed, so that we do not leave a route of ours behind. The read may also be too old to show the peer's write,
        so the table is read again after the settle time.
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
        """Read the tables of these routes: their former owner may take them back, or has done so.

        We took them while it failed its remote check, and the verdict of that check has changed. The tables are read
        now, and again after the settle time, when reads show a write that the owner makes now.
        """
        for place in places:
            self._view.places.may_be_taken(place)
        self._reread_now_and_settled(places)

    def _reread_now_and_settled(self, places: Collection[RouteKey]) -> None:
        self.reread(places)
        asyncio.get_running_loop().call_later(self._view.places.settle_time, self.reread, places)

    async def _read_while_asked(self, table_id: str) -> None:
        """Read the table and queue its prefixes; repeat as long as `reread` was called for it meanwhile."""
        try:
            while prefixes := self._asked.pop(table_id, None):
                await self._read(table_id)
                self._queue.add(prefixes)
                await asyncio.sleep(PAUSE)
        finally:
            self._reading.discard(table_id)

    def recheck(self, key: RouteKey) -> None:
        """Read the table now and after the settle time, because of a write without an answer.

        The write is not needed any more, but may have been applied, or may yet be.
        """
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
        """Read one table into the view; try again until EC2 answers."""
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
