"""How long to wait before something that failed is tried again. Pure."""

from dataclasses import dataclass

_DOUBLINGS = 32
"""More make no difference, but would overflow some day."""


def back_off(first: float, most: float, failures: int) -> float:
    """Seconds: `first` after none before, twice as many after each one more, `most` at the most."""
    return min(first * 2.0 ** min(failures, _DOUBLINGS), most)


@dataclass(slots=True)
class BackOff:
    """The waits of one who tries again and again."""

    first: float
    most: float
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait now."""
        self.failures += 1
        return back_off(self.first, self.most, self.failures - 1)

    def reset(self) -> None:
        """It has worked: the next wait is the first again."""
        self.failures = 0
