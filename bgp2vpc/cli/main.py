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
import io
import os
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
    probe,
    reconcile,
    release,
    run,
    status,
    takeover,
    tee,
    version,
    why,
)  # fmt: skip
from bgp2vpc.cli.options import Commands, add_version, visible
from bgp2vpc.errors import Bgp2vpcError, ConfigError, PlanRefused
from bgp2vpc.files import reason_of

COMMANDS = (
    run, tee, check, plan, status, why, api, hold, release, takeover, reconcile, probe, drain, exabgp_config,
    iam_policy, doctor, demo, version,
)  # fmt: skip

FAILED, USAGE, UNSAFE = 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What an encoding other than UTF-8 has no character for is written out, as stderr does by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    parser, commands = _parsers()
    first = next((each for each in words if not each.startswith("-")), None)
    if first is not None and first not in commands.choices:
        from difflib import get_close_matches

        # argparse would list all commands, however near one of them is.
        near = get_close_matches(first, commands.choices, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(commands.choices)}"
        parser.error(f"there is no command {visible(first)!r}; {hint}")
    args = parser.parse_args(words)
    try:
        status = int(args.command(args))
        sys.stdout.flush()
        return status
    except (Bgp2vpcError, UnicodeEncodeError, OSError) as error:
        return _failed(error)
    except KeyboardInterrupt:
        return 130


def _failed(error: Bgp2vpcError | UnicodeEncodeError | OSError) -> int:
    """Say why; the exit status."""
    match error:
        case ConfigError():
            print(visible(str(error)), file=sys.stderr)
            return USAGE
        case UnicodeEncodeError():  # a path of the file, mostly: texts are written in UTF-8 whatever the locale is
            what = f"{error.object!r} cannot be written in {error.encoding}, the encoding of this locale"
            print(f"bgp2vpc: {visible(what)}; set LC_ALL=C.UTF-8", file=sys.stderr)
        case BrokenPipeError():  # `bgp2vpc status | head`
            pass
        case OSError():
            what = "" if error.filename else "the output cannot be written: "
            print(f"bgp2vpc: {what}{visible(reason_of(error))}", file=sys.stderr)
        case _:
            print(f"bgp2vpc: {visible(str(error))}", file=sys.stderr)
    if isinstance(error, OSError):  # what is left in the buffer of stdout would fail once more at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return UNSAFE if isinstance(error, PlanRefused) else FAILED


def command_line() -> argparse.ArgumentParser:
    """The parser of the command line. `docs/commands.md` and the manual pages are generated from it."""
    return _parsers()[0]


def _parsers() -> tuple[argparse.ArgumentParser, Commands]:
    parser = argparse.ArgumentParser(
        prog="bgp2vpc",
        description="Keeps AWS VPC route tables in step with ExaBGP announcements.",
        allow_abbrev=False,
    )
    add_version(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return parser, commands


if __name__ == "__main__":
    sys.exit(main())
