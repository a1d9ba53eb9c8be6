"""How long a test waits for what has to happen, and how it waits where nothing tells of it."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""Seconds. It ends a test that would hang. What is waited for takes a tenth of it at most, so that a machine which is
busy with other things, or stands still for a while, fails no test."""


def eventually(condition: Callable[[], Any], what: str, story: Callable[[], str] = str) -> Any:
    """Ask again until `condition()` is true; returns its value. `story`: what the failure tells besides."""
    began = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - began
        if waited > PATIENCE:
            raise TimeoutError(f"waited {PATIENCE:g} s for {what}\n{story()}")
        # To ask costs CPU, here and where it is answered, that what is waited for may need.
        time.sleep(min(0.02 + waited / 20, 0.1))
    return found
