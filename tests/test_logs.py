"""One line per record, whatever is in it."""

import io
import json
import logging
import os
import socket
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgp2vpc.logs import LogFormat, configure, event
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_prefix
from tests.waiting import PATIENCE

LOG = logging.getLogger("bgp2vpc.somewhere")
MOMENT = 1_795_341_600.1234  # 2026-11-22T10:00:00.123Z


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave no handler, level or captured warnings behind."""
    root, ours = logging.getLogger(), logging.getLogger("bgp2vpc")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.captureWarnings(False)


def logged(fmt: LogFormat = LogFormat.TEXT, message: str = "seen", **fields: object) -> str:
    """What one record at info looks like."""
    stream = io.StringIO()
    configure(logging.INFO, fmt, stream)
    event(LOG, logging.INFO, message, **fields)
    return stream.getvalue()


def test_a_text_line_is_time_level_words_and_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: MOMENT)
    monkeypatch.setattr("time.time_ns", lambda: int(MOMENT * 1e9))
    line = logged(message="route created", table="rtb-1", prefix=parse_prefix("192.0.2.53/32"))
    assert line == "2026-11-22T10:00:00.123Z info route created table=rtb-1 prefix=192.0.2.53/32\n"


def test_a_json_line_holds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: MOMENT)
    monkeypatch.setattr("time.time_ns", lambda: int(MOMENT * 1e9))
    line = logged(LogFormat.JSON, "route created", table="rtb-1", prefix=parse_prefix("192.0.2.53/32"), tries=2)
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "time": "2026-11-22T10:00:00.123Z",
        "level": "info",
        "event": "route created",
        "table": "rtb-1",
        "prefix": "192.0.2.53/32",
        "tries": 2,
    }


def test_in_a_logfmt_line_everything_is_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: MOMENT)
    monkeypatch.setattr("time.time_ns", lambda: int(MOMENT * 1e9))
    line = logged(LogFormat.LOGFMT, 'route "created"', table="rtb-1")
    assert line == r'time=2026-11-22T10:00:00.123Z level=info event="route \"created\"" table=rtb-1' + "\n"


@pytest.mark.parametrize(
    ("fmt", "line"),
    [
        (LogFormat.TEXT, "<4>warning seen table=rtb-1"),
        (LogFormat.LOGFMT, "<4>level=warning event=seen table=rtb-1"),
        (LogFormat.JSON, '<4>{"time": '),
    ],
)
def test_the_journal_gets_priorities_and_sets_the_time(
    fmt: LogFormat, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(tmp_path / "log", "w+") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        configure(logging.DEBUG, fmt, stream)
        event(LOG, logging.WARNING, "seen", table="rtb-1")
        for level in (logging.DEBUG, logging.INFO, logging.ERROR, logging.CRITICAL):
            event(LOG, level, "seen")
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[0].startswith(line)
    assert [each[:3] for each in lines] == ["<4>", "<7>", "<6>", "<3>", "<2>"]


def test_a_stderr_that_is_not_the_journal_gets_times_although_the_parents_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "9:12345")
    with open(tmp_path / "log", "w+") as stream:
        configure(logging.INFO, LogFormat.TEXT, stream)
        event(LOG, logging.INFO, "seen")
        stream.seek(0)
        assert stream.read().endswith("Z info seen\n")


# value, in text, in JSON
VALUES = [
    ("plain", "plain", "plain"),
    ("", '""', ""),
    ("two words", '"two words"', "two words"),
    ("a=b", '"a=b"', "a=b"),
    ('say "hi"', r'"say \"hi\""', 'say "hi"'),
    ("C:\\x", r'"C:\\x"', "C:\\x"),
    ("one\ntwo", r'"one\ntwo"', "one\ntwo"),
    ("\x1b[31mred", r'"\u001b[31mred"', "\x1b[31mred"),
    ("\x9b31m", r'"\u009b31m"', "\x9b31m"),
    ("del\x7f", r'"del\u007f"', "del\x7f"),
    ("\udcff", r'"\udcff"', "\udcff"),
    ("grün", "grün", "grün"),
    (0.41, "0.41", 0.41),
    (True, "true", True),
    (Takeover.IF_UNHEALTHY, "if_unhealthy", "if_unhealthy"),
    (Path("/run/x"), "/run/x", "/run/x"),
    (("a", 1), "a,1", ["a", 1]),
    ((), '""', []),
    (frozenset({"b", "a"}), "a,b", ["a", "b"]),
    (OSError("gone"), '"OSError: gone"', "OSError: gone"),
]


@pytest.mark.parametrize(("value", "text", "jsonable"), VALUES)
def test_a_value_stays_on_its_line_and_can_be_read_back(value: object, text: str, jsonable: object) -> None:
    assert logged(field=value).endswith(f" info seen field={text}\n")
    assert logged(LogFormat.LOGFMT, field=value).endswith(f" level=info event=seen field={text}\n")
    assert json.loads(logged(LogFormat.JSON, field=value))["field"] == jsonable


def test_what_is_not_known_is_not_worth_a_word() -> None:
    assert logged(known=1, unknown=None).endswith(" info seen known=1\n")


def test_a_message_cannot_start_a_second_line() -> None:
    assert logged(message="one\n2026-11-22T10:00:00.123Z info forged").count("\n") == 1


def test_a_percent_sign_in_the_message_is_just_that() -> None:
    assert "info 100% %s done" in logged(message="100% %s done")


def test_a_field_named_like_one_of_the_line_gets_an_underscore() -> None:
    line = json.loads(logged(LogFormat.JSON, level=3, event="x"))
    assert (line["level"], line["level_"], line["event"], line["event_"]) == ("info", 3, "seen", "x")


@pytest.mark.parametrize(("level", "seen"), [(logging.INFO, False), (logging.DEBUG, True)])
def test_records_below_the_level_are_dropped(level: int, seen: bool) -> None:
    stream = io.StringIO()
    configure(level, stream=stream)
    event(LOG, logging.DEBUG, "detail")
    assert ("debug detail" in stream.getvalue()) is seen


def test_libraries_are_heard_from_warnings_up_even_at_debug() -> None:
    stream = io.StringIO()
    configure(logging.DEBUG, stream=stream)
    logging.getLogger("botocore.auth").debug("secret")
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert "secret" not in stream.getvalue()
    assert "error Task exception was never retrieved logger=asyncio\n" in stream.getvalue()


def test_a_traceback_is_a_field_on_the_same_line() -> None:
    stream = io.StringIO()
    configure(logging.INFO, stream=stream)
    try:
        raise ValueError("boom")
    except ValueError:
        LOG.exception("cycle failed")
    (line,) = stream.getvalue().splitlines()
    assert ' error cycle failed traceback="Traceback (most recent call last):\\n' in line
    assert line.endswith('ValueError: boom"')


def test_warnings_of_the_interpreter_are_logged() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        configure(logging.INFO, stream=stream)
        warnings.simplefilter("always")
        warnings.warn("old call", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert "DeprecationWarning: old call" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_configuring_again_replaces_the_first_stream() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure(logging.INFO, stream=first)
    configure(logging.INFO, stream=second)
    event(LOG, logging.INFO, "once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_a_pipe_that_nobody_reads_holds_up_nothing_and_what_was_dropped_is_counted() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as reader, open(writing, "w") as stream:
        configure(logging.INFO, stream=stream)
        for number in range(2000):  # a pipe takes 64 KiB
            event(LOG, logging.INFO, "seen", number=number, source=number % 4, much="x" * 5000)
        os.set_blocking(reading, False)
        held = b"".join(iter(lambda: reader.read(65536), None))
        event(LOG, logging.INFO, "read again")
        first, *whole, _ = held.decode().split("\n")
        assert "number=0 " in first
        *_, notice, last = reader.read(65536).decode().splitlines()
    assert last.endswith("info read again")
    assert f"warning log lines dropped: nobody read them lines={2000 - 1 - len(whole)}" in notice


def test_of_a_thousand_lines_of_a_kind_ten_a_second_are_left_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 5000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stream = io.StringIO()
    configure(logging.INFO, stream=stream)

    def logged() -> list[str]:
        lines = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
        stream.truncate(0)
        stream.seek(0)
        return lines

    for number in range(1500):
        event(LOG, logging.INFO, f"refused: reason {number}", source="flood")
    assert len(logged()) == 1000
    event(LOG, logging.INFO, "refused: reason", source="other")
    event(LOG, logging.INFO, "announced", source="flood")
    assert logged() == ["info refused: reason source=other", "info announced source=flood"]
    now += 1
    for _ in range(100):
        event(LOG, logging.INFO, "refused: reason", source="flood")
    assert len(logged()) == 10
    now += 9
    event(LOG, logging.INFO, "recovered")
    notice = "warning log lines left out: more than 10 a second kind=refused source=flood lines=590"
    assert logged() == [notice, "info recovered"]
    now += 1000
    event(LOG, logging.INFO, "refused: reason", source="flood")
    assert logged() == ["info refused: reason source=flood"]
    for number in range(3000):  # of very many kinds the oldest are forgotten
        event(LOG, logging.INFO, f"kind {number}")
    assert len(logged()) == 3000


def test_a_reader_that_has_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stream:
        configure(logging.INFO, stream=stream)
        event(LOG, logging.INFO, "seen")


def test_stdout_is_never_written(capfd: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO)
    event(LOG, logging.ERROR, "trouble")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "error trouble" in captured.err


@pytest.mark.io
def test_syslog_gets_the_line_without_its_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(path))
        daemon.settimeout(PATIENCE)
        configure(logging.INFO, stream=io.StringIO(), syslog=True, syslog_socket=path)
        event(LOG, logging.WARNING, "route gone", table="rtb-1")
        # <28>: facility daemon (3) * 8 + severity warning (4), RFC 3164 section 4.1.1.
        assert daemon.recv(4096) == b"<28>bgp2vpc: warning route gone table=rtb-1"


@pytest.mark.io
def test_without_a_syslog_daemon_the_stream_is_used_and_told(tmp_path: Path) -> None:
    stream = io.StringIO()
    configure(logging.INFO, stream=stream, syslog=True, syslog_socket=tmp_path / "none")
    event(LOG, logging.INFO, "seen")
    first, second = stream.getvalue().splitlines()
    assert "warning syslog not available: logging to stderr" in first
    assert first.endswith(f'socket={tmp_path / "none"} error="No such file or directory"')
    assert second.endswith("info seen")
