"""`check`: the configuration and nothing else; no network."""

import argparse
import json
import sys
from collections.abc import Iterable

from bgp2vpc.cli.options import Commands, add_file


def add(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser("check", help="check a configuration file, without any network", allow_abbrev=False)
    add_file(check)
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of the file, for editors")
    check.set_defaults(command=_check)


def _check(args: argparse.Namespace) -> int:
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
