"""A program with descendants that nobody can talk into ending, and a look at who is alive."""

from pathlib import Path

from health_kit import until

_FAMILY = """#!/bin/sh
trap "" TERM
echo $$ >> {pids}
[ $1 -gt 1 ] && "$0" $(($1 - 1)) &
echo on and on
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
        """Wait until all are there."""
        await until(lambda: len(self.pids()) == self._size)

    async def gone(self) -> None:
        """Wait until nobody is left."""
        for pid in self.pids():
            await gone(pid)


async def gone(pid: int) -> None:
    """Wait until a process has ended; a zombie has."""
    await until(lambda: not _is_running(pid))  # it is nobody's child


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
