"""What anybody may send without a token: it is refused with a reason, and the log does not tell of it."""

import logging

import pytest
from served import on_virtual_time, run, serving
from test_bad_clients import sent

pytestmark = pytest.mark.io

JSON = "Content-Type: application/json\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
NO_MISTAKE_OF_OURS = [
    (b"", JSON, b'{"token": "\\ud800"}'),
    (b"", JSON, b'{"token": "\\udcff"}'),
    (b"", JSON, b'{"\\ud800": "x"}'),
    (b"", JSON, b'{"prefix": "\\ud800"}'),
    (b"Authorization: Bearer \xff\r\n", JSON, b"{}"),
    (b"Authorization: Bearer \xff\r\n", FORM, b"prefix="),
    (b"Authorization: \xff\r\n", JSON, b"{}"),
    (b"", FORM, b"token=%ff%ed%a0%80"),
    (b"", FORM, b"token=\xff"),
    (b"", "Content-Type: application/json; charset=nonsense\r\n", b"{}"),
    (b"", "Content-Type: application/json; charset=hex\r\n", b"{}"),
    (b"Content-Type: application/json; charset=\xff\r\n", "", b"{}"),
    (b"", "Content-Type: application/x-www-form-urlencoded; charset=nonsense\r\n", b"prefix=x"),
    (b"", "Content-Type: application/x-www-form-urlencoded; charset=hex\r\n", b"prefix=x"),
    (b"Content-Type: \xff\xfe\r\n", "", b"{}"),
    (b"Content-Encoding: gzip\r\n", JSON, b"garbage"),
    (b"Content-Encoding: gzip\r\n", FORM, b"garbage"),
    (b"Content-Encoding: deflate\r\n", JSON, b"garbage"),
    (b"Content-Encoding: br\r\n", JSON, b"garbage"),
    (b"Origin: http://\xff\r\n", JSON, b"{}"),
    (b"Accept: \xff\r\n", JSON, b"{}"),
]


@pytest.mark.parametrize(("head", "kind", "body"), NO_MISTAKE_OF_OURS, ids=range(len(NO_MISTAKE_OF_OURS)))
def test_a_request_that_cannot_be_read_is_refused_and_not_logged_as_a_mistake(
    tmp_path, caplog: pytest.LogCaptureFixture, head: bytes, kind: str, body: bytes
):
    async def story() -> None:
        async with serving(tmp_path) as site:
            start = f"POST /steer/drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}"
            length = f"Content-Length: {len(body)}\r\n\r\n"
            answer = await sent(site, start.encode() + head + length.encode() + body)
            assert answer[9:12] in (b"400", b"401", b"403", b"415"), answer[:300]
            assert answer.partition(b"\r\n\r\n")[2].strip()  # a reason
            assert site.daemon.parts.status_source.now().leaving == ()

    run(story())
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: a\xff\r\n\r\n",
        b"GET /prefix/%ed%a0%80/32 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /events?prefix=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /steer/%ff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
    ],
)
@on_virtual_time
async def test_what_is_no_text_is_no_mistake_of_ours_either(
    tmp_path, caplog: pytest.LogCaptureFixture, request_: bytes
):
    async with serving(tmp_path) as site:
        answer = await sent(site, request_)
        assert answer[9:12] in (b"400", b"401", b"404", b"421"), answer[:300]
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []
