"""Damping: a route that moves too often stays for a while where it is (the idea of RFC 2439, section 2.2). Pure.

Each move adds to a penalty that halves every `half_life`. From `suppress` on the place is suppressed, until the penalty
has fallen to `reuse`. RFC 2439 suppresses the path that flaps; here it is the place where it would be installed: what
we fear is not a flapping path but two instances that decide differently, and take the route from each other in turns.
"""

import math
from dataclasses import dataclass
from typing import Final

PENALTY: Final = 1000.0
"""What one move adds, as in RFC 2439's examples."""
NEGLIGIBLE: Final = 1.0
"""A penalty below this is forgotten."""


@dataclass(frozen=True, slots=True)
class DampingLimits:
    """`half_life` in seconds; `suppress` and `reuse` in units of 1000 for each move.

    By default the fourth move within a minute suppresses the route, and two and a half minutes without one free it.
    """

    half_life: float = 60.0
    suppress: float = 2500.0
    reuse: float = 750.0


@dataclass(frozen=True, slots=True)
class Penalty:
    """The penalty of one route: its `value` after the last move, which was at `at` (seconds of any monotonic clock)."""

    value: float = 0.0
    at: float = 0.0

    def at_time(self, now: float, limits: DampingLimits) -> float:
        """The penalty at `now`, after its decay."""
        return float(self.value * 0.5 ** ((now - self.at) / limits.half_life))

    def after_move(self, now: float, limits: DampingLimits) -> "Penalty":
        """With one more move."""
        return Penalty(self.at_time(now, limits) + PENALTY, now)

    def free_at(self, limits: DampingLimits) -> float:
        """When it has fallen to `reuse`, if nothing moves until then."""
        if self.value <= limits.reuse:
            return self.at
        return self.at + math.log2(self.value / limits.reuse) * limits.half_life


NO_PENALTY: Final = Penalty()
