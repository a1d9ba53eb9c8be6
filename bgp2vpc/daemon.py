"""The daemon: wires sources, RIB, reconciler and ExaBGP together, and sees them through start, reload and end."""

import asyncio
import json
import logging
import random
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bgp2vpc
from bgp2vpc.bgp.neighbors import Neighbors
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import ConfigError, NoThread, Problem
from bgp2vpc.exabgp_api.message import Message
from bgp2vpc.health.hooks import Hooks
from bgp2vpc.health.model import Check
from bgp2vpc.logs import event
from bgp2vpc.operator.answers import check_json, offered_lines, only_alone, prefix_set_json, source_statuses
from bgp2vpc.operator.explaining import Explaining
from bgp2vpc.operator.leaving import LeaveSettings, Leaving
from bgp2vpc.operator.lifecycle import LifecycleWatch, ReadMetadata, metadata_reader
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.operator.status import SCHEMA, headline, paths_json, routes_json
from bgp2vpc.operator.steering import Steering
from bgp2vpc.operator.steering_questions import SteeringQuestions
from bgp2vpc.policy.place_state import Places, states_to_json
from bgp2vpc.policy.plan import Action, Reason
from bgp2vpc.policy.wish import Wish
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.apply import Applier
from bgp2vpc.reconcile.ec2_calls import Calls, Connect
from bgp2vpc.reconcile.journal import Journal, wall_clock
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.reconciler import Reconciler, Tempo
from bgp2vpc.reconcile.retries import Retries
from bgp2vpc.reconcile.route_hooks import RouteHooks
from bgp2vpc.reconcile.view import View
from bgp2vpc.services.alerts import Notifier
from bgp2vpc.services.checks import Checks
from bgp2vpc.services.health import Health
from bgp2vpc.services.lag import LagWatch
from bgp2vpc.services.meter import Meter
from bgp2vpc.services.remote_checks import OwnerChecks
from bgp2vpc.services.scripts import Scripts
from bgp2vpc.services.serf import Gossip
from bgp2vpc.services.socket import Serving
from bgp2vpc.services.supervision import Supervision
from bgp2vpc.services.web import Given, Pages
from bgp2vpc.sources.server import Question, SocketSettings
from bgp2vpc.sources.turns import Turns
from bgp2vpc.speaker.bridge import Bridge
from bgp2vpc.speaker.membership import Exabgp, Membership
from bgp2vpc.speaker.relay import Relay
from bgp2vpc.tasks import GuardedTasks, cancelled, on_thread, ring_at, until
from bgp2vpc.vpc.model import Instance
from bgp2vpc.vpc.pace import Pace

log = logging.getLogger("bgp2vpc")

PATIENCE = 10.0
NOTIFY_TIMEOUT = 5.0  # for what is still to be told when all else is done
LOAD_TIMEOUT = 60.0  # the configuration may lie on a network's file system
LEAVE_TIMEOUT = 80.0  # systemd kills after 90
HELPER_HASTE = 1.0  # ExaBGP kills its helpers 2 s after it has told them to end
"""Seconds: ExaBGP kills its helpers 2 s after it has told them to end, and what is left has to be withdrawn."""

LoadConfig = Callable[[], Config]
Say = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Mode:
    """`noop`: never write to EC2. `oneshot`: decide and write once, then end and leave the routes."""

    noop: bool = False
    oneshot: bool = False


class Daemon:
    """One run of the daemon. `connect` blocks and may fail: it is called on a thread until it succeeds.

    `say` writes a line to ExaBGP, in helper mode; who reads ExaBGP's pipe calls `heard`. `metadata` blocks, too: it
    tells what `lifecycle: true` watches.
    """

    def __init__(
        self,
        config: Config,
        load: LoadConfig,
        connect: Connect,
        mode: Mode,
        say: Say | None = None,
        metadata: ReadMetadata | None = None,
    ) -> None:
        self._config = config
        self._load = load
        self._mode = mode
        self._say = say
        self._stop = asyncio.Event()
        self._failed = False
        self._told_to_end = False
        self._interrupts = 0
        self._last_wish: Wish | None = None
        self._leftovers_held = True
        self._started = asyncio.get_running_loop().time()
        self._started_at = wall_clock()
        self._meter = Meter()
        self._observers: list[Observer] = [self._meter]
        self._journal = Journal(self._observers)
        self._tasks = GuardedTasks(self._task_failed)
        self._lag = LagWatch()
        self._relay = Relay(say) if say else None
        self.bridge = Bridge(self._touch, self._relay)
        self.bridge.stop_requested = self.stop
        self.bridge.sessions_changed = self._sessions_changed
        self.bridge.lost = self._lost
        self.supervision = Supervision()
        """Whom systemd hears. To be replaced before `run`."""
        self._places = Places(config.settle_time, config.damping)
        self._calls = Calls(connect, config.ec2.concurrency, config.ec2.timeout, self._observers)
        known = Instance(config.instance_id or "", config.region or "", config.vpc_id or "")
        self._view = View(known, config.rules, config.policy, self._places)
        self._hooks = RouteHooks(self._view.managed, self._places, self._tasks.start, lambda: self._config.hook_timeout)
        self._reconciler = self._made_reconciler()
        self._notifier = Notifier(self._tasks.start, self._view)
        turns = Turns()
        self._scripts = Scripts(self.bridge, self._tasks.start, turns, config.max_line)
        self._gossip = Gossip(self._journal, self._tasks.start, self.bridge)
        self._health = self._made_health()
        state_file = StateFile(config.state_file, self._journal)
        self.leaving = Leaving(
            self.bridge, self._reconciler, self._journal, self._tasks.start, self._decide, state_file
        )  # fmt: skip
        self.steering = Steering(
            self.leaving, self._health, self._reconciler, self._journal, state_file, self._decide, noop=mode.noop
        )  # fmt: skip
        self._explaining = Explaining(
            self.bridge, self.leaving, self.steering, self._reconciler, lambda: self._config.rules, noop=mode.noop
        )  # fmt: skip
        self._lifecycle = LifecycleWatch(self.leaving, self._journal, self._tasks.start, metadata or metadata_reader())
        self._pages = Pages(
            Given(self.status, self._unready, self.steering, self._meter.tally), self._journal, self._tasks.start
        )
        self._serving = Serving(
            config.socket,
            SocketSettings(config.restart_time, config.max_line, group=config.socket_group),
            self.bridge,
            self._journal,
            self._tasks.start,
            self.questions(),
            turns,
        )
        self._membership = self._made_membership()
        self._observers += (self._health, self.leaving, self.steering, self._notifier)
        self._reloading = self._reload_wanted = False
        self._use_limits(config)
        # What was drained or held before a restart is so from the first decision on.
        state = state_file.load()
        self.leaving.resume(state.leaves, lifecycle=config.lifecycle)
        self.steering.resume(state.holds)

    # Life

    async def run(self) -> int:
        """Until stopped. The exit status: 0; 1 if we failed, or routes are left behind; oneshot: 3 if refused."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.interrupt)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        if not self._mode.oneshot:
            self._pages.configure(self._config.web)
        await self._notifier.configure(self._config.notify)
        # A helper does not end, as its end would take ExaBGP along.
        if not await self._serving.start(insist=self._say is not None):
            return 1
        # A helper does not end; what may not be checked there has no verdict, and the log says why.
        if not self._health.may_check(self._config) and self._say is None:
            return 1
        self._health.configure(self._config)
        if not self._mode.oneshot:
            await self._gossip.configure(self._config.serf)
        self.supervision.headline, self.supervision.poll_time = self._headline, lambda: self._config.poll_time
        self._tasks.start("supervision", self.supervision.run())
        self._tasks.start("lag", self._lag.run())
        self._observers.append(self.supervision)
        reconciling = self._tasks.start("reconciler", self._reconciler.run())
        self._tasks.start("start-up", self._refuse_to_be_no_router())
        self._forget_leftovers_later()
        ring_at(self._started + self._config.startup_hold, self._sessions_changed)
        if self._membership is not None:
            self._tasks.start("membership", self._membership.run())
        await self._scripts.configure(self._config.processes)
        if self._mode.oneshot:
            self._tasks.start("oneshot", self._act_once())
        self._lifecycle.configure(enabled=self._config.lifecycle)
        await self._stop.wait()
        self.supervision.ending(self._longest_end())
        await self._drain_before_the_end()
        await cancelled(reconciling)
        await self._end()
        return self._exit_status()

    @property
    def ended_by_itself(self) -> bool:
        """Whether it has done what `oneshot` asked for, and nobody told it to end."""
        return self._mode.oneshot and self._stop.is_set() and not self._told_to_end

    def stop(self) -> None:
        """Ask the daemon to end."""
        self._told_to_end = True
        if self._config.on_exit is OnExit.KEEP:
            # ExaBGP goes on announcing for the next run, whatever the dying scripts say.
            self.bridge.fall_silent()
        self._stop.set()

    def interrupt(self) -> None:
        """SIGTERM or SIGINT: end; the second time, without waiting for what is left to withdraw."""
        self._interrupts += 1
        self.stop()

    def heard(self, message: Message) -> None:
        """ExaBGP told us something (helper mode)."""
        self.bridge.heard(message)

    def _longest_end(self) -> float:
        drain = self._config.drain_timeout if self._config.on_exit is OnExit.DRAIN else 0.0
        return drain + LEAVE_TIMEOUT + 2 * self._config.hook_timeout

    async def _drain_before_the_end(self) -> None:
        """`on_exit: drain`: while sources, checks and polls still go on."""
        observed = self._reconciler.first_observation.is_set()
        without = self._failed or self._mode.noop or self._mode.oneshot
        if self._config.on_exit is OnExit.DRAIN and observed and not without:
            seconds = HELPER_HASTE if self._say else self._config.drain_timeout
            await self.leaving.before_the_end(lambda: self._interrupts > 1 or self._failed, seconds)

    async def _end(self) -> None:
        """Nothing is polled any more; what is being written, or has to be withdrawn, is seen through.

        A mistake of ours is no reason to withdraw: the routes wait for the restart, as after a crash.
        """
        keep = self._mode.oneshot or self._config.on_exit is OnExit.KEEP or self._failed
        keep_managed = self._config.on_exit is OnExit.WITHDRAW_ANNOUNCED and bool(self._config.checked_sources)
        what = "kept" if keep or self._mode.noop else "withdrawn, managed ones kept" if keep_managed else "withdrawn"
        event(log, logging.INFO, "stopping", routes=what)
        reconciler = self._reconciler
        if keep:
            # What the scripts withdraw because we end them is not what the VPC shall do.
            offers = dict(self._offers())
            self._last_wish = replace(self._wish_without_neighbors(), offers=offers, leftovers_held=True)
            self.bridge.fall_silent()
            reconciler.finish()
        else:
            self.bridge.hold_nothing()
            if self._say is not None:
                self._places.hurry(HELPER_HASTE)
            self._last_wish = self._wish_at_the_end(keep_managed=keep_managed)
            reconciler.only_withdraws = True
            self._decide(None)
        await self._scripts.stop()
        await self._health.stop()
        await self._gossip.stop()
        await self._serving.stop()
        await self._pages.stop()
        if not keep:
            self.bridge.close_all()
        await self._last_writes(keep=keep)
        if not (keep or self._mode.noop or reconciler.first_observation.is_set()):
            event(log, logging.WARNING, "stopped before EC2 answered: routes of ours, if any, are left behind")
        await self._notifier.finish(HELPER_HASTE if self._say else NOTIFY_TIMEOUT, lambda: self._interrupts > 1)
        await self._tasks.cancel()
        self._calls.close()

    def _wish_at_the_end(self, *, keep_managed: bool) -> Wish:
        """What peers say, who may take over; and with `keep_managed` what the health checks say now.

        After a drain they have had their time: nobody is waited for any more.
        """
        sides = {Side.CHECK} if keep_managed else set()
        if self._config.on_exit is not OnExit.DRAIN:
            sides.add(Side.PEER)
        offers = self._offers().items()
        remaining = {prefix: [each for each in some if each.side in sides] for prefix, some in offers}
        silent = self._health.silent if keep_managed else frozenset()
        offered = {prefix: some for prefix, some in remaining.items() if some}
        return replace(self._wish_without_neighbors(), offers=offered, leftovers_held=False, silent=silent)

    def _wish_without_neighbors(self) -> Wish:
        """Nothing is concluded about others any more: when ExaBGP is stopped, all of them seem to be lost."""
        return replace(self._present_wish(), spoken=frozenset(), neighbors=Neighbors())

    async def _last_writes(self, *, keep: bool) -> None:
        reconciler = self._reconciler
        done = reconciler.is_idle if keep else reconciler.is_done
        hooked = any(route.hooks.before for rule in self._config.rules for route in rule.manages.values())
        patience = self._config.hook_timeout if hooked else 0.0
        timeout = min(self._time_to_write() + patience, LEAVE_TIMEOUT)
        await until(lambda: done() or self._interrupts > 1, timeout)
        # What runs after a write has its time.
        await until(lambda: self._hooks.is_idle or self._interrupts > 1, self._config.hook_timeout)
        if keep or self._mode.noop:
            return
        for change in reconciler.remaining():
            where = {"table": change.table_id, "prefix": change.prefix}
            event(log, logging.ERROR, "left behind: the route could not be withdrawn", **where)
            self._failed = True

    def _exit_status(self) -> int:
        if self._mode.oneshot and self._reconciler.refused:
            return 3
        return 1 if self._failed or (self._mode.oneshot and self._journal.failing) else 0

    def _task_failed(self) -> None:
        self._failed = True
        self._stop.set()

    async def _act_once(self) -> None:
        """End when all is written that could be, and what may pass has had its time."""
        await until(self._is_ready, PATIENCE)
        observed = self._reconciler.first_observation.is_set()
        if not (observed and await until(self._reconciler.is_done, self._time_to_write())):
            self._failed = True
        self._stop.set()

    def _is_ready(self) -> bool:
        return self._reconciler.first_observation.is_set() and self._scripts.all_have_spoken()

    def _time_to_write(self) -> float:
        """Seconds that what is left may take: at EC2's pace, and with patience for what fails at first."""
        return PATIENCE + len(self._reconciler.remaining()) / self._config.ec2.rate

    # EC2

    def _made_reconciler(self) -> Reconciler:
        config, retries = self._config, Retries(self._places)
        paces = {action: Pace(config.ec2.burst, config.ec2.rate, random.random) for action in Action}
        clock = asyncio.get_running_loop().time
        applier = Applier(self._calls, self._view, self._wish, retries, paces, clock, self._hooks)
        return Reconciler(
            self._calls, self._view, self._wish, retries, self._journal,
            None if self._mode.noop else applier,
        )  # fmt: skip

    def _made_health(self) -> Health:
        def hooks(check: Check) -> Hooks:
            return Hooks(check, timeout=self._config.hook_timeout, only_log=self._mode.noop)

        start, assumed = self._tasks.start, self._mode.oneshot
        checks = Checks(self.bridge, start, self._journal, hooks, self._touch, assume_healthy=assumed)
        owners = OwnerChecks(self._calls, self._journal, start, hooks, self._touch, self._gossip, checks.works)
        self._gossip.votes_changed = owners.reassess
        if not self._mode.noop:  # who only looks on has no vote
            self._gossip.charges = lambda: owners.charges
        return Health(checks, owners, self._journal, self._view, assumed=assumed)

    def _made_membership(self) -> Membership | None:
        """Whom ExaBGP peers with is our business in helper mode only."""
        if self._relay is None or self._mode.oneshot:
            return None
        exabgp = Exabgp(self.bridge, self._relay, lambda: self._config.startup_hold)
        return Membership(
            self._calls, self._view, lambda: self._config, self._journal, exabgp, writes=not self._mode.noop
        )

    async def _refuse_to_be_no_router(self) -> None:
        """As AWSnycast: where no interface may forward, managed routes to us cannot work, so we do not start.

        A helper stays, as its end would take ExaBGP along; there, each route is `blocked`.
        """
        view, config = self._view, self._config
        managed = [route for rule in config.rules for route in rule.manages.values() if route.instance_id is None]
        if not managed or config.skip_source_dest_check or self._say is not None:
            return
        await self._reconciler.first_observation.wait()
        if not view.may_forward:
            eni = view.snapshot.interfaces[0].id
            event(
                log,
                logging.CRITICAL,
                "not started: source/destination check is on",
                instance=view.instance.id,
                hint=f"aws ec2 modify-network-interface-attribute --network-interface-id {eni} --no-source-dest-check",
            )
            self._task_failed()

    def _wish(self) -> Wish:
        return self._last_wish or self._present_wish()

    def _present_wish(self) -> Wish:
        return Wish(
            self._offers(),
            self._leftovers_held,
            self.bridge.rib.spoken,
            self._health.silent,
            self._health.failing,
            self.bridge.neighbors,
            self._neighbors_held,
            self._places.states,
            self._places.lost,
            self.leaving.policy.withheld,
            self.steering.held,
            self.steering.taken,
        )

    def _offers(self) -> Mapping[Prefix, Sequence[Offer]]:
        """What is offered: what drains as it is announced, so that all who decide see the same."""
        return self.leaving.policy.offers(self.bridge.rib.offers)

    @property
    def _neighbors_held(self) -> bool:
        """Whether what the neighbors announce may still be unknown. Without ExaBGP there are none."""
        hold_over = asyncio.get_running_loop().time() >= self._started + self._config.startup_hold
        return not (self._say is None or hold_over or self.bridge.neighbors.all_have_told)

    def _sessions_changed(self) -> None:
        """What depends on the neighbors may be decided otherwise now."""
        self._touch({verdict.prefix for verdict in self._places.verdicts()})

    def _lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        self._places.session_lost(paths, asyncio.get_running_loop().time())

    def _touch(self, prefixes: Collection[Prefix]) -> None:
        """Something about these has changed. What changes before EC2 is reached, the first reading decides about."""
        if self._reconciler.is_connected:
            self._meter.touched(prefixes)
            self._places.news(prefixes)
            self._reconciler.touch(prefixes)
            if self.bridge.neighbors.are_known:
                self._reconciler.doubt(prefixes)

    def _decide(self, prefixes: Collection[Prefix] | None) -> None:
        """About these, or about all."""
        if prefixes is not None:
            self._touch(prefixes)
        elif self._reconciler.is_connected:
            self._reconciler.touch_all()

    def _forget_leftovers_later(self) -> None:
        due = self._started + self._config.restart_time

        def forget() -> None:
            if self._started + self._config.restart_time > due:  # a reload has given them more time
                self._forget_leftovers_later()
                return
            self._leftovers_held = False
            self.bridge.rib.forget_spoken()
            self._touch({each.prefix for each in self._places.verdicts() if each.reason is Reason.LEFTOVER})

        ring_at(due, forget)

    # Configuration

    def reload(self) -> None:
        """Read the configuration again; a bad one changes nothing. Called while it is read, it is read once more."""
        self._reload_wanted = True
        if not self._reloading:
            self._reloading = True
            self._tasks.start("reload", self._reload())

    async def _reload(self) -> None:
        try:
            while self._reload_wanted:
                self._reload_wanted = False
                self.supervision.reloading()
                await self._reload_alone()
                self.supervision.reloaded()
        finally:
            self._reloading = False

    async def _loaded(self) -> Config:
        """The configuration as it is in the file now. Raises ConfigError."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                return await on_thread(self._load)
        except (TimeoutError, NoThread) as error:
            file, what = self._config.file, str(error) or f"not read within {LOAD_TIMEOUT:g} s"
            raise ConfigError(file, (Problem(file, 0, "file", what),)) from error

    async def _reload_alone(self) -> None:
        try:
            config = await self._loaded()
        except ConfigError as error:
            for problem in error.problems:
                event(log, logging.ERROR, f"not reloaded, the old configuration stays: {problem}")
            return
        if self._stop.is_set():
            return
        for key in (
            "socket",
            "socket_group",
            "state_file",
            "instance_id",
            "region",
            "vpc_id",
            "ec2",
            "settle_time",
            "max_line",
        ):
            if getattr(config, key) != getattr(self._config, key):
                event(log, logging.WARNING, f"a change of {key} takes effect at the next start only", key=key)
        self._config = config
        self._use_limits(config)
        await self._scripts.configure(config.processes)
        if self._stop.is_set():
            return
        for table, prefix in self._view.configure(config.rules, config.policy):
            self._journal.left(table, prefix)
        self._reconciler.poll_now()
        self._health.may_check(config)
        self._health.configure(config)
        await self._gossip.configure(config.serf)
        self._lifecycle.configure(enabled=config.lifecycle)
        if self._membership is not None:
            self._membership.look_now()
        self._pages.configure(config.web)
        await self._notifier.configure(config.notify)
        event(log, logging.INFO, "reloaded", file=config.file)

    def _use_limits(self, config: Config) -> None:
        self.bridge.neighbor_patience = config.startup_hold
        self._reconciler.tempo = Tempo(config.poll_time, config.max_changes)
        self._places.configure(config.damping)
        for warning in config.warnings:
            event(log, logging.WARNING, f"configuration: {warning}")
        limits = {process.name: process.max_prefixes for process in config.processes}
        own = {source.name: len(source.announcements) for source in config.checked_sources}
        self.bridge.use_limits(limits | own, config.max_prefixes)
        self._serving.configure(limits, config.restart_time)
        self.leaving.configure(LeaveSettings(config.drain_timeout, config.backup_med, self._mode.noop))

    # Status

    def questions(self) -> dict[str, Question]:
        """What may be asked through the socket."""
        return {
            "status": only_alone(lambda: json.dumps(self.status())),
            "paths": only_alone(self._paths),
            "why": self._explaining.asked_why,
            **SteeringQuestions(self.steering, self.leaving).questions(),
        }

    def status(self) -> dict[str, Any]:
        """What `bgp2vpc status --json` prints."""
        instance = self._view.instance
        reconciler = self._reconciler
        now = asyncio.get_running_loop().time()
        return {
            "schema": SCHEMA,
            "time": wall_clock(),
            "version": bgp2vpc.__version__,
            "started": self._started_at,
            "mode": "helper" if self._say else "standalone",
            "noop": self._mode.noop,
            "instance_id": instance.id or None,
            "vpc_id": instance.vpc_id or None,
            "ec2_observed": reconciler.first_observation.is_set(),
            "polls": reconciler.polls_ended,
            "last_read": self._journal.last_read_at,
            "lag": round(self._lag.longest(now), 3),
            "cycles": self._journal.cycles,
            "last_cycle": self._journal.last_cycle,
            "recent_cycles": list(self._journal.recent_cycles),
            "leaving": self.leaving.status(),
            "steering": self.steering.status(),
            "sources": [
                source.to_json()
                for source in source_statuses(self.bridge, self._scripts.statuses(), self._health.verdicts())
            ],
            "checks": [check_json(status, now) for status in self._health.statuses()],
            "serf": self._gossip.status(),
            "paths": paths_json(self.bridge.rib.offers),
            "neighbors": self.bridge.neighbors.rows(now),
            "damped": [
                {"route_table_id": key[0], "prefix": str(key[1]), "seconds": round(until - now)}
                for key, until in self._places.damped
            ],
            "routes": routes_json(self._places.states),
            "not_accepted": sorted(map(str, self._journal.not_accepted)),
            "failing": {**self._journal.failing, **(self._relay.failing() if self._relay else {})},
            "errors": self._journal.errors,
            "notify": self._notifier.status(),
        }

    def _headline(self) -> str:
        reconciler = self._reconciler
        verdicts = self._places.verdicts() if reconciler.first_observation.is_set() else None
        return headline(verdicts, self._journal.last_cycle, self._journal.failing)

    def _unready(self) -> list[str]:
        """Why nobody should rely on us now."""
        reasons = []
        read, lately = self._journal.last_read, 2 * self._config.poll_time + PATIENCE
        if read is None:
            reasons.append("EC2 has not been read yet")
        elif (ago := asyncio.get_running_loop().time() - read) > lately:
            reasons.append(f"EC2 was last read {ago:.0f} s ago")
        if self._stop.is_set():
            reasons.append("the daemon is ending")
        return reasons

    def _paths(self) -> str:
        wish = self._wish()
        return json.dumps(
            {
                "paths": offered_lines(self._offers()),
                "held": sorted(map(str, self.steering.held)),
                "taken": sorted(map(str, self.steering.taken)),
                "withheld": prefix_set_json(self.leaving.policy.withheld),
                "leftovers_held": wish.leftovers_held,
                "spoken": [str(prefix) for prefix in self.bridge.rib.spoken],
                "checked": sorted(self._health.verdicts()),
                "silent": sorted(wish.silent),
                "failing": sorted(wish.failing),
                **states_to_json(wish.remembered),
                "lost": {str(prefix): sorted(map(str, hops)) for prefix, hops in wish.lost.items()},
                "neighbors": wish.neighbors.to_json(),
                "neighbors_held": wish.neighbors_held,
            }
        )
