"""Gathers the daemon's status from all its parts, for the socket, the page, the metrics and systemd."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import bgp2vpc
from bgp2vpc.operator.answers import check_row
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.operator import Operator
from bgp2vpc.operator.status import account_rows, headline, path_rows, route_rows
from bgp2vpc.reconcile.journal import Journal, wall_clock
from bgp2vpc.reconcile.list_writer import ListWriter
from bgp2vpc.reconcile.reconciler import Reconciler
from bgp2vpc.services.alerts import Alerts
from bgp2vpc.services.checks.health import Health
from bgp2vpc.services.exabgp import ExabgpService
from bgp2vpc.services.fallbacks import Fallbacks
from bgp2vpc.services.scripts import Scripts
from bgp2vpc.services.serf import SerfService
from bgp2vpc.services.status.lag import LagWatch
from bgp2vpc.services.status.prefix_lists import prefix_list_rows
from bgp2vpc.services.status.prefixes import ServedPrefixes
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.adj_rib_in import AdjRibIn
from bgp2vpc.speaker.adj_rib_out import AdjRibOut
from bgp2vpc.status import CHECK_STATES, ConfigRow, DrainRow, ScriptRow, SourceRow, Status, SteeringRow
from bgp2vpc.vpc_status import DampedRow

PATIENCE: Final = 10.0
"""Seconds beyond twice `poll_time` after which the last read of EC2 is too old to rely on."""


class Loaded:
    """The configuration in use, since when, and the problems of the last reload if it failed."""

    def __init__(self, file: str) -> None:
        self.row = ConfigRow(file, wall_clock(), last_reload_successful=True, problems=())

    def succeeded(self, file: str) -> None:
        """Record a successful reload: its configuration is in use from now on."""
        self.row = ConfigRow(file, wall_clock(), last_reload_successful=True, problems=())

    def failed(self, problems: Iterable[object]) -> None:
        """Record a failed reload: the configuration in use stays."""
        self.row = replace(self.row, last_reload_successful=False, problems=tuple(map(str, problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSource:
    """The parts that the status is gathered from.

    `adj_rib_out` None: there is no ExaBGP; `exabgp` None: we run none. `ending`: set when the daemon ends.
    """

    noop: bool
    ending: asyncio.Event
    loaded: Loaded
    adj_rib_in: AdjRibIn
    adj_rib_out: AdjRibOut | None
    scripts: Scripts
    health: Health
    serf: SerfService
    reconciler: Reconciler
    prefixes: ServedPrefixes
    fallbacks: Fallbacks
    list_writer: ListWriter
    journal: Journal
    drainer: Drainer
    operator: Operator
    alerts: Alerts
    lag: LagWatch
    exabgp: ExabgpService | None
    started: str = field(default_factory=wall_clock)

    def now(self) -> Status:
        """The status as of now."""
        reconciler, journal, view = self.reconciler, self.journal, self.reconciler.view
        instance, is_observed = reconciler.view.instance, reconciler.first_observation.is_set()
        now = asyncio.get_running_loop().time()
        return Status(
            time=wall_clock(),
            version=bgp2vpc.__version__,
            started=self.started,
            mode="standalone" if self.adj_rib_out is None or self.exabgp is not None else "helper",
            noop=self.noop,
            config=self.loaded.row,
            instance_id=instance.id or None,
            vpc_id=instance.vpc_id or None,
            ec2_observed=is_observed,
            polls=reconciler.polls.ended,
            last_read=journal.last_read_at,
            poll_time=reconciler.poll_time.row(),
            lag=round(self.lag.longest(now), 3),
            cycles=journal.cycles,
            last_cycle=journal.last_cycle,
            recent_cycles=tuple(journal.recent_cycles),
            leaving=tuple(DrainRow(**row) for row in self.drainer.status()),
            steering=tuple(SteeringRow(**row) for row in self.operator.status()),
            sources=tuple(sorted(self._sources(), key=lambda row: (row.kind, row.name))),
            refused_lines=tuple(self.adj_rib_in.refused_lines.rows()),
            noted_lines=tuple(self.adj_rib_in.refused_lines.noted()),
            checks=tuple(check_row(each, now) for each in self.health.statuses()),
            serf=self.serf.status(),
            paths=tuple(path_rows(self.adj_rib_in.rib.offers)),
            neighbors=tuple(self.reconciler.inputs.neighbors.rows(now)),
            damped=tuple(
                DampedRow(table, str(prefix), round(until - now))
                for (table, prefix), until in reconciler.view.places.suppressed
            ),
            prefixes=tuple(self.prefixes.rows()) if is_observed else (),
            tables=tuple(self.prefixes.tables()),
            accounts=tuple(account_rows(view.reaches, view.snapshot, is_observed=is_observed)),
            routes=tuple(route_rows(reconciler.view.places.states, reconciler.view.holder)),
            fallbacks=tuple(self.fallbacks.rows()),
            not_accepted=tuple(sorted(map(str, journal.not_accepted))),
            failing={**journal.failing, **(self.adj_rib_out.failing() if self.adj_rib_out else {})},
            errors=tuple(journal.errors),
            notify=tuple(self.alerts.status()),
            exabgp=self.exabgp.status() if self.exabgp else None,
            prefix_lists=tuple(prefix_list_rows(reconciler.view, self.list_writer.wanted())) if is_observed else (),
        )

    def _sources(self) -> Iterator[SourceRow]:
        """A row for each script, and for each other source that is open or has stale paths."""
        paths = {name: len(adj.paths) for name, adj in self.adj_rib_in.rib.sources()}
        scripts = {each.name: each for each in self.scripts.statuses()}
        for name, script in scripts.items():
            yield ScriptRow(
                name, SourceKind.SCRIPT.value, script.state.value, paths.get(name, 0), script.last_line,
                script.pid, script.restarts, script.last_exit, script.unfinished_line,
            )  # fmt: skip
        verdicts = self.health.verdicts()
        for name, adj in self.adj_rib_in.rib.sources():
            if name not in scripts:
                kind = self.adj_rib_in.kinds.get(name, SourceKind.PEER)
                state = CHECK_STATES[verdicts[name]] if name in verdicts else "up" if adj.is_open else "stale"
                yield SourceRow(name, kind.value, state, paths[name], self.adj_rib_in.last_lines.get(name, ""))

    def headline(self) -> str:
        """The daemon in one line, for `systemctl status`."""
        observed = self.reconciler.first_observation.is_set()
        verdicts = self.reconciler.view.places.verdicts() if observed else None
        return headline(verdicts, self.journal.last_cycle, self.journal.failing)

    def unready(self) -> list[str]:
        """The reasons why /readyz answers 503; empty: the daemon is ready."""
        reasons = []
        read, lately = self.journal.last_read, 2 * self.reconciler.poll_time.longest + PATIENCE
        if read is None:
            reasons.append("EC2 has not been read yet")
        elif (ago := asyncio.get_running_loop().time() - read) > lately:
            reasons.append(f"EC2 was last read {ago:.0f} s ago")
        if self.ending.is_set():
            reasons.append("the daemon is ending")
        return reasons
