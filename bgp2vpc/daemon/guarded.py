"""Named tasks that are meant to run for ever: one that ends by a mistake of ours is logged and ends the daemon."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from bgp2vpc.daemon.waiting import cancelled
from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc")


class GuardedTasks:
    """Keeps tasks alive (asyncio itself holds them weakly) and watches how they end."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, coroutine: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Run it until it ends or is cancelled."""
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def cancel(self) -> None:
        """End all that still run."""
        await cancelled(*self._tasks)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        log.critical("task failed, the daemon ends: %s", task.get_name(), exc_info=task.exception())
        event(log, logging.INFO, "please report this as a bug, with the lines above")
        self._on_failure()
