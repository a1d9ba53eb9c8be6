"""`check`: the configuration and nothing else, without network. `check NAME`: a health check of the daemon, now."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any, Final

from bgp2vpc.cli.asking import add_order, order, question, until
from bgp2vpc.cli.options import Commands, add_file

PATIENCE: Final = 40.0
"""Seconds; no health check may take longer."""


def add(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser(
        "check",
        help="check a configuration file, without any network; or, with NAME, run a health check of the daemon now",
        description="With NAME, the daemon runs the health check of this name (one of remote_healthchecks: at every "
        "owner) at once; it counts for `rise` and `fall` as every other. Exit status 1: it failed.",
        allow_abbrev=False,
    )
    add_file(check)
    add_order(check, "check")
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of the file, for editors")
    check.add_argument("name", metavar="NAME", nargs="?", help="of a health check")
    check.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Check the file, or with NAME let the daemon run that health check."""
    return _check_file(args) if args.name is None else _check_now(args)


def _check_now(args: argparse.Namespace) -> int:
    before = {row["destination"]: row["probes"] for row in order(args, "check", args.name)}

    def is_done(rows: list[dict[str, Any]]) -> bool:
        return all(row["probes"] > before.get(row["destination"], 0) for row in rows)

    rows = until(lambda: question(args, "checks", args.name), is_done, PATIENCE)
    for row in rows:
        result = "no result yet" if not row["history"] else row["reason"] or "passed"
        print(f"{row['name']} {row['type']} {row['destination'] or ''}: {result} ({row['latency']} s); {row['state']}")
    return 0 if rows and is_done(rows) and all(row["history"][-1] for row in rows) else 1


def _check_file(args: argparse.Namespace) -> int:
    from bgp2vpc.config.load import load, schema

    if args.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    config = load(args.file)
    for warning in config.warnings:
        print(f"{warning} (warning)", file=sys.stderr)
    for note in config.notes:
        print(f"{args.file}: note: {note}", file=sys.stderr)
    parts = {
        "rules": _names(rule.name for rule in config.rules),
        "processes": _names(process.name for process in config.processes),
        "health checks": _names(check.name for check in (*config.checks, *config.remote_checks)),
    }
    print(f"{args.file}: ok; {'; '.join(f'{what}: {names}' for what, names in parts.items())}")
    return 0


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "none"
