"""Requests to real servers, on the wire as they are."""

import asyncio
import re
import zlib
from typing import Any

import pytest
from certificates import Authority
from health_kit import (
    LOCAL6,
    OK,
    SOON,
    Handler,
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
from web_server import answering, page

from bgp2vpc import __version__
from bgp2vpc.health.model import Http, ProbeResult, Tls

pytestmark = pytest.mark.io


def result(handler: Handler, **probe: Any) -> ProbeResult:
    """What a probe of such a server finds."""
    found: list[ProbeResult] = []

    async def story() -> None:
        async with serving(handler) as port:
            found.append(await result_of(Http(port, **probe)))

    run(story())
    return found[0]


def request(**probe: Any) -> list[str]:
    """The lines that a probe sends."""
    requests: list[bytes] = []
    assert result(answering(page(), requests=requests), **probe) == OK
    return requests[0].decode().splitlines()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("200 OK", OK),
        ("204 No Content", OK),
        ("302 Found", OK),
        ("404 Not Found", ProbeResult(False, "status 404")),
        ("503 Anything", ProbeResult(False, "status 503")),
    ],
)
def test_without_any_wishes_2xx_and_3xx_are_healthy(status: str, expected: ProbeResult):
    assert result(answering(page(b"", status, "Location: /elsewhere"))) == expected


def test_the_wanted_statuses_may_be_any():
    assert result(answering(page(b"", "418 I'm a teapot")), statuses=frozenset({418})) == OK
    assert result(answering(page()), statuses=frozenset({418})) == ProbeResult(False, "status 200")


@pytest.mark.parametrize(
    ("body", "wanted", "expected"),
    [
        (b"all is well", {"body": "is"}, OK),
        (b"all is well", {"body": "IS"}, ProbeResult(False, "'IS' not found in the body")),
        (b"", {"body": "x"}, ProbeResult(False, "'x' not found in the body")),
        ("grün".encode(), {"body": "ü"}, OK),
        (b"all\nis well", {"body_regexp": re.compile("^is +w.l{2}$", re.MULTILINE)}, OK),
        (
            b"peers=0",
            {"body_regexp": re.compile("peers=[1-9]")},
            ProbeResult(False, "nothing in the body matches 'peers=[1-9]'"),
        ),
        (b"a b", {"body": "a", "body_regexp": re.compile("b")}, OK),
        (b"a b", {"body": "a", "body_regexp": re.compile("c")}, ProbeResult(False, "nothing in the body matches 'c'")),
        (b"x" * 1_048_574 + b"OK and more", {"body": "OK"}, OK),
        (b"x" * 1_048_575 + b"OK and more", {"body": "OK"}, ProbeResult(False, "'OK' not found in the body")),
    ],
)
def test_what_is_wanted_is_looked_for_in_the_first_megabyte(body: bytes, wanted: dict[str, Any], expected: ProbeResult):
    assert result(answering(page(body)), **wanted) == expected


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("iso-8859-1", b"gr\xfcn"),
        ("nonsense", "grün".encode()),
        ("utf-8", b"\xff gr\xc3\xbcn"),
        ("base64", "grün".encode()),
    ],
)
def test_text_is_read_as_the_server_says_if_it_can_be(charset: str, body: bytes):
    answer = page(body, "200 OK", f"Content-Type: text/plain; charset={charset}")
    assert result(answering(answer), body="grün") == OK


def test_the_answer_may_come_byte_by_byte_in_chunks_or_without_a_length():
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nal\r\n3\r\nl i\r\n0\r\n\r\n"
    assert result(answering(*[answer[n : n + 1] for n in range(len(answer))]), body="all i") == OK
    assert result(answering(b"HTTP/1.0 200 OK\r\n\r\n", b"al", b"l i"), body="all i") == OK


def test_the_request_says_what_was_asked_for_and_little_else():
    first, *headers = request()
    assert first == "GET / HTTP/1.1"
    assert sorted(re.sub(r":\d+$", ":port", line) for line in headers if line) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        "Connection: close",
        "Host: 127.0.0.1:port",
        f"User-Agent: bgp2vpc/{__version__}",
    ]
    wishes = (("X-Probe", "1"), ("user-agent", "mine"), ("X-Probe", "2"))
    first, *headers = request(method="HEAD", path="/health?deep=1&x=%7E", host="www.example.org", headers=wishes)
    assert first == "HEAD /health?deep=1&x=%7E HTTP/1.1"
    assert {"X-Probe: 1", "X-Probe: 2", "user-agent: mine", "Host: www.example.org"} <= set(headers)
    assert not any("bgp2vpc" in line for line in headers)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a//b/../c", "/a//b/../c"),
        ("/%2f%41", "/%2f%41"),
        ("/a b", "/a%20b"),
        ("/ü", "/%C3%BC"),
        ("/a\r\nX: y", "/aX:%20y"),
    ],
)
def test_a_path_goes_out_as_it_stands_if_it_can(path: str, sent: str):
    assert request(path=path)[0] == f"GET {sent} HTTP/1.1"


def test_no_proxy_of_the_environment_is_used_and_nothing_remembered(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    requests: list[bytes] = []

    async def story() -> None:
        async with serving(answering(page(b"", "200 OK", "Set-Cookie: a=b; Path=/"), requests=requests)) as port:
            for _ in range(2):
                assert await result_of(Http(port, host="www.example.org")) == OK

    run(story())
    assert len(requests) == 2
    assert not any(b"Cookie" in head for head in requests)


def test_an_ipv6_address_can_be_probed():
    requests: list[bytes] = []

    async def story() -> None:
        async with serving(answering(page(b"OK"), requests=requests), "::1") as port:
            assert await result_of(Http(port, body="OK"), LOCAL6) == OK
            assert f"Host: [::1]:{port}\r\n".encode() in requests[0]

    run(story())


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (refusing, "connection reset by peer"),
        (answering(), "closed without an answer"),
        (answering(b"HTTP/1.1 200"), "closed without an answer"),
        (saying(b"220 mail.example.org ESMTP\r\n\r\n"), "the answer is not HTTP"),
        (endless, "the answer is not HTTP"),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "the answer was cut short"),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "the answer is not HTTP"),
        (answering(b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"y" * 8000 + b"\r\n"] * 2000), "the answer is not HTTP"),
        (answering(page(b"no gzip", "200 OK", "Content-Encoding: gzip")), "the answer was cut short"),
    ],
)
def test_what_is_no_answer_fails_and_says_why(handler: Handler, reason: str):
    assert result(handler, body="OK") == ProbeResult(False, reason)


def test_silence_is_given_up_in_time_wherever_it_begins():
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await silent(reader, writer)

    async def story() -> None:
        async with serving(silent) as port:
            reason = await reason_of(Http(port), within=SOON)
            assert reason == "timed out after 0.3 s while waiting for the answer"
        async with serving(half) as port:
            assert await result_of(Http(port), within=SOON) == OK
            reason = await reason_of(Http(port, body="OK"), within=SOON)
            assert reason == "timed out after 0.3 s while reading the body"

    run(story(), jumping=True)


def test_neither_an_endless_body_nor_a_compressed_flood_is_read_to_its_end():
    async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await endless(reader, writer)

    flood = zlib.compress(bytes(50_000_000), 9)
    for handler in (endless_body, answering(page(flood, "200 OK", "Content-Encoding: deflate"))):
        assert result(handler, body="OK") == ProbeResult(False, "'OK' not found in the body")


def test_two_hundred_at_once_and_given_up_leave_nothing_behind(authority: Authority):
    async def story() -> None:
        before = open_descriptors()
        async with (
            serving(silent, backlog=256) as port,
            serving(answering(page(b"OK")), ssl=authority.context) as tls_port,
        ):
            probes = [Http(port), Http(port, tls=Tls(verify=False))] * 100
            reasons = await asyncio.gather(*(reason_of(probe, within=SOON) for probe in probes))
            assert {reason.partition(" while ")[0] for reason in reasons} == {"timed out after 0.3 s"}
            https = Http(tls_port, tls=Tls(authority.ca_pem), body="OK")
            assert await asyncio.gather(*(result_of(https) for _ in range(20))) == [OK] * 20
        await nothing_is_left(before)

    run(story(), jumping=True)


def test_a_regexp_is_searched_in_the_beginning_only_so_that_it_cannot_freeze_everything():
    wanted = {"body_regexp": re.compile("status.*well")}
    missing = ProbeResult(False, "nothing in the body matches 'status.*well'")
    assert result(answering(page(b"x" * (16_384 - 10) + b"statuswell")), **wanted) == OK
    assert result(answering(page(b"x" * (16_384 - 9) + b"statuswell")), **wanted) == missing
    assert result(answering(page("ü".encode() * (16_384 - 10) + b"statuswell")), **wanted) == OK
    # Quadratic: half a minute or more for all of it.
    assert result(answering(page(b'"status": 1, ' * 80_000)), **wanted) == missing
