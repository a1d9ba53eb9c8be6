"""Who peers are and how owners are: EC2 is asked by polls, and in between when a decision turns out to depend on it."""

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
"""Seconds between two questions: a start brings all peers at once, one after the other."""

SINGLES: Final = 20
"""Instances, at most, that are asked about one by one: each question costs a token that the whole account shares."""

SINGLES_TIME: Final = 4.0
"""Times `ec2.timeout` that these questions may take together."""

_POINTLESS: Final = (Throttled, Denied, Credentials)
"""After these errors another question would be answered in the same way, or make it worse."""

_JUDGED_BY_HEALTH = frozenset((Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD, Reason.OWNER_LOST, Reason.BACKUP_MED))
"""Verdicts that EC2's opinion of the owner might change."""


async def learn_health(calls: Calls, view: View, instance_ids: Collection[str], tell: Tell) -> None:
    """Ask how these instances are. Those that EC2 could tell nothing of are UNKNOWN, and `tell` hears why.

    EC2 may fail the whole question because of one instance in it, as in the outage of a zone. Then each is asked about
    by itself: ours, by which the others are judged, and the next ones by id; `SINGLES` at most, one after the other.
    Other accounts are asked about those of whom ours knows nothing.
    """
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


async def resolve(calls: Calls, view: View, unresolved: Unresolved, tell: Tell) -> None:
    """Ask about interfaces of other instances, in all accounts that answer. Raises Ec2Error if our own does not.

    Of one that does not, and of that `tell` hears, nothing is concluded: neither that it has no such interface, nor,
    until the next poll has read it, anything about its tables.
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


class Lookup:
    """Each question is asked once at a time; the answer goes into the view, and what it concerns is decided anew."""

    def __init__(self, calls: Calls, view: View, inputs: Inputs, journal: Journal, queue: DecisionQueue) -> None:
        self.longest_retry = 60.0
        self._calls = calls
        self._view = view
        self._inputs = inputs
        self._journal = journal
        self._queue = queue
        self._tasks = ReportedTasks()
        self._is_resolving = False
        self._asking: set[str] = set()
        """Instances that a question is under way about."""

    def ask(self, inputs: DecisionInput, plan: Plan, only: Collection[Prefix] | None) -> None:
        """Somebody we know nothing of announces, or holds a route, or stands in our way: ask who and how it is."""
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
        """One question at a time, and then about all that have come meanwhile."""
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
        """Ask who they are, if there are any. False if EC2 did not answer."""
        if not unresolved:
            return True
        before = self._view.snapshot.unresolvable
        try:
            await resolve(self._calls, self._view, unresolved, self._journal.told)
        except Ec2Error as error:
            self._journal.failure("interfaces of peers", error)
            return False
        self._journal.success("interfaces of peers")
        # Routers of the datacenter may well announce a prefix, too, so that is no warning.
        for address in sorted(self._view.snapshot.unresolvable - before):
            event(log, logging.INFO, "next hop is not a network interface of this VPC", next_hop=address)
        return True

    async def _learn_health(self, instance_ids: set[str], prefixes: set[Prefix]) -> None:
        """How these instances are; then decide about these prefixes, whose routes they hold."""
        try:
            await learn_health(self._calls, self._view, instance_ids, self._journal.told)
            self._queue.add(prefixes)
        finally:
            self._asking -= instance_ids
