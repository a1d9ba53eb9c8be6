"""`takeover`: takes routes from another instance now."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any, Final

from bgp2vpc.cli.asking import add_order, order, question, until
from bgp2vpc.cli.options import Commands

WRITING: Final = ("create", "replace")
PATIENCE: Final = 35.0
"""Seconds; a little longer than the daemon tries."""


def add(commands: Commands) -> None:
    """Add the command."""
    takeover = commands.add_parser(
        "takeover",
        epilog="example: bgp2vpc takeover 192.0.2.53/32",
        help="take routes from another instance now",
        description="The daemon of this host points the routes of PREFIX at this instance, once, even if its rule "
        "would leave them to the instance that has them. This host must offer the prefix. Routes to targets other than "
        "instances are not touched. Exit status 1: a route does not point at this instance afterwards.",
        allow_abbrev=False,
    )
    add_order(takeover, "takeover")
    takeover.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Order the takeover, and wait until every route is ours or the daemon has given up."""
    order(args, "takeover", *args.prefixes)

    def is_over(rows: list[dict[str, Any]]) -> bool:
        return not any(
            row["pending"] or (row["verdict"] in WRITING and not (row["error"] or row.get("refused"))) for row in rows
        )

    rows = until(lambda: question(args, "places", *args.prefixes), is_over, PATIENCE)
    for row in rows:
        print(f"{row['route_table_id']} {row['prefix']}: {found(row)}")
    if not rows:
        print("bgp2vpc: no route table is concerned", file=sys.stderr)
    return 0 if rows and all(row["ours"] for row in rows) else 1


def found(row: Mapping[str, Any]) -> str:
    """Where the route of a row of `places` points, and if it is not ours, why."""
    if row["ours"]:
        return f"ours ({row['target']})"
    # A daemon of an older version does not send `has` and `refused`.
    has = row.get("has", row["target"])
    why = row["error"] or (row["verdict"] in WRITING and row.get("refused")) or row["detail"] or row["reason"]
    return f"not ours, but at {has}: {row['verdict']} ({why})" if has else f"no route: {row['verdict']} ({why})"
