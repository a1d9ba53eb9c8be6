"""The hold timer of RFC 4271 section 6.5, kept to the millisecond. Pure; times in seconds of any monotonic clock.

ExaBGP compares whole seconds: with a hold time of 3 s it ends a session 3 to 4 s after the last message. Where it
passes on OPEN and KEEPALIVE messages (`receive { open; keepalive; }`) we need not wait for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import IPAddress

LATE: Final = 0.5
"""Seconds. A timer that is looked at so late tells that we stood still ourselves, not that the peer does."""


@dataclass(slots=True)
class _Timer:
    """`due`: None until the first KEEPALIVE: without these it would expire on a peer that has nothing to say."""

    hold_time: float
    due: float | None = None
    has_expired: bool = False


class HoldTimers:
    """One for each session whose OPEN we have seen."""

    def __init__(self) -> None:
        self._timers: dict[IPAddress, _Timer] = {}

    def opened(self, peer: IPAddress, hold_time: float) -> bool:
        """The peer proposes this hold time; 0: none. Whether the timer of an earlier session had expired.

        What is agreed is the smaller of its and our own (RFC 4271 section 4.2), so we are never too early.
        """
        had_expired = self.closed(peer)
        if hold_time > 0:
            self._timers[peer] = _Timer(hold_time)
        return had_expired

    def kept_alive(self, peer: IPAddress, now: float) -> bool:
        """A KEEPALIVE. Whether the timer had expired."""
        timer = self._timers.get(peer)
        return timer is not None and self._restart(timer, now)

    def updated(self, peer: IPAddress, now: float) -> bool:
        """An UPDATE, which counts like a KEEPALIVE. Whether the timer had expired."""
        timer = self._timers.get(peer)
        return timer is not None and timer.due is not None and self._restart(timer, now)

    def closed(self, peer: IPAddress) -> bool:
        """The session is over. Whether the timer had expired."""
        timer = self._timers.pop(peer, None)
        return timer is not None and timer.has_expired

    def expire(self, now: float) -> Collection[IPAddress]:
        """The peers whose timers expire now."""
        expired = []
        for peer, timer in self._timers.items():
            if timer.due is None or timer.has_expired or timer.due > now:
                continue
            if now - timer.due > LATE:
                self._restart(timer, now)
            else:
                timer.has_expired = True
                expired.append(peer)
        return expired

    def next_expiry(self) -> float | None:
        """When `expire` has something to do next."""
        return min((t.due for t in self._timers.values() if t.due is not None and not t.has_expired), default=None)

    @staticmethod
    def _restart(timer: _Timer, now: float) -> bool:
        had_expired, timer.has_expired = timer.has_expired, False
        timer.due = now + timer.hold_time
        return had_expired
