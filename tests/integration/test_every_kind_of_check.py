"""One daemon with a check of every kind, each with a route of its own: all are kept while what they check is well."""

import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, UDPServer
from typing import Any

import dns.message
import dns.rrset
import pytest
from awsnycast_kit import PATIENT, Service, asks, build, check, managing, wait_for_check
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External
from tests.health.certificates import NAME, make_authority
from tests.waiting import PATIENCE

HOME = "127.0.0.1"
NOWHERE = "192.0.2.99"


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        well = self.server.well and (self.path, self.headers["Host"]) == ("/health", NAME)
        body = b"all is well" if well else b"oh dear"
        self.send_response(200 if well else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Names(BaseRequestHandler):
    def handle(self) -> None:
        data, socket = self.request
        answer = dns.message.make_response(dns.message.from_wire(data))
        if self.server.well:
            answer.answer.append(dns.rrset.from_text("example.org.", 60, "IN", "A", "192.0.2.1", "192.0.2.2"))
        socket.sendto(answer.to_wire(), self.client_address)


class Servers:
    """All that is checked here; they are well until `ill`."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        authority = make_authority(directory)
        self.ca_pem = authority.ca_pem
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_text(self.ca_pem)
        self.file = directory / "well"
        self.file.touch()
        self.tcp = stack.enter_context(Service(HOME))
        self.web = self._serve(ThreadingHTTPServer((HOME, 0), Web), stack)
        self.tls = self._serve(self._over_tls(authority.context), stack)
        self.names = self._serve(UDPServer((HOME, 0), Names), stack)

    @staticmethod
    def _over_tls(context: ssl.SSLContext) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer((HOME, 0), Web)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return server

    @staticmethod
    def _serve(server: Any, stack: ExitStack) -> Any:
        server.well = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        return server

    def ill(self) -> None:
        self.tcp.ill()
        self.file.unlink()
        self.web.well = self.tls.well = self.names.well = False

    def checks(self) -> dict[str, dict[str, Any]]:
        """A check of each kind, and more than one where there is more to say."""
        web, tls, names = (each.server_address[1] for each in (self.web, self.tls, self.names))
        request = f"GET /health HTTP/1.0\r\nHost: {NAME}\r\n\r\n"
        secure = {"port": tls, "ssl": "true", "certPath": str(self.ca_file), "serverName": NAME}
        health = {"path": "/health", "host": NAME}
        kinds = {
            "tcp": asks(self.tcp),
            "tcp-http": {"type": "tcp", "config": {"port": web, "send": request, "expect": 200}},
            "tcp-tls": {"type": "tcp", "config": {**secure, "send": request, "expect": "is well"}},
            "command": {"type": "command", "config": {"command": "test", "arguments": ["-e", str(self.file)]}},
            "http": {"type": "http", "config": {"port": web, **health, "expect_body": "well"}},
            "https": {
                "type": "https",
                "config": {"port": tls, **health, "cert": self.ca_pem, "expect_status": 200},
            },
            "dns": {"type": "dns", "config": {"port": names, "name": "example.org", "expect": ["192.0.2.2"]}},
        }
        if os.geteuid() == 0:
            kinds["ping"] = {"type": "ping"}
        common = {"destination": HOME, "every": 0.2, "timeout": PATIENCE, "fall": 2}
        return {name: {**common, **kind} for name, kind in kinds.items()}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


def test_a_route_follows_its_check_of_whatever_kind(cloud: Cloud, make_site, servers: Servers) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    checks = servers.checks()
    routes = {name: f"192.0.2.{number}/32" for number, name in enumerate(checks, 1)}
    site.configure(
        healthchecks=checks,
        routetables=managing(*({"cidr": cidr, "healthcheck": name} for name, cidr in routes.items())),
        **PATIENT,
    )
    site.start()
    for name, prefix in routes.items():
        wait_for_check(site, name, "healthy")
        site.wait_for_route(prefix, *world.tables)
    servers.ill()
    for name in routes.keys() - {"ping"}:
        wait_for_check(site, name, "unhealthy")
        site.wait_for_route(routes[name], *world.tables, target=None)
    reasons = {name: check(site, name)["reason"] for name in routes}
    assert reasons == {
        "tcp": "'ok' not found in the answer",
        "tcp-http": "'200' not found in the answer",
        "tcp-tls": "'is well' not found in the answer",
        "command": "exit 1",
        "http": "status 503",
        "https": "status 503",
        "dns": "no A answer",
    } | dict.fromkeys(routes.keys() & {"ping"}, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, or net.ipv4.ping_group_range")
def test_a_host_that_answers_no_ping_loses_its_route(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    for table in world.tables:
        cloud.write(External.create_route(table, "192.0.2.1/32", site.host.interface_id))
    site.configure(
        healthchecks={"ping": {"type": "ping", "destination": NOWHERE, "every": 0.1}},
        routetables=managing({"cidr": "192.0.2.1", "healthcheck": "ping"}),
        **PATIENT,
    )
    site.start()
    site.wait_for_route("192.0.2.1/32", *world.tables, target=None)
