"""Whether our own ExaBGP runs. An ExaBGP that hangs (stopped, swapping, a blocked disk) reports nothing of its peers.

1. While a session is up and ExaBGP has sent no message for `QUIET` seconds, it is sent a question that it answers at
   once. Any message counts as the answer.
2. After `PATIENCE` seconds without one, ExaBGP counts as hung: the failure is logged, and `hangs` is called. That peers
   seem silent meanwhile is no evidence against them.
3. An answer after more than `STILL` seconds means that ExaBGP stood still and runs again. A session that ends within
   `EXCUSED` seconds of that ended because the peer's hold timer for us expired: no evidence against the peer, either.
4. If this process itself stood still for that long (its alarm is late), ExaBGP may have, too: what stops one mostly
   stops the whole host or container.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.bgp.hold_timers import LATE
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.errors import ExabgpSilent
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import Alarm

SUBJECT: Final = "ExaBGP"
QUIET: Final = 1.2
"""Seconds without a message after which ExaBGP is asked: more than between keepalives with the smallest hold time."""
STILL: Final = 0.6
"""Seconds that an answer may take; after a later one, ExaBGP may have stood still for `QUIET` + `STILL` or longer.

A shorter pause goes unnoticed and does no harm: it is too short for a peer to end its session with us, which with the
smallest hold time takes 3 s from our last keepalive, and that is up to a second old when ExaBGP stops.
"""
PATIENCE: Final = 5.0
"""Seconds without an answer after which ExaBGP counts as hung; while it hangs, it is asked again that often."""
EXCUSED: Final = 3.0
"""Seconds after ExaBGP runs again in which a session may end because ExaBGP stood still: the smallest hold time
(RFC 4271, section 4.2)."""
THEN: Final = "paths of peers stay as they were heard, and nothing is concluded from their silence; asked again"


class ExabgpWatch:
    """Watches one ExaBGP after the other. Runs on the event loop; times are in seconds of its clock.

    `ask` sends the question, and returns whether an ExaBGP is connected. `hangs` is called once ExaBGP counts as hung.
    """

    def __init__(
        self, ask: Callable[[], bool], hangs: Callable[[], None], neighbors: Neighbors, journal: Journal
    ) -> None:
        self.owes_since: float | None = None
        """When the unanswered question was sent; None: there is none."""
        self.is_hung = False
        self.back_at = float("-inf")
        """When the first message came after ExaBGP or this process stood still, or ExaBGP was started again.

        Also when ExaBGP was last told to end sessions.
        """
        self._ask = ask
        self._hangs = hangs
        self._neighbors = neighbors
        self._journal = journal
        self._has_ended = False
        self._stood_still = False
        """Whether this process stood still since the last message."""
        self._heard_at = self._now()
        self._due = 0.0
        self._alarm = Alarm(self._look)

    @property
    def is_silent(self) -> bool:
        """Whether ExaBGP hangs, or has ended."""
        return self.is_hung or self._has_ended

    def ask(self) -> None:
        """Send ExaBGP the question, unless one is unanswered."""
        if self.owes_since is None and self._ask():
            self.owes_since = self._now()
            self._look_at(self.owes_since + PATIENCE)

    def ended(self) -> None:
        """ExaBGP has ended or is disconnected; the next message is another one's."""
        self.owes_since, self._has_ended = None, True
        self._alarm.set(None)
        if self.is_hung:
            self.is_hung = False
            self._journal.forget(SUBJECT)

    def ends_sessions(self) -> None:
        """ExaBGP is about to end sessions by our order, which is excused as if it had stood still."""
        self.back_at = self._now()

    def heard(self) -> bool:
        """ExaBGP has sent a message. Returns whether it or this process stood still, or it is another ExaBGP."""
        now, owed_since = self._now(), self.owes_since
        stood_still = self._stood_still or (self._alarm.is_set and now - self._due > STILL)
        is_late = self._has_ended or stood_still or (owed_since is not None and now - owed_since > STILL)
        self._heard_at, self.owes_since, self._has_ended, self._stood_still = now, None, False, False
        if self.is_hung:
            self.is_hung = False
            self._journal.success(SUBJECT)
        if owed_since is not None or not self._alarm.is_set:
            self._look_at(now + QUIET)
        if is_late:
            self.back_at = now
        return is_late

    def _look_at(self, due: float) -> None:
        self._due = due
        self._alarm.set(due)

    def _look(self) -> None:
        now = self._now()
        self._stood_still = self._stood_still or now - self._due > STILL
        if self.owes_since is None:
            if now < self._heard_at + QUIET:
                self._look_at(self._heard_at + QUIET)
            elif self._neighbors.have_sessions:
                self.ask()
            return
        if now - self._due > LATE:
            self.owes_since = now  # this process stood still: the answer may be in the pipe, unread
        else:
            self._journal.failure(SUBJECT, ExabgpSilent("ExaBGP does not answer"), then=THEN)
            was_hung, self.is_hung = self.is_hung, True
            if not was_hung:
                self._hangs()
            self._ask()
        self._look_at(now + PATIENCE)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
