"""The routes: what is asked for over HTTP, and what is answered."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.history import History
from bgp2vpc.logs import event
from bgp2vpc.prefix import PrefixError, parse_prefix
from bgp2vpc.status import Status
from bgp2vpc.web.connection import Connection
from bgp2vpc.web.guard import is_ours, is_own_page, is_right, token_of
from bgp2vpc.web.look import Look
from bgp2vpc.web.metrics import CONTENT_TYPE, Exposition, Seen
from bgp2vpc.web.model import Order, Readiness, Steering, WebSettings
from bgp2vpc.web.page import LAST_EVENTS, LAST_FAILURES, Pages, Parts, Told
from bgp2vpc.web.shared import Shared, SharedByKey
from bgp2vpc.web.tally import Tally
from bgp2vpc.web.turnstile import PATIENCE, Budget, Turnstile

log = logging.getLogger("bgp2vpc.web")

STATIC: Final = {"style.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing for others; to ourselves, or else a form without JavaScript says `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "bgp2vpc",
}
LARGEST_BODY: Final = 8192
BODY_TIME: Final = 5.0
MOST_STREAMS: Final = 64
MONITORING: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What has places of its own: whoever reads pages, or only connects, keeps no monitoring from its answer."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks whether a page has changed."""
HEARTBEAT: Final = 15.0
STREAM_PATIENCE: Final = 5.0
"""Seconds in which a stream's client has to read what it was sent."""
WRONG_TOKENS: Final = 10
PENALTY: Final = 60.0
"""After so many wrong tokens, wrong ones are told for so many seconds to come later; the right one is still let in."""
SAY_AGAIN: Final = 3600.0
"""Wrong tokens are logged when there have been 1, 10, 100, …, and again after so many seconds: not each of them."""
SUBJECTS: Final = {"check": "check", "reconcile": ""}
"""The field that says what a verb is about, where that is not `prefix`."""

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the daemon lets us see and do."""

    status: Callable[[], Status]
    unready: Readiness
    steering: Steering
    tally: Tally
    history: History


class Site:
    """Everything that is served. `token` None: nothing can be steered."""

    def __init__(self, settings: WebSettings, sources: Sources, token: bytes | None) -> None:
        self.settings = settings
        self.token = token
        self._sources = sources
        self._clock = asyncio.get_running_loop().time
        self._turnstile = Turnstile()
        self._monitors = Turnstile()
        self._budget = Budget()
        self._one_by_one = asyncio.Lock()
        self._pages = _pages()
        self._look = Shared(lambda: Look(sources.status()), self._clock)
        self._told = SharedByKey(self._tell, self._clock)
        self._parts = SharedByKey(lambda prefix: self._pages.parts(self._told.get(prefix)), self._clock)
        self._json = Shared(lambda: self._look.get().status.to_json().encode(), self._clock)
        exposition = Exposition(lambda: Seen(self._look.get().status, sources.tally, not sources.unready()))
        self._metrics = Shared(exposition.text, self._clock)
        self._static = {name: (Path(__file__).parent / "static" / name).read_bytes() for name in STATIC}
        self._streams = 0
        self._ending = asyncio.Event()
        self._wrong_tokens = 0
        self._deaf_until = 0.0
        self._wrong_in_all = 0
        self._wrong_said = 0.0

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        app.router.add_get("/", partial(self._page, prefix=False))
        app.router.add_get("/prefix/{address}/{length}", partial(self._page, prefix=True))
        app.router.add_get("/events", self._events, allow_head=False)
        app.router.add_get("/status.json", self._status)
        app.router.add_get("/metrics", self._scrape)
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/static/{name}", self._file)
        app.router.add_post("/steer/{verb}", self._steer)
        return app

    def end(self) -> None:
        """Let the streams end."""
        self._ending.set()

    # Before and after every answer

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        if isinstance(connection, Connection):
            connection.busy()
        try:
            response = await self._answer(request, handler)
        finally:
            if isinstance(connection, Connection):
                connection.idle()
        self._sources.tally.requests[response.status] += 1
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        turnstile = self._monitors if request.path in MONITORING else self._turnstile
        wait = turnstile.reserve(self._clock())
        if wait is None:
            return _plain("too many requests at once; try again later\n", 503, {"Retry-After": "5"})
        if wait > 0:
            await asyncio.sleep(wait)
        host = request.headers.get("Host", "")
        if not is_ours(host, self.settings, _own_address(request)):
            return _plain(f"{host[:100]!a} is no name of this server; add it to web.hosts\n", 421)
        try:
            return await handler(request)
        except web.HTTPException as error:
            allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            later = {"Retry-After": "5"} if error.status == 503 else {}
            return _plain(f"{error.status}: {error.reason}\n", error.status, allowed | later)
        except ConnectionError:
            raise
        except Exception:
            log.exception("a request could not be answered by a mistake of ours, please report it")
            return _plain("500: a mistake of ours; the log has more\n", 500)

    # Pages

    async def _page(self, request: web.Request, *, prefix: bool) -> web.StreamResponse:
        wanted = _prefix(f"{request.match_info['address']}/{request.match_info['length']}") if prefix else ""
        html = await self._paced(lambda: self._pages.whole(self._told.get(wanted), self._parts.get(wanted)))
        return web.Response(text=html, content_type="text/html", charset="utf-8")

    async def _paced(self, make: Callable[[], T]) -> T:
        """What is made of the status, when it is its turn: all that is made takes its share of the event loop's time.

        The status in one turn of the event loop, and what is made of them in another: no route waits for both.
        Raises web.HTTPServiceUnavailable: it would take too long until then.
        """
        try:
            async with asyncio.timeout(PATIENCE) as patience, self._one_by_one:
                while (wait := self._budget.wait(self._clock())) and not self._ending.is_set():
                    await _pause(self._ending, wait)
                patience.reschedule(None)
                self._paying(self._look.get)
                await asyncio.sleep(0)
                return self._paying(make)
        except TimeoutError:
            raise web.HTTPServiceUnavailable(reason="too much to be made at once; try again later") from None

    def _paying(self, make: Callable[[], T]) -> T:
        began = self._clock()
        try:
            return make()
        finally:
            now = self._clock()
            self._budget.pay(now, now - began)

    def _tell(self, prefix: str) -> Told:
        sources = self._sources
        verbs = sorted(sources.steering.verbs) if self.token else []
        ready = list(sources.unready())
        if prefix:
            return Told(self._look.get().of(prefix), ready, (), (), verbs, prefix, sources.history.story(prefix))
        events, failures = sources.history.last(LAST_EVENTS), sources.history.failures(LAST_FAILURES)
        return Told(self._look.get().status, ready, events, failures, verbs)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        return web.Response(body=self._static[name], content_type=STATIC[name], charset="utf-8")

    # For programs

    async def _status(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=await self._paced(self._json.get), content_type="application/json")

    async def _scrape(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=self._paying(self._metrics.get), headers={"Content-Type": CONTENT_TYPE})

    async def _alive(self, _: web.Request) -> web.StreamResponse:
        return _plain("alive\n")

    async def _ready(self, _: web.Request) -> web.StreamResponse:
        reasons = self._sources.unready()
        return _plain("".join(f"{reason}\n" for reason in reasons), 503) if reasons else _plain("ready\n")

    # Live

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the parts of a page that have changed, as `{"time": …, "parts": {id: html}}`."""
        prefix = _prefix(request.query["prefix"]) if request.query.get("prefix") else ""
        if self._streams >= MOST_STREAMS:
            return _plain("too many pages are open; this one does not refresh itself\n", 503, {"Retry-After": "30"})
        self._streams += 1
        try:
            return await self._stream(request, prefix)
        finally:
            self._streams -= 1

    async def _stream(self, request: web.Request, prefix: str) -> web.StreamResponse:
        headers = {**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        stream = web.StreamResponse(headers=headers)
        await stream.prepare(request)
        sent: dict[str, str] = {}
        silent_since = self._clock()
        text = "retry: 2000\n\n"
        try:
            while not (self._ending.is_set() or request.transport is None or request.transport.is_closing()):
                with suppress(web.HTTPServiceUnavailable):  # this time, then
                    text += await self._paced(partial(self._news, prefix, sent))
                if not text and self._clock() - silent_since > HEARTBEAT:
                    text = ": still here\n\n"
                if text:
                    async with asyncio.timeout(STREAM_PATIENCE):
                        await stream.write(text.encode())
                    text, silent_since = "", self._clock()
                await _pause(self._ending, LOOK_EVERY)
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        return stream

    def _news(self, prefix: str, sent: dict[str, str]) -> str:
        """What has changed since it was sent, as an event; from now on that is what was sent."""
        changed = _changes(sent, self._parts.get(prefix))
        if not changed:
            return ""
        sent.update(changed)
        return f"data: {json.dumps({'time': self._look.get().status.time, 'parts': changed})}\n\n"

    # Steering

    async def _steer(self, request: web.Request) -> web.StreamResponse:
        wants_json = request.content_type == "application/json" or "json" in request.headers.get("Accept", "")
        prefix = ""
        try:
            if not is_own_page(
                request.headers.get("Host", ""), request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
            ):
                raise _Refused(403, "a page of another origin may not steer")
            fields = await _fields(request)
            prefix = fields.get("prefix", "")
            self._authenticate(request, fields.get("token", ""))
            message, result = self._obey(request, fields)
        except _Refused as refused:
            return self._told_so(refused.status, refused.message, None, wants_json=wants_json, prefix=prefix)
        return self._told_so(200, message, result, wants_json=wants_json, prefix=prefix)

    def _authenticate(self, request: web.Request, field: str) -> None:
        if self.token is None:
            raise _Refused(403, "steering by HTTP is off: web.token_file is not set, or the log says what is wrong")
        if is_right(self.token, token_of(request.headers.get("Authorization"), field)):
            self._wrong_tokens = self._wrong_in_all = 0
            return
        now = self._clock()
        self._wrong_in_all += 1
        if str(self._wrong_in_all).strip("0") == "1" or now - self._wrong_said > SAY_AGAIN:
            self._wrong_said = now
            event(log, logging.WARNING, "wrong token", client=request.remote, count=self._wrong_in_all)
        if now < self._deaf_until:
            raise _Refused(429, "too many wrong tokens; try again in a minute")
        self._wrong_tokens += 1
        if self._wrong_tokens >= WRONG_TOKENS:
            self._deaf_until, self._wrong_tokens = now + PENALTY, 0
        raise _Refused(401, "the token is wrong or missing")

    def _obey(self, request: web.Request, fields: Mapping[str, str]) -> tuple[str, Any]:
        verb = request.match_info["verb"]
        steering = self._sources.steering
        if verb not in steering.verbs:
            raise _Refused(404, f"'{verb[:40]}': expected one of {', '.join(sorted(steering.verbs))}")
        about = SUBJECTS.get(verb, "prefix")
        known = [*([about] if about else []), "for", "reason"]
        if unknown := fields.keys() - {*known, "token"}:
            raise _Refused(400, f"unknown field '{min(unknown)[:40]}' for {verb}: expected {', '.join(known)}")
        subject = fields.get(about, "")
        if about in fields and not subject.strip():
            everything = ": leave it out to mean everything" if about == "prefix" else ""
            raise _Refused(400, f"'{about}' is empty{everything}")
        subjects = (subject,) if verb == "check" and subject else tuple(subject.split())
        order = Order(verb, subjects, fields.get("for", "").strip(), " ".join(fields.get("reason", "").split())[:200])
        try:
            result = steering.steer(order, f"web, {request.remote}")
        except Bgp2vpcError as error:
            raise _Refused(400, str(error)) from error
        done = " ".join(subjects) or ("everything" if about else "")
        return f"{verb}: done{f' ({done})' if done else ''}", result

    def _told_so(self, status: int, message: str, result: Any, *, wants_json: bool, prefix: str) -> web.StreamResponse:
        headers = {"WWW-Authenticate": 'Bearer realm="bgp2vpc"'} if status == 401 else {}
        if wants_json:
            told = {"message": message, "result": result} if status == 200 else {"error": message}
            return web.json_response(told, status=status, headers=headers)
        back = "/"
        with suppress(PrefixError):
            back = f"/prefix/{parse_prefix(prefix)}" if prefix else "/"
        html = self._pages.message("Done" if status == 200 else "Refused", message, back)
        return web.Response(text=html, status=status, headers=headers, content_type="text/html", charset="utf-8")


@cache
def _pages() -> Pages:
    """The same for every site of this process: a reload that moves the page need not compile the templates again."""
    return Pages()


class _Refused(Exception):
    """What was asked for by POST is not done."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def _fields(request: web.Request) -> dict[str, str]:
    """The fields of a JSON object or of a form. Raises _Refused."""
    try:
        async with asyncio.timeout(BODY_TIME):
            if request.content_type == "application/json":
                told = json.loads(await request.text() or "{}")
            elif request.content_type in ("application/x-www-form-urlencoded", "application/octet-stream"):
                told = dict(await request.post())
            else:
                raise _Refused(415, "expected a JSON object or a form (application/x-www-form-urlencoded)")
        json.dumps(told, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except TimeoutError:
        raise _Refused(408, f"the body did not come within {BODY_TIME:g} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise _Refused(413, f"the body is longer than {LARGEST_BODY} bytes") from None
    except (LookupError, web.RequestPayloadError, HttpProcessingError) as error:
        raise _Refused(400, f"the body cannot be decoded: {ascii(str(error))[1:-1]}"[:200]) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise _Refused(400, f"no JSON object: {ascii(str(error))[1:-1]}"[:200]) from None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise _Refused(400, 'expected a flat object of texts, such as {"prefix": "192.0.2.53/32"}')
    return told


def _prefix(text: str) -> str:
    try:
        return str(parse_prefix(text[:100]))
    except PrefixError:
        raise web.HTTPNotFound(reason="no such prefix") from None


def _changes(sent: Mapping[str, str], parts: Parts) -> dict[str, str]:
    return {name: html for name, html in parts.items() if sent.get(name) != html}


async def _pause(ending: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ending.wait()
    except TimeoutError:
        return


def _own_address(request: web.Request) -> str:
    """The address that the connection came in at."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return str(name[0]) if isinstance(name, tuple) else ""


def _plain(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, headers=headers, content_type="text/plain", charset="utf-8")
