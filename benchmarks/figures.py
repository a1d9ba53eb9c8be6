"""A measured figure and the bounds it is held against."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Statistic(Enum):
    """Which number of a sample counts; values are the columns of the table."""

    MINIMUM = "min"
    MEDIAN = "median"
    P99 = "p99"
    MAXIMUM = "max"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a statistic must not pass. A `goal` is what we would like: to miss it is no failure."""

    statistic: Statistic
    limit: float
    at_least: bool = False
    goal: bool = False

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{'goal: ' if self.goal else ''}{self.statistic.value} {sign} {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: all samples of one quantity, in `unit`."""

    name: str
    unit: str
    samples: Sequence[float]
    bounds: tuple[Bound, ...] = ()

    def value(self, statistic: Statistic) -> float:
        """The statistic of the samples; the 99th percentile is that of the nearest rank."""
        ordered = sorted(self.samples)
        match statistic:
            case Statistic.MINIMUM:
                return ordered[0]
            case Statistic.MEDIAN:
                return statistics.median(ordered)
            case Statistic.P99:
                return ordered[math.ceil(0.99 * len(ordered)) - 1]
            case Statistic.MAXIMUM:
                return ordered[-1]

    def holds(self, bound: Bound) -> bool:
        """Whether the figure is within this bound."""
        value = self.value(bound.statistic)
        return value >= bound.limit if bound.at_least else value <= bound.limit

    @property
    def failed(self) -> bool:
        """Whether a bound that is no mere goal is missed."""
        return any(not bound.goal and not self.holds(bound) for bound in self.bounds)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        bounds = {str(bound): self.holds(bound) for bound in self.bounds}
        values = {statistic.value: round(self.value(statistic), 3) for statistic in Statistic}
        return {"name": self.name, "unit": self.unit, "n": len(self.samples), **values, "bounds": bounds}


def at_most(limit: float, statistic: Statistic = Statistic.MAXIMUM) -> Bound:
    """An upper bound."""
    return Bound(statistic, limit)


def goal(limit: float, statistic: Statistic = Statistic.MAXIMUM, *, at_least: bool = False) -> Bound:
    """What would be good to reach."""
    return Bound(statistic, limit, at_least, goal=True)
