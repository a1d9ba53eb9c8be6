"""`python -m benchmarks [--all] [NAME…]`: run them, print a table of each, and put their figures into results.json.

Without a name those of two minutes are run. The figures of the others stay as they are; `make generate` then writes the
documents' tables. Exit 1 if a bound is missed.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    checks,
    creates,
    crowd,
    failover,
    far,
    fleet,
    flood,
    footprint,
    gaps,
    garbage,
    latency,
    lines,
    load,
    outages,
    prefix_lists,
    slices,
    takeover,
    web,
)
from benchmarks.figures import Figure, Statistic
from bgp2vpc.demo.cloud.client import Cloud

QUICK: dict[str, Callable[[Cloud], Iterator[Figure]]] = {
    "latency": latency.measure,
    "creates": creates.measure,
    "lines": lines.measure,
    "start": footprint.measure_start,
    "load": load.measure,
    "slices": slices.measure,
    "failover": failover.measure,
}
"""Two minutes."""
BENCHMARKS = QUICK | {
    "footprint": footprint.measure_idle,
    "outages": outages.measure,
    "takeover500": takeover.measure,
    "prefix_lists": prefix_lists.measure,
    "checks": checks.measure,
    "flood": flood.measure,
    "crowd": crowd.measure,
    "web": web.measure,
    "garbage": garbage.measure,
    "paced": creates.measure_paced,
    "fleet": fleet.measure,
    # Last, for they need root; and the gaps ten minutes each.
    "far": far.measure,
    "gaps": partial(gaps.measure, by_itself=False),
    "gaps_of_run": partial(gaps.measure, by_itself=True),
}
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument("--all", action="store_true", help=f"all of them, not only {', '.join(QUICK)}")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    names = arguments.names or (BENCHMARKS if arguments.all else QUICK)
    conditions = f"load average {os.getloadavg()[0]:.1f} before"
    console = Console(width=None if sys.stdout.isatty() else 140)
    failed = False
    with Cloud.start() as cloud:
        for name in names:
            figures = list(_told(name, BENCHMARKS[name](cloud)))
            record(arguments.json, name, figures, conditions)
            console.print(_table(name, figures))
            failed |= any(figure.failed for figure in figures)
    return int(failed)


def record(file: Path, name: str, figures: Iterable[Figure], conditions: str) -> None:
    """Put these figures in the place of the benchmark's last ones; those of the others stay."""
    results = json.loads(file.read_text()) if file.exists() else {}
    results[name] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "conditions": conditions,
        "figures": [figure.to_json() for figure in figures],
    }
    file.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in cpuinfo if line.startswith("model name")), platform.machine())
    kernel = f"{platform.system()} {platform.release()}"
    return {"cpu": model, "cores": os.cpu_count(), "kernel": kernel, "python": platform.python_version()}


def _told(name: str, figures: Iterable[Figure]) -> Iterator[Figure]:
    for figure in figures:
        print(f"{name}: {figure.name}: {figure.value(Statistic.MEDIAN):.4g} {figure.unit}", file=sys.stderr)
        yield figure


def _table(name: str, figures: Iterable[Figure]) -> Table:
    told = ", ".join(f"{key}: {value}" for key, value in machine().items())
    table = Table(title=name, caption=told)
    table.add_column("figure")
    table.add_column("unit")
    for statistic in Statistic:
        table.add_column(statistic.value, justify="right")
    table.add_column("n", justify="right")
    table.add_column("bounds")
    for figure in figures:
        values = [_number(figure.value(statistic)) for statistic in Statistic]
        table.add_row(figure.name, figure.unit, *values, str(len(figure.samples)), _bounds(figure))
    return table


def _bounds(figure: Figure) -> str:
    marks = {True: "[green]✓[/]", False: "[red]✗[/]"}
    return "\n".join(f"{marks[figure.holds(bound)]} {bound}" for bound in figure.bounds)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
