"""Observe: everything about the VPC that a decision may need, read once; and when that is due again."""

import asyncio
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

from bgp2vpc.backoff import back_off
from bgp2vpc.errors import Credentials, Denied, Ec2Error, Throttled, Transient
from bgp2vpc.policy.decide import Unresolved
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.view import View
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteTable, Snapshot, Subnet, TargetKind

STRANGE: Final = "StrangeAnswer"
"""The code of what EC2 answers and cannot be so."""

SINGLES: Final = 20
"""Instances, at most, that are asked about one by one: each question costs a token that the whole account shares."""
SINGLES_TIME: Final = 4.0
"""Times `ec2.timeout` that these questions may take together."""

_POINTLESS: Final = (Throttled, Denied, Credentials)
"""After these errors another question would be answered in the same way, or make it worse."""

FIRST_RETRY: Final = 0.5
"""Seconds from a poll that failed to the next one; twice as long each time, up to `poll_time`."""
LONGEST_WAIT: Final = 300.0
"""Seconds, at most, between polls while EC2 throttles them."""

Tell = Callable[[str, Ec2Error | None], None]
"""Told of each part that only some rules need: what it is, and why it could not be read, or None if it was."""


async def observe(calls: Calls, view: View, tell: Tell) -> Snapshot:
    """What EC2 says now; of health, what was known before, as of the parts that `tell` hears could not be read.

    Raises Ec2Error where what every rule needs could not be read.
    """
    instance_id = view.instance.id
    before = view.snapshot
    others = sorted(view.other_instances)

    async def subnets_if(*, wanted: bool) -> Mapping[str, Subnet] | None:
        if not wanted:
            return None
        try:
            found = {subnet.id: subnet for subnet in await calls.subnets(view.vpc_ids)}
        except Ec2Error as error:
            tell("subnets", error)
            return before.subnets
        tell("subnets", None)
        return found

    async def interfaces_of(other: str) -> tuple[Interface, ...]:
        try:
            found = await calls.interfaces(other)
        except Ec2Error as error:
            tell(f"interfaces of {other}", error)
            return before.others.get(other, ())
        tell(f"interfaces of {other}", None)
        return found

    tables, interfaces, subnets, theirs = await asyncio.gather(
        calls.route_tables(view.vpc_ids),
        calls.interfaces(instance_id),
        subnets_if(wanted=view.wants_subnets),
        asyncio.gather(*map(interfaces_of, others)),
    )
    _check(view, tables, interfaces)
    if subnets is None and not view.wants_subnets:
        subnets = await subnets_if(wanted=view.manages_within_vpc(tables))
    return Snapshot(
        {table.id: table for table in tables},
        interfaces,
        before.health,
        instance_id,
        others=dict(zip(others, theirs, strict=True)),
        subnets=subnets,
        peer_enis=before.peer_enis,
        unresolvable=before.unresolvable,
    )


def _check(view: View, tables: Sequence[RouteTable], interfaces: Sequence[Interface]) -> None:
    """Raise Transient for an answer that cannot be true: what was known before is nearer to the truth.

    Every VPC has a main route table, every table a local route, and every instance a primary interface that cannot be
    detached (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html,
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html).
    """
    own = view.instance.vpc_id
    if own in view.vpc_ids and not any(table.vpc_id == own for table in tables):
        raise Transient("DescribeRouteTables", STRANGE, f"{own} has no route table in the answer")
    for table in tables:
        if table.vpc_id not in view.vpc_ids:
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} of {table.vpc_id} was not asked for")
        if not any(route.target.kind is TargetKind.LOCAL for route in table.routes):
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} has no local route in the answer")
    if not interfaces:
        raise Transient("DescribeNetworkInterfaces", STRANGE, f"{view.instance.id} has no interface in the answer")
    for each in interfaces:
        if each.instance_id not in (None, view.instance.id):  # to take it for ours is to delete the routes to it
            raise Transient("DescribeNetworkInterfaces", STRANGE, f"{each.id} of {each.instance_id} was not asked for")


async def learn_health(calls: Calls, view: View, instance_ids: Collection[str], tell: Tell) -> None:
    """Ask how these instances are. Those that EC2 could tell nothing of are UNKNOWN, and `tell` hears why.

    EC2 may fail the whole question because of one instance in it, as in the outage of a zone. Then each is asked about
    by itself: ours, by which the others are judged, and the next ones by id; `SINGLES` at most, one after the other.
    """
    health = dict.fromkeys(instance_ids, InstanceHealth.UNKNOWN)
    trouble: Ec2Error | None = None
    try:
        health |= await calls.instance_health(instance_ids)
    except Ec2Error as error:
        found = {} if isinstance(error, _POINTLESS) else await _health_one_by_one(calls, view, instance_ids)
        health |= found
        trouble = error if len(found) < len(health) else None
    view.learned_health(health)
    tell("instance status", trouble)


async def _health_one_by_one(calls: Calls, view: View, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
    """Ask about one after the other, while that is of use; the health of those about whom EC2 answers."""
    found: dict[str, InstanceHealth] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(SINGLES_TIME * calls.timeout):
            for each in sorted(instance_ids, key=lambda each: (each != view.instance.id, each))[:SINGLES]:
                try:
                    found |= await calls.instance_health([each])
                except _POINTLESS:
                    break
                except Ec2Error:
                    continue
    return found


async def resolve(calls: Calls, view: View, unresolved: Unresolved) -> None:
    """Ask about interfaces of other instances. Raises Ec2Error."""
    at_addresses, by_id = await asyncio.gather(
        calls.interfaces_at(view.vpc_ids, unresolved.addresses), calls.interfaces_by_id(unresolved.interface_ids)
    )
    view.resolved(unresolved, (*at_addresses, *by_id))


class Polls:
    """Counts the polls, and waits until the next one is due. Times are in seconds of the event loop."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        """However they ended."""
        self.changes = ""
        """What there was to change after the last one that EC2 answered; empty: nothing."""
        self._failures = 0
        """In a row."""
        self._throttled = 0
        """Those of them, the last ones in a row, that EC2 throttled."""
        self._now = asyncio.Event()

    def begin(self) -> None:
        """One begins."""
        self._now.clear()
        self.begun += 1

    def end(self, error: Ec2Error | None) -> None:
        """It has ended; None: EC2 has answered, and everything was decided."""
        self.ended += 1
        self._failures = self._failures + 1 if error else 0
        self._throttled = self._throttled + 1 if isinstance(error, Throttled) else 0

    def at_once(self) -> None:
        """Do not wait for the next one."""
        self._now.set()

    async def wait(self, poll_time: float, *, knows_something: bool) -> None:
        """Until the next one is due.

        Where EC2 throttles reads, the fleet polls more than EC2 takes. To try again soon would make that worse, until
        nobody is answered any more; so whoever knows anything waits, twice as long each time.
        """
        seconds = poll_time
        if self._throttled and knows_something:
            seconds = max(poll_time, back_off(poll_time, LONGEST_WAIT, self._throttled))
        elif self._failures:
            seconds = back_off(FIRST_RETRY, poll_time, self._failures - 1)
        # Every instance of the account shares EC2's 20 describes a second: hosts must not poll in step.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._now.wait(), seconds * (0.9 + random.random() / 5))  # noqa: S311
