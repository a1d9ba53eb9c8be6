"""All parts of a daemon, made in the order in which they depend on each other. Each is described in its own file.

1. The decision inputs, the places, the view of the VPC, the EC2 calls and the reconciler.
2. The Adj-RIB-In and the BGP peers, which write inputs and tell the reconciler; the Adj-RIB-Out if there is an ExaBGP.
3. Serf, health checks and operators' orders.
4. The other services, and the status that they show.

Making the parts reads only the state file, so that drains and holds from before a restart apply from the first decision
on. Everything else is read, sent and started by `Daemon.run`.
"""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bgp2vpc.config.model import Config
from bgp2vpc.health.hooks import CheckHooks
from bgp2vpc.health.model import Check
from bgp2vpc.operator.answers import only_alone
from bgp2vpc.operator.avoided_zones import AvoidedZones
from bgp2vpc.operator.drain import Drainer, DrainSettings
from bgp2vpc.operator.explaining import Explaining
from bgp2vpc.operator.hook_completion import HookCompletion
from bgp2vpc.operator.lifecycle import LifecycleWatch, ReadMetadata, metadata_reader
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.orders import Cause
from bgp2vpc.operator.state_file import StateFile
from bgp2vpc.operator.tag_watch import TagWatch
from bgp2vpc.policy.place_state import Places
from bgp2vpc.reconcile.ec2_calls import Calls, Connect, Connector
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.list_writer import ListWriter
from bgp2vpc.reconcile.observer import Observers
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.reconcile.read.prepare import Preparer
from bgp2vpc.reconcile.reconciler import Limits, Reconciler
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.retries import Retries
from bgp2vpc.reconcile.write.route_hooks import RouteHooks
from bgp2vpc.reconcile.write.writer import Paces, Writer
from bgp2vpc.services.alerts import Alerts
from bgp2vpc.services.checks.health import Health
from bgp2vpc.services.checks.local import LocalChecks
from bgp2vpc.services.checks.remote import RemoteChecks
from bgp2vpc.services.exabgp import ExabgpService
from bgp2vpc.services.fallbacks import Fallbacks
from bgp2vpc.services.meter import Meter
from bgp2vpc.services.own_network import OwnNetwork
from bgp2vpc.services.scripts import Scripts
from bgp2vpc.services.serf import SerfService
from bgp2vpc.services.service import Service
from bgp2vpc.services.socket import SocketService
from bgp2vpc.services.status.lag import LagWatch
from bgp2vpc.services.status.prefixes import ServedPrefixes
from bgp2vpc.services.status.source import Loaded, StatusSource
from bgp2vpc.services.supervision import SdNotify, Supervision
from bgp2vpc.services.web import Given, WebService
from bgp2vpc.sources.server import Question, SocketSettings
from bgp2vpc.sources.turns import Turns
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.speaker.adj_rib_out import AdjRibOut, ApiPipe
from bgp2vpc.speaker.discovery import ExabgpNeighbors, NeighborDiscovery, Reach, reach
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.tasks import GuardedTasks
from bgp2vpc.vpc.model import Instance
from bgp2vpc.vpc.pace import Pace

LoadConfig = Callable[[], Config]


@dataclass(frozen=True, slots=True)
class Outside:
    """The daemon's access to the outside world; tests pass their own.

    `load`, `connect` and `metadata` block, so they are called on threads, and may raise. `load` reads the configuration
    again; `connect` finds out which instance this is and connects to EC2; `metadata` reads the instance metadata that
    `lifecycle` and `tags` watch (None: the metadata service). The others do not block. `exabgp` is the pipe to ExaBGP
    (None: this is no helper); whoever reads from ExaBGP calls `Daemon.heard`. `reach` returns whether a BGP
    neighbor's host answers. `systemd` sends sd_notify(3) messages.
    """

    load: LoadConfig
    connect: Connect
    exabgp: ApiPipe | None = None
    metadata: ReadMetadata | None = None
    reach: Reach = reach
    systemd: SdNotify = field(default_factory=SdNotify)


@dataclass(frozen=True, slots=True)
class Mode:
    """`noop`: never write to EC2. `oneshot`: decide and write once, then end and leave the routes."""

    noop: bool = False
    oneshot: bool = False


class Parts:
    """The parts of one daemon. `config`: the configuration in use, which a reload replaces."""

    def __init__(self, config: Config, outside: Outside, mode: Mode, end: asyncio.Event, bug: Callable[[], None]):
        """`end`: set when the daemon is to end. `bug`: called when a task has failed by an internal error."""
        self.config = config
        self.mode = mode
        self.is_helper = outside.exabgp is not None
        self.started = asyncio.get_running_loop().time()
        self.tasks = GuardedTasks(bug)
        self.observers = Observers()
        self.meter = self.observers.add(Meter())
        self.journal = Journal(self.observers)
        self.lag = LagWatch()
        state_file = StateFile(config.state_file, self.journal)
        self._make_reconciler(outside.connect)
        self._make_speaker(outside)
        self._make_checks_and_orders(state_file)
        self._make_services(outside, end)
        self.use_limits(config)
        if self.adj_rib_out is not None:
            self.peers.hold_decisions(self.started)
        orders = state_file.load()
        watched = {Cause.LIFECYCLE: config.lifecycle, Cause.TAG: config.tags.drain}
        self.drainer.resume(orders, [cause for cause, is_watched in watched.items() if is_watched])
        self.operator.resume(orders)

    def use_limits(self, config: Config) -> None:
        """Apply the limits of a configuration to the parts that are no services and so have no `configure`."""
        self.peers.patience = config.startup_hold
        self.reconciler.use(Limits(config.poll_time, config.max_changes))
        self.places.configure(config.damping)
        self.adj_rib_in.use_limits(config.source_limits, config.max_prefixes)
        self.hooks.timeout = config.hook_timeout
        self.drainer.configure(DrainSettings(config.drain_timeout, config.backup_med, self.mode.noop))

    def _make_reconciler(self, connect: Connect) -> None:
        """The inputs of decisions, and the reconciler, which decides and writes."""
        config = self.config
        self.places = Places(config.settle_time, config.damping)
        self.inputs = Inputs(self.places)
        self.calls = Calls(Connector(connect), config.ec2.concurrency, config.ec2.timeout, self.observers)
        known = Instance(config.instance_id or "", config.region or "", config.vpc_id or "")
        self.view = View(known, config.rules, config.policy, self.places)
        self.hooks = RouteHooks(self.view, self.tasks.start, config.hook_timeout)
        preparer = self.observers.add(Preparer(self.calls, self.view))
        retries = Retries(self.places)
        paces = Paces(self._pace)
        writer = Writer(self.calls, self.view, self.inputs, retries, paces, self.hooks, preparer)
        noop, add = self.mode.noop, self.observers.add
        poll_time = add(PollTime())
        self.reconciler = Reconciler(
            self.calls, self.view, self.inputs, retries, self.journal, poll_time, None if noop else writer
        )
        self.list_writer = add(
            ListWriter(self.calls, self.reconciler, self.inputs, self.journal, self._pace(), noop=noop)
        )

    def _pace(self) -> Pace:
        """A token bucket for one write action of EC2 (CreateRoute …): EC2 limits each action by itself."""
        return Pace(self.config.ec2.burst, self.config.ec2.rate, random.random)

    def _make_speaker(self, outside: Outside) -> None:
        """The Adj-RIB-In and BGP peers; with an ExaBGP the Adj-RIB-Out; and ExaBGP itself if `bgp2vpc run` runs it."""
        mode, start = self.mode, self.tasks.start
        runs_exabgp = self.config.bgp is not None and not (self.is_helper or mode.noop or mode.oneshot)
        self.adj_rib_out = AdjRibOut() if self.is_helper or runs_exabgp else None
        if self.adj_rib_out is not None and outside.exabgp is not None:
            self.adj_rib_out.connected(outside.exabgp)
        self.adj_rib_in = AdjRibIn(self.inputs, self.reconciler, self.adj_rib_out)
        self.peers = Peers(self.inputs, self.reconciler, self.adj_rib_in, self.journal)
        self.exabgp_neighbors: ExabgpNeighbors | None = None
        self.exabgp: ExabgpService | None = None
        if self.adj_rib_out is not None:
            self.exabgp_neighbors = ExabgpNeighbors(
                self.peers, self.adj_rib_out, self.config.startup_hold, start, outside.reach, is_own=runs_exabgp
            )
            if runs_exabgp:
                self.exabgp = ExabgpService(self.exabgp_neighbors, self.peers, self.adj_rib_out, self.journal, start)

    def _make_checks_and_orders(self, state_file: StateFile) -> None:
        """Serf, the health checks, and operators' orders: drains, holds, takeovers."""
        start, mode, add = self.tasks.start, self.mode, self.observers.add

        def hooks(check: Check) -> CheckHooks:
            return CheckHooks(check, timeout=lambda: self.config.hook_timeout, only_log=mode.noop)

        self.serf = SerfService(self.journal, start, self.peers, self.reconciler.poll_time, has_vote=not mode.noop)
        owners = RemoteChecks(self.calls, self.journal, start, hooks, self.reconciler, self.serf)
        add(OwnNetwork(owners, self.peers, self.exabgp_neighbors, start))
        checks = LocalChecks(
            self.adj_rib_in, start, self.journal, hooks, self.reconciler, owners, assume_healthy=mode.oneshot
        )
        self.health = add(Health(checks, owners, self.journal, self.view, assumed=mode.oneshot))
        self.drainer = add(Drainer(self.adj_rib_in, self.reconciler, self.journal, start, state_file))
        zones = add(AvoidedZones(self.view))
        self.operator = add(
            Operator(self.drainer, self.health, self.reconciler, self.journal, state_file, zones, noop=mode.noop)
        )

    def _make_services(self, outside: Outside, end: asyncio.Event) -> None:
        """The other services, the status, and the answers of `bgp2vpc why`; and the order of all services."""
        config, mode, start, add = self.config, self.mode, self.tasks.start, self.observers.add
        turns = Turns()
        self.scripts = Scripts(self.adj_rib_in, start, turns, config.max_line)
        read = outside.metadata or metadata_reader()
        hook = HookCompletion(self.calls, self.drainer, self.reconciler, self.journal, start, noop=mode.noop)
        lifecycle = LifecycleWatch(self.drainer, self.journal, start, read, hook)
        tag_watch = add(TagWatch(self.drainer, self.calls, self.view, self.journal, start, read))
        self.prefixes = add(ServedPrefixes(self.view, self.adj_rib_in))
        self.fallbacks = add(Fallbacks(self.calls, self.view, self.journal, start))
        self.alerts = add(Alerts(start, self.view))
        self.loaded = Loaded(config.file)
        self.status_source = StatusSource(
            noop=mode.noop, ending=end, loaded=self.loaded, adj_rib_in=self.adj_rib_in, adj_rib_out=self.adj_rib_out,
            scripts=self.scripts, health=self.health, serf=self.serf, reconciler=self.reconciler,
            prefixes=self.prefixes, fallbacks=self.fallbacks, list_writer=self.list_writer, journal=self.journal,
            drainer=self.drainer, operator=self.operator, alerts=self.alerts, lag=self.lag, exabgp=self.exabgp,
        )  # fmt: skip
        self.explaining = Explaining(
            self.adj_rib_in, self.health, self.drainer, self.operator, self.reconciler, self.journal, noop=mode.noop
        )
        self.supervision = add(Supervision(outside.systemd, self.status_source.headline, self.reconciler.polls, start))
        given = Given(self.status_source, self.operator, self.explaining, self.meter.tally)
        self.web = WebService(given, self.journal, start)
        settings = SocketSettings(config.restart_time, config.max_line, group=config.socket_group)
        self.socket = SocketService(
            config.socket, settings, self.adj_rib_in, self.journal, start, self.questions(), turns
        )
        exabgp = (self.exabgp,) if self.exabgp else ()
        self.outer_services: tuple[Service, ...] = (self.alerts, self.supervision, *exabgp)
        """Services that start before the others and stop after them: they report the last writes and withdrawals."""
        self.services: tuple[Service, ...] = (self.socket, self.health, self.scripts, lifecycle, tag_watch)
        """Services in the order of their start; they stop in reverse order."""
        if not mode.oneshot:  # `--oneshot` has no time for a page, members or fallbacks
            self.services = (
                self.web, self.socket, self.serf, self.health, self.scripts, lifecycle, tag_watch, self.fallbacks
            )  # fmt: skip
            if self.exabgp_neighbors is not None:
                self.services += (
                    NeighborDiscovery(
                        self.calls, self.view, self.journal, start, self.exabgp_neighbors, self.reconciler.poll_time,
                        writes=not mode.noop,
                    ),
                )  # fmt: skip

    def questions(self) -> dict[str, Question]:
        """Verb of a `bgp2vpc VERB …` line on the socket -> the function that answers it."""
        return {
            "status": only_alone(lambda: self.status_source.now().to_json()),
            "paths": only_alone(lambda: json.dumps(self.inputs.now().to_json(self.health.verdicts()))),
            "why": self.explaining.asked_why,
            **self.operator.questions(),
        }
