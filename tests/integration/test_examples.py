"""The examples, run as they are but for addresses and ports of this machine, and for how often is checked."""

import json
import os
import re
import signal
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from awsnycast_kit import Service, all_of, build, write, writes
from site_kit import Site, eventually
from stack_kit import Resolver

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Quirks
from bgp2vpc.health.probes.ping import PingNotAllowed, ensure_ping_allowed
from tests.addresses import HOME, free_port
from tests.waiting import PATIENCE

EXAMPLES = Path(__file__).parents[2] / "examples"
EVERYWHERE, WEB, DNS = "0.0.0.0/0", "192.0.2.80/32", "192.0.2.53/32"


def example(name: str, **changes: str) -> str:
    """Its text, with checks every 0.2 s; each of `changes` has to be in it."""
    text = re.sub(r"every: [0-9.]+", "every: 0.2", (EXAMPLES / name).read_text())
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def pings_are_allowed() -> bool:
    try:
        ensure_ping_allowed()
    except PingNotAllowed:
        return False
    return True


@pytest.mark.skipif(not pings_are_allowed(), reason="needs root, or net.ipv4.ping_group_range")
def test_the_nat_instances_share_the_zones_and_leave_them_to_the_gateway(cloud: Cloud, make_site) -> None:
    world = build(cloud, tag_zones=True, nat_gateway=True)
    for table in world.tables:
        cloud.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, NatGatewayId=world.nat_gateway)
    first, second = (make_site(host) for host in world.hosts)
    addresses = {"9.9.9.9": "127.0.0.1", "1.1.1.1": "127.0.0.2", "nat-0123456789abcdef0": world.nat_gateway}
    for site in (first, second):
        write(site, example("ha-nat.yaml", **addresses))
        site.start()
    for site in (first, second):
        site.wait_for_route(EVERYWHERE)

    first.stop(signal.SIGKILL)
    cloud.ec2.terminate_instances(InstanceIds=[world.hosts[0].instance_id])
    second.wait_for_route(EVERYWHERE, *world.tables)

    assert second.stop() == 0
    second.wait_for_route(EVERYWHERE, *world.tables, target=world.nat_gateway)


@pytest.mark.skipif(not pings_are_allowed(), reason="needs root, or net.ipv4.ping_group_range")
def test_the_ipv6_nat_instances_leave_the_zones_to_the_egress_only_gateway(cloud: Cloud, make_site) -> None:
    world = build(cloud, tag_zones=True, ipv6=True)
    made = cloud.ec2.create_egress_only_internet_gateway(VpcId=world.vpc_id)
    gateway = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    cloud.ec2.create_route(
        RouteTableId=world.tables[0], DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=gateway
    )
    first, second = (make_site(host) for host in world.hosts)
    addresses = {"2620:fe::fe": "::1", "2606:4700:4700::1111": "::1", "eigw-0123456789abcdef0": gateway}
    for site in (first, second):
        write(site, example("ha-nat-ipv6.yaml", **addresses))
        site.start()
    for site in (first, second):
        site.wait_for_route("::/0")
        eventually(
            lambda s=site: [row["problem"] for row in s.status()["fallbacks"]] == [""], "it", lambda s=site: s.log
        )

    first.stop(signal.SIGKILL)
    cloud.ec2.terminate_instances(InstanceIds=[world.hosts[0].instance_id])
    second.wait_for_route("::/0", *world.tables)

    assert second.stop() == 0
    second.wait_for_route("::/0", *world.tables, target=gateway)


@pytest.mark.skipif(not pings_are_allowed(), reason="needs root, or net.ipv4.ping_group_range")
def test_each_anycast_address_has_its_check_and_an_announced_prefix_its_fallback(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    transit = cloud.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    cloud.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=transit, VpcId=world.vpc_id, SubnetIds=list(world.subnets)
    )
    outside = f"127.{200 + os.getpid() % 50}.8"
    addresses = {f"192.0.2.{number}": f"{outside}.{number}" for number in (1, 2, 3)}
    first = Service(f"{outside}.1")
    services = [first, *(Service(f"{outside}.{number}", first.port) for number in (2, 3))]
    site = make_site(world.hosts[0])
    try:
        changes = {**addresses, "port: 53": f"port: {first.port}", "tgw-0123456789abcdef0": transit}
        text = example("anycast-addresses.yaml", **changes)
        write(site, text)
        site.start()
        for each in addresses.values():
            site.wait_for_route(f"{each}/32", *world.tables)
        services[1].stop()
        site.wait_for_route(f"{outside}.2/32", *world.tables, target=None)
        site.announce("198.51.100.0/24")
        site.announce("203.0.113.53/32")
        site.wait_for_route("198.51.100.0/24", *world.tables)
        site.wait_for_route("203.0.113.53/32", *world.tables)
        site.withdraw("198.51.100.0/24")
        site.withdraw("203.0.113.53/32")
        site.wait_for_route("198.51.100.0/24", *world.tables, target=transit)
        site.wait_for_verdict(world.tables[0], "203.0.113.53/32", "keep never-delete")
    finally:
        for service in services:
            service.stop()


def test_the_route_of_a_pair_moves_by_bgp_without_a_gap(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    ids = [host.instance_id for host in world.hosts]
    cloud.ec2.create_tags(Resources=ids, Tags=[{"Key": "role", "Value": "anycast"}])
    first, second = sites = [make_site(host) for host in world.hosts]
    resolvers = {first: Resolver(first.host.address)}
    port = resolvers[first].port
    resolvers[second] = Resolver(second.host.address, port)
    bgp_port = free_port(first.host.address)

    def hears_a_session(site: Site) -> bool:
        return any(row["up"] for row in site.status()["neighbors"])

    try:
        for site in sites:
            changes = {
                "destination: 127.0.0.1": f"destination: {site.host.address}",
                "{name: example.org}": f"{{name: example.org, port: {port}}}",
                "as: 64513": f"as: 64513\n  port: {bgp_port}",
            }
            # No poll: what moves a route is what the instances hear from each other.
            write(site, example("pair.yaml", **changes), poll_time=10 * PATIENCE)
            site.start()
            first.wait_for_route(DNS, *world.tables)
        for site in sites:
            eventually(lambda site=site: hears_a_session(site), "the session", lambda: first.log + second.log)
        second.wait_for_verdict(world.tables[0], DNS, "yield peer-best")
        cloud.forget_calls()

        resolvers[first].stop()
        second.wait_for_route(DNS, *world.tables)

        resolvers[first] = Resolver(first.host.address, port)
        first.wait_for_verdict(world.tables[0], DNS, "yield peer-best")
        second.wait_for_verdict(world.tables[0], DNS, "keep ours")
        drained = second.command("drain", "-f", str(second.file))
        assert drained.returncode == 0, drained.stderr
        first.wait_for_route(DNS, *world.tables)
        moves = [all_of("ReplaceRoute", world.tables, DNS, site.host.interface_id) for site in (second, first)]
        assert writes(cloud) == sorted(moves[0] + moves[1])
    finally:
        for resolver in resolvers.values():
            resolver.stop()


def test_the_owner_of_a_shared_vpc_lets_its_role_write(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    cloud.quirks(Quirks(shared_by="111122223333"))
    first, second = (make_site(host) for host in world.hosts)
    resolvers = [Resolver(first.host.address)]
    port = resolvers[0].port
    resolvers.append(Resolver(second.host.address, port))
    where = ("--region", cloud.region, "--account", "123456789012", "--vpc", world.vpc_id)
    try:
        for site in (first, second):
            changes = {
                "destination: 127.0.0.1": f"destination: {site.host.address}",
                "{name: example.org}": f"{{name: example.org, port: {port}}}",
            }
            write(site, example("shared-vpc.yaml", **changes))
            ours = site.command("iam-policy", "-f", str(site.file), *where)
            cloud.permit(site.host.instance_id, ours.stdout)
            role = site.command("iam-policy", "-f", str(site.file), *where, "--role", "network")
            cloud.permit("arn:aws:iam::111122223333:role/bgp2vpc-routes", role.stdout)
            site.start()
            first.wait_for_route(DNS, *world.tables)
        second.wait_for_verdict(world.tables[0], DNS, "yield owner-healthy")

        first.send(signal.SIGSTOP)
        resolvers[0].stop()
        second.wait_for_route(DNS, *world.tables)
        assert not [call for call in cloud.calls() if call.error == "UnauthorizedOperation"], "the policies suffice"
        assert {call.caller for call in cloud.writes()}.isdisjoint(host.instance_id for host in world.hosts)
    finally:
        os.kill(first.process.pid, signal.SIGCONT)
        for resolver in resolvers:
            resolver.stop()


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Web:
    """The service of one host: it answers at the host's own address."""

    def __init__(self, address: str, port: int = 0) -> None:
        self.server = ThreadingHTTPServer((address, port), Health)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_the_web_service_moves_to_the_instance_that_answers(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    first, second = (make_site(host) for host in world.hosts)
    web = Web(world.hosts[0].address)
    other = Web(world.hosts[1].address, web.port)
    services = {first: web, second: other}
    try:
        for site in (first, second):
            changes = {"destination: 127.0.0.1": f"destination: {site.host.address}", "port: 80,": f"port: {web.port},"}
            write(site, example("standalone-service.yaml", **changes), poll_time=10 * PATIENCE)
        first.start()
        first.wait_for_route(WEB, *world.tables)
        second.start()
        second.wait_for_verdict(world.tables[0], WEB, "yield owner-healthy")

        # The whole host freezes: nobody withdraws, and EC2 sees nothing wrong.
        first.send(signal.SIGSTOP)
        services[first].stop()
        second.wait_for_route(WEB, *world.tables)
        second.wait_for_log("owner-failing")
        eventually(lambda: "hook ran after replace" in second.log, "the hook", lambda: second.log)

        services[first] = Web(world.hosts[0].address, web.port)
        first.send(signal.SIGCONT)
        first.send(signal.SIGHUP)  # it reads EC2 again
        first.wait_for_verdict(world.tables[0], WEB, "yield owner-healthy")
        second.wait_for_route(WEB, *world.tables)
    finally:
        os.kill(first.process.pid, signal.SIGCONT)
        for service in services.values():
            service.stop()


def test_the_page_is_served_and_steers_with_its_token(cloud: Cloud, make_site, tmp_path: Path) -> None:
    world = build(cloud)
    site = make_site(world.hosts[0])
    token = tmp_path / "token"
    token.write_text("0123456789abcdef" * 4 + "\n")
    token.chmod(0o640)
    address = f"{HOME}:{free_port()}"
    write(site, example("web.yaml", **{"127.0.0.1:8179": address, "/etc/bgp2vpc.token": str(token)}))
    site.start()
    site.announce(WEB)
    site.wait_for_route(WEB, *world.tables)
    site.wait_for_log("web page")

    def ask(path: str, **more: Any) -> Any:
        with urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", **more)) as answer:
            return json.load(answer)

    facts = ask("/status.json")
    assert (facts["instance_id"], len(facts["routes"])) == (world.hosts[0].instance_id, len(world.tables))
    headers = {"Authorization": f"Bearer {token.read_text().strip()}", "Content-Type": "application/json"}
    ask("/steer/hold", data=json.dumps({"prefix": WEB}).encode(), headers=headers)
    eventually(lambda: [each["verb"] for each in ask("/status.json")["steering"]] == ["hold"], "the hold")


def test_every_example_is_run_somewhere() -> None:
    """Here, or with a real ExaBGP in tests/system."""
    tests = [*Path(__file__).parents[1].glob("system/*.py"), *Path(__file__).parent.glob("*.py")]
    text = "".join(path.read_text() for path in tests)
    wirings = {"helper.yaml", "standalone.yaml", "tee.yaml"}  # their rules and scripts are those of tests/system
    assert {path.name for path in EXAMPLES.glob("*.yaml") if path.name not in text} <= wirings
