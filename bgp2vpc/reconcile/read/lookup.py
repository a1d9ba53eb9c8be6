"""Lookups: which interfaces peers and owners have, and the health of instances.

There are two questions to EC2. `resolve` asks for the interfaces of other instances: by address for the next hops of
peers, by id for the targets of routes. `learn_health` asks for the status of the instances that hold routes we want.

Each poll asks both (`observation.py`). Between polls, `Lookup.ask` compares each plan with what is known and asks for
what is missing. The answer goes into the view, and what depends on it is decided again.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Credentials, Denied, Ec2Error, Throttled
from bgp2vpc.logs import event
from bgp2vpc.policy.decide import Unresolved
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.plan import Plan, Reason
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal, Tell
from bgp2vpc.reconcile.read.questions import interfaces_out_of_sight, unknown_interfaces
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.model import InstanceHealth, Interface

log = logging.getLogger("bgp2vpc")

RETRY = 0.5
PAUSE = 0.5
"""Seconds between two lookups of interfaces: after a start, all peers announce within a short time."""

SINGLES: Final = 20
"""Instances, at most, that are asked about one by one: each call takes a token from a bucket of the whole account."""

SINGLES_TIME: Final = 4.0
"""The time that these calls may take together, in multiples of `ec2.timeout`."""

_POINTLESS: Final = (Throttled, Denied, Credentials)
"""Errors after which a further call would fail in the same way, or would add to the throttling."""

_JUDGED_BY_HEALTH = frozenset((Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD, Reason.OWNER_LOST, Reason.BACKUP_MED))
"""Reasons of verdicts that may change with the health of the owner."""


async def learn_health(calls: Calls, view: View, instance_ids: Collection[str], tell: Tell) -> None:
    """Ask for the health of these instances, and take it into the view. It is UNKNOWN where EC2 reports nothing.

    EC2 may refuse the whole call because of one instance in it, as in the outage of a zone. Then each instance is asked
    about by itself, one after the other and `SINGLES` at most: ours first, since the others are judged by it, and then
    by id. Other accounts are asked about the instances that are still UNKNOWN. `tell` is called with the error (or
    None) of each account.
    """
    asked = asyncio.get_running_loop().time()
    health = dict.fromkeys(instance_ids, InstanceHealth.UNKNOWN)
    trouble: Ec2Error | None = None
    try:
        health |= await calls.instance_health(instance_ids)
    except Ec2Error as error:
        found = {} if isinstance(error, _POINTLESS) else await _health_one_by_one(calls, view, instance_ids)
        health |= found
        trouble = error if len(found) < len(health) else None
    unknown = [each for each, told in health.items() if told is InstanceHealth.UNKNOWN and each != view.instance.id]
    for access in view.answering if unknown else ():
        if access != OWN:
            try:
                told = await calls.at(access).instance_health(unknown)
            except Ec2Error as error:
                tell(f"instance status of {access}", error)
                continue
            tell(f"instance status of {access}", None)
            health |= {each: how for each, how in told.items() if how is not InstanceHealth.UNKNOWN}
    view.learned_health(health, asked)
    tell("instance status", trouble)


async def _health_one_by_one(calls: Calls, view: View, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
    """Ask about one instance after the other, while that is of use. Returns the health of those that EC2 reports."""
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


async def resolve(calls: Calls, view: View, unresolved: Unresolved, tell: Tell) -> None:
    """Look up interfaces of other instances, in all accounts, and take them into the view.

    Raises Ec2Error if our own account does not answer. If another one does not, `tell` is called with the error, and
    nothing is concluded from it: not that the account has no such interface, nor anything about its tables until the
    next poll has read it (`View.gave_no_answer`).
    """

    async def ask(access: Access, vpc_ids: Collection[str]) -> Sequence[Interface]:
        there = calls.at(access)
        try:
            at_addresses, by_id = await asyncio.gather(
                there.interfaces_at(vpc_ids, unresolved.addresses), there.interfaces_by_id(unresolved.interface_ids)
            )
        except Ec2Error as error:
            tell(f"interfaces of peers of {access}", error)
            view.gave_no_answer(access)
            return ()
        tell(f"interfaces of peers of {access}", None)
        return (*at_addresses, *by_id)

    answering = view.answering
    at_addresses, by_id, elsewhere = await asyncio.gather(
        calls.interfaces_at(answering[OWN], unresolved.addresses),
        calls.interfaces_by_id(unresolved.interface_ids),
        asyncio.gather(*(ask(*each) for each in answering.items() if each[0] != OWN)),
    )
    found = {each.id: each for some in (at_addresses, by_id, *elsewhere) for each in some}
    out_of_sight = interfaces_out_of_sight(view) - found.keys()
    view.resolved(unresolved - Unresolved(frozenset(), out_of_sight), found.values())


class ReadReports:
    """Reports reads that only some rules need, and ends the failures of those that are not made any more.

    Otherwise such a failure would never end: after a reload, for instance, no rule may need that read.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._made: set[str] = set()
        self._failing: set[str] = set()

    def tell(self, subject: str, error: Ec2Error | None) -> None:
        """Record the result of a read: `error` None if it succeeded (`journal.Tell`)."""
        self._made.add(subject)
        (self._failing.add if error else self._failing.discard)(subject)
        self._journal.told(subject, error)

    def poll_begins(self) -> None:
        """A poll makes all reads again that are needed."""
        self._made.clear()

    def poll_is_complete(self) -> None:
        """Forget the failures of reads that were not made since the poll began."""
        for subject in self._failing - self._made:
            self._journal.forget(subject)
        self._failing &= self._made


class Lookup:
    """Asks EC2 between polls for interfaces and health that decisions depend on, and has them decided again.

    There is one lookup of interfaces at a time, and one question at a time for the health of each instance.
    """

    def __init__(self, calls: Calls, view: View, inputs: Inputs, journal: Journal, queue: DecisionQueue) -> None:
        self.longest_retry = 60.0
        self._calls = calls
        self._view = view
        self._inputs = inputs
        self.reports = ReadReports(journal)
        self._queue = queue
        self._tasks = ReportedTasks()
        self._is_resolving = False
        self._asking: set[str] = set()
        """Instances whose health is being asked for."""

    def ask(self, inputs: DecisionInput, plan: Plan, only: Collection[Prefix] | None) -> None:
        """Start the lookups that this plan calls for: unknown interfaces of peers and owners, unknown health of owners.

        Our own health is asked for as well then, as the health of owners is judged by it.
        """
        if not self._is_resolving and unknown_interfaces(self._view, inputs, only):
            self._is_resolving = True
            self._tasks.start(self._resolve_all())
        owners = {v.owner for v in plan.verdicts if v.reason in _JUDGED_BY_HEALTH and v.owner}
        unknown = owners - self._view.snapshot.health.keys() - self._asking
        if unknown:
            unknown.add(self._view.instance.id)
            self._asking |= unknown
            prefixes = {v.prefix for v in plan.verdicts if v.owner in unknown}
            self._tasks.start(self._learn_health(unknown, prefixes))

    async def _resolve_all(self) -> None:
        """Look up unknown interfaces until there are none. Those that come up during a lookup are in the next one."""
        waits = BackOff(RETRY, self.longest_retry)
        try:
            while unresolved := unknown_interfaces(self._view, self._inputs.now()):
                if await self.resolve(unresolved):
                    waits.reset()
                    self._queue.add_everything()
                    await asyncio.sleep(PAUSE)
                else:
                    await asyncio.sleep(waits.next())
        finally:
            self._is_resolving = False

    async def resolve(self, unresolved: Unresolved) -> bool:
        """Look up these interfaces, if there are any. False if EC2 did not answer; the error is in the journal."""
        if not unresolved:
            return True
        before = self._view.snapshot.unresolvable
        try:
            await resolve(self._calls, self._view, unresolved, self.reports.tell)
        except Ec2Error as error:
            self.reports.tell("interfaces of peers", error)
            return False
        self.reports.tell("interfaces of peers", None)
        # No warning: routers of the datacenter may announce a prefix, too.
        for address in sorted(self._view.snapshot.unresolvable - before):
            event(log, logging.INFO, "next hop is not a network interface of this VPC", next_hop=address)
        return True

    async def _learn_health(self, instance_ids: set[str], prefixes: set[Prefix]) -> None:
        """Ask for the health of these instances, and then decide about these prefixes, whose routes they hold."""
        try:
            await learn_health(self._calls, self._view, instance_ids, self.reports.tell)
            self._queue.add(prefixes)
        finally:
            self._asking -= instance_ids
