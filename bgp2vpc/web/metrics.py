"""Prometheus metrics, made at each scrape from status and tally. `docs/metrics.md` is generated from `METRICS`.

Each help text begins with the kind of the value: *desired* (the state that we want), *fact* (reported by EC2, a check
or a source), or *count* (our own actions). Labels are bounded: clients of the socket share one, and there are at most
`MOST` sources, checks, neighbors and prefixes. Further ones are summed, or left out if a sum would be meaningless.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Final, TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bgp2vpc.status import CHECK_STATES, OTHERS, CheckRow, ExabgpRow, ScriptRow, SourceRow, Status
from bgp2vpc.vpc_status import PrefixListRow
from bgp2vpc.web.tally import Tally

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MOST: Final = 200
"""Maximum number of rows of a metric whose labels come from outside."""

Labels: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """The data of a scrape."""

    status: Status
    tally: Tally
    is_ready: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A metric. `rows`: returns label values and value, a Timing for a histogram."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    rows: Callable[[Seen], Iterable[tuple[Labels, Any]]]

    def family(self, seen: Seen) -> Metric:
        """The metric with its present values."""
        if self.kind == "histogram":
            histogram = HistogramMetricFamily(self.name, self.help, labels=self.labels)
            for labels, timing in self.rows(seen):
                bounds = [*map(str, timing.bounds), "+Inf"]
                buckets = list(zip(bounds, map(float, accumulate(timing.counts)), strict=True))
                histogram.add_metric(labels, buckets, timing.total)
            return histogram
        made = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family: Metric = made(self.name, self.help, labels=self.labels)
        for labels, value in self.rows(seen):
            family.add_metric(labels, value)  # type: ignore[attr-defined]  # both kinds have it
        return family


def _one(value: Callable[[Seen], float | None]) -> Callable[[Seen], Iterator[tuple[Labels, Any]]]:
    def rows(seen: Seen) -> Iterator[tuple[Labels, Any]]:
        found = value(seen)
        if found is not None:
            yield (), found

    return rows


def _of_exabgp(seen: Seen, value: Callable[[ExabgpRow], float]) -> float | None:
    return float(value(seen.status.exabgp)) if seen.status.exabgp else None


def _of_counter(counter: Callable[[Tally], Counter[Any]]) -> Callable[[Seen], Iterator[tuple[Labels, Any]]]:
    def rows(seen: Seen) -> Iterator[tuple[Labels, Any]]:
        for key, count in sorted(counter(seen.tally).items()):
            yield (tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)), count

    return rows


def _unix_time(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()


def _sources(value: Callable[[SourceRow], int | None]) -> Callable[[Seen], Iterable[tuple[Labels, Any]]]:
    def rows(seen: Seen) -> Iterable[tuple[Labels, Any]]:
        found = ((row.name, row.kind, value(row)) for row in seen.status.sources)
        return _by_source((name, kind, number) for name, kind, number in found if number is not None)

    return rows


def _by_source(found: Iterable[tuple[str, str, int]]) -> Iterable[tuple[Labels, Any]]:
    """Rows from name, kind and value of sources. Clients, and sources beyond `MOST`, share one row of their kind."""
    sums: Counter[Labels] = Counter()
    for name, kind, value in found:
        known = kind != "client" and len(sums) < MOST
        sums[name if known else OTHERS, kind] += value
    return sums.items()


_STATES: Final = {CHECK_STATES[True]: 1.0, CHECK_STATES[False]: 0.0, CHECK_STATES[None]: float("nan")}


def _checks(value: Callable[[CheckRow], float | None]) -> Callable[[Seen], Iterator[tuple[Labels, Any]]]:
    def rows(seen: Seen) -> Iterator[tuple[Labels, Any]]:
        # Those that are not healthy first: alerts are about them.
        for row in sorted(seen.status.checks, key=lambda row: _STATES[row.state] == 1)[:MOST]:
            if (found := value(row)) is not None:
                yield (row.name, row.destination), found

    return rows


def _fallbacks(seen: Seen) -> Iterator[tuple[Labels, Any]]:
    for row in sorted(seen.status.fallbacks, key=lambda row: not row.problem)[:MOST]:
        yield (row.target, row.vpc_id), float("nan") if row.problem is None else float(not row.problem)


def _accounts(seen: Seen) -> Iterator[tuple[Labels, Any]]:
    for row in sorted(seen.status.accounts, key=lambda row: row.answers is not False)[:MOST]:
        yield (row.account, row.account_id, row.region), float("nan") if row.answers is None else float(row.answers)


def _lists(value: Callable[[PrefixListRow], int | None]) -> Callable[[Seen], Iterator[tuple[Labels, Any]]]:
    def rows(seen: Seen) -> Iterator[tuple[Labels, Any]]:
        for row in seen.status.prefix_lists[:MOST]:
            if (found := value(row)) is not None:
                yield (row.prefix_list_id,), float(found)

    return rows


def _tables_of_prefixes(seen: Seen) -> Iterable[tuple[Labels, Any]]:
    """Tables by prefix and route. With too many prefixes, unserved ones go first, and the rest is summed."""
    rows = sorted((row for row in seen.status.prefixes if row.permitted), key=lambda row: row.is_served)
    sums: Counter[Labels] = Counter()
    for number, row in enumerate(rows):
        prefix = row.prefix if number < MOST else OTHERS
        sums[prefix, "ours"] += row.ours
        sums[prefix, "peer"] += row.peer
        sums[prefix, "foreign"] += row.foreign
        sums[prefix, "blackhole"] += len(row.blackholes)
        sums[prefix, "none"] += len(row.without_route)
    return sums.items()


METRICS: Final = (
    Description(
        "bgp2vpc_build_info", "gauge", "Fact: 1, with the version and the mode (helper or standalone).",
        ("version", "mode"), lambda seen: [((seen.status.version, seen.status.mode), 1)],
    ),
    Description(
        "bgp2vpc_ready", "gauge", "Fact: 1 if /readyz answers 200: EC2 was read recently, and the daemon is not "
        "ending.",
        (), _one(lambda seen: float(seen.is_ready)),
    ),
    Description(
        "bgp2vpc_noop", "gauge", "Fact: 1 if the daemon never writes (--noop).",
        (), _one(lambda seen: float(seen.status.noop)),
    ),
    Description(
        "bgp2vpc_cycles", "counter", "Count: decisions, by result: changed, unchanged, or failed (at least one write "
        "failed).", ("result",), _of_counter(lambda tally: tally.cycles),
    ),
    Description(
        "bgp2vpc_ec2_calls", "counter", "Count: EC2 API calls, by action and result: ok, throttled, transient "
        "(time-outs, 5xx), disagreement (the VPC was not as last read), refused (needs an operator).",
        ("action", "result"), _of_counter(lambda tally: tally.calls),
    ),
    Description(
        "bgp2vpc_ec2_call_seconds", "histogram", "Fact: seconds until EC2's answer, by action, including failures.",
        ("action",), lambda seen: [((action,), each) for action, each in sorted(seen.tally.call_seconds.items())],
    ),
    Description(
        "bgp2vpc_ec2_throttles", "counter", "Count: calls that EC2 throttled (RequestLimitExceeded and similar codes).",
        (), _one(lambda seen: seen.tally.throttles),
    ),
    Description(
        "bgp2vpc_ec2_last_read_timestamp_seconds", "gauge", "Fact: Unix time at which all route tables were last read. "
        "Absent until the first read.", (), _one(lambda seen: _unix_time(seen.status.last_read)),
    ),
    Description(
        "bgp2vpc_account_answers", "gauge", "Fact: 1 if another account or region answered the last read, 0 if not "
        "(then its tables keep the state of the last read), NaN before the first read. Absent if no rule uses another "
        "account or region. Empty account_id or region: our own.", ("account", "account_id", "region"), _accounts,
    ),
    Description(
        "bgp2vpc_poll_time_seconds", "gauge", "Desired: seconds between two polls of EC2, as configured, or as "
        "currently chosen (poll_time: auto).", (), _one(lambda seen: seen.status.poll_time.seconds),
    ),
    Description(
        "bgp2vpc_poll_time_members", "gauge", "Fact: the number of instances on which poll_time: auto is based. Absent "
        "if poll_time is configured.", (), _one(lambda seen: seen.status.poll_time.members),
    ),
    Description(
        "bgp2vpc_config_last_reload_successful", "gauge", "Fact: 0 if the last reload (SIGHUP) failed and the "
        "previous configuration is still in use, otherwise 1.",
        (), _one(lambda seen: float(seen.status.config.last_reload_successful)),
    ),
    Description(
        "bgp2vpc_config_last_reload_success_timestamp_seconds", "gauge", "Fact: Unix time at which the "
        "configuration in use was loaded: at the start, or by the last successful reload.",
        (), _one(lambda seen: _unix_time(seen.status.config.since)),
    ),
    Description(
        "bgp2vpc_prefixes_not_served", "gauge", "Fact: prefixes that this host manages or announces and that have no "
        "route, or a black hole, in a table of their rules, or whose rules find no table. Until the next reload, also "
        "prefixes that a script or tee has announced and withdrawn. Absent until EC2 was read.",
        (), _one(
            lambda seen: sum(row.permitted and not row.is_served for row in seen.status.prefixes)
            if seen.status.ec2_observed else None
        ),
    ),
    Description(
        "bgp2vpc_prefix_tables", "gauge", "Fact: tables of a prefix's rules, by the route that they have for it: to "
        "this instance (ours), to another one (peer), to something else (foreign), a black hole, or none. The same "
        "prefixes as in bgp2vpc_prefixes_not_served. At most 200, those not served first; others are summed.",
        ("prefix", "route"), _tables_of_prefixes,
    ),
    Description(
        "bgp2vpc_fallback_usable", "gauge", "Fact: 1 if EC2 would accept a route to this fallback, 0 if not, NaN if "
        "not known, as for a core network, which EC2 does not describe. As of the last poll; at most 200, those with "
        "0 first.", ("target", "vpc"), _fallbacks,
    ),
    Description(
        "bgp2vpc_prefix_list_entries", "gauge", "Fact: entries of a managed prefix list of a rule, as last read.",
        ("prefix_list",), _lists(lambda row: row.entries),
    ),
    Description(
        "bgp2vpc_prefix_list_max_entries", "gauge", "Fact: how many entries a prefix list can have (MaxEntries). "
        "The list counts as this many routes in the quota of each table that has it.", ("prefix_list",),
        _lists(lambda row: row.max_entries or None),
    ),
    Description(
        "bgp2vpc_prefix_list_entries_pending", "gauge", "Desired, not installed: entries to add to, or remove from, a "
        "list whose route points at this instance, and entries that do not fit (MaxEntries).", ("prefix_list",),
        _lists(lambda row: row.to_add + row.to_remove + row.no_room),
    ),
    Description(
        "bgp2vpc_event_loop_lag_seconds", "gauge", "Fact: the longest delay of the event loop in the last minute. "
        "Answers, decisions and checks were delayed by as much.", (), _one(lambda seen: seen.status.lag),
    ),
    Description(
        "bgp2vpc_routes", "gauge", "Desired and fact: places (route table and prefix), by verdict and reason. keep is "
        "a fact; create, replace and delete are desired; yield, foreign and blocked are not written by this instance.",
        ("verdict", "reason"), lambda seen: Counter((row.verdict, row.reason) for row in seen.status.routes).items(),
    ),
    Description(
        "bgp2vpc_paths", "gauge", "Desired: paths that a source offers. Clients of the socket share one row.",
        ("source", "kind"), _sources(lambda row: row.paths),
    ),
    Description(
        "bgp2vpc_source_restarts", "counter", "Count: restarts of a script.",
        ("source", "kind"), _sources(lambda row: row.restarts if isinstance(row, ScriptRow) else None),
    ),
    Description(
        "bgp2vpc_refused_lines", "counter", "Count: refused lines of a source, which create no route in the VPC. The "
        "log and /status.json have line and reason. Clients of the socket share one row.", ("source", "kind"),
        lambda seen: _by_source((row.source, row.kind, row.count) for row in seen.status.refused_lines),
    ),
    Description(
        "bgp2vpc_prefixes_not_accepted", "gauge", "Desired, not installed: announced prefixes that no rule permits.",
        (), _one(lambda seen: len(seen.status.not_accepted)),
    ),
    Description(
        "bgp2vpc_check_healthy", "gauge", "Fact: the verdict of a health check, 1 or 0, NaN before the first verdict. "
        "At most 200 checks, those that are not healthy first.", ("check", "destination"),
        _checks(lambda row: _STATES[row.state]),
    ),
    Description(
        "bgp2vpc_check_unknown", "gauge",
        "Fact: 1 while the probes of a health check are unknown, for a reason on our own side. The verdict stays.",
        ("check", "destination"), _checks(lambda row: float(row.unknown_since is not None)),
    ),
    Description(
        "bgp2vpc_check_latency_seconds", "gauge", "Fact: seconds that the last probe of a health check took.",
        ("check", "destination"), _checks(lambda row: row.latency),
    ),
    Description(
        "bgp2vpc_takeovers", "counter", "Count: routes taken from another instance, by reason.",
        ("reason",), _of_counter(lambda tally: tally.takeovers),
    ),
    Description(
        "bgp2vpc_write_seconds", "histogram", "Fact: seconds from the cause of a write (a line, a verdict, a read) "
        "to EC2's confirmation, including retries.",
        ("action",), lambda seen: [((action,), each) for action, each in sorted(seen.tally.write_seconds.items())],
    ),
    Description(
        "bgp2vpc_exabgp_connected", "gauge", "Fact: 1 if the ExaBGP that this daemon runs is connected, otherwise 0. "
        "Absent if it runs none.", (), _one(lambda seen: _of_exabgp(seen, lambda row: row.state == "connected")),
    ),
    Description(
        "bgp2vpc_exabgp_restarts", "counter", "Count: restarts of the ExaBGP that this daemon runs, including "
        "failed attempts.", (), _one(lambda seen: _of_exabgp(seen, lambda row: row.restarts)),
    ),
    Description(
        "bgp2vpc_neighbors", "gauge", "Fact: BGP neighbors of ExaBGP, by state.", ("state",), lambda seen: [
            (("up",), sum(row.up for row in seen.status.neighbors)),
            (("down",), sum(not row.up for row in seen.status.neighbors)),
        ],
    ),
    Description(
        "bgp2vpc_neighbor_up", "gauge", "Fact: 1 if the BGP session with this neighbor of ExaBGP is up, otherwise 0. "
        "At most 200 neighbors, those that are down first.", ("neighbor",), lambda seen: [
            ((row.address,), float(row.up)) for row in sorted(seen.status.neighbors, key=lambda row: row.up)[:MOST]
        ],
    ),
    Description(
        "bgp2vpc_damped_places", "gauge", "Desired, not installed: places whose route is suppressed because it is "
        "flapping.", (), _one(lambda seen: len(seen.status.damped)),
    ),
    Description(
        "bgp2vpc_drains", "gauge", "Desired: prefixes that are draining or drained. A drain of everything counts "
        "as one.",
        ("state",), lambda seen: Counter((row.state,) for row in seen.status.leaving).items(),
    ),
    Description(
        "bgp2vpc_steered", "gauge", "Desired: orders in force, by verb: hold, takeover, drain, and avoid-zone for "
        "each route table whose tag avoids zones.",
        ("verb",), lambda seen: Counter((row.verb,) for row in seen.status.steering).items(),
    ),
    Description(
        "bgp2vpc_failing", "gauge", "Fact: the number of current failures. /status.json has names and reasons.",
        (), _one(lambda seen: len(seen.status.failing)),
    ),
    Description(
        "bgp2vpc_http_requests", "counter", "Count: answers of this web server, by status.",
        ("status",), _of_counter(lambda tally: tally.requests),
    ),
    Description(
        "bgp2vpc_http_refused_connections", "counter", "Count: new or idle connections closed because of the limit.",
        (), _one(lambda seen: seen.tally.refused_connections),
    ),
)  # fmt: skip


class Exposition(Collector):
    """All metrics in a registry of their own, without those that libraries register."""

    def __init__(self, see: Callable[[], Seen]) -> None:
        self._see = see
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def describe(self) -> Iterable[Metric]:
        """Empty, since the registry would otherwise collect the metrics at registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metrics with their present values."""
        seen = self._see()
        for each in METRICS:
            yield each.family(seen)

    def text(self) -> bytes:
        """The metrics in Prometheus's text format, version 0.0.4."""
        return bytes(generate_latest(self._registry))
