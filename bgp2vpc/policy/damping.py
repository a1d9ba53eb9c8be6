"""Damping: a route that moves too often stays where it is for a while (as in RFC 2439, section 2.2). Pure.

Each move adds to a penalty, which halves every `half_life`. When the penalty reaches `suppress`, the place is
suppressed until it has fallen to `reuse`. RFC 2439 suppresses a flapping path; here the place is suppressed, because
the danger is two instances that decide differently and take the route from each other in turns.
"""

import math
from dataclasses import dataclass
from typing import Final

PENALTY: Final = 1000.0
"""The penalty of one move, as in RFC 2439's examples."""
NEGLIGIBLE: Final = 1.0
"""A penalty below this counts as none."""


@dataclass(frozen=True, slots=True)
class DampingLimits:
    """`half_life`: seconds. `suppress`, `reuse`: penalties, to which each take of the route by this instance adds 1000.

    By default the fourth take within a minute suppresses the route, and two and a half minutes without one free it.
    """

    half_life: float = 60.0
    suppress: float = 2500.0
    reuse: float = 750.0


@dataclass(frozen=True, slots=True)
class Penalty:
    """The penalty of a route: `value` after its last move, `at` the time of that move (any monotonic clock)."""

    value: float = 0.0
    at: float = 0.0

    def at_time(self, now: float, limits: DampingLimits) -> float:
        """The decayed penalty at `now`."""
        return float(self.value * 0.5 ** ((now - self.at) / limits.half_life))

    def after_move(self, now: float, limits: DampingLimits) -> "Penalty":
        """The penalty after another move at `now`."""
        return Penalty(self.at_time(now, limits) + PENALTY, now)

    def free_at(self, limits: DampingLimits) -> float:
        """When the penalty has fallen to `reuse`, if the route does not move until then."""
        if self.value <= limits.reuse:
            return self.at
        return self.at + math.log2(self.value / limits.reuse) * limits.half_life


NO_PENALTY: Final = Penalty()
