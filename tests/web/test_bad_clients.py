"""Clients that mean harm, or are broken: refused or dropped, and nothing of ours waits for them."""

import asyncio
import time
from contextlib import suppress

import pytest
from served import TOKEN, Served, on_a_loop, serving

from bgp2vpc.web import app, connection

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
    """What is answered until the connection is closed, or nothing more comes for a while."""
    reader, writer = await asyncio.open_connection(site.settings.host, site.settings.port)
    answer = b""
    try:
        writer.write(data)
        async with asyncio.timeout(1):
            while more := await reader.read(65536):
                answer += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return answer


async def write_for_ever(writer: asyncio.StreamWriter, data: bytes) -> None:
    async with asyncio.timeout(10):
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

    asyncio.run(story())
    assert [record for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


@on_a_loop
async def test_who_does_not_finish_a_request_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "IDLE", 0.3)
    async with serving() as site:
        for beginning in (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "):
            began = time.monotonic()
            reader, writer = await asyncio.open_connection(site.settings.host, site.settings.port)
            writer.write(beginning)
            async with asyncio.timeout(5):
                with suppress(ConnectionError):
                    assert await reader.read() == b""
            assert time.monotonic() - began < 2
            writer.close()


@on_a_loop
async def test_who_sends_byte_by_byte_has_no_more_time_than_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "IDLE", 0.5)
    async with serving() as site:
        _, writer = await asyncio.open_connection(site.settings.host, site.settings.port)
        with pytest.raises(ConnectionError):
            await write_for_ever(writer, b"x")


@on_a_loop
async def test_a_body_that_does_not_come_is_given_up(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app, "BODY_TIME", 0.3)
    async with serving(tmp_path) as site:
        head = f"POST /steer/drain HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        answer = await sent(site, f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert answer.startswith(b"HTTP/1.1 408 ")


@on_a_loop
async def test_who_asks_and_never_reads_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "IDLE", 0.5)
    async with serving() as site:
        for number in range(900):
            site.say(f"announce route 10.{number >> 8}.{number & 255}.0/24 next-hop self")
        reader, writer = await asyncio.open_connection(site.settings.host, site.settings.port)
        writer.transport.pause_reading()
        with pytest.raises(ConnectionError):  # pipelined: answers pile up
            await write_for_ever(writer, b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        del reader
        assert (await site.get("/healthz"))[0] == 200


@on_a_loop
async def test_streams_that_are_not_read_are_dropped_and_their_places_are_free_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app, "STREAM_PATIENCE", 0.3)
    monkeypatch.setattr(app, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(app, "MOST_STREAMS", 3)
    monkeypatch.setattr("bgp2vpc.web.shared.FRESH", 0.01)
    async with serving() as site:
        address = site.settings.host, site.settings.port
        deaf = [await asyncio.open_connection(*address) for _ in range(3)]
        for _, writer in deaf:
            writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            writer.transport.pause_reading()
        await asyncio.sleep(0.3)
        assert (await site.get("/events"))[0] == 503
        number = 0
        async with asyncio.timeout(60):
            while True:
                number += 1
                for last in range(200):  # makes the page large, and different every time
                    site.say(f"announce route 10.0.{last}.0/24 next-hop self med {number}")
                await asyncio.sleep(0.02)
                async with site.http.get(f"{site.url}/events") as stream:
                    if stream.status == 200:
                        break


@on_a_loop
async def test_a_thousand_connections_at_once_are_bounded_and_delay_no_route():
    async with serving() as site:
        idle = await announce_latency(site, 20, "10.1")
        opened = [asyncio.open_connection(site.settings.host, site.settings.port) for _ in range(1000)]
        connecting = asyncio.gather(*opened, return_exceptions=True)
        busy = await announce_latency(site, 20, "10.2")
        found = [each for each in await connecting if not isinstance(each, BaseException)]
        # The kernel itself lets some wait: its queue is short, on purpose.
        assert site.daemon._meter.tally.refused_connections > 100
        assert len(site.daemon._pages._server._connections) <= connection.MOST
        await announce_latency(site, 20, "10.3")
        for _, writer in found:
            writer.close()
        async with asyncio.timeout(20):
            while True:
                try:
                    if (await site.get("/healthz"))[0] == 200:
                        break
                except OSError:
                    pass
                await asyncio.sleep(0.1)
        assert max(busy) < max(idle) + 1.0


async def announce_latency(site: Served, count: int, net: str) -> list[float]:
    found = []
    for number in range(count):
        began = time.monotonic()
        prefix = f"192.0.2.{number}/32" if net == "10.1" else f"192.0.2.{int(net[-1]) * 50 + number}/32"
        site.say(f"announce route {prefix} next-hop self")
        await site.until(lambda prefix=prefix: f"rtb-1 {prefix} eni-1" in str(site.vpc))
        found.append(time.monotonic() - began)
    return found


@on_a_loop
async def test_who_asks_too_often_waits_and_the_rest_is_told_to_come_later(monkeypatch: pytest.MonkeyPatch):
    async with serving() as site:
        site_turnstile = app.Turnstile(rate=20, burst=1, patience=0.5)
        site.daemon._pages._server.site._turnstile = site_turnstile
        began = time.monotonic()
        codes = [each[0] for each in await asyncio.gather(*(site.get("/healthz") for _ in range(60)))]
        assert time.monotonic() - began >= 0.4
        assert set(codes) == {200, 503}
        assert 8 <= codes.count(200) <= 20
