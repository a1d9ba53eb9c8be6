"""Makes the content of pages, live updates, /status.json and /metrics, once for all concurrent requests.

All of it takes a limited share of the event loop's time (`pace`). First the status is made, then, in another turn of
the event loop, the page or JSON from it, so that a route never waits for both.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.history import History
from bgp2vpc.status import Status
from bgp2vpc.web.look import Look
from bgp2vpc.web.metrics import Exposition, Seen
from bgp2vpc.web.model import PageVerb, Readiness, Steering, Why
from bgp2vpc.web.pace import PATIENCE, WebPace
from bgp2vpc.web.page import LAST_EVENTS, LAST_FAILURES, Pages, Parts, Told
from bgp2vpc.web.shared import Shared, SharedByKey
from bgp2vpc.web.tally import Tally

T = TypeVar("T")

_pages = cache(Pages)
"""One instance for the process, so that a reload does not compile the templates again."""


class TooMuchToMake(Bgp2vpcError):
    """There are too many requests: the content could not be made within `PATIENCE`."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The parts of the daemon that the web server uses."""

    status: Callable[[], Status]
    unready: Readiness
    steering: Steering
    tally: Tally
    history: History
    why: Why


class Made:
    """Makes the content. `ending`: set when the server ends, so that nothing waits. An empty prefix: the main page."""

    def __init__(self, sources: Sources, ending: asyncio.Event) -> None:
        self._sources = sources
        self._ending = ending
        self._clock = asyncio.get_running_loop().time
        self._pace = WebPace()
        self._one_by_one = asyncio.Lock()
        self.pages = _pages()
        self._look = Shared(lambda: Look(sources.status()), self._clock)
        self._parts = SharedByKey(self._make_parts, self._clock)
        self._json = Shared(lambda: self._look.get().status.to_json().encode(), self._clock)
        exposition = Exposition(lambda: Seen(self._look.get().status, sources.tally, not sources.unready()))
        self._metrics = Shared(exposition.text, self._clock)

    async def page(self, prefix: str, verbs: Sequence[PageVerb]) -> str:
        """The HTML of a page, with forms for `verbs`. Raises TooMuchToMake."""

        def make() -> str:
            told, parts = self._parts.get(prefix)
            return self.pages.whole(told, parts, verbs)

        return await self._in_turn(make)

    async def news(self, prefix: str, sent: Mapping[str, str]) -> tuple[str, Parts]:
        """The time of the status, and the parts of a page that differ from `sent`. Raises TooMuchToMake."""

        def make() -> tuple[str, Parts]:
            told, parts = self._parts.get(prefix)
            return told.status.time, {name: html for name, html in parts.items() if sent.get(name) != html}

        return await self._in_turn(make)

    async def json(self) -> bytes:
        """The status as JSON. Raises TooMuchToMake."""
        return await self._in_turn(self._json.get)

    def metrics(self) -> bytes:
        """The metrics. Does not wait for a turn, so that requests for pages cannot delay monitoring."""
        return self._paid(self._metrics.get)

    def _make_parts(self, prefix: str) -> tuple[Told, Parts]:
        look, history, unready = self._look.get(), self._sources.history, list(self._sources.unready())
        if prefix:
            why = self._sources.why(prefix)
            told = Told(look.of(prefix), unready, (), (), prefix, history.story(prefix), why)
        else:
            told = Told(look.status, unready, history.last(LAST_EVENTS), history.failures(LAST_FAILURES))
        return told, self.pages.parts(told)

    async def _in_turn(self, make: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(PATIENCE) as patience, self._one_by_one:
                while (wait := self._pace.wait(self._clock())) and not self._ending.is_set():
                    await pause(self._ending, wait)
                patience.reschedule(None)
                self._paid(self._look.get)
                await asyncio.sleep(0)
                return self._paid(make)
        except TimeoutError:
            raise TooMuchToMake("too much to be made at once; try again later") from None

    def _paid(self, make: Callable[[], T]) -> T:
        began = self._clock()
        try:
            return make()
        finally:
            now = self._clock()
            self._pace.pay(now, now - began)


async def pause(ending: asyncio.Event, seconds: float) -> None:
    """Wait for `seconds` or until `ending` is set."""
    try:
        async with asyncio.timeout(seconds):
            await ending.wait()
    except TimeoutError:
        return
