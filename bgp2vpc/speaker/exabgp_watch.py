"""Whether our own ExaBGP runs: one that hangs (stopped, swapping, a blocked disk) tells nothing of its peers, either.

While there is a session and ExaBGP has said nothing for a while, it is asked something that it answers at once. Any
message counts as the answer. What it does not tell meanwhile is no evidence against the peers; nor is it that sessions
end right after it: there, the peers have missed us, not we them.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.bgp.sessions import LATE, Neighbors
from bgp2vpc.errors import ExabgpSilent
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import Alarm

SUBJECT: Final = "ExaBGP"
QUIET: Final = 1.2
"""Seconds without a message after which it is asked: more than pass between keepalives with the smallest hold time."""
STILL: Final = 0.6
"""Seconds that it may take to answer. After more it may have stood still for `QUIET` + `STILL` or longer.

That is less than it takes until a peer with the smallest hold time ends its session with us: 3 s from our last
keepalive, which is up to a second old when ExaBGP stops. So a pause that is not noticed does no harm.
"""
PATIENCE: Final = 5.0
"""Seconds without an answer after which it counts as hung. It is asked again, and reported again, as often."""
EXCUSED: Final = 3.0
"""Seconds after it stood still: the smallest hold time. A session that ends earlier ended because of that."""
THEN: Final = "paths of peers stay as they were heard, and nothing is concluded from their silence; asked again"


class ExabgpWatch:
    """On the event loop; its times are in seconds of the loop's clock.

    `ask` sends the question, and tells whether there is an ExaBGP to be asked. `hangs` is called when that has not
    answered for `PATIENCE`.
    """

    def __init__(
        self, ask: Callable[[], bool], hangs: Callable[[], None], neighbors: Neighbors, journal: Journal
    ) -> None:
        self.owes_since: float | None = None
        """Since when it has owed an answer; None: it owes none."""
        self.is_hung = False
        self.back_at = float("-inf")
        """When it spoke again, after it had stood still or another one was started."""
        self._ask = ask
        self._hangs = hangs
        self._neighbors = neighbors
        self._journal = journal
        self._has_ended = False
        self._heard_at = self._now()
        self._due = 0.0
        self._alarm = Alarm(self._look)

    @property
    def is_silent(self) -> bool:
        """Whether it hangs, or has ended."""
        return self.is_hung or self._has_ended

    def ask(self) -> None:
        """Have it say something, unless it owes an answer already."""
        if self.owes_since is None and self._ask():
            self.owes_since = self._now()
            self._look_at(self.owes_since + PATIENCE)

    def ended(self) -> None:
        """It has ended: it owes nothing, and what is heard next is from another one."""
        self.owes_since, self._has_ended = None, True
        self._alarm.set(None)
        if self.is_hung:
            self.is_hung = False
            self._journal.forget(SUBJECT)

    def heard(self) -> bool:
        """It says something. Whether it stood still before that, or is another one."""
        now, owed_since = self._now(), self.owes_since
        is_late = self._has_ended or (owed_since is not None and now - owed_since > STILL)
        self._heard_at, self.owes_since, self._has_ended = now, None, False
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
        if self.owes_since is None:
            if now < self._heard_at + QUIET:
                self._look_at(self._heard_at + QUIET)
            elif self._neighbors.have_sessions:
                self.ask()
            return
        if now - self._due > LATE:
            self.owes_since = now  # we stood still ourselves: its answer may be there, and not be read yet
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
