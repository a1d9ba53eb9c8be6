"""The event loop of the simulation: virtual time, shared by hosts that can be frozen and killed one by one."""

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.virtual_time import VirtualTimeLoop


class Fate(Enum):
    """What becomes of a call of EC2. LOST is done, and the answer lost; UNHEARD neither; BROKEN: an error at once.

    EXPIRED: the signature is older than EC2 takes, because the caller's clock is wrong.
    """

    FAIR = "fair"
    THROTTLED = "throttled"
    BROKEN = "broken"
    LOST = "lost"
    UNHEARD = "unheard"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Trip:
    """One call of EC2: it arrives after `there` seconds, its answer after `back` more."""

    there: float = 0.05
    back: float = 0.05
    fate: Fate = Fate.FAIR


@dataclass(eq=False)
class Process:
    """All that runs in one process of a host: its callbacks and tasks carry it in their context.

    `frozen` is SIGSTOP: what is due is held until `thaw`. `kill` is SIGKILL: nothing of it runs any more.
    """

    name: str
    trip: Callable[[], Trip]
    frozen: bool = False
    dying: bool = False
    dead: bool = False
    held: list["_Due"] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        self.context.run(PROCESS.set, self)

    def thaw(self, loop: "Clock") -> None:
        """All that was held is due now, in its order."""
        self.frozen = False
        held, self.held = self.held, []
        for due in held:
            if not (self.dying and due.is_timer):
                loop.call_soon(_run_unless_cancelled, due, context=due.context)

    def kill(self, loop: "Clock") -> None:
        """No timer, answer or message reaches it any more; its tasks end as they unwind."""
        self.dying = True
        self.thaw(loop)
        self._cancel()
        # What those had on their way may have begun others.
        loop.call_later(0.001, self._cancel, context=OUTSIDE)
        loop.call_later(0.002, self._bury, context=OUTSIDE)

    def _cancel(self) -> None:
        for task in self.tasks:
            task.cancel()

    def _bury(self) -> None:
        self.dead = True
        for task in self.tasks:
            task._log_destroy_pending = False  # it was killed, after all
        self.tasks.clear()


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)
OUTSIDE = Context()
"""What belongs to no process: the network, EC2, and what befalls the hosts."""


@dataclass(slots=True)
class _Due:
    process: Process
    callback: Callable[..., object]
    args: tuple[Any, ...]
    context: Context
    is_timer: bool
    handle: asyncio.Handle | None = None


def _run_if_alive(due: _Due) -> None:
    process = due.process
    if process.frozen:
        process.held.append(due)
    elif not (process.dead or (process.dying and due.is_timer)):
        due.callback(*due.args)


def _run_unless_cancelled(due: _Due) -> None:
    """What was held; one that ran before it may have cancelled it."""
    if not (due.handle and due.handle.cancelled()):
        due.callback(*due.args)


class Clock(VirtualTimeLoop):
    """Nothing here waits for the outside: when all that is due has run, time jumps to what is due next."""

    def __init__(self) -> None:
        super().__init__()
        self.set_task_factory(_make_task)
        self.trip = Trip()
        """Of the call that is being made."""

    def call_soon(self, callback, *args, context=None):
        context = copy_context() if context is None else context
        process = context.get(PROCESS)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        due = _Due(process, callback, args, context, is_timer=False)
        due.handle = super().call_soon(_run_if_alive, due, context=context)
        return due.handle

    def call_at(self, when, callback, *args, context=None):
        context = copy_context() if context is None else context
        process = context.get(PROCESS)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        due = _Due(process, callback, args, context, is_timer=True)
        due.handle = super().call_at(when, _run_if_alive, due, context=context)
        return due.handle

    def call_later(self, delay, callback, *args, context=None):
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def add_signal_handler(self, sig, callback, *args) -> None:
        """Ctrl-C is for the simulation, not for its daemons."""

    def run_in_executor(self, executor, func, *args) -> asyncio.Future:
        process = PROCESS.get()
        answer = self.create_future()
        if process is None or not process.dying:
            trip = process.trip() if process else Trip()
            self.call_later(trip.there, self._arrived, process, answer, trip, func, args, context=OUTSIDE)
        return answer

    def _arrived(self, process: Process | None, answer: asyncio.Future, trip: Trip, func, args) -> None:
        # As with a thread: a call whose caller gave up, or was killed, is made all the same.
        self.trip = trip
        try:
            result, error = func(*args), None
        except Exception as raised:  # noqa: BLE001  # it is the caller's, and goes to the caller
            result, error = None, raised
        self.call_later(trip.back, _deliver, process, answer, result, error, context=OUTSIDE)


def _deliver(process: Process | None, answer: asyncio.Future, result, error: Exception | None) -> None:
    if answer.done() or (process is not None and process.dying):
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)


def _make_task(loop: asyncio.AbstractEventLoop, coroutine, context: Context | None = None) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, context=context)
    process = (context or copy_context()).get(PROCESS)
    if process is not None:
        if len(process.tasks) > 100:
            process.tasks = [each for each in process.tasks if not each.done()]
        process.tasks.append(task)
    return task
