"""The seconds between two polls: as configured, or chosen (`poll_time: auto`), and who waits for that long.

`auto` follows two things. The number of instances, as far as this host knows it, gives a time with which the whole
fleet takes a fifth of EC2's reads (`vpc/auto_poll_time.py`). If EC2 throttles one of our reads all the same, because
there are more instances than we know or others read much, the time is doubled; each poll that is not throttled takes a
twentieth off.

Hosts that start or reload together, as in a deployment, and those that EC2 did not answer and answers again, would poll
together from then on; so the wait after that is a random part of the whole. When the time changes, what is left of each
wait changes by the same factor: hosts that were spread evenly stay so, and nobody waits longer than the new time.
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
"""What throttled polls and others multiply the time by."""
ESTIMATED: Final = "if there are as many for each owner of a route as here"
LONGEST_SLOWED: Final = 3000.0
"""Seconds up to which throttling lengthens it."""


class PollTime(Observer):
    """What holds now. Told of what is known of the fleet, of EC2's answers, and of the end of each poll."""

    def __init__(self) -> None:
        self.seconds = SHORTEST
        self.longest = SHORTEST
        """Since EC2 was last read: what the age of that is judged by."""
        self._configured: float | None = SHORTEST
        self._of_fleet = SHORTEST
        self._slowed = 1.0
        self._is_throttled = False
        self._answers = 0
        """Of polls that EC2 has answered."""
        self._members: dict[str, int] = {}
        self._reads: dict[str, int] = {}
        self._pauses: list[Pause] = []

    @property
    def is_auto(self) -> bool:
        """Whether it is chosen here."""
        return self._configured is None

    def use(self, configured: float | None) -> None:
        """As the configuration says; None: auto."""
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
        # Each account and region has buckets of its own.
        of_vpcs = Counter(each.access for each in tables if not each.is_transit)
        others = Counter(access for access, _ in other_instances(view))
        self.needs("DescribeRouteTables", math.ceil(max(of_vpcs.values(), default=0) / PAGE_SIZE))
        self.needs("SearchTransitGatewayRoutes", sum(each.is_transit for each in tables))
        self.needs("DescribeNetworkInterfaces", 1 + max(others.values(), default=0))

    def know(self, how: str, members: int) -> None:
        """There are so many instances, ourselves included; 0: not known any more. The largest number counts.

        `how` we know it, in words that follow "instances".
        """
        self._members[how] = members
        self._choose()

    def needs(self, action: str, reads: int) -> None:
        """A poll makes so many calls of this API."""
        self._reads[action] = reads
        self._choose()

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """EC2 has answered a call."""
        if isinstance(error, Throttled) and action.startswith(("Describe", "Get", "Search")):
            self._is_throttled = True

    def begins(self) -> None:
        """A poll begins. What was throttled before the second one tells of the start of all hosts, not of polls."""
        if self._answers < 2:
            self._is_throttled = False

    def ended(self, error: Ec2Error | None) -> None:
        """A poll has ended; None: EC2 has answered."""
        was_throttled, self._is_throttled = self._is_throttled and self._answers > 0, False
        self._answers += error is None
        most = max(1.0, LONGEST_SLOWED / self._of_fleet)
        self._slowed = min(self._slowed * SLOWED, most) if was_throttled else max(self._slowed * RECOVERED, 1.0)
        self._choose()
        if error is None:
            self.longest = self.seconds

    def row(self) -> PollTimeRow:
        """For the status."""
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
        """Whether it is longer because EC2 has throttled reads."""
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
        """A new one that follows it."""
        made = Pause(self)
        self._pauses.append(made)
        return made


class Pause:
    """The wait between two polls of one kind."""

    def __init__(self, poll_time: PollTime) -> None:
        self.due: float | None = None
        """When the next poll is due, or the one under way was, on the event loop's clock; None: it is the first."""
        self.is_in_step = True
        """With other hosts, maybe: the next wait of a whole poll_time is a random part of it."""
        self._poll_time = poll_time
        self._over = asyncio.Event()
        self._alarm = Alarm(self._over.set)
        self._follows = False

    def clear(self) -> None:
        """The next wait is a whole one: what `end` was called for is about to be done."""
        self._over.clear()

    def end(self) -> None:
        """Do not wait any more, or, where nobody waits, next time. All hosts may be told so at once, as to reload."""
        self._over.set()
        self.is_in_step = True

    async def poll_time(self) -> None:
        """Wait for the poll_time, and a tenth less or more."""
        share = 0.9 + random.random() / 5  # noqa: S311
        if self.is_in_step and self._poll_time.is_auto:
            share *= random.random()  # noqa: S311
        self.is_in_step = False
        await self.wait(self._poll_time.seconds * share, follows=True)

    async def wait(self, seconds: float, *, follows: bool = False) -> None:
        """Wait so long. `follows`: what is left becomes longer or shorter with poll_time."""
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
        """poll_time is that many times what it was."""
        if self._follows and self.due is not None:
            now = asyncio.get_running_loop().time()
            self.due = now + max(0.0, self.due - now) * factor
            self._alarm.set(self.due)
