"""Writes the entries of the managed prefix lists whose route is ours, as `policy.list_entries` determines them.

After each decision about a prefix list, its entries are compared with those that it should have. If they differ, a task
for this list repeats the following steps until they agree:

1. Read the list and its entries, unless we know them from our own last change.
2. Wait until the pace allows a call. Before any entry is removed, read the tables again after that: an instance that
   has lost the route of the list removes nothing.
3. Add and remove up to 100 entries each in one call (ModifyManagedPrefixList), and wait until EC2 has done so.

The call names the version of the list that it is based on (`CurrentVersion`), and EC2 refuses it if the list has
another version by now. This is the only compare-and-swap that EC2 has. After a refusal another writer has changed the
list, or is about to, and the task begins again at step 1. So when two hosts change a list at once, both succeed, and
neither undoes the changes of the other. The entries that we keep always belong to the version that we keep: they are
read by version, or follow from our own call.
"""

import asyncio
import logging
import random
from collections.abc import Collection, Container, Mapping
from dataclasses import replace
from typing import Final

from bgp2vpc.backoff import BackOff
from bgp2vpc.errors import (
    Ec2Error,
    ListChanged,
    OperatorError,
    PlanRefused,
    QuotaReached,
    Refused,
    Throttled,
    Transient,
)
from bgp2vpc.logs import event
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.list_entries import EntryChanges, EntryPolicy, entry_changes
from bgp2vpc.policy.tables import owned_lists
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.read.reread import fresh_table
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import ReportedTasks
from bgp2vpc.vpc.model import ManagedPrefixList
from bgp2vpc.vpc.pace import Pace
from bgp2vpc.vpc.prefix_lists import OURS, one_call

log = logging.getLogger("bgp2vpc")

RETRY_FIRST: Final = 0.1
RETRY_MOST: Final = 30.0
LOOK_FIRST: Final = 0.1
LOOK_MOST: Final = 1.0
"""Seconds between two reads of a list while a change of it is under way. AWS does not document how long one takes."""
FAILED: Final = "modify-failed"
"""EC2's state of a list whose last change did not succeed."""
GIVEN_UP: Final = 60.0
"""Seconds after which a change that is still under way counts as failed; the next try reads the list first."""


def changes_wanted(
    view: View, inputs: DecisionInput, max_changes: int, but: Container[PrefixListId] = ()
) -> dict[PrefixListId, EntryChanges]:
    """The changes that the entries of each prefix list need whose route is ours, except the lists in `but`."""
    policy = EntryPolicy(view.instance.id, view.policy.backup_med, max_changes)
    wanted = {}
    for owned in owned_lists(view.tables, view.snapshot):
        if owned.list_id in but:
            continue
        if owned.list_id in inputs.held:
            wanted[owned.list_id] = EntryChanges(owned.list_id)
            continue
        found = (view.snapshot.prefix_lists or {}).get(str(owned.list_id))
        entries: Collection[Prefix] = () if found is None or found.entries is None else found.entries
        leftovers = {each for each in entries if any(inputs.keeps_leftover(each, rule) for rule in owned.rules)}
        stays = leftovers | set(inputs.held)
        wanted[owned.list_id] = entry_changes(owned, view.snapshot, inputs.offers, stays, policy)
    return wanted


class ListWriter(Observer):
    """Writes the entries. To be made while the event loop runs. With `noop` (a dry run) it only logs the changes."""

    def __init__(
        self, calls: Calls, reconciler: Reconciler, inputs: Inputs, journal: Journal, pace: Pace, *, noop: bool
    ) -> None:
        self._calls = calls
        self._reconciler = reconciler
        self._view: View = reconciler.view
        self._inputs = inputs
        self._journal = journal
        self._pace = pace
        self._noop = noop
        self._tasks = ReportedTasks()
        self._running: set[PrefixListId] = set()
        self._said: dict[PrefixListId, str] = {}
        """List -> the error that was logged last, while it cannot be written."""
        self._wrote: dict[PrefixListId, int] = {}
        """List -> the version that our last change of it has made."""
        self._proposed: dict[PrefixListId, EntryChanges] = {}
        """List -> the changes that a dry run has logged last."""

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """Compare the entries of all our lists, if the decision was about one, and start to write those that differ."""
        if only is not None and not any(isinstance(each, PrefixListId) for each in only):
            return
        # Lists that are being written are left out: their task compares them after each call.
        wanted = changes_wanted(self._view, inputs, self._reconciler.limits.max_changes, self._running)
        for list_id in self._said.keys() - wanted.keys() - self._running:
            del self._said[list_id]
            self._journal.forget(_subject(list_id))
        for list_id, changes in wanted.items():
            if changes.problem or changes.no_room:
                error = self._problem(changes)
                if self._said.get(list_id) != str(error):  # log a lasting error only once
                    self._said[list_id] = str(error)
                    self._journal.failure(_subject(list_id), error, prefix_list=list_id)
            elif not changes:
                self._said.pop(list_id, None)
                self._journal.success(_subject(list_id))
            if changes and self._noop:
                if self._proposed.get(list_id) != changes:
                    self._proposed[list_id] = changes
                    counts = {"added": len(changes.add), "removed": len(changes.remove)}
                    event(log, logging.INFO, "would modify prefix list", prefix_list=list_id, **counts)
            elif changes:
                self._running.add(list_id)
                self._view.lists_written.add(list_id)
                self._tasks.start(self._write_all(list_id))

    def wanted(self) -> Mapping[PrefixListId, EntryChanges]:
        """The changes that the entries of each of our lists need now."""
        return changes_wanted(self._view, self._inputs.now(), self._reconciler.limits.max_changes)

    def _problem(self, changes: EntryChanges) -> Ec2Error | PlanRefused:
        if changes.no_room:
            found = self._known(changes.list_id)
            return QuotaReached(
                "ModifyManagedPrefixList", "PrefixListMaxEntriesExceeded",
                f"{changes.list_id} has room for {found.max_entries if found else 0} entries (MaxEntries), and "
                f"{len(changes.no_room)} more are wanted, such as {changes.no_room[0]}",
            )  # fmt: skip
        if "max_changes" in changes.problem:
            return PlanRefused(changes.problem)
        return Refused("ModifyManagedPrefixList", "PrefixListUnusable", changes.problem)

    async def _write_all(self, list_id: PrefixListId) -> None:
        """Change one list until there is nothing left to change, or its route is not ours any more."""
        waits, contended = BackOff(RETRY_FIRST, RETRY_MOST), BackOff(RETRY_FIRST, LOOK_MOST)
        known = self._known(list_id)
        # After a takeover we know the list from our last poll only, and its former owner may have changed it since.
        tables_are_read, list_is_known = False, known is not None and self._wrote.get(list_id) == known.version
        try:
            while list_id in self.wanted():  # its route may have moved, or a reload may have removed its rule
                try:
                    if not list_is_known:
                        if (found := await self._settled(list_id)) is not None:
                            await self._take_in(found)
                        list_is_known = True
                    if not self.wanted().get(list_id):
                        break
                    tables_are_read = await self._prepare(list_id, tables_are_read=tables_are_read)
                    await self._write_some(list_id)
                    waits.reset()
                except ListChanged as error:
                    # Another writer was faster, and may try again as well: a random wait parts us.
                    event(log, logging.DEBUG, f"another writer was faster: {error}", prefix_list=list_id)
                    tables_are_read = list_is_known = False
                    await asyncio.sleep(contended.next() * random.random())  # noqa: S311
                except Ec2Error as error:
                    if isinstance(error, Throttled):
                        self._pace.drain(self._now())
                    self._said[list_id] = str(error)
                    self._journal.failure(_subject(list_id), error, prefix_list=list_id)
                    tables_are_read = list_is_known = False
                    if isinstance(error, OperatorError):  # `Reconciler.is_idle` does not wait for an operator
                        self._view.lists_written.discard(list_id)
                    await asyncio.sleep(RETRY_MOST if isinstance(error, OperatorError) else waits.next())
                    self._view.lists_written.add(list_id)
        finally:
            self._running.discard(list_id)
            self._view.lists_written.discard(list_id)
        self._reconciler.decide_again([list_id])

    async def _prepare(self, list_id: PrefixListId, *, tables_are_read: bool) -> bool:
        """Wait until the pace allows a call; then read the tables if entries are to be removed. Raises Ec2Error.

        `tables_are_read`: whether they have just been read. Returns whether they are now.
        """
        if (wait := self._pace.reserve(self._now())) > 0:
            await asyncio.sleep(wait)
            tables_are_read = False  # meanwhile another instance may have taken the route
        if not tables_are_read and self.wanted().get(list_id, EntryChanges(list_id)).remove:
            await self._read_tables(list_id)
            return True
        return tables_are_read

    async def _write_some(self, list_id: PrefixListId) -> None:
        """Make one call, if one is needed still, and wait until EC2 has carried it out. Raises Ec2Error."""
        changes, known = self.wanted().get(list_id), self._known(list_id)
        if not changes or known is None:
            return
        asked = self._now()
        added, removed = one_call(known, changes.add, changes.remove)
        add = dict.fromkeys(added, f"{OURS}{self._view.instance.id}")
        found: ManagedPrefixList | None
        found = await self._calls.modify_prefix_list(known.id, known.version, add, removed)
        if found.is_changing or found.version <= known.version:
            found = await self._settled(list_id, newer_than=known.version)
        if found is None:
            return
        self._wrote[list_id] = found.version
        if found.version == known.version + 1:
            kept = {prefix: said for prefix, said in (known.entries or {}).items() if prefix not in removed}
            self._view.prefix_list_changed(replace(found, entries={**kept, **add}))
        else:
            await self._take_in(found)
        seconds = self._now() - asked
        fields = {"added": len(added), "removed": len(removed), "version": found.version, "ms": round(1000 * seconds)}
        event(log, logging.INFO, "prefix list modified", prefix_list=list_id, **fields)
        self._reconciler.decide_again({list_id, *added, *removed, *changes.no_room})

    async def _take_in(self, found: ManagedPrefixList) -> None:
        """Take the list into the view, with the entries of exactly its version. Raises Ec2Error."""
        entries = await self._calls.prefix_list_entries(found.id, found.version)
        self._view.prefix_list_changed(replace(found, entries=entries))

    async def _settled(self, list_id: PrefixListId, newer_than: int = -1) -> ManagedPrefixList | None:
        """Wait until no change of the list is under way, and its version is above `newer_than` (our own change).

        Returns the list without its entries; None if it is gone. Raises Ec2Error, also if the change has failed or
        takes more than `GIVEN_UP` seconds.
        """
        waits, until = BackOff(LOOK_FIRST, LOOK_MOST), self._now() + GIVEN_UP
        while True:
            found = next(iter(await self._calls.prefix_lists([str(list_id)])), None)
            if found is None:
                self._view.prefix_list_gone(str(list_id))
                return None
            if not found.is_changing and found.version > newer_than:
                return found
            if found.state == FAILED and newer_than >= 0:
                raise Refused("ModifyManagedPrefixList", FAILED, f"EC2 could not change {list_id}")
            if self._now() > until:
                late = f"{list_id} is not changed after {GIVEN_UP:g} s"
                raise Transient("ModifyManagedPrefixList", found.state, late)
            await asyncio.sleep(waits.next())

    async def _read_tables(self, list_id: PrefixListId) -> None:
        """Read the tables again in which the route of the list is ours, as far as we know. Raises Ec2Error."""
        view, asked = self._view, self._now()
        table_ids = sorted(table_id for table_id, destination in view.ours() if destination == list_id)
        read = await asyncio.gather(*(fresh_table(self._calls, view, each) for each in table_ids))
        for table_id, table in zip(table_ids, read, strict=True):
            if table is None:
                view.table_gone(table_id)
                self._reconciler.poll_now()
            else:
                view.reread(table, asked, self._now())
        self._reconciler.decide_again({list_id, *view.changed})

    def _known(self, list_id: PrefixListId) -> ManagedPrefixList | None:
        return (self._view.snapshot.prefix_lists or {}).get(str(list_id))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _subject(list_id: PrefixListId) -> str:
    """The subject of writes of these entries, in `failing` and `errors` (`Journal`)."""
    return f"entries of {list_id}"
