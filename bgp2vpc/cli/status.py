"""`status`: prints the daemon's status, in sentences for people (`report.py`) or as JSON for programs."""

import argparse
import json
import sys
import time
from contextlib import suppress
from typing import Any, Final

from bgp2vpc.cli.options import Commands, add_socket, socket_of, terminal_size, visible

WATCH_EVERY: Final = 2.0
"""Seconds."""
NAMES: Final = {"prefixes": "prefix", "checks": "name", "tables": "route_table_id"}
"""The names that `--names` prints for shell completion: key of the status -> key of each of its rows."""
CLEAR: Final = "\x1b[H\x1b[2J\x1b[3J"


def add(commands: Commands) -> None:
    """Add the command."""
    status = commands.add_parser(
        "status",
        epilog="example: bgp2vpc status --watch 5",
        help="show what needs attention, then the daemon's whole state",
        description="First lists what needs attention: prefixes that are not served, failures, unhealthy checks, "
        "orders, and neighbors that are down. Then lists prefixes, routes, checks, sources, paths and errors.",
        allow_abbrev=False,
    )
    add_socket(status)
    how = status.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="for programs")
    how.add_argument(
        "--watch", metavar="SECONDS", type=_seconds, nargs="?", const=WATCH_EVERY,
        help=f"repeat it every {WATCH_EVERY:.0f} seconds, or every SECONDS",
    )  # fmt: skip
    how.add_argument("--names", choices=NAMES, help=argparse.SUPPRESS)
    status.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon, and print its answer; with --watch, again and again."""
    from bgp2vpc.errors import Bgp2vpcError

    status = _asked(args)
    if args.names:
        print("\n".join(dict.fromkeys(row[NAMES[args.names]] for row in visible(status)[args.names])))
        return 0
    if args.json:
        print(json.dumps(status, indent=2))
        return 0
    lines = _lines(status)
    if args.watch is None:
        print("\n".join(lines))
        return 0
    with suppress(KeyboardInterrupt):
        while True:
            if sys.stdout.isatty():
                # Cut the end of a status that is too long for the screen: what needs attention is at the top.
                room = terminal_size().lines - 2
                left_out = [f"... {len(lines) - room} more lines"] if len(lines) > room else []
                lines = [CLEAR + lines[0], *lines[1:room], *left_out]
            print("\n".join(lines), flush=True)
            time.sleep(args.watch)
            try:
                lines = _lines(_asked(args))
            except Bgp2vpcError as error:  # the daemon may be restarting
                lines = [f"bgp2vpc: {visible(str(error))}"]
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}': expected a number of seconds, 0.1 or more")
    return seconds


def _asked(args: argparse.Namespace) -> Any:
    from bgp2vpc.sources.client import questions

    return questions(socket_of(args), "status")[0]


def _lines(status: Any) -> list[str]:
    from bgp2vpc.cli.report import report

    return report(visible(status), terminal_size().columns)
