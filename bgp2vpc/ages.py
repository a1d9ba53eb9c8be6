"""Durations in words, in a single unit: `45 s`, `3 min`, `5 h`, `12 d`. Pure."""

from typing import Final

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"))


def age(seconds: float) -> str:
    """`seconds` in the largest unit that gives 2 or more, rounded down: `90 s`, but `2 min`. Negative counts as 0."""
    for length, unit in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
