"""Shared by the commands that ask the daemon: their options, the question over the socket, and waiting for a result."""

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

from bgp2vpc.cli.options import add_socket, socket_of, visible
from bgp2vpc.operator.verbs import VERBS, About

LOOK_EVERY: Final = 0.2


def add_order(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the options of verb `name` as `VERBS` has it: the socket's, `--reason`, `--for` and PREFIX."""
    verb = VERBS[name]
    add_socket(parser)
    parser.add_argument("--reason", metavar="TEXT", default="", help="the reason, for the log and the status")
    if verb.lasts:
        parser.add_argument(
            "--for", metavar="TIME", dest="duration", help="end by itself after this time: 90s, 30m, 2h, 1d"
        )
    if verb.about is About.PREFIXES:
        parser.add_argument(
            "prefixes", metavar="PREFIX", nargs="*" if verb.everything else "+",
            help="such as 192.0.2.53/32, exactly as announced",
        )  # fmt: skip


def order(args: argparse.Namespace, verb: str, *subjects: str) -> Any:
    """Send the order `verb` with the options of `add_order`, and return the answer. Raises Bgp2vpcError."""
    from bgp2vpc.errors import Bgp2vpcError

    if not all(map(str.strip, subjects)):  # `drain "$PREFIX"` with an unset variable
        raise Bgp2vpcError("an empty PREFIX; leave it out to mean everything")
    duration = ("for", args.duration) if getattr(args, "duration", None) else ()
    reason = ("reason", args.reason) if args.reason.strip() else ()
    return question(args, verb, *subjects, *duration, *reason)


def question(args: argparse.Namespace, *words: str) -> Any:
    """Send `bgp2vpc WORDS` and return the answer, parsed as JSON. Raises Bgp2vpcError if the daemon refuses it.

    Without `--json`, control characters in it are escaped for the terminal.
    """
    from bgp2vpc.sources.client import questions

    # A line end within a reason would split the line in two.
    (found,) = questions(socket_of(args), " ".join(" ".join(words).split()))
    return found if getattr(args, "json", False) else visible(found)


def until(look: Callable[[], Any], is_done: Callable[[Any], bool], seconds: float) -> Any:
    """Call `look` until `is_done` accepts its result, at most `seconds`. Returns the last result."""
    deadline = time.monotonic() + seconds
    while not is_done(seen := look()) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
    return seen
