"""The same laboratory twice: in memory, and as EC2 in the test cloud."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost, Fault, FaultKind, Quirks, World, WorldSpec
from bgp2vpc.errors import (
    Transient,
)
from bgp2vpc.prefix import Prefix, parse_prefix
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import InstanceHealth, Route, RouteTable
from tests.memory_vpc import MemoryVpc

ANYCAST = parse_prefix("192.0.2.53/32")
ZONES = ("us-east-1a", "us-east-1b")


@dataclass(frozen=True)
class Lab:
    """A VPC with two hosts of two interfaces, and a second VPC; and what the world outside can do to it.

    `gateway` tells the id of one that routes of the VPC may be given, by what its id begins with, and makes it if need
    be. The other VPC has a NAT gateway, too.
    """

    api: VpcApi
    vpc_id: str
    cidr: str
    table: str
    other_table: str
    main_table: str
    subnet_id: str
    own: CloudHost
    peer: CloudHost
    twin_vpc_id: str
    twin_table: str
    twin_interface: str
    twin_nat_gateway: str
    internet_gateway: str
    nat_gateway: str
    subnet_cidr: str
    gateway: Callable[[str], str]
    remove_nat_gateway: Callable[[], None]
    routes: Callable[[str], str]
    propagate: Callable[[str, str], None]
    terminate: Callable[[str], None]
    tag_instance: Callable[[str, str, str], None]
    scale_in: Callable[[LifecycleAction], None]
    impair: Callable[[str], None]
    gateway_route: Callable[[str, str], None]
    set_quota: Callable[[int], None]
    let_same_succeed: Callable[[], None]
    lose_answer: Callable[[str], None]

    def read(self, table_id: str = "") -> RouteTable:
        (table,) = self.api.route_tables([self.vpc_id], [table_id or self.table])
        return table

    def route(self, prefix: Prefix = ANYCAST) -> Route | None:
        return self.read().static_route(prefix)


def memory_lab() -> Lab:
    vpc = MemoryVpc()
    vpc.add_vpc("vpc-2", "10.0.0.0/16")
    vpc.add_subnet("subnet-a", "10.0.1.0/24", "2001:db8:0:1::/64", zone=ZONES[0])
    vpc.add_subnet("subnet-b", "10.0.2.0/24", "2001:db8:0:2::/64", zone=ZONES[1])
    vpc.add_subnet("subnet-c", "10.0.1.0/24", vpc_id="vpc-2", zone=ZONES[0])
    for gateway in ("igw-1", "nat-1"):
        vpc.add_gateway(gateway)
    vpc.add_gateway("nat-2", vpc_id="vpc-2")
    vpc.add_table("rtb-a", subnet_ids=["subnet-a"], tags={"type": "private"})
    vpc.add_table("rtb-b", subnet_ids=["subnet-b"], tags={"type": "private"})
    vpc.add_table("rtb-main", main=True)
    vpc.add_table("rtb-twin", vpc_id="vpc-2", tags={"type": "private"})
    vpc.add_interface("eni-twin", "i-twin", vpc_id="vpc-2", addresses=["10.0.1.10"])
    hosts = []
    for number, (letter, zone) in enumerate(zip("ab", ZONES, strict=True), start=1):
        names = (f"eni-{letter}0", f"eni-{letter}1")
        subnet, table = f"subnet-{letter}", f"rtb-{letter}"
        for index, name in enumerate(names):
            addresses = [f"2001:db8:0:{number}::{10 + index}", f"10.0.{number}.{10 + index}"]
            vpc.add_interface(name, f"i-{letter}", subnet_id=subnet, device_index=index, addresses=addresses)
        hosts.append(CloudHost(f"i-{letter}", names[0], names, f"10.0.{number}.10", zone, subnet, table))

    def routes(table_id: str) -> str:
        lines = [line.partition(" ") for line in str(vpc).splitlines()]
        return "\n".join(rest for table, _, rest in lines if table == table_id)

    return Lab(
        api=vpc,
        vpc_id="vpc-1",
        cidr="10.0.0.0/16",
        table="rtb-a",
        other_table="rtb-b",
        main_table="rtb-main",
        subnet_id="subnet-a",
        own=hosts[0],
        peer=hosts[1],
        twin_vpc_id="vpc-2",
        twin_table="rtb-twin",
        twin_interface="eni-twin",
        twin_nat_gateway="nat-2",
        internet_gateway="igw-1",
        nat_gateway="nat-1",
        subnet_cidr="10.0.1.0/24",
        gateway=lambda kind: vpc.add_gateway(f"{kind}-1"),
        remove_nat_gateway=lambda: vpc.remove_gateway("nat-1"),
        routes=routes,
        propagate=lambda table, prefix: vpc.put_route(table, prefix, "vgw-1", propagated=True),
        terminate=vpc.terminate,
        tag_instance=vpc.tag_instance,
        scale_in=vpc.scale_in,
        impair=lambda instance: vpc.set_health(instance, InstanceHealth.IMPAIRED),
        gateway_route=lambda table, prefix: vpc.put_route(table, prefix, "igw-1"),
        set_quota=lambda quota: setattr(vpc, "quota", quota),
        let_same_succeed=lambda: setattr(vpc, "create_same_succeeds", True),
        lose_answer=lambda operation: vpc.fail_next(operation, Transient(operation, "Lost", "lost"), after=True),
    )


def cloud_lab(cloud: Cloud) -> Lab:
    cloud.reset()
    world = cloud.build(WorldSpec(interfaces=2, ipv6=True, nat_gateway=True))
    twin = cloud.build(WorldSpec(instances=1, nat_gateway=True))
    assert world.nat_gateway
    assert twin.nat_gateway

    def propagate(table_id: str, prefix: str) -> None:
        cloud.propagate(table_id, prefix)

    def gateway_route(table_id: str, prefix: str) -> None:
        cloud.ec2.create_route(RouteTableId=table_id, DestinationCidrBlock=prefix, GatewayId=world.internet_gateway)

    return Lab(
        api=Ec2(cloud.region),
        vpc_id=world.vpc_id,
        cidr=world.cidr,
        table=world.tables[0],
        other_table=world.tables[1],
        main_table=world.main_table,
        subnet_id=world.subnets[0],
        own=world.hosts[0],
        peer=world.hosts[1],
        twin_vpc_id=twin.vpc_id,
        twin_table=twin.tables[0],
        twin_interface=twin.hosts[0].interface_id,
        twin_nat_gateway=twin.nat_gateway,
        internet_gateway=world.internet_gateway,
        nat_gateway=world.nat_gateway,
        subnet_cidr="10.0.1.0/24",
        gateway=lambda kind: cloud_gateway(cloud.ec2, world, twin, kind),
        remove_nat_gateway=lambda: cloud.ec2.delete_nat_gateway(NatGatewayId=world.nat_gateway) and None,
        routes=lambda table_id: cloud.routes(table_id).rstrip("\n"),
        propagate=propagate,
        terminate=lambda instance: cloud.ec2.terminate_instances(InstanceIds=[instance]) and None,
        tag_instance=lambda instance, key, value: tag(cloud.ec2, instance, key, value),
        scale_in=lambda action: cloud.scale_in(action.instance_id, action.group, action.hook),
        impair=lambda instance: cloud.set_status(instance, instance="impaired", system="ok"),
        gateway_route=gateway_route,
        set_quota=lambda quota: cloud.quirks(Quirks(route_quota=quota)),
        let_same_succeed=lambda: cloud.quirks(Quirks(create_same_route_succeeds=True)),
        lose_answer=lambda operation: cloud.fault(Fault(operation, FaultKind.RESET_AFTER)),
    )


def tag(ec2: Any, instance: str, key: str, value: str) -> None:
    ec2.create_tags(Resources=[instance], Tags=[{"Key": key, "Value": value}])


def cloud_gateway(ec2: Any, world: World, twin: World, kind: str) -> str:
    """The world's gateway of this kind, or a new one."""
    match kind:
        case "igw":
            made = world.internet_gateway
        case "nat":
            made = world.nat_gateway
        case "vgw":
            made = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
            ec2.attach_vpn_gateway(VpnGatewayId=made, VpcId=world.vpc_id)
        case "tgw":
            made = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
            ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=made, VpcId=world.vpc_id, SubnetIds=[world.subnets[0]]
            )
        case "pcx":
            asked = ec2.create_vpc_peering_connection(VpcId=world.vpc_id, PeerVpcId=twin.vpc_id)
            made = asked["VpcPeeringConnection"]["VpcPeeringConnectionId"]
            ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
        case "vpce":
            asked = ec2.create_vpc_endpoint(
                VpcEndpointType="GatewayLoadBalancer",
                VpcId=world.vpc_id,
                ServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-1",
                SubnetIds=[world.subnets[0]],
            )
            made = asked["VpcEndpoint"]["VpcEndpointId"]
        case "eigw":
            asked = ec2.create_egress_only_internet_gateway(VpcId=world.vpc_id)
            made = asked["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        case _:
            raise ValueError(kind)
    return str(made)
