"""`tags: {drain: KEY}`: drains everything while this instance has a tag with that key.

If access to tags in instance metadata is allowed, they are read there every few seconds, otherwise from EC2 with each
poll.
"""

import asyncio
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.errors import Ec2Error, MetadataError, NoThread
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.lifecycle import EVERY, ReadMetadata
from bgp2vpc.operator.orders import Cause
from bgp2vpc.reconcile.ec2_calls import Calls
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View
from bgp2vpc.tasks import StartTask, cancelled, on_thread
from bgp2vpc.vpc.lifecycle import Future, Go
from bgp2vpc.vpc.order_tags import INSTANCE_TAGS, drain_order, path_of

SUBJECT: Final = "drain tag"
THEN: Final = "nothing is drained or undrained by tag meanwhile; asked again with each poll"


class TagWatch(Observer):
    """Drains everything while the tag is set.

    It acts only when the tag changes, so the same tag does not drain again after an operator has undrained.
    """

    def __init__(
        self, drainer: Drainer, calls: Calls, view: View, journal: Journal, start_task: StartTask, read: ReadMetadata
    ) -> None:
        self._drainer = drainer
        self._calls = calls
        self._view = view
        self._journal = journal
        self._start_task = start_task
        self._read = read
        self._key = ""
        self._last: Future | None = None
        self._asks_ec2 = False
        """Whether the last read of metadata showed no tags, so that EC2 is asked."""
        self._watching: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def configure(self, config: Config) -> None:
        """Watch the configured tag. A drain that another tag started stays until it is known whether this one is set.

        Without a configured tag, the drain ends.
        """
        key = config.tags.drain
        if key == self._key:
            return
        await self.stop()
        if self._key:
            self._journal.forget(SUBJECT)
        if not key:
            self._drainer.end_those_by(Cause.TAG)
        self._key, self._last, self._asks_ec2 = key, None, False
        if key:
            self._watching = self._start_task(SUBJECT, self._watch(key))

    async def stop(self) -> None:
        """Stop watching; a drain that it has started stays."""
        self._asks_ec2 = False  # a poll that ends meanwhile asks no more
        await cancelled(*(each for each in (self._watching, self._asking) if each is not None))
        self._watching = self._asking = None

    def polled(self) -> None:
        """Ask EC2 if metadata shows no tags, unless the last question is still open."""
        if self._asks_ec2 and self._calls.is_connected and (self._asking is None or self._asking.done()):
            self._asking = self._start_task(SUBJECT, self._ask(self._key))

    async def _watch(self, key: str) -> None:
        while True:
            try:
                texts = await on_thread(lambda: self._read((INSTANCE_TAGS, path_of(key))))
            except (MetadataError, NoThread):
                texts = {}  # EC2 is asked instead
            shows = texts.get(INSTANCE_TAGS) is not None
            began_to_ask, self._asks_ec2 = not shows and not self._asks_ec2, not shows
            if shows:
                self._journal.success(SUBJECT)
                self._found(drain_order(key, texts.get(path_of(key))))
            elif began_to_ask:
                self.polled()
            await asyncio.sleep(EVERY)

    async def _ask(self, key: str) -> None:
        try:
            tags = await self._calls.instance_tags(self._view.instance.id)
        except Ec2Error as error:
            self._journal.failure(SUBJECT, error, then=THEN)
            return
        self._journal.success(SUBJECT)
        if self._asks_ec2:
            self._found(drain_order(key, tags.get(key)))

    def _found(self, found: Future) -> None:
        if found != self._last:
            if isinstance(found, Go):
                self._drainer.drain(Cause.TAG, reason=found.reason)
            else:
                self._drainer.end_those_by(Cause.TAG)
        self._last = found
