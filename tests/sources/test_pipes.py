import asyncio
import os
from pathlib import Path

from source_kit import run

from bgp2vpc.sources.pipes import Inlet, Outlet
from tests.waiting import PATIENCE


async def all_of(inlet: Inlet) -> None:
    await asyncio.wait_for(asyncio.shield(inlet.ended), PATIENCE)


def test_a_file_and_dev_null_are_read_to_their_end(tmp_path: Path):
    async def story() -> None:
        (tmp_path / "file").write_bytes(b"x" * 200_000)
        found: list[bytes] = []
        for name in (os.devnull, tmp_path / "file"):
            await all_of(Inlet(os.open(name, os.O_RDONLY), found.append))
        assert b"".join(found) == b"x" * 200_000

    run(story())


def test_a_paused_inlet_makes_the_writer_wait():
    async def story() -> None:
        reading, writing = os.pipe()
        found: list[bytes] = []
        inlet = Inlet(reading, found.append)
        outlet = Outlet(writing, 1_000_000)
        inlet.pause()
        assert outlet.put(b"x" * 500_000)
        assert not await outlet.flush(0.01)
        assert found == []
        inlet.resume()
        assert await outlet.flush(PATIENCE)
        outlet.close()
        await all_of(inlet)
        assert len(b"".join(found)) == 500_000

    run(story())


def test_an_outlet_takes_all_or_nothing():
    async def story() -> None:
        reading, writing = os.pipe()
        outlet = Outlet(writing, 100_000)
        assert not outlet.put(b"x" * 100_001)
        assert outlet.waiting == 0
        assert outlet.put(b"x" * 100_000)
        assert not outlet.put(b"y" * 100_000)
        os.close(reading)
        assert await outlet.flush(PATIENCE) is False
        assert outlet.closed
        assert not outlet.put(b"z")

    run(story())


def test_what_was_blocking_is_blocking_again():
    async def story() -> None:
        reading, writing = os.pipe()
        shared = os.dup(writing)
        outlet = Outlet(writing, 10)
        assert not os.get_blocking(shared)
        outlet.close()
        assert os.get_blocking(shared)
        os.close(reading)
        os.close(shared)

    run(story())
