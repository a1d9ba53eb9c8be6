"""`drain`: hands our routes over to other instances, then withdraws. `undrain`: announces as before."""

import argparse
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bgp2vpc.cli.asking import add_order, order, question
from bgp2vpc.cli.options import Commands

LOOK_EVERY: Final = 0.3
LAST_WRITES: Final = 20.0
"""Seconds to wait for the last writes after the withdrawal."""
NAMED: Final = 5
"""How many prefixes a refusal names; it counts the others."""


def add(commands: Commands) -> None:
    """Add both commands."""
    drain = commands.add_parser(
        "drain",
        epilog="example: bgp2vpc drain --for 30m --reason 'new kernel'",
        help="hand our routes over to other instances, then withdraw",
        description="Announces PREFIX (default: all prefixes) as a last resort, waits up to drain_timeout until other "
        "instances have taken the routes, and then withdraws the prefixes. The drain lasts until `bgp2vpc undrain`, "
        "even across a restart. Exit status 1: a route had no successor or is still ours; 3: refused, because no other "
        "instance is known to offer a prefix. Ctrl-C ends the command, not the drain.",
        allow_abbrev=False,
    )
    drain.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait for the end of the drain (default), or not",
    )
    drain.add_argument(
        "--force", action="store_true", help="drain even if no other instance is known to offer a prefix: its routes "
        "are deleted, or pointed at their fallback, at the end of drain_timeout",
    )  # fmt: skip
    drain.set_defaults(command=run_drain)
    undrain = commands.add_parser(
        "undrain", epilog="example: bgp2vpc undrain", help="end a drain and announce as before", allow_abbrev=False,
        description="Ends the drain of PREFIX (default: all drains, whatever started them).",
    )  # fmt: skip
    undrain.set_defaults(command=run_undrain)
    add_order(drain, "drain")
    add_order(undrain, "undrain")


def run_drain(args: argparse.Namespace) -> int:
    """Order the drain, and print the result of each route until the drain is over and the last write is done.

    Raises PlanRefused without `--force` if no other instance is known to offer one of the prefixes.
    """
    from bgp2vpc.errors import PlanRefused
    from bgp2vpc.prefix import PrefixError

    if not args.force:
        try:
            alone = _of(question(args, "leaving")["alone"], args.prefixes)
        except PrefixError:
            alone = []  # the daemon refuses the prefix, with a reason
        if alone:
            prefixes = list(dict.fromkeys(row["prefix"] for row in alone))
            more = f" and {len(prefixes) - NAMED} more" if len(prefixes) > NAMED else ""
            raise PlanRefused(
                f"nothing is drained: no other instance is known to offer {', '.join(prefixes[:NAMED])}{more}, so "
                "nobody would take over, and these routes would be deleted. An instance without a BGP session to this "
                "one is not heard: if there is one that can take over, or if the prefix is to go, add --force"
            )
    report = order(args, "drain", *args.prefixes)
    try:
        return _see_through(args, report)
    except KeyboardInterrupt:
        undrain = _command(args, "undrain", *args.prefixes)
        status = _command(args, "status")
        print(f"bgp2vpc: the drain goes on; stop it with `{undrain}`, watch it with `{status}`", file=sys.stderr)
        raise


def _command(args: argparse.Namespace, *words: str) -> str:
    """The shell command `bgp2vpc WORDS` with the options that reach the same daemon."""
    socket = ("--socket", str(args.socket)) if args.socket else ()
    file = ("-f", args.file) if args.file else ()
    return shlex.join(("bgp2vpc", *words, *file, *socket))


def _see_through(args: argparse.Namespace, report: dict[str, Any]) -> int:
    """Print the result of each route, from `report` and from further reports of the daemon. Returns the exit status."""
    print(f"draining {', '.join(args.prefixes) or 'everything'}, at most {report['timeout']:g} s")
    if alone := sorted({row["prefix"] for row in _of(report["routes"], args.prefixes) if not row["heard"]}):
        print(f"no other instance is known to offer {', '.join(alone)}")
    if report["past_us"]:
        names = ", ".join(report["past_us"])
        print(f"{names}: announced to ExaBGP without us (tee), so only the VPC is drained; the datacenter is not")
    if report["not_saved"]:
        print(f"bgp2vpc: does not survive a restart: {report['not_saved']}", file=sys.stderr)
    if not args.wait:
        return 0
    told: dict[tuple[str, str], str] = {}
    withdrawn_at: float | None = None
    while True:
        routes = _of(report["routes"], args.prefixes)
        _tell([row for row in routes if row["end"] != "still ours"], told, noop=report["noop"])
        draining = any(
            each["state"] == "draining" and each["withdraws"] for each in _of(report["leaving"], args.prefixes)
        )
        left = [row for row in routes if row["end"] == "still ours" and not row.get("held")]
        if not draining:
            withdrawn_at = withdrawn_at or time.monotonic()
            if not left or report["noop"] or time.monotonic() > withdrawn_at + LAST_WRITES:
                break
        time.sleep(LOOK_EVERY)
        report = question(args, "leaving")
    _tell(routes, told, noop=report["noop"])
    for problem in (problems := list(unsolved(routes, report.get("unread")))):
        print(f"bgp2vpc: {problem}", file=sys.stderr)
    if not problems:
        print(f"drained: {'all was taken over' if routes else 'no route was ours'}")
    return 1 if problems else 0


def unsolved(routes: Sequence[Mapping[str, Any]], unread: str | None) -> Iterator[str]:
    """What the drain has not achieved, a sentence each; nothing if other instances have all `routes` now.

    `unread`: why the route tables have never been read; None if they have.
    """
    if unread:
        yield f"the route tables have not been read yet, so routes to this instance may be left in them: {unread}"
    stays = {"still ours": "not drained, still ours", "kept": "not drained, kept here by never_delete"}
    alike: dict[str, list[str]] = {}
    for row in routes:
        if row["end"] != "taken over":
            words = stays.get(row["end"], "drained, without a successor")
            alike.setdefault(words, []).append(f"{row['route_table_id']} {row['prefix']}")
    for words, places in alike.items():
        yield f"{words}: {', '.join(places)}"


def _of(rows: Iterable[Mapping[str, Any]], prefixes: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows about these prefixes; all rows if there are no prefixes."""
    from bgp2vpc.prefix import parse_prefix

    wanted = {str(parse_prefix(each)) for each in prefixes}
    return [row for row in rows if not wanted or row["prefix"] in wanted]


def _tell(rows: Iterable[Mapping[str, Any]], told: dict[tuple[str, str], str], *, noop: bool) -> None:
    """Print the result of each route unless `told` has it already, and add it there."""
    for row in rows:
        place = (row["route_table_id"], row["prefix"])
        if told.get(place) == row["end"]:
            continue
        told[place] = row["end"]
        match row["end"]:
            case "taken over":
                owner = f"{row['owner']} ({row['target']})" if row["owner"] else row["target"]
                words = f"taken over by {owner}"
            case "deleted":
                late = "another instance offers it, but did not take it in time"
                words = f"deleted: no successor ({late if row['heard'] else 'nobody else offers it'})"
            case "put to its fallback":
                words = f"put to its fallback {row['target']}: no successor"
            case "kept":
                words = f"kept at {row['target']}: never_delete"
            case _ if row.get("held"):
                words = "still ours: it is held (bgp2vpc release)"
            case _:
                why = "nothing is written (noop)" if noop else "not written yet; `bgp2vpc status` shows what fails"
                words = f"still ours: {row['error'] or why}"
        print(f"{row['route_table_id']} {row['prefix']}: {words}", flush=True)


def run_undrain(args: argparse.Namespace) -> int:
    """End the drains, and print which prefixes are announced again."""
    ended = order(args, "undrain", *args.prefixes)
    for each in ended:
        reason = f" ({each['by']}: {each['reason']})" if each["reason"] else f" ({each['by']})"
        print(f"{each['prefix'] or 'everything'} is announced again as before; it was {each['state']}{reason}")
    if not ended:
        print("nothing was draining")
    return 0
