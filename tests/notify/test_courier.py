"""Delivery by real programs and to a real HTTP server: tried again, given up, never in anybody's way."""

import asyncio
import logging
import subprocess
import sys

import pytest

from bgp2vpc.notify import posting
from bgp2vpc.notify.courier import QUEUED, Courier
from bgp2vpc.notify.model import Happening, Letter, Notice, Recipient
from tests.post import Diary, Inbox, eventually
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

TAKEOVER = Notice(Happening.TAKEOVER, "taken", {"prefix": "192.0.2.1/32", "old_target": "eni-2", "new_target": "eni-1"})


def letter(message: str = "taken") -> Letter:
    return Letter(Notice(TAKEOVER.happening, message, TAKEOVER.facts), "2026-11-22T10:00:00.123Z", "i-1", "vpc-1")


def recipient(**kwargs) -> Recipient:
    return Recipient(on=frozenset(Happening), **{"timeout": PATIENCE} | kwargs)


def deliver(to: Recipient, *letters: Letter, until) -> Courier:
    """Give a courier these letters, and let it run until something is so."""

    async def run() -> Courier:
        courier = Courier(to, pause=0.01)
        task = asyncio.create_task(courier.run())
        for each in letters:
            courier.take(each)
        await eventually(lambda: until(courier))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return courier

    return asyncio.run(run())


def idle(courier: Courier) -> bool:
    return courier.is_idle


def test_a_program_finds_everything_in_its_environment(diary: Diary) -> None:
    deliver(recipient(argv=diary.argv()), letter(), until=idle)
    assert diary.lines == ["takeover|taken|192.0.2.1/32|eni-2|eni-1|||i-1"]


def test_an_address_is_sent_the_same_as_json(inbox: Inbox) -> None:
    deliver(recipient(url=inbox.url), letter(), until=idle)
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
    courier = deliver(recipient(url=inbox.url), letter(), until=idle)
    assert len(inbox.bodies) == 3
    assert courier.status().delivered == 1


@pytest.mark.parametrize("status", [400, 404, 302])
def test_what_is_refused_is_not_sent_again(inbox: Inbox, status: int, caplog) -> None:
    inbox.answers = [status]
    courier = deliver(recipient(url=inbox.url), letter(), letter("next"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["taken", "next"]
    assert (courier.status().dropped, courier.status().delivered) == (1, 1)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert record.fields["why"] == f"HTTP {status}"
    assert "secret" not in str(record.fields), "the path of a hook is a password"


def test_after_its_retries_it_is_dropped_and_the_next_goes_out(inbox: Inbox) -> None:
    inbox.answers = [500] * 3
    courier = deliver(recipient(url=inbox.url, retries=2), letter("first"), letter("second"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["first"] * 3 + ["second"]
    assert courier.status().dropped == 1


def test_a_hanging_endpoint_is_given_up_and_the_oldest_are_dropped(inbox: Inbox, caplog) -> None:
    caplog.set_level(logging.WARNING)
    inbox.answers = [None] * 4
    many = [letter(str(number)) for number in range(QUEUED + 5)]
    courier = deliver(recipient(url=inbox.url, timeout=0.3, retries=3), *many, until=idle)
    dropped = [each.fields["of"] for each in caplog.records if each.message == "notification dropped"]
    # All are there before the first is tried: five too many, and the one that hung each time.
    assert dropped == ["0", "1", "2", "3", "4", "5"]
    assert courier.status().delivered == QUEUED - 1


def test_nobody_listens(caplog) -> None:
    deliver(recipient(url="http://127.0.0.1:1/x", retries=1), letter(), until=idle)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert "Cannot connect to host 127.0.0.1:1" in record.fields["why"]


def test_a_program_that_fails_is_run_again_and_one_that_hangs_is_killed(diary: Diary, tmp_path, caplog) -> None:
    first = tmp_path / "first"
    argv = diary.argv(f"if [ ! -e {first} ]; then touch {first}; exit 1; fi")
    courier = deliver(recipient(argv=argv), letter(), until=idle)
    assert len(diary.lines) == 1
    assert courier.status().delivered == 1
    deliver(recipient(argv=diary.argv("sleep 1000"), timeout=0.1, retries=0), letter(), until=idle)
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert record.fields["why"] == "timed out after 0.1 s"


def test_a_program_that_does_not_exist(caplog) -> None:
    deliver(recipient(argv=("/nonexistent/page",), retries=0), letter(), until=idle)
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
from bgp2vpc.notify.courier import Courier
from bgp2vpc.notify.model import Happening, Letter, Notice, Recipient

real, where = builtins.__import__, []
def spy(name, *args, **kwargs):
    if name == "aiohttp":
        where.append(threading.current_thread() is threading.main_thread())
    return real(name, *args, **kwargs)
builtins.__import__ = spy

async def run(**to):
    courier = Courier(Recipient(on=frozenset(), timeout=60, **to))
    task = asyncio.create_task(courier.run())
    if "argv" in to:
        notice = Notice(Happening.TAKEOVER, "taken", {})
        courier.take(Letter(notice, "2026-11-22T10:00:00.123Z", "i-1", "vpc-1"))
    while not (courier.is_idle and ("argv" in to or hasattr(sys.modules.get("bgp2vpc.notify.posting"), "post"))):
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
    courier = deliver(recipient(url=inbox.url), letter("first"), letter("second"), until=idle)
    assert [body["message"] for body in inbox.bodies] == ["second"]
    assert (courier.status().dropped, courier.status().delivered) == (1, 1)
    (record,) = [each for each in caplog.records if each.exc_info]
    assert record.levelno == logging.ERROR
    (record,) = [each for each in caplog.records if each.message == "notification dropped"]
    assert (record.fields["of"], record.fields["why"]) == ("first", "RuntimeError")
