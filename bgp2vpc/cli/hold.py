"""`hold`: freezes routes, so that the daemon of this host does not write them."""

import argparse
import sys

from bgp2vpc.cli.asking import add_order, order
from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    hold = commands.add_parser(
        "hold",
        epilog="example: bgp2vpc hold 192.0.2.53/32 --for 2h --reason 'new routers'",
        help="stop writing the routes of these prefixes until released",
        description="The daemon of this host leaves the routes of PREFIX as they are in every table, whatever is "
        "announced, withdrawn, drained or taken over. The hold lasts until `bgp2vpc release` or the time given by "
        "--for, even across a restart. Other instances are not affected.",
        allow_abbrev=False,
    )
    add_order(hold, "hold")
    hold.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Order the hold, and print until when each prefix is held."""
    answer = order(args, "hold", *args.prefixes)
    for each in answer["held"]:
        end = f"for {args.duration}, until {each['until']}" if each["until"] else "until it is released"
        print(f"{each['prefix']} is held {end}")
    if answer["not_saved"]:
        print(f"bgp2vpc: does not survive a restart: {answer['not_saved']}", file=sys.stderr)
    return 0
