"""`probe`: has the daemon run one of its health checks now."""

import argparse
from typing import Any, Final

from bgp2vpc.cli.asking import add_order, order, question, until
from bgp2vpc.cli.options import Commands

PATIENCE: Final = 40.0
"""Seconds; longer than any health check may take."""


def add(commands: Commands) -> None:
    """Add the command."""
    probe = commands.add_parser(
        "probe",
        epilog="example: bgp2vpc probe dns",
        help="run one of the daemon's health checks now",
        description="The daemon runs the health check NAME now; for a check of remote_healthchecks, it probes every "
        "owner. The result counts for `rise` and `fall` as usual. Exit status 1: a probe failed.",
        allow_abbrev=False,
    )
    add_order(probe, "probe")
    probe.add_argument("name", metavar="NAME", help="name of a health check")
    probe.set_defaults(command=probe_now)


def probe_now(args: argparse.Namespace) -> int:
    """Have the check run, and print its results."""
    before = {row["destination"]: row["probes"] for row in order(args, "probe", args.name)}

    def is_done(rows: list[dict[str, Any]]) -> bool:
        return all(row["probes"] > before.get(row["destination"], 0) for row in rows)

    rows = until(lambda: question(args, "checks", args.name), is_done, PATIENCE)
    for row in rows:
        result = "no result yet" if not row["history"] else row["reason"] or "passed"
        print(f"{row['name']} {row['type']} {row['destination'] or ''}: {result} ({row['latency']} s); {row['state']}")
    return 0 if rows and is_done(rows) and all(row["history"][-1] for row in rows) else 1
