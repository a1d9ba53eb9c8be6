"""Whether a neighbor's host answers: one that does not, and has no session, loses its routes."""

import asyncio
import errno
import os
import socket
from contextlib import closing

import pytest

from bgp2vpc.bgp.mesh import Neighbor
from bgp2vpc.prefix import parse_address
from bgp2vpc.speaker.discovery import reach
from tests.descriptors import no_descriptors
from tests.virtual_time import VirtualTimeLoop

LOCAL = parse_address("127.0.0.1")


def neighbor(port: int, local: str = "127.0.0.1") -> Neighbor:
    return Neighbor(LOCAL, parse_address(local), 64512, internal=True, passive=False, port=port)


@pytest.mark.io
def test_one_that_accepts_or_refuses_answers_and_trouble_of_our_own_is_no_evidence():
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            assert await reach(neighbor(port))
            with no_descriptors():
                assert await reach(neighbor(port))
            assert await reach(neighbor(port, local="192.0.2.1"))  # an address that this host does not have (any more)
        assert await reach(neighbor(port))

    asyncio.run(story())


@pytest.mark.parametrize("stalled", [0.0, 60.0])
def test_silence_counts_unless_we_stood_still(stalled: float, monkeypatch: pytest.MonkeyPatch):
    async def silent(*_: object, **__: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(asyncio, "open_connection", silent)
    with closing(VirtualTimeLoop()) as loop:
        loop.call_later(0.5, loop.stall, stalled)
        assert loop.run_until_complete(reach(neighbor(179))) is (stalled > 0)


def test_a_router_that_knows_no_way_is_evidence(monkeypatch: pytest.MonkeyPatch):
    async def unreachable(*_: object, **__: object) -> None:
        raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))

    monkeypatch.setattr(asyncio, "open_connection", unreachable)
    assert asyncio.run(reach(neighbor(179))) is False
