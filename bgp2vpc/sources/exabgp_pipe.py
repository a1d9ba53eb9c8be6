"""The pipes between ExaBGP and its helper: ExaBGP sends answers and events, the helper sends API lines only."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Final

from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.exabgp_api.messages import Ignored, Message
from bgp2vpc.exabgp_api.messages_text import decode
from bgp2vpc.sources.pipes import Inlet, Outlet
from bgp2vpc.sources.turns import LineQueue, Turns

_UNREAD_LIMIT: Final = 4 * 1024 * 1024
"""Bytes buffered while ExaBGP is busy, about 40,000 lines. ExaBGP takes seconds for 10,000 prefixes."""
_LONGEST_EVENT: Final = 8 * 1024 * 1024
"""Bytes of a line from ExaBGP. In JSON, an UPDATE of 64 KiB (extended messages) becomes about 1 MiB."""


class ExabgpPipe:
    """The pipes from and to ExaBGP. Owns the two descriptors."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._inlet: Inlet | None = None
        self._outlet: Outlet | None = None

    @classmethod
    def take_over(cls) -> "ExabgpPipe":
        """Move descriptors 0 and 1 to the pipes. Call this before anything prints or starts a program.

        Afterwards the standard output of this process and its children is standard error, because ExaBGP would take
        any text for a command. Standard input becomes /dev/null.
        """
        sys.stdout.flush()
        read_fd, write_fd = os.dup(0), os.dup(1)  # Python makes them non-inheritable
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return cls(read_fd, write_fd)

    async def run(self, on_message: Callable[[Message], None]) -> None:
        """Call `on_message` with every message. Returns when ExaBGP closes its end."""

        def handle(line: bytes | None) -> None:
            if line is None:
                on_message(Ignored("unreadable", f"a line of more than {_LONGEST_EVENT} bytes"))
                return
            for message in decode(line.decode("utf-8", "replace")):
                on_message(message)

        def hold(is_held: bool) -> None:
            if self._inlet is not None:
                (self._inlet.pause if is_held else self._inlet.resume)()

        lines = LineQueue(Turns(), handle, hold, limit=_LONGEST_EVENT)
        self._inlet = self._inlet or Inlet(self._read_fd, lines.feed)  # `close` may have been called before
        await asyncio.wait((self._inlet.ended,))

    def send(self, line: str) -> bool:
        """Queue one API line. Never blocks; needs the running event loop.

        False if the line is dropped: it would make ExaBGP end its helper (not ASCII, several lines, too long), or
        ExaBGP does not read or is gone.
        """
        if not line.isascii() or not line.isprintable() or not 0 < len(line) <= MAX_LINE:
            return False
        return self._writer().put(f"{line}\n".encode("ascii"))

    @property
    def waiting(self) -> int:
        """Bytes that ExaBGP has not read yet, without those in the pipe."""
        return self._outlet.waiting if self._outlet else 0

    async def flush(self, within: float) -> bool:
        """Wait up to `within` seconds until everything is written to the pipe. True if it is."""
        return await self._outlet.flush(within) if self._outlet else True

    def close(self) -> None:
        """Close both pipes. Idempotent."""
        if self._inlet is None:
            self._inlet = Inlet(self._read_fd, lambda _: None)
        self._inlet.close()
        self._writer().close()

    def _writer(self) -> Outlet:
        if self._outlet is None:
            self._outlet = Outlet(self._write_fd, _UNREAD_LIMIT)
        return self._outlet
