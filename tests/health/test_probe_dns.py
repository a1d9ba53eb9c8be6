"""Questions to a real server, which answers well, badly, or not at all."""

import asyncio
import errno
import socket
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_server import Answer, Server, answering, records, truncated
from health_kit import (
    LOCAL6,
    OK,
    SOON,
    nothing_is_left,
    open_descriptors,
    reason_of,
    result_of,
    run,
    saying,
    serving,
    trouble_of,
)

from bgp2vpc.health.model import Dns, ProbeResult
from bgp2vpc.prefix import parse_address

pytestmark = pytest.mark.io

NAME = "www.example.org"
WEB = records(f"{NAME}. A 192.0.2.1", f"{NAME}. A 192.0.2.2")


def result(udp: Answer, over_tcp: Answer | None = None, **probe: Any) -> ProbeResult:
    """What a probe of such a server finds."""
    found: list[ProbeResult] = []

    async def story() -> None:
        async with answering(udp, over_tcp) as server:
            found.append(await result_of(Dns(NAME, port=server.port, **probe)))

    run(story())
    return found[0]


def missing(wanted: str, *there: str) -> ProbeResult:
    return ProbeResult(False, f"'{wanted}' is not among the answers: {', '.join(there)}")


@pytest.mark.parametrize(
    ("answer", "record", "expect", "expected"),
    [
        (WEB, "A", (), OK),
        (WEB, "A", ("192.0.2.1",), OK),
        (WEB, "A", ("192.0.2.2", "192.0.2.1"), OK),
        (WEB, "A", ("192.0.2.1", "192.0.2.9"), missing("192.0.2.9", "192.0.2.1", "192.0.2.2")),
        (WEB, "AAAA", (), ProbeResult(False, "no AAAA answer")),
        (records(), "A", (), ProbeResult(False, "no A answer")),
        (records(f"{NAME}. AAAA 2001:db8::1"), "AAAA", ("2001:DB8:0:0::1",), OK),
        (records(f"{NAME}. CNAME web.example.", "web.example. A 192.0.2.1"), "A", ("192.0.2.1",), OK),
        (records(f"{NAME}. CNAME web.example.", "web.example. A 192.0.2.1"), "CNAME", ("WEB.example",), OK),
        (records(f"{NAME}. CNAME web.example."), "A", (), ProbeResult(False, "no A answer")),
        (records("x. MX 10 Mail.Example.org."), "MX", ("10 mail.example.org",), OK),
        (
            records("x. MX 10 mail.example.org."),
            "MX",
            ("20 mail.example.org.",),
            missing("20 mail.example.org.", "10 mail.example.org."),
        ),
        (records("x. NS a.example.", "x. NS b.example."), "ns", ("B.example.", "a.example"), OK),
        (records("x. SRV 1 2 53 A.example."), "SRV", ("1 2 53 a.example",), OK),
        (records('x. TXT "v=spf1 -all"'), "TXT", ('"v=spf1 -all"',), OK),
        (records('x. TXT "v=spf1 -all"'), "TXT", ("v=spf1 -all",), OK),
        (records('x. TXT "v=spf1" " -all"'), "TXT", ("v=spf1 -all",), OK),
        (records('x. TXT "v=DMARC1; p=none"'), "TXT", ("v=DMARC1; p=none",), OK),
        (records('x. TXT "v=spf1 -all"'), "TXT", ("V=SPF1 -all",), missing("V=SPF1 -all", '"v=spf1 -all"')),
        (records("x. SOA a. b. 1 2 3 4 5"), "SOA", ("A. B. 1 2 3 4 5",), OK),
        (
            records(*(f"x. A 192.0.2.{n}" for n in range(9))),
            "A",
            ("::1",),
            ProbeResult(None, "expected answer cannot be read: Text input is malformed."),
        ),
        (
            records(*(f"x. A 192.0.2.{n}" for n in range(1, 9))),
            "A",
            ("192.0.2.9",),
            missing("192.0.2.9", "192.0.2.1", "192.0.2.2", "192.0.2.3", "…"),
        ),
    ],
)
def test_an_answer_is_judged_by_what_it_says(
    answer: Answer, record: str, expect: tuple[str, ...], expected: ProbeResult
):
    assert result(answer, record=record, expect=expect) == expected


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "SERVFAIL", "REFUSED", "NOTIMP"])
def test_an_error_is_told_by_its_name(rcode: str):
    assert result(records(rcode=dns.rcode.from_text(rcode))) == ProbeResult(False, rcode)


def test_the_question_is_what_was_asked_for_with_a_new_id_each_time():
    async def story() -> None:
        async with answering(records(f"{NAME}. TXT x")) as server:
            for _ in range(3):
                assert await result_of(Dns("WWW.example.org", "TXT", port=server.port)) == OK
            assert [query.question[0].to_text() for query in server.queries] == ["WWW.example.org. IN TXT"] * 3
            assert len({query.id for query in server.queries}) > 1
            assert all(query.flags & dns.flags.RD for query in server.queries)

    run(story())


def test_it_can_be_asked_over_tcp_and_over_ipv6():
    async def story(host: str, server: Server) -> None:
        address = parse_address(host)
        assert await result_of(Dns(NAME, port=server.port), address) == OK
        assert await result_of(Dns(NAME, port=server.port, tcp=True), address) == OK
        assert server.asked == ["udp", "tcp"]

    async def stories() -> None:
        for host in ("127.0.0.1", "::1"):
            async with answering(WEB, WEB, host) as server:
                await story(host, server)

    run(stories())


def test_a_truncated_answer_is_asked_for_again_over_tcp():
    assert result(truncated, WEB, expect=("192.0.2.1",)) == OK
    assert result(truncated) == ProbeResult(False, "connection refused")


def test_nobody_there_is_told_at_once():
    async def story() -> None:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as bound6,
        ):
            bound.bind(("127.0.0.1", 0))
            bound6.bind(("::1", 0))
            port, port6 = bound.getsockname()[1], bound6.getsockname()[1]
        assert await reason_of(Dns(NAME, port=port)) == "connection refused"
        assert await reason_of(Dns(NAME, port=port6), LOCAL6) == "connection refused"
        assert await reason_of(Dns(NAME, port=port, tcp=True)) == "connection refused"

    run(story())


def another_id(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.id ^= 1
    return response.to_wire()


def another_question(_: dns.message.Message) -> bytes:
    return dns.message.make_response(dns.message.make_query("example.com", "A")).to_wire()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: b"nonsense", "the answer is malformed"),
        (lambda query: WEB(query)[:-3], "the answer is malformed"),
        (lambda query: WEB(query) + b"more", "the answer is malformed"),
        (lambda query: query.to_wire(), "the answer is to another question"),
        (another_id, "the answer is to another question"),
        (another_question, "the answer is to another question"),
    ],
)
def test_what_is_no_answer_fails_at_once_and_says_why(answer: Answer, reason: str):
    assert result(answer) == ProbeResult(False, reason)
    assert result(answer, answer, tcp=True) == ProbeResult(False, reason)


def test_a_connection_that_ends_too_early_is_told():
    async def story() -> None:
        for pieces in ((), (b"\0",), (b"\0\x40", b"only a part")):
            async with serving(saying(*pieces)) as port:
                reason = await reason_of(Dns(NAME, port=port, tcp=True))
                assert reason in ("closed without an answer", "connection reset by peer")

    run(story())


def test_a_query_that_our_own_firewall_does_not_let_out_tells_nothing(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")  # also: no more connections can be tracked

    async def story() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            monkeypatch.setattr(socket.socket, "send", refuse)
            assert await trouble_of(Dns(NAME, port=server.getsockname()[1]), within=SOON) == "operation not permitted"

    run(story(), jumping=True)


def test_silence_is_given_up_in_time_and_leaves_nothing_behind():
    async def story() -> None:
        before = open_descriptors()
        async with answering(lambda _: None, lambda _: None) as server:
            probes = [Dns(NAME, port=server.port), Dns(NAME, port=server.port, tcp=True)] * 50
            reasons = await asyncio.gather(*(reason_of(probe, within=SOON) for probe in probes))
            assert set(reasons) == {"timed out after 0.3 s while waiting for the answer"}
        async with answering(truncated, WEB) as server:
            results = await asyncio.gather(*(result_of(Dns(NAME, port=server.port)) for _ in range(50)))
            assert results == [OK] * 50
        await nothing_is_left(before)

    run(story(), jumping=True)
