"""Observe: everything about the VPC that a decision may need, read once; and when that is due again."""

import asyncio
import random
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from bgp2vpc.backoff import back_off
from bgp2vpc.errors import Ec2Error, Throttled, Transient
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Tell
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.reconcile.read.questions import (
    manages_within_vpc,
    needs_subnets,
    other_instances,
    wants_transit,
    wants_transit_table,
)
from bgp2vpc.reconcile.view import View
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.model import Interface, ManagedPrefixList, RouteTable, Subnet, TargetKind
from bgp2vpc.vpc.snapshot import Snapshot

T = TypeVar("T")
Known = TypeVar("Known")

STRANGE: Final = "StrangeAnswer"
"""The code of what EC2 answers and cannot be so."""


FIRST_RETRY: Final = 0.5
"""Seconds from a poll that failed to the next one; twice as long each time, up to `poll_time`."""
LONGEST_WAIT: Final = 300.0
"""Seconds, at most, between polls while EC2 throttles them."""


async def observe(calls: Calls, view: View, tell: Tell, *, carefully: bool = False) -> Snapshot:
    """What EC2 says now; of health, what was known before, as of the parts that `tell` hears could not be read.

    `carefully`: EC2 has just throttled us. All calls are needed, and each has a bucket of its own that the account
    shares. So the others are made once the first one is not throttled; else they would only cost others their answers.
    Raises Ec2Error where what every rule needs could not be read: our interfaces, and the tables of our own account.
    Another account or region that gives no answer is among what is `unread`.
    """
    tables = asyncio.ensure_future(calls.route_tables(view.reaches[OWN]))
    if carefully:
        await tables
    elsewhere = [access for access in view.reaches if access != OWN]
    # An instance that a rule names may be ours although the tables are another account's: in a VPC shared with us.
    named = sorted({other for access, other in other_instances(view) if not access.region})
    if not elsewhere:
        return await _observe_own(calls, view, named, tell, tables)
    own, reads = await asyncio.gather(
        _observe_own(calls, view, named, tell, tables),
        asyncio.gather(*(_read(calls, view, each, tell) for each in elsewhere)),
    )
    return _joined(own, dict(zip(elsewhere, reads, strict=True)), view)


async def _observe_own(
    calls: Calls, view: View, named: Sequence[str], tell: Tell, reading: "asyncio.Future[tuple[RouteTable, ...]]"
) -> Snapshot:
    """Our own account and region. `named`: instances that the configuration names. Raises Ec2Error.

    `reading`: the tables, which are being read, or were.
    """
    instance_id, vpc_ids = view.instance.id, view.reaches[OWN]
    before = view.snapshot

    async def subnets_if(*, wanted: bool) -> Mapping[str, Subnet] | None:
        if not wanted:
            return None
        found = await _or_known(calls.subnets(vpc_ids), None, "subnets", tell)
        return before.subnets if found is None else {subnet.id: subnet for subnet in found}

    def interfaces_of(other: str) -> Awaitable[tuple[Interface, ...]]:
        return _or_known(calls.interfaces(other), before.others.get(other, ()), f"interfaces of {other}", tell)

    tables, interfaces, subnets, theirs, lists, transit = await asyncio.gather(
        reading,
        calls.interfaces(instance_id),
        subnets_if(wanted=needs_subnets(view, OWN)),
        asyncio.gather(*map(interfaces_of, named)),
        prefix_lists(calls, view, tell),
        _transit(calls, view, tell),
    )
    _check(view, tables, interfaces)
    if subnets is None and not needs_subnets(view, OWN):
        subnets = await subnets_if(wanted=manages_within_vpc(view, OWN, tables))
    attachments, of_gateways = transit
    return Snapshot(
        {table.id: table for table in (*tables, *of_gateways)},
        interfaces,
        before.health,
        instance_id,
        others=dict(zip(named, theirs, strict=True)),
        subnets=subnets,
        peer_enis=before.peer_enis,
        unresolvable=before.unresolvable,
        prefix_lists=lists,
        attachments=attachments,
    )


async def _or_known(asked: Awaitable[T], known: Known, what: str, tell: Tell) -> T | Known:
    """What EC2 answers; or what is known, if it does not, and `tell` hears why."""
    try:
        answer = await asked
    except Ec2Error as error:
        tell(what, error)
        return known
    tell(what, None)
    return answer


@dataclass(frozen=True, slots=True)
class AccountRead:
    """What a poll has read of another account or region. `ours`: our interfaces that belong to it.

    `others`: by instance id, the interfaces of instances that its rules name. `subnets` None: not known.
    """

    tables: Sequence[RouteTable]
    ours: Sequence[Interface]
    others: Mapping[str, tuple[Interface, ...]]
    subnets: Sequence[Subnet] | None


async def _read(calls: Calls, view: View, access: Access, tell: Tell) -> AccountRead | None:
    """All of it; None: it gives no answer, and `tell` hears why.

    An interface of another account's VPC can be attached to our instance if both are in the same zone:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
    """
    there, vpc_ids, own_id = calls.at(access), view.reaches[access], view.instance.id
    named = sorted(other for where, other in other_instances(view) if where == access)
    asked = named if access.region else [own_id, *named]
    try:
        tables, found = await asyncio.gather(there.route_tables(vpc_ids), asyncio.gather(*map(there.interfaces, asked)))
        _check_tables(vpc_ids, tables)
    except Ec2Error as error:
        tell(f"route tables of {access}", error)
        return None
    tell(f"route tables of {access}", None)
    subnets: Sequence[Subnet] | None = None
    if needs_subnets(view, access) or manages_within_vpc(view, access, tables):
        subnets = await _or_known(there.subnets(vpc_ids), None, f"subnets of {access}", tell)
    by_instance = dict(zip(asked, found, strict=True))
    ours = [each for each in by_instance.pop(own_id, ()) if each.instance_id == own_id]
    return AccountRead(tables, ours, by_instance, subnets)


def _joined(own: Snapshot, reads: Mapping[Access, AccountRead | None], view: View) -> Snapshot:
    """All accounts in one. Of those that gave no answer, what the view has now: single tables may have been read, or
    written, since this poll began.
    """
    before, answers = view.snapshot, {access: read for access, read in reads.items() if read is not None}
    unread = reads.keys() - answers.keys()
    silent = {access.account_id for access in unread}
    tables = {each.id: each for each in before.tables.values() if each.access in unread}
    ours = {each.id: each for each in before.interfaces if each.owner_id and each.owner_id in silent}
    others = {other: before.others.get(other, ()) for access, other in other_instances(view) if access in unread}
    subnets = {each.id: each for each in (before.subnets or {}).values() if each.vpc_id not in view.reaches[OWN]}
    for read in answers.values():
        tables |= {each.id: each for each in read.tables}
        ours |= {each.id: each for each in read.ours}
        others |= read.others
        subnets |= {each.id: each for each in read.subnets or ()}
    ours |= {each.id: each for each in own.interfaces}
    return replace(
        own,
        tables={**tables, **own.tables},
        interfaces=tuple(sorted(ours.values(), key=lambda each: each.position)),
        # Whoever knows nothing of an instance takes nothing away.
        others=others | {other: found for other, found in own.others.items() if found or other not in others},
        subnets={**subnets, **(own.subnets or {})} if subnets or own.subnets is not None else None,
        unread=frozenset(unread),
    )


def subjects_of(access: Access) -> tuple[str, ...]:
    """What may be told to fail in another account or region."""
    subjects = ("route tables", "subnets", "instance status", "interfaces of peers")
    return tuple(f"{each} of {access}" for each in subjects)


async def prefix_lists(calls: Calls, view: View, tell: Tell) -> Mapping[str, ManagedPrefixList] | None:
    """The managed prefix lists of the region, those that rules mean with their entries; None: none, or not to be read.

    Entries are read only if their list has another version than before.
    """
    refs = [rule.prefix_list for rule in view.rules if rule.prefix_list]
    if not refs:
        return None
    before = view.snapshot.prefix_lists or {}

    async def with_entries(found: ManagedPrefixList) -> ManagedPrefixList:
        known = before.get(found.id)
        if found.version == 0 or not any(ref.means(found) for ref in refs):
            return found
        if known is not None and known.version == found.version and known.entries is not None:
            return replace(found, entries=known.entries)
        return replace(found, entries=await calls.prefix_list_entries(found.id, found.version))

    async def all_lists() -> Mapping[str, ManagedPrefixList]:
        found = await asyncio.gather(*map(with_entries, await calls.prefix_lists()))
        return {each.id: each for each in found}

    return await _or_known(all_lists(), None, "prefix lists", tell)


async def _transit(calls: Calls, view: View, tell: Tell) -> tuple[tuple[Interface, ...], tuple[RouteTable, ...]]:
    """Our VPC's attachments to transit gateways, and the tables of these gateways that rules are about."""
    if not wants_transit(view):
        return (), ()
    try:
        attachments = await calls.attachments(view.instance.vpc_id)
        tables = await calls.transit_tables(
            {each.vpc_id for each in attachments}, wanted=partial(wants_transit_table, view)
        )
    except Ec2Error as error:
        tell("transit gateway route tables", error)
        known = tuple(table for table in view.snapshot.tables.values() if table.is_transit)
        return view.snapshot.attachments, known
    tell("transit gateway route tables", None)
    return attachments, tables


def _check(view: View, tables: Sequence[RouteTable], interfaces: Sequence[Interface]) -> None:
    """Raise Transient for an answer that cannot be true: what was known before is nearer to the truth.

    Every VPC has a main route table, every table a local route, and every instance a primary interface that cannot be
    detached (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html,
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html).
    """
    own, vpc_ids = view.instance.vpc_id, view.reaches[OWN]
    if own in vpc_ids and not any(table.vpc_id == own for table in tables):
        raise Transient("DescribeRouteTables", STRANGE, f"{own} has no route table in the answer")
    _check_tables(vpc_ids, tables)
    if not interfaces:
        raise Transient("DescribeNetworkInterfaces", STRANGE, f"{view.instance.id} has no interface in the answer")
    for each in interfaces:
        if each.instance_id not in (None, view.instance.id):  # to take it for ours is to delete the routes to it
            raise Transient("DescribeNetworkInterfaces", STRANGE, f"{each.id} of {each.instance_id} was not asked for")


def _check_tables(vpc_ids: Collection[str], tables: Sequence[RouteTable]) -> None:
    for table in tables:
        if table.vpc_id not in vpc_ids:
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} of {table.vpc_id} was not asked for")
        if not any(route.target.kind is TargetKind.LOCAL for route in table.routes):
            raise Transient("DescribeRouteTables", STRANGE, f"{table.id} has no local route in the answer")


class Polls:
    """Counts the polls, and waits until the next one is due. Times are in seconds of the event loop."""

    def __init__(self, poll_time: PollTime) -> None:
        self.begun = 0
        self.ended = 0
        """However they ended."""
        self.changes = ""
        """What there was to change after the last one that EC2 answered; empty: nothing."""
        self.was_throttled = False
        """The last one."""
        self._poll_time = poll_time
        self._pause = poll_time.pause()
        self._failures = 0
        """In a row."""
        self._throttled = 0
        """Those of them, the last ones in a row, that EC2 throttled."""

    @property
    def due(self) -> float | None:
        """When the next one is due, or the one under way was; None: it is the first."""
        return self._pause.due

    def begin(self) -> None:
        """One begins."""
        self._pause.clear()
        self._poll_time.begins()
        self.begun += 1

    def end(self, error: Ec2Error | None) -> None:
        """It has ended; None: EC2 has answered, and everything was decided."""
        self.ended += 1
        self.was_throttled = isinstance(error, Throttled)
        self._failures = self._failures + 1 if error else 0
        self._throttled = self._throttled + 1 if self.was_throttled else 0

    def at_once(self) -> None:
        """Do not wait for the next one."""
        self._pause.end()

    async def wait(self, *, knows_something: bool) -> None:
        """Until the next one is due.

        Where EC2 throttles reads, the fleet polls more than EC2 takes. To try again soon would make that worse, until
        nobody is answered any more; so whoever knows anything waits: for a poll_time that is longer then, or, if it is
        configured, twice as long each time. Whoever knows nothing tries again, and waits longer and longer, too.
        """
        if not self._failures:
            await self._pause.poll_time()
            return
        poll_time, is_auto = self._poll_time.seconds, self._poll_time.is_auto
        is_held_back = self._throttled > 0 and knows_something
        if is_held_back:
            seconds = poll_time if is_auto else max(poll_time, back_off(poll_time, LONGEST_WAIT, self._throttled))
        else:
            most = min(poll_time, LONGEST_WAIT) if is_auto else poll_time
            seconds = back_off(FIRST_RETRY, most, self._failures - 1)
        # What EC2 does not answer to this host it may not answer to all others either, and then to all at once.
        self._pause.is_in_step = True
        share = 0.5 + random.random() if is_auto else 0.9 + random.random() / 5  # noqa: S311
        await self._pause.wait(seconds * share, follows=is_auto and is_held_back)
