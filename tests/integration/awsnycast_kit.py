"""AWSnycast's world: its files, services on the hosts' own addresses, and what its users would look at.

A remote health check goes to the private address of a route's owner. So the VPC lies within 127.0.0.0/8: the hosts'
addresses are loopback addresses, at which little servers can run.
"""

import re
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Any, Self

import yaml
from site_kit import QUICK, Site, announcing, eventually

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec
from tests.addresses import HOME, NETWORK
from tests.waiting import PATIENCE

EVERY = 0.1
POLL = 0.2
PATIENT = {**QUICK, "poll_time": 10 * PATIENCE}
"""A daemon that polls after the test's end: what happens is not the poll's doing."""

PRIVATE = {"type": "by_tag", "config": {"key": "type", "value": "private"}}


def build(cloud: Cloud, **spec: Any) -> World:
    """A new world, in which the hosts' private addresses are addresses of this machine."""
    cloud.reset()
    return cloud.build(WorldSpec(**{"cidr": f"{NETWORK}.0.0/16", **spec}))


class Service:
    """A TCP server that says `ok` to whoever connects, or `no`, or nothing at all. As a context it is ended."""

    def __init__(self, address: str = HOME, port: int = 0) -> None:
        self.address = address
        self.port = port
        self.connections = 0
        """How often somebody connected."""
        self._word: bytes | None = b"ok\n"
        self._held: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, at the same port as before."""
        self._listener = socket.create_server((self.address, self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Connections are refused from now on."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._release()

    def well(self) -> None:
        self._say(b"ok\n")

    def ill(self) -> None:
        self._say(b"no\n")

    def mute(self) -> None:
        """Whoever connects gets no answer; nor is the connection closed before the service is well or ill again."""
        self._say(None)

    def wait_for_connections(self, count: int) -> None:
        """Until `count` more have connected."""
        wanted = self.connections + count
        eventually(lambda: self.connections >= wanted, f"{count} connections to {self.address}:{self.port}")

    def _say(self, word: bytes | None) -> None:
        self._word = word
        if word is not None:
            self._release()

    def _release(self) -> None:
        while self._held:
            self._held.pop().close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._held.append(connection)
            if self._word is not None:
                with suppress(OSError):
                    connection.sendall(self._word)
                self._release()


def asks(service: Service, **more: Any) -> dict[str, Any]:
    """A local check of this service."""
    return {**asks_owner(service, **more), "destination": service.address}


def asks_owner(service: Service, **more: Any) -> dict[str, Any]:
    """A remote check: whether the owner's service at this port says `ok`."""
    config = {"port": str(service.port), "expect": "ok"}  # AWSnycast's users write numbers as text, too
    return {"type": "tcp", "every": EVERY, "timeout": PATIENCE, "rise": 1, "config": config, **more}


def exists(path: Path, **more: Any) -> dict[str, Any]:
    """A check whether there is such a file."""
    config = {"command": "test", "arguments": ["-e", str(path)]}
    return {
        "type": "command",
        "destination": "127.0.0.1",
        "every": EVERY,
        "timeout": PATIENCE,
        "rise": 1,
        "fall": 2,
        "config": config,
        **more,
    }


def saying(*prefixes: str) -> dict[str, object]:
    """A script that announces these, and does not outlive a daemon that is killed."""
    return announcing(*prefixes, then="exec cat > /dev/null")


def managing(*routes: dict[str, Any], find: Any = PRIVATE, **more: Any) -> dict[str, Any]:
    """`routetables` with one rule."""
    return {"private": {"find": find, "manage_routes": list(routes), **more}}


def write(site: Site, text: str, **settings: Any) -> None:
    """Write a file as its user has it, but with time for its checks, and below it what a test needs besides."""
    text = re.sub(r'(every: "?[0-9.]+"?)(,|\n +)', rf"\1\2timeout: {PATIENCE}\2", text)
    settings = {"socket": str(site.socket), **QUICK, **settings}
    site.file.write_text(f"{text.rstrip()}\n\n{yaml.safe_dump(settings)}")


def filled(text: str, **values: object) -> str:
    """The text with `$name` replaced."""
    return Template(text).substitute(values)


def wait_for_polls(site: Site) -> None:
    """Until this daemon has read EC2 twice more: whatever it would do at a poll, it has done."""
    for _ in range(2):  # what the first one leads to comes after it
        site.reconcile()


def polls(site: Site) -> int:
    """How often it has read all tables; single ones are read before a write."""
    return sum(
        call.caller == site.host.instance_id
        and call.ended is not None
        and not any("route-table-id" in value for value in call.parameters.values())
        for call in site.cloud.calls("DescribeRouteTables")
    )


def wait_for_verdicts(site: Site, prefix: str, verdict: str, *tables: str) -> None:
    for table in tables:
        site.wait_for_verdict(table, prefix, verdict)


def check(site: Site, name: str) -> dict[str, Any]:
    """What the daemon says of this check: of the owner's, if it is a remote one; empty if none runs."""
    found = [each for each in site.status()["checks"] if each["name"] == name]
    assert len(found) < 2, found
    return found[0] if found else {}


def wait_for_check(site: Site, name: str, state: str, destination: str = "") -> None:
    def holds() -> bool:
        found = check(site, name)
        return found.get("state") == state and found["destination"].endswith(destination)

    eventually(holds, f"{name} {destination} {state}", lambda: f"instead: {check(site, name)}\n{site.log}")


def writes(cloud: Cloud, *sites: Site) -> list[str]:
    """What was written so far, sorted; with `sites`, by these."""
    callers = {site.host.instance_id for site in sites}
    return sorted(str(call) for call in cloud.writes() if not sites or call.caller in callers)


def all_of(action: str, tables: Iterable[str], prefix: str, target: str = "") -> list[str]:
    """One write in each of these tables, as `writes` has it."""
    return sorted(f"{action} {table} {prefix} {target}".strip() for table in tables)
