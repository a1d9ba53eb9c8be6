"""`reconcile`: has the daemon read the route tables and decide now."""

import argparse
import sys
from typing import Final

from bgp2vpc.cli.asking import add_order, order, question, until
from bgp2vpc.cli.options import Commands

PATIENCE: Final = 30.0


def add(commands: Commands) -> None:
    """Add the command."""
    reconcile = commands.add_parser(
        "reconcile",
        epilog="example: bgp2vpc reconcile",
        help="read the route tables and decide now",
        description="Polls now instead of waiting for poll_time. Exit status 1: EC2 does not answer.",
        allow_abbrev=False,
    )
    add_order(reconcile, "reconcile")
    reconcile.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Order a poll, wait for its end, and print the changes it led to."""
    poll = order(args, "reconcile")["poll"]
    seen = until(lambda: question(args, "polls"), lambda polls: polls["ended"] >= poll, PATIENCE)
    if seen["ended"] < poll or seen["error"]:
        print(f"bgp2vpc: the route tables could not be read: {seen['error'] or 'no answer yet'}", file=sys.stderr)
        return 1
    print(f"read and decided: {seen['changes'] or 'nothing to change'}")
    return 0
