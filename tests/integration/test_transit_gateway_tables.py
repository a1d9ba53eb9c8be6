"""A rule with `transit_gateway_route_tables`, as its users run it: a daemon and its commands against the stand-in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec

EXAMPLE = Path(__file__).parents[2] / "examples" / "transit-gateway.yaml"
A = "192.0.2.53/32"


@dataclass
class Gateway:
    """A transit gateway with the world's VPC and another one attached, and a table of it."""

    cloud: Cloud
    table: str
    own: str
    other: str

    def leads_to(self) -> list[str]:
        """Where its table leads for A: `tgw-attach-… active`, or nothing."""
        found = self.cloud.ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId=self.table, Filters=[{"Name": "type", "Values": ["static"]}]
        )["Routes"]
        return [
            f"{each['TransitGatewayAttachments'][0]['TransitGatewayAttachmentId']} {each['State']}"
            for each in found
            if each["DestinationCidrBlock"] == A
        ]

    def wait(self, *expected: str) -> None:
        self.cloud.wait_until(lambda: self.leads_to() == list(expected))


@pytest.fixture
def world(cloud: Cloud) -> Iterator[World]:
    cloud.reset()
    yield cloud.build(WorldSpec(twin=True))
    cloud.reset()


@pytest.fixture
def gateway(world: World, cloud: Cloud) -> Gateway:
    ec2 = cloud.ec2
    tgw = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attached = [
        ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=tgw, VpcId=vpc.vpc_id, SubnetIds=[vpc.subnets[0]])
        for vpc in (world, world.twin)
    ]
    own, other = (each["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"] for each in attached)
    tags = {"ResourceType": "transit-gateway-route-table", "Tags": [{"Key": "type", "Value": "anycast"}]}
    made = ec2.create_transit_gateway_route_table(TransitGatewayId=tgw, TagSpecifications=[tags])
    table = made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    for each in (own, other):
        ec2.enable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=each
        )
    return Gateway(cloud, table, own, other)


def test_a_transit_gateway_leads_to_this_vpc_while_it_serves(
    site: Site, gateway: Gateway, cloud: Cloud, tmp_path: Path
) -> None:
    """The example without its BGP, with nothing but the permissions that `iam-policy` prints."""
    down = tmp_path / "down"
    check = {"command": "test", "arguments": ["!", "-e", str(down)]}
    checks = {"dns": {"type": "command", "destination": "127.0.0.1", "every": 0.1, "config": check}}
    site.configure(healthchecks=checks, routetables=yaml.safe_load(EXAMPLE.read_text())["routetables"])
    policy = site.command("iam-policy", "-f", str(site.file), "--region", cloud.region, "--account", "123456789012")
    cloud.permit(site.host.instance_id, policy.stdout)
    planned = site.command("plan", "-f", str(site.file), "--assume", A)
    assert f"{A} in {gateway.table}: create (absent); target {gateway.own}; rule private" in planned.stdout

    site.start()
    gateway.wait(f"{gateway.own} active")
    site.wait_for_route(A)
    # Somebody points it at the other VPC; this rule has `takeover: always`, as managed routes have without BGP.
    place = {"TransitGatewayRouteTableId": gateway.table, "DestinationCidrBlock": A}
    cloud.ec2.replace_transit_gateway_route(**place, TransitGatewayAttachmentId=gateway.other)
    cloud.wait_for_calls("ReplaceTransitGatewayRoute")
    gateway.wait(f"{gateway.own} active")

    answer = site.command("doctor", "-f", str(site.file), "--json")
    found = [each for each in json.loads(answer.stdout) if "TransitGateway" in each["message"]]
    assert {each["message"].split()[0] for each in found} >= {
        "ec2:SearchTransitGatewayRoutes", "ec2:DeleteTransitGatewayRoute",
    }  # fmt: skip
    found += [each for each in json.loads(answer.stdout) if each["check"] in ("tables", "transit-gateway")]
    assert [each for each in found if each["state"] != "ok"] == []

    down.touch()
    gateway.wait()
    site.stop()
    with site.as_helper():
        down.unlink()
        gateway.wait(f"{gateway.own} active")
