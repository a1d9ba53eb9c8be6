"""How long something has been so, in the one unit that a person needs: `45 s`, `3 min`, `5 h`, `12 d`. Pure."""

from typing import Final

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"))


def age(seconds: float) -> str:
    """The largest unit of which there are two, rounded down; `90 s`, but `2 min`. A time to come counts as now."""
    for length, unit in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
