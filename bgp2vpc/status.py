"""What a daemon tells of itself: the values behind `bgp2vpc status --json`, the page and the metrics.

The fields are the keys of the JSON, in its order: `docs/status-json.md` says what each of them means, and programs of
others read them. Times are ISO 8601 in UTC, durations seconds; enumerations are here as the words that are shown.
The rows about prefixes, route tables and accounts are in `vpc_status.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bgp2vpc.vpc_status import AccountRow, DampedRow, FallbackRow, PrefixListRow, PrefixRow, RouteRow, TableRow

SCHEMA: Final = 1
"""Goes up when a key goes away or changes its meaning. New keys may come at any time."""

CHECK_STATES: Final = {True: "healthy", False: "unhealthy", None: "no verdict yet"}
"""The verdict of a health check in words."""

OTHERS: Final = "others"
"""Stands for sources that are counted together."""


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A cycle that wrote. `counts`: how many writes, by what came of them."""

    time: str
    number: int
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class DrainRow:
    """Who drains what; `prefix` None: everything. `until` None: until it is undone."""

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
    """What stands by hand, or by a tag; `prefix` None: everything. `until` None: until it is undone.

    `route_table_id`: it is about this table; None: about all. Of `avoid-zone`, `reason` has the zones.
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
    """One source of paths. `last_line`: empty for a peer or a health check, which says no lines here."""

    name: str
    kind: str
    state: str
    paths: int
    last_line: str


@dataclass(frozen=True, slots=True)
class ScriptRow(SourceRow):
    """A source that is a script which we run. `pid` None: it does not run at present."""

    pid: int | None
    restarts: int
    last_exit: str
    unfinished_line: str


@dataclass(frozen=True, slots=True)
class ExabgpRow:
    """The ExaBGP that `bgp2vpc run` runs. `state`: `down`, `starting`, or `connected`; `last_line`: of its log.

    `restarts` counts each further try, also those that failed; `was_connected`: whether one was ever connected.
    """

    state: str
    pid: int | None
    restarts: int
    last_line: str
    was_connected: bool


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """How many lines of a source were refused (or noted) since the start; when the last was, which one, and why."""

    source: str
    kind: str
    count: int
    time: str
    line: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A health check. `since` and `unknown_since` are seconds ago; `history` and `latencies` begin with the oldest."""

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
    """What the Serf agent of this host has told. `name` None: there is no connection with it."""

    name: str | None
    state: str
    members: int
    down: tuple[str, ...]
    votes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathRow:
    """One path. `reason`: the step of best path that decided between it and the best one."""

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
    """A BGP neighbor of ExaBGP. `seconds`: for how long its session has been as it is."""

    address: str
    up: bool
    seconds: float | None
    has_told_all: bool


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """The configuration in use, and since when it is. `problems`: what was wrong at the last reload, if it failed."""

    file: str
    since: str
    last_reload_successful: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PollTimeRow:
    """Seconds between two polls of EC2. `auto`: chosen for so many `members`, else None; and why, in words."""

    seconds: float
    auto: bool
    members: int | None
    reason: str

    def __str__(self) -> str:
        return f"every {self.seconds:g} s{f' (auto: {self.reason})' if self.auto else ''}"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What failed, when it last did, and how often."""

    time: str
    subject: str
    code: str
    message: str
    consequence: str
    count: int


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Somebody who is notified. `trouble`: what went wrong last."""

    recipient: str
    waiting: int
    delivered: int
    dropped: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it, at one moment.

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
        """The document."""
        return json.dumps(self, default=as_object)


def as_object(row: Any) -> dict[str, Any]:
    """One of these as a JSON object, as `json.dumps(…, default=as_object)` needs it."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
