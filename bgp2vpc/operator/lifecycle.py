"""`lifecycle: true`: drains everything when instance metadata has a notice that AWS will end this instance."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.errors import MetadataError, NoThread
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.hook_completion import HookCompletion
from bgp2vpc.operator.orders import Cause
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import StartTask, cancelled, on_thread
from bgp2vpc.vpc.aws.imds import Metadata
from bgp2vpc.vpc.lifecycle import PATHS, Future, Go, future
from bgp2vpc.vpc.order_tags import GROUP_TAG, path_of

SUBJECT: Final = "lifecycle"
EVERY: Final = 5.0
"""Seconds between reads of metadata, as AWS recommends."""

ReadMetadata = Callable[[Collection[str]], Mapping[str, str | None]]
"""Reads the texts at these paths, None where there is none. Blocking. Raises MetadataError."""


def metadata_reader() -> ReadMetadata:
    """A ReadMetadata for the metadata service of the environment; a call takes a few seconds at most."""
    metadata: Metadata | None = None

    def read(paths: Collection[str]) -> Mapping[str, str | None]:
        nonlocal metadata
        metadata = metadata or Metadata()  # kept for its token
        return {path: metadata.get(path) for path in paths}

    return read


class LifecycleWatch:
    """Drains everything while metadata has a notice.

    It acts only when the notice changes, so the same notice does not drain again after an operator has undrained. Each
    answer is passed on to `hook`.
    """

    def __init__(
        self, drainer: Drainer, journal: Journal, start_task: StartTask, read: ReadMetadata, hook: HookCompletion
    ) -> None:
        self._drainer = drainer
        self._hook = hook
        self._journal = journal
        self._start_task = start_task
        self._read = read
        self._watching: asyncio.Task[None] | None = None

    async def configure(self, config: Config) -> None:
        """Watch if `lifecycle` is configured; if it no longer is, end the drain that the watch has started."""
        await self._hook.use(config.completed_hook)
        if config.lifecycle and self._watching is None:
            self._watching = self._start_task(SUBJECT, self._watch())
        elif not config.lifecycle and self._watching is not None:
            await self.stop()
            self._journal.forget(SUBJECT)
            self._drainer.end_those_by(Cause.LIFECYCLE)

    async def stop(self) -> None:
        """Stop watching; a drain that it has started stays."""
        if self._watching is not None:
            await cancelled(self._watching)
            self._watching = None
        await self._hook.stop()

    async def _watch(self) -> None:
        last: Future | None = None
        while True:
            try:
                texts = await on_thread(lambda: self._read((*PATHS, path_of(GROUP_TAG))))
            except (MetadataError, NoThread) as error:
                # Without an answer nothing changes: drains and announcements stay as they are.
                self._journal.failure(SUBJECT, error)
            else:
                self._journal.success(SUBJECT)
                found = future(texts)
                if found != last:
                    if isinstance(found, Go):
                        self._drainer.drain(Cause.LIFECYCLE, reason=found.reason, withdraws=found.withdraws)
                    else:
                        self._drainer.end_those_by(Cause.LIFECYCLE)
                last = found
                self._hook.follow(texts)
            await asyncio.sleep(EVERY)
