"""The HTTP routes of the page, and their handlers.

How the room works:

1. `server` listens at the configured address (`model` has the settings) and makes a `Connection` (`connection`) for
   each client, with limits for number and idle time.
2. A request passes `Site._guard`: it waits for its share of the event loop's time (`pace`), and its Host header must
   name this server (`guard`).
3. A handler below answers. `made` builds the answer from the daemon's status, once for all concurrent requests
   (`shared`): HTML with `page` and the templates, JSON, or metrics with `metrics` and the daemon's counters (`tally`).
   The page begins with items that need attention (`attention`), takes the rows of a prefix from an index (`look`), and
   has small pictures (`drawing`).
4. A page refreshes itself through `/events`, over which the server sends the parts that have changed.
5. A POST to `/steer/VERB` needs the token and must come from our own page or from no browser. It goes to
   `operator/operator.py`.

Nothing here may delay routes. So all answers together get a few percent of the event loop's time, streams, connections
and the size of bodies are limited, and monitoring has a share of its own.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.logs import event
from bgp2vpc.prefix import PrefixError, parse_destination
from bgp2vpc.web.connection import Connection
from bgp2vpc.web.guard import WrongTokens, is_ours, is_own_page, is_right, token_of
from bgp2vpc.web.made import Made, Sources, TooMuchToMake, pause
from bgp2vpc.web.metrics import CONTENT_TYPE
from bgp2vpc.web.model import WebSettings
from bgp2vpc.web.pace import ANSWER, WebPace

log = logging.getLogger("bgp2vpc.web")

STATIC: Final = {"style.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # No referrer to other sites. With `no-referrer`, a form without JavaScript would send `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "bgp2vpc",
}
LARGEST_BODY: Final = 8192
BODY_TIME: Final = 5.0
MOST_STREAMS: Final = 64
CREDIT: Final = 0.1
"""Seconds of credit for answers, which is 20 answers in a row; a route never waits for more."""
MONITORING: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths with a pace of their own, so that requests for pages cannot delay monitoring."""
LOOK_EVERY: Final = 0.5
"""Seconds between checks whether a page has changed."""
HEARTBEAT: Final = 15.0
STREAM_PATIENCE: Final = 5.0
"""Seconds within which a stream's client has to read an event."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """All handlers. `token`: None if steering is off."""

    def __init__(self, settings: WebSettings, sources: Sources, token: bytes | None) -> None:
        self.settings = settings
        self.token = token
        self._sources = sources
        self._clock = asyncio.get_running_loop().time
        self._answers = WebPace(CREDIT)
        self._monitoring = WebPace(CREDIT)
        self._ending = asyncio.Event()
        self._made = Made(sources, self._ending)
        self._static = {name: (Path(__file__).parent / "static" / name).read_bytes() for name in STATIC}
        self._streams = 0
        self._wrong_tokens = WrongTokens()

    def app(self) -> web.Application:
        """The application with its routes."""
        app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        app.router.add_get("/", self.page)
        app.router.add_get("/prefix/{prefix:.+}", self.page)
        app.router.add_get("/events", self.events, allow_head=False)
        app.router.add_get("/status.json", self.status_json)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/static/{name}", self.static)
        app.router.add_post("/steer/{verb}", self.steer)
        return app

    def end(self) -> None:
        """End the streams."""
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
        """The handler's answer, or an error: the request is over the limit, is not for this server, or has failed."""
        pace = self._monitoring if request.path in MONITORING else self._answers
        wait = pace.reserve(self._clock(), ANSWER)
        if wait is None:
            return _plain("too many requests at once; try again later\n", 503, {"Retry-After": "5"})
        if wait > 0:
            await asyncio.sleep(wait)
        host = request.headers.get("Host", "")
        # The local address of the connection is also accepted in the Host header.
        name = request.transport.get_extra_info("sockname") if request.transport else None
        if not is_ours(host, self.settings, str(name[0]) if isinstance(name, tuple) else ""):
            return _plain(f"{host[:100]!a} is no name of this server; add it to web.hosts\n", 421)
        try:
            return await handler(request)
        except web.HTTPException as error:
            allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return _plain(f"{error.status}: {error.reason}\n", error.status, allowed)
        except TooMuchToMake as error:
            return _plain(f"503: {error}\n", 503, {"Retry-After": "5"})
        except ConnectionError:
            raise
        except Exception:
            log.exception("internal error answering a request, please report it")
            return _plain("500: internal error; the log has more\n", 500)

    # Pages

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The main page, or the page of a prefix or prefix list."""
        wanted = _prefix(request.match_info["prefix"]) if "prefix" in request.match_info else ""
        return _page(await self._made.page(wanted, self._sources.steering.verbs if self.token else ()))

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Style sheet, script and icon."""
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        return web.Response(body=self._static[name], content_type=STATIC[name], charset="utf-8")

    # For programs

    async def status_json(self, _: web.Request) -> web.StreamResponse:
        """The same as `bgp2vpc status --json`."""
        return web.Response(body=await self._made.json(), content_type="application/json")

    async def metrics(self, _: web.Request) -> web.StreamResponse:
        """The metrics in Prometheus's text format."""
        return web.Response(body=self._made.metrics(), headers={"Content-Type": CONTENT_TYPE})

    async def healthz(self, _: web.Request) -> web.StreamResponse:
        """200 as long as the event loop runs."""
        return _plain("alive\n")

    async def readyz(self, _: web.Request) -> web.StreamResponse:
        """200 if the daemon is ready, else 503 and the reasons."""
        reasons = self._sources.unready()
        return _plain("".join(f"{reason}\n" for reason in reasons), 503) if reasons else _plain("ready\n")

    # Live

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events with the parts of a page that have changed: `{"time": …, "parts": {id: html}}`."""
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
                with suppress(TooMuchToMake):  # the next turn may have room again
                    time, changed = await self._made.news(prefix, sent)
                    sent |= changed
                    text += f"data: {json.dumps({'time': time, 'parts': changed})}\n\n" if changed else ""
                if not text and self._clock() - silent_since > HEARTBEAT:
                    text = ": still here\n\n"
                if text:
                    async with asyncio.timeout(STREAM_PATIENCE):
                        await stream.write(text.encode())
                    text, silent_since = "", self._clock()
                await pause(self._ending, LOOK_EVERY)
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        return stream

    # Steering

    async def steer(self, request: web.Request) -> web.StreamResponse:
        """Carry out a verb of `operator/verbs.py`, sent as form or JSON, and answer as a page or JSON as requested."""
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
            verb = next(
                (each for each in self._sources.steering.verbs if each.name == request.match_info["verb"]), None
            )
            if fields.pop("ask", "") and verb is not None and verb.asks and not wants_json:
                return _page(self._made.pages.ask_once_more(verb, fields))
            message, result = self._obey(request, fields)
        except _Refused as refused:
            return self._result(refused.status, refused.message, None, wants_json=wants_json, prefix=prefix)
        return self._result(200, message, result, wants_json=wants_json, prefix=prefix)

    def _authenticate(self, request: web.Request, field: str) -> None:
        """Check the token, in a header or the form's `field`. Counts and logs wrong ones. Raises _Refused."""
        if self.token is None:
            raise _Refused(403, "steering by HTTP is off: web.token_file is not set, or the log says what is wrong")
        if is_right(self.token, token_of(request.headers.get("Authorization"), field)):
            self._wrong_tokens.right()
            return
        now = self._clock()
        too_many = self._wrong_tokens.wrong(now)
        if self._wrong_tokens.is_worth_saying(now):
            event(log, logging.WARNING, "wrong token", client=request.remote, count=self._wrong_tokens.count)
        if too_many:
            raise _Refused(429, "too many wrong tokens; try again in a minute")
        raise _Refused(401, "the token is wrong or missing")

    def _obey(self, request: web.Request, fields: Mapping[str, str]) -> tuple[str, Any]:
        """Carry out the verb in the path; returns a message and the answer as JSON values. Raises _Refused."""
        name = request.match_info["verb"]
        steering = self._sources.steering
        verbs = {each.name: each for each in steering.verbs}
        if name not in verbs:
            raise _Refused(404, f"'{name[:40]}': expected one of {', '.join(sorted(verbs))}")
        about = verbs[name].field
        known = [*([about] if about else []), "for", "reason"]
        if unknown := fields.keys() - {*known, "token"}:
            raise _Refused(400, f"unknown field '{min(unknown)[:40]}' for {name}: expected {', '.join(known)}")
        subject = fields.get(about, "")
        if about in fields and not subject.strip():
            everything = ": leave it out to mean everything" if about == "prefix" else ""
            raise _Refused(400, f"'{about}' is empty{everything}")
        subjects = subject.split() if about == "prefix" else [subject] if subject else []
        reason = " ".join(fields.get("reason", "").split())[:200]
        try:
            result = steering.steer(name, f"web, {request.remote}", subjects, fields.get("for", "").strip(), reason)
        except Bgp2vpcError as error:
            raise _Refused(400, str(error)) from error
        done = " ".join(subjects) or ("everything" if about else "")
        return f"{name}: done{f' ({done})' if done else ''}", result

    def _result(self, status: int, message: str, result: Any, *, wants_json: bool, prefix: str) -> web.StreamResponse:
        """The answer to a POST: JSON, or a page with the message and a link back."""
        headers = {"WWW-Authenticate": 'Bearer realm="bgp2vpc"'} if status == 401 else {}
        if wants_json:
            told = {"message": message, "result": result} if status == 200 else {"error": message}
            return web.json_response(told, status=status, headers=headers)
        back = "/"
        with suppress(PrefixError):
            back = f"/prefix/{parse_destination(prefix)}" if prefix else "/"
        html = self._made.pages.message("Done" if status == 200 else "Refused", message, back)
        return _page(html, status, headers)


class _Refused(Exception):
    """A refused POST, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def _fields(request: web.Request) -> dict[str, str]:
    """The fields of a JSON object or form in the body. Raises _Refused.

    Empty fields of a form are left out, since one form has the fields of several verbs. An empty `prefix` is kept, so
    that it is refused instead of meaning everything.
    """
    try:
        async with asyncio.timeout(BODY_TIME):
            if request.content_type == "application/json":
                told = json.loads(await request.text() or "{}")
            elif request.content_type in ("application/x-www-form-urlencoded", "application/octet-stream"):
                form = await request.post()
                told = {name: value for name, value in form.items() if value or name == "prefix"}
            else:
                raise _Refused(415, "expected a JSON object or a form (application/x-www-form-urlencoded)")
        json.dumps(told, ensure_ascii=False).encode()  # a lone surrogate cannot be encoded
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
        return str(parse_destination(text[:100]))
    except PrefixError:
        raise web.HTTPNotFound(reason="no such prefix") from None


def _page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=html, status=status, headers=headers, content_type="text/html", charset="utf-8")


def _plain(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, headers=headers, content_type="text/plain", charset="utf-8")
