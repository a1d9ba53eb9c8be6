"""Remote health checks: each entry of `remote_healthchecks` checks every instance that owns a route which names it.

1. After each decision, `follow` gets the owners of the routes: the check follows a route from owner to owner, and stops
   when the route is deleted.
2. The address of each owner is read from EC2 (`owner_addresses.py`), and a check of it runs in the pool.
3. An owner fails if our own check of it does; with `remote_votes: N`, if N members vote against it, ourselves included
   (`services/serf.py`). While the `control` check of the entry does not pass, our own failure does not count, nor
   until a probe has failed that was begun after that. The same applies after EC2 has not answered us for a while
   (`services/own_network.py`): what failed meanwhile may have failed because our own network was cut.
4. The reconciler is told of the prefixes of owners that begin or cease to fail, and our verdicts are sent as votes.

An owner that lost its route to us while it failed stays checked as long as the route is ours and its interface exists.
When it is healthy again it may take the route back, of which EC2 sends no event, and it may soon fail once more.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bgp2vpc.errors import Ec2Error
from bgp2vpc.health.model import Check
from bgp2vpc.health.results import CheckStatus
from bgp2vpc.health.rise_fall import failing
from bgp2vpc.logs import event
from bgp2vpc.policy.place_state import NEVER
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.serf.vote import Accusation
from bgp2vpc.services.checks.owner_addresses import OwnerAddresses
from bgp2vpc.services.checks.pool import CheckPool, MakeHooks
from bgp2vpc.services.serf import SerfService
from bgp2vpc.tasks import StartTask

log = logging.getLogger("bgp2vpc")

FORMER: Final = "former owners"

Owner = tuple[str, str]
"""The name of the check, and the id of the interface that the route points at."""


class RemoteChecks:
    """Checks the owners of routes, and tells the reconciler which prefixes a verdict concerns."""

    def __init__(
        self,
        calls: Calls,
        journal: Journal,
        start_task: StartTask,
        make_hooks: MakeHooks,
        reconciler: Reconciler,
        serf: SerfService,
    ) -> None:
        self._serf = serf
        self._calls = calls
        self._journal = journal
        self._start_task = start_task
        self._reconciler = reconciler
        self._pool: CheckPool[Owner] = CheckPool(start_task, journal, make_hooks, self._verdict_changed, self._probed)
        self._templates: dict[str, Check] = {}
        self._places: dict[RouteKey, Owner] = {}
        self._owners: frozenset[Owner] = frozenset()
        self._former: dict[RouteKey, Owner] = {}
        """Routes of ours -> the owner that each was taken from while that failed."""
        self._failed: frozenset[Owner] = frozenset()
        """The owners that fail, as the decision inputs have them (`Inputs.failing`)."""
        self._controls: dict[str, float] = {}
        """This host's checks that pass: name -> since when (event loop's clock)."""
        self._ec2_answers_since = NEVER
        """When EC2 answered us again after it had not for a while."""
        self._addresses = OwnerAddresses(calls, journal, start_task, self._check)

    def configure(self, templates: Sequence[Check], controls: frozenset[str]) -> None:
        """Use these templates from now on. `controls`: names of the checks of this host that pass."""
        self._templates = {template.name: template for template in templates}
        self._former = {key: owner for key, owner in self._former.items() if owner[0] in self._templates}
        self._controls = {name: self._controls.get(name, NEVER) for name in controls}
        self._check()

    def control_probed(self, name: str, *, passes: bool) -> None:
        """A check of this host, perhaps the `control` of some remote checks, has been probed."""
        if passes and name not in self._controls:
            self._controls[name] = self._now()
            self.reassess()
        elif not passes and self._controls.pop(name, None) is not None:
            self.reassess()

    def ec2_answers_again(self) -> None:
        """EC2 had not answered us for a while: owners may have failed their checks because our own network was cut."""
        before, self._ec2_answers_since = self._failed, self._now()
        self.reassess()
        for check, owner in sorted(before - self._failed):
            what = "EC2 answers again: the owner's check has to fail once more to count"
            event(log, logging.INFO, what, check=check, owner=owner)
            self._pool.probe_now(check)

    def follow(self, places: Mapping[RouteKey, Owner], only: Collection[Prefix] | None) -> None:
        """Set the owners: of the prefixes `only`, or (None) of all."""
        if only is None and self._former:
            self._start_task(FORMER, self._forget_gone())
        gone = [key for key in self._places if (only is None or key[1] in only) and key not in places]
        # Also one whose failure is in doubt since the write that took its route, if EC2 was slow to answer that.
        lost = {
            key: owner
            for key in gone
            if (owner := self._places[key]) in self._failed or self._pool.healthy(owner) is False
        }
        former = {key: owner for key, owner in (self._former | lost).items() if self._reconciler.view.is_at_ours(*key)}
        if not gone and former == self._former and all(self._places.get(key) == each for key, each in places.items()):
            return
        self._former = former
        for key in gone:
            del self._places[key]
        self._places.update(places)
        self._owners = frozenset(self._places.values())
        self._check()

    def follow_only(self, prefixes: Collection[Prefix]) -> None:
        """Drop the owners of all other prefixes: a decision about everything, in slices, is complete."""
        if self._former:
            self._start_task(FORMER, self._forget_gone())
        self.follow({}, {prefix for _, prefix in self._places if prefix not in prefixes})

    def _is_failing(self, owner: Owner) -> bool:
        template = self._templates.get(owner[0])
        needed = template.votes if template else None
        own = None if self._is_doubtful(owner) else self._pool.healthy(owner)
        return failing(own, len(self._against(owner)) if needed else 0, needed)

    def _is_doubtful(self, owner: Owner) -> bool:
        """Whether the owner's check fails, and our own network may have been at fault during its last failed probe."""
        if self._pool.healthy(owner) is not False:
            return False
        failed_from = self._pool.failed_from(owner)
        return failed_from < self._ec2_answers_since or failed_from < self._control_passes_since(owner)

    def _control_passes_since(self, owner: Owner) -> float:
        """Since when the `control` of this owner's check passes: infinity if it does not, minus infinity if none."""
        template = self._templates.get(owner[0])
        return self._controls.get(template.control, math.inf) if template and template.control else NEVER

    def _against(self, owner: Owner) -> frozenset[str]:
        """Other members that vote against this owner."""
        address = self._addresses.known.get(owner[1])
        return self._serf.against((owner[0], address)) if address is not None else frozenset()

    def _accusations(self) -> frozenset[Accusation]:
        """The owners that fail our own checks, as votes to send to other members."""
        failed = (o for o in self._owners if self._pool.healthy(o) is False and not self._is_doubtful(o))
        return frozenset((check, self._addresses.known[interface]) for check, interface in failed)

    def reassess(self) -> None:
        """Find the failing owners again after a change of votes, controls or owners; decide about their prefixes."""
        self._serf.accuse(self._accusations())
        changed = self._find_failing()
        for owner in changed & self._failed:
            voters = self._against(owner)
            what = "owner still fails, and our own network works"
            if voters:
                what = "owner marked down by quorum"
            elif self._control_passes_since(owner) > self._ec2_answers_since:
                what = "owner fails, and its control check passes"
            event(log, logging.INFO, what, check=owner[0], owner=owner[1], against=voters or None)
        if changed:
            self._reconciler.prefixes_changed(
                {prefix for (_, prefix), owner in self._places.items() if owner in changed}
            )

    def _find_failing(self) -> frozenset[Owner]:
        """Update the failing and passing owners in the decision inputs. Returns those that began or ceased to fail."""
        before, self._failed = self._failed, frozenset(filter(self._is_failing, self._owners))
        self._reconciler.inputs.failing = self._failed
        self._reconciler.inputs.passing = frozenset(filter(self._pool.healthy, self._owners)) - self._failed
        return before ^ self._failed

    def statuses(self) -> list[CheckStatus]:
        """The status of each check of an owner."""
        return self._pool.statuses()

    def probe_now(self, name: str) -> None:
        """Have the checks of this name probe now, one for each owner."""
        self._pool.probe_now(name)

    async def stop(self) -> None:
        """Stop all checks."""
        await self._pool.stop()

    async def _forget_gone(self) -> None:
        """Drop former owners whose interface is gone. If EC2 does not answer, the next poll tries it again."""
        asked = frozenset(interface for _, interface in self._former.values())
        try:
            there = {each.id for each in await self._calls.interfaces_anywhere(asked)}
        except Ec2Error as error:
            if self._former:
                self._journal.failure(FORMER, error)
            return
        self._journal.success(FORMER)
        gone = asked - there
        if gone:
            self._former = {key: owner for key, owner in self._former.items() if owner[1] not in gone}
            self._check()

    def _check(self) -> None:
        """Run a check of each owner, present or former, whose address is known, and have unknown addresses read."""
        watched = {owner for owner in self._owners.union(self._former.values()) if owner[0] in self._templates}
        if not self._former:
            self._journal.forget(FORMER)
        wanted = {}
        for owner in watched:
            if (address := self._addresses.known.get(owner[1])) is not None:
                wanted[owner] = self._templates[owner[0]].for_destination(address)
        self._pool.want(wanted)
        self.reassess()
        self._addresses.want(frozenset(interface for _, interface in watched))

    def _probed(self, owner: Owner) -> None:
        """Tell the reconciler when a failing owner will be unhealthy, and which of its routes we would take then."""
        if owner in self._owners and self._is_failing(owner) != (owner in self._failed):
            self.reassess()  # it has failed again since our own network works
        due = self._pool.unhealthy_at(owner)
        places: list[RouteKey] = []
        if due is not None:
            inputs, view = self._reconciler.inputs.now(), self._reconciler.view
            places = [key for key, each in self._places.items() if each == owner and view.is_offered(key[1], inputs)]
        self._reconciler.expect(owner, due, places)

    def _verdict_changed(self, owner: Owner) -> None:
        self._find_failing()
        self._serf.accuse(self._accusations())
        self._reconciler.prefixes_changed({prefix for (_, prefix), each in self._places.items() if each == owner})
        if former := [key for key, each in self._former.items() if each == owner]:
            self._reconciler.may_be_taken_back(former)
        if owner in self._owners and self._is_doubtful(owner) and self._control_passes_since(owner) == math.inf:
            control = self._templates[owner[0]].control
            what = "owner and control check both fail: route left as it is"
            event(log, logging.WARNING, what, check=owner[0], owner=owner[1], control=control)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
