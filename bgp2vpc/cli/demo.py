"""`demo`: two daemons on an embedded VPC, with a story to watch."""

import argparse
import sys

from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    demo = commands.add_parser("demo", help="watch it work on an embedded VPC", allow_abbrev=False)
    demo.add_argument("--keep", action="store_true", help="stay up when the story is over, until Ctrl-C")
    demo.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Tell the story; exit status 1 if the packages of the `demo` extra are missing."""
    from importlib.util import find_spec

    # Asked beforehand: they are imported by the process that plays EC2, far from here.
    missing = [name for name in ("moto", "flask", "flask_cors", "waitress") if find_spec(name) is None]
    if missing:
        names = " and ".join(missing)
        print(f"bgp2vpc: the demo needs {names}, its `demo` extra: pip install '.[demo]' in a clone", file=sys.stderr)
        return 1
    from bgp2vpc.demo.story import tell

    return tell(keep=args.keep)
