"""`lifecycle: true`: watches instance metadata for the end of this instance, and drains in time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.errors import MetadataError, NoThread
from bgp2vpc.operator.drain import Drainer
from bgp2vpc.operator.orders import Cause
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.tasks import StartTask, cancelled, on_thread
from bgp2vpc.vpc.imds import Metadata
from bgp2vpc.vpc.lifecycle import PATHS, Future, Go, future

EVERY: Final = 5.0
"""Seconds, as AWS recommends."""

ReadMetadata = Callable[[], Mapping[str, str | None]]
"""The texts at `PATHS`. Blocks; raises MetadataError."""


def metadata_reader() -> ReadMetadata:
    """Asks the metadata service that the environment names, each time in a few seconds at most."""
    metadata: Metadata | None = None

    def read() -> Mapping[str, str | None]:
        nonlocal metadata
        metadata = metadata or Metadata()  # it keeps its token
        return {path: metadata.get(path) for path in PATHS}

    return read


class LifecycleWatch:
    """Drains everything when metadata says so, and undrains what it drained when that is over.

    It acts when metadata says something new. So who undrains by hand is not overruled by the same old notice.
    """

    def __init__(self, drainer: Drainer, journal: Journal, start_task: StartTask, read: ReadMetadata) -> None:
        self._drainer = drainer
        self._journal = journal
        self._start_task = start_task
        self._read = read
        self._watching: asyncio.Task[None] | None = None

    async def configure(self, config: Config) -> None:
        """Watch, or do not; what was drained for it stays as long as it is watched."""
        if config.lifecycle and self._watching is None:
            self._watching = self._start_task("lifecycle", self._watch())
        elif not config.lifecycle and self._watching is not None:
            await self.stop()
            self._drainer.end_those_by(Cause.LIFECYCLE)

    async def stop(self) -> None:
        """Watch no more; what is drained stays so."""
        if self._watching is not None:
            await cancelled(self._watching)
            self._watching = None

    async def _watch(self) -> None:
        last: Future | None = None
        while True:
            try:
                found = future(await on_thread(self._read))
            except (MetadataError, NoThread) as error:
                # No news is no reason to come or to go.
                self._journal.failure("lifecycle", error)
            else:
                self._journal.success("lifecycle")
                if found != last:
                    self._act(found)
                last = found
            await asyncio.sleep(EVERY)

    def _act(self, found: Future) -> None:
        if isinstance(found, Go):
            self._drainer.drain(Cause.LIFECYCLE, reason=found.reason, withdraws=found.withdraws)
        else:
            self._drainer.end_those_by(Cause.LIFECYCLE)
