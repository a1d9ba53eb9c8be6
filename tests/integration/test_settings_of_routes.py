"""Announced prefixes with settings of their own, a check for each prefix, and fallbacks that are looked at."""

import html
import json
import os
import urllib.request
from pathlib import Path

import pytest
from awsnycast_kit import Service, asks, asks_owner, build, managing, wait_for_verdicts
from site_kit import Site, eventually, rule

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, Fault, World
from tests.addresses import HOME, free_port
from tests.waiting import PATIENCE

AT_NAT, KEPT, PLAIN, SIX = "192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "2001:db8:53::/64"
OUTSIDE = f"127.{200 + os.getpid() % 50}"
"""Loopback addresses that no test's VPC has."""
TOLD = "$BGP2VPC_ACTION $BGP2VPC_PREFIX $BGP2VPC_OLD_TARGET $BGP2VPC_NEW_TARGET"


class Stage:
    """A host, and what its prefixes fall back to."""

    def __init__(self, cloud: Cloud, make_site, directory: Path) -> None:
        self.cloud = cloud
        self.world: World = build(cloud, nat_gateway=True, ipv6=True)
        self.site: Site = make_site(self.world.hosts[0])
        self.notes = directory / "notes"
        made = cloud.ec2.create_egress_only_internet_gateway(VpcId=self.world.vpc_id)
        self.nat = str(self.world.nat_gateway)
        self.eigw = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]

    def configure(self, **more: object) -> None:
        note = ["sh", "-c", f'echo "{TOLD}" >> {self.notes}']
        accept = [
            {"prefix": AT_NAT, "fallback": self.nat, "run_after_delete_route": note, "run_before_replace_route": note},
            {"prefix": KEPT, "never_delete": True},
            {"prefix": SIX, "fallback": self.eigw},
            "192.0.2.0/24 le 32",
        ]
        self.site.configure(routetables={"private": {**rule(), "accept": accept}}, **more)

    def fallbacks(self) -> dict[str, str | None]:
        return {row["target"]: row["problem"] for row in self.site.status()["fallbacks"]}

    def lives(self) -> None:
        """All four are announced and withdrawn."""
        site, tables = self.site, self.world.tables
        everything = (AT_NAT, KEPT, PLAIN, SIX)
        for prefix in everything:
            site.announce(prefix)
        for prefix in everything:
            site.wait_for_route(prefix, *tables)
        for prefix in everything:
            site.withdraw(prefix)
        site.wait_for_route(AT_NAT, *tables, target=self.nat)
        site.wait_for_route(SIX, *tables, target=self.eigw)
        site.wait_for_route(PLAIN, *tables, target=None)
        site.wait_for_route(KEPT, *tables)
        wait_for_verdicts(site, AT_NAT, "keep fallback", *tables)
        wait_for_verdicts(site, KEPT, "keep never-delete", *tables)
        site.announce(AT_NAT)
        site.wait_for_route(AT_NAT, *tables)


@pytest.fixture
def stage(cloud: Cloud, make_site, tmp_path: Path) -> Stage:
    made = Stage(cloud, make_site, tmp_path)
    made.configure()
    return made


def test_announced_prefixes_go_where_their_entries_say(stage: Stage) -> None:
    site, us = stage.site, stage.site.host.interface_id
    site.start()
    stage.lives()
    expected = 2 * [f"replace {AT_NAT} {us} {stage.nat}", f"replace {AT_NAT} {stage.nat} {us}"]
    eventually(lambda: sorted(stage.notes.read_text().splitlines()) == sorted(expected), "the hooks", lambda: site.log)

    why = site.command("why", "--socket", str(site.socket), AT_NAT).stdout
    assert f"matches it: accept: {AT_NAT} ({site.file}:" in why
    assert f"; fallback: {stage.nat}; hooks: before replace, after delete" in why
    site.withdraw(AT_NAT)
    site.wait_for_route(AT_NAT, *stage.world.tables, target=stage.nat)
    shown = site.command("status", "--socket", str(site.socket)).stdout
    assert f"{stage.nat} of {stage.world.vpc_id}, for rule private: can be used" in shown
    site.announce(AT_NAT)
    site.announce(PLAIN)
    site.wait_for_route(PLAIN, *stage.world.tables)
    site.wait_for_route(AT_NAT, *stage.world.tables)
    assert site.stop() == 0  # what scripts announced is withdrawn
    site.wait_for_route(AT_NAT, *stage.world.tables, target=stage.nat)
    site.wait_for_route(KEPT, *stage.world.tables)
    site.wait_for_route(PLAIN, *stage.world.tables, target=None)


def test_the_page_and_the_metrics_tell_it_too(stage: Stage) -> None:
    address = f"{HOME}:{free_port()}"
    stage.configure(web={"listen": address})
    site = stage.site
    site.start()
    site.wait_for_log("web page")

    def page(path: str) -> str:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as answer:
            return html.unescape(answer.read().decode())

    site.announce(AT_NAT)
    site.wait_for_route(AT_NAT, *stage.world.tables)
    assert f"fallback: {stage.nat}; hooks: before replace, after delete" in page(f"/prefix/{AT_NAT}")
    usable = f'bgp2vpc_fallback_usable{{target="{stage.nat}",vpc="{stage.world.vpc_id}"}}'
    eventually(lambda: f"{usable} 1.0" in page("/metrics"), "the metric", lambda: page("/metrics"))
    stage.cloud.ec2.delete_nat_gateway(NatGatewayId=stage.nat)
    eventually(lambda: f"{usable} 0.0" in page("/metrics"), "the metric", lambda: page("/metrics"))
    assert f"the fallback {stage.nat} of rule private is deleted, not available" in page("/")


def test_the_role_of_iam_policy_is_enough_and_no_call_of_it_too_many(stage: Stage, request) -> None:
    site, cloud = stage.site, stage.cloud
    request.addfinalizer(cloud.reset)
    where = ("--region", cloud.region, "--account", "123456789012", "--vpc", stage.world.vpc_id)
    document = site.command("iam-policy", "-f", str(site.file), *where).stdout
    cloud.permit(site.host.instance_id, document)
    cloud.forget_calls()
    site.start()
    stage.lives()
    eventually(lambda: stage.fallbacks() == {stage.nat: "", stage.eigw: ""}, "both", lambda: site.log)
    assert "not authorized" not in site.log
    statements = json.loads(document)["Statement"]
    allowed = {action.removeprefix("ec2:") for statement in statements for action in statement["Action"]}
    assert {"DescribeNatGateways", "DescribeEgressOnlyInternetGateways"} < allowed
    # No other instance has a route that is wanted here, so none has to be asked about.
    assert {call.operation for call in cloud.calls()} == allowed - {"DescribeInstanceStatus"}


def test_a_helper_does_the_same(stage: Stage) -> None:
    with stage.site.as_helper():
        stage.lives()


def test_plan_shows_what_a_daemon_would_do_at_its_start(stage: Stage) -> None:
    """A dead instance's route goes to the fallback, once the time for announcements is over."""
    site, (table, other) = stage.site, stage.world.tables
    stage.cloud.write(External.create_route(table, AT_NAT, stage.world.hosts[1].interface_id))
    stage.cloud.ec2.terminate_instances(InstanceIds=[stage.world.hosts[1].instance_id])
    site.start(command="run").wait_for_route(AT_NAT, table, target=stage.nat)
    assert f"{AT_NAT} " not in "".join(stage.cloud.routes(other))
    answer = json.loads(site.command("plan", "-f", str(site.file), "--json").stdout)
    rows = [(row["prefix"], row["verdict"], row["reason"]) for row in answer["verdicts"]]
    assert rows == [(AT_NAT, "keep", "fallback")]


def test_an_owner_that_fails_the_check_of_an_entry_loses_that_prefix_only(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    with Service(world.hosts[1].address) as theirs:
        for prefix in (KEPT, PLAIN):
            cloud.write(External.create_route(world.tables[0], prefix, world.hosts[1].interface_id))
        accept = [{"prefix": KEPT, "remote_healthcheck": "far"}, PLAIN]
        site.configure(
            remote_healthchecks={"far": asks_owner(theirs)}, routetables={"private": {**rule(), "accept": accept}}
        )
        site.start()
        site.announce(KEPT)
        site.announce(PLAIN)
        wait_for_verdicts(site, KEPT, "yield owner-healthy", world.tables[0])
        theirs.ill()
        site.wait_for_route(KEPT, world.tables[0])
        site.wait_for_verdict(world.tables[0], PLAIN, "yield owner-healthy")


def test_each_prefix_of_one_entry_has_its_own_check(cloud: Cloud, make_site) -> None:
    world = build(cloud)
    site: Site = make_site(world.hosts[0])
    addresses = [f"{OUTSIDE}.7.{number}" for number in range(1, 11)]
    first = Service(addresses[0])
    services = [first, *(Service(each, first.port) for each in addresses[1:])]
    try:
        site.configure(
            healthchecks={"up": {**asks(first), "destination": "%PREFIX%"}},
            routetables=managing({"cidr": addresses, "healthcheck": "up"}),
        )
        site.start()
        for each in addresses:
            site.wait_for_route(f"{each}/32", *world.tables)
        services[3].ill()
        site.wait_for_route(f"{addresses[3]}/32", *world.tables, target=None)
        site.reconcile()
        for each in (*addresses[:3], *addresses[4:]):
            site.wait_for_route(f"{each}/32", *world.tables)
        names = [row["name"] for row in site.status()["checks"]]
        assert names == [f"up@{each}" for each in addresses]
        assert site.command("probe", "--socket", str(site.socket), f"up@{addresses[0]}").returncode == 0
        services[3].well()
        site.wait_for_route(f"{addresses[3]}/32", *world.tables)
    finally:
        for service in services:
            service.stop()


def test_a_fallback_that_goes_away_is_told_before_it_is_needed(stage: Stage) -> None:
    site = stage.site
    site.start()
    eventually(lambda: stage.fallbacks() == {stage.nat: "", stage.eigw: ""}, "both", lambda: site.log)
    assert site.command("doctor", "-f", str(site.file), "--json").returncode == 0
    stage.cloud.ec2.delete_nat_gateway(NatGatewayId=stage.nat)
    stage.cloud.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=stage.eigw)
    gone = {stage.nat: "is deleted, not available", stage.eigw: "does not exist"}
    eventually(lambda: stage.fallbacks() == gone, "none", lambda: site.log)
    site.wait_for_log(f"the fallback {stage.nat} of rule private is deleted, not available")
    told = json.loads(site.command("doctor", "-f", str(site.file), "--json").stdout)
    found = [(each["state"], each["message"]) for each in told if each["check"] == "fallback"]
    assert [state for state, _ in found] == ["fail", "fail"]
    site.reconcile()
    site.reconcile()
    assert site.log.count("is deleted, not available") == 1
    assert len(site.status()["failing"]) == 2


def test_a_role_without_the_permission_is_told_and_all_else_works(stage: Stage) -> None:
    stage.cloud.fault(Fault.unauthorized("DescribeNatGateways", times=None))
    site = stage.site
    site.start()
    site.wait_for_log("DescribeNatGateways: UnauthorizedOperation")
    eventually(lambda: stage.fallbacks() == {stage.nat: None, stage.eigw: ""}, "the other", lambda: site.log)
    site.announce(AT_NAT)
    site.wait_for_route(AT_NAT, *stage.world.tables)
    stage.cloud.clear_faults()
    eventually(lambda: stage.fallbacks()[stage.nat] == "", "the permission", lambda: site.log)
    site.wait_for_log("recovered")


KINDS = ("igw", "tgw", "pcx", "vgw", "vpce", "cagw", "eni")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_target_may_be_a_fallback(cloud: Cloud, make_site, kind: str) -> None:
    world = build(cloud, instances=3)
    target = made_target(cloud, world, kind)
    site: Site = make_site(world.hosts[0])
    site.configure(routetables={"private": rule(PLAIN, fallback=target)})
    site.start()
    eventually(lambda: [row["problem"] for row in site.status()["fallbacks"]] == [""], target, lambda: site.log)
    site.announce(PLAIN)
    site.wait_for_route(PLAIN, *world.tables)
    site.withdraw(PLAIN)
    site.wait_for_route(PLAIN, *world.tables, target=target)
    wait_for_verdicts(site, PLAIN, "keep fallback", *world.tables)
    site.announce(PLAIN)
    site.wait_for_route(PLAIN, *world.tables)


def made_target(cloud: Cloud, world: World, kind: str) -> str:
    ec2 = cloud.ec2
    match kind:
        case "tgw":
            gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
            ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=gateway, VpcId=world.vpc_id, SubnetIds=list(world.subnets)
            )
            return str(gateway)
        case "pcx":
            other = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
            peering = ec2.create_vpc_peering_connection(VpcId=world.vpc_id, PeerVpcId=other)["VpcPeeringConnection"]
            ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
            return str(peering["VpcPeeringConnectionId"])
        case "vgw":
            gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
            ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=world.vpc_id)
            return str(gateway)
        case "cagw":
            return str(ec2.create_carrier_gateway(VpcId=world.vpc_id)["CarrierGateway"]["CarrierGatewayId"])
        case "vpce":
            made = ec2.create_vpc_endpoint(
                VpcId=world.vpc_id, VpcEndpointType="GatewayLoadBalancer", SubnetIds=[world.subnets[0]],
                ServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
            )  # fmt: skip
            return str(made["VpcEndpoint"]["VpcEndpointId"])
    return world.internet_gateway if kind == "igw" else world.hosts[2].interface_id
