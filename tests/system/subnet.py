"""One subnet of a VPC: hosts on one link, as instances see each other, with IPv4 and IPv6.

    test process and cloud 198.18.N.1 ---- .2  router  10.0.1.1 ---- 10.0.1.10, …  host-1
                                                                ---- 10.0.1.11, …  host-2

A host reaches the cloud with an address of its own (198.18.N.1K), as in `vpcnet`.
"""

import contextlib
import subprocess
from collections.abc import Sequence

import netns
from netns import Namespace
from vpcnet import UPLINK, Seat

GATEWAY = "10.0.1.1"
_BRIDGE = "subnet"


class Subnet:
    """Hosts with these addresses, IPv4 and IPv6 of each."""

    def __init__(self, addresses: Sequence[tuple[str, str]], cloud_address: str) -> None:
        with contextlib.ExitStack() as stack:
            uplink = netns.Uplink("s")
            stack.callback(uplink.close)
            self._router, *hosts = [Namespace() for _ in range(1 + len(addresses))]
            for namespace in (self._router, *hosts):
                stack.callback(namespace.remove)
            self._router.run("sysctl", "-w", "net.ipv4.ip_forward=1")
            uplink.attach(self._router, "cloud")
            self._router.run("ip", "route", "replace", cloud_address, "via", uplink.here, "dev", "cloud", "onlink")
            subprocess.run(["ip", "route", "add", f"198.18.{uplink.number}.0/24", "via", uplink.there], check=True)
            self._router.run("ip", "link", "add", _BRIDGE, "type", "bridge")
            self._router.address(_BRIDGE, f"{GATEWAY}/24")
            self.seats = tuple(
                Seat(host, ipv4, GATEWAY, f"198.18.{uplink.number}.{10 + n}", f"host-{n}")
                for n, (host, (ipv4, _)) in enumerate(zip(hosts, addresses, strict=True), 1)
            )
            for seat, (_, ipv6) in zip(self.seats, addresses, strict=True):
                self._attach(seat, ipv6, cloud_address)
            self.close = stack.pop_all().close

    def _attach(self, seat: Seat, ipv6: str, cloud_address: str) -> None:
        seat.host.run("sysctl", "-w", "net.ipv6.conf.default.accept_dad=0")  # else link-local addresses take a second
        self._router.link(seat.device, seat.host, UPLINK)
        self._router.run("ip", "link", "set", seat.device, "master", _BRIDGE, "up")
        seat.host.address(UPLINK, f"{seat.host_address}/24", f"{ipv6}/64", f"{seat.cloud_side}/32")
        self._router.run("ip", "route", "add", seat.cloud_side, "dev", _BRIDGE)
        seat.host.run("ip", "route", "add", cloud_address, "via", GATEWAY, "src", seat.cloud_side)
