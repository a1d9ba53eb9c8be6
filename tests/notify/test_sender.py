"""Delivery by real programs and to a real HTTP server: tried again, given up, never in anybody's way."""

import asyncio
import logging
import subprocess
import sys

import pytest

from bgp2vpc.notify import posting
from bgp2vpc.notify.model import AlertKind, AlertMessage, Notice, Recipient
from bgp2vpc.notify.sender import QUEUED, Sender
from tests.post import Diary, Inbox, eventually
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

TAKEOVER = Notice(AlertKind.TAKEOVER, "taken", {"prefix": "192.0.2.1/32", "old_target": "eni-2", "new_target": "eni-1"})


def message(message: str = "taken") -> AlertMessage:
    return AlertMessage(Notice(TAKEOVER.kind, message, TAKEOVER.facts), "2026-11-22T10:00:00.123Z", "i-1", "vpc-1")


def recipient(**kwargs) -> Recipient:
    return Recipient(on=frozenset(AlertKind), **{"timeout": PATIENCE} | kwargs)


def deliver(to: Recipient, *messages: AlertMessage, until) -> Sender:
    """Give a sender these messages, and let it run until something is so."""

    async def run() -> Sender:
        sender = Sender(to, pause=0.01)
        task = asyncio.create_task(sender.run())
        for each in messages:
            sender.take(each)
        await eventually(lambda: until(sender))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return sender

    return asyncio.run(run())


def idle(sender: Sender) -> bool:
    return sender.is_idle


def test_a_program_finds_everything_in_its_environment(diary: Diary) -> None:
    deliver(recipient(argv=diary.argv()), message(), until=idle)
    assert diary.lines == ["takeover|taken|192.0.2.1/32|eni-2|eni-1|||i-1"]


def test_an_address_is_sent_the_same_as_json(inbox: Inbox) -> None:
    deliver(recipient(url=inbox.url), message(), until=idle)
    assert inbox.bodies == [
        {
            "schema": 1,
            "event": "takeover",
            "message": "taken",
            "time": "2026-11-22T10:00:00.123Z",
            "instance_id": "i-1",
            "vpc_id": "vpc-1",
            "prefix": "192.0.2.1/32",
            "old_target": "eni-2",
            "new_target": "eni-1",
        }
    ]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_may_pass_is_tried_again(inbox: Inbox, status: int) -> None:
    inbox.answers = [status, status]
    sender = deliver(recipient(url=inbox.url), message(), until=idle)
    assert len(inbox.bodies) == 3
    assert sender.status().delivered == 1


@pytest.mark.parametrize("status", [400, 404, 302])
def test_what_is_refused_is_not_sent_again(inbox: Inbox, status: int, caplog) -> None:
    inbox.answers = [status]
    sender = deliver(recipient(url=inbox.url), message(), message("next"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["taken", "next"]
    assert (sender.status().dropped, sender.status().delivered) == (1, 1)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert record.fields["why"] == f"HTTP {status}"
    assert "secret" not in str(record.fields), "the path of a hook is a password"


def test_after_its_retries_it_is_dropped_and_the_next_goes_out(inbox: Inbox) -> None:
    inbox.answers = [500] * 3
    sender = deliver(recipient(url=inbox.url, retries=2), message("first"), message("second"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["first"] * 3 + ["second"]
    assert sender.status().dropped == 1


def test_a_hanging_endpoint_is_given_up_and_the_oldest_are_dropped(inbox: Inbox, caplog) -> None:
    caplog.set_level(logging.WARNING)
    inbox.answers = [None] * 4
    many = [message(str(number)) for number in range(QUEUED + 5)]
    sender = deliver(recipient(url=inbox.url, timeout=0.3, retries=3), *many, until=idle)
    dropped = [each.fields["of"] for each in caplog.records if each.message == "notification dropped"]
    # All are there before the first is tried: five too many, and the one that hung each time.
    assert dropped == ["0", "1", "2", "3", "4", "5"]
    assert sender.status().delivered == QUEUED - 1


def test_nobody_listens(caplog) -> None:
    deliver(recipient(url="http://127.0.0.1:1/x", retries=1), message(), until=idle)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert "Cannot connect to host 127.0.0.1:1" in record.fields["why"]


def test_a_program_that_fails_is_run_again_and_one_that_hangs_is_killed(diary: Diary, tmp_path, caplog) -> None:
    first = tmp_path / "first"
    argv = diary.argv(f"if [ ! -e {first} ]; then touch {first}; exit 1; fi")
    sender = deliver(recipient(argv=argv), message(), until=idle)
    assert len(diary.lines) == 1
    assert sender.status().delivered == 1
    deliver(recipient(argv=diary.argv("sleep 1000"), timeout=0.1, retries=0), message(), until=idle)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert record.fields["why"] == "timed out after 0.1 s"


def test_a_program_that_does_not_exist(caplog) -> None:
    deliver(recipient(argv=("/nonexistent/page",), retries=0), message(), until=idle)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert "cannot start" in record.fields["why"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://hooks.example.org/T0/secret", "https://hooks.example.org"),
        ("http://user:secret@127.0.0.1:80/x", "http://127.0.0.1:80"),
        ("https://hooks.example.org?token=secret", "https://hooks.example.org"),
        ("https://hooks.example.org:8443#secret", "https://hooks.example.org:8443"),
        ("https://user:secret@hooks.example.org?token=secret@x/y", "https://hooks.example.org"),
    ],
)
def test_names_keep_secrets(url: str, name: str) -> None:
    assert recipient(url=url).name == name


def test_what_posts_is_loaded_at_the_start_and_beside_the_loop() -> None:
    code = """
import asyncio, builtins, sys, threading
from bgp2vpc.notify.sender import Sender
from bgp2vpc.notify.model import AlertKind, AlertMessage, Notice, Recipient

real, where = builtins.__import__, []
def spy(name, *args, **kwargs):
    if name == "aiohttp":
        where.append(threading.current_thread() is threading.main_thread())
    return real(name, *args, **kwargs)
builtins.__import__ = spy

async def run(**to):
    sender = Sender(Recipient(on=frozenset(), timeout=60, **to))
    task = asyncio.create_task(sender.run())
    if "argv" in to:
        notice = Notice(AlertKind.TAKEOVER, "taken", {})
        sender.take(AlertMessage(notice, "2026-11-22T10:00:00.123Z", "i-1", "vpc-1"))
    while not (sender.is_idle and ("argv" in to or hasattr(sys.modules.get("bgp2vpc.notify.posting"), "post"))):
        await asyncio.sleep(0.01)
    task.cancel()

asyncio.run(run(argv=("true",)))
assert "aiohttp" not in sys.modules
asyncio.run(run(url="http://127.0.0.1:1/x"))
assert where[0] is False, where
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


def test_what_nobody_expected_drops_one_letter_and_ends_nothing(inbox: Inbox, caplog, monkeypatch) -> None:
    real, calls = posting.post, []

    async def post(*args):
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("a bug")
        return await real(*args)

    monkeypatch.setattr(posting, "post", post)
    sender = deliver(recipient(url=inbox.url), message("first"), message("second"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["second"]
    assert (sender.status().dropped, sender.status().delivered) == (1, 1)
    (record,) = [each for each in caplog.records if each.exc_info]
    assert record.levelno == logging.ERROR
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert (record.fields["of"], record.fields["why"]) == ("first", "RuntimeError")
