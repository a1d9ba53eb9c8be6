"""`python -m tests.simulation [--seeds N] [--first N] [--jobs N]`, or `--seed N --trace`; exit 1 if a seed fails."""

import argparse
import hashlib
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

from tests.simulation import fleet
from tests.simulation.invariants import Hit, Watch, watched
from tests.simulation.schedule import Schedule

SHOWN = 10
"""Failing seeds after which we stop."""


class Result(NamedTuple):
    """What one seed came to. `writes`: a hash of all that was written, when and by whom."""

    seed: int
    faults: list[str]
    hits: Counter[Hit]
    writes: str


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first of them (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--writes", type=Path, metavar="FILE", help="a line per seed with a hash of what it wrote")
    parser.add_argument("--seed", type=int, metavar="N", help="only this one")
    parser.add_argument("--trace", action="store_true", help="with --seed: all that happens")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return _replay(arguments.seed, traced=arguments.trace)
    return _run(range(arguments.first, arguments.first + arguments.seeds), arguments.jobs, arguments.writes)


def _run(seeds: range, jobs: int, writes: Path | None) -> int:
    started, failed, done = time.monotonic(), 0, 0
    hits: Counter[Hit] = Counter()
    lines: list[str] = []
    for result in _results(seeds, jobs):
        done += 1
        hits += result.hits
        lines.append(f"{result.seed} {result.writes}\n")
        if result.faults:
            failed += 1
            print(failure(result.seed, result.faults), flush=True)
        if failed >= SHOWN:
            break
    if writes is not None:
        writes.write_text("".join(lines))
    seconds = time.monotonic() - started
    counts = ", ".join(f"{hits[each]} {each.value}" for each in Hit)
    print(f"deletes that hit another host's route: {counts}")
    print(f"{done} schedules in {seconds:.1f} s, {done / seconds:.0f} a second; {failed} failed")
    return 1 if failed else 0


def failure(seed: int, faults: Iterable[str]) -> str:
    """What is said of a seed that fails, and how it is seen again."""
    replay = f"replay: python -m tests.simulation --seed {seed} --trace"
    return "\n  ".join([f"seed {seed} fails:", *faults, replay])


def _results(seeds: range, jobs: int) -> Iterator[Result]:
    if jobs == 1:
        yield from map(_result, seeds)
        return
    with Pool(jobs) as pool:
        yield from pool.imap(_result, seeds, chunksize=10)


def _result(seed: int) -> Result:
    logging.getLogger("bgp2vpc").setLevel(logging.CRITICAL + 1)
    watch = watched(seed)
    written = "\n".join(f"{write.at:.6f} {write.writer} {write}" for write in watch.fleet.writes)
    return Result(seed, watch.faults, watch.hits, hashlib.sha256(written.encode()).hexdigest()[:16])


def _replay(seed: int, *, traced: bool) -> int:
    schedule = Schedule(seed)
    a_fleet = schedule.fleet(traced=traced)
    log = logging.getLogger("bgp2vpc")
    log.propagate = False
    log.setLevel(logging.DEBUG if traced else logging.CRITICAL + 1)
    log.addHandler(fleet.LogToTrace(a_fleet.trace))
    faults = Watch(schedule, a_fleet).run()
    _print([str(schedule.plan), *a_fleet.trace.lines] if traced else [])
    _print(faults or ["all is well"])
    return 1 if faults else 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _with_fixed_hashes() -> None:
    """The order of a set of texts is part of what happens: a seed shall mean the same every time."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    _with_fixed_hashes()
    sys.exit(main())
