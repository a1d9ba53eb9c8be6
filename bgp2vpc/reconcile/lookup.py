"""Who peers are and how owners are, asked of EC2 between polls when a decision turns out to depend on it."""

import asyncio
import logging
from collections.abc import Collection

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import Ec2Error
from bgp2vpc.logs import event
from bgp2vpc.policy.decide import Unresolved
from bgp2vpc.policy.inputs import DecisionInput
from bgp2vpc.policy.plan import Plan, Reason
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import DecisionQueue, Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.poll import learn_health, resolve
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks

log = logging.getLogger("bgp2vpc")

RETRY = 0.5
PAUSE = 0.5
"""Seconds between two questions: a start brings all peers at once, one after the other."""

_JUDGED_BY_HEALTH = frozenset((Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD, Reason.OWNER_LOST, Reason.BACKUP_MED))
"""Verdicts that EC2's opinion of the owner might change."""


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
        if not self._is_resolving and self._view.unresolved(inputs, only):
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
            while unresolved := self._view.unresolved(self._inputs.now()):
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
