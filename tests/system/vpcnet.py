"""A VPC of network namespaces: hosts, each on one link to the VPC's router, and everything else behind that.

    test process and cloud 198.18.N.1 ---- .2  vpc  10.0.0.1 ---- 10.0.Z.A      host-1   (10.0.Z.A: as in the world)
                                                    10.0.0.1 ---- …             host-2
                                                    10.0.0.1 ---- 10.255.255.2  rtr      (the datacenter)

In `vpc` the client runs: its routes are those of the route table. A host reaches the cloud over the same link as all
else, with an address of its own (198.18.N.1K) that the test process can answer to.
"""

import contextlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import netns
from netns import MARK, Namespace

GATEWAY = "10.0.0.1"
"""The VPC's router, as every host and the client know it."""
ROUTER = "10.255.255.2"
BGP = 179
UPLINK = "vpc"
"""The one device of a host."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One host's place in the network. The names are those of `netns.Net`, since `AnycastHost` knows both."""

    host: Namespace
    host_address: str
    router_address: str
    cloud_side: str
    device: str
    """Of the VPC's router, towards this host."""


class VpcNet:
    """Hosts with these addresses. Links can be cut, and pairs of addresses parted."""

    def __init__(self, addresses: Sequence[str]) -> None:
        netns.remove_leftovers()
        base = f"{MARK}-{os.getpid()}"
        number = netns.free_number()
        self.cloud_address = f"198.18.{number}.1"
        self.vpc = Namespace(f"{base}-vpc")
        self.router = Namespace(f"{base}-dc")  # `netns.Net` of the same process has a router, too
        self.seats = tuple(
            Seat(Namespace(f"{base}-host-{n}"), address, ROUTER, f"198.18.{number}.{10 + n}", f"host-{n}")
            for n, address in enumerate(addresses, 1)
        )
        try:
            self._build(number, f"{base}v")
        except BaseException:
            self.close()
            raise

    def _build(self, number: int, uplink: str) -> None:
        for namespace in self._namespaces():
            namespace.add()
        self.vpc.run("sysctl", "-w", "net.ipv4.ip_forward=1")
        _ip("link", "add", uplink, "type", "veth", "peer", "name", "cloud", "netns", self.vpc.name)
        _ip("addr", "add", f"{self.cloud_address}/30", "dev", uplink)
        _ip("link", "set", uplink, "up")
        _ip("route", "add", f"198.18.{number}.0/24", "via", f"198.18.{number}.2")
        self.vpc.address("cloud", f"198.18.{number}.2/30")
        for seat in self.seats:
            self._attach(seat.host, seat.device, seat.host_address, seat.cloud_side)
            via = ["via", GATEWAY, "dev", UPLINK, "src", seat.cloud_side]
            _ip("-n", seat.host.name, "route", "add", self.cloud_address, *via)
        self._attach(self.router, "rtr", ROUTER)

    def _attach(self, namespace: Namespace, device: str, *addresses: str) -> None:
        _ip("-n", self.vpc.name, "link", "add", device, "type", "veth", "peer", UPLINK, "netns", namespace.name)
        self.vpc.address(device, f"{GATEWAY}/32")
        namespace.address(UPLINK, *(f"{address}/32" for address in addresses))
        for address in addresses:
            _ip("-n", self.vpc.name, "route", "add", address, "dev", device, "src", GATEWAY)
        _ip("-n", namespace.name, "route", "add", GATEWAY, "dev", UPLINK)
        _ip("-n", namespace.name, "route", "add", "default", "via", GATEWAY, "src", addresses[0])

    def _namespaces(self) -> list[Namespace]:
        return [self.vpc, self.router, *(seat.host for seat in self.seats)]

    def cut(self, seat: Seat) -> None:
        """Nothing passes the host's link any more, and nobody is told: as when an instance's hardware is gone."""
        _tc(seat.host, "replace", UPLINK)
        _tc(self.vpc, "replace", seat.device)

    def mend(self, seat: Seat) -> None:
        """Undo `cut`; nothing if it is whole."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _tc(seat.host, "del", UPLINK)
            _tc(self.vpc, "del", seat.device)

    def part(self, one: str, other: str, port: int | None = None) -> None:
        """Drop what these two addresses send each other, in both directions; with a port, only its TCP connections."""
        self._rules("add", one, other, port)

    def join(self, one: str, other: str, port: int | None = None) -> None:
        """Undo `part`."""
        self._rules("del", one, other, port)

    def _rules(self, action: str, one: str, other: str, port: int | None) -> None:
        ends = [[end, str(port)] for end in ("sport", "dport")] if port else [[]]
        for source, destination in ((one, other), (other, one)):
            for end in ends:
                what = ["from", source, "to", destination, *(["ipproto", "tcp", *end] if end else [])]
                _ip("-n", self.vpc.name, "rule", action, *what, "blackhole")

    def route(self, prefix: str, via: Seat | None) -> None:
        """Where the VPC's router, and so the client, sends what goes to `prefix`; None: nowhere."""
        way = ["via", via.host_address, "dev", via.device, "onlink", "src", GATEWAY] if via else []
        kind = [] if via else ["blackhole"]
        _ip("-n", self.vpc.name, "route", "replace", *kind, prefix, *way)

    def close(self) -> None:
        """Remove everything."""
        for namespace in self._namespaces():
            if namespace.name in netns.names():
                namespace.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)


def _tc(namespace: Namespace, action: str, device: str) -> None:
    kind = ["blackhole"] if action != "del" else []
    subprocess.run(
        ["tc", "-n", namespace.name, "qdisc", action, "dev", device, "root", *kind], capture_output=True, check=True
    )
