"""Files that an operator names: read whatever they are, replaced as a whole."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def reason_of(error: OSError) -> str:
    """In words, without the number, and of which file, if that is known: `No such file or directory: /etc/x`."""
    return ": ".join(str(each) for each in (error.strerror or error, error.filename) if each is not None)


def ensure_directory(path: Path) -> None:
    """Make it, and those above it, if it is not there; anybody may pass through, whatever the umask.

    Who may use a socket or a file in it is said by the mode of that one. Raises OSError.
    """
    if path.is_dir() or path == path.parent:
        return
    ensure_directory(path.parent)
    try:
        path.mkdir()
    except FileExistsError as error:  # so says the kernel of a file in its place
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from error
    else:
        path.chmod(0o755)


def open_without_waiting(path: Path | str) -> BinaryIO:
    """Opened for reading. A FIFO that nobody writes to is as an empty file; `open` would wait for its writer."""
    return open(path, "rb", opener=_open)


def replace_file(path: Path, text: str, mode: int, check: Callable[[Path], None] = lambda _: None) -> None:
    """Write it beside its place, then move it there: a crash leaves the old text or the new one.

    `check` sees the new file first, and may raise. `mode` is set whatever the umask: ExaBGP starts helpers with 0 or
    0137. Raises OSError, and then the old file is there still.
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
        if error.filename == os.fspath(draft):  # nobody knows it by that name
            error.filename = error.filename2 = None
        raise
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)  # what has a writer, such as `-f <(…)`, is read to its end
    return descriptor
