"""`bgp2vpc COMMAND`: the command line, one file for each command.

A command's file has two functions: `add` gives the parser its arguments, `run` carries the command out and returns the
exit status (a file with two commands has `run_drain` and `run_undrain`). Every command but `run`, `helper` and `tee`
ends soon: it reads the configuration file, EC2, or asks the running daemon over its unix socket (`asking.py`), prints
what it found to stdout and what is wrong to stderr.

A command imports what it needs inside `run`, also asyncio: `api` and `status` have to start quickly, `tee` runs once
for every script and has to stay small, and `run` must not load what only `demo` needs.

Exit status: 0 ok; 1 failed; 2 usage or configuration; 3 unsafe plan refused. Errors of bgp2vpc (`errors.py`) are
caught here and printed without a traceback.
"""

import argparse
import sys
from collections.abc import Sequence

from bgp2vpc.cli import (
    api,
    check,
    demo,
    doctor,
    drain,
    exabgp_config,
    hold,
    iam_policy,
    plan,
    reconcile,
    release,
    run,
    status,
    takeover,
    tee,
    version,
    why,
)  # fmt: skip
from bgp2vpc.cli.options import add_version, visible
from bgp2vpc.errors import Bgp2vpcError, ConfigError, PlanRefused

COMMANDS = (
    run, tee, check, plan, status, why, api, hold, release, takeover, reconcile, drain, exabgp_config, iam_policy,
    doctor, demo, version,
)  # fmt: skip

FAILED, USAGE, UNSAFE = 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    args = command_line().parse_args(argv)
    try:
        return int(args.command(args))
    except ConfigError as error:
        print(visible(str(error)), file=sys.stderr)
        return USAGE
    except PlanRefused as error:
        print(f"bgp2vpc: {visible(str(error))}", file=sys.stderr)
        return UNSAFE
    except Bgp2vpcError as error:
        print(f"bgp2vpc: {visible(str(error))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


def command_line() -> argparse.ArgumentParser:
    """The parser of the command line. `docs/commands.md` and the manual pages are generated from it."""
    parser = argparse.ArgumentParser(
        prog="bgp2vpc",
        description="Keeps AWS VPC route tables in step with ExaBGP announcements.",
        allow_abbrev=False,
    )
    add_version(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
