"""A whole daemon with its page, in this process: real HTTP and a VPC in memory, on virtual time or on real time.

On virtual time the page listens at a unix socket: what is sent there can be read at once. On TCP it is still under way
for a moment, in which the time would jump.
"""

import asyncio
import functools
import itertools
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.daemon import Daemon
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.parts import Mode, Outside
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.vpc.aws.connect import Ec2Connection
from bgp2vpc.vpc.model import Instance
from bgp2vpc.web.model import WebSettings
from tests.addresses import HOME, free_port
from tests.memory_vpc import MemoryVpc
from tests.values import rule
from tests.virtual_time import VirtualTimeLoop
from tests.waiting import PATIENCE

A = "192.0.2.1/32"
TOKEN = "0123456789abcdef0123456789abcdef"
SCRIPT = "dns"
NUMBERS = itertools.count(1)


class WebLoop(VirtualTimeLoop):
    """Virtual time. The server, one at a time, listens at `address`, an abstract unix socket, whatever its port is."""

    def __init__(self) -> None:
        super().__init__()
        self.address = f"\0bgp2vpc-web-{os.getpid()}-{next(NUMBERS)}"

    async def create_server(self, protocol_factory, host=None, port=None, *, backlog: int = 100, **_: Any):
        return await self.create_unix_server(protocol_factory, self.address, backlog=backlog)

    def spend(self, seconds: float) -> None:
        """Something has kept this thread busy for so long."""
        self._jumping.now += seconds


def run(story: Awaitable[None]) -> None:
    """On virtual time."""
    with asyncio.Runner(loop_factory=WebLoop) as runner:
        runner.run(story)


def on_virtual_time(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The test is a coroutine."""

    @functools.wraps(test)
    def run_it(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return run_it


def on_real_time(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The test is a coroutine that needs TCP."""

    @functools.wraps(test)
    def run_it(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run_it


def now() -> float:
    return asyncio.get_running_loop().time()


def two_hosts() -> MemoryVpc:
    vpc = MemoryVpc()
    vpc.add_table("rtb-1", tags={"type": "private"})
    vpc.add_interface("eni-1", "i-1", addresses=["10.0.0.10"])
    vpc.add_interface("eni-2", "i-2", addresses=["10.0.0.11"])
    return vpc


class Served:
    def __init__(self, daemon: Daemon, vpc: MemoryVpc, settings: WebSettings, http: aiohttp.ClientSession) -> None:
        self.daemon = daemon
        self.vpc = vpc
        self.settings = settings
        self.http = http
        self.next_config: Config | None = None

    @property
    def url(self) -> str:
        return f"http://{self.settings}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the page."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, WebLoop):
            return await asyncio.open_unix_connection(loop.address)
        return await asyncio.open_connection(self.settings.host, self.settings.port)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(f"{self.url}{path}", headers=headers) as answer:
            return answer.status, await answer.text()

    async def head_of(self, path: str) -> int:
        """The status only: the rest may have no end."""
        async with self.http.get(f"{self.url}{path}") as answer:
            return answer.status

    async def headers(self, path: str) -> dict[str, str]:
        async with self.http.get(f"{self.url}{path}") as answer:
            return dict(answer.headers)

    async def status(self) -> dict[str, Any]:
        return json.loads((await self.get("/status.json"))[1])

    async def post(self, path: str, *, token: str | None = TOKEN, headers: dict[str, str] | None = None, **body: Any):
        """A JSON request: status and answer."""
        given = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.post(f"{self.url}{path}", headers=given | (headers or {}), **body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    def say(self, *lines: str, source: str = SCRIPT) -> None:
        if source not in self.daemon.parts.adj_rib_in.kinds:
            self.daemon.parts.adj_rib_in.opened(source, SourceKind.SCRIPT)
        for line in lines:
            self.daemon.parts.adj_rib_in.said(source, parse(line))

    async def announced(self, prefix: str = A, **more: str) -> None:
        """It is announced, and EC2 has the route."""
        self.say(f"announce route {prefix} next-hop self", **more)
        await self.until(lambda: f"rtb-1 {prefix} eni-1" in str(self.vpc))

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110  # of nothing that could tell
                await asyncio.sleep(0.02)

    async def until_told(self, path: str, text: str) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                if text in (told := (await self.get(path))[1]):
                    return told
                await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(
    tmp_path: Path | None = None, *, wait: bool = True, vpc: MemoryVpc | None = None, port: int = 0, **config: Any
) -> AsyncIterator[Served]:
    """A daemon that serves; with `tmp_path`, it can be steered with `TOKEN`."""
    token_file = None
    if tmp_path is not None:
        token_file = tmp_path / "token"
        token_file.write_text(TOKEN)
        token_file.chmod(0o600)
    is_real = not isinstance(asyncio.get_running_loop(), WebLoop)
    settings = WebSettings(*(HOME, port or free_port()) if is_real else ("127.0.0.1", 8179), token_file)
    told = {"file": "x", "socket": None, "rules": (rule(),), "web": settings, "on_exit": OnExit.KEEP, "poll_time": 5.0}
    first = Config(**told | config)
    vpc = vpc or two_hosts()
    served: Served | None = None

    def load() -> Config:
        assert served is not None
        return served.next_config or first

    connection = Ec2Connection(vpc, Instance("i-1", "us-east-1", "vpc-1"), lambda _: vpc)
    daemon = Daemon(first, Outside(load, lambda: connection), Mode())
    running = asyncio.create_task(daemon.run())
    try:
        async with client() as http:
            served = Served(daemon, vpc, settings, http)
            if wait:
                await listening(served)
            yield served
    finally:
        daemon.stop()
        await asyncio.wait_for(running, PATIENCE)


def client() -> aiohttp.ClientSession:
    """An HTTP client that reaches the page; it makes as many connections as are needed."""
    loop = asyncio.get_running_loop()
    connector: aiohttp.BaseConnector = (
        aiohttp.UnixConnector(loop.address, limit=0) if isinstance(loop, WebLoop) else aiohttp.TCPConnector(limit=0)
    )
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE))


async def listening(served: Served) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await served.get("/readyz"))[0] == 200:
                    return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


def changed(served: Served, **changes: Any) -> None:
    """SIGHUP, with this changed in the file."""
    served.next_config = replace(served.daemon.parts.config, **changes)
    served.daemon.reload()
