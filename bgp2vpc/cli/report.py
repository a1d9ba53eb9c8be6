"""Words the status document as sentences: first all that needs attention, then the rest. Pure.

The input is the JSON of `bgp2vpc status`. The daemon may be of an older version, so keys that were added later are
optional. Sentences are wrapped between words only, so that no id is cut.
"""

import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final, TypeAlias

from bgp2vpc.ages import age
from bgp2vpc.status import LATE, UNWELL_SOURCES, refused_by_exabgp

Row: TypeAlias = Mapping[str, Any]

NAMED_TABLES: Final = 4
"""How many route tables one sentence names at most."""
LAST_STEPS: Final = ("router id", "source name")
"""Steps of best path that come after those which depend on the table: its zone, and the owner of its route."""
URGENCY: Final = ("blocked", "create", "replace", "delete", "foreign", "yield", "keep")
"""Verdicts in the order in which they are listed."""


def report(status: Row, columns: int) -> list[str]:
    """The lines of the report, none longer than `columns` unless a single word is."""
    told = _Report(status)
    attention = list(told.attention())
    sections = {
        "needs attention": attention,
        "prefixes": told.prefixes(),
        "routes": told.routes(),
        "accounts": told.accounts(),
        "prefix lists": told.prefix_lists(),
        "fallbacks": told.fallbacks(),
        "checks": map(told.check, status["checks"]),
        "neighbors": chain(told.exabgp(), map(told.neighbor, status["neighbors"])),
        "paths": map(told.path, status["paths"]),
        "sources": map(told.source, status["sources"]),
        "serf": told.serf(),
        "notify": map(told.recipient, status["notify"]),
        "past errors": told.past_errors(),
    }
    lines = wrapped(told.headline(), columns)
    if not attention:
        lines.append("nothing needs attention")
    for title, rows in sections.items():
        once = [row for row in rows if rows is attention or row not in attention]
        if once:
            lines += ["", title, *chain.from_iterable(wrapped(row, columns, "  ") for row in once)]
    return lines


def wrapped(text: str, columns: int, indent: str = "") -> list[str]:
    """`text` broken between words into lines; those after the first are indented by 4 more."""
    return textwrap.wrap(
        text, max(columns, 20), initial_indent=indent, subsequent_indent=f"{indent}    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _with(beginning: str, text: object, end: str = "") -> str:
    """`text` between `beginning` and `end`; empty if `text` is."""
    return f"{beginning}{text}{end}" if text else ""


class _Report:
    """Sentences about the rows of one status."""

    def __init__(self, status: Row) -> None:
        self._status = status
        self._now = datetime.fromisoformat(status["time"])
        self._tables = {row["route_table_id"]: row for row in status.get("tables", ())}

    def _ago(self, moment: str) -> str:
        return age((self._now - datetime.fromisoformat(moment)).total_seconds())

    def _time(self, moment: str) -> str:
        """`2026-11-22T10:00:00Z (3 min)`; all times of the status are in UTC."""
        return f"{datetime.fromisoformat(moment):%Y-%m-%dT%H:%M:%SZ} ({self._ago(moment)})"

    def _table(self, table_id: str) -> str:
        """`rtb-0a1b2c3d (private a, us-east-1a)`, and `of ACCOUNT` if that is another one."""
        row = self._tables.get(table_id, {})
        words = ", ".join(filter(None, (row.get("name"), row.get("zone"))))
        return table_id + _with(" (", words, ")") + _with(" of ", row.get("account"))

    def headline(self) -> str:
        """Version, instance and VPC, uptime, and when EC2 was last read."""
        status, failing = self._status, self._status["failing"]
        unread = _with(": ", failing.get("connect") or failing.get("observe"))
        where = f"instance {status['instance_id']} in {status['vpc_id']}"
        words = [
            f"bgp2vpc {status['version']} {status['mode']}: {where if status['vpc_id'] else 'instance not known yet'}",
            f"up for {self._ago(status['started'])}",
            f"EC2 read {self._ago(status['last_read'])} ago"
            if status["last_read"]
            else f"the route tables have not been read yet{unread}",
        ]
        if (poll := status.get("poll_time")) is not None:
            words.append(f"polled every {poll['seconds']:g} s{_with(' (auto: ', poll['reason'], ')')}")
        return "; ".join(words + ["noop: nothing is written"] * status["noop"])

    def attention(self) -> Iterator[str]:
        """All that an operator may have to look at, the worst first."""
        status = self._status
        yield from filter(None, map(self._not_served, status.get("prefixes", ())))
        for prefix in status["not_accepted"]:
            yield f"{prefix} is announced, and not permitted by any rule"
        yield from self._failures()
        yield from (self._route(row) for row in status["routes"] if row["verdict"] in ("blocked", "foreign"))
        checks = (row for row in status["checks"] if row["state"] == "unhealthy" or row["unknown_since"] is not None)
        yield from map(self.check, checks)
        yield from map(self._drain, status["leaving"])
        yield from filter(None, map(self._order, status.get("steering", ())))
        if (exabgp := status.get("exabgp")) and exabgp["state"] != "connected":
            yield from self.exabgp()
        yield from (self.neighbor(row) for row in status["neighbors"] if not row["up"])
        for row in status["damped"]:
            where = f"{row['prefix']} in {self._table(row['route_table_id'])}"
            yield f"{where} is suppressed: route flapping; free in {row['seconds']} s if nothing moves until then"
        sources = (row for row in status["sources"] if row["state"] in UNWELL_SOURCES or row.get("unfinished_line"))
        yield from map(self.source, sources)
        for row in status.get("noted_lines", ()):
            yield f"{row['kind']} {row['source']}: {row['reason']}; last: {row['line']}"
        for row in status["refused_lines"]:
            last = f"the last at {self._time(row['time'])}: {row['reason']}: {row['line']}"
            yield f"{row['kind']} {row['source']}: {_count(row['count'], 'line')} refused, {last}"
        config = status.get("config", {"last_reload_successful": True})
        if not config["last_reload_successful"]:
            yield f"the last reload of {config['file']} failed, the old one stays: {'; '.join(config['problems'])}"
        if (serf := status.get("serf")) and (serf["down"] or serf["state"] != "up"):
            yield self._serf(serf)
        yield from (self.recipient(row) for row in status["notify"] if row["trouble"])
        if status.get("lag", 0) >= LATE:
            yield f"the event loop was late by up to {status['lag']:.2f} s in the last minute: answers and checks, too"

    def _failures(self) -> Iterator[str]:
        """The sentences on what fails at present."""
        errors = {(row["subject"], row["code"]): row for row in self._status["errors"]}
        for subject, code in self._status["failing"].items():
            error = errors.get((subject, code))
            since = _with(" since ", error and error.get("since") and self._time(error["since"]))
            if error is None and (words := refused_by_exabgp(subject, code)):
                yield words
            else:
                yield f"{self._subject(subject)} fails{since}: {self._error(error) if error else code}"

    def _not_served(self, row: Row) -> str:
        """The sentence on a prefix that is not served by an instance in every table; empty if it is."""
        count, missing = row["tables"], len(row["without_route"]) + len(row["blackholes"])
        # `attention` has a sentence of its own for a prefix that no rule permits.
        if not row["permitted"] or (count and not missing and not row["foreign"]):
            return ""
        tables = [f"{self._table(each)} has no route" for each in row["without_route"]]
        tables += [f"{self._table(each)} has a black hole" for each in row["blackholes"]]
        if len(tables) > NAMED_TABLES:
            tables[NAMED_TABLES - 1 :] = [f"and {len(tables) - NAMED_TABLES + 1} more"]
        if row["foreign"]:
            tables.append(f"{_count(row['foreign'], 'route')} to a gateway or the like")
        if not count:
            what = "NOT SERVED: its rules find no route table"
        elif missing == count:
            what = f"NOT SERVED in any of {_count(count, 'table')}: {', '.join(tables)}"
        else:
            what = f"not served by an instance in {missing + row['foreign']} of {count} tables: {', '.join(tables)}"
        here = "" if row["announced"] else "; not announced here"
        return f"{row['prefix']} is {what}, since {self._time(row['since'])}{here}; `bgp2vpc why {row['prefix']}`"

    def _subject(self, subject: str) -> str:
        """The subject of an error; a route is worded with its table's name."""
        table, _, prefix = subject.partition(" ")
        return f"{prefix} in {self._table(table)}" if table.startswith(("rtb-", "tgw-rtb-")) and prefix else subject

    def _error(self, row: Row) -> str:
        times = f"{row['count']} times, the last at" if row["count"] > 1 else "at"
        return f"{row['message']}; {times} {self._time(row['time'])}{_with('; ', row['consequence'])}"

    def _drain(self, drain: Row) -> str:
        what = drain["prefix"] or "everything"
        how = drain["state"] if drain["withdraws"] else "announced as a last resort"
        who = f"by {drain['by']}{_with(', ', drain.get('who'))}{_with(': ', drain['reason'])}"
        itself = _with(", or by itself at ", drain.get("until"))
        return f"{what} is {how} since {self._time(drain['since'])} ({who}); `bgp2vpc undrain` ends it{itself}"

    def _order(self, row: Row) -> str:
        """The sentence on a hold, a takeover or a table's tag; empty for a drain, which `_drain` words."""
        by = f"since {self._time(row['since'])} (by {row['by']}{_with(': ', row['reason'])})"
        match row["verb"]:
            case "hold":
                itself = _with(", or by itself at ", row["until"])
                return f"{row['prefix']} is held {by}; `bgp2vpc release` ends it{itself}"
            case "takeover":
                return f"{row['prefix']} is being taken over {by}, until {row['until']} at most"
            case "avoid-zone":
                where = self._table(row["route_table_id"])
                since = f"since {self._time(row['since'])}, by {row['by']}"
                return f"hosts of {row['reason']} are a last resort in {where} {since}"
        return ""

    def prefixes(self) -> Iterator[str]:
        """The prefixes that are served in all tables, and by whom."""
        for row in self._status.get("prefixes", ()):
            if row["tables"] and row["permitted"] and not self._not_served(row):
                by = [f"here in {row['ours']}"] if row["ours"] else []
                by += [f"by {o['owner']}{_with(' (', o['zone'], ')')} in {o['tables']}" for o in row["owners"]]
                tables = f"{_count(row['tables'], 'table')}, since {self._time(row['since'])}"
                here = "" if row["announced"] else "; not announced here"
                yield f"{row['prefix']} is served {', '.join(by)} of {tables}{here}"

    def routes(self) -> Iterator[str]:
        """The verdicts, in the order of `URGENCY`."""
        urgency = {verdict: number for number, verdict in enumerate(URGENCY)}
        yield from map(self._route, sorted(self._status["routes"], key=lambda row: urgency.get(row["verdict"], 0)))

    def _route(self, row: Row) -> str:
        """`192.0.2.1/32 in rtb-1 (private a): yield (owner-healthy) since …; now eni-2 of i-2; rule private`."""
        has = row.get("has", row["target"]) or ""
        now = f"{has}{_with(' of ', row['owner'])}" if has else "no route"
        wanted = row["target"] or ""
        then = f", to be {wanted or 'no route'}" if wanted != has else ""
        since = f" since {self._time(row['since'])}" if row["since"] else ""
        what = f"{row['verdict']} ({row['reason']}){since}; now {now}{then}; rule {row['rule']}"
        return f"{row['prefix']} in {self._table(row['route_table_id'])}: {what}{_with('; ', row['detail'])}"

    def accounts(self) -> Iterator[str]:
        """Other accounts and regions, and whether they can be read."""
        for row in self._status.get("accounts", ()):
            known = f"{_count(row['tables'], 'route table')} of {', '.join(row['vpc_ids'])}"
            how = {True: "", False: "; it gives no answer: as it was before", None: "; not read yet"}[row["answers"]]
            yield f"{row['account']}: {known}{_with(', as ', row['role_arn'])}{how}"

    def prefix_lists(self) -> Iterator[str]:
        """The prefix lists of the rules, and how many of their entries are still to be written."""
        for row in self._status.get("prefix_lists", ()):
            name = _with(" (", row["name"], ")")
            entries = "?" if row["entries"] is None else row["entries"]
            room = f"{entries} of {row['max_entries']} entries" if row["max_entries"] else f"{entries} entries"
            words = [
                f"{row['prefix_list_id']}{name} has {room}, rule {', '.join(row['rules'])}",
                f"here in {row['ours']} of {_count(row['tables'], 'table')}",
                f"{row['to_add']} to add, {row['to_remove']} to remove" if row["to_add"] or row["to_remove"] else "",
                f"no room for {row['no_room']} (MaxEntries)" if row["no_room"] else "",
                row["problem"],
            ]
            yield "; ".join(filter(None, words))

    def fallbacks(self) -> Iterator[str]:
        """The fallback targets of routes, and whether they can be used."""
        for row in self._status.get("fallbacks", ()):
            how = "not looked at" if row["problem"] is None else row["problem"] or "can be used"
            yield f"{row['target']} of {row['vpc_id']}, for rule {', '.join(row['rules'])}: {how}"

    def check(self, row: Row) -> str:
        """State, duration, reason and latency of a health check; how many probes failed, if others did not."""
        since = "" if row["since"] is None else f" for {age(row['since'])}"
        unknown = "" if row["unknown_since"] is None else f"; its probes tell nothing for {age(row['unknown_since'])}"
        took = "" if row["latency"] is None else f"; {1000 * row['latency']:.1f} ms"
        history = row.get("history", ())
        failed, passed = history.count(False), history.count(True)
        lately = f"; {failed} of its last {len(history)} probes failed" if failed and passed else ""
        what = f"{row['state']}{since}{unknown}{_with(': ', row['reason'])}{lately}{took}"
        return f"check {row['name']} ({row['type']} {row['destination']}) is {what}"

    def exabgp(self) -> Iterator[str]:
        """The ExaBGP that the daemon runs, if it runs one."""
        if row := self._status.get("exabgp"):
            again = f"restarted {_count(row['restarts'], 'time')}"
            if not row.get("was_connected", True):
                again = f"never connected in {row['restarts'] + 1} tries"
            words = [
                f"ExaBGP is {row['state']}",
                "" if row["state"] == "connected" else "nothing is heard of the neighbors",
                _with("pid ", row["pid"]),
                again if row["restarts"] else "",
                _with("last line of its log: ", row["last_line"]),
            ]
            yield "; ".join(filter(None, words))

    def neighbor(self, row: Row) -> str:
        """The state of the BGP session with a neighbor."""
        never = "; ExaBGP has told of no session with it"
        since = never if row["seconds"] is None else f" for {age(row['seconds'])}"
        pending = "; it has not sent End-of-RIB" if row["up"] and not row["has_told_all"] else ""
        return f"neighbor {row['address']} is {'up' if row['up'] else 'down'}{since}{pending}"

    def path(self, row: Row) -> str:
        """A path, and the step of best path by which it is best or lost."""
        names = ("med", "local_preference")
        more = "".join(f", {name.replace('_', '-')} {row[name]}" for name in names if row[name] is not None)
        how = (
            "the only one"
            if row["reason"] == "only path"
            else f"{'best' if row['best'] else 'lost'} by {row['reason']}"
        )
        if row["reason"] in LAST_STEPS:
            how += ", but in each table its zone and the present owner decide first"
        return f"{row['prefix']} of {row['source']}, next-hop {row['next_hop']}{more}: {how}"

    def source(self, row: Row) -> str:
        """State and number of paths of a source; of a script also its restarts, exit and last line."""
        kind = f"{row['kind']} "  # the names of health checks and peers begin with it
        words = [
            f"{kind}{row['name'].removeprefix(kind)}: {row['state']}, {_count(row['paths'], 'path')}",
            f"restarted {_count(row['restarts'], 'time')}" if row.get("restarts") else "",
            _with("last exit ", row.get("last_exit")),
            _with("an unfinished line, which counts once its line end has come: ", row.get("unfinished_line")),
            _with("last line: ", row.get("last_line")),
        ]
        return "; ".join(filter(None, words))

    def serf(self) -> Iterator[str]:
        """The Serf agent, its members, and their votes."""
        if serf := self._status.get("serf"):
            yield self._serf(serf)
            yield from (f"serf: {vote}" for vote in serf["votes"])

    def _serf(self, serf: Row) -> str:
        gone = _with("; gone: ", ", ".join(serf["down"]))
        return f"serf: {serf['state']}{_with(' as ', serf['name'])}, {serf['members']} members{gone}"

    def recipient(self, row: Row) -> str:
        """A recipient of notifications, with its counts and its trouble."""
        counts = f"{row['delivered']} delivered, {row['waiting']} waiting, {row['dropped']} dropped"
        return f"{row['recipient']}: {counts}{_with('; ', row['trouble'])}"

    def past_errors(self) -> Iterator[str]:
        """The errors of subjects that do not fail any more."""
        failing = self._status["failing"].items()
        for row in self._status["errors"]:
            if (row["subject"], row["code"]) not in failing:
                yield f"{self._subject(row['subject'])}: {self._error(row)}"
