"""Writes measured figures from benchmarks/results.json into the documents: `python docs/generate_figures.py`.

A table stands between `<!-- figures: NAME… -->` and `<!-- end of figures -->`, and has the figures of these benchmarks.
The README's, behind `<!-- beside others -->`, has a few of them beside those of others.
With `--check`, only says whether the documents have the figures of the file.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from write import ROOT, main

RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text())
PLACE = re.compile(r"(<!-- (?:figures: (.*?)|beside others) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
OTHER = "AWSnycast 0.2.1"
SERVICE = "VPC Route Server"
"""What the sources of docs/compared.md say of it: it was not measured."""
BESIDE = (
    ("A service dies: another instance takes the route", "failover", "owner's service killed -> ReplaceRoute"),
    (
        "The owner's host freezes: clients wait",
        "gaps_of_run",
        "bgp2vpc run, host frozen, BGP alone: gap",
    ),
    ("The same with a remote health check", "gaps_of_run", "bgp2vpc run, host frozen, remote check: gap"),
    ("An instance with 500 routes dies: all are moved", "takeover500", "500 routes of a dead instance"),
    ("A check gets no answer at all: the route is deleted", "outages", "packets dropped, fall 2 -> DeleteRoute"),
    ("A planned move: packets lost", "gaps_of_run", "bgp2vpc run, drain: lost"),
)
"""Rows of the table in the README: what happens, and which figure of which benchmark says so."""
MOST_COLUMNS = 6
"""Of figures, that a page has room for."""
MANY = 100
"""Samples, from which on percentiles say more than a range."""

Entry = dict[str, Any]


def text(page: Path) -> str:
    """The page with the figures as they are now."""
    return PLACE.sub(lambda found: f"{found[1]}{_place(found[2])}{found[3]}", page.read_text())


def _place(names: str | None) -> str:
    return _block(names.split()) if names else "\n".join(["", *_beside(), "", ""])


def _beside() -> Iterator[str]:
    """bgp2vpc's median (with the smallest and the largest), and what is known of the others."""
    yield from _head("", "bgp2vpc", OTHER, SERVICE)
    for words, benchmark, name in BESIDE:
        (figure,) = (each for each in RESULTS[benchmark]["figures"] if each["name"] == name)
        other = RESULTS[OTHER].get(name, "")
        beside = f"{other} {figure['unit']}" if other[:1].isdigit() else other
        yield _row(words, _measured(figure), beside, RESULTS[SERVICE].get(name, ""))


def _block(names: Sequence[str]) -> str:
    figures = [figure for name in names for figure in RESULTS[name]["figures"]]
    cases = {case: list(of_it) for case, of_it in groupby(figures, lambda each: each["name"].partition(": ")[0])}
    whats = [each["name"].partition(": ")[2] for each in figures]
    alike = all(whats) and whats == [*dict.fromkeys(whats)] * len(cases)
    table = _by_case(cases) if alike else _one_a_row(figures)
    return "\n".join(["", *table, "", *_measured_when(names), ""])


def _one_a_row(figures: Sequence[Entry]) -> Iterator[str]:
    other = RESULTS[OTHER] if any(each["name"] in RESULTS[OTHER] for each in figures) else None
    yield from _head("figure", "measured", "samples", "bound", *([OTHER] if other else []))
    for each in figures:
        beside = [other.get(each["name"], "")] if other else []
        yield _row(each["name"], _measured(each), str(each["n"]), _bounds(each), *beside)


def _by_case(cases: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """Figures named `CASE: WHAT`, the same for each case: a row for a case. With many of them, a column for it."""
    whats = [each["name"].partition(": ")[2] for each in next(iter(cases.values()))]
    rows = [["case", *whats, "samples"]]
    for case, of_it in cases.items():
        cells = ["; ".join(filter(None, [_measured(each), _bounds(each)])) for each in of_it]
        rows.append([case, *cells, ", ".join(dict.fromkeys(str(each["n"]) for each in of_it))])
    if len(whats) > MOST_COLUMNS:
        rows = [list(column) for column in zip(*rows, strict=True)]
    yield from _head(*rows[0])
    yield from (_row(*row) for row in rows[1:])


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
    pages = [
        each for each in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if PLACE.search(each.read_text())
    ]
    sys.exit(main(sys.argv[1:], {page: partial(text, page) for page in pages}))
