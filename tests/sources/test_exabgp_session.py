"""What of ExaBGP's answers is told to the daemon, on real pipes."""

import asyncio
import os
from contextlib import closing

import pytest
from source_kit import run

from bgp2vpc.bgp.events import Announce, EndOfRib
from bgp2vpc.exabgp_api.messages import FAMILIES, Acknowledgement, Message, PeerState, StateChange, Update
from bgp2vpc.prefix import parse_address, parse_prefix
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker import exabgp_session
from bgp2vpc.speaker.exabgp_session import RESYNC_TIMEOUT, ExabgpSession
from tests.virtual_time import VirtualTimeLoop
from tests.waiting import PATIENCE


@pytest.mark.parametrize("in_time", [0, 1, 2])
def test_answers_to_our_questions_are_none_to_lines_however_late_they_come(
    monkeypatch: pytest.MonkeyPatch, in_time: int
) -> None:
    async def story() -> None:
        read_fd, exabgp = os.pipe()
        reading, write_fd = os.pipe()
        heard: list[Message] = []
        pipe = ExabgpPipe(read_fd, write_fd)
        monkeypatch.setattr(exabgp_session, "RESYNC_TIMEOUT", PATIENCE if in_time == 2 else 0)
        os.write(exabgp, b"done\n" * in_time)
        session = ExabgpSession(pipe, heard.append)
        running = asyncio.create_task(session.run())
        for _ in range(10):  # the time is over
            await asyncio.sleep(0)
        os.write(exabgp, b"done\n" * (2 - in_time) + b"done\nerror\n")
        os.close(exabgp)
        await asyncio.wait_for(running, PATIENCE)
        pipe.close()
        os.close(reading)
        assert heard == [Acknowledgement(True), Acknowledgement(False)]

    run(story())


ANSWERS = (
    "Peer            AS        up/down state       |     #sent     #recvd",
    "10.0.0.11       64512     0:00:13 established           2          8",
    "done",
    "neighbor 10.0.0.11 local-ip 10.0.0.9 local-as 64512 peer-as 64512 router-id 10.0.0.9 family-allowed in-open "
    "ipv4 unicast 192.0.2.1/32 next-hop 10.0.0.11 origin igp med 100",
    "done",
)
"""To `show neighbor summary` and `show adj-rib in extensive`."""


@pytest.mark.parametrize("in_time", range(len(ANSWERS) + 1))
def test_sessions_and_paths_are_known_however_late_exabgp_answers(in_time: int) -> None:
    async def story() -> None:
        read_fd, exabgp = os.pipe()
        reading, write_fd = os.pipe()
        heard: list[Message] = []
        pipe = ExabgpPipe(read_fd, write_fd)
        session = ExabgpSession(pipe, heard.append)
        running = asyncio.create_task(session.run())

        async def says(*lines: str) -> None:
            os.write(exabgp, "".join(f"{line}\n" for line in lines).encode())
            await asyncio.sleep(0.1)

        await says(*ANSWERS[:in_time])
        await asyncio.sleep(RESYNC_TIMEOUT + 1 if in_time else 10 * RESYNC_TIMEOUT)
        await says(*ANSWERS[in_time:])
        os.close(exabgp)
        await running
        pipe.close()
        os.close(reading)
        peer = parse_address("10.0.0.11")
        assert StateChange(peer, PeerState.UP) in heard
        events = [each for update in heard if isinstance(update, Update) for each in update.events]
        assert {each.path.prefix for each in events if isinstance(each, Announce)} == {parse_prefix("192.0.2.1/32")}
        assert set(map(EndOfRib, FAMILIES)) <= set(events)
        assert not any(isinstance(each, Acknowledgement) for each in heard)

    with closing(VirtualTimeLoop(grace=0.01)) as loop:
        loop.run_until_complete(story())
