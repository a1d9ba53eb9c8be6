"""Delivers alerts: one `Sender` for each recipient, with a queue and a task that empties it.

How the room works:

1. `services/alerts.py` observes the daemon and makes a `Notice` (`model`) of each event for alerts.
2. `Notice.is_for` selects the recipients.
3. `Sender.take` queues the message and returns at once, so nothing in the daemon waits for a delivery. A full queue
   drops its oldest message.
4. The sender's task delivers one message at a time and in order: it runs the recipient's program, or POSTs JSON
   (`posting`). A failed attempt is repeated with a back-off up to `retries` times; then the message is dropped and
   logged. If it was about a failure that lasts, the next failed attempt of that operation makes another message.
"""

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
"""Maximum number of messages that wait for one recipient; the oldest is dropped first."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class Sender:
    """Delivers to one recipient, in order, one message at a time. `pause`: seconds before the first retry."""

    def __init__(self, recipient: Recipient, pause: float = FIRST_PAUSE) -> None:
        self.recipient = recipient
        self._pause = pause
        self._waiting: deque[AlertMessage] = deque()
        self._news = asyncio.Event()
        self._delivering: AlertMessage | None = None
        self._delivered = 0
        self._dropped = 0
        self._trouble = ""

    def take(self, message: AlertMessage) -> None:
        """Queue the message and record it as sent. Returns at once."""
        message.notice.is_told_to(self.recipient)
        if len(self._waiting) >= QUEUED:
            self._drop(self._waiting.popleft(), f"{QUEUED} wait already")
        self._waiting.append(message)
        self._news.set()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to deliver."""
        return not self._undelivered

    def status(self) -> RecipientRow:
        """The recipient's row in the status."""
        return RecipientRow(
            recipient=self.recipient.name,
            waiting=len(self._undelivered),
            delivered=self._delivered,
            dropped=self._dropped,
            trouble=self._trouble,
        )

    @property
    def _undelivered(self) -> list[AlertMessage]:
        return [each for each in (self._delivering, *self._waiting) if each is not None]

    async def run(self) -> None:
        """Deliver messages until cancelled, whatever fails. Those that are not delivered then are dropped."""
        try:
            if self.recipient.url:
                await _load_posting()
            while True:
                self._news.clear()
                while self._waiting:
                    message = self._delivering = self._waiting.popleft()
                    try:
                        await self._deliver(message)
                    except Exception as error:
                        log.exception("notification failed by an internal error, please report it")
                        self._trouble = type(error).__name__
                        self._drop(message, self._trouble)
                    self._delivering = None
                await self._news.wait()
        finally:
            for each in self._undelivered:
                each.notice.is_not_told_to(self.recipient)
                self._drop(each, self._trouble or "not delivered before the end")

    async def _deliver(self, message: AlertMessage) -> None:
        """Try until the message is delivered, refused permanently, or has used all retries.

        If that was no permanent refusal, and its program could be started, a later message may well be delivered.
        """
        to = self.recipient
        back_off = BackOff(self._pause, LONGEST_PAUSE)
        for left in range(to.retries, -1, -1):
            may_pass = may_pass_later = True
            if to.argv:
                ending = await run_program(to.argv, timeout=to.timeout, env=message.environment())
                self._trouble, may_pass_later = ending.trouble, ending.started
            else:
                from bgp2vpc.notify.posting import post  # noqa: PLC0415  # see _load_posting

                refusal = await post(to.url, message.to_json(), to.timeout)
                self._trouble = refusal.why if refusal else ""
                may_pass = may_pass_later = refusal is None or refusal.may_pass
            if not self._trouble:
                self._delivered += 1
                event(log, logging.DEBUG, "notified", recipient=to.name, of=message.notice.message)
                return
            if not may_pass or not left:
                if may_pass_later:
                    message.notice.is_not_told_to(to)
                break
            why, pause = self._trouble, back_off.next()
            words = "notification failed, will be tried again"
            event(log, logging.INFO, words, recipient=to.name, why=why, seconds=pause)
            await asyncio.sleep(pause)
        self._drop(message, self._trouble)

    def _drop(self, message: AlertMessage, why: str) -> None:
        self._dropped += 1
        told = message.notice.message
        event(log, logging.WARNING, "notification dropped", recipient=self.recipient.name, of=told, why=why)


async def _load_posting() -> None:
    """Import aiohttp in advance, as 0.1 s must not delay a failover; only if there is a URL, as it takes 10 MB."""
    try:
        await asyncio.to_thread(import_module, "bgp2vpc.notify.posting")
    except Exception:
        log.exception("the HTTP client for notifications cannot be loaded")  # each message tries the import again
