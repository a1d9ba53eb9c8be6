"""Delivery: one recipient, its queue, and a task that empties it. Nobody ever waits for one."""

import asyncio
import logging
from collections import deque
from importlib import import_module
from typing import Final

from bgp2vpc.backoff import BackOff
from bgp2vpc.health.programs import run_program
from bgp2vpc.logs import event
from bgp2vpc.notify.model import AlertMessage, Recipient
from bgp2vpc.status import RecipientRow

log = logging.getLogger("bgp2vpc.notify")

QUEUED: Final = 100
"""Letters that wait for one recipient; then the oldest is dropped: what is new matters more."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class Sender:
    """Delivers to one recipient, in order, one message at a time. `pause`: seconds before the first retry."""

    def __init__(self, recipient: Recipient, pause: float = FIRST_PAUSE) -> None:
        self.recipient = recipient
        self._pause = pause
        self._waiting: deque[AlertMessage] = deque()
        self._news = asyncio.Event()
        self._delivering = False
        self._delivered = 0
        self._dropped = 0
        self._trouble = ""

    def take(self, message: AlertMessage) -> None:
        """Put it into the queue; returns at once. From now on it counts as told."""
        message.notice.is_told_to(self.recipient)
        if len(self._waiting) >= QUEUED:
            self._drop(self._waiting.popleft(), f"{QUEUED} wait already")
        self._waiting.append(message)
        self._news.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to deliver."""
        return not (self._waiting or self._delivering)

    def status(self) -> RecipientRow:
        """How it gets on."""
        return RecipientRow(
            recipient=self.recipient.name,
            waiting=len(self._waiting) + self._delivering,
            delivered=self._delivered,
            dropped=self._dropped,
            trouble=self._trouble,
        )

    async def run(self) -> None:
        """Until cancelled: nothing that goes wrong with a message ends it."""
        if self.recipient.url:
            await _load_posting()
        while True:
            self._news.clear()
            while self._waiting:
                message = self._waiting.popleft()
                self._delivering = True
                try:
                    await self._deliver(message)
                except Exception as error:
                    log.exception("not notified, for a reason that nobody expected")
                    self._trouble = type(error).__name__
                    self._drop(message, self._trouble)
                finally:
                    self._delivering = False
            await self._news.wait()

    async def _deliver(self, message: AlertMessage) -> None:
        back_off = BackOff(self._pause, LONGEST_PAUSE)
        for left in range(self.recipient.retries, -1, -1):
            why, may_pass = await self._try(message)
            if not why:
                self._delivered += 1
                self._trouble = ""
                told = message.notice
                event(log, logging.DEBUG, "notified", recipient=self.recipient.name, of=told.message)
                return
            self._trouble = why
            if not may_pass or not left:
                break
            pause = back_off.next()
            event(log, logging.INFO, "not notified, tried again", recipient=self.recipient.name, why=why, seconds=pause)
            await asyncio.sleep(pause)
        self._drop(message, self._trouble)

    async def _try(self, message: AlertMessage) -> tuple[str, bool]:
        """Why not (empty: delivered), and whether to try again."""
        to = self.recipient
        if to.argv:
            ending = await run_program(to.argv, timeout=to.timeout, env=message.environment())
            return ending.trouble, True
        from bgp2vpc.notify.posting import post  # noqa: PLC0415  # see _load_posting

        refusal = await post(to.url, message.to_json(), to.timeout)
        return (refusal.why, refusal.may_pass) if refusal else ("", False)

    def _drop(self, message: AlertMessage, why: str) -> None:
        self._dropped += 1
        told = message.notice.message
        event(log, logging.WARNING, "notification dropped", recipient=self.recipient.name, of=told, why=why)


async def _load_posting() -> None:
    """It brings aiohttp, whose 10 MB only who posts pays for, and 0.1 s that must not be spent in mid-failover."""
    try:
        await asyncio.to_thread(import_module, "bgp2vpc.notify.posting")
    except Exception:
        log.exception("what posts cannot be loaded")  # each message tries it again
