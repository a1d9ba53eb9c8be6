"""Checks of loopback, servers as bad as they come, and a look at what probes leave behind."""

import asyncio
import gc
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from bgp2vpc.health.model import Check, Probe, ProbeResult
from bgp2vpc.health.probe import probe_within
from bgp2vpc.prefix import IPAddress, parse_address
from tests.virtual_time import VirtualTimeLoop
from tests.waiting import PATIENCE

LOCAL = parse_address("127.0.0.1")
LOCAL6 = parse_address("::1")
GRACE = 0.25
"""Real seconds without any event. A kernel delivers what goes to loopback at once."""
SOON = 0.3
"""A deadline for what never comes: of a test with `jumping`."""
OK = ProbeResult(True)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(test: Coroutine[Any, Any, None], *, jumping: bool = False) -> None:
    """Run one asynchronous test; nothing may be left to asyncio to complain of.

    With `jumping` a deadline is over as soon as nothing happens any more, and not before.
    """
    complaints: list[dict[str, Any]] = []

    def complain(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # What a server has to say of its clients, in asyncio's debug mode, is what the test is about.
        if "incoming connection" not in context["message"]:
            complaints.append(context)

    async def guarded() -> None:
        asyncio.get_running_loop().set_exception_handler(complain)
        await test

    with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, grace=GRACE) if jumping else None) as runner:
        runner.run(guarded())
    assert complaints == [], complaints


def a_check(probe: Probe, destination: IPAddress | None = LOCAL, **settings: Any) -> Check:
    return Check(
        **{"name": "web", "probe": probe, "every": 1.0, "timeout": PATIENCE} | settings, destination=destination
    )


async def result_of(probe: Probe, destination: IPAddress = LOCAL, within: float = PATIENCE) -> ProbeResult:
    """What one probe finds."""
    return await probe_within(a_check(probe, destination, timeout=within))


async def reason_of(probe: Probe, destination: IPAddress = LOCAL, within: float = PATIENCE) -> str:
    """Why one probe finds its destination unhealthy."""
    result = await result_of(probe, destination, within)
    assert result.healthy is False
    return result.reason


async def trouble_of(probe: Probe, destination: IPAddress = LOCAL, within: float = PATIENCE) -> str:
    """Why one probe cannot tell how its destination is."""
    result = await result_of(probe, destination, within)
    assert result.healthy is None
    return result.reason


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1", **settings: Any) -> AsyncIterator[int]:
    """A TCP server that hands each connection to `handler` and then closes it. Gives its port."""
    connections: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await handler(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(handle(reader, writer))
        task.add_done_callback(lambda _: writer.close())
        connections.add(task)

    server = await asyncio.start_server(accept, host, **settings)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in connections:
            task.cancel()
        if connections:
            await asyncio.wait(connections)


def saying(*pieces: bytes) -> Handler:
    """Says this, each piece in a packet of its own, and hangs up."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return handler


async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts, and never says anything."""
    await asyncio.get_running_loop().create_future()


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Talks for ever, as fast as it is read."""
    while True:
        writer.write(b"blah" * 16384)
        await writer.drain()


async def refusing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Resets the connection."""
    writer.transport.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER, 0 s
    writer.transport.abort()


def open_descriptors() -> int:
    """How many are open, not counting what earlier tests have left to the garbage collector."""
    gc.collect()
    return _count_descriptors()


def _count_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def nothing_is_left(before: int) -> None:
    """Wait until no more descriptors are open than `before`."""
    await until(lambda: _count_descriptors() <= before)  # nobody tells when one is closed


async def until(condition: Callable[[], bool]) -> None:
    """Look again and again, at the cost of no virtual time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)  # noqa: ASYNC251  # real time
        await asyncio.sleep(0)


def closed_port(family: socket.AddressFamily = socket.AF_INET) -> int:
    """A port that nobody listens on, now."""
    with socket.socket(family) as bound:
        bound.bind(("localhost" if family == socket.AF_INET else "::1", 0))
        return bound.getsockname()[1]
