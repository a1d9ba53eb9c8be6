"""`status`: sources, paths, routes and errors of the daemon."""

import argparse
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bgp2vpc.cli.options import Commands, add_socket, socket_of, terminal, visible

if TYPE_CHECKING:
    from rich.console import Console


def add(commands: Commands) -> None:
    """Add the command."""
    status = commands.add_parser("status", help="sources, paths, routes and errors of the daemon", allow_abbrev=False)
    add_socket(status)
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon, and print its answer."""
    from bgp2vpc.sources.client import ask

    text = "\n".join(ask(socket_of(args), ["bgp2vpc status"])[-1].text)
    status = json.loads(text)
    if args.json:
        print(json.dumps(status, indent=2))
    else:
        _show(visible(status))
    return 0


SOURCES = ("name", "kind", "state", "paths", "restarts", "last_exit", "last_line", "unfinished_line")
REFUSED = ("source", "count", "time", "line", "reason")
CHECKS = ("name", "type", "destination", "state", "since", "unknown_since", "latency", "reason")
PATHS = ("prefix", "next_hop", "source", "best", "reason", "med", "local_preference")
ROUTES = ("route_table_id", "prefix", "verdict", "reason", "target", "rule", "detail")
UNBROKEN = {"route_table_id", "prefix", "target", "time"}
ERRORS = ("time", "count", "subject", "message", "consequence")
LATE = 0.1
"""Seconds."""
NOTIFY = ("recipient", "waiting", "delivered", "dropped", "trouble")


def _show(status: Mapping[str, Any]) -> None:
    console = terminal()
    observed = "" if status["ec2_observed"] else "; EC2 has not answered yet"
    noop = "; noop: nothing is written" if status["noop"] else ""
    where = f"instance {status['instance_id']} in {status['vpc_id']}"
    console.print(
        f"bgp2vpc {status['version']} {status['mode']}: {where if status['vpc_id'] else 'instance not known yet'}"
        f"{observed}{noop}",
        highlight=False,
        soft_wrap=True,
    )
    if status.get("lag", 0) >= LATE:
        late = f"the event loop was late by up to {status['lag']:.2f} s in the last minute: answers and checks, too"
        console.print(late, highlight=False, soft_wrap=True)
    for line in (*map(_drain_line, status["leaving"]), *map(_order_line, status.get("steering", ()))):
        if line:
            console.print(line, highlight=False, soft_wrap=True, markup=False)
    if serf := status.get("serf"):
        name = f" as {serf['name']}" if serf["name"] else ""
        gone = f"; gone: {', '.join(serf['down'])}" if serf["down"] else ""
        known = f"serf: {serf['state']}{name}, {serf['members']} members{gone}"
        for line in (known, *(f"serf: {vote}" for vote in serf["votes"])):
            console.print(line, highlight=False, soft_wrap=True, markup=False)
    for prefix in status["not_accepted"]:
        console.print(f"{prefix} is announced, and not permitted by any rule", highlight=False, soft_wrap=True)
    tables = {
        "sources": SOURCES,
        "refused lines": REFUSED,
        "checks": CHECKS,
        "paths": PATHS,
        "routes": ROUTES,
        "errors": ERRORS,
        "notify": NOTIFY,
    }
    for title, columns in tables.items():
        _table(console, title, columns, status[title.replace(" ", "_")])


def _drain_line(drain: Mapping[str, Any]) -> str:
    what = drain["prefix"] or "everything"
    how = drain["state"] if drain["withdraws"] else "announced as a last resort"
    reason = f": {drain['reason']}" if drain["reason"] else ""
    who = f", {drain['who']}" if drain.get("who") else ""
    itself = f", or by itself at {drain['until']}" if drain.get("until") else ""
    return f"{what} is {how} since {drain['since']} (by {drain['by']}{who}{reason}); `bgp2vpc undrain` ends it{itself}"


def _order_line(row: Mapping[str, Any]) -> str:
    """Of a hold or a takeover; empty for a drain, which has a line of its own."""
    reason = f": {row['reason']}" if row["reason"] else ""
    by = f"since {row['since']} (by {row['by']}{reason})"
    match row["verb"]:
        case "hold":
            itself = f", or by itself at {row['until']}" if row["until"] else ""
            return f"{row['prefix']} is held {by}; `bgp2vpc release` ends it{itself}"
        case "takeover":
            return f"{row['prefix']} is being taken over {by}, until {row['until']} at most"
    return ""


def _table(console: "Console", title: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    def word(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else ""
        return "" if value is None else str(value)

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=column in UNBROKEN)
    for row in rows:
        table.add_row(*(escape(word(row.get(column))) for column in columns))
    if table.row_count:
        console.print(table)
