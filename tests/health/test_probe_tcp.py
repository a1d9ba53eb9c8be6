"""Connections to real servers that answer, do not, and misbehave."""

import asyncio
import socket

import pytest
from certificates import NAME, Authority
from health_kit import (
    LOCAL,
    LOCAL6,
    OK,
    SOON,
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
)

from bgp2vpc.health.model import Result, Tcp, Tls
from bgp2vpc.prefix import parse_address

HELLO = b"220 mail.example.org ESMTP\r\n"


def closed_port(family: socket.AddressFamily = socket.AF_INET) -> int:
    """A port that nobody listens on, now."""
    with socket.socket(family) as bound:
        bound.bind(("localhost" if family == socket.AF_INET else "::1", 0))
        return bound.getsockname()[1]


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


def test_what_cannot_be_reached_is_a_failure_like_any_other():
    async def story() -> None:
        assert await reason_of(Tcp(80), parse_address("fe80::1")) == "invalid argument"  # its interface is missing

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
        pytest.param([HELLO], b"554", Result(False, "'554' not found in the answer"), id="not there"),
        pytest.param([b"O", b"k"], b"OK", Result(False, "'OK' not found in the answer"), id="in another case"),
        pytest.param([], b"OK", Result(False, "closed without an answer"), id="closed at once"),
        pytest.param([b"-"], b"x" * 50, Result(False, f"'{'x' * 39}…' not found in the answer"), id="long"),
    ],
)
def test_what_is_expected_may_be_anywhere(pieces: list[bytes], expect: bytes, result: Result):
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

    run(story())


def test_a_full_backlog_is_given_up_in_time():
    async def story() -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(0)
            port = listening.getsockname()[1]
            # Nobody accepts: one connection fits in, the next one's SYN is dropped.
            with socket.create_connection(("127.0.0.1", port)):
                assert await reason_of(Tcp(port), within=SOON) == "timed out after 0.3 s while connecting"

    run(story())


def test_a_reset_is_told():
    async def story() -> None:
        async with serving(refusing) as port:
            assert await reason_of(Tcp(port, expect=b"OK")) == "connection reset by peer"

    run(story())


def test_an_endless_answer_ends_with_the_deadline_and_does_not_hold_up_others():
    async def story() -> None:
        async with serving(endless) as port, serving(saying(b"OK")) as other:
            probing = asyncio.create_task(reason_of(Tcp(port, expect=b"OK"), within=1))
            for _ in range(10):
                assert await result_of(Tcp(other, expect=b"OK")) == OK
            assert not probing.done()
            assert await probing == "timed out after 1 s while waiting for 'OK'"

    run(story())


def test_two_hundred_at_once_and_given_up_leave_nothing_behind():
    async def story() -> None:
        async with serving(silent, backlog=256) as port:
            before = open_descriptors()
            probes = [Tcp(port, expect=b"OK"), Tcp(port, tls=Tls(verify=False))] * 100
            reasons = await asyncio.gather(*(reason_of(probe, within=SOON) for probe in probes))
            assert {reason.partition(" while ")[0] for reason in reasons} == {"timed out after 0.3 s"}
        await nothing_is_left(before)

    run(story())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_tls_is_checked_against_the_given_ca(authority: Authority, host: str):
    async def story() -> None:
        address = parse_address(host)
        async with serving(saying(b"O", b"K"), host, ssl=authority.context) as port:
            for tls in (Tls(authority.ca_pem), Tls(authority.ca_pem, server_name=NAME), Tls(verify=False)):
                assert await result_of(Tcp(port, send=b"?", expect=b"OK", tls=tls), address) == OK
            assert await result_of(Tcp(port, tls=Tls(authority.ca_pem)), address) == OK

    run(story())


@pytest.mark.parametrize(
    ("server_name", "with_ca", "reason"),
    [
        ("", False, "unable to get local issuer certificate"),
        ("www.example.com", True, "Hostname mismatch, certificate is not valid for 'www.example.com'"),
        ("127.0.0.2", True, "IP address mismatch, certificate is not valid for '127.0.0.2'"),
    ],
)
def test_a_wrong_certificate_is_told(authority: Authority, server_name: str, with_ca: bool, reason: str):
    async def story() -> None:
        async with serving(saying(b"OK"), ssl=authority.context) as port:
            tls = Tls(authority.ca_pem if with_ca else None, server_name=server_name)
            assert await reason_of(Tcp(port, tls=tls)) == f"certificate verify failed: {reason}"

    run(story())


def test_an_expired_certificate_is_told(expired: Authority):
    async def story() -> None:
        async with serving(saying(b"OK"), ssl=expired.context) as port:
            reason = await reason_of(Tcp(port, tls=Tls(expired.ca_pem)))
            assert reason == "certificate verify failed: certificate has expired"
            assert await result_of(Tcp(port, expect=b"OK", tls=Tls(verify=False))) == OK

    run(story())


def test_a_server_that_speaks_no_tls_is_told(authority: Authority):
    async def story() -> None:
        async with serving(saying(HELLO)) as port:
            assert await reason_of(Tcp(port, tls=Tls(authority.ca_pem))) == "TLS: wrong version number"
        async with serving(saying()) as port:
            assert await reason_of(Tcp(port, tls=Tls(authority.ca_pem))) in (
                "connection closed",
                "connection reset by peer",
            )
        assert await reason_of(Tcp(closed_port(), tls=Tls(authority.ca_pem))) == "connection refused"

    run(story())


@pytest.mark.parametrize(
    "pem", ["", "  \n", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_certificates_that_are_none_never_mean_the_systems(pem: str):
    async def story() -> None:
        async with serving(silent) as port:
            assert (await reason_of(Tcp(port, tls=Tls(pem)))).startswith("the CA certificates ")

    run(story())


def test_tls_given_up_half_way_leaves_nothing_behind(authority: Authority):
    async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"O")
        await silent(reader, writer)

    async def story() -> None:
        async with serving(hanging, ssl=authority.context) as port:
            probe = Tcp(port, expect=b"OK", tls=Tls(authority.ca_pem))
            before = open_descriptors()
            reasons = await asyncio.gather(*(reason_of(probe, within=1) for _ in range(20)))
            assert set(reasons) == {"timed out after 1 s while waiting for 'OK'"}
        await nothing_is_left(before)

    run(story())


def test_the_server_hears_an_orderly_end(authority: Authority):
    ends: list[bytes] = []

    async def story() -> None:
        ended = asyncio.Event()

        async def listening(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            ends.append(await reader.read())  # would raise, had the connection just broken
            ended.set()

        async with serving(listening, ssl=authority.context) as port:
            assert await result_of(Tcp(port, send=b"bye", tls=Tls(authority.ca_pem)), LOCAL) == OK
            await ended.wait()

    run(story())
    assert ends == [b"bye"]
