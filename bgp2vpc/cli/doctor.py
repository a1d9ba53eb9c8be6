"""`doctor`: checks this host and its VPC, and changes nothing."""

import argparse
import json
from pathlib import Path

from bgp2vpc.cli.options import Commands, add_file, terminal, visible

QUOTA = 500
COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def add(commands: Commands) -> None:
    """Add the command."""
    doctor = commands.add_parser(
        "doctor",
        epilog="example: bgp2vpc doctor -f /etc/bgp2vpc.yaml",
        help="check this host, its VPC and permissions; print the fixes",
        description="Reads from EC2 and tests writes with DryRun; changes nothing. Exit status 1: a check failed.",
        allow_abbrev=False,
    )
    add_file(doctor)
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.add_argument("--socket", metavar="S", type=Path, help="the daemon's unix socket (default: FILE's)")
    doctor.add_argument(
        "--exabgp-conf", metavar="CONF", type=Path,
        help="ExaBGP's configuration file (default: that of the ExaBGP whose helper the daemon is)",
    )  # fmt: skip
    doctor.add_argument(
        "--quota", metavar="N", type=int, default=QUOTA, help=f"routes that a table may hold (default: {QUOTA})"
    )
    doctor.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Gather the facts, judge them, print the findings; exit status 1 if one of them is `fail`."""
    from bgp2vpc.config.load import load
    from bgp2vpc.doctor.facts.gather import gather
    from bgp2vpc.doctor.judge import judge
    from bgp2vpc.doctor.model import State

    config = load(args.file)
    findings = judge(config, gather(config, args.socket or config.socket, args.exabgp_conf), args.quota)
    status = 1 if any(finding.state is State.FAIL for finding in findings) else 0
    if args.json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
        return status
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    table.add_column("check", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("finding", overflow="fold")
    for each in findings:
        state = each.state.value
        table.add_row(each.check, f"[{COLOURS[state]}]{state}[/]", escape(visible(each.message)))
    console = terminal()
    console.print(table)
    # Below the table, since its cells are wrapped: commands can be copied from here.
    for mend in dict.fromkeys((each.check, each.mend) for each in findings if each.mend):
        console.print(f"to mend {mend[0]}: {visible(mend[1])}", highlight=False, soft_wrap=True, markup=False)
    counts = ", ".join(f"{sum(each.state.value == state for each in findings)} {state}" for state in COLOURS)
    console.print(counts, highlight=False)
    return status
