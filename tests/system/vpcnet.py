"""A VPC of network namespaces: hosts, each on one link to the VPC's router, and everything else behind that.

    test process and cloud 198.18.N.1 ---- .2  vpc  10.0.0.1 ---- 10.0.Z.A      host-1   (10.0.Z.A: as in the world)
                                                    10.0.0.1 ---- …             host-2
                                                    10.0.0.1 ---- 10.255.255.2  rtr      (the datacenter)

In `vpc` the client runs: its routes are those of the route table. A host reaches the cloud over the same link as all
else, with an address of its own (198.18.N.1K) that the test process can answer to.
"""

import contextlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import netns
from netns import Namespace

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

    def __init__(self, addresses: Sequence[str], cloud_address: str | None = None) -> None:
        """`cloud_address`: where the test process has the cloud, if not at this network's own address."""
        with contextlib.ExitStack() as stack:
            uplink = netns.Uplink("v")  # `netns.Net` of the same process has one, too
            stack.callback(uplink.close)
            self.cloud_address = cloud_address or uplink.here
            self.vpc, self.router, *hosts = self._namespaces = [Namespace() for _ in range(2 + len(addresses))]
            for namespace in self._namespaces:
                stack.callback(namespace.remove)
            self.seats = tuple(
                Seat(host, address, ROUTER, f"198.18.{uplink.number}.{10 + n}", f"host-{n}")
                for n, (host, address) in enumerate(zip(hosts, addresses, strict=True), 1)
            )
            self.vpc.run("sysctl", "-w", "net.ipv4.ip_forward=1")
            uplink.attach(self.vpc, "cloud")
            self.vpc.run("ip", "route", "replace", self.cloud_address, "via", uplink.here, "dev", "cloud", "onlink")
            subprocess.run(["ip", "route", "add", f"198.18.{uplink.number}.0/24", "via", uplink.there], check=True)
            for seat in self.seats:
                self._attach(seat.host, seat.device, seat.host_address, seat.cloud_side)
                via = ["via", GATEWAY, "dev", UPLINK, "src", seat.cloud_side]
                seat.host.run("ip", "route", "add", self.cloud_address, *via)
            self._attach(self.router, "rtr", ROUTER)
            self.close = stack.pop_all().close

    def _attach(self, namespace: Namespace, device: str, *addresses: str) -> None:
        self.vpc.link(device, namespace, UPLINK)
        self.vpc.address(device, f"{GATEWAY}/32")
        namespace.address(UPLINK, *(f"{address}/32" for address in addresses))
        for address in addresses:
            self.vpc.run("ip", "route", "add", address, "dev", device, "src", GATEWAY)
        namespace.run("ip", "route", "add", GATEWAY, "dev", UPLINK)
        namespace.run("ip", "route", "add", "default", "via", GATEWAY, "src", addresses[0])

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
                self.vpc.run("ip", "rule", action, *what, "blackhole")

    def route(self, prefix: str, via: Seat | None) -> None:
        """Where the VPC's router, and so the client, sends what goes to `prefix`; None: nowhere."""
        way = ["via", via.host_address, "dev", via.device, "onlink", "src", GATEWAY] if via else []
        kind = [] if via else ["blackhole"]
        self.vpc.run("ip", "route", "replace", *kind, prefix, *way)


def _tc(namespace: Namespace, action: str, device: str) -> None:
    kind = ["blackhole"] if action != "del" else []
    namespace.run("tc", "qdisc", action, "dev", device, "root", *kind)
