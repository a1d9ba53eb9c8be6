"""asyncio tasks: guarded ones, waiting for an end or a state, calls that block, and deadlines in Unix time."""

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
"""Seconds between two looks of `until`."""
LATER = 0.001
"""Seconds that are added to a time: the event loop's timers may be early by their resolution."""
Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")

StartTask = Callable[[str, Coroutine[None, None, None]], "asyncio.Task[None]"]
"""Starts a named task that nobody has to keep: `GuardedTasks.start`."""


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


class ReportedTasks:
    """Keeps tasks alive. One that fails by an internal error is reported, and does not stop the others."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Run it until it ends."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            asyncio.get_running_loop().call_exception_handler({"message": "bug in a task", "exception": error})


async def cancelled(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel them and wait until they have ended, however they do."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a state that no single event brings about, at most `seconds`. Whether it came."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while True:
        if condition():
            return True
        if clock() >= deadline:
            return False
        await asyncio.sleep(STEP)


async def on_thread(call: Callable[[], T], executor: Executor | None = None) -> T:
    """What `call` returns, called on a thread of `executor` (None: the event loop's own).

    Raises NoThread if none can be started; `call` may still run later, once a thread is free.
    """
    try:
        running = asyncio.get_running_loop().run_in_executor(executor, call)
    except RuntimeError as error:
        raise NoThread(str(error)) from error
    return await running


def ring_at(due: float, call: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
    """Call this when the event loop's clock shows `due`, or a little later: `due` has passed when it is called."""
    return asyncio.get_running_loop().call_at(due + LATER, call, *arguments)


class Alarm:
    """Calls `ring` once, at the time that was set last, on the event loop's clock."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self.due: float | None = None
        """When it is going to ring; None: it is not."""
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it is going to ring."""
        return self._timer is not None

    def set(self, due: float | None) -> None:
        """Ring then, and not when it was set to before; None: do not."""
        if self._timer is not None:
            self._timer.cancel()
        self.due = due
        self._timer = None if due is None else ring_at(due, self._rings)

    def _rings(self) -> None:
        self.due = self._timer = None
        self._ring()


class Deadlines(Generic[Key]):
    """Calls `over` with what has ended. Setting the host's clock meanwhile neither shortens nor lengthens it."""

    def __init__(self, over: Callable[[frozenset[Key]], None]) -> None:
        self._over = over
        self._due: dict[Key, tuple[float, float]] = {}
        self._alarm = Alarm(self._expire)

    def want(self, untils: Mapping[Key, float]) -> None:
        """These are to end, each at its Unix time, and no others."""
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
