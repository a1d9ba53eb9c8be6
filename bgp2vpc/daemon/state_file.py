"""A small file that outlives the daemon: written whole or not at all, for user and group, whatever the umask."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from bgp2vpc.daemon.leave import LeaveError, Leaves, read_leaves
from bgp2vpc.errors import Bgp2vpcError

_MODE: Final = 0o640
_LARGEST: Final = 1024 * 1024
"""Bytes: a thousand drained prefixes take a fifth of it."""


class StateFileError(Bgp2vpcError):
    """It cannot be read or written; the message says why."""


def read_state(path: Path) -> str | None:
    """Its text; None if there is none. Raises StateFileError."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateFileError(f"{path}: cannot be read: {_why(error)}") from error
    if len(data) > _LARGEST:
        raise StateFileError(f"{path}: larger than {_LARGEST} bytes: surely another file")
    return text


def load_leaves(path: Path | None) -> Leaves:
    """What drains, as an earlier run wrote it down; nothing where there is no file. Raises StateFileError."""
    text = read_state(path) if path is not None else None
    try:
        return Leaves() if text is None else read_leaves(text)
    except LeaveError as error:
        raise StateFileError(f"{path}: {error}") from error


def write_state(path: Path, text: str) -> None:
    """Write it beside its place, then move it there: a crash leaves the old text or the new one. Raises StateFileError.

    ExaBGP starts its helpers with umask 0 or 0137, so the mode is set and not left to that.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), _MODE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise StateFileError(f"{path}: cannot be written: {_why(error)}") from error


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
