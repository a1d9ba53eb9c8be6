"""`tee`: the relay for an existing `process` of ExaBGP. Nothing heavy is imported: one runs for every script."""

import argparse

from bgp2vpc.cli.options import Commands, add_socket


def add(commands: Commands) -> None:
    """Add the command."""
    tee = commands.add_parser(
        "tee", help="run a script for ExaBGP and let the daemon hear what it says", allow_abbrev=False
    )
    add_socket(tee)
    tee.add_argument("--name", default="", help="the name of this source (default: made from the command line)")
    tee.add_argument("argv", metavar="CMD", nargs="+", help="the script and its arguments, after --")
    tee.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Run the script until it ends; its exit status."""
    from bgp2vpc.sources.tee import main

    return main(args.argv, args.socket, args.name)
