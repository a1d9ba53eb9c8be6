"""What is said of a POST that failed: why, and never the address, which is often a password."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from bgp2vpc.notify.posting import Refusal, post
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The URL of a server that says this once, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook/secret?token=secret"
        thread.join()


def refusal(url: str) -> Refusal:
    refused = asyncio.run(post(url, {"schema": 1}, PATIENCE))
    assert refused is not None
    assert "secret" not in refused.why
    return refused


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc /hook/secret\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: secret\r\n\r\n", b"HTTP/1.1 200 OK\r\nX" + b"x" * 100_000],
    ids=["nothing", "ssh", "status", "length", "endless"],
)  # fmt: skip
def test_what_is_not_http_is_told_by_its_kind(answer: bytes) -> None:
    with answering(answer) as url:
        refused = refusal(url)
    assert refused.why.startswith("no proper HTTP answer (")
    assert refused.may_pass


@pytest.mark.parametrize("url", ["http://:secret@/x", "http://[::secret/x", "gopher://secret/x", "http://a..b/secret"])
def test_an_address_that_aiohttp_refuses(url: str) -> None:
    assert refusal(url).why.startswith("no proper HTTP answer (")


def test_an_answer_that_comes_a_byte_at_a_time_is_given_up_as_a_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    connection.sendall(b"X: y\r\n")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/secret"
        assert asyncio.run(post(url, {"schema": 1}, 0.5)) == Refusal("no answer within 0.5 s")
        thread.join()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"Cannot connect to host 127.0.0.1:{port}" in refusal(f"http://u:secret@127.0.0.1:{port}/secret").why


def test_without_a_thread_for_the_name_it_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", none)
    assert refusal("http://hooks.example.org/secret") == Refusal("can't start new thread")
