"""Clients that mean harm, or are broken: refused or dropped, and nothing of ours waits for them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest
from served import TOKEN, Served, now, on_virtual_time, run, serving

from bgp2vpc.web import app, server
from bgp2vpc.web.connection import IDLE, MOST
from bgp2vpc.web.pace import ANSWER, WebPace
from bgp2vpc.web.pace import PATIENCE as PACE_PATIENCE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

MALFORMED = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,  # TLS
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /steer/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /prefix/%00/32 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/..%2f..%2fapp.py HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/../app.py HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


async def sent(site: Served, data: bytes) -> bytes:
    """What is answered until the connection is closed, as every idle one is after a while."""
    reader, writer = await site.connect()
    answer = b""
    try:
        writer.write(data)
        async with asyncio.timeout(PATIENCE):
            while more := await reader.read(65536):
                answer += more
    except ConnectionError:
        pass
    finally:
        writer.close()
    return answer


async def write_for_ever(writer: asyncio.StreamWriter, data: bytes) -> None:
    while True:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.03)


@pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_request_is_refused_or_answered_and_hurts_nobody(data: bytes, caplog: pytest.LogCaptureFixture):
    async def story() -> None:
        async with serving() as site:
            answer = await sent(site, data)
            assert not answer or answer.startswith(b"HTTP/1."), answer[:100]
            status = answer[9:12]
            assert status in (b"", b"200", b"400", b"404", b"405", b"414", b"421", b"431", b"501"), answer[:200]
            assert b"Traceback" not in answer
            assert b"class Site" not in answer
            assert (await site.get("/healthz"))[0] == 200
            await site.announced()

    run(story())
    assert [record for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


@on_virtual_time
async def test_who_does_not_finish_a_request_is_dropped():
    async with serving() as site:
        for beginning in (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "):
            began = now()
            reader, writer = await site.connect()
            writer.write(beginning)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            assert now() - began == pytest.approx(IDLE, abs=0.01)
            writer.close()


@on_virtual_time
async def test_who_sends_byte_by_byte_has_no_more_time_than_others():
    async with serving() as site:
        began = now()
        _, writer = await site.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        with pytest.raises(ConnectionError):
            await write_for_ever(writer, b"x")
        assert now() - began == pytest.approx(IDLE, abs=0.1)


@on_virtual_time
async def test_a_body_that_does_not_come_is_given_up(tmp_path):
    async with serving(tmp_path) as site:
        began = now()
        head = "POST /steer/drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += f"Authorization: Bearer {TOKEN}\r\n"
        answer = await sent(site, f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert now() - began == pytest.approx(app.BODY_TIME, abs=0.1)


@on_virtual_time
async def test_who_asks_and_never_reads_is_dropped():
    async with serving() as site:
        for number in range(900):
            site.say(f"announce route 10.{number >> 8}.{number & 255}.0/24 next-hop self")
        reader, writer = await site.connect()
        writer.transport.pause_reading()
        with pytest.raises(ConnectionError):  # pipelined: answers pile up
            await write_for_ever(writer, b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        del reader
        assert (await site.get("/healthz"))[0] == 200


@on_virtual_time
async def test_streams_that_are_not_read_are_dropped_and_their_places_are_free_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app, "MOST_STREAMS", 3)
    async with serving() as site:
        deaf = [await site.connect() for _ in range(3)]
        for reader, writer in deaf:
            writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readline()  # it has its place
            writer.transport.pause_reading()
        assert (await site.get("/events"))[0] == 503
        for last in range(200):  # makes the page large
            site.say(f"announce route 10.0.{last}.0/24 next-hop self")
        changes = 0
        while (await site.head_of("/events")) == 503:
            changes += 1
            assert changes < 100
            for last in range(200):  # and different every time
                site.say(f"announce route 10.0.{last}.0/24 next-hop self med {changes}")
            await asyncio.sleep(app.LOOK_EVERY)
        assert changes > app.STREAM_PATIENCE / app.LOOK_EVERY


@on_virtual_time
async def test_a_thousand_connections_at_once_are_bounded_and_delay_no_route():
    async with serving() as site:
        alone = await announce_latencies(site, range(20))
        opened = [await site.connect() for _ in range(1000)]
        crowded = await announce_latencies(site, range(20, 40))
        assert len(site.daemon.parts.web._server._connections) == MOST
        kept = MOST - 1  # one is the client's of `serving`
        assert site.daemon.parts.meter.tally.refused_connections == 1000 - kept
        assert [(await site.get(path))[0] for path in ("/healthz", "/readyz", "/metrics", "/")] == [200] * 4
        for reader, _ in opened[: 1000 - kept]:  # who has been silent for longest made room
            with suppress(ConnectionError):
                assert await reader.read() == b""
        for _, writer in opened:
            writer.close()
        assert crowded == pytest.approx(alone)


@on_virtual_time
async def test_who_reads_pages_keeps_no_monitoring_from_its_answer():
    async with serving() as site:
        site.daemon.parts.web._server.site._answers = WebPace(credit=1, share=ANSWER)
        asked = asyncio.gather(*(site.get("/static/live.js") for _ in range(20)))
        await asyncio.sleep(0.01)
        began = now()
        assert [(await site.get(path))[0] for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
        assert now() - began < 0.5
        assert 503 in [each[0] for each in await asked]


@on_virtual_time
async def test_where_all_are_answered_one_more_is_told_to_come_later(monkeypatch):
    monkeypatch.setattr(server, "MOST", 2)
    async with serving() as site:
        writers = []
        for _ in range(2):
            reader, writer = await site.connect()
            writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"parts")
            writers.append(writer)
        reader, writer = await site.connect()
        assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable")
        for each in (*writers, writer):
            each.close()


async def announce_latencies(site: Served, numbers: Iterable[int]) -> list[float]:
    """Seconds from an announcement to its route."""
    found = []
    for number in numbers:
        began = now()
        await site.announced(f"192.0.2.{number}/32")
        found.append(now() - began)
    return found


@on_virtual_time
async def test_who_asks_too_often_waits_and_the_rest_is_told_to_come_later():
    async with serving() as site:
        site.daemon.parts.web._server.site._monitoring = WebPace(credit=0.05, share=20 * ANSWER)
        began = now()
        codes = [each[0] for each in await asyncio.gather(*(site.get("/healthz") for _ in range(150)))]
        assert now() - began == pytest.approx(PACE_PATIENCE, abs=0.05)
        # Two at once, and then a hundred at an even pace.
        assert (codes.count(200), codes.count(503)) == (102, 48)
