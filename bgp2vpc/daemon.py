"""The daemon: wires sources, RIB, reconciler and ExaBGP together, and sees them through start, reload and end."""

import asyncio
import json
import logging
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import ConfigError, NoThread, Problem
from bgp2vpc.exabgp_api.messages import Message, Shutdown
from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Check
from bgp2vpc.logs import event
from bgp2vpc.operator.answers import only_alone
from bgp2vpc.operator.drain import Drainer, DrainSettings
from bgp2vpc.operator.explaining import Explaining
from bgp2vpc.operator.lifecycle import LifecycleWatch, ReadMetadata, metadata_reader
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.policy.inputs import DecisionInput
from bgp2vpc.policy.place_state import Places
from bgp2vpc.policy.plan import Action, Reason
from bgp2vpc.reconcile.apply import Applier
from bgp2vpc.reconcile.ec2_calls import Calls, Connect
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.reconciler import Limits, Reconciler
from bgp2vpc.reconcile.retries import Retries
from bgp2vpc.reconcile.route_hooks import RouteHooks
from bgp2vpc.reconcile.view import View
from bgp2vpc.services.alerts import Alerts
from bgp2vpc.services.checks import Checks
from bgp2vpc.services.health import Health
from bgp2vpc.services.lag import LagWatch
from bgp2vpc.services.meter import Meter
from bgp2vpc.services.remote_checks import RemoteChecks
from bgp2vpc.services.scripts import Scripts
from bgp2vpc.services.serf import SerfService
from bgp2vpc.services.service import Service
from bgp2vpc.services.socket import SocketService
from bgp2vpc.services.status import StatusSource
from bgp2vpc.services.supervision import SdNotify, Supervision
from bgp2vpc.services.web import Given, WebService
from bgp2vpc.sources.server import Question, SocketSettings
from bgp2vpc.sources.turns import Turns
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.speaker.discovery import ExabgpNeighbors, NeighborDiscovery
from bgp2vpc.speaker.peers import Peers
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
class Outside:
    """What the daemon reaches of the world. All but `say` block: they are called on threads, and may fail.

    `load` reads the configuration again, `connect` finds EC2 and who we are, `metadata` tells what `lifecycle: true`
    watches (None: the metadata service). `say` writes a line to ExaBGP, in helper mode; who reads ExaBGP's pipe calls
    `Daemon.heard`.
    """

    load: LoadConfig
    connect: Connect
    say: Say | None = None
    metadata: ReadMetadata | None = None
    systemd: SdNotify = field(default_factory=SdNotify)


@dataclass(frozen=True, slots=True)
class Mode:
    """`noop`: never write to EC2. `oneshot`: decide and write once, then end and leave the routes."""

    noop: bool = False
    oneshot: bool = False


class Daemon:
    """One run of the daemon."""

    def __init__(self, config: Config, outside: Outside, mode: Mode) -> None:
        self._config = config
        self._load = outside.load
        self._mode = mode
        self._say = say = outside.say
        self._stop = asyncio.Event()
        self._failed = False
        self._told_to_end = False
        self._interrupts = 0
        self._started = asyncio.get_running_loop().time()
        self._meter = Meter()
        self._observers: list[Observer] = [self._meter]
        self._journal = Journal(self._observers)
        self._tasks = GuardedTasks(self._task_failed)
        self._lag = LagWatch()
        self._adj_rib_out = AdjRibOut(say) if say else None
        self._places = Places(config.settle_time, config.damping)
        self.inputs = Inputs(self._places)
        self._calls = Calls(outside.connect, config.ec2.concurrency, config.ec2.timeout, self._observers)
        known = Instance(config.instance_id or "", config.region or "", config.vpc_id or "")
        self._view = View(known, config.rules, config.policy, self._places)
        self._hooks = RouteHooks(self._view, self._tasks.start, config.hook_timeout)
        self._reconciler = self._made_reconciler()
        self.adj_rib_in = AdjRibIn(self.inputs, self._reconciler, self._adj_rib_out)
        self._peers = Peers(self.inputs, self._reconciler, self.adj_rib_in)
        self._alerts = Alerts(self._tasks.start, self._view)
        turns = Turns()
        self._scripts = Scripts(self.adj_rib_in, self._tasks.start, turns, config.max_line)
        self._serf = SerfService(self._journal, self._tasks.start, self._peers, has_vote=not mode.noop)
        self._health = self._made_health()
        state_file = StateFile(config.state_file, self._journal)
        self.drainer = Drainer(self.adj_rib_in, self._reconciler, self._journal, self._tasks.start, state_file)
        self.operator = Operator(
            self.drainer, self._health, self._reconciler, self._journal, state_file, noop=mode.noop
        )
        self._explaining = Explaining(
            self.adj_rib_in, self.drainer, self.operator, self._reconciler, lambda: self._config.rules, noop=mode.noop
        )  # fmt: skip
        lifecycle = LifecycleWatch(
            self.drainer, self._journal, self._tasks.start, outside.metadata or metadata_reader()
        )
        self.status_source = self._made_status_source()
        self._supervision = Supervision(outside.systemd, self.status_source.headline, self._tasks.start)
        self._web = WebService(
            Given(self.status_source, self.operator, self._meter.tally), self._journal, self._tasks.start
        )
        self._socket = SocketService(
            config.socket,
            SocketSettings(config.restart_time, config.max_line, group=config.socket_group),
            self.adj_rib_in,
            self._journal,
            self._tasks.start,
            self.questions(),
            turns,
        )
        self._tellers: tuple[Service, ...] = (self._alerts, self._supervision)
        """Services that are stopped last, since they tell of the last writes, too."""
        self._services = self._made_services(lifecycle)
        self._observers += (self._health, self.drainer, self.operator, self._alerts, self._supervision)
        self._reloading = self._reload_wanted = False
        self._use_limits(config)
        # What was drained or held before a restart is so from the first decision on.
        orders = state_file.load()
        self.drainer.resume(orders, lifecycle=config.lifecycle)
        self.operator.resume(orders)

    # Life

    async def run(self) -> int:
        """Until stopped. The exit status: 0; 1 if we failed, or routes are left behind; oneshot: 3 if refused."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.interrupt)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        # A helper does not end, as its end would take ExaBGP along.
        if not await self._socket.start(insist=self._say is not None):
            return 1
        # A helper does not end; what may not be checked there has no verdict, and the log says why.
        if not self._health.may_check(self._config) and self._say is None:
            return 1
        for each in (*self._tellers, *self._services):
            await each.configure(self._config)
        self._tasks.start("lag", self._lag.run())
        reconciling = self._tasks.start("reconciler", self._reconciler.run())
        self._tasks.start("start-up", self._refuse_to_be_no_router())
        self._forget_leftovers_later()
        ring_at(self._started + self._config.startup_hold, self._reconciler.neighbors_changed)
        if self._mode.oneshot:
            self._tasks.start("oneshot", self._act_once())
        await self._stop.wait()
        self._supervision.ending(self._longest_end())
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
            self.adj_rib_in.fall_silent()
        self._stop.set()

    def interrupt(self) -> None:
        """SIGTERM or SIGINT: end; the second time, without waiting for what is left to withdraw."""
        self._interrupts += 1
        self.stop()

    def heard(self, message: Message) -> None:
        """ExaBGP told us something (helper mode)."""
        self._peers.heard(message)
        if isinstance(message, Shutdown):
            self.stop()

    def _longest_end(self) -> float:
        drain = self._config.drain_timeout if self._config.on_exit is OnExit.DRAIN else 0.0
        return drain + LEAVE_TIMEOUT + 2 * self._config.hook_timeout

    async def _drain_before_the_end(self) -> None:
        """`on_exit: drain`: while sources, checks and polls still go on."""
        observed = self._reconciler.first_observation.is_set()
        without = self._failed or self._mode.noop or self._mode.oneshot
        if self._config.on_exit is OnExit.DRAIN and observed and not without:
            seconds = HELPER_HASTE if self._say else self._config.drain_timeout
            await self.drainer.before_the_end(lambda: self._interrupts > 1 or self._failed, seconds)

    async def _end(self) -> None:
        """Nothing is polled any more; what is being written, or has to be withdrawn, is seen through.

        An internal error is no reason to withdraw: the routes wait for the restart, as after a crash.
        """
        keep = self._mode.oneshot or self._config.on_exit is OnExit.KEEP or self._failed
        keep_managed = self._config.on_exit is OnExit.WITHDRAW_ANNOUNCED and bool(self._config.checked_sources)
        what = "kept" if keep or self._mode.noop else "withdrawn, managed ones kept" if keep_managed else "withdrawn"
        event(log, logging.INFO, "stopping", routes=what)
        reconciler = self._reconciler
        if keep:
            # What the scripts withdraw because we end them is not what the VPC shall do.
            offers = dict(self.inputs.offers())
            self.inputs.last = replace(self._inputs_without_neighbors(), offers=offers, leftovers_held=True)
            self.adj_rib_in.fall_silent()
            reconciler.finish()
        else:
            self.adj_rib_in.hold_nothing()
            if self._say is not None:
                self._places.hurry(HELPER_HASTE)
            self.inputs.last = self._inputs_at_the_end(keep_managed=keep_managed)
            reconciler.only_withdraws = True
            reconciler.decide(None)
        for each in reversed(self._services):
            await each.stop()
        if not keep:
            self.adj_rib_in.close_all()
        await self._last_writes(keep=keep)
        if not (keep or self._mode.noop or reconciler.first_observation.is_set()):
            event(log, logging.WARNING, "stopped before EC2 answered: routes of ours, if any, are stale")
        await self._alerts.finish(HELPER_HASTE if self._say else NOTIFY_TIMEOUT, lambda: self._interrupts > 1)
        for each in self._tellers:
            await each.stop()
        await self._tasks.cancel()
        self._calls.close()

    def _inputs_at_the_end(self, *, keep_managed: bool) -> DecisionInput:
        """What peers say, who may take over; and with `keep_managed` what the health checks say now.

        After a drain they have had their time: nobody is waited for any more.
        """
        sides = {Side.CHECK} if keep_managed else set()
        if self._config.on_exit is not OnExit.DRAIN:
            sides.add(Side.PEER)
        offers = self.inputs.offers().items()
        remaining = {prefix: [each for each in some if each.side in sides] for prefix, some in offers}
        pending = self.inputs.pending if keep_managed else frozenset()
        offered = {prefix: some for prefix, some in remaining.items() if some}
        return replace(self._inputs_without_neighbors(), offers=offered, leftovers_held=False, pending=pending)

    def _inputs_without_neighbors(self) -> DecisionInput:
        """Nothing is concluded about others any more: when ExaBGP is stopped, all of them seem to be lost."""
        return replace(self.inputs.now(), seen=frozenset(), neighbors=Neighbors())

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
            event(log, logging.ERROR, "exiting with a stale route: delete failed", **where)
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
        applier = Applier(self._calls, self._view, self.inputs, retries, paces, clock, self._hooks)
        return Reconciler(
            self._calls, self._view, self.inputs, retries, self._journal,
            None if self._mode.noop else applier,
        )  # fmt: skip

    def _made_health(self) -> Health:
        def hooks(check: Check) -> CheckHooks:
            return CheckHooks(check, timeout=self._config.hook_timeout, only_log=self._mode.noop)

        start, assumed = self._tasks.start, self._mode.oneshot
        owners = RemoteChecks(self._calls, self._journal, start, hooks, self._reconciler, self._serf)
        checks = Checks(self.adj_rib_in, start, self._journal, hooks, self._reconciler, owners, assume_healthy=assumed)
        return Health(checks, owners, self._journal, self._view, assumed=assumed)

    def _made_services(self, lifecycle: LifecycleWatch) -> tuple[Service, ...]:
        """What follows the configuration, in the order of the start; the end takes them the other way round.

        A `oneshot` is over before anybody looks at a page or follows members. Whom ExaBGP peers with is our business
        in helper mode only.
        """
        if self._mode.oneshot:
            return (self._socket, self._health, self._scripts, lifecycle)
        services: tuple[Service, ...] = (
            self._web,
            self._socket,
            self._serf,
            self._health,
            self._scripts,
            lifecycle,
        )
        if self._adj_rib_out is None:
            return services
        exabgp = ExabgpNeighbors(self._peers, self._adj_rib_out, self._config.startup_hold)
        return (
            *services,
            NeighborDiscovery(
                self._calls, self._view, self._journal, self._tasks.start, exabgp, writes=not self._mode.noop
            ),
        )

    def _made_status_source(self) -> StatusSource:
        return StatusSource(
            noop=self._mode.noop, ending=self._stop, adj_rib_in=self.adj_rib_in, adj_rib_out=self._adj_rib_out,
            scripts=self._scripts,
            health=self._health, serf=self._serf, reconciler=self._reconciler,
            journal=self._journal, drainer=self.drainer, operator=self.operator, alerts=self._alerts,
            lag=self._lag,
        )  # fmt: skip

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

    def _forget_leftovers_later(self) -> None:
        due = self._started + self._config.restart_time

        def forget() -> None:
            if self._started + self._config.restart_time > due:  # a reload has given them more time
                self._forget_leftovers_later()
                return
            self.inputs.leftovers_held = False
            self.adj_rib_in.rib.forget_seen()
            self._reconciler.news({each.prefix for each in self._places.verdicts() if each.reason is Reason.LEFTOVER})

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
                self._supervision.reloading()
                await self._reload_alone()
                self._supervision.reloaded()
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
        for table, prefix in self._view.configure(config.rules, config.policy):
            self._journal.left(table, prefix)
        self._reconciler.poll_now()
        self._health.may_check(config)
        for each in (*self._tellers, *self._services):
            if self._stop.is_set():
                return
            await each.configure(config)
        event(log, logging.INFO, "reloaded", file=config.file)

    def _use_limits(self, config: Config) -> None:
        self._peers.patience = config.startup_hold
        if self._say is not None:
            self.inputs.neighbors_due = self._started + config.startup_hold
        self._reconciler.limits = Limits(config.poll_time, config.max_changes)
        self._places.configure(config.damping)
        for warning in config.warnings:
            event(log, logging.WARNING, f"configuration: {warning}")
        self.adj_rib_in.use_limits(config.source_limits, config.max_prefixes)
        self._hooks.timeout = config.hook_timeout
        self.drainer.configure(DrainSettings(config.drain_timeout, config.backup_med, self._mode.noop))

    # Status

    def questions(self) -> dict[str, Question]:
        """What may be asked through the socket."""
        return {
            "status": only_alone(lambda: self.status_source.now().to_json()),
            "paths": only_alone(lambda: json.dumps(self.inputs.now().to_json(self._health.verdicts()))),
            "why": self._explaining.asked_why,
            **self.operator.questions(),
        }
