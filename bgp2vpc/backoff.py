"""Exponential back-off: the waits before a failed action is tried again. Pure."""

from dataclasses import dataclass

_DOUBLINGS = 32
"""Bounds the exponent, which would overflow some day; more doublings make no difference."""


def back_off(first: float, most: float, failures: int) -> float:
    """Seconds to wait: `first`, doubled for each of the earlier `failures`, `most` at most."""
    return min(first * 2.0 ** min(failures, _DOUBLINGS), most)


@dataclass(slots=True)
class BackOff:
    """The successive waits of one repeated action. `first`, `most`: seconds."""

    first: float
    most: float
    failures: int = 0

    def next(self) -> float:
        """Count a failure, and return the seconds to wait now."""
        self.failures += 1
        return back_off(self.first, self.most, self.failures - 1)

    def reset(self) -> None:
        """After a success: the next wait is `first` again."""
        self.failures = 0
