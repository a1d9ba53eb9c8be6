"""`python -m tests.explore [--seconds N] [--depth N] [--troubles N]`; exit 1 if something is found."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.__main__ import record
from benchmarks.figures import Figure, at_most
from tests.explore.search import Found, Level, Scope, levels
from tests.explore.world import Violation, World


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.explore", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, metavar="N", help="default: %(default)g")
    parser.add_argument("--depth", type=int, default=100, metavar="N", help="at most (default: as time allows)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--meds", type=int, nargs="+", default=[100, 200], metavar="MED", help="default: 100 200")
    parser.add_argument("--troubles", type=int, metavar="N", help="failures in one way at most (default: any number)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="put the figures into this results file")
    parser.add_argument("--trace", metavar="EVENTS", help="the start and events, with `; ` between them")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if arguments.trace:
        return _replay(arguments.trace.split("; "), tuple(arguments.meds))
    began, found, done = time.monotonic(), [], []
    scope = Scope(tuple(arguments.meds), arguments.troubles)
    for level in levels(arguments.depth, scope, seconds=arguments.seconds, jobs=arguments.jobs):
        whole = "" if level.is_whole else " (in part: time is over)"
        seconds = time.monotonic() - began
        hits = ", ".join(f"{count} {kind}" for kind, count in sorted(level.hits.items())) or "none"
        print(
            f"depth {level.depth}{whole}: {level.events:,} events, {level.states:,} states in all, {seconds:.0f} s; "
            f"deletes that hit the other's route: {hits}",
            flush=True,
        )
        found += level.found
        done.append(level)
        for kind, trace in level.examples.items():
            print(f"  {kind}: {'; '.join(trace)}")
    for each in found:
        print(told(each))
    if arguments.json:
        seconds = f"{time.monotonic() - began:.0f} s, {arguments.jobs} processes"
        record(arguments.json, "explore", figures(done), f"{seconds}, load average {os.getloadavg()[0]:.1f}")
    return 1 if found else 0


def figures(done: Sequence[Level]) -> list[Figure]:
    """What was searched."""
    return [
        Figure("events in a row, every one tried", "", [sum(level.is_whole for level in done)]),
        Figure("states", "", [done[-1].states]),
        Figure("events tried", "", [sum(level.events for level in done)]),
        Figure("states that break a rule", "", [sum(len(level.found) for level in done)], (at_most(0),)),
    ]


def told(found: Found) -> str:
    """What is said of it, and how it is seen again."""
    return f"{found}\n  see it: python -m tests.explore --trace '{'; '.join(found.trace)}'"


def _replay(events: list[str], meds: tuple[int, ...]) -> int:
    world = World.start(events[0], meds)
    print(f"{events[0]:28} {world}")
    try:
        for event in events[1:]:
            world.apply(event)
            print(f"{event:28} {world}")
        world.calm(told=lambda event: print(f"(calm) {event:21} {world}"))
    except Violation as violation:
        print(f"found: {violation}")
        return 1
    return 0


def _with_fixed_hashes() -> None:
    """Digests are compared between processes, and the order of a set is part of a few texts."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    _with_fixed_hashes()
    sys.exit(main())
