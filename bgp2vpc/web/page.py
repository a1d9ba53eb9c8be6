"""Renders the pages, in parts of HTML that can be replaced one by one. Values are escaped (autoescape).

The text of a part does not change merely with time, since the browser computes ages. The exception are the sentences of
`why`, which have the time of the next attempt of a write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bgp2vpc.history import Entry
from bgp2vpc.status import CheckRow, NeighborRow, SourceRow, Status
from bgp2vpc.vpc_status import PrefixRow, RouteRow, TableRow
from bgp2vpc.web.attention import SHOWN, attention
from bgp2vpc.web.drawing import sparkline, ticks
from bgp2vpc.web.model import PageVerb

MOST_ROWS: Final = 100
"""Maximum number of rows of a table on a page, because of the event loop's time; `/status.json` has all rows."""
LAST_EVENTS: Final = 40
LAST_FAILURES: Final = 20

Parts = Mapping[str, str]
"""Id of an element -> its HTML."""

_MAIN: Final = (
    "summary",
    "prefixes",
    "routes",
    "prefix_lists",
    "steering",
    "checks",
    "sources",
    "paths",
    "neighbors",
    "cycles",
    "failures",
    "log",
)
_PREFIX: Final = ("prefix_served", "prefix_why", "prefix_routes", "prefix_paths", "prefix_steering", "story")


@dataclass(frozen=True, slots=True)
class Told:
    """The data of a page. `ready`: why the daemon is not ready, empty if it is. `why`: sentences about the prefix."""

    status: Status
    ready: Sequence[str]
    events: Sequence[Entry]
    failures: Sequence[Entry]
    prefix: str = ""
    story: Sequence[Entry] = ()
    why: Sequence[str] = ()


class Pages:
    """Renders pages from the templates."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._jinja.filters.update(
            clock=self.clock, age=age, ms=milliseconds, tone=tone, seconds_ago=seconds_ago,
            fields=fields, urgent_first=urgent_first, gaps_first=gaps_first, as_path=as_path, tables_by_id=tables_by_id,
            is_well=is_well,
        )  # fmt: skip
        self._jinja.tests["is_well"] = is_well
        self._now = datetime.fromtimestamp(0, UTC)
        self._jinja.globals.update(ticks=ticks, sparkline=sparkline, most=MOST_ROWS, shown=SHOWN, attention=attention)
        self._parts: Any = self._jinja.get_template("parts.html").module

    def clock(self, moment: str | float) -> str:
        """A time (ISO 8601 or Unix seconds) as `14:03:07` in UTC, with the day if it is more than 18 hours away."""
        at = _moment(moment)
        return at.strftime("%H:%M:%S" if abs(self._now - at) < timedelta(hours=18) else "%d %b %H:%M:%S")

    def parts(self, told: Told) -> Parts:
        """The parts of a page that can change while it is open."""
        self._now = _moment(told.status.time)
        names = _PREFIX if told.prefix else _MAIN
        return {name: str(getattr(self._parts, name)(told, told.status)).strip() for name in names}

    def whole(self, told: Told, parts: Parts, verbs: Sequence[PageVerb]) -> str:
        """The page with these parts. `verbs`: those that it has forms for."""
        name = "prefix.html" if told.prefix else "main.html"
        return self._jinja.get_template(name).render(told=told, status=told.status, parts=parts, verbs=verbs)

    def ask_once_more(self, verb: PageVerb, fields: Mapping[str, str]) -> str:
        """A page that asks for confirmation, for browsers without JavaScript. `fields`: the fields of the form."""
        told = {name: value for name, value in fields.items() if name != "token"}
        return self._jinja.get_template("once_more.html").render(verb=verb, fields=told)

    def message(self, title: str, text: str, back: str) -> str:
        """A page with the result of a form, or why it was refused."""
        return self._jinja.get_template("message.html").render(title=title, text=text, back=back)


# Filters of the templates


def age(moment: str | float) -> str:
    """The time in ISO 8601, for `<time datetime=…>`."""
    return _moment(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(moment: str | float) -> datetime:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else datetime.fromtimestamp(moment, UTC)


def seconds_ago(seconds: float | None, status: Status) -> float | None:
    """The Unix time `seconds` before the status was made, to the second so that it does not change by itself."""
    return None if seconds is None else round(datetime.fromisoformat(status.time).timestamp() - seconds)


def milliseconds(seconds: float | None) -> str:
    """Seconds as `3.1 ms`, `120 ms` or `1.50 s`; empty for None."""
    if seconds is None:
        return ""
    return (
        f"{1000 * seconds:.1f} ms"
        if seconds < 0.01
        else f"{1000 * seconds:.0f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )


_TONES: Final = {
    "keep": "good", "create": "busy", "replace": "busy", "delete": "busy", "yield": "calm", "foreign": "calm",
    "blocked": "bad",
    "healthy": "good", "unhealthy": "bad", "no verdict yet": "busy",
    "up": "good", "running": "good", "backoff": "bad", "ended": "busy", "stopped": "busy", "stale": "busy",
    "info": "calm", "warning": "busy", "error": "bad", "critical": "bad",
    "draining": "busy", "drained": "busy",
}  # fmt: skip


def tone(word: str) -> str:
    """The CSS class of a word: `good`, `busy`, `bad` or `calm`. The word itself is always shown as well."""
    return _TONES.get(word, "calm")


_URGENCY: Final = ("blocked", "create", "replace", "delete", "foreign", "yield", "keep")


def urgent_first(rows: Sequence[RouteRow]) -> Sequence[RouteRow]:
    """The rows to show; if there are too many, those that may need attention come first."""
    if len(rows) <= MOST_ROWS:
        return rows
    return sorted(rows, key=lambda row: _URGENCY.index(row.verdict))[:MOST_ROWS]


def is_well(row: PrefixRow | RouteRow | CheckRow | SourceRow | NeighborRow) -> bool:
    """Whether the row needs no attention; on a phone, such rows are folded."""
    match row:
        case PrefixRow():
            return row.is_served and not row.foreign and (row.announced or not row.ours)
        case RouteRow():
            return (row.verdict, row.reason) in _WELL and row.has == row.target
        case CheckRow():
            return row.state == "healthy" and row.unknown_since is None
        case NeighborRow():
            return row.up
    return tone(row.state) == "good"


_WELL: Final = frozenset({("keep", "ours"), ("yield", "owner-healthy"), ("yield", "peer-best")})
"""(verdict, reason) of routes in their normal state."""


def gaps_first(rows: Sequence[PrefixRow]) -> Sequence[PrefixRow]:
    """The rows to show: prefixes that are not served first, those that need no attention last."""
    return sorted(rows, key=lambda row: (not row.permitted, row.is_served, is_well(row)))[:MOST_ROWS]


def tables_by_id(status: Status) -> Mapping[str, TableRow]:
    """Table id -> row, of the route tables that rules find."""
    return {row.route_table_id: row for row in status.tables}


def fields(entry: Entry) -> list[tuple[str, str]]:
    """The non-empty fields of a log entry."""
    return [(key, value) for key, value in entry.fields if value]


def as_path(segments: Sequence[Sequence[int]]) -> str:
    """The AS path as text: `64512 64513`."""
    return " ".join(" ".join(map(str, segment)) for segment in segments)
