"""Waiting for what has to be asked for: programs that tell nobody when something changes."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], what: str, story: Callable[[], str] = str, timeout: float = 30.0) -> None:
    """Ask again and again until `condition()` holds. Raises TimeoutError with `what` and `story()`."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}\n{story()}")
        time.sleep(0.05)
