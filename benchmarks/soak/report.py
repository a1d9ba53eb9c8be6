"""What a run has shown, as a file and as figures."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.figures import Figure, at_most
from benchmarks.soak.judge import WELL_WITHIN, Minute, Sample, growth

LONG_LIVED = "host-2"
"""Whose bgp2vpc is never killed."""
LOG_LIMIT_KB = 1000
GROWTH_MB, GROWTH_DESCRIPTORS = 8.0, 8


@dataclass(slots=True)
class Report:
    """`wrong` and `samples` (of each host) are those of the run, and grow with it. `log_bytes`: at the end."""

    conditions: str
    wrong: list[str]
    samples: Mapping[str, list[Sample]]
    minutes: list[Minute] = field(default_factory=list)
    log_bytes: dict[str, int] = field(default_factory=dict)

    def write(self, to: Path) -> None:
        """NAME.json and NAME.md."""
        told = {
            "conditions": self.conditions,
            "wrong": self.wrong,
            "minutes": [asdict(each) for each in self.minutes],
            "log_bytes": self.log_bytes,
            "samples": {host: [asdict(each) for each in samples] for host, samples in self.samples.items()},
        }
        to.with_name(f"{to.name}.json").write_text(json.dumps(told, indent=1) + "\n")
        lines = [f"# Soak: {self.conditions}", "", *(f"- wrong: {each}" for each in self.wrong or ["nothing"]), ""]
        lines += ["| at | fault | host | well again after | gap | lost |", "|---|---|---|---|---|---|"]
        for each in self.minutes:
            well = "never" if each.well_s is None else f"{each.well_s:.1f} s"
            cells = [f"{each.at_s:.0f} s", each.fault, each.host, well, f"{each.gap_ms:.0f} ms", str(each.lost)]
            lines.append(f"| {' | '.join(cells)} |")
        to.with_name(f"{to.name}.md").write_text("\n".join(lines) + "\n")

    @classmethod
    def read(cls, name: Path) -> Self:
        """The report that was written under this name."""
        told = json.loads(name.with_name(f"{name.name}.json").read_text())
        samples = {host: [Sample(**each) for each in of_it] for host, of_it in told["samples"].items()}
        minutes = [Minute(**each) for each in told["minutes"]]
        return cls(told["conditions"], told["wrong"], samples, minutes, told.get("log_bytes", {}))


def summary(report: Report) -> list[Figure]:
    """What is held against bounds."""
    long = report.samples[LONG_LIVED]
    found = [
        Figure("faults", "", [len(report.minutes)]),
        Figure("what was wrong", "", [len(report.wrong)], (at_most(0),)),
        Figure("fault over -> all is well", "s", _well(report.minutes), (at_most(WELL_WITHIN),)),
        Figure("resident memory", "MB", [each.memory_mb for each in long]),
        Figure("file descriptors", "", [each.descriptors for each in long]),
    ]
    repeated = _first_repeated(report.minutes)
    measured: list[tuple[str, str, Callable[[Sample], float], float]] = [
        ("memory", "MB", lambda each: each.memory_mb, GROWTH_MB),
        ("descriptors", "", lambda each: each.descriptors, GROWTH_DESCRIPTORS),
    ]
    for what, unit, of, most in measured:
        grown = None if repeated is None else growth(long, of, repeated.at_s)
        if grown is not None:
            found.append(Figure(f"growth of {what} once every fault has come", unit, [grown], (at_most(most),)))
    if report.log_bytes:
        sizes = [size / 1000 for size in report.log_bytes.values()]
        found.append(Figure("log of a host", "KB", sizes, (at_most(LOG_LIMIT_KB),)))
    return found


def by_fault(minutes: Sequence[Minute], faults: Collection[str]) -> list[Figure]:
    """A case for each kind of fault."""
    found = []
    for fault in faults:
        of_it = [minute for minute in minutes if minute.fault == fault and minute.well_s is not None]
        if of_it:
            found.append(Figure(f"{fault}: all is well after", "s", _well(of_it)))
            found.append(Figure(f"{fault}: gap of a client", "ms", [each.gap_ms for each in of_it]))
            found.append(Figure(f"{fault}: lost", "packets", [each.lost for each in of_it]))
    return found


def _first_repeated(minutes: Sequence[Minute]) -> Minute | None:
    """The first minute whose fault came before: each fault comes once before the first one comes again."""
    seen: set[str] = set()
    for minute in minutes:
        if minute.fault in seen:
            return minute
        seen.add(minute.fault)
    return None


def _well(minutes: Sequence[Minute]) -> list[float]:
    return [minute.well_s for minute in minutes if minute.well_s is not None]
