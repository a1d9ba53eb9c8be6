"""`api`: sends one line of the text protocol to the daemon's socket."""

import argparse
import sys

from bgp2vpc.cli.options import Commands, add_socket, socket_of, visible


def add(commands: Commands) -> None:
    """Add the command."""
    api = commands.add_parser(
        "api",
        epilog="example: bgp2vpc api announce route 192.0.2.53/32 next-hop self",
        help="send one line of the text protocol to the daemon",
        description="An announcement stays until `api` withdraws it, or until the daemon ends.",
        allow_abbrev=False,
    )
    add_socket(api)
    api.add_argument("text", metavar="TEXT", nargs="+", help="such as 'announce route 192.0.2.53/32 next-hop self'")
    api.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Send the line and print the answer; exit status 0 if the daemon answers `done`."""
    from bgp2vpc.sources.client import ask

    answer = ask(socket_of(args), ["bgp2vpc lasting", " ".join(args.text)])[-1]
    for line in answer.text:
        print(visible(line))
    print("done" if answer.ok else "error")
    if answer.error:
        print(f"bgp2vpc: {visible(answer.error)}", file=sys.stderr)
    return 0 if answer.ok else 1
