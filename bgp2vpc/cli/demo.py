"""`demo`: runs two daemons on a simulated VPC and shows how they react to a series of events."""

import argparse
import shlex
import sys

from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    demo = commands.add_parser(
        "demo",
        help="watch bgp2vpc work on a simulated VPC",
        epilog="example: bgp2vpc demo --web",
        allow_abbrev=False,
    )
    demo.add_argument(
        "--keep",
        action="store_true",
        help="keep running at the end, until Ctrl-C, and print commands to explore with",
    )
    demo.add_argument(
        "--web", action="store_true", help="serve the status page of each instance; keep running as with --keep"
    )
    demo.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; exit status 1 if it, or a library that it needs, is not installed."""
    from importlib.metadata import requires
    from importlib.util import find_spec

    if find_spec("bgp2vpc.demo") is None:
        print("bgp2vpc: this package has no demo; in a clone of the source: make demo", file=sys.stderr)
        return 1
    # Checked here, because only the child process that simulates EC2 imports them.
    missing = [name for name in ("moto", "flask", "flask_cors", "waitress") if find_spec(name) is None]
    if missing:
        extras = [each.partition(";") for each in requires("bgp2vpc") or ()]
        packages = shlex.join(package.strip() for package, _, marker in extras if '"demo"' in marker)
        print(
            f"bgp2vpc: the demo needs libraries that are not installed here ({', '.join(missing)}): "
            f"{shlex.quote(sys.executable)} -m pip install {packages}",
            file=sys.stderr,
        )
        return 1
    from bgp2vpc.demo.story import tell

    return tell(keep=args.keep or args.web, web=args.web)
