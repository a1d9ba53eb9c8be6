"""The state file, which saves drains and holds over a restart.

It is replaced atomically and has mode 0640 whatever the umask. It names the instance whose orders it has, because an
image of a host (an AMI, a snapshot) contains a copy of the file, and these are no orders for the instances made from
it. Only one process at a time may use the file: two daemons of one host would take each other's routes for leftovers
of their own and delete them.
"""

import fcntl
import json
import logging
import os
import stat
import time
from pathlib import Path
from typing import Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.files import ensure_directory, open_without_waiting, reason_of, replace_file
from bgp2vpc.logs import event
from bgp2vpc.operator.orders import Cause, OrderKind, Orders, read_drain, read_hold
from bgp2vpc.printable import printable
from bgp2vpc.reconcile.journal import Journal

log = logging.getLogger("bgp2vpc")

VERSION: Final = 1
"""The version of the file's format."""
_MODE: Final = 0o640
_LARGEST: Final = 1024 * 1024
"""Maximum size in bytes; a thousand drained prefixes take a fifth of it."""
_NAMED: Final = 1024
"""Maximum number of bytes read of the lock file, which names the process that holds the lock."""
SAVING: Final = "saving the state file"
LOADING: Final = "state file"


class StateError(Bgp2vpcError):
    """A text that is no state written by bgp2vpc; the error's text says why."""


class StateFileError(Bgp2vpcError):
    """The file cannot be read or written; the text says why."""


class StateFileInUse(StateFileError):
    """Another process has locked the file; the text names it."""


def lock_state(path: Path | None, config_file: str) -> int | None:
    """Lock the state file `path` (None: there is none) for this process. Raises StateFileInUse.

    The lock is on `PATH.lock`, since the state file itself is replaced at each change. The lock file has the process id
    and the configuration file of its holder. The kernel releases the lock when the process ends. If locking fails (a
    full disk, a file system without locks), a warning is logged and the file is used without a lock.

    Returns the descriptor of the lock, None without one; closing it releases the lock.
    """
    if path is None:
        return None
    lock = path.with_name(f"{path.name}.lock")
    try:
        ensure_directory(path.parent)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, _MODE)
    except OSError as error:
        _not_locked(lock, error)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {config_file}\n".encode(), 0)
    except BlockingIOError as error:
        pid, _, file = os.pread(descriptor, _NAMED, 0).decode(errors="replace").strip().partition(" ")
        os.close(descriptor)
        who = f"process {printable(pid)} (bgp2vpc with {printable(file)})" if pid else "another process"
        raise StateFileInUse(
            f"{path}: in use by {who}; two daemons of one host delete each other's routes, so end that one first"
        ) from error
    except OSError as error:
        _not_locked(lock, error)
    return descriptor


def _not_locked(lock: Path, error: OSError) -> None:
    hint = "if another bgp2vpc of this host uses the same state file, they delete each other's routes"
    event(log, logging.WARNING, "state file not locked", file=lock, why=reason_of(error), hint=hint)


def state_text(orders: Orders, instance_id: str = "") -> str:
    """The text of the file, without takeovers and drains caused by SIGTERM, which end with the daemon.

    `instance_id`: this instance; empty if it is not known yet.
    """
    drains = [each.to_leaving() for each in orders.of(OrderKind.DRAIN) if each.cause is not Cause.SIGTERM]
    holds = [each.to_row() for each in orders.of(OrderKind.HOLD)]
    owner = {"instance": instance_id} if instance_id else {}
    return json.dumps({"version": VERSION, **owner, "leaving": drains, "steering": holds}, indent=1) + "\n"


def read_state_text(text: str) -> Orders:
    """Parse the output of `state_text`, also of versions without holds. Raises StateError for anything else."""
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise StateError(f"version {document['version']!r} is not {VERSION}; another bgp2vpc wrote it")
        drains, holds = map(read_drain, document["leaving"]), map(read_hold, document.get("steering", ()))
        return Orders().added((*drains, *holds))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise StateError(f"no state of bgp2vpc: {type(error).__name__}: {error}") from error


def instance_of(text: str) -> str:
    """The instance that a text of `state_text` names; empty if none, as in files of 0.1.0."""
    return str(json.loads(text).get("instance", ""))


def read_state(path: Path) -> str | None:
    """Read the text of the file; None if there is no file. Raises StateFileError."""
    try:
        with open_without_waiting(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise StateFileError(f"{path}: is no regular file")
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise StateFileError(f"{path}: cannot be read: {error}") from error
    except OSError as error:
        raise StateFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > _LARGEST:
        raise StateFileError(f"{path}: larger than {_LARGEST} bytes: surely another file")
    return text


def load_state(path: Path | None, now: float) -> Orders:
    """Read the orders whose time is not over at `now`; none if there is no file. Raises StateFileError."""
    return load_saved(path, now)[0]


def load_saved(path: Path | None, now: float) -> tuple[Orders, str]:
    """The orders as `load_state` reads them, and the instance that the file names. Raises StateFileError."""
    text = read_state(path) if path is not None else None
    if text is None:
        return Orders(), ""
    try:
        return read_state_text(text).until(now), instance_of(text)
    except StateError as error:
        raise StateFileError(f"{path}: {error}") from error


def write_state(path: Path, text: str) -> None:
    """Replace the file atomically. Raises StateFileError."""
    try:
        ensure_directory(path.parent)
        replace_file(path, text, _MODE)
    except OSError as error:
        raise StateFileError(f"{path}: cannot be written: {reason_of(error)}") from error


class StateFile:
    """The state file of a running daemon, rewritten at every change. `path`: None for no file."""

    def __init__(self, path: Path | None, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._orders: dict[OrderKind, Orders] = {}
        self._not_saved = ""
        self._instance_id = ""
        """The instance that the file names, and from `connected` on the one that this is."""

    def load(self) -> Orders:
        """Load the orders of an earlier run; none if the file cannot be read, which is reported to the journal."""
        orders = Orders()
        try:
            orders, self._instance_id = load_saved(self._path, time.time())
        except StateFileError as error:
            message = f"{error}; nothing is taken for draining or held"
            self._journal.failure(LOADING, StateFileError(message), then="the daemon goes on without them")
        self._orders = {kind: orders.of(kind) for kind in OrderKind}
        return orders

    def connected(self, instance_id: str) -> bool:
        """Name this instance in the file from now on. Returns whether the loaded orders are those of another one."""
        before, self._instance_id = self._instance_id, instance_id
        is_foreign = before not in ("", instance_id)
        if is_foreign:
            event(log, logging.WARNING, "state file of another instance", file=self._path, instance=before)
        elif not before and any(self._orders.values()):
            self._save()  # the orders were saved before the instance was known, or by an older version
        return is_foreign

    def save_again(self) -> None:
        """Try once more if the last attempt to save has failed."""
        if self._not_saved:
            self._save()

    def keep(self, orders: Orders, *kinds: OrderKind) -> None:
        """Save the orders of these kinds, if they have changed. `orders` must contain all orders of these kinds.

        A failure is reported to the journal.
        """
        before = self._orders
        self._orders = before | {kind: orders.of(kind) for kind in kinds}
        if self._orders != before:
            self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        orders = Orders().added(each for kind in OrderKind for each in self._orders[kind])
        try:
            write_state(self._path, state_text(orders, self._instance_id))
        except StateFileError as error:
            self._not_saved = str(error)
            then = "a restart finds what was drained or held before; saved again with the next order or poll"
            self._journal.failure(SAVING, error, then=then)
        else:
            self._not_saved = ""
            self._journal.success(SAVING)
            self._journal.success(LOADING)  # a file that could not be read has been replaced

    @property
    def not_kept(self) -> str:
        """Why orders would not survive a restart; empty if they would."""
        return self._not_saved if self._path else "no state_file"
