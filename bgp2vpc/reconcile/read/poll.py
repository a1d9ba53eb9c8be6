"""Polls: read everything about the VPC that decisions may need, and wait until the next poll is due.

`observe` makes one snapshot:

1. It reads our own account: route tables and our interfaces; and what some rules need: subnets, interfaces of other
   instances, prefix lists, transit gateways. These calls run side by side.
2. Meanwhile it reads the tables and interfaces of each other account and region that rules name.
3. It raises an error for an answer that cannot be true (`_check`).
4. It joins all accounts in one snapshot (`_joined`). Whatever could not be read stays as it is in the view, except
   our own tables and interfaces: without these, the poll has failed.

`Polls` counts the polls, and computes the wait after each: `poll_time`, or a back-off after a failure.
"""

import asyncio
import random
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from bgp2vpc.backoff import back_off
from bgp2vpc.errors import Ec2Error, Throttled, Transient
from bgp2vpc.reconcile.ec2_calls import STRANGE, Calls
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
from bgp2vpc.vpc.model import Interface, ManagedPrefixList, RouteTable, Subnet
from bgp2vpc.vpc.snapshot import Snapshot

T = TypeVar("T")
Known = TypeVar("Known")

FIRST_RETRY: Final = 0.5
"""Seconds from a failed poll to the next one; twice as long after each further failure, up to `poll_time`."""
LONGEST_WAIT: Final = 300.0
"""Seconds up to which a back-off lengthens the wait; a configured `poll_time` may be longer."""


async def observe(calls: Calls, view: View, tell: Tell, *, carefully: bool = False) -> Snapshot:
    """Read everything, and make a snapshot of it. The health of instances is taken from the view, not read.

    Raises Ec2Error if the tables of our own account or our interfaces could not be read: every rule needs them. Any
    other part that could not be read is taken from the view, and `tell` is called with its error. An account or region
    that does not answer is in `Snapshot.unread`.

    `carefully`: EC2 has just throttled us. Then our tables are read first, and the rest only if EC2 answers: a poll
    needs all of its calls, and each takes a token from a bucket that all hosts of the account share.
    """
    reaches = view.reaches  # those of this poll: a reload may change the rules meanwhile
    tables = asyncio.ensure_future(calls.route_tables(reaches[OWN]))
    if carefully:
        await tables
    elsewhere = [access for access in reaches if access != OWN]
    # In a VPC that is shared with us, a rule for another account's tables may name an instance of our own account.
    named = sorted({other for access, other in other_instances(view) if not access.region})
    own, reads = await asyncio.gather(
        _observe_own(calls, view, reaches[OWN], named, tell, tables),
        asyncio.gather(*(_read(calls, view, each, reaches[each], tell) for each in elsewhere)),
    )
    now = view.snapshot  # as it is now: lookups may have been answered since the poll began
    known = replace(own, health=now.health, peer_enis=now.peer_enis, unresolvable=now.unresolvable)
    return _joined(known, dict(zip(elsewhere, reads, strict=True)), view) if elsewhere else known


async def _observe_own(
    calls: Calls,
    view: View,
    vpc_ids: Collection[str],
    named: Sequence[str],
    tell: Tell,
    reading: "asyncio.Future[tuple[RouteTable, ...]]",
) -> Snapshot:
    """Read our own account and region. Raises Ec2Error as `observe` does.

    `named`: other instances that the configuration names. `reading`: the read of the tables, which has begun.
    """
    instance_id, before = view.instance.id, view.snapshot

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
    _check(view, vpc_ids, tables, interfaces)
    if subnets is None and not needs_subnets(view, OWN):
        subnets = await subnets_if(wanted=manages_within_vpc(view, OWN, tables))
    attachments, of_gateways = transit or (before.attachments, ())
    return Snapshot(
        {table.id: table for table in (*tables, *of_gateways)},
        interfaces,
        instance_id=instance_id,
        others=dict(zip(named, theirs, strict=True)),
        subnets=subnets,
        prefix_lists=lists,
        attachments=attachments,
        is_transit_unread=transit is None,
    )


async def _or_known(asked: Awaitable[T], known: Known, what: str, tell: Tell) -> T | Known:
    """The result of `asked`, or `known` if it fails. `tell` is called with the subject `what` and the error or None."""
    try:
        answer = await asked
    except Ec2Error as error:
        tell(what, error)
        return known
    tell(what, None)
    return answer


@dataclass(frozen=True, slots=True)
class AccountRead:
    """What a poll has read of one other account or region.

    `ours`: interfaces of that account which are attached to our instance. `others`: instance id -> interfaces, for the
    instances that its rules name. `subnets`: None if not needed, or not read because of an error.
    """

    tables: Sequence[RouteTable]
    ours: Sequence[Interface]
    others: Mapping[str, tuple[Interface, ...]]
    subnets: Sequence[Subnet] | None


async def _read(calls: Calls, view: View, access: Access, vpc_ids: Collection[str], tell: Tell) -> AccountRead | None:
    """Read one other account or region; None if it does not answer. `tell` is called with the error or None.

    An interface of another account's VPC can be attached to our instance if both are in the same zone:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
    """
    there, own_id = calls.at(access), view.instance.id
    named = sorted(other for where, other in other_instances(view) if where == access)
    asked = named if access.region else [own_id, *named]
    try:
        tables, found = await asyncio.gather(there.route_tables(vpc_ids), asyncio.gather(*map(there.interfaces, asked)))
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
    """One snapshot of all accounts. Those that did not answer (None) are taken from the view.

    The view as it is now, not as it was when the poll began: rereads and writes may have changed tables since.
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
        # If one account shows no interface of an instance, another account may have shown it.
        others=others | {other: found for other, found in own.others.items() if found or other not in others},
        subnets={**subnets, **(own.subnets or {})} if subnets or own.subnets is not None else None,
        unread=frozenset(unread),
    )


async def prefix_lists(calls: Calls, view: View, tell: Tell) -> Mapping[str, ManagedPrefixList] | None:
    """The managed prefix lists of the region, by id; None if no rule has a prefix list, or the read failed.

    Lists that a rule refers to have their entries, which are read again only if the version of the list has changed.
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


async def _transit(calls: Calls, view: View, tell: Tell) -> tuple[tuple[Interface, ...], tuple[RouteTable, ...]] | None:
    """Our VPC's attachments to transit gateways, and the tables of these that rules find; None if EC2 did not answer.

    `tell` is called with the error or None.
    """
    if not wants_transit(view):
        return (), ()
    try:
        attachments = await calls.attachments(view.instance.vpc_id)
        tables = await calls.transit_tables(
            {each.vpc_id for each in attachments}, wanted=partial(wants_transit_table, view)
        )
    except Ec2Error as error:
        tell("transit gateway route tables", error)
        return None
    tell("transit gateway route tables", None)
    return attachments, tables


def _check(view: View, vpc_ids: Collection[str], tables: Sequence[RouteTable], interfaces: Sequence[Interface]) -> None:
    """Raise Transient for an answer that cannot be true, so that the poll fails and the view stays as it was.

    Every VPC has a main route table, and every instance a primary interface that cannot be detached
    (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html,
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html).
    """
    own, region = view.instance.vpc_id, view.instance.region
    if own in vpc_ids and not any(table.vpc_id == own for table in tables):
        words = f"{own} has no route table in the answer; if that stays so, it is not in {region}"
        raise Transient("DescribeRouteTables", STRANGE, f"{words}: set the right region (`region:`, AWS_REGION)")
    if not interfaces:
        words = f"{view.instance.id} has no interface in the answer; if that stays so, it is not in {region}"
        raise Transient("DescribeNetworkInterfaces", STRANGE, f"{words}: set the right instance and region")
    for each in interfaces:
        if each.instance_id not in (None, view.instance.id):  # if it counted as ours, routes to it might be deleted
            raise Transient("DescribeNetworkInterfaces", STRANGE, f"{each.id} of {each.instance_id} was not asked for")


class Polls:
    """Counts the polls, and waits until the next one is due. Times are on the event loop's clock."""

    def __init__(self, poll_time: PollTime) -> None:
        self.begun = 0
        self.ended = 0
        """Polls that have ended, successfully or not."""
        self.changes = ""
        """The changes of the last decision about everything, in words (`2 to create`); empty: none."""
        self.was_throttled = False
        """Whether EC2 throttled the last poll."""
        self._poll_time = poll_time
        self._pause = poll_time.pause()
        self._failures = 0
        """The number of the last polls, in a row, that failed."""
        self._throttled = 0
        """The number of the last polls, in a row, that EC2 throttled."""

    @property
    def due(self) -> float | None:
        """When the next poll is due, or the one under way was due; None before the first wait."""
        return self._pause.due

    def begin(self) -> None:
        """A poll begins."""
        self._pause.clear()
        self._poll_time.begins()
        self.begun += 1

    def end(self, error: Ec2Error | None) -> None:
        """The poll has ended. `error` None: EC2 has answered, and everything was decided."""
        self.ended += 1
        self.was_throttled = isinstance(error, Throttled)
        self._failures = self._failures + 1 if error else 0
        self._throttled = self._throttled + 1 if self.was_throttled else 0
        self._poll_time.ended(error)

    def at_once(self) -> None:
        """End the wait for the next poll; during a poll, skip the wait that follows it."""
        self._pause.end()

    async def wait(self, *, knows_something: bool) -> None:
        """Wait until the next poll is due. `knows_something`: an earlier poll has succeeded.

        A failed poll is tried again after `FIRST_RETRY` seconds, which double with each failure. But when EC2 throttles
        reads, the fleet polls more than EC2 allows, and early retries of all hosts would make that worse. So a host
        that has read everything before waits longer after throttling: for `poll_time`, which `auto` lengthens then; or,
        if `poll_time` is configured, twice as long after each throttled poll, up to `LONGEST_WAIT`.
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
        # EC2 may have failed for all hosts, and may answer all of them again at the same moment: spread their polls.
        self._pause.is_in_step = True
        share = 0.5 + random.random() if is_auto else 0.9 + random.random() / 5  # noqa: S311
        await self._pause.wait(seconds * share, follows=is_auto and is_held_back)
