"""`check`: the configuration and nothing else; no network."""

import argparse
import json
import sys

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
    processes = ", ".join(process.name for process in config.processes) or "none"
    print(f"{args.file}: ok; rules: {', '.join(rule.name for rule in config.rules)}; processes: {processes}")
    return 0
