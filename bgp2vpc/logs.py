"""Logging for people and programs: one line per record, on stderr, never on stdout (ExaBGP reads that in helper mode).

Text: time (UTC, RFC 3339, milliseconds), level, the event in plain words, then `key=value` pairs:

    2026-11-22T10:00:00.123Z info route created table=rtb-0a1b2c3d prefix=192.0.2.53/32 reason="first offer"

A value that is empty or contains white space, `=`, `"`, a backslash or an unprintable character is put in double
quotes and escaped as in JSON, so that no script and no EC2 message can forge a line. Lists are joined by commas.

Logfmt: as text, but time, level and event are pairs, too: `time=… level=info event="route created" …`.

JSON: one object per line with `time`, `level`, `event` and the fields; numbers, booleans, null and lists keep their
types. In all formats, records of libraries have a field `logger`, and records with a traceback a field `traceback`.

The journal: if stderr is connected to it (JOURNAL_STREAM, systemd.exec(5)), each line begins with its priority (`<4>`,
sd-daemon(3)), so that `journalctl -p warning` finds warnings. Text and logfmt then have no time: the journal has one.
"""

import errno
import json
import logging
import os
import re
import select
import socket
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Final, TextIO

from bgp2vpc.printable import printable

_OURS: Final = "bgp2vpc"
_SYSLOG_SOCKET: Final = Path("/dev/log")
_BARE: Final = re.compile(r'[^\s="\\]+')
_PRIORITIES: Final = {
    logging.CRITICAL: SysLogHandler.LOG_CRIT,
    logging.ERROR: SysLogHandler.LOG_ERR,
    logging.WARNING: SysLogHandler.LOG_WARNING,
    logging.INFO: SysLogHandler.LOG_INFO,
}
_RESERVED: Final = {"time", "level", "event", "logger", "traceback"}


class LogFormat(Enum):
    """The formats; values are those of `--log-format`."""

    TEXT = "text"
    LOGFMT = "logfmt"
    JSON = "json"


def event(logger: logging.Logger, level: int, message: str, /, **fields: object) -> None:
    """Log the event `message` (plain words) with its `fields`; fields that are None are left out."""
    if logger.isEnabledFor(level):
        told = {key: value for key, value in fields.items() if value is not None}
        logger.log(level, "%s", message, extra={"fields": told}, stacklevel=2)


def configure(
    level: int,
    fmt: LogFormat = LogFormat.TEXT,
    stream: TextIO | None = None,
    *,
    syslog: bool = False,
    syslog_socket: Path = _SYSLOG_SOCKET,
) -> None:
    """Send our records from `level` up, and warnings of libraries, to `stream` (None: stderr).

    `syslog`: send them to the local syslog daemon instead; if none listens, log a warning and use `stream`.
    Each call replaces the settings of the call before.
    """
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if handler.name == _OURS]:
        root.removeHandler(old)
        old.close()
    handler, trouble = _handler(fmt, stream or sys.stderr, syslog_socket if syslog else None)
    handler.set_name(_OURS)
    handler.addFilter(_Bounded(handler))
    root.addHandler(handler)
    # Libraries only from warnings up, even with --debug: botocore's debug records contain signatures and tokens.
    root.setLevel(logging.WARNING)
    ours = logging.getLogger(_OURS)
    ours.setLevel(level)
    logging.captureWarnings(True)
    if trouble is not None:
        why = trouble.strerror or trouble
        event(ours, logging.WARNING, "syslog not available: logging to stderr", socket=syslog_socket, error=why)


def _handler(fmt: LogFormat, stream: TextIO, syslog_socket: Path | None) -> tuple[logging.Handler, OSError | None]:
    trouble: OSError | None = None
    if syslog_socket is not None:
        try:
            return _syslog_handler(fmt, syslog_socket), None
        except OSError as error:
            trouble = error
    handler: logging.Handler
    is_journal = False
    try:
        handler = _NeverWaits(stream.fileno())
        status = os.fstat(stream.fileno())
        # A process may inherit JOURNAL_STREAM although its own stderr goes elsewhere.
        is_journal = os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
    except (OSError, AttributeError):  # the stream has no file descriptor
        handler = logging.StreamHandler(stream)
    formatter = _formatter(fmt, with_time=not is_journal)
    handler.setFormatter(_WithPriority(formatter) if is_journal else formatter)
    return handler, trouble


def _formatter(fmt: LogFormat, *, with_time: bool) -> logging.Formatter:
    if fmt is LogFormat.JSON:
        return _JsonFormatter()
    return _TextFormatter(with_time=with_time, all_pairs=fmt is LogFormat.LOGFMT)


def _syslog_handler(fmt: LogFormat, path: Path) -> logging.Handler:
    """A handler for the syslog socket at `path`. Raises OSError if no daemon listens there."""
    # SysLogHandler itself would report a missing daemon only with each record.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except OSError as error:
            # EPROTOTYPE: it is a stream socket, which SysLogHandler tries, too.
            if error.errno != errno.EPROTOTYPE:
                raise
    handler = SysLogHandler(str(path), facility=SysLogHandler.LOG_DAEMON)
    handler.ident = f"{_OURS}: "
    handler.append_nul = False
    handler.setFormatter(_formatter(fmt, with_time=False))  # syslog stamps the time itself
    return handler


class _NeverWaits(logging.Handler):
    """Writes lines to a descriptor without ever blocking; drops the lines that it does not accept at once.

    If the reader of a pipe stopped reading, a blocking write would hang the whole daemon. Dropped lines are counted,
    and their number is logged as soon as there is room.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._dropped = 0
        self._is_whole = True
        """False if the last line was written only in part."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one line, or drop it."""
        try:
            if self._dropped:
                notice = _warning("log lines dropped: nobody read them", lines=self._dropped)
                if self._write(self.format(notice)):
                    self._dropped = 0
            if self._dropped or not self._write(self.format(record)):
                self._dropped += 1
        except Exception:  # noqa: BLE001  # as in logging: a bad record must not raise
            self.handleError(record)

    def _write(self, line: str) -> bool:
        """Write the line; False if a part was not accepted. POLLOUT promises room for PIPE_BUF bytes (pipe(7))."""
        data = f"{'' if self._is_whole else chr(10)}{line}\n".encode("utf-8", "backslashreplace")
        try:
            while data:
                events = self._room.poll(0)
                if not events or not events[0][1] & select.POLLOUT:
                    return False
                written = os.write(self._descriptor, data[: select.PIPE_BUF])
                data = data[written:]
                self._is_whole = not data
        except OSError:  # for example, the reader has closed the pipe, or the disk is full
            return False
        return True


def _warning(message: str, **fields: object) -> logging.LogRecord:
    """A record of ours that can be passed to a single handler."""
    what = {"name": _OURS, "levelno": logging.WARNING, "levelname": "WARNING"}
    return logging.makeLogRecord({**what, "msg": message, "fields": fields})


@dataclass(slots=True)
class _Kind:
    """The bucket of one kind and source of records, and how many records were left out since when.

    Times are those of the monotonic clock.
    """

    tokens: float
    seen: float
    left_out: int = 0
    since: float = 0.0


class _Bounded(logging.Filter):
    """Lets pass a burst of a thousand records of one kind and source, then ten a second; counts the others.

    The kind is the message up to a colon. A client that announces and withdraws without pause would fill the disk.
    """

    _BURST: Final = 1000.0
    _PER_SECOND: Final = 10.0
    _TOLD_EVERY: Final = 10.0
    _REMEMBERED: Final = 1000
    _NOTICE: Final = "log lines left out"

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._incomplete: set[tuple[str, str]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged. Before that, logs the counts of records left out, where they are due."""
        what = record.getMessage().partition(":")[0]
        if what == self._NOTICE:
            return True
        now = time.monotonic()
        for of, source in tuple(self._incomplete):
            # Log the count of this kind once `_TOLD_EVERY` seconds have passed since the first one left out.
            told = self._kinds.get((of, source))
            if told is not None and now - told.since < self._TOLD_EVERY:
                continue
            self._incomplete.discard((of, source))
            if told is not None:
                message = f"{self._NOTICE}: more than {self._PER_SECOND:g} a second"
                notice = _warning(message, kind=of, source=source, lines=told.left_out)
                told.left_out = 0
                self._handler.handle(notice)
        fields = getattr(record, "fields", None)
        key = what, str(fields.get("source", "")) if isinstance(fields, Mapping) else ""
        kind = self._kinds.pop(key, None) or _Kind(self._BURST, now)
        self._kinds[key] = kind
        if len(self._kinds) > self._REMEMBERED:
            del self._kinds[next(iter(self._kinds))]
        kind.tokens = min(self._BURST, kind.tokens + (now - kind.seen) * self._PER_SECOND)
        kind.seen = now
        if kind.tokens >= 1:
            kind.tokens -= 1
            return True
        if not kind.left_out:
            kind.since = now
            self._incomplete.add(key)
        kind.left_out += 1
        return False


class _TextFormatter(logging.Formatter):
    """Formats as text (plain words and pairs), or with `all_pairs` as logfmt."""

    def __init__(self, *, with_time: bool, all_pairs: bool = False) -> None:
        super().__init__()
        self._with_time = with_time
        self._all_pairs = all_pairs

    def format(self, record: logging.LogRecord) -> str:
        """One line without its end."""
        time_, level = _time(record) if self._with_time else None, record.levelname.lower()
        if self._all_pairs:
            words = [f"time={time_}"] if time_ else []
            words += [f"level={level}", f"event={_quoted(record.getMessage())}"]
        else:
            words = [time_] if time_ else []
            words += [level, printable(record.getMessage())]
        words += [f"{key}={_quoted(_joined(value, ','))}" for key, value in _fields(record)]
        return " ".join(words)


def _quoted(text: str) -> str:
    """The value of a pair: unchanged, or if needed in double quotes, with escapes as in JSON."""
    if _BARE.fullmatch(text) and text.isprintable():
        return text
    return '"' + printable(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


class _WithPriority(logging.Formatter):
    """Puts the priority before the lines of another formatter; the journal removes it."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """One line without its end."""
        level = min(record.levelno, logging.CRITICAL) // 10 * 10
        return f"<{_PRIORITIES.get(level, SysLogHandler.LOG_DEBUG)}>{self._formatter.format(record)}"


class _JsonFormatter(logging.Formatter):
    """Formats as JSON, one object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without its end, ASCII only."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update((key, _jsonable(value)) for key, value in _fields(record))
        return json.dumps(line)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    fields = getattr(record, "fields", None)
    if isinstance(fields, Mapping):
        for key, value in fields.items():
            yield (f"{key}_" if key in _RESERVED else key), value
    if record.name.partition(".")[0] != _OURS:
        yield "logger", record.name
    if record.exc_info and record.exc_info[0] is not None:
        yield "traceback", "".join(traceback.format_exception(*record.exc_info)).rstrip()


def _jsonable(value: object) -> object:
    """The value as a JSON type; the text of it if there is no such type."""
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(str(_jsonable(item)) for item in value)
    return str(value)


def field_text(value: object) -> str:
    """The value of a field as printable text on one line, without quotes."""
    return str(value) if type(value) is int else printable(_joined(value, ", "))


def _joined(value: object, comma: str) -> str:
    plain = _jsonable(value)
    items = plain if isinstance(plain, list) else [plain]
    return comma.join(item if isinstance(item, str) else json.dumps(item) for item in items)
