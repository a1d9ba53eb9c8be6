"""`release`: ends holds, and takeovers under way."""

import argparse

from bgp2vpc.cli.asking import add_order, order
from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    release = commands.add_parser(
        "release",
        epilog="example: bgp2vpc release 192.0.2.53/32",
        help="end holds, and takeovers under way",
        description="Ends the holds of PREFIX, and takeovers of it that are under way (default: of all prefixes).",
        allow_abbrev=False,
    )
    add_order(release, "release")
    release.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """End holds and takeovers, and print each with its duration, who ordered it, and why."""
    from datetime import UTC, datetime, timedelta

    ended = order(args, "release", *args.prefixes)
    for each in ended:
        what = "held" if each["verb"] == "hold" else "being taken over"
        took = datetime.now(UTC) - datetime.fromisoformat(each["since"])
        lasted = timedelta(seconds=max(0, round(took.total_seconds())))
        who = f"by {each['by']}: {each['reason']}" if each["reason"] else f"by {each['by']}"
        print(f"{each['prefix']} is released; it was {what} for {lasted}, since {each['since']}, {who}")
    if not ended:
        print("nothing was held or being taken over")
    return 0
