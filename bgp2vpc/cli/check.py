"""`check`: checks configuration files, without any network."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from bgp2vpc.cli.options import DEFAULT_FILE, Commands, visible


def add(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser(
        "check",
        epilog="example: bgp2vpc check -f /etc/bgp2vpc.yaml",
        help="check a configuration file, without any network",
        allow_abbrev=False,
    )
    # pre-commit passes several files to a hook.
    check.add_argument(
        "-f", "--file", metavar="FILE", nargs="+", action="extend", dest="files",
        help=f"configuration file, or several (default: {DEFAULT_FILE})",
    )  # fmt: skip
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of the file, for editors")
    # `check NAME` is the old form of `probe NAME`. Version 2 drops these three arguments.
    check.add_argument("--socket", type=Path, help=argparse.SUPPRESS)
    check.add_argument("--reason", default="", help=argparse.SUPPRESS)
    check.add_argument("name", metavar="NAME", nargs="?", help=argparse.SUPPRESS)
    check.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Check the files. With NAME, the old form of `probe NAME`, have the daemon run that health check."""
    files = args.files or []
    if args.name is not None and args.name.endswith((".yaml", ".yml")):
        files = [*files, args.name]
    elif args.name is not None:
        from bgp2vpc.cli.probe import probe_now

        print(
            f"bgp2vpc: `check {args.name}` is `bgp2vpc probe {args.name}` now, and goes away in version 2; "
            f"to check a file: `bgp2vpc check -f {args.name}`",
            file=sys.stderr,
        )
        args.file = files[0] if files else None
        return probe_now(args)
    from bgp2vpc.config.load import load, schema
    from bgp2vpc.config.programs import missing_programs
    from bgp2vpc.errors import ConfigError

    if args.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    mistakes = 0
    for file in files or [DEFAULT_FILE]:
        try:
            config = load(file)
        except ConfigError as error:
            print(visible(str(error)), file=sys.stderr)
            mistakes += 1
            continue
        for warning in (*config.warnings, *missing_programs(config)):
            print(f"{warning} (warning)", file=sys.stderr)
        for note in config.notes:
            print(f"{file}: note: {note}", file=sys.stderr)
        parts = {
            "rules": _names(rule.name for rule in config.rules),
            "processes": _names(process.name for process in config.processes),
            "health checks": _names(check.name for check in (*config.checks, *config.remote_checks)),
            "poll_time": "auto" if config.poll_time is None else f"{config.poll_time:g} s",
        }
        print(f"{file}: ok; {'; '.join(f'{what}: {names}' for what, names in parts.items())}")
    return 2 if mistakes else 0


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "none"
