"""`why`: explains how one prefix is routed, from announcement to write."""

import argparse
import json

from bgp2vpc.cli.asking import question
from bgp2vpc.cli.options import Commands, add_socket


def add(commands: Commands) -> None:
    """Add the command."""
    why = commands.add_parser(
        "why",
        epilog="example: bgp2vpc why 192.0.2.53/32",
        help="explain why a prefix is routed as it is",
        description="Shows which sources announced PREFIX, which rule matches it, which path won and by which step, "
        "the route in each table, the verdict and its reason, and the last failure. Exit status 1: the daemon knows "
        "nothing about PREFIX.",
        allow_abbrev=False,
    )
    add_socket(why)
    why.add_argument("--table", metavar="RTB", help="only in this route table")
    why.add_argument("--json", action="store_true", help="for programs")
    why.add_argument("prefix", metavar="PREFIX", help="such as 192.0.2.53/32, exactly as announced")
    why.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon, and print its answer."""
    answer = question(args, "why", args.prefix, *([args.table] if args.table else []))
    print(json.dumps(answer, indent=2) if args.json else "\n".join(answer["lines"]))
    return 0
