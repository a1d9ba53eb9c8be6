"""Connections to real servers that answer, do not, and misbehave."""

import asyncio
import errno
import socket

import pytest
from health_kit import (
    LOCAL6,
    OK,
    SOON,
    closed_port,
    endless,
    nothing_is_left,
    open_descriptors,
    reason_of,
    refusing,
    result_of,
    run,
    saying,
    serving,
    silent,
    trouble_of,
)

from bgp2vpc.health.model import ProbeResult, Tcp, Tls
from bgp2vpc.prefix import parse_address

pytestmark = pytest.mark.io

HELLO = b"220 mail.example.org ESMTP\r\n"


def test_a_connection_alone_is_healthy_if_nothing_is_expected():
    async def story() -> None:
        async with serving(silent) as port:
            assert await result_of(Tcp(port)) == OK
            assert await result_of(Tcp(port), parse_address("::ffff:127.0.0.1")) == OK
        async with serving(silent, "::1") as port:
            assert await result_of(Tcp(port), LOCAL6) == OK

    run(story())


def test_a_closed_port_fails_at_once():
    async def story() -> None:
        assert await reason_of(Tcp(closed_port())) == "connection refused"
        assert await reason_of(Tcp(closed_port(socket.AF_INET6)), LOCAL6) == "connection refused"

    run(story())


def test_what_we_cannot_even_try_to_reach_is_unknown():
    async def story() -> None:
        assert await trouble_of(Tcp(80), parse_address("fe80::1")) == "invalid argument"  # its interface is missing

    run(story())


def test_what_is_sent_arrives_byte_for_byte():
    heard = bytearray()

    async def story() -> None:
        ended = asyncio.Event()

        async def listening(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            heard.extend(await reader.read())
            ended.set()

        async with serving(listening) as port:
            assert await result_of(Tcp(port, send=b"50%s \\n \0\xff")) == OK
            await ended.wait()

    run(story())
    assert heard == b"50%s \\n \0\xff"


@pytest.mark.parametrize(
    ("pieces", "expect", "result"),
    [
        pytest.param([HELLO], b"220 ", OK, id="at the beginning"),
        pytest.param([HELLO], b"ESMTP\r\n", OK, id="at the end"),
        pytest.param([HELLO], HELLO, OK, id="all of it"),
        pytest.param([HELLO[n : n + 1] for n in range(len(HELLO))], b"example.org", OK, id="byte by byte"),
        pytest.param([b"x" * 70_000 + b"O", b"K" + b"y" * 70_000], b"OK", OK, id="across packets, amid much else"),
        pytest.param([b"aab"], b"ab", OK, id="after a false start"),
        pytest.param([b"a"], b"a", OK, id="a single byte"),
        pytest.param([HELLO], b"554", ProbeResult(False, "'554' not found in the answer"), id="not there"),
        pytest.param([b"O", b"k"], b"OK", ProbeResult(False, "'OK' not found in the answer"), id="in another case"),
        pytest.param([], b"OK", ProbeResult(False, "closed without an answer"), id="closed at once"),
        pytest.param([b"-"], b"x" * 50, ProbeResult(False, f"'{'x' * 39}…' not found in the answer"), id="long"),
    ],
)
def test_what_is_expected_may_be_anywhere(pieces: list[bytes], expect: bytes, result: ProbeResult):
    async def story() -> None:
        async with serving(saying(*pieces)) as port:
            assert await result_of(Tcp(port, expect=expect)) == result

    run(story())


def test_a_server_that_hangs_up_before_it_has_read_may_have_said_all():
    async def story() -> None:
        async with serving(saying(b"OK")) as port:
            assert await result_of(Tcp(port, send=b"QUIT\r\n" * 100_000, expect=b"OK")) == OK

    run(story())


def test_an_answer_that_never_comes_is_given_up_in_time():
    async def story() -> None:
        async with serving(silent) as port:
            assert (
                await reason_of(Tcp(port, expect=b"OK"), within=SOON) == "timed out after 0.3 s while waiting for 'OK'"
            )
            big = Tcp(port, send=b"x" * 50_000_000)
            assert await reason_of(big, within=SOON) == "timed out after 0.3 s while sending"

    run(story(), jumping=True)


def test_a_full_backlog_is_given_up_in_time():
    async def story() -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(0)
            port = listening.getsockname()[1]
            # Nobody accepts: one connection fits in, the next one's SYN is dropped.
            with socket.create_connection(("127.0.0.1", port)):
                assert await reason_of(Tcp(port), within=SOON) == "timed out after 0.3 s while connecting"

    run(story(), jumping=True)


def test_a_reset_is_told():
    async def story() -> None:
        async with serving(refusing) as port:
            assert await reason_of(Tcp(port, expect=b"OK")) == "connection reset by peer"

    run(story())


def test_an_endless_answer_ends_with_the_deadline_and_does_not_hold_up_others():
    async def story() -> None:
        async with serving(endless) as port, serving(saying(b"OK")) as other:
            probing = asyncio.create_task(result_of(Tcp(port, expect=b"OK")))
            for _ in range(10):
                assert await result_of(Tcp(other, expect=b"OK")) == OK
            assert not probing.done()
            probing.cancel()
            assert (await reason_of(Tcp(port, expect=b"OK"), within=SOON)).startswith("timed out after 0.3 s")

    run(story())


def test_two_hundred_at_once_and_given_up_leave_nothing_behind():
    async def story() -> None:
        async with serving(silent, backlog=256) as port:
            before = open_descriptors()
            probes = [Tcp(port, expect=b"OK"), Tcp(port, tls=Tls(verify=False))] * 100
            reasons = await asyncio.gather(*(reason_of(probe, within=SOON) for probe in probes))
            assert {reason.partition(" while ")[0] for reason in reasons} == {"timed out after 0.3 s"}
        await nothing_is_left(before)

    run(story(), jumping=True)


def test_a_connection_that_is_done_before_asyncio_looks_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    connect_ex = socket.socket.connect_ex

    def already_done(self: socket.socket, address: tuple[str, int]) -> int:
        connect_ex(self, address)
        connect_ex(self, address)
        return errno.EALREADY  # what it was a moment ago

    monkeypatch.setattr(socket.socket, "connect_ex", already_done)

    async def story() -> None:
        async with serving(saying(b"OK")) as port:
            assert await result_of(Tcp(port, expect=b"OK")) == OK
        assert await reason_of(Tcp(closed_port())) == "connection refused"

    run(story())
