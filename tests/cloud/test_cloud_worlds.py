"""The process and the worlds it builds."""

import os
import select
import signal
import subprocess
import sys

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.process import CloudError
from bgp2vpc.demo.cloud.values import Quirks, World, WorldSpec
from tests.waiting import PATIENCE

DIE_WITH_A_CLOUD = """
import os, sys
from bgp2vpc.demo.cloud.process import start_process
process, url = start_process()
print(process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_world_has_a_table_and_a_host_in_each_zone(cloud: Cloud, world: World) -> None:
    assert [host.zone for host in world.hosts] == ["us-east-1a", "us-east-1b"]
    assert [host.table for host in world.hosts] == list(world.tables)
    described = cloud.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [world.vpc_id]}])
    tables = {table["RouteTableId"]: table for table in described["RouteTables"]}
    assert set(tables) == {*world.tables, world.main_table}
    for table, subnet in zip(world.tables, world.subnets, strict=True):
        assert {"Key": "type", "Value": "private"} in tables[table]["Tags"]
        assert [association["SubnetId"] for association in tables[table]["Associations"]] == [subnet]
    assert tables[world.main_table]["Tags"] == []
    for host in world.hosts:
        (interface,) = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=[host.interface_id])[
            "NetworkInterfaces"
        ]
        assert interface["Attachment"]["InstanceId"] == host.instance_id
        assert interface["PrivateIpAddress"] == host.address
        assert interface["SourceDestCheck"] is False


def test_a_large_world_is_built_at_once(cloud: Cloud) -> None:
    cloud.reset()
    spec = WorldSpec(instances=3, tables_per_zone=100, filler_routes=50, source_dest_check=True, twin=True)
    world = cloud.build(spec)
    assert len(world.tables) == 200
    assert cloud.routes(world.tables[199]).count("\n") == 50
    assert world.twin is not None
    assert len(world.twin.tables) == 200
    assert world.twin.vpc_id != world.vpc_id


def test_tables_may_be_tagged_with_their_zone(cloud: Cloud) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(tables_per_zone=2, tag_zones=True))
    described = cloud.ec2.describe_route_tables(RouteTableIds=list(world.tables))["RouteTables"]
    tags = {each["RouteTableId"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in described}
    assert [tags[table]["az"] for table in world.tables] == ["us-east-1a"] * 2 + ["us-east-1b"] * 2
    assert {each["type"] for each in tags.values()} == {"private"}


def test_a_world_may_have_a_nat_gateway(cloud: Cloud, world: World) -> None:
    assert world.nat_gateway is None
    cloud.reset()
    world = cloud.build(WorldSpec(nat_gateway=True, interfaces=3))
    (gateway,) = cloud.ec2.describe_nat_gateways(NatGatewayIds=[world.nat_gateway])["NatGateways"]
    assert (gateway["SubnetId"], gateway["VpcId"]) == (world.subnets[0], world.vpc_id)
    assert gateway["ConnectivityType"] == "public"
    assert gateway["NatGatewayAddresses"][0]["PublicIp"]


def test_a_table_prints_itself_sorted(cloud: Cloud, world: World) -> None:
    table, interface = world.tables[0], world.hosts[0].interface_id
    for prefix in ("192.0.2.53/32", "100.64.0.0/10", "192.0.2.0/24"):
        cloud.ec2.create_route(RouteTableId=table, DestinationCidrBlock=prefix, NetworkInterfaceId=interface)
    cloud.ec2.create_route(
        RouteTableId=table, DestinationIpv6CidrBlock="2001:db8::/32", GatewayId=world.internet_gateway
    )
    static = (
        f"100.64.0.0/10 {interface} active\n"
        f"192.0.2.0/24 {interface} active\n"
        f"192.0.2.53/32 {interface} active\n"
        f"2001:db8::/32 {world.internet_gateway} active\n"
    )
    assert cloud.routes(table) == static
    assert cloud.routes(table, local=True) == f"10.0.0.0/16 local active\n{static}"


def test_what_the_process_refuses_is_told(cloud: Cloud, world: World) -> None:
    with pytest.raises(CloudError, match=r"routes: InvalidRouteTableID\.NotFound"):
        cloud.routes("rtb-0123456789abcdef0")
    with pytest.raises(CloudError, match="InvalidInstanceID"):
        cloud.set_status("i-0123456789abcdef0")


def test_the_quota_may_be_set(cloud: Cloud, world: World) -> None:
    cloud.quirks(Quirks(route_quota=0))
    with pytest.raises(cloud.ec2.exceptions.ClientError, match="RouteLimitExceeded"):
        cloud.ec2.create_route(
            RouteTableId=world.tables[0],
            DestinationCidrBlock="192.0.2.53/32",
            NetworkInterfaceId=world.hosts[0].interface_id,
        )


@pytest.mark.io
def test_the_process_ends_with_its_parent() -> None:
    parent = subprocess.run(
        [sys.executable, "-c", DIE_WITH_A_CLOUD], capture_output=True, text=True, timeout=60, check=False
    )
    assert parent.returncode == -signal.SIGKILL
    cloud = int(parent.stdout)
    # Not our child, so there is nothing to wait for but the end of the pidfd.
    try:
        descriptor = os.pidfd_open(cloud)
    except ProcessLookupError:
        return
    try:
        assert ended(descriptor), "the cloud outlived its parent"
    finally:
        os.close(descriptor)


def ended(descriptor: int, timeout: float = PATIENCE) -> bool:
    return bool(select.select([descriptor], [], [], timeout)[0])


def test_a_taken_port_is_a_clear_error(cloud: Cloud) -> None:
    port = cloud.endpoint_url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "bgp2vpc.demo.cloud", "--port", port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in second.stderr
