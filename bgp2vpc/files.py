"""Files that an operator names, which may be anything."""

import os
from pathlib import Path
from typing import BinaryIO


def open_without_waiting(path: Path | str) -> BinaryIO:
    """Opened for reading. A FIFO that nobody writes to is as an empty file; `open` would wait for its writer."""
    return open(path, "rb", opener=_open)


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)  # what has a writer, such as `-f <(…)`, is read to its end
    return descriptor
