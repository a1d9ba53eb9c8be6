"""`tee`: runs a script of ExaBGP and copies its lines to the daemon. It runs once per script, so it stays small."""

import argparse

from bgp2vpc.cli.options import Commands, add_socket, socket_of


def add(commands: Commands) -> None:
    """Add the command."""
    tee = commands.add_parser(
        "tee",
        epilog="example: bgp2vpc tee -- /usr/local/bin/check-dns --every 5",
        help="run a script for ExaBGP, and copy its lines to the daemon",
        allow_abbrev=False,
    )
    add_socket(tee, by_file=False)
    tee.add_argument("--name", default="", help="the name of this source (default: made from the command line)")
    tee.add_argument("argv", metavar="CMD", nargs="+", help="the script and its arguments, after --")
    tee.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Run the script until it ends. Returns its exit status."""
    from bgp2vpc.sources.tee import main

    return main(args.argv, socket_of(args), args.name)
