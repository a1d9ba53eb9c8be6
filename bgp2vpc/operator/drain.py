"""Drains: hand the routes of a prefix over to other instances, then withdraw the prefix.

A draining prefix is announced as a last resort (MED `backup_med`, GRACEFUL_SHUTDOWN). It is withdrawn when other
instances have taken all its routes, or after `drain_timeout`. During a drain the tables concerned are read about once a
second, because EC2 does not notify us when a successor replaces our route.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bgp2vpc.bgp.export import PrefixSet
from bgp2vpc.bgp.rib import Side
from bgp2vpc.errors import Ec2Error
from bgp2vpc.logs import event
from bgp2vpc.operator.orders import Cause, Order, OrderKey, OrderKind, Orders, Phase, in_utc, prefixes_of
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.policy.place import is_ours, own_interfaces
from bgp2vpc.policy.plan import RouteKey
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.journal import Journal, subject_of
from bgp2vpc.reconcile.observer import Observer, Outcome, WriteResult
from bgp2vpc.reconcile.read.reread import fresh_table
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.tasks import Deadlines, StartTask, until
from bgp2vpc.vpc.model import RouteTable, Target

log = logging.getLogger("bgp2vpc")

READING: Final = "drain"
"""The subject of failures to read the tables."""
LOOK_EVERY: Final = 1.0
FIRST_LOOK: Final = 0.3
"""Seconds until the first read; a successor that receives our path by BGP needs one read and one write."""
CONVERGENCE: Final = 2.0
"""Seconds for the datacenter's routers to choose another path before ours is withdrawn (RFC 8326 section 4)."""


@dataclass(frozen=True, slots=True)
class DrainSettings:
    """`timeout`: maximum seconds of a drain. `backup_med`: minimum MED of a last resort. `noop`: write nothing."""

    timeout: float = 30.0
    backup_med: int = 500
    noop: bool = False


class End(Enum):
    """The outcome for a route; the values are the words of `bgp2vpc drain`."""

    OURS = "still ours"
    TAKEN = "taken over"
    DELETED = "deleted"
    FALLBACK = "put to its fallback"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class DrainResult:
    """The outcome for a route that was ours when its prefix began to drain.

    `owner`: the instance that has it now. `target`: its present target.
    """

    table_id: str
    prefix: Prefix
    end: End
    owner: str | None = None
    target: Target | None = None

    def to_json(self) -> dict[str, Any]:
        """A row in the output of `bgp2vpc drain`."""
        return {
            "route_table_id": self.table_id,
            "prefix": str(self.prefix),
            "end": self.end.value,
            "owner": self.owner,
            "target": str(self.target) if self.target else None,
        }


class Drainer(Observer):
    """Carries out drains. As an Observer it is notified of writes, and so of routes withdrawn without a successor."""

    def __init__(
        self, adj_rib_in: AdjRibIn, reconciler: Reconciler, journal: Journal, start_task: StartTask,
        state_file: StateFile,
    ) -> None:  # fmt: skip
        self.settings = DrainSettings()
        self.orders = Orders()
        """The drains in force."""
        self._adj_rib_in = adj_rib_in
        self._reconciler = reconciler
        self._inputs = reconciler.inputs
        self._view = reconciler.view
        self._journal = journal
        self._start_task = start_task
        self._state_file = state_file
        self._began: dict[OrderKey, float] = {}
        self._due: dict[OrderKey, float] = {}
        """When a draining prefix is withdrawn at the latest (event loop's clock)."""
        self._deadlines: Deadlines[OrderKey] = Deadlines(
            lambda keys: self._end(
                Orders(tuple(each for each in self.orders if each.key in keys)), "undrained: time limit reached"
            )
        )
        self._results: dict[RouteKey, DrainResult] = {}
        self._watching: asyncio.Task[None] | None = None

    # From the daemon

    def resume(self, orders: Orders, watched: Collection[Cause]) -> None:
        """Resume the drains of an earlier run. Call this before anything is announced or decided.

        `watched`: the causes, of lifecycle and tag, that are watched now. Drains of an unwatched cause are dropped,
        since nothing would end them.
        """
        drains = orders.of(OrderKind.DRAIN)
        for each in drains:
            fields = {"by": each.cause.value, "since": in_utc(each.since)}
            event(log, logging.INFO, f"still {each.phase.value}", prefix=_named(each), **fields)
        unwatched = {Cause.LIFECYCLE, Cause.TAG}.difference(watched)
        self._use(drains.without(each for each in drains if each.cause in unwatched), save=False)

    def configure(self, settings: DrainSettings) -> None:
        """Use these settings from now on; drains in progress keep their time-out."""
        self.settings = settings
        if self.orders:
            self._use(self.orders, save=False)

    def drain(
        self, cause: Cause, prefixes: Collection[Prefix] = (), reason: str = "", *, withdraws: bool = True,
        timeout: float | None = None, who: str = "", seconds: float | None = None,
    ) -> None:  # fmt: skip
        """Drain these prefixes (none: everything) within `timeout` seconds, by default the configured time.

        `withdraws` False: they only become a last resort. `who`: who ordered it. `seconds`: the drain ends by itself
        after that time.
        """
        wanted: list[Prefix | None] = [*sorted(prefixes)] or [None]
        now = time.time()
        until = None if seconds is None else now + seconds
        before = frozenset(self.orders)
        orders = self.orders.added(
            Order(OrderKind.DRAIN, prefix, now, who, reason, until, cause, withdraws=withdraws) for prefix in wanted
        )
        for each in orders:
            if each not in before:
                fields = {"by": cause.value, "who": who or None, "reason": reason or None, "seconds": seconds}
                event(log, logging.INFO, each.phase.value, prefix=_named(each), **fields)
        self._use(orders, timeout=timeout)

    def undrain(self, prefixes: Collection[Prefix] = (), *, who: str = "", reason: str = "") -> Orders:
        """End the drains of these prefixes (none: all) and return them. Raises OrderError."""
        ended = self.orders.drains_to_end(prefixes)
        self._end(ended, "undrained", who=who or None, reason=reason or None)
        return ended

    def end_those_by(self, cause: Cause) -> None:
        """End the drains with this cause."""
        ended = Orders(tuple(each for each in self.orders if each.cause is cause))
        self._end(ended, f"undrained: {cause.value} no longer asks for it")

    def end_those_of_another_instance(self, orders: Collection[tuple[OrderKey, float]]) -> None:
        """End the drains with these keys and starts, from the state file of another instance."""
        ended = Orders(tuple(each for each in self.orders if (each.key, each.since) in orders))
        self._end(ended, "undrained: ordered on another instance")

    def _end(self, ended: Orders, words: str, **fields: str | None) -> None:
        for each in ended:
            event(log, logging.INFO, words, prefix=_named(each), by=each.cause.value, **fields)
        if ended:
            self._use(self.orders.without(ended))

    async def before_the_end(self, interrupted: Callable[[], bool], seconds: float) -> None:
        """Drain everything before the daemon ends, and wait for that, for `seconds` at most or until `interrupted`."""
        self.drain(Cause.SIGTERM, reason="on_exit: drain", timeout=seconds)

        def is_done() -> bool:
            mine = (each for each in self.orders if each.cause is Cause.SIGTERM)
            return all(each.phase is not Phase.DRAINING for each in mine)

        await until(lambda: interrupted() or is_done(), seconds + LOOK_EVERY)

    # The state

    def _use(self, orders: Orders, *, save: bool = True, timeout: float | None = None) -> None:
        """Put these drains in force: change the announcements, decide again, save, and watch until they are done."""
        before, self.orders = self.orders, orders
        going_on = {(each.key, each.withdraws) for each in before if each.phase is Phase.DRAINING}
        for each in orders:
            if each.phase is Phase.DRAINING and (each.key, each.withdraws) not in going_on:
                self._began[each.key] = self._now()
                self._due[each.key] = self._now() + (self.settings.timeout if timeout is None else timeout)
        self._inputs.draining = orders.draining(self.settings.backup_med)
        self._results = {key: each for key, each in self._results.items() if self.concerns(key[1])}
        self._adj_rib_in.export(self._inputs.draining)
        changed = frozenset(before) ^ frozenset(orders)
        prefixes = prefixes_of(changed)
        if prefixes.everything:
            self._reconciler.everything_changed()
        else:
            self._reconciler.prefixes_changed(prefixes.prefixes)
        if save and changed:
            self._state_file.keep(orders, OrderKind.DRAIN)
        self._deadlines.want(orders.deadlines())
        self._look()
        self._watch()

    def concerns(self, prefix: Prefix) -> bool:
        """Whether the prefix is draining or drained."""
        return self._inputs.draining.concerns(prefix)

    def phase_of_all(self, cause: Cause) -> Phase | None:
        """The phase of the drain of everything with this cause; None if there is none."""
        return next((each.phase for each in self.orders if each.cause is cause and each.prefix is None), None)

    # Until another instance has the routes

    def _watch(self) -> None:
        """Start the task that watches all drains in progress, if there are any and it is not running."""
        if self._watching is None and self._open():

            def watched(_: "asyncio.Task[None]") -> None:
                self._watching = None
                self._watch()

            self._watching = self._start_task("drain", self._see_through())
            self._watching.add_done_callback(watched)

    def _open(self) -> list[Order]:
        """The drains in progress: their prefix is still announced and is to be withdrawn."""
        return [each for each in self.orders if each.phase is Phase.DRAINING and each.withdraws]

    async def _see_through(self) -> None:
        """Read the tables with routes of ours repeatedly; withdraw each prefix when it may go or its time is over."""
        pause = FIRST_LOOK
        while True:
            self._look()
            now = self._now()
            done = [each for each in self._open() if now >= self._due[each.key] or self._may_go(each, now)]
            if done:
                for each in done:
                    event(log, logging.INFO, "drained", prefix=_named(each), by=each.cause.value)
                self._use(self.orders.withdrawn({each.key for each in done}))
            if not (still := self._open()):
                self._journal.forget(READING)
                return
            left = min(self._due[each.key] for each in still) - now
            # Jitter, as all instances of the account share one limit of EC2 calls.
            await asyncio.sleep(min(left, pause * (0.8 + 0.4 * random.random())))  # noqa: S311
            pause = LOOK_EVERY
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left, 0)):
                    await self._read(prefixes_of(still))

    def _may_go(self, order: Order, now: float) -> bool:
        """Whether the drain can withdraw: no route is ours or being written, and routers have had time to converge."""
        reconciler = self._reconciler
        if not reconciler.first_observation.is_set():
            return False
        prefixes = prefixes_of([order])
        if reconciler.is_writing(prefixes) or any(prefix in prefixes for _, prefix in self._view.ours()):
            return False
        return now >= self._began[order.key] + CONVERGENCE or not self._adj_rib_in.announces(prefixes)

    async def _read(self, prefixes: PrefixSet) -> None:
        """Read the tables that have a route of ours for these prefixes."""
        view = self._view
        tables = sorted({table_id for table_id, prefix in view.ours() if prefix in prefixes})
        asked = self._now()

        async def read_one(table_id: str) -> RouteTable | Ec2Error | None:
            try:
                return await fresh_table(self._reconciler.calls, view, table_id)
            except Ec2Error as error:
                return error

        read = await asyncio.gather(*map(read_one, tables))
        errors = [each for each in read if isinstance(each, Ec2Error)]
        self._journal.told(READING, errors[0] if errors else None)
        before = view.ours()
        for table in read:
            if isinstance(table, Ec2Error):
                continue
            if table is None:  # a poll shows whether it is gone; until then its routes count as ours
                self._reconciler.poll_now()
            else:
                view.reread(table, asked, self._now())
        self._reconciler.prefixes_changed({prefix for _, prefix in before ^ view.ours()} | view.changed)

    # What became of the routes

    def _look(self) -> None:
        """Record the outcome for each route that is or was ours. An outcome other than `still ours` is final."""
        ours = {key for key in self._view.ours() if self.concerns(key[1])}
        for key in ours | {key for key, each in self._results.items() if each.end is End.OURS}:
            found = self._result(key)
            if found is None or found == self._results.get(key):
                continue
            self._results[key] = found
            if found.end is End.TAKEN:
                event(log, logging.INFO, "taken over", table=key[0], prefix=key[1], owner=found.owner or found.target)

    def _result(self, key: RouteKey) -> DrainResult | None:
        """The outcome according to the table now; None if no rule matches the prefix any more."""
        table_id, prefix = key
        table_policy = self._view.tables.get(table_id)
        if table_policy is None or (rule := table_policy.rule_for(prefix)) is None:
            return None
        route, settings = table_policy.table.static_route(prefix), rule.settings_of(prefix)
        if route is None:
            return DrainResult(*key, End.DELETED)
        if is_ours(route, own_interfaces(rule, prefix, self._view.snapshot)):
            if self._view.is_served_by_our_vpc(key):
                return DrainResult(*key, End.TAKEN, target=route.target)
            kept = prefix in self._inputs.draining.drained and settings.never_delete
            return DrainResult(*key, End.KEPT if kept else End.OURS, target=route.target)
        if route.target == settings.fallback:
            return DrainResult(*key, End.FALLBACK, target=route.target)
        owner = (route.instance_id or route.vpc_id or None) if route.target.has_owner else None
        return DrainResult(*key, End.TAKEN, owner, route.target)

    def written(self, outcome: Outcome) -> None:
        """After a write: a route that we deleted had no successor, even if another instance creates it later."""
        change = outcome.change
        if outcome.result is not WriteResult.DONE or not change.is_withdrawal or change.key not in self._results:
            return
        if (found := self._result(change.key)) is not None and found.end is not End.OURS:
            self._results[change.key] = found
            heard = self._is_heard(change.prefix)
            where = {"table": change.table_id, "prefix": change.prefix}
            event(log, logging.WARNING, "withdrawn without a successor", **where, heard=heard)

    def status(self) -> list[dict[str, Any]]:
        """The rows of `leaving` in the status."""
        return [each.to_leaving() for each in self.orders]

    def report(self, held: Collection[Prefix]) -> dict[str, Any]:
        """The progress of the drains, for `bgp2vpc drain`. `held`: prefixes whose routes are not written.

        `alone`: the routes that a drain, if it began now, would delete although no other instance offers the prefix. It
        is empty in a dry run, and leaves out prefixes that drain or are held, have a `fallback` or `never_delete`.
        `unread`: why the route tables have never been read, so that our routes are not known; None if they have.
        """
        self._look()
        routes = [
            {
                **result.to_json(),
                "heard": self._is_heard(key[1]),
                "error": self._journal.failing.get(subject_of(key)),
                "held": key[1] in held,
            }
            for key, result in sorted(self._results.items(), key=lambda item: item[0])
        ]
        alone = [
            {"route_table_id": table_id, "prefix": str(prefix)}
            for table_id, prefix in sorted(self._view.ours())
            if not (prefix in held or self.concerns(prefix) or self._is_heard(prefix))
            and not ((settings := self._view.settings((table_id, prefix))) and settings.keeps_withdrawn)
        ]
        return {
            "timeout": self.settings.timeout,
            "noop": self.settings.noop,
            "leaving": self.status(),
            "routes": routes,
            "alone": [] if self.settings.noop else alone,
            "past_us": self._adj_rib_in.tees_of(self.concerns),
            "not_saved": self._state_file.not_kept,
            "unread": None
            if self._reconciler.first_observation.is_set()
            else self._journal.unread or "EC2 has not answered yet",
        }

    def _is_heard(self, prefix: Prefix) -> bool:
        """Whether another instance offers the prefix by BGP; a prefix list: in the first table with a route for it.

        Our own path sent back by peers does not count, nor do next hops that are no interface of the VPC.
        """
        snapshot, inputs = self._view.snapshot, self._inputs.now()
        not_others = snapshot.unresolvable.union(*(each.addresses for each in snapshot.interfaces))
        rules = (table_policy.lists.get(prefix) for table_policy in self._view.tables.values())
        rule = next(filter(None, rules), None)
        offers = inputs.offers_for(prefix, rule, snapshot) if rule else inputs.offers.get(prefix, ())
        return any(each.side is Side.PEER and each.path.next_hop not in not_others for each in offers)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _named(order: Order) -> str:
    return "all" if order.prefix is None else str(order.prefix)
