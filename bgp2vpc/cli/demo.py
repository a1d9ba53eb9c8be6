"""`demo`: two daemons on an embedded VPC, with a story to watch."""

import argparse
import sys

from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    demo = commands.add_parser("demo", help="watch it work on an embedded VPC", allow_abbrev=False)
    demo.add_argument("--keep", action="store_true", help="stay up when the story is over, until Ctrl-C")
    demo.set_defaults(command=_demo)


def _demo(args: argparse.Namespace) -> int:
    try:
        from bgp2vpc.demo.story import tell
    except ModuleNotFoundError as error:
        print(f"bgp2vpc: the demo needs {error.name}: pip install 'bgp2vpc[demo]'", file=sys.stderr)
        return 1
    return tell(keep=args.keep)
