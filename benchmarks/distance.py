"""EC2 over TLS and far away: a namespace for the daemon, and a link that holds each packet on its way there and back.

    cloud, TLS   198.19.N.1 ==== 20 ms each way ==== 198.19.N.2   the daemon's namespace
    services     198.18.N.1 ------- no delay ------- 198.18.N.2
    (and all addresses of HOSTS)

The link does what `tc qdisc add … netem delay 20ms` does at both ends, without netem, which not every kernel has: two
TUN devices, and a thread that passes each packet of one to the other when it is due. So TCP and TLS handshakes, and a
window that is too small, take as long as they do over such a distance. It needs root.
"""

import asyncio
import fcntl
import os
import ssl
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bgp2vpc.demo.cloud.client import Cloud

if TYPE_CHECKING:
    from netns import Namespace

DELAY = 0.02
"""Seconds that a packet takes, each way."""
ROUND_TRIP = 2 * DELAY
HOSTS = "10.77.0.0/16"
"""Of the VPC: each address of it that is added can be reached from the namespace without delay."""
# From linux/if_tun.h.
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_LONGEST_PACKET = 65536


@dataclass(frozen=True, slots=True)
class Distance:
    """What lies between a daemon and EC2. `environment` and `wrapper` are what `subject.running` takes."""

    cloud: Cloud
    environment: dict[str, str]
    wrapper: list[str]
    address: str
    """Where services listen that the daemon reaches without delay."""
    device: str
    relay: "_Relay"

    def add_address(self, address: str) -> None:
        """One of HOSTS, for a service to listen at; it may be there already."""
        _ip("addr", "replace", f"{address}/32", "dev", self.device)

    def close_connections(self) -> None:
        """EC2 closes the connections that are open, as it does with those on which nothing was asked for a while."""
        self.relay.close_connections()


@contextmanager
def distance() -> Iterator[Distance]:
    """Raises OSError if this machine cannot make namespaces."""
    import netns  # noqa: PLC0415  # from tests/system, which the caller has put on the path

    if os.geteuid() != 0:
        raise OSError("a link with a delay needs root")
    with ExitStack() as stack:
        uplink = netns.Uplink("d")
        stack.callback(uplink.close)
        namespace = netns.Namespace()
        stack.callback(namespace.remove)
        uplink.attach(namespace, "services")
        namespace.run("ip", "route", "add", HOSTS, "via", uplink.here)
        here, there = f"198.19.{uplink.number}.1", f"198.19.{uplink.number}.2"
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bgp2vpc-far-")))
        cloud = stack.enter_context(Cloud.start(uplink.here))
        device = f"{netns.MARK}{os.getpid()}t"
        tuns = stack.enter_context(_tuns(device, here, namespace, there))
        context = _certified(directory, here)
        relay = stack.enter_context(_relaying(cloud, here, context, tuns))
        environment = {
            "AWS_ENDPOINT_URL": f"https://{here}:{relay.port}",
            "AWS_CA_BUNDLE": str(directory / "certificate.pem"),
        }
        yield Distance(
            cloud, environment, namespace.command(()), uplink.here, f"{netns.MARK}{os.getpid()}d", relay
        )  # fmt: skip


@contextmanager
def _tuns(device: str, here: str, namespace: "Namespace", there: str) -> Iterator[tuple[int, int]]:
    """A TUN device here and one in the namespace, with these addresses, and what is sent through either."""
    with ExitStack() as stack:
        descriptors = []
        for name in (f"{device}1", f"{device}2"):
            descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            stack.callback(os.close, descriptor)
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
            descriptors.append(descriptor)
        _ip("addr", "add", here, "peer", there, "dev", f"{device}1")
        _ip("link", "set", f"{device}1", "up")
        _ip("link", "set", f"{device}2", "netns", str(namespace.pid))
        namespace.run("ip", "addr", "add", there, "peer", here, "dev", f"{device}2")
        namespace.run("ip", "link", "set", f"{device}2", "up")
        yield descriptors[0], descriptors[1]


def _certified(directory: Path, address: str) -> ssl.SSLContext:
    """A server's TLS, with a new certificate for this address; `certificate.pem` is what its clients trust."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=ec2", "-addext", f"subjectAltName=IP:{address}"]
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@contextmanager
def _relaying(cloud: Cloud, here: str, context: ssl.SSLContext, tuns: tuple[int, int]) -> Iterator["_Relay"]:
    relay = _Relay(urlsplit(cloud.endpoint_url).netloc, here, context, tuns)
    relay.start()
    try:
        yield relay
    finally:
        relay.end()


class _Relay(threading.Thread):
    """Passes packets between the TUN devices, each when it is due; and bytes between TLS clients and the cloud."""

    def __init__(self, cloud: str, here: str, context: ssl.SSLContext, tuns: tuple[int, int]) -> None:
        super().__init__(name="far", daemon=True)
        self._cloud = cloud
        self._here = here
        self._context = context
        self._tuns = tuns
        self._ready = threading.Event()
        self._clients: set[asyncio.StreamWriter] = set()
        self.port = 0

    def start(self) -> None:
        super().start()
        self._ready.wait()

    def run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._run())

    def close_connections(self) -> None:
        """End the connections of all clients."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        one, other = self._tuns
        for source, target in ((one, other), (other, one)):
            self._loop.add_reader(source, self._pass_on, source, target)
        server = await asyncio.start_server(self._serve, self._here, 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.get_running_loop().create_future()

    def _pass_on(self, source: int, target: int) -> None:
        with suppress(BlockingIOError):
            while packet := os.read(source, _LONGEST_PACKET):
                self._loop.call_later(DELAY, self._write, target, packet)

    @staticmethod
    def _write(target: int, packet: bytes) -> None:
        with suppress(OSError):  # a device that is going down
            os.write(target, packet)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self._cloud.rpartition(":")
        back, to = await asyncio.open_connection(host, int(port))
        self._clients.add(writer)
        try:
            await asyncio.gather(_pump(reader, to), _pump(back, writer))
        finally:
            self._clients.discard(writer)

    async def _close(self) -> None:
        for client in list(self._clients):
            client.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_LONGEST_PACKET):
            writer.write(data)
            await writer.drain()
    writer.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)
