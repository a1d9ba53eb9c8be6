"""Writes measured figures from benchmarks/results.json into the documents: `python docs/generate_figures.py`.

A table stands between `<!-- figures: NAME… -->` and `<!-- end of figures -->`, and has the figures of these benchmarks.
With `--check`, only says whether the documents have the figures of the file.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from write import ROOT, main

RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text())
PLACE = re.compile(r"(<!-- figures: (.*?) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
OTHER = "AWSnycast 0.2.1"
MANY = 100
"""Samples, from which on percentiles say more than a range."""

Entry = dict[str, Any]


def text(page: Path) -> str:
    """The page with the figures as they are now."""
    return PLACE.sub(lambda found: f"{found[1]}{_block(found[2].split())}{found[3]}", page.read_text())


def _block(names: Sequence[str]) -> str:
    figures = [figure for name in names for figure in RESULTS[name]["figures"]]
    table = _by_case(figures) if all(": " in each["name"] for each in figures) else _one_a_row(figures)
    return "\n".join(["", *table, "", *_measured_when(names), ""])


def _one_a_row(figures: Sequence[Entry]) -> Iterator[str]:
    other = RESULTS[OTHER] if any(each["name"] in RESULTS[OTHER] for each in figures) else None
    yield from _head("figure", "measured", "samples", "bound", *([OTHER] if other else []))
    for each in figures:
        beside = [other.get(each["name"], "")] if other else []
        yield _row(each["name"], _measured(each), str(each["n"]), _bounds(each), *beside)


def _by_case(figures: Sequence[Entry]) -> Iterator[str]:
    """Figures named `CASE: WHAT`, the same for each case: a row for a case, a column for a what."""
    cases = {case: list(of_it) for case, of_it in groupby(figures, lambda each: each["name"].partition(": ")[0])}
    whats = dict.fromkeys(each["name"].partition(": ")[2] for each in figures)
    yield from _head("case", *whats, "samples")
    for case, of_it in cases.items():
        cells = ["; ".join(filter(None, [_measured(each), _bounds(each)])) for each in of_it]
        yield _row(case, *cells, ", ".join(dict.fromkeys(str(each["n"]) for each in of_it)))


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield f"|{'---|' * len(cells)}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _measured(figure: Entry) -> str:
    # Of what was put down by hand not everything is known.
    low, median, p99, high = (_number(figure[key]) for key in ("min", "median", "p99", "max"))
    unit = figure["unit"]
    if figure["n"] >= MANY:
        return f"{median} {unit}, p99 {p99}, worst {high}"
    if low == high:
        return f"{low} {unit}".strip()
    return f"{median} {unit} ({low} to {high})" if median else f"{low} to {high} {unit}"


def _number(value: float | None) -> str:
    """Three digits of it."""
    if value is None:
        return ""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 1000 else f"{rounded:g}"


def _bounds(figure: Entry) -> str:
    return "; ".join(f"{bound}{'' if holds else ' (missed)'}" for bound, holds in figure["bounds"].items())


def _measured_when(names: Sequence[str]) -> Iterator[str]:
    """A line for each time and place."""
    for told, of_it in groupby(names, lambda name: _told(RESULTS[name])):
        yield f"`{'`, `'.join(of_it)}`: {told}.\n"


def _told(entry: Entry) -> str:
    machine = entry["machine"]
    where = f"{machine['cores']} cores of {machine['cpu']}, {machine['kernel']}, Python {machine['python']}"
    return f"{entry['date']}, {where}; {entry['conditions']}"


if __name__ == "__main__":
    pages = [page for page in sorted((ROOT / "docs").glob("*.md")) if PLACE.search(page.read_text())]
    sys.exit(main(sys.argv[1:], {page: partial(text, page) for page in pages}))
