"""The seconds between two polls, configured or chosen (`poll_time: auto`), and the waits of that length.

`auto` chooses the time as follows:

1. The number of instances that this host knows of, and the number of calls that one poll makes, give a time at which
   the polls of the whole fleet use a fifth of EC2's rate limit (`vpc/auto_poll_time.py`).
2. If EC2 throttles one of our reads all the same, because there are more instances than we know of or because other
   programs read much, the time is doubled at the end of the poll. Each poll without throttling shortens it by 5 %,
   down to the time of step 1.

Hosts that start or reload together (a deployment), or that EC2 answers again after a failure, would poll at the same
moment from then on. So with `auto` the first wait after that is a random part of the time. When the time changes, the
rest of each wait changes by the same factor: hosts that were spread evenly stay so, and none waits longer than the new
time.
"""

import asyncio
import logging
import math
import random
from collections import Counter
from typing import Final

from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.errors import Ec2Error, Throttled
from bgp2vpc.logs import event
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.read.questions import other_instances
from bgp2vpc.reconcile.view import View
from bgp2vpc.status import PollTimeRow
from bgp2vpc.tasks import Alarm
from bgp2vpc.vpc.api import PAGE_SIZE
from bgp2vpc.vpc.auto_poll_time import SHORTEST, auto_poll_time, estimated_members, step

log = logging.getLogger("bgp2vpc")

SLOWED: Final = 2.0
RECOVERED: Final = 0.95
"""Factors of the time: after a poll with throttling (`SLOWED`), and after one without (`RECOVERED`)."""
ESTIMATED: Final = "if there are as many for each owner of a route as here"
LONGEST_SLOWED: Final = 3000.0
"""Seconds up to which throttling lengthens the time."""


class PollTime(Observer):
    """The present time between polls, chosen from the size of the fleet and from the throttling that it observes."""

    def __init__(self) -> None:
        self.seconds = SHORTEST
        self.longest = SHORTEST
        """The longest time in force since the last successful poll: the status judges the age of the data by it."""
        self._configured: float | None = SHORTEST
        self._of_fleet = SHORTEST
        self._slowed = 1.0
        self._is_throttled = False
        self._answers = 0
        """The number of polls that EC2 has answered."""
        self._members: dict[str, int] = {}
        self._reads: dict[str, int] = {}
        self._pauses: list[Pause] = []

    @property
    def is_auto(self) -> bool:
        """Whether the time is chosen here, not configured."""
        return self._configured is None

    def use(self, configured: float | None) -> None:
        """Use the configured time in seconds; None: auto."""
        self._configured = configured
        self._choose()

    def count(self, view: View, neighbors: Neighbors) -> None:
        """Count the instances that BGP and the route tables show, and the calls that a poll of these tables makes."""
        group = 1 + max(Counter(each.version for each in neighbors.addresses).values(), default=0)
        self.know("with BGP", group if neighbors.addresses else 0)
        tables = view.snapshot.tables.values()
        routes = (route for table in tables for route in table.routes if not route.propagated)
        owners = {route.instance_id for route in routes if route.instance_id}
        of_group = {verdict.owner for verdict in view.places.verdicts()} | {view.instance.id}
        self.know(ESTIMATED, estimated_members(group, owners, owners & of_group))
        # Each account and region has buckets of its own, so the one with the most calls counts.
        of_vpcs = Counter(each.access for each in tables if not each.is_transit)
        others = Counter(access for access, _ in other_instances(view))
        self.needs("DescribeRouteTables", math.ceil(max(of_vpcs.values(), default=0) / PAGE_SIZE))
        self.needs("SearchTransitGatewayRoutes", sum(each.is_transit for each in tables))
        self.needs("DescribeNetworkInterfaces", 1 + max(others.values(), default=0))

    def know(self, how: str, members: int) -> None:
        """Set the number of instances, ourselves included, by one way of counting; 0: unknown. The largest counts.

        `how`: the way of counting, in words that follow "instances".
        """
        self._members[how] = members
        self._choose()

    def needs(self, action: str, reads: int) -> None:
        """Set the number of calls of this API that one poll makes. The largest number counts."""
        self._reads[action] = reads
        self._choose()

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """Note whether EC2 has throttled a read."""
        if isinstance(error, Throttled) and action.startswith(("Describe", "Get", "Search")):
            self._is_throttled = True

    def begins(self) -> None:
        """A poll begins. Throttling before the second poll is ignored: the start of all hosts causes it, not polls."""
        if self._answers < 2:
            self._is_throttled = False

    def ended(self, error: Ec2Error | None) -> None:
        """A poll has ended: lengthen or shorten the time. `error` None: EC2 has answered."""
        was_throttled, self._is_throttled = self._is_throttled and self._answers > 0, False
        self._answers += error is None
        most = max(1.0, LONGEST_SLOWED / self._of_fleet)
        self._slowed = min(self._slowed * SLOWED, most) if was_throttled else max(self._slowed * RECOVERED, 1.0)
        self._choose()
        if error is None:
            self.longest = self.seconds

    def row(self) -> PollTimeRow:
        """The time and the reason for it, for the status."""
        if not self.is_auto:
            return PollTimeRow(self.seconds, auto=False, members=None, reason="")
        how = max(self._members, key=lambda each: self._members[each], default="")
        members = max(1, self._members.get(how, 0))
        reads = max(self._reads.values(), default=1)
        reasons = [f"{members:,} instances {how}" if members > 1 else "no other instance is known"]
        reasons += [f"{reads} calls of one kind for a poll"] if reads > 1 else []
        reasons += [f"{self.seconds / self._of_fleet:.1f} times as long since EC2 throttled"] * self.is_slowed
        return PollTimeRow(self.seconds, auto=True, members=members, reason="; ".join(reasons))

    @property
    def is_slowed(self) -> bool:
        """Whether the time is longer than the fleet calls for, because EC2 has throttled reads."""
        return self.is_auto and self.seconds > self._of_fleet

    def _choose(self) -> None:
        before = self.seconds
        if self._configured is None:
            members, reads = max(self._members.values(), default=1), max(self._reads.values(), default=1)
            self._of_fleet = auto_poll_time(members, reads, self._of_fleet)
            slowed = max(self._of_fleet, min(self._of_fleet * self._slowed, LONGEST_SLOWED))
            self.seconds = step(slowed)
        else:
            self.seconds = self._configured
        if self.seconds == before:
            return
        self.longest = max(self.longest, self.seconds)
        for each in self._pauses:
            each.stretch(self.seconds / before)
        if self.is_auto:
            event(log, logging.INFO, "poll_time changed", seconds=f"{self.seconds:g}", reason=self.row().reason)

    def pause(self) -> "Pause":
        """A new `Pause` that follows this time."""
        made = Pause(self)
        self._pauses.append(made)
        return made


class Pause:
    """The waits between the polls of one kind, such as those of the route tables."""

    def __init__(self, poll_time: PollTime) -> None:
        self.due: float | None = None
        """When the next poll is due, or the one under way was (event loop's clock); None before the first wait."""
        self.is_in_step = True
        """Whether other hosts may poll at the same moment: with `auto`, the next wait is a random part of poll_time."""
        self._poll_time = poll_time
        self._over = asyncio.Event()
        self._alarm = Alarm(self._over.set)
        self._follows = False

    def clear(self) -> None:
        """A poll begins: it serves earlier calls of `end`, so the next wait has its full length."""
        self._over.clear()

    def end(self) -> None:
        """End the present wait, or skip the next one. Other hosts may do so at the same moment, as in a deployment."""
        self._over.set()
        self.is_in_step = True

    async def poll_time(self) -> None:
        """Wait for poll_time, 10 % more or less."""
        share = 0.9 + random.random() / 5  # noqa: S311
        if self.is_in_step and self._poll_time.is_auto:
            share *= random.random()  # noqa: S311
        self.is_in_step = False
        await self.wait(self._poll_time.seconds * share, follows=True)

    async def wait(self, seconds: float, *, follows: bool = False) -> None:
        """Wait until the time is over or `end` is called. `follows`: the rest of the wait changes with poll_time."""
        clock = asyncio.get_running_loop().time
        self.due = clock() + seconds
        self._follows = follows
        self._alarm.set(self.due)
        try:
            await self._over.wait()
        finally:
            self.due = min(self.due, clock())
            self._follows = False
            self._alarm.set(None)

    def stretch(self, factor: float) -> None:
        """poll_time has changed by this factor: change the rest of the wait by it, too."""
        if self._follows and self.due is not None:
            now = asyncio.get_running_loop().time()
            self.due = now + max(0.0, self.due - now) * factor
            self._alarm.set(self.due)
