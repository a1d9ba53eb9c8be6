"""Preparation: while a check fails, its tables are read so that the answer comes just after its verdict.

Between a verdict and its write there is a read of the table, for EC2 has no compare-and-swap; and a write that finds no
open connection waits for the handshakes of TCP and TLS. Both can be done before the verdict. From the first failed
probe on it is known when the verdict comes if the next ones fail, too. At once a read opens a connection of the writes,
unless one was used just now; and a second one is begun as long before the verdict as reads take. The write goes out
when that read is answered.

A prepared read takes the place of the one after the verdict only if it is answered after it (`spares_a_read`). Before
that it leads to nothing: a service that is about to be found down gets no route. It is an extra: none is made where EC2
throttles us, or beyond `RATE`, and one that fails is not tried again; the write then reads as if there had been none.
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
"""Seconds after the verdict at which the answer is wanted: one that comes before it is of no use."""
GIVEN_UP: Final = 0.01
"""Seconds beyond twice the usual time after which a prepared read is not waited for any more."""
BURST, RATE = 5, 1.0
"""Prepared reads at once, and a second after that. EC2 allows an account 20 a second: a twentieth, for one instance
with checks that flap (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html)."""
KEPT_OPEN: Final = 5.0
"""Seconds for which a connection is taken to be open after its last call."""


@dataclass(slots=True)
class PreparedRead:
    """Of one table. Times are the event loop's seconds. `table` None: it is under way, failed, or the table is gone."""

    asked: float
    answered: float = NEVER
    table: RouteTable | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


def spares_a_read(asked: float, answered: float, wanted: float, since: float) -> bool:
    """Whether a write may go out on the basis of a read that was asked for and answered at these times.

    `wanted`: when the write would have begun to read. Whatever was answered after that is as fresh as what the write
    would have read for itself, and nobody else has more time to write in between. `since`: when we last learned of the
    place: from another read, which was asked for then, or a write of ours, or one that failed. This read may not be
    older than that.
    """
    return answered >= wanted and asked >= since


def begin_at(verdict_at: float, took: float | None, now: float) -> float:
    """When to begin a read that takes so long (None: not known) for an answer just after the verdict; `now` if late."""
    return now if took is None else max(now, verdict_at + AFTER - took)


class Preparer(Observer):
    """Reads before verdicts. One for all checks: what two of them need is read once."""

    def __init__(self, calls: Calls, view: View) -> None:
        self._calls = calls
        self._view = view
        self._tasks = ReportedTasks()
        self._pace = Pace(BURST, RATE)
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}
        self._reads: dict[str, PreparedRead] = {}
        self._times: deque[float] = deque(maxlen=5)
        """How long the last prepared reads took, on open connections."""
        self._seen: float | None = None
        """How long the last read took, of whatever kind: all there is to go by at first."""
        self._used_at = NEVER
        """When a connection of the writes was last used."""

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """EC2 has answered a call: where it throttles, nothing is prepared for a while."""
        now = self._now()
        if isinstance(error, Throttled):
            self._pace.drain(now)
        elif error is None and action == "DescribeRouteTables":
            self._seen = seconds
        elif error is None and action in ("CreateRoute", "ReplaceRoute", "DeleteRoute"):
            self._used_at = now

    def expect(self, check: Hashable, verdict_at: float, places: Collection[RouteKey]) -> None:
        """A probe of this check has failed. At `verdict_at` its verdict may change, and these places be written."""
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
        """It does not fail any more, or has its verdict."""
        if timer := self._timers.pop(check, None):
            timer.cancel()

    async def read(self, key: RouteKey) -> tuple[RouteTable, float] | None:
        """The table as a prepared read shows it that spares the write one, and when that was asked for; else None."""
        read = self._reads.get(key[0])
        if read is None or read.done.is_set():
            return None
        wanted = self._now()
        # One that is begun now would take as long again: who waits for this one beyond that would only lose time.
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
        """How long a read takes that finds a connection open, as far as is known: rather too short than too long.

        An answer that comes late is waited for; one that comes early is of no use.
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
            return  # who writes reads again, and says so if that fails, too
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
            self._read(tuple(reads))  # once, to learn how long it takes

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
