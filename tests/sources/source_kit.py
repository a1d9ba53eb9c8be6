"""A listener that writes down what it hears, and a way to wait for it."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.sources.session import Reply, SourceKind
from tests.waiting import PATIENCE


class Recorder:
    """The daemon's side: what it was told, one line of text each."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self._changed = asyncio.Event()

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        self._note(f"{source} opened ({kind.value})")

    def said(self, source: str, command: Command) -> Reply:
        self._note(f"{source} said {command.line}")
        return Reply.to(command)

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        self._note(f"{source} closed, hold {hold:g}")

    async def until(self, *lines: str) -> None:
        """Wait until all of `lines` are in the log."""
        await self.when(lambda: all(line in self.log for line in lines))

    async def when(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is asked again at every new line."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"never came to pass; heard only: {self.log}") from None

    def _note(self, line: str) -> None:
        self.log.append(line)
        self._changed.set()


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run one asynchronous test; nothing of it may take for ever."""

    async def guarded() -> None:
        async with asyncio.timeout(3 * PATIENCE):
            await test

    asyncio.run(guarded())


def python(code: str) -> tuple[str, ...]:
    """The command line of a small program."""
    return (sys.executable, "-u", "-S", "-c", code)


async def gone(pid: int) -> None:
    """Wait until a process that is not our child has ended."""
    descriptor = None
    try:
        descriptor = os.pidfd_open(pid)
        ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(descriptor, lambda: ended.done() or ended.set_result(None))
        async with asyncio.timeout(PATIENCE):
            await ended
    except ProcessLookupError:
        return
    finally:
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)


def is_running(pid: int) -> bool:
    """Whether it exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
