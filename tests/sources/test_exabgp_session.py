"""What of ExaBGP's answers is told to the daemon, on real pipes."""

import asyncio
import os

import pytest
from source_kit import run

from bgp2vpc.exabgp_api.messages import Acknowledgement, Message
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker import exabgp_session
from bgp2vpc.speaker.exabgp_session import ExabgpSession
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
