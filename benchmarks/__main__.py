"""`python -m benchmarks [NAME…] [--json FILE]`: run them, print a table, write JSON; exit 1 if a bound is missed."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import checks, creates, failover, fleet, footprint, gaps, latency, lines, load, outages, takeover, web
from benchmarks.figures import Figure, Statistic
from bgp2vpc.demo.cloud.client import Cloud

BENCHMARKS: dict[str, Callable[[Cloud], Iterator[Figure]]] = {
    "latency": latency.measure,
    "creates": creates.measure,
    "lines": lines.measure,
    "footprint": footprint.measure,
    "load": load.measure,
    "checks": checks.measure,
    "failover": failover.measure,
    "outages": outages.measure,
    "takeover500": takeover.measure,
    "fleet": fleet.measure,
    "web": web.measure,
    # Last, for it takes a minute and a half.
    "paced": creates.measure_paced,
    "gaps": gaps.measure,
}
ON_DEMAND = {"gaps"}
"""Needs root and a quarter of an hour: run only if named."""
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"any of {', '.join(BENCHMARKS)} (default: all but {', '.join(ON_DEMAND)})",
    )
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    names = arguments.names or BENCHMARKS.keys() - ON_DEMAND
    figures = list(_run([name for name in BENCHMARKS if name in names]))
    result = {"machine": machine(), "figures": [figure.to_json() for figure in figures]}
    arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    Console(width=None if sys.stdout.isatty() else 140).print(_table(figures))
    return 1 if any(figure.failed for figure in figures) else 0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in cpuinfo if line.startswith("model name")), platform.machine())
    kernel = f"{platform.system()} {platform.release()}"
    return {"cpu": model, "cores": os.cpu_count(), "kernel": kernel, "python": platform.python_version()}


def _run(names: Iterable[str]) -> Iterator[Figure]:
    with Cloud.start() as cloud:
        for name in names:
            for figure in BENCHMARKS[name](cloud):
                print(f"{name}: {figure.name}: {figure.value(Statistic.MEDIAN):.4g} {figure.unit}", file=sys.stderr)
                yield figure


def _table(figures: Iterable[Figure]) -> Table:
    told = ", ".join(f"{key}: {value}" for key, value in machine().items())
    table = Table(title="bgp2vpc benchmarks", caption=told)
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
