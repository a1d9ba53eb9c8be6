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
        description="Polls now instead of waiting for poll_time. Exit status 1: EC2 does not answer; 3: the plan was "
        "refused.",
        allow_abbrev=False,
    )
    add_order(reconcile, "reconcile")
    reconcile.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Order a poll, wait for its end, and print the changes it led to."""
    from bgp2vpc.errors import PlanRefused

    poll = order(args, "reconcile")["poll"]
    seen = until(lambda: question(args, "polls"), lambda polls: polls["ended"] >= poll, PATIENCE)
    if seen["ended"] < poll or seen["error"]:
        print(f"bgp2vpc: the route tables could not be read: {seen['error'] or 'no answer yet'}", file=sys.stderr)
        return 1
    if refused := seen.get("refused"):
        raise PlanRefused(refused)
    changes = seen["changes"]
    if not changes and (wanted := seen.get("wanted")):
        why = "noop: nothing is written" if seen["noop"] else "their writes have failed or are under way"
        changes = f"nothing new; {wanted} wanted already ({why}; see `bgp2vpc status`)"
    print(f"read and decided: {changes or 'nothing to change'}")
    return 0
