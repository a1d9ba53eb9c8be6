"""`bgp2vpc COMMAND`: the command line, one file for each command.

A command's file has two functions: `add` gives the parser its arguments and an example, `run` carries the command out
and returns the exit status (a file with two commands has `run_drain` and `run_undrain`). Every command but `run`,
`helper` and `tee` ends soon: it reads the configuration file, EC2, or asks the running daemon over its unix socket
(`asking.py`), prints what it found to stdout and what is wrong to stderr. `options` has what several commands take,
`report` the sentences of `status`.

Only the file of the command that is run is imported, and a command imports what it needs inside `run`, also asyncio:
`api` and `status` have to start quickly, `tee` runs once for every script and has to stay small, and `run` must not
load what only `demo` needs.

Exit status: 0 ok; 1 failed; 2 usage or configuration; 3 unsafe plan refused. Errors of bgp2vpc (`errors.py`) are
caught here and printed without a traceback.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from bgp2vpc.cli.options import add_version, visible
from bgp2vpc.errors import Bgp2vpcError, ConfigError, PlanRefused
from bgp2vpc.files import reason_of

COMMANDS: Final = {
    "run": "run",
    "helper": "run",
    "tee": "tee",
    "check": "check",
    "plan": "plan",
    "status": "status",
    "why": "why",
    "api": "api",
    "hold": "hold",
    "release": "release",
    "takeover": "takeover",
    "reconcile": "reconcile",
    "probe": "probe",
    "drain": "drain",
    "undrain": "drain",
    "exabgp-config": "exabgp_config",
    "iam-policy": "iam_policy",
    "doctor": "doctor",
    "demo": "demo",
    "version": "version",
}
"""In which file each command is, in the order of `--help`."""

FAILED, USAGE, UNSAFE = 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What an encoding other than UTF-8 has no character for is written out, as stderr does by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    if not words:
        command_line().print_help(sys.stderr)
        return USAGE
    first = next((each for each in words if not each.startswith("-")), None)
    parser = command_line(first if first in COMMANDS and words[0] == first else None)
    if first is not None and first not in COMMANDS:
        from difflib import get_close_matches

        # argparse would list all commands, however near one of them is.
        near = get_close_matches(first, COMMANDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
        parser.error(f"there is no command {visible(first)!r}; {hint}")
    args, more = parser.parse_known_args(words)
    if more:
        file = next((each for each in more if each.endswith((".yaml", ".yml"))), None)
        hint = f"; name the configuration file with -f: bgp2vpc {first} -f {file}" if file else ""
        parser.error(f"unrecognized arguments: {visible(' '.join(more) + hint)}")
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


def command_line(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the command line; it knows all commands, or those in the file of one.

    `docs/commands.md` and the manual pages are generated from it.
    """
    parser = argparse.ArgumentParser(
        prog="bgp2vpc",
        # By itself argparse lists the options, too, and all would no longer fit on a screen.
        usage="bgp2vpc [--help] [--version] COMMAND ...",
        description="Keeps AWS VPC route tables in step with ExaBGP announcements.",
        epilog="bgp2vpc COMMAND --help: its options, and an example",
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    add_version(parser, argparse.SUPPRESS)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="bgp2vpc", required=True)
    for file in dict.fromkeys(COMMANDS.values()) if command is None else [COMMANDS[command]]:
        import_module(f"bgp2vpc.cli.{file}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
