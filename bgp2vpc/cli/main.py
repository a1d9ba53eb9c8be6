"""`bgp2vpc COMMAND`: the command line, one file for each command.

1. `main` finds the command in `COMMANDS` and imports only its file; `bgp2vpc --help` needs all of them.
2. The file's `add` adds the command to the parser: arguments, help, an example. `options.py` has the shared options.
3. The file's `run` carries the command out and returns the exit status (`run_drain` and `run_undrain` where a file
   has two commands). `run`, `helper` and `tee` keep running. Nearly every other command reads the configuration file
   or EC2, or asks the daemon over its unix socket (`asking.py`; `status` and `api` on their own), and ends. Results
   go to stdout (`report.py` words those of `status`), trouble to stderr.
4. `main` prints an error of bgp2vpc (`errors.py`) without a traceback. Exit status: 0 ok; 1 failed; 2 usage or
   configuration; 3 unsafe plan refused.

`run` functions import what they need themselves, even asyncio: `api` and `status` have to start quickly, `tee` runs
once for every script and has to stay small, and the daemon must not load what only `demo` needs.
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
"""Command -> its file, in the order of `--help`."""

FAILED, USAGE, UNSAFE = 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status; 130 after Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Escape characters that the locale's encoding lacks, as stderr does by default.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    if not words:
        command_line().print_help(sys.stderr)
        return USAGE
    first = next((each for each in words if not each.startswith("-")), None)
    parser = command_line(first if first in COMMANDS and words[0] == first else None)
    if first is not None and first not in COMMANDS:
        from difflib import get_close_matches

        # argparse would list all commands, even if one differs by a single letter.
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
    """Print the error to stderr. Returns the exit status."""
    match error:
        case ConfigError():
            print(visible(str(error)), file=sys.stderr)
            return USAGE
        case UnicodeEncodeError():  # mostly a path in the configuration: files are written in UTF-8 in every locale
            what = f"{error.object!r} cannot be written in {error.encoding}, the encoding of this locale"
            print(f"bgp2vpc: {visible(what)}; set LC_ALL=C.UTF-8", file=sys.stderr)
        case BrokenPipeError():  # `bgp2vpc status | head`
            pass
        case OSError():
            what = "" if error.filename else "the output cannot be written: "
            print(f"bgp2vpc: {what}{visible(reason_of(error))}", file=sys.stderr)
        case _:
            print(f"bgp2vpc: {visible(str(error))}", file=sys.stderr)
    if isinstance(error, OSError):  # flushing the rest of stdout's buffer at exit would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return UNSAFE if isinstance(error, PlanRefused) else FAILED


def command_line(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the command line, with all commands, or with those in the file of `command`.

    `docs/commands.md` and the manual pages are generated from it.
    """
    parser = argparse.ArgumentParser(
        prog="bgp2vpc",
        # argparse's own usage lists the options, too, and the help would not fit on a screen.
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
