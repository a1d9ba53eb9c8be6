"""Writes the entries of prefix lists whose route is ours: what `policy.list_entries` says, one call after the other.

How it works. After each decision that is about a prefix list, what its entries should be is compared with what they
are. If they differ, a task begins that goes on until they do not, one for each list.

A call names the version of the list that it was made from (`CurrentVersion`), and EC2 refuses it if there is another:
this is the only compare-and-swap that EC2 has. Then somebody else has changed the list, or is about to. It is read
again, what is to be changed is worked out anew, and so two hosts that change it at once both come to their end, and
neither undoes what the other did. The entries that are known always belong to the version that is known: they are read
by it, and after a call of ours they follow from it.

Before anything is removed the tables are read: who has lost the route of the list to another instance removes nothing.
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
"""Seconds between two looks whether a change that is under way is done. How long EC2 takes is not documented."""
FAILED: Final = "modify-failed"
"""The state of a list whose last change did not succeed."""
GIVEN_UP: Final = 60.0
"""Seconds after which a change that is under way is not waited for any more: whatever is there then is the truth."""


def changes_wanted(
    view: View, inputs: DecisionInput, max_changes: int, but: Container[PrefixListId] = ()
) -> dict[PrefixListId, EntryChanges]:
    """What has to become of the entries of each prefix list whose route is ours, `but` of these."""
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
    """Made within the event loop. With `noop` it only says what it would change."""

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
        """Why a list cannot be written, as it was said last."""
        self._wrote: dict[PrefixListId, int] = {}
        """The version that our last change of a list has made."""
        self._proposed: dict[PrefixListId, EntryChanges] = {}
        """What a dry run has said would be changed."""

    def decided(self, inputs: DecisionInput, only: Collection[Prefix] | None) -> None:
        """What is offered, who owns a list, or what is in it, may have changed."""
        if only is not None and not any(isinstance(each, PrefixListId) for each in only):
            return
        # Of a list that is being written, this is looked at after each call.
        wanted = changes_wanted(self._view, inputs, self._reconciler.limits.max_changes, self._running)
        for list_id in self._said.keys() - wanted.keys() - self._running:
            del self._said[list_id]
            self._journal.forget(_subject(list_id))
        for list_id, changes in wanted.items():
            if changes.problem or changes.no_room:
                error = self._problem(changes)
                if self._said.get(list_id) != str(error):  # once, for as long as it is the same
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
        """What has to become of the entries of each list that we own, as of now."""
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
        """Until there is nothing to change any more."""
        waits, contended = BackOff(RETRY_FIRST, RETRY_MOST), BackOff(RETRY_FIRST, LOOK_MOST)
        known = self._known(list_id)
        # Who takes a list over knows it from the last poll only, and the owner before may have changed it since.
        tables_are_read, list_is_known = False, known is not None and self._wrote.get(list_id) == known.version
        try:
            while True:
                try:
                    if not list_is_known:
                        if (found := await self._settled(list_id)) is not None:
                            await self._take_in(found)
                        list_is_known = True
                    if not (changes := self.wanted().get(list_id)):
                        break
                    if changes.remove and not tables_are_read:
                        await self._read_tables(list_id)
                        tables_are_read = True
                    else:
                        await self._write_some(changes)
                        waits.reset()
                except ListChanged as error:
                    # Another writer was faster. It tries again as well: not in step with us.
                    event(log, logging.DEBUG, f"another writer was faster: {error}", prefix_list=list_id)
                    tables_are_read = list_is_known = False
                    await asyncio.sleep(contended.next() * random.random())  # noqa: S311
                except Ec2Error as error:
                    if isinstance(error, Throttled):
                        self._pace.drain(self._now())
                    self._said[list_id] = str(error)
                    self._journal.failure(_subject(list_id), error, prefix_list=list_id)
                    tables_are_read = list_is_known = False
                    if isinstance(error, OperatorError):  # who waits for the end of writing does not wait for that
                        self._view.lists_written.discard(list_id)
                    await asyncio.sleep(RETRY_MOST if isinstance(error, OperatorError) else waits.next())
                    self._view.lists_written.add(list_id)
        finally:
            self._running.discard(list_id)
            self._view.lists_written.discard(list_id)
        self._reconciler.decide_again([list_id])

    async def _write_some(self, changes: EntryChanges) -> None:
        """One call, and wait until EC2 has done it. Raises Ec2Error."""
        list_id = changes.list_id
        if (wait := self._pace.reserve(self._now())) > 0:
            await asyncio.sleep(wait)
            changes = self.wanted().get(list_id, EntryChanges(list_id))
        known = self._known(list_id)
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
        """Remember it, with the entries of just this version."""
        entries = await self._calls.prefix_list_entries(found.id, found.version)
        self._view.prefix_list_changed(replace(found, entries=entries))

    async def _settled(self, list_id: PrefixListId, newer_than: int = -1) -> ManagedPrefixList | None:
        """The list without its entries, when no change is under way and reads show our own; None: it is gone.

        Raises Ec2Error: also where the change has failed, or takes too long.
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
        """Read the tables again where we take the route of the list for ours. Raises Ec2Error."""
        view, asked = self._view, self._now()
        table_ids = sorted(table_id for table_id, destination in view.ours() if destination == list_id)
        read = await asyncio.gather(*(fresh_table(self._calls, view, each) for each in table_ids))
        for table_id, table in zip(table_ids, read, strict=True):
            if table is None:
                view.table_gone(table_id)
            else:
                view.reread(table, asked, self._now())
        self._reconciler.decide_again({list_id, *view.changed})

    def _known(self, list_id: PrefixListId) -> ManagedPrefixList | None:
        return (self._view.snapshot.prefix_lists or {}).get(str(list_id))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _subject(list_id: PrefixListId) -> str:
    """What failures of writing its entries are called in `failing` and `errors`."""
    return f"entries of {list_id}"
