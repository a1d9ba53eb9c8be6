"""Programs and their pipes, where the one who reads them takes its time."""

import asyncio

import pytest
from source_kit import python, run

from bgp2vpc.sources.child import Child
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io


def test_what_a_program_said_last_is_read_however_long_reading_is_paused():
    async def story() -> None:
        heard: list[bytes] = []
        child = await Child.start(python("print('x' * 50_000)"), on_output=heard.append)
        child.pause()
        await child.exited()
        ending = asyncio.create_task(child.wait(linger=0))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not ending.done()
        child.resume()
        assert await asyncio.wait_for(ending, PATIENCE) == 0
        assert b"".join(heard) == b"x" * 50_000 + b"\n"

    run(story())


def test_whoever_has_the_last_lines_may_pause_once_more():
    """A queue of lines does so until all of them have had their turn; it would be emptied at the end."""

    async def story() -> None:
        heard = asyncio.Event()

        def take(data: bytes) -> None:
            assert data == b"x"
            heard.set()
            child.pause()

        child = await Child.start(("printf", "x"), on_output=take)
        ending = asyncio.create_task(child.wait(linger=0))
        await asyncio.wait_for(heard.wait(), PATIENCE)
        await child.exited()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not ending.done()
        child.resume()
        assert await asyncio.wait_for(ending, PATIENCE) == 0

    run(story())


def test_an_outsider_who_writes_without_end_into_its_pipe_is_not_waited_for():
    """A process that has left the group keeps the pipe open, and full."""

    async def story() -> None:
        heard: list[bytes] = []
        child = await Child.start(("sh", "-c", "echo x; setsid yes & exit 3"), on_output=heard.append)
        assert await asyncio.wait_for(child.wait(linger=0), PATIENCE) == 3
        assert b"x\n" in b"".join(heard)

    run(story())
