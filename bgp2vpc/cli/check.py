"""`check`: the configuration and nothing else, without network."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from bgp2vpc.cli.options import DEFAULT_FILE, Commands


def add(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser("check", help="check a configuration file, without any network", allow_abbrev=False)
    check.add_argument("-f", "--file", metavar="FILE", help=f"configuration file (default: {DEFAULT_FILE})")
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of the file, for editors")
    # `check NAME` was what `probe NAME` is; in the next version these three go away.
    check.add_argument("--socket", type=Path, help=argparse.SUPPRESS)
    check.add_argument("--reason", default="", help=argparse.SUPPRESS)
    check.add_argument("name", metavar="NAME", nargs="?", help=argparse.SUPPRESS)
    check.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Check the file; with NAME, which is the old form of `probe NAME`, let the daemon run that health check."""
    if args.name is not None:
        from bgp2vpc.cli.probe import probe_now

        print(
            f"bgp2vpc: `check {args.name}` is `bgp2vpc probe {args.name}` now, and goes away in the next version; "
            f"to check a file: `bgp2vpc check -f {args.name}`",
            file=sys.stderr,
        )
        return probe_now(args)
    from bgp2vpc.config.load import load, schema
    from bgp2vpc.config.programs import missing_programs

    if args.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    file = args.file or DEFAULT_FILE
    config = load(file)
    for warning in (*config.warnings, *missing_programs(config)):
        print(f"{warning} (warning)", file=sys.stderr)
    for note in config.notes:
        print(f"{file}: note: {note}", file=sys.stderr)
    parts = {
        "rules": _names(rule.name for rule in config.rules),
        "processes": _names(process.name for process in config.processes),
        "health checks": _names(check.name for check in (*config.checks, *config.remote_checks)),
    }
    parts["poll_time"] = "auto" if config.poll_time is None else f"{config.poll_time:g} s"
    print(f"{file}: ok; {'; '.join(f'{what}: {names}' for what, names in parts.items())}")
    return 0


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "none"
