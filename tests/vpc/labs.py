"""The same laboratory twice: in memory, and as EC2 in the test cloud."""

from collections.abc import Callable
from dataclasses import dataclass

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, FaultKind, Host, Quirks, WorldSpec
from bgp2vpc.errors import (
    Transient,
)
from bgp2vpc.prefix import Prefix, parse_prefix
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.ec2 import Ec2
from bgp2vpc.vpc.memory import MemoryVpc
from bgp2vpc.vpc.model import InstanceHealth, Route, RouteTable

ANYCAST = parse_prefix("192.0.2.53/32")


@dataclass(frozen=True)
class Lab:
    """A VPC with two hosts of two interfaces, and a second VPC; and what the world outside can do to it."""

    api: VpcApi
    vpc_id: str
    cidr: str
    table: str
    other_table: str
    main_table: str
    subnet_id: str
    own: Host
    peer: Host
    twin_vpc_id: str
    twin_table: str
    twin_interface: str
    internet_gateway: str
    routes: Callable[[str], str]
    propagate: Callable[[str, str], None]
    terminate: Callable[[str], None]
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
    vpc.add_subnet("subnet-a", "10.0.1.0/24")
    vpc.add_table("rtb-a", subnet_ids=["subnet-a"], tags={"type": "private"})
    vpc.add_table("rtb-b", subnet_ids=["subnet-b"], tags={"type": "private"})
    vpc.add_table("rtb-main", main=True)
    vpc.add_table("rtb-twin", vpc_id="vpc-2", tags={"type": "private"})
    vpc.add_interface("eni-twin", "i-twin", vpc_id="vpc-2")
    hosts = []
    for zone in "ab":
        names = (f"eni-{zone}0", f"eni-{zone}1")
        for index, name in enumerate(names):
            address = f"10.0.{'ab'.index(zone)}.{10 + index}"
            vpc.add_interface(name, f"i-{zone}", subnet_id=f"subnet-{zone}", device_index=index, addresses=[address])
        hosts.append(
            Host(f"i-{zone}", names[0], names, f"10.0.{'ab'.index(zone)}.10", zone, f"subnet-{zone}", f"rtb-{zone}")
        )

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
        internet_gateway="igw-1",
        routes=routes,
        propagate=lambda table, prefix: vpc.put_route(table, prefix, "vgw-1", propagated=True),
        terminate=vpc.terminate,
        impair=lambda instance: vpc.set_health(instance, InstanceHealth.IMPAIRED),
        gateway_route=lambda table, prefix: vpc.put_route(table, prefix, "igw-1"),
        set_quota=lambda quota: setattr(vpc, "quota", quota),
        let_same_succeed=lambda: setattr(vpc, "create_same_succeeds", True),
        lose_answer=lambda operation: vpc.fail_next(operation, Transient(operation, "Lost", "lost"), after=True),
    )


def cloud_lab(cloud: Cloud) -> Lab:
    cloud.reset()
    world = cloud.build(WorldSpec(interfaces=2, ipv6=True))
    twin = cloud.build(WorldSpec(instances=1))

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
        internet_gateway=world.internet_gateway,
        routes=lambda table_id: cloud.routes(table_id).rstrip("\n"),
        propagate=propagate,
        terminate=lambda instance: cloud.ec2.terminate_instances(InstanceIds=[instance]) and None,
        impair=lambda instance: cloud.set_status(instance, instance="impaired", system="ok"),
        gateway_route=gateway_route,
        set_quota=lambda quota: cloud.quirks(Quirks(route_quota=quota)),
        let_same_succeed=lambda: cloud.quirks(Quirks(create_same_route_succeeds=True)),
        lose_answer=lambda operation: cloud.fault(Fault(operation, FaultKind.RESET_AFTER)),
    )
