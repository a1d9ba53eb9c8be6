"""Waiting for tasks to end and for states to come about."""

import asyncio
from collections.abc import Callable
from typing import Any

STEP = 0.05


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
