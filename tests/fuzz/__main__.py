"""`python -m tests.fuzz [--lines N] [--files N] [--seed N]`: exit 1 if anything is wrong. 0 of a kind: none of it."""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.__main__ import record
from benchmarks.figures import Figure, at_most
from tests.fuzz import files, judge, lines

SHOWN: Final = 10
"""Inputs that are wrong after which we stop."""
OF_LINES, OF_FILES = 20_000, 500
"""Inputs of one seed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is made, and what judges it."""

    make: Callable[[Random], Iterator[Any]]
    judge: Callable[[Any], object]
    at_once: int


KINDS: Final = {
    "script": Kind(lines.script_lines, judge.of_script, OF_LINES),
    "exabgp": Kind(lines.exabgp_lines, judge.of_exabgp, OF_LINES),
    "file": Kind(files.files, judge.of_file, OF_FILES),
}


@dataclass(frozen=True, slots=True)
class Part:
    """`many` inputs of a kind, always the same ones for a seed."""

    kind: str
    seed: str
    many: int


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--files", type=int, default=1_000_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default: %(default)s")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="put the figures into this results file")
    arguments = parser.parse_args()
    many = {"script": arguments.lines // 2, "exabgp": arguments.lines - arguments.lines // 2, "file": arguments.files}
    # In turns, so that whoever stops it early has tried some of each.
    turns = zip_longest(*(_parts(kind, number, arguments.seed) for kind, number in many.items()))
    parts = [part for turn in turns for part in turn if part is not None]
    print(f"seed {arguments.seed}: {arguments.lines:,} lines, {arguments.files:,} files", flush=True)
    done, wrong, told, began = dict.fromkeys(KINDS, 0), 0, 0.0, time.monotonic()
    with Pool(arguments.jobs) as pool:
        for part, found in pool.imap_unordered(run, parts):
            done[part.kind] += part.many
            for each in found:
                wrong += 1
                print(f"wrong: {each}", flush=True)
            seconds = time.monotonic() - began
            if seconds > told + 60 or wrong >= SHOWN:
                told = seconds
                print(_summary(done, wrong, seconds), flush=True)
            if wrong >= SHOWN:
                break
    print(_summary(done, wrong, time.monotonic() - began))
    if arguments.json:
        record(arguments.json, "fuzz", figures(done, wrong), f"seed {arguments.seed}")
    return 1 if wrong else 0


def figures(done: dict[str, int], wrong: int) -> list[Figure]:
    """What was tried."""
    return [
        Figure("lines of scripts", "", [done["script"]]),
        Figure("lines of ExaBGP, text and JSON", "", [done["exabgp"]]),
        Figure("configuration files", "", [done["file"]]),
        Figure("a traceback, or no message for people", "", [wrong], (at_most(0),)),
    ]


def _summary(done: dict[str, int], wrong: int, seconds: float) -> str:
    counts = f"{done['script']:,} lines of scripts, {done['exabgp']:,} lines of ExaBGP, {done['file']:,} files"
    return f"{seconds:.0f} s: {counts}; {wrong} wrong"


def _parts(kind: str, many: int, seed: int) -> Iterator[Part]:
    at_once = KINDS[kind].at_once
    for first in range(0, many, at_once):
        yield Part(kind, f"{seed} {kind} {first}", min(at_once, many - first))


def run(part: Part) -> tuple[Part, list[str]]:
    """What is wrong with the inputs of this part: each with its seed, and as tests/fuzz/found.txt takes it."""
    kind, found = KINDS[part.kind], []
    for given in islice(kind.make(Random(part.seed)), part.many):
        if problem := complaint(part.kind, given):
            found.append(f"seed {part.seed!r}: {(part.kind, given)!r}\n{problem}")
    return part, found


def complaint(kind: str, given: object) -> str:
    """What is wrong with this input; empty: nothing."""
    try:
        KINDS[kind].judge(given)
    except Exception:  # noqa: BLE001  # whatever it is, it is what we look for
        return traceback.format_exc(limit=-4)
    return ""


if __name__ == "__main__":
    sys.exit(main())
