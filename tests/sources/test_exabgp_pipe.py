"""Both ends of the pipes that ExaBGP gives a helper."""

import asyncio
import os
import subprocess
import sys

import pytest
from source_kit import run

from bgp2vpc.exabgp_api.messages import Acknowledgement, Ignored, Message, Shutdown
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from tests.waiting import PATIENCE


class Exabgp:
    """ExaBGP's ends: what it writes, what it reads."""

    def __init__(self) -> None:
        read_fd, self.writing = os.pipe()
        self.reading, write_fd = os.pipe()
        self.helper = ExabgpPipe(read_fd, write_fd)
        self.heard: list[Message] = []
        self.listening = asyncio.create_task(self.helper.run(self.heard.append))

    async def read_all(self) -> bytes:
        """To the end, in a thread: this side blocks."""

        def read() -> bytes:
            with open(self.reading, "rb") as stream:
                return stream.read()

        return await asyncio.wait_for(asyncio.to_thread(read), PATIENCE)

    async def hang_up(self) -> None:
        os.close(self.writing)
        await asyncio.wait_for(self.listening, PATIENCE)


def test_messages_come_in_order_and_end_with_exabgp():
    async def story() -> None:
        exabgp = Exabgp()
        os.write(exabgp.writing, b"done\nerr")
        os.write(exabgp.writing, b"or\n\nshutdown 1 2\n{ broken\n\xff\xfe\n")
        await exabgp.hang_up()
        exabgp.helper.close()
        os.close(exabgp.reading)
        assert exabgp.heard[:3] == [Acknowledgement(True), Acknowledgement(False), Shutdown()]
        assert [type(message) for message in exabgp.heard[3:]] == [Ignored, Ignored]

    run(story())


def test_lines_go_out_in_order_whether_exabgp_reads_or_not():
    async def story() -> None:
        exabgp = Exabgp()
        lines = [f"announce route 10.{n >> 8}.{n & 255}.0/24 next-hop self" for n in range(20_000)]
        assert all(exabgp.helper.send(line) for line in lines)
        assert exabgp.helper.waiting > 0
        reading = asyncio.create_task(exabgp.read_all())
        assert await exabgp.helper.flush(PATIENCE)
        exabgp.helper.close()
        assert (await reading).decode().splitlines() == lines
        await exabgp.hang_up()

    run(story())


def test_beyond_four_megabytes_nothing_is_taken_and_nothing_is_torn():
    async def story() -> None:
        exabgp = Exabgp()
        line = "announce route 192.0.2.1/32 next-hop self"
        taken = 0
        while exabgp.helper.send(line):
            taken += 1
        assert 4 * 1024 * 1024 - 100 < exabgp.helper.waiting <= 4 * 1024 * 1024
        assert not await exabgp.helper.flush(0.01)
        reading = asyncio.create_task(exabgp.read_all())
        assert await exabgp.helper.flush(PATIENCE)
        exabgp.helper.close()
        assert await reading == f"{line}\n".encode() * taken
        await exabgp.hang_up()

    run(story())


@pytest.mark.parametrize("line", ["", "announce\nroute", "announce\r", "announce r\u00e9seau", "a\0b", "x" * 70_000])
def test_what_would_harm_exabgp_is_not_sent(line: str):
    async def story() -> None:
        exabgp = Exabgp()
        assert not exabgp.helper.send(line)
        assert exabgp.helper.send("version")
        exabgp.helper.close()
        assert await exabgp.read_all() == b"version\n"
        await exabgp.hang_up()

    run(story())


def test_when_exabgp_has_gone_sending_says_so():
    async def story() -> None:
        exabgp = Exabgp()
        os.close(exabgp.reading)
        assert not exabgp.helper.send("version")
        assert not exabgp.helper.send("version")
        assert not await exabgp.helper.flush(PATIENCE)
        await exabgp.hang_up()
        exabgp.helper.close()
        exabgp.helper.close()

    run(story())


@pytest.mark.io
def test_nothing_but_api_lines_reaches_standard_output():
    code = """
import asyncio, os, subprocess, sys
print("before")
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
pipe = ExabgpPipe.take_over()
print("stray print"); sys.stdout.flush()
os.write(1, b"stray write\\n")
subprocess.run(["echo", "stray child"])
subprocess.run([sys.executable, "-c", "import os; print('fds', len(os.listdir('/proc/self/fd')))"])
async def main():
    heard = []
    reading = asyncio.create_task(pipe.run(heard.append))
    pipe.send("announce eor")
    await reading
    print(len(heard), "messages,", "stdin", repr(sys.stdin.read()))
    pipe.close()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"done\nerror\n", capture_output=True, timeout=PATIENCE, check=True
    )
    assert done.stdout == b"before\nannounce eor\n"
    lines = done.stderr.decode().splitlines()
    assert lines == ["stray print", "stray write", "stray child", "fds 4", "2 messages, stdin ''"]
