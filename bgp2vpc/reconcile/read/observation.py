"""One observation: a poll is taken into the view, and what it leaves open is looked up before anything is decided.

1. Read everything (`poll.observe`). If our own account does not answer, the observation ends here with the error.
2. Take the snapshot into the view (`View.observed`), and log routes of ours that no rule matches any more.
3. Look up interfaces (`lookup.resolve`): those of peers and owners that are not known, and known ones that may have
   changed.
4. Ask for the health of the instances that hold routes we want, and of our own (`lookup.learn_health`). The health of
   all others is forgotten.
5. Log rules that match no table or prefix list, and managed routes that an earlier rule decides about.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from bgp2vpc.errors import Ec2Error
from bgp2vpc.policy.tables import TablePolicy, rules_without_lists, rules_without_tables, shadowed
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.lookup import Lookup, learn_health
from bgp2vpc.reconcile.read.poll import observe
from bgp2vpc.reconcile.read.questions import instances_to_ask_about, interfaces_to_ask_again, unknown_interfaces
from bgp2vpc.reconcile.slices import is_much
from bgp2vpc.reconcile.view import View


class Observation:
    """Makes observations. `first` is set when the first one has succeeded."""

    def __init__(self, calls: Calls, view: View, inputs: Inputs, journal: Journal, lookup: Lookup) -> None:
        self.first = asyncio.Event()
        self._calls = calls
        self._view = view
        self._inputs = inputs
        self._journal = journal
        self._lookup = lookup

    async def observe(self, *, carefully: bool) -> Ec2Error | None:
        """Make one observation. Returns the error if EC2 did not answer; the view then stays as it was.

        `carefully`: see `poll.observe`.
        """
        view, journal, reports = self._view, self._journal, self._lookup.reports
        asked = self._now()
        reports.poll_begins()
        try:
            snapshot = await observe(self._calls, view, reports.tell, carefully=carefully)
        except Ec2Error as error:
            journal.failure("observe", error)
            return error
        journal.has_read(self._now())
        for table_id, prefix in view.observed(snapshot, asked, self._now()):
            journal.left(table_id, prefix)
        # Interfaces first: where best path decides, the health of an owner matters only if we receive no path from it.
        unknown = interfaces_to_ask_again(view, self._inputs.now())
        async for tables in self._portions():
            unknown |= unknown_interfaces(view, self._inputs.now(), tables=tables)
        await self._lookup.resolve(unknown)
        instances: frozenset[str] = frozenset()
        async for tables in self._portions():
            instances |= instances_to_ask_about(view, self._inputs.now(), tables)
        view.forget_health_except(instances)  # an old answer must not count against an instance later
        if instances:
            await learn_health(self._calls, view, instances, reports.tell)
        reports.poll_is_complete()
        without = rules_without_tables(view.rules, view.tables)
        journal.rules_without_tables(filter(view.answers, without))
        journal.shadowed(shadowed(view.tables))
        journal.rules_without_lists(rules_without_lists(view.rules, view.snapshot))
        self.first.set()
        return None

    async def _portions(self) -> AsyncIterator[Mapping[str, TablePolicy]]:
        """All tables at once; if there are many places, one table at a time, with a turn of the event loop after it."""
        if not is_much(self._view, self._inputs):
            yield self._view.tables
            return
        for table_id, table_policy in tuple(self._view.tables.items()):
            yield {table_id: table_policy}
            await asyncio.sleep(0)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
