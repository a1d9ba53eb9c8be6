"""The status of a daemon: the document of `bgp2vpc status --json`, also used by the page and the metrics.

The fields are the keys of the JSON, in its order. They are a public interface, described in `docs/status-json.md`.
Times are ISO 8601 in UTC, durations seconds; enumerations are given as their words. The rows about prefixes, route
tables and accounts are in `vpc_status.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bgp2vpc.vpc_status import AccountRow, DampedRow, FallbackRow, PrefixListRow, PrefixRow, RouteRow, TableRow

SCHEMA: Final = 1
"""Increased when a key is removed or changes its meaning; new keys may be added without."""

CHECK_STATES: Final = {True: "healthy", False: "unhealthy", None: "no verdict yet"}
"""The verdict of a health check in words."""

OTHERS: Final = "others"
"""Name under which sources are counted together."""

UNWELL_SOURCES: Final = ("backoff", "ended", "stopped", "stale")
"""States of sources that need attention."""

LATE: Final = 0.1
"""Seconds: an event loop that was later than this needs attention."""


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A cycle that wrote. `counts`: result -> number of writes."""

    time: str
    number: int
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class DrainRow:
    """A drain. `prefix` None: of everything. `until` None: until it is undone."""

    prefix: str | None
    state: str
    since: str
    until: str | None
    by: str
    who: str
    reason: str
    withdraws: bool


@dataclass(frozen=True, slots=True)
class SteeringRow:
    """An order by an operator or by a tag. `prefix` None: for everything. `until` None: until it is undone.

    `route_table_id`: the table it is for; None: all tables. With the verb `avoid-zone`, `reason` has the zones.
    """

    verb: str
    prefix: str | None
    by: str
    reason: str
    since: str
    until: str | None
    route_table_id: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source of paths. `last_line`: empty for a peer or a health check, which sends no lines."""

    name: str
    kind: str
    state: str
    paths: int
    last_line: str


@dataclass(frozen=True, slots=True)
class ScriptRow(SourceRow):
    """A script that we run, as a source. `pid` None: it does not run at present."""

    pid: int | None
    restarts: int
    last_exit: str
    unfinished_line: str


@dataclass(frozen=True, slots=True)
class ExabgpRow:
    """The ExaBGP that `bgp2vpc run` runs. `state`: `down`, `starting`, or `connected`; `last_line`: of its log.

    `restarts` counts each further try, also failed ones; `was_connected`: whether any try was ever connected.
    """

    state: str
    pid: int | None
    restarts: int
    last_line: str
    was_connected: bool


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """The lines of a source that were refused (or noted) since the start: their count, and the last with its reason."""

    source: str
    kind: str
    count: int
    time: str
    line: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A health check. `since`, `unknown_since`: seconds ago. `history` and `latencies` begin with the oldest."""

    name: str
    type: str
    destination: str
    state: str
    since: float | None
    unknown_since: float | None
    latency: float | None
    reason: str
    history: tuple[bool | None, ...]
    latencies: tuple[float, ...]
    probes: int


@dataclass(frozen=True, slots=True)
class SerfStatus:
    """The report of this host's Serf agent. `name` None: there is no connection to it."""

    name: str | None
    state: str
    members: int
    down: tuple[str, ...]
    votes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathRow:
    """One path. `reason`: the step of best path that decided between this path and the best one."""

    prefix: str
    next_hop: str
    source: str
    best: bool
    reason: str
    med: int | None
    local_preference: int | None
    as_path_length: int
    path_id: int | None
    side: str
    origin: str
    as_path: tuple[tuple[int, ...], ...]
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeighborRow:
    """A BGP neighbor of ExaBGP. `seconds`: how long its session has been up or down; None: no session was reported."""

    address: str
    up: bool
    seconds: float | None
    has_told_all: bool


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """The configuration in use, and since when. `problems`: of the last reload, if it failed."""

    file: str
    since: str
    last_reload_successful: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PollTimeRow:
    """Seconds between two polls of EC2. `auto`: they were chosen for this number of `members`; `reason`: in words."""

    seconds: float
    auto: bool
    members: int | None
    reason: str

    def __str__(self) -> str:
        return f"every {self.seconds:g} s{f' (auto: {self.reason})' if self.auto else ''}"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A failure: its subject, its last time, how often it happened, and since when the subject fails or has failed."""

    time: str
    subject: str
    code: str
    message: str
    consequence: str
    count: int
    since: str


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient of notifications. `trouble`: its last failure."""

    recipient: str
    waiting: int
    delivered: int
    dropped: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole document, at one moment.

    `serf` None: no agent is configured; `exabgp` None: we run none. `failing`: subject -> code of its last error.
    """

    schema: int = SCHEMA
    time: str
    version: str
    started: str
    mode: str
    noop: bool
    config: ConfigRow
    instance_id: str | None
    vpc_id: str | None
    ec2_observed: bool
    polls: int
    last_read: str | None
    poll_time: PollTimeRow
    lag: float
    cycles: int
    last_cycle: str
    recent_cycles: tuple[CycleRow, ...]
    leaving: tuple[DrainRow, ...]
    steering: tuple[SteeringRow, ...]
    sources: tuple[SourceRow, ...]
    refused_lines: tuple[RefusedRow, ...]
    noted_lines: tuple[RefusedRow, ...]
    checks: tuple[CheckRow, ...]
    serf: SerfStatus | None
    paths: tuple[PathRow, ...]
    neighbors: tuple[NeighborRow, ...]
    damped: tuple[DampedRow, ...]
    prefixes: tuple[PrefixRow, ...]
    tables: tuple[TableRow, ...]
    accounts: tuple[AccountRow, ...] = ()
    routes: tuple[RouteRow, ...]
    fallbacks: tuple[FallbackRow, ...]
    not_accepted: tuple[str, ...]
    failing: Mapping[str, str]
    errors: tuple[ErrorRow, ...]
    notify: tuple[RecipientRow, ...]
    exabgp: ExabgpRow | None = None
    prefix_lists: tuple[PrefixListRow, ...] = ()

    def to_json(self) -> str:
        """The document as JSON text."""
        return json.dumps(self, default=as_object)


def refused_by_exabgp(subject: str, code: str) -> str:
    """The sentence on an entry of `failing` about a prefix that ExaBGP refuses; empty if it is about anything else."""
    what, _, prefix = subject.partition(" ")
    if what != "ExaBGP" or "/" not in prefix:
        return ""
    why = "" if code == "refused" else f" ({code})"
    return (
        f"ExaBGP refuses to announce {prefix}{why}: none of its neighbors is told, which does not affect the VPC; "
        "`bgp2vpc doctor` (helper), or a word of the line that the log names"
    )


def as_object(row: Any) -> dict[str, Any]:
    """A row as a JSON object, for `json.dumps(…, default=as_object)`."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
