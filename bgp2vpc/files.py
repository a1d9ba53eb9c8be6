"""Files whose paths an operator configures: reading without blocking on a FIFO, atomic replacement."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def reason_of(error: OSError) -> str:
    """The error in words, without its number, and the file if known: `No such file or directory: /etc/x`."""
    return ": ".join(str(each) for each in (error.strerror or error, error.filename) if each is not None)


def ensure_directory(path: Path) -> None:
    """Create the directory and its parents if missing, with mode 0755 whatever the umask. Raises OSError.

    Access to a socket or file in it is controlled by that one's own mode.
    """
    if path.is_dir() or path == path.parent:
        return
    ensure_directory(path.parent)
    try:
        path.mkdir()
    except FileExistsError as error:  # also raised if `path` is a file
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from error
    else:
        path.chmod(0o755)


def open_without_waiting(path: Path | str) -> BinaryIO:
    """Open the file for reading. A FIFO without a writer reads as empty; a plain `open` would wait for a writer."""
    return open(path, "rb", opener=_open)


def replace_file(path: Path, text: str, mode: int, check: Callable[[Path], None] = lambda _: None) -> None:
    """Replace the file atomically: write a draft beside it, then rename it, so that a crash leaves the old or new text.

    `check` gets the draft's path before that, and may raise. `mode` is set whatever the umask: ExaBGP starts helpers
    with 0 or 0137. Raises OSError; the old file is then still in place.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        check(draft)
        draft.replace(path)
    except OSError as error:
        if error.filename == os.fspath(draft):  # the operator does not know the draft's name
            error.filename = error.filename2 = None
        raise
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)  # a FIFO with a writer, such as `-f <(…)`, is read to its end
    return descriptor
