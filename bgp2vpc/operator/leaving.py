"""Leaving without a gap: first a last resort, then, once somebody else has each route or the time is over, nothing.

While something drains, the tables concerned are read about once a second: a successor takes a route by Replace, which
nobody tells us of.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from bgp2vpc.bgp.draining import NOTHING_DRAINS, PrefixSet
from bgp2vpc.errors import Ec2Error
from bgp2vpc.logs import event
from bgp2vpc.operator.fate import End, Fate, fate
from bgp2vpc.operator.leave import By, Key, Leave, Leaves, Phase
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.policy.place import own_interfaces
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.cycle import Outcome, Result
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.speaker.bridge import Bridge
from bgp2vpc.tasks import Deadlines, StartTask, until

log = logging.getLogger("bgp2vpc")

LOOK_EVERY: Final = 1.0
FIRST_LOOK: Final = 0.3
"""Seconds; a successor that hears us by BGP needs a read and a write."""
CONVERGENCE: Final = 2.0
"""Seconds that the datacenter's routers have to hear of the last resort and to choose another path, before ours goes:
RFC 8326 section 4."""

Place = tuple[str, Prefix]
Decide = Callable[[Collection[Prefix] | None], None]


@dataclass(frozen=True, slots=True)
class LeaveSettings:
    """`timeout`: seconds a drain may take. `backup_med`: the least MED of a last resort. `noop`: nothing is written."""

    timeout: float = 30.0
    backup_med: int = 500
    noop: bool = False


class Leaving(Observer):
    """Drains and undrains. `decide` hears of prefixes to decide about, or None for all."""

    def __init__(
        self, bridge: Bridge, reconciler: Reconciler, journal: Journal, start_task: StartTask, decide: Decide,
        state_file: StateFile,
    ) -> None:  # fmt: skip
        self.settings = LeaveSettings()
        self.policy = NOTHING_DRAINS
        self._bridge = bridge
        self._reconciler = reconciler
        self._view = reconciler.view
        self._journal = journal
        self._start_task = start_task
        self._decide = decide
        self._state_file = state_file
        self._leaves = Leaves()
        self._began: dict[Key, float] = {}
        self._due: dict[Key, float] = {}
        """When what drains is withdrawn at the latest."""
        self._deadlines: Deadlines[Key] = Deadlines(self._time_is_over)
        self._fates: dict[Place, Fate] = {}
        self._watching: asyncio.Task[None] | None = None

    # What the daemon does with it

    def resume(self, leaves: Leaves, *, lifecycle: bool) -> None:
        """Go on where an earlier run ended: before anything is announced or decided.

        `lifecycle`: whether somebody watches for the end of what metadata began.
        """
        for each in leaves:
            since = each.to_json()["since"]
            event(log, logging.INFO, f"still {each.phase.value}", prefix=_named(each), by=each.by.value, since=since)
        self._use(leaves if lifecycle else leaves.without_those_by(By.LIFECYCLE), save=False)

    def configure(self, settings: LeaveSettings) -> None:
        """Other settings; what drains already keeps its time."""
        self.settings = settings
        if self._leaves:
            self._use(self._leaves, save=False)

    def drain(
        self, by: By, prefixes: Collection[Prefix] = (), reason: str = "", *, withdraws: bool = True,
        timeout: float | None = None, who: str = "", seconds: float | None = None,
    ) -> None:  # fmt: skip
        """Let these prefixes leave (none: everything), in `timeout` seconds, by default the configured ones.

        `withdraws` False: they only become a last resort. `who`: which person wants it. After `seconds` all is undone.
        """
        now = time.time()
        until = None if seconds is None else now + seconds
        wanted: list[Prefix | None] = [*sorted(prefixes)] or [None]
        new = [Leave(by, prefix, now, reason, withdraws=withdraws, who=who, until=until) for prefix in wanted]
        before = self._leaves.entries
        leaves = self._leaves.added(new)
        for each in leaves:
            if each not in before:
                fields = {"by": by.value, "who": who or None, "reason": reason or None, "seconds": seconds}
                event(log, logging.INFO, each.phase.value, prefix=_named(each), **fields)
        self._use(leaves, timeout=timeout)

    def undrain(self, prefixes: Collection[Prefix] = (), *, who: str = "", reason: str = "") -> list[Leave]:
        """These stay (none: all that drains, whoever wanted it); what that ended. Raises SteerError."""
        return self._end(self._leaves.without(prefixes), "undrained", who=who or None, reason=reason or None)

    def end_those_by(self, by: By) -> None:
        """Its reason is gone."""
        self._end(self._leaves.without_those_by(by), f"undrained: no reason by {by.value} any more")

    def _end(self, leaves: Leaves, words: str, **fields: str | None) -> list[Leave]:
        ended = [each for each in self._leaves if each not in leaves.entries]
        for each in ended:
            event(log, logging.INFO, words, prefix=_named(each), by=each.by.value, **fields)
        if ended:
            self._use(leaves)
        return ended

    async def before_the_end(self, interrupted: Callable[[], bool], seconds: float) -> None:
        """Drain everything because the daemon is told to end; until done, at most `seconds`, or `interrupted`."""
        key = (By.SIGTERM, None)
        self.drain(By.SIGTERM, reason="on_exit: drain", timeout=seconds)
        await until(lambda: interrupted() or not self._is_draining(key), seconds + LOOK_EVERY)

    def _is_draining(self, key: Key) -> bool:
        return any(each.key == key and each.phase is Phase.DRAINING for each in self._leaves)

    # The state

    def _use(self, leaves: Leaves, *, save: bool = True, timeout: float | None = None) -> None:
        changed = set(leaves) ^ set(self._leaves)
        going_on = {(each.key, each.withdraws) for each in self._leaves if each.phase is Phase.DRAINING}
        self._leaves = leaves
        for each in changed & set(leaves):
            if each.phase is Phase.DRAINING and (each.key, each.withdraws) not in going_on:
                self._began[each.key] = self._now()
                self._due[each.key] = self._now() + (self.settings.timeout if timeout is None else timeout)
        self.policy = leaves.draining(self.settings.backup_med)
        self._fates = {place: each for place, each in self._fates.items() if self.concerns(place[1])}
        self._bridge.export(self.policy)
        prefixes = {each.prefix for each in changed}
        self._decide(None if None in prefixes else {each for each in prefixes if each is not None})
        if save and changed:
            self._state_file.keep(leaves=leaves)
        self._deadlines.want({each.key: each.until for each in leaves if each.until is not None})
        self._look()
        self._watch()

    def _time_is_over(self, keys: Collection[Key]) -> None:
        self._end(Leaves(tuple(each for each in self._leaves if each.key not in keys)), "undrained: its time is over")

    def concerns(self, prefix: Prefix) -> bool:
        """Whether it drains, or is drained."""
        return prefix in self.policy.last_resort or prefix in self.policy.drained

    # Until somebody else has it

    def _watch(self) -> None:
        if self._watching is None and self._open():
            self._watching = self._start_task("drain", self._see_through())
            self._watching.add_done_callback(self._watched)

    def _watched(self, _: "asyncio.Task[None]") -> None:
        self._watching = None
        self._watch()

    def _open(self) -> list[Leave]:
        """What drains, and has to be withdrawn some time."""
        return [each for each in self._leaves if each.phase is Phase.DRAINING and each.withdraws]

    async def _see_through(self) -> None:
        pause = FIRST_LOOK
        while True:
            self._look()
            now = self._now()
            done = [each for each in self._open() if now >= self._due[each.key] or self._may_go(each, now)]
            if done:
                self._withdraw(done)
            if not (still := self._open()):
                return
            left = min(self._due[each.key] for each in still) - now
            # Every instance of the account shares EC2's reads: hosts must not look in step.
            await asyncio.sleep(min(left, pause * (0.8 + 0.4 * random.random())))  # noqa: S311
            pause = LOOK_EVERY
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left, 0)):
                    await self._read(PrefixSet(*_prefixes(still)))

    def _may_go(self, leave: Leave, now: float) -> bool:
        """Whether nobody needs us any more: no route is ours, or about to be, and routers have had time."""
        reconciler = self._reconciler
        if not reconciler.first_observation.is_set():
            return False
        prefixes = PrefixSet(*_prefixes([leave]))
        if reconciler.is_writing(prefixes) or any(prefix in prefixes for _, prefix in self._view.ours()):
            return False
        return now >= self._began[leave.key] + CONVERGENCE or not self._bridge.announces(prefixes)

    def _withdraw(self, leaves: Iterable[Leave]) -> None:
        for each in leaves:
            event(log, logging.INFO, "drained", prefix=_named(each), by=each.by.value)
        self._use(self._leaves.withdrawn({each.key for each in leaves}))

    async def _read(self, prefixes: PrefixSet) -> None:
        """Read the tables anew in which a route of ours is to go."""
        view = self._view
        tables = sorted({table_id for table_id, prefix in self._view.ours() if prefix in prefixes})
        asked = self._now()
        try:
            read = await asyncio.gather(
                *(self._reconciler.calls.fresh_table(view.vpc_ids, table_id) for table_id in tables)
            )
        except Ec2Error as error:
            self._journal.failure("drain", error)
            return
        self._journal.success("drain")
        before = self._view.ours()
        for table_id, table in zip(tables, read, strict=True):
            if table is None:
                view.table_gone(table_id)
            else:
                view.reread(table, asked, self._now())
        self._decide({prefix for _, prefix in before ^ self._view.ours()})

    # What became of them

    def _look(self) -> None:
        """Note which routes were ours, and whose they are now. What has found its end keeps it."""
        ours = {place for place in self._view.ours() if self.concerns(place[1])}
        for place in ours | {place for place, each in self._fates.items() if each.end is End.OURS}:
            before = self._fates.get(place)
            found = self._fate(place)
            if found is None or (before is not None and found == before):
                continue
            self._fates[place] = found
            if found.end is End.TAKEN:
                event(
                    log, logging.INFO, "taken over", table=place[0], prefix=place[1], owner=found.owner or found.target
                )

    def _fate(self, place: Place) -> Fate | None:
        view = self._view
        table_policy = view.tables.get(place[0])
        rule = table_policy.rule_for(place[1]) if table_policy is not None else None
        if table_policy is None or rule is None:
            return None
        ours = own_interfaces(rule, place[1], view.snapshot)
        drained = place[1] in self.policy.drained
        return fate(place, table_policy.table.static_route(place[1]), ours, view.managed(place), withdrawn=drained)

    def written(self, outcome: Outcome) -> None:
        """A write has its outcome: what we withdrew ourselves has found no successor, whoever comes later."""
        change = outcome.change
        if outcome.result is not Result.DONE or not change.is_withdrawal or change.key not in self._fates:
            return
        if (found := self._fate(change.key)) is not None and found.end is not End.OURS:
            self._fates[change.key] = found
            where = {"table": change.table_id, "prefix": change.prefix}
            event(log, logging.WARNING, "withdrawn without a successor", **where, heard=self._is_heard(change.prefix))

    def _is_heard(self, prefix: Prefix) -> bool:
        """Whether a peer offers it."""
        return self._bridge.is_offered_by_peers(prefix)

    def status(self) -> list[dict[str, Any]]:
        """Who leaves, for `bgp2vpc status`."""
        return [each.to_json() for each in self._leaves]

    def steering(self) -> list[dict[str, Any]]:
        """The same, as rows of `steering`."""
        return [each.to_row() for each in self._leaves]

    def report(self) -> dict[str, Any]:
        """How far it has come, for `bgp2vpc drain`."""
        self._look()
        failing: Mapping[str, str] = self._journal.failing
        return {
            "timeout": self.settings.timeout,
            "noop": self.settings.noop,
            "leaving": self.status(),
            "routes": [
                {
                    **self._fates[place].to_json(),
                    "heard": self._is_heard(place[1]),
                    "error": failing.get(f"{place[0]} {place[1]}"),
                }
                for place in sorted(self._fates)
            ],
            "past_us": self._bridge.relays_of(self.concerns),
            "not_saved": self._state_file.not_kept,
        }

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _prefixes(leaves: Iterable[Leave]) -> tuple[frozenset[Prefix], bool]:
    named = [each.prefix for each in leaves]
    return frozenset(each for each in named if each is not None), None in named


def _named(leave: Leave) -> str:
    return "all" if leave.prefix is None else str(leave.prefix)
