"""Waiting for tasks to end, for states to come about, and for calls that block."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from bgp2vpc.errors import NoThread

STEP = 0.05
T = TypeVar("T")


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
