"""When EC2 is polled next, and how many polls there have been."""

import asyncio
import random
from contextlib import suppress

from bgp2vpc.backoff import back_off
from bgp2vpc.errors import Ec2Error, Throttled

FIRST_RETRY = 0.5
LONGEST_WAIT = 300.0


class Polls:
    """Counts the polls, and waits until the next one is due. Times are in seconds of the event loop."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        """However they ended."""
        self.changes = ""
        """What there was to change after the last one that EC2 answered; empty: nothing."""
        self._failures = 0
        """In a row."""
        self._throttled = 0
        """Those of them, the last ones in a row, that EC2 throttled."""
        self._now = asyncio.Event()

    def begin(self) -> None:
        """One begins."""
        self._now.clear()
        self.begun += 1

    def end(self, error: Ec2Error | None) -> None:
        """It has ended; None: EC2 has answered, and everything was decided."""
        self.ended += 1
        self._failures = self._failures + 1 if error else 0
        self._throttled = self._throttled + 1 if isinstance(error, Throttled) else 0

    def at_once(self) -> None:
        """Do not wait for the next one."""
        self._now.set()

    async def wait(self, poll_time: float, *, knows_something: bool) -> None:
        """Until the next one is due.

        Where EC2 throttles reads, the fleet polls more than EC2 takes. To try again soon would make that worse, until
        nobody is answered any more; so whoever knows anything waits, twice as long each time.
        """
        seconds = poll_time
        if self._throttled and knows_something:
            seconds = max(poll_time, back_off(poll_time, LONGEST_WAIT, self._throttled))
        elif self._failures:
            seconds = back_off(FIRST_RETRY, poll_time, self._failures - 1)
        # Every instance of the account shares EC2's 20 describes a second: hosts must not poll in step.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._now.wait(), seconds * (0.9 + random.random() / 5))  # noqa: S311
