"""`version`: prints the version of bgp2vpc."""

import argparse

import bgp2vpc
from bgp2vpc.cli.options import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    commands.add_parser("version", epilog="example: bgp2vpc version", help="print the version").set_defaults(
        command=run
    )


def run(_: argparse.Namespace) -> int:
    """Print the version."""
    print(f"bgp2vpc {bgp2vpc.__version__}")
    return 0
