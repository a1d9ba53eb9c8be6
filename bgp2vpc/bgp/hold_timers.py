"""The hold timer of RFC 4271 section 6.5, with exact times. Pure; `now` in seconds of any monotonic clock.

ExaBGP compares whole seconds: with a hold time of 3 s it ends a session 3 to 4 s after the last message. If ExaBGP
passes on OPEN and KEEPALIVE messages (`receive { open; keepalive; }`), bgp2vpc need not wait for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import IPAddress

LATE: Final = 0.5
"""Seconds. If a timer is checked later than this after its end, our own process stood still, not the peer."""


@dataclass(slots=True)
class _Timer:
    """One hold timer.

    `due`: None until the first KEEPALIVE, since ExaBGP may not pass them on, and a peer may have no UPDATE to send.
    `has_run_out`: no message came in time, but perhaps our own ExaBGP was silent. `has_expired`: the peer is lost.
    """

    hold_time: float
    due: float | None = None
    has_run_out: bool = False
    has_expired: bool = False


class HoldTimers:
    """A hold timer for each session whose OPEN has been received.

    A timer that has run out expires, which means that the peer is lost, at the next output of our own ExaBGP: that
    proves that ExaBGP does not hang.
    """

    def __init__(self) -> None:
        self._timers: dict[IPAddress, _Timer] = {}

    def opened(self, peer: IPAddress, hold_time: float) -> bool:
        """An OPEN with the peer's hold time; 0: no timer. Returns whether an earlier session's timer had expired.

        The session uses the smaller of both hold times (RFC 4271 section 4.2), so this timer is never too early.
        """
        had_expired = self.closed(peer)
        if hold_time > 0:
            self._timers[peer] = _Timer(hold_time)
        return had_expired

    def kept_alive(self, peer: IPAddress, now: float) -> bool:
        """A KEEPALIVE: restart the timer. Returns whether it had expired."""
        timer = self._timers.get(peer)
        return timer is not None and self._restart(timer, now)

    def updated(self, peer: IPAddress, now: float) -> bool:
        """An UPDATE: restart the timer if it runs. Returns whether it had expired."""
        timer = self._timers.get(peer)
        return timer is not None and timer.due is not None and self._restart(timer, now)

    def closed(self, peer: IPAddress) -> bool:
        """The session has ended: remove the timer. Returns whether it had expired."""
        timer = self._timers.pop(peer, None)
        return timer is not None and timer.has_expired

    def run_out(self, now: float) -> bool:
        """Mark the timers that are due as run out. Returns whether there were any."""
        ran_out = False
        for timer in self._timers.values():
            if timer.due is None or timer.has_run_out or timer.due > now:
                continue
            if now - timer.due > LATE:
                self._restart(timer, now)
            else:
                timer.has_run_out = ran_out = True
        return ran_out

    def expire(self) -> Collection[IPAddress]:
        """ExaBGP has printed something: let the timers that have run out expire, and return their peers."""
        expired = [peer for peer, timer in self._timers.items() if timer.has_run_out and not timer.has_expired]
        for peer in expired:
            self._timers[peer].has_expired = True
        return expired

    def start_anew(self, now: float) -> None:
        """ExaBGP stood still and passed on no keepalives: restart all timers except expired ones."""
        for timer in self._timers.values():
            if timer.due is not None and not timer.has_expired:
                self._restart(timer, now)

    def due(self, peer: IPAddress) -> float | None:
        """When the timer of this peer runs out; None if it has none or it has run out already."""
        timer = self._timers.get(peer)
        return None if timer is None or timer.has_run_out else timer.due

    def is_silent_since(self, peer: IPAddress, when: float) -> bool:
        """Whether this peer has a timer that runs, and has sent nothing since then."""
        timer = self._timers.get(peer)
        return timer is not None and timer.due is not None and timer.due - timer.hold_time < when

    def next_due(self) -> float | None:
        """When the next timer runs out; None if none is running."""
        return min((t.due for t in self._timers.values() if t.due is not None and not t.has_run_out), default=None)

    @staticmethod
    def _restart(timer: _Timer, now: float) -> bool:
        had_expired, timer.has_expired = timer.has_expired, False
        timer.due, timer.has_run_out = now + timer.hold_time, False
        return had_expired
