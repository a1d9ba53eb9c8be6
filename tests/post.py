"""Who is notified in tests: a real HTTP server on loopback, and programs that write down what they were told."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.waiting import PATIENCE


class Inbox:
    """Remembers what was posted. `answers`: the next statuses, then 204; None hangs until the end of the test."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        self.answers: list[int | None] = []
        self.over = threading.Event()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                inbox.bodies.append(body)
                status = inbox.answers.pop(0) if inbox.answers else 204
                if status is None:
                    inbox.over.wait()
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook/secret"


@contextmanager
def serving() -> Iterator[Inbox]:
    """An inbox that listens."""
    inbox = Inbox()
    thread = threading.Thread(target=inbox.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield inbox
    finally:
        inbox.over.set()
        inbox.server.shutdown()
        thread.join()
        inbox.server.server_close()


class Diary:
    """A program that adds what it finds in its environment to a file; `before` runs first."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "diary"
        self._program = directory / "note"

    def argv(self, before: str = "") -> tuple[str, ...]:
        keys = ("EVENT", "MESSAGE", "PREFIX", "OLD_TARGET", "NEW_TARGET", "DIRECTION", "TIMES", "INSTANCE_ID")
        told = "|".join(f"$BGP2VPC_{key}" for key in keys)
        self._program.write_text(f'#!/bin/sh\n{before}\necho "{told}" >> {self._file}\n')
        self._program.chmod(0o755)
        return (str(self._program),)

    @property
    def lines(self) -> list[str]:
        return self._file.read_text().splitlines() if self._file.exists() else []


async def eventually(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # another thread or process brings it about
            await asyncio.sleep(0.005)
