"""Reads and writes file descriptors from the event loop, without ever blocking.

asyncio's own pipe transports are not used, because they buffer without limit and set O_NONBLOCK on descriptors 0 and 1,
which other programs may share.
"""

import asyncio
import fcntl
import os
import struct
import termios
from collections import deque
from collections.abc import Callable
from typing import Final

_CHUNK: Final = 64 * 1024


class Inlet:
    """Calls `on_data` with the bytes that arrive at `fd`; `ended` is done at the end of file. Owns `fd`.

    It reads only when the event loop reports `fd` readable, so `fd` stays in blocking mode. fd 0 is often shared with
    other programs, which O_NONBLOCK would affect, too.
    """

    def __init__(self, fd: int, on_data: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = fd
        self._on_data = on_data
        self._polled = True
        self._paused = True
        self._taken = 0
        self._moved = asyncio.Event()
        """Set after every read, and when reading resumes."""
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.resume()

    def resume(self) -> None:
        """Resume reading."""
        if self.ended.done() or not self._paused:
            return
        self._paused = False
        self._moved.set()
        try:
            self._loop.add_reader(self._fd, self._ready)
        except PermissionError:  # epoll takes neither files nor /dev/null; reading them never waits
            self._polled = False
            self._loop.call_soon(self._ready)

    def pause(self) -> None:
        """Stop reading for now, so that the writer has to wait."""
        if not self.ended.done() and not self._paused:
            self._paused = True
            if self._polled:
                self._loop.remove_reader(self._fd)

    def arrived(self) -> int:
        """The number of bytes that have arrived so far, including those still in the pipe. Not for files."""
        if self.ended.done():
            return self._taken
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._fd, termios.FIONREAD, bytes(4)))
        return self._taken + int(waiting)

    async def take(self, count: int) -> None:
        """Wait until the first `count` bytes are read and reading is not paused, or until the end of file."""
        while not self.ended.done() and (self._paused or self._taken < count):
            self._moved.clear()
            await self._moved.wait()

    def close(self) -> None:
        """Stop reading. Idempotent."""
        if self.ended.done():
            return
        self.pause()
        os.close(self._fd)
        self.ended.set_result(None)
        self._moved.set()

    def _ready(self) -> None:
        if self._paused or self.ended.done():
            return
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: a terminal that went away
            data = b""
        if not data:
            self.close()
            return
        if not self._polled:
            self._loop.call_soon(self._ready)
        self._taken += len(data)
        self._moved.set()
        self._on_data(data)


class Outlet:
    """Writes to `fd` without blocking, and buffers up to `limit` bytes that cannot be written yet. Owns `fd`."""

    def __init__(self, fd: int, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = fd
        self._limit = limit
        self._was_blocking = os.get_blocking(fd)
        os.set_blocking(fd, False)
        self._chunks: deque[bytes] = deque()
        self._armed = False
        self._emptied: asyncio.Future[None] | None = None
        self.waiting = 0
        """Bytes buffered because the reader is slow."""
        self.closed = False
        """Whether it is closed, by us or because the reader is gone."""

    def put(self, data: bytes) -> bool:
        """Write or buffer `data`. False if it is dropped, because the reader is gone or too far behind."""
        if self.closed or self.waiting + len(data) > self._limit:
            return False
        self._chunks.append(data)
        self.waiting += len(data)
        if not self._armed:
            self._drain()
        return not self.closed

    async def flush(self, within: float | None = None) -> bool:
        """Wait until everything is written or the reader is gone, up to `within` seconds. True if it was written."""
        if self.waiting and not self.closed:
            self._emptied = self._emptied or self._loop.create_future()
            await asyncio.wait((self._emptied,), timeout=within)
        return not self.waiting

    def close(self) -> None:
        """Drop the buffer and close. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._disarm()
        # Restored, because the open file may be shared, as a terminal with the shell.
        os.set_blocking(self._fd, self._was_blocking)
        os.close(self._fd)
        self._wake()

    def _drain(self) -> None:
        while self._chunks:
            chunk = self._chunks[0]
            try:
                written = os.write(self._fd, chunk)
            except BlockingIOError:
                if not self._armed:
                    self._loop.add_writer(self._fd, self._drain)
                    self._armed = True
                return
            except OSError:  # EPIPE: nobody reads any more
                self.close()
                return
            self.waiting -= written
            if written < len(chunk):
                self._chunks[0] = chunk[written:]
            else:
                self._chunks.popleft()
        self._disarm()
        self._wake()

    def _disarm(self) -> None:
        if self._armed:
            self._loop.remove_writer(self._fd)
            self._armed = False

    def _wake(self) -> None:
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)
        self._emptied = None
