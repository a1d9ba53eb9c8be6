"""A program with descendants that nobody can talk into ending, and a look at who is alive."""

import asyncio
from pathlib import Path

from tests.waiting import PATIENCE

_FAMILY = """#!/bin/sh
trap "" TERM
echo on and on
echo $$ >> {pids}
[ $1 -gt 1 ] && "$0" $(($1 - 1)) &
exec sleep 1000
"""


class Family:
    """Started with `argv`, a process becomes the first of `size` generations."""

    def __init__(self, directory: Path, size: int = 4) -> None:
        self._pids = directory / "pids"
        self._size = size
        script = directory / "family"
        script.write_text(_FAMILY.format(pids=self._pids))
        script.chmod(0o755)
        self.argv = (str(script), str(size))

    def pids(self) -> list[int]:
        """Of those that have started."""
        return [int(line) for line in self._pids.read_text().splitlines()] if self._pids.exists() else []

    async def started(self) -> None:
        """Wait until all are there, and have said `on and on`."""
        async with asyncio.timeout(PATIENCE):
            while len(self.pids()) < self._size:  # noqa: ASYNC110  # they say it in a file
                await asyncio.sleep(0.002)

    async def gone(self) -> None:
        """Wait until nobody is left."""
        for pid in self.pids():
            await gone(pid)


async def gone(pid: int) -> None:
    """Wait until a process has ended; a zombie has."""
    async with asyncio.timeout(PATIENCE):
        while _is_running(pid):  # noqa: ASYNC110  # it is nobody's child
            await asyncio.sleep(0.002)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
