"""asyncio helpers: guarded tasks, waiting for a state, blocking calls on threads, alarms, deadlines in Unix time."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping
from concurrent.futures import Executor
from typing import Any, Generic, TypeVar

from bgp2vpc.errors import NoThread
from bgp2vpc.logs import event

log = logging.getLogger("bgp2vpc")

STEP = 0.05
"""Seconds between two calls of the condition in `until`."""
LATER = 0.001
"""Seconds that `ring_at` adds, since the event loop's timers may be early by their resolution."""
Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")

StartTask = Callable[[str, Coroutine[None, None, None]], "asyncio.Task[None]"]
"""Starts a named task and keeps a reference to it: `GuardedTasks.start`."""


class GuardedTasks:
    """Keeps tasks alive (asyncio holds only weak references) and calls `on_failure` if one of them raises."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, coroutine: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Run the coroutine as a task."""
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def cancel(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        await cancelled(*self._tasks)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        log.critical("task failed, the daemon ends: %s", task.get_name(), exc_info=task.exception())
        event(log, logging.INFO, "please report this as a bug, with the lines above")
        self._on_failure()


class ReportedTasks:
    """Keeps tasks alive. The exception of one goes to the event loop's handler, and does not stop the others."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Run the coroutine as a task."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            asyncio.get_running_loop().call_exception_handler({"message": "bug in a task", "exception": error})


async def cancelled(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel the tasks and wait until they have ended, with whatever result."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait at most `seconds` until the condition holds, for states without an event of their own. Whether it does."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while True:
        if condition():
            return True
        if clock() >= deadline:
            return False
        await asyncio.sleep(STEP)


async def on_thread(call: Callable[[], T], executor: Executor | None = None) -> T:
    """Run `call` on a thread of `executor` (None: the event loop's own), and return its result.

    Raises NoThread if no thread can be started; `call` may still run later, once a thread is free.
    """
    try:
        running = asyncio.get_running_loop().run_in_executor(executor, call)
    except RuntimeError as error:
        raise NoThread(str(error)) from error
    return await running


def ring_at(due: float, call: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
    """Schedule `call` just after `due` on the event loop's clock, so that `due` has passed when it runs."""
    return asyncio.get_running_loop().call_at(due + LATER, call, *arguments)


class Alarm:
    """Calls `ring` once, at the time set last (on the event loop's clock)."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self.due: float | None = None
        """The time at which it will ring; None: it is not set."""
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it will ring."""
        return self._timer is not None

    def set(self, due: float | None) -> None:
        """Set or replace the time; None: do not ring."""
        if self._timer is not None:
            self._timer.cancel()
        self.due = due
        self._timer = None if due is None else ring_at(due, self._rings)

    def _rings(self) -> None:
        self.due = self._timer = None
        self._ring()


class Deadlines(Generic[Key]):
    """Calls `over` with the keys whose time has come. Setting the host's clock meanwhile does not move a deadline."""

    def __init__(self, over: Callable[[frozenset[Key]], None]) -> None:
        self._over = over
        self._due: dict[Key, tuple[float, float]] = {}
        self._alarm = Alarm(self._expire)

    def want(self, untils: Mapping[Key, float]) -> None:
        """Replace the deadlines: key -> Unix time."""
        loop = asyncio.get_running_loop()
        known = self._due
        self._due = {
            key: known[key] if key in known and known[key][0] == until else (until, loop.time() + until - time.time())
            for key, until in untils.items()
        }
        self._alarm.set(min((due for _, due in self._due.values()), default=None))

    def _expire(self) -> None:
        now = asyncio.get_running_loop().time()
        ended = frozenset(key for key, (_, due) in self._due.items() if due <= now)
        self._due = {key: due for key, due in self._due.items() if key not in ended}
        self._over(ended)
