"""How long a test waits for what has to happen, and how it waits where nothing tells of it."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""Seconds. It ends a test that would hang. What is waited for takes a tenth of it at most, so that a machine which is
busy with other things, or stands still for a while, fails no test."""


def eventually(condition: Callable[[], Any], what: str, story: Callable[[], str] = str) -> Any:
    """Ask again until `condition()` is true; returns its value. `story`: what the failure tells besides."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE:g} s for {what}\n{story()}")
        time.sleep(0.02)
    return found
