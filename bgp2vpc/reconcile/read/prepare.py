"""Preparation: while a check fails, its tables are read so that EC2's answer arrives just after the check's verdict.

A replace or delete reads the table first, for EC2 has no compare-and-swap; and a write without an open connection
waits for the handshakes of TCP and TLS. Both can begin before the verdict: from the first failed probe on, it is known
when the verdict is due if the next probes fail, too.

1. A probe fails (`expect`). A read at once opens one of the connections for writes, unless one was used just now. A
   second read is begun as long before the verdict as a read takes.
2. The check gets its verdict, the decision follows, and its write asks for the second read (`read`).
3. EC2 answers that read. Since it is answered after the write has asked, it replaces the read of the write
   (`spares_a_read`), and the write goes out.

Only that write uses the result of a prepared read, and takes it into the view. If it went into the view before the
verdict, it might lead to a route for a service that is about to be found down.

Prepared reads are optional. None is made for a while after EC2 has throttled us, nor beyond `RATE`. One that fails is
not tried again: the write then reads for itself.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bgp2vpc.errors import Ec2Error, Throttled
from bgp2vpc.policy.place_state import NEVER
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.model import RouteTable
from bgp2vpc.vpc.pace import Pace

AFTER: Final = 0.008
"""Seconds after the verdict at which the answer should arrive: an answer before the verdict is of no use."""
GIVEN_UP: Final = 0.01
"""Seconds, beyond twice the usual time of a read, after which a write does not wait for a prepared read any more."""
BURST, RATE = 5, 1.0
"""Prepared reads at once, and per second after that. EC2 allows an account 20 a second: an instance with checks that
flap takes a twentieth (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html)."""
KEPT_OPEN: Final = 5.0
"""Seconds after its last call for which a connection is assumed to be open."""


@dataclass(slots=True)
class PreparedRead:
    """A prepared read of one table. Times are on the event loop's clock.

    `table`: the answer; None: the read is under way or has failed, or the table is gone.
    """

    asked: float
    answered: float = NEVER
    table: RouteTable | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


def spares_a_read(asked: float, answered: float, wanted: float, since: float) -> bool:
    """Whether a prepared read, begun at `asked` and answered at `answered`, may replace the read of a write.

    `wanted`: when the write would have begun its own read. A read that is answered after that is as fresh, and gives
    other writers no more time in between. `since`: when we last learned of the place: the begin of another read, or a
    write of ours, successful or failed. The prepared read must not have begun before that.
    """
    return answered >= wanted and asked >= since


def begin_at(verdict_at: float, took: float | None, now: float) -> float:
    """When to begin a read for an answer just after the verdict; at least `now`.

    `took`: seconds that a read takes; None: not known, so begin now.
    """
    return now if took is None else max(now, verdict_at + AFTER - took)


class Preparer(Observer):
    """Makes the prepared reads of all checks: a table that several checks need is read once."""

    def __init__(self, calls: Calls, view: View) -> None:
        self._calls = calls
        self._view = view
        self._tasks = ReportedTasks()
        self._pace = Pace(BURST, RATE)
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}
        self._reads: dict[str, PreparedRead] = {}
        self._times: deque[float] = deque(maxlen=5)
        """Seconds that the last prepared reads took on open connections."""
        self._seen: float | None = None
        """Seconds that the last DescribeRouteTables took: the estimate until a prepared read was measured."""
        self._used_at = NEVER
        """When one of the connections for writes was last used."""

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """Note how long a read took, or that a connection for writes was used; prepare nothing after throttling."""
        now = self._now()
        if isinstance(error, Throttled):
            self._pace.drain(now)
        elif error is None and action == "DescribeRouteTables":
            self._seen = seconds
        elif error is None and action in ("CreateRoute", "ReplaceRoute", "DeleteRoute"):
            self._used_at = now

    def expect(self, check: Hashable, verdict_at: float, places: Collection[RouteKey]) -> None:
        """A probe of this check has failed: read the tables of the places that its verdict may change.

        `verdict_at`: when the verdict is due if the next probes fail, too.
        """
        self.expect_nothing(check)
        if not places:
            return
        tables = frozenset(table_id for table_id, _ in places)
        now = self._now()
        due = begin_at(verdict_at, self._took, now)
        if due > now:
            self._timers[check] = asyncio.get_running_loop().call_at(due, self._read, tables)
        if due <= now or now - self._used_at > KEPT_OPEN:
            self._read(tables)

    def expect_nothing(self, check: Hashable) -> None:
        """Cancel the read for this check: it passes again, or has its verdict."""
        if timer := self._timers.pop(check, None):
            timer.cancel()

    async def read(self, key: RouteKey) -> tuple[RouteTable, float] | None:
        """The table from the prepared read that is under way, and when that read was begun.

        None if none is under way, or it fails, takes too long or must not replace the read of the write.
        """
        read = self._reads.get(key[0])
        if read is None or read.done.is_set():
            return None
        wanted = self._now()
        # After that, a read of the write's own is likely to be answered sooner.
        longest = read.asked + 2 * (self._took or 0.0) + GIVEN_UP - wanted
        with suppress(TimeoutError):
            await asyncio.wait_for(read.done.wait(), longest)
        state = self._view.places.at(key)
        since = [self._view.asked_at(key[0]), *(each.at for each in (state.own_write, state.failure) if each)]
        if read.table is None or not spares_a_read(read.asked, read.answered, wanted, max(since)):
            return None
        return read.table, read.asked

    @property
    def _took(self) -> float | None:
        """The estimated seconds of a read on an open connection; None: not known.

        The shortest of the last ones: the write waits for an answer that comes late, but one before the verdict is of
        no use.
        """
        return min(self._times, default=self._seen)

    def _read(self, tables: Collection[str]) -> None:
        now = self._now()
        due: dict[Access, dict[str, PreparedRead]] = {}
        for each in tables:
            if (read := self._reads.get(each)) is None or read.done.is_set():
                due.setdefault(self._view.access_of(each), {})[each] = PreparedRead(now)
        for access, reads in due.items():
            if self._pace.take(now):
                self._reads.update(reads)
                self._tasks.start(self._read_tables(access, reads, now))

    async def _read_tables(self, access: Access, reads: dict[str, PreparedRead], asked: float) -> None:
        was_open = asked - self._used_at <= KEPT_OPEN
        vpc_ids = self._view.reaches.get(access, ())
        try:
            tables = await self._calls.at(access).tables_before_write(vpc_ids, tuple(reads))
        except Ec2Error:
            return  # the write then reads for itself, and reports the error if that fails, too
        else:
            now = self._now()
            self._used_at = now
            if was_open:
                self._times.append(now - asked)
            found = {table.id: table for table in tables}
            for table_id, read in reads.items():
                read.answered, read.table = now, found.get(table_id)
        finally:
            for read in reads.values():
                read.done.set()
        if not self._times:
            self._read(tuple(reads))  # once more on the connection that is open now, to measure the time

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
