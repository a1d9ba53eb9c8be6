"""A small file that outlives the daemon: written whole or not at all, for user and group, whatever the umask."""

import os
import stat
import time
from pathlib import Path
from typing import Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.files import open_without_waiting, replace_file
from bgp2vpc.operator.leave import Leaves
from bgp2vpc.operator.state import State, StateError, read_state_text
from bgp2vpc.operator.steer import Steers
from bgp2vpc.reconcile.journal import Journal

_MODE: Final = 0o640
_LARGEST: Final = 1024 * 1024
"""Bytes: a thousand drained prefixes take a fifth of it."""
SAVING: Final = "saving the state file"


class StateFileError(Bgp2vpcError):
    """It cannot be read or written; the message says why."""


def read_state(path: Path) -> str | None:
    """Its text; None if there is none. Raises StateFileError."""
    try:
        with open_without_waiting(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise StateFileError(f"{path}: is no regular file")
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateFileError(f"{path}: cannot be read: {_why(error)}") from error
    if len(data) > _LARGEST:
        raise StateFileError(f"{path}: larger than {_LARGEST} bytes: surely another file")
    return text


def load_state(path: Path | None, now: float) -> State:
    """What an earlier run wrote down and is not over at `now`; nothing if there is no file. Raises StateFileError."""
    text = read_state(path) if path is not None else None
    try:
        state = State() if text is None else read_state_text(text)
    except StateError as error:
        raise StateFileError(f"{path}: {error}") from error
    return State(state.leaves.until(now), state.holds.until(now))


def write_state(path: Path, text: str) -> None:
    """As a whole or not at all. Raises StateFileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text, _MODE)
    except OSError as error:
        raise StateFileError(f"{path}: cannot be written: {_why(error)}") from error


class StateFile:
    """The file of a running daemon, written anew with every change. `path` None: nothing outlives the daemon."""

    def __init__(self, path: Path | None, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._state = State()

    def load(self) -> State:
        """What an earlier run left; what cannot be read is told to the journal, and is nothing."""
        try:
            self._state = load_state(self._path, time.time())
        except StateFileError as error:
            message = f"{error}; nothing is taken for draining or held"
            self._journal.failure("state file", StateFileError(message))
        return self._state

    def keep(self, *, leaves: Leaves | None = None, holds: Steers | None = None) -> None:
        """Write down what has changed. What cannot be written is told to the journal."""
        before = self._state
        self._state = State(before.leaves if leaves is None else leaves, before.holds if holds is None else holds)
        if self._path is None or self._state == before:
            return
        try:
            write_state(self._path, self._state.to_text())
        except StateFileError as error:
            self._journal.failure(SAVING, error)
        else:
            self._journal.success(SAVING)

    @property
    def not_kept(self) -> str:
        """Why what is written down now will not survive a restart; empty if it will."""
        return self._journal.failing.get(SAVING, "") if self._path else "no state_file"


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
