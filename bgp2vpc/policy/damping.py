"""Damping: a route that moves too often stays for a while where it is (the idea of RFC 2439, section 2.2). Pure.

Each move adds to a penalty that halves every `half_life`. From `suppress` on the place is damped, until the penalty has
fallen to `reuse`. RFC 2439 damps the path that flaps; here it is the place where it would be installed, because what we
fear is not a flapping path but two instances of different opinions, which take the route from each other in turns.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bgp2vpc.policy.plan import RouteKey

PENALTY: Final = 1000.0
"""What one move adds, as in RFC 2439's examples."""
NEGLIGIBLE: Final = 1.0


@dataclass(frozen=True, slots=True)
class DampingLimits:
    """`half_life` in seconds; `suppress` and `reuse` in units of 1000 for each move.

    By default the fourth move within a minute is one too many, and two and a half minutes without one make up for it.
    """

    half_life: float = 60.0
    suppress: float = 2500.0
    reuse: float = 750.0


@dataclass(slots=True)
class _Figure:
    penalty: float
    at: float


class Damping:
    """The figures of merit of the places where routes have moved of late; times in seconds of any monotonic clock."""

    def __init__(self, limits: DampingLimits) -> None:
        self.limits = limits
        self._figures: dict[RouteKey, _Figure] = {}
        self._damped: set[RouteKey] = set()

    @property
    def damped(self) -> Collection[RouteKey]:
        """The places where routes stay for now, as of the last `expire`; live."""
        return self._damped

    def moved(self, key: RouteKey, now: float) -> bool:
        """We took the route from another instance. Whether the place is damped from now on, and was not before."""
        figure = self._figures.setdefault(key, _Figure(0.0, now))
        figure.penalty, figure.at = self._penalty(figure, now) + PENALTY, now
        if figure.penalty < self.limits.suppress or key in self._damped:
            return False
        self._damped.add(key)
        return True

    def expire(self, now: float) -> frozenset[RouteKey]:
        """Forget what has decayed; returns the places that are damped no longer."""
        for key in [key for key, figure in self._figures.items() if self._penalty(figure, now) < NEGLIGIBLE]:
            del self._figures[key]
        released = frozenset(key for key in self._damped if self.free_at(key) <= now)
        self._damped -= released
        return released

    def free_at(self, key: RouteKey) -> float:
        """When the place is damped no longer, if nothing moves there until then."""
        figure = self._figures.get(key)
        if figure is None or figure.penalty <= self.limits.reuse:
            return figure.at if figure else 0.0
        return figure.at + math.log2(figure.penalty / self.limits.reuse) * self.limits.half_life

    def next_release(self) -> float | None:
        """When `expire` has something to release next."""
        return min(map(self.free_at, self._damped), default=None)

    def _penalty(self, figure: _Figure, now: float) -> float:
        return float(figure.penalty * 0.5 ** ((now - figure.at) / self.limits.half_life))
