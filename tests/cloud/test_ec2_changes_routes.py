"""ReplaceRoute, DeleteRoute, the quota, propagated routes, and State."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from ground import NO_INTERFACE, PREFIX, Ground, code

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Quirks


def replace(ground: Ground, table: str, **parameters: Any) -> str:
    return code(ground.ec2.replace_route, RouteTableId=table, **{"DestinationCidrBlock": PREFIX, **parameters})


def delete(ground: Ground, table: str, destination: str = PREFIX, **parameters: Any) -> str:
    return code(ground.ec2.delete_route, RouteTableId=table, DestinationCidrBlock=destination, **parameters)


def test_a_replacement_takes_the_route(ground: Ground) -> None:
    table = ground.table_with(NetworkInterfaceId=ground.interface)
    assert replace(ground, table, NetworkInterfaceId=ground.interface2) == ""
    assert ground.route(table)["NetworkInterfaceId"] == ground.interface2


def test_a_missing_route_cannot_be_replaced(ground: Ground) -> None:
    table = ground.new_table()
    assert replace(ground, table, NetworkInterfaceId=ground.interface) == "InvalidParameterValue"
    assert ground.route(table) == {}


@pytest.mark.parametrize("before", ["interface", "gateway"])
@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"NetworkInterfaceId": NO_INTERFACE}, "InvalidNetworkInterfaceID.NotFound"),
        ({"NetworkInterfaceId": "foreign"}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
        ({"NetworkInterfaceId": "other", "DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_refused_replacement_leaves_the_old_target(
    ground: Ground, before: str, wanted: dict[str, Any], error: str
) -> None:
    names = {"foreign": ground.foreign_interface, "other": ground.interface2}
    target = {
        "interface": {"NetworkInterfaceId": ground.interface},
        "gateway": {"GatewayId": ground.gateway},
    }[before]
    table = ground.table_with(**target)
    assert replace(ground, table, **{key: names.get(value, value) for key, value in wanted.items()}) == error
    assert target.items() <= ground.route(table).items()


def test_a_gateway_route_becomes_an_interface_route_and_back(ground: Ground) -> None:
    table = ground.table_with(GatewayId=ground.gateway)
    assert replace(ground, table, NetworkInterfaceId=ground.interface) == ""
    assert "GatewayId" not in ground.route(table)
    assert replace(ground, table, GatewayId=ground.gateway) == ""
    assert "NetworkInterfaceId" not in ground.route(table)


def test_a_route_is_deleted(ground: Ground) -> None:
    table = ground.table_with(NetworkInterfaceId=ground.interface)
    assert delete(ground, table) == ""
    assert ground.route(table) == {}


def test_a_missing_route_cannot_be_deleted(ground: Ground) -> None:
    assert delete(ground, ground.new_table()) == "InvalidRoute.NotFound"


def test_the_local_route_cannot_be_deleted(ground: Ground) -> None:
    table = ground.new_table()
    assert delete(ground, table, "10.0.0.0/16") == "InvalidParameterValue"
    assert ground.route(table, "10.0.0.0/16")


def test_a_dry_run_deletes_nothing(ground: Ground) -> None:
    table = ground.table_with(NetworkInterfaceId=ground.interface)
    with pytest.raises(ClientError, match="DryRun flag is set") as caught:
        ground.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=PREFIX, DryRun=True)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert ground.route(table)


def test_a_table_holds_500_static_routes(ground: Ground) -> None:
    table = ground.new_table()
    prefixes = [f"172.{16 + n // 256}.{n % 256}.0/24" for n in range(501)]
    errors = [
        ground.create(table, DestinationCidrBlock=prefix, NetworkInterfaceId=ground.interface) for prefix in prefixes
    ]
    assert errors == [""] * 500 + ["RouteLimitExceeded"]
    ipv6 = {"DestinationCidrBlock": None, "DestinationIpv6CidrBlock": "2001:db8::/32"}
    assert ground.create(table, **ipv6, NetworkInterfaceId=ground.interface) == ""


def test_a_prefix_list_counts_with_its_size(cloud: Cloud, ground: Ground, quirks: Quirks) -> None:
    cloud.quirks(Quirks(quirks.stopped_is_blackhole, quirks.create_same_route_succeeds, route_quota=10))
    table = ground.table_with(NetworkInterfaceId=ground.interface)
    target = {"DestinationCidrBlock": None, "NetworkInterfaceId": ground.interface}
    big, fitting = ground.new_list("172.20.0.0/16", size=10), ground.new_list("172.20.0.0/16", size=9)
    assert ground.create(table, **target, DestinationPrefixListId=big) == "RouteLimitExceeded"
    assert ground.create(table, **target, DestinationPrefixListId=fitting) == ""
    cloud.quirks(quirks)


def test_a_static_route_lies_beside_a_propagated_one(cloud: Cloud, ground: Ground) -> None:
    table = ground.new_table()
    gateway = cloud.propagate(table, PREFIX)
    propagated = f"{PREFIX} {gateway} active propagated\n"
    assert ground.route(table)["Origin"] == "EnableVgwRoutePropagation"
    assert replace(ground, table, NetworkInterfaceId=ground.interface) == "InvalidParameterValue"
    assert delete(ground, table) == "InvalidRoute.NotFound"
    assert ground.create(table, NetworkInterfaceId=ground.interface) == ""
    assert cloud.routes(table) == f"{PREFIX} {ground.interface} active\n{propagated}"
    assert replace(ground, table, NetworkInterfaceId=ground.interface2) == ""
    assert delete(ground, table) == ""
    assert cloud.routes(table) == propagated


def test_a_terminated_instance_leaves_a_blackhole(ground: Ground) -> None:
    instance, interface = ground.run()
    table = ground.table_with(NetworkInterfaceId=interface)
    ground.ec2.terminate_instances(InstanceIds=[instance])
    route = ground.route(table)
    assert (route["State"], route["NetworkInterfaceId"], route.get("InstanceId")) == ("blackhole", interface, None)


def test_a_stopped_instance_is_a_matter_of_the_quirk(ground: Ground, quirks: Quirks) -> None:
    instance, interface = ground.run()
    table = ground.table_with(NetworkInterfaceId=interface)
    ground.ec2.stop_instances(InstanceIds=[instance])
    assert ground.route(table)["State"] == ("blackhole" if quirks.stopped_is_blackhole else "active")
    ground.ec2.start_instances(InstanceIds=[instance])
    assert ground.route(table)["State"] == "active"


def test_a_deleted_interface_leaves_a_blackhole(ground: Ground) -> None:
    interface = ground.new_interface()
    table = ground.table_with(NetworkInterfaceId=interface)
    ground.ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert ground.route(table)["State"] == "blackhole"


def test_a_detached_gateway_leaves_a_blackhole(ground: Ground) -> None:
    vpc, gateway = ground.new_vpc("10.60.0.0/16"), ground.new_gateway()
    ground.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ground.new_table(vpc)
    ground.create(table, GatewayId=gateway)
    assert ground.route(table)["State"] == "active"
    ground.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert ground.route(table)["State"] == "blackhole"


def test_routes_of_a_transit_gateway_need_an_attachment(ground: Ground) -> None:
    gateway = ground.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = ground.table_with(TransitGatewayId=gateway)
    assert ground.route(table)["State"] == "blackhole"
    ground.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=ground.vpc, SubnetIds=[ground.subnet]
    )
    assert ground.route(table)["State"] == "active"
