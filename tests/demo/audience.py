"""Runs the demo as a user does, reads along, and finds whatever it might leave behind."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.waiting import PATIENCE

MARK = "BGP2VPC_TEST_AUDIENCE"
"""A variable that every descendant inherits: it tells its processes from anybody else's."""
THE_WHOLE_STORY = 4 * PATIENCE


class Audience:
    """One run of the demo, with a directory for temporary files of its own."""

    def __init__(self, *argv: str, **environment: str) -> None:
        self._mark = uuid.uuid4().hex
        # Not below pytest's own: a unix socket's path may have 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="seen-"))
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(self.directory), MARK: self._mark, **environment},
            start_new_session=True,
        )

    def read_until(self, words: str) -> str:
        """Everything printed so far, once it contains `words`."""
        deadline = time.monotonic() + THE_WHOLE_STORY
        while words not in self.text:
            assert self._read(deadline), f"ended before it said {words!r}:\n{self.text}"
        return self.text

    def read_to_the_end(self) -> int:
        """The exit status; `text` is all it printed then."""
        deadline = time.monotonic() + THE_WHOLE_STORY
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, deadline: float) -> bool:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))
        assert ready, f"nothing more was said in time:\n{self.text}"
        data = os.read(self.process.stdout.fileno(), 65536)
        self.text += data.decode()
        return bool(data)

    def left_processes(self) -> list[str]:
        """Command lines of its descendants that do not end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            running = dict(self._descendants())
            left = deadline - time.monotonic()
            if not running or left <= 0:
                return list(running.values())
            _wait_for_one(running, left)

    def left_files(self) -> list[str]:
        """What it did not remove."""
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))

    def close(self) -> None:
        """End whatever there still is."""
        self.process.kill()
        self.process.wait()
        for pid, _ in self._descendants():
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        assert self.process.stdout is not None
        self.process.stdout.close()
        shutil.rmtree(self.directory)

    def _descendants(self) -> Iterator[tuple[int, str]]:
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with suppress(OSError):
                    if f"{MARK}={self._mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                        yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()


def _wait_for_one(pids: dict[int, str], seconds: float) -> None:
    descriptors = []
    try:
        for pid in pids:
            with suppress(ProcessLookupError):
                descriptors.append(os.pidfd_open(pid))
        if len(descriptors) == len(pids):
            select.select(descriptors, [], [], seconds)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
