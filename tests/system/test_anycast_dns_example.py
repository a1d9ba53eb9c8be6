"""examples/anycast-dns.yaml as it is: one DNS check drives the datacenter's router and the VPC, with a real ExaBGP."""

import os
import signal
import sys

import pytest
from anycast import IPV4, AnycastHost, MakeHost
from bird import EBGP, Bird, MakeRouter

from tests.exabgps import EXABGPS, ROOT, Exabgp

pytestmark = pytest.mark.system

RESOLVER = """\
import socket
import dns.message, dns.rrset

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("192.0.2.53", 53))
while True:
    data, client = server.recvfrom(4096)
    answer = dns.message.make_response(dns.message.from_wire(data))
    answer.answer.append(dns.rrset.from_text(answer.question[0].name, 60, "IN", "A", "198.51.100.1"))
    server.sendto(answer.to_wire(), client)
"""


def start_resolver(host: AnycastHost) -> None:
    script = host.directory / "resolver.py"
    script.write_text(RESOLVER, "utf-8")
    host.start("resolver", [sys.executable, str(script)])


def both_have_it(host: AnycastHost, router: Bird) -> None:
    router.wait_for(IPV4)
    host.wait_for_vpc(IPV4)


@pytest.mark.parametrize("exabgp", EXABGPS, ids=lambda exabgp: exabgp.version)
def test_one_check_drives_the_router_and_the_vpc(exabgp: Exabgp, make_host: MakeHost, start_router: MakeRouter) -> None:
    host, router = make_host(exabgp), start_router(EBGP)
    host.net.host.run("ip", "addr", "replace", IPV4, "dev", "lo")
    text = (ROOT / "examples/anycast-dns.yaml").read_text("utf-8")
    # A port that nobody listens on answers at once; a machine that stands still is not to be taken for one.
    for old, new in (("/run/bgp2vpc/bgp2vpc.sock", str(host.socket)), ("timeout: 0.5", "timeout: 60")):
        assert old in text
        text = text.replace(old, new)
    host.yaml.write_text(text, "utf-8")
    start_resolver(host)
    host.start_exabgp("exabgp.conf", peering=EBGP)
    both_have_it(host, router)
    told = router.routes(IPV4)
    assert "BGP.med: 100" in told
    assert "(65000,53)" in told

    os.kill(host.pid("resolver"), signal.SIGKILL)
    router.wait_without(IPV4)
    host.wait_without_vpc(IPV4)

    start_resolver(host)
    both_have_it(host, router)
