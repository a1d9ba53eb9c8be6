"""CreateRoute as EC2 does it. With the files beside it, these are the 74 questions that plain moto fails."""

import pytest
from ground import NO_INTERFACE, PREFIX, Ground

from bgp2vpc.demo.cloud.values import Quirks

IPV6 = "2001:db8:7::/48"


def test_a_route_by_interface_shows_its_origin_and_state(ground: Ground) -> None:
    route = ground.route(ground.table_with(NetworkInterfaceId=ground.interface))
    assert (route["NetworkInterfaceId"], route["Origin"], route["State"]) == (
        ground.interface,
        "CreateRoute",
        "active",
    )


def test_a_route_by_interface_shows_the_instance_and_its_owner_too(ground: Ground) -> None:
    route = ground.route(ground.table_with(NetworkInterfaceId=ground.interface))
    assert route["InstanceId"] == ground.instance
    assert route["InstanceOwnerId"] == "123456789012"


def test_a_route_by_instance_shows_its_interface_too(ground: Ground) -> None:
    route = ground.route(ground.table_with(InstanceId=ground.instance))
    assert (route["InstanceId"], route["NetworkInterfaceId"]) == (ground.instance, ground.interface)


def test_an_ipv6_route_goes_to_an_interface(ground: Ground) -> None:
    table = ground.new_table()
    assert (
        ground.create(
            table,
            DestinationCidrBlock=None,
            DestinationIpv6CidrBlock=IPV6,
            NetworkInterfaceId=ground.interface,
        )
        == ""
    )
    assert ground.route(table, IPV6)["NetworkInterfaceId"] == ground.interface


def test_a_prefix_list_route_goes_to_an_interface(ground: Ground) -> None:
    table, prefix_list = ground.new_table(), ground.new_list("172.20.0.0/16")
    target = {"NetworkInterfaceId": ground.interface}
    assert ground.create(table, DestinationCidrBlock=None, DestinationPrefixListId=prefix_list, **target) == ""
    assert ground.route(table, prefix_list)["NetworkInterfaceId"] == ground.interface


@pytest.mark.parametrize("by", ["interface", "instance"])
def test_a_destination_with_another_target_exists_already(ground: Ground, by: str) -> None:
    name = {"interface": "NetworkInterfaceId", "instance": "InstanceId"}[by]
    table = ground.table_with(**{name: getattr(ground, by)})
    assert ground.create(table, **{name: getattr(ground, f"{by}2")}) == "RouteAlreadyExists"
    assert ground.route(table)["NetworkInterfaceId"] == ground.interface


def test_an_ipv6_destination_with_another_target_exists_already(ground: Ground) -> None:
    table = ground.new_table()
    destination = {"DestinationCidrBlock": None, "DestinationIpv6CidrBlock": IPV6}
    assert ground.create(table, **destination, NetworkInterfaceId=ground.interface) == ""
    assert ground.create(table, **destination, NetworkInterfaceId=ground.interface2) == "RouteAlreadyExists"


def test_a_route_with_the_same_target_is_a_matter_of_the_quirk(ground: Ground, quirks: Quirks) -> None:
    table = ground.table_with(NetworkInterfaceId=ground.interface)
    expected = "" if quirks.create_same_route_succeeds else "RouteAlreadyExists"
    assert ground.create(table, NetworkInterfaceId=ground.interface) == expected


def test_the_local_route_exists_already_and_stays(ground: Ground) -> None:
    table = ground.new_table()
    assert (
        ground.create(table, DestinationCidrBlock="10.0.0.0/16", NetworkInterfaceId=ground.interface)
        == "RouteAlreadyExists"
    )
    assert ground.route(table, "10.0.0.0/16")["GatewayId"] == "local"


def test_host_bits_are_cleared(ground: Ground) -> None:
    table = ground.new_table()
    ground.create(table, DestinationCidrBlock="192.168.55.7/24", NetworkInterfaceId=ground.interface)
    assert ground.route(table, "192.168.55.0/24")


@pytest.mark.parametrize(
    ("destination", "error"),
    [
        ("10.0.9.9/32", "InvalidParameterValue"),  # within the VPC, no subnet
        ("10.0.2.0/24", ""),  # a whole subnet
        ("garbage", "InvalidParameterValue"),
        ("::/0", "InvalidParameterValue"),  # in the wrong parameter
        ("169.254.169.254/32", "InvalidParameterValue"),  # reserved
        (None, "MissingParameter"),
    ],
)
def test_a_destination_is_judged(ground: Ground, destination: str | None, error: str) -> None:
    table = ground.new_table()
    assert ground.create(table, DestinationCidrBlock=destination, NetworkInterfaceId=ground.interface) == error


def test_a_missing_prefix_list_is_not_found(ground: Ground) -> None:
    destination = {"DestinationCidrBlock": None, "DestinationPrefixListId": "pl-0123456789abcdef0"}
    error = ground.create(ground.new_table(), **destination, NetworkInterfaceId=ground.interface)
    assert error == "InvalidPrefixListID.NotFound"


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ({}, "MissingParameter"),
        ({"NetworkInterfaceId": NO_INTERFACE}, "InvalidNetworkInterfaceID.NotFound"),
        ({"NetworkInterfaceId": "zzz"}, "InvalidNetworkInterfaceId.Malformed"),
        ({"InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
        ({"NatGatewayId": "nat-0123456789abcdef0"}, "InvalidNatGatewayID.NotFound"),
        ({"TransitGatewayId": "tgw-0123456789abcdef0"}, "InvalidTransitGatewayID.NotFound"),
        ({"GatewayId": "igw-0123456789abcdef0"}, "InvalidInternetGatewayID.NotFound"),
    ],
)
def test_a_target_is_judged(ground: Ground, target: dict[str, str], error: str) -> None:
    table = ground.new_table()
    assert ground.create(table, **target) == error
    assert ground.route(table) == {}


def test_two_targets_exclude_each_other(ground: Ground) -> None:
    targets = {"NetworkInterfaceId": ground.interface, "GatewayId": ground.gateway}
    assert ground.create(ground.new_table(), **targets) == "InvalidParameterCombination"


def test_a_target_of_another_vpc_is_refused(ground: Ground) -> None:
    assert ground.create(ground.new_table(), NetworkInterfaceId=ground.foreign_interface) == "InvalidParameterValue"


def test_an_unattached_gateway_is_refused(ground: Ground) -> None:
    error = ground.create(ground.new_table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=ground.loose_gateway)
    assert error == "InvalidParameterValue"


def test_a_subnet_goes_to_no_gateway(ground: Ground) -> None:
    error = ground.create(ground.new_table(), DestinationCidrBlock="10.0.2.0/24", GatewayId=ground.gateway)
    assert error == "InvalidParameterValue"


def test_an_instance_with_two_interfaces_is_no_target(ground: Ground) -> None:
    instance, _ = ground.run()
    ground.ec2.attach_network_interface(NetworkInterfaceId=ground.new_interface(), InstanceId=instance, DeviceIndex=1)
    assert ground.create(ground.new_table(), InstanceId=instance) == "InvalidInstanceID"


def test_a_missing_table_is_not_found(ground: Ground) -> None:
    error = ground.create("rtb-0123456789abcdef0", NetworkInterfaceId=ground.interface)
    assert error == "InvalidRouteTableID.NotFound"


def test_a_dry_run_creates_nothing(ground: Ground) -> None:
    table = ground.new_table()
    assert ground.create(table, NetworkInterfaceId=ground.interface, DryRun=True) == "DryRunOperation"
    assert ground.route(table, PREFIX) == {}
