"""Routes, beyond what the battery asks: the lenient cases, what a refusal leaves, quotas, propagation, State."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Quirks
from tests.cloud.ec2_battery.lab import IPV6_PREFIX, NO_INTERFACE, PREFIX, Lab, code


def test_a_route_with_the_same_target_is_a_matter_of_the_quirk(lab: Lab, quirks: Quirks) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    expected = "" if quirks.create_same_route_succeeds else "RouteAlreadyExists"
    assert lab.create(table, NetworkInterfaceId=lab.host.interface) == expected
    assert lab.create(table, NetworkInterfaceId=lab.host2.interface) == "RouteAlreadyExists"
    assert lab.route(table)["NetworkInterfaceId"] == lab.host.interface


@pytest.mark.parametrize(
    ("destination", "error"),
    [
        ("10.0.2.0/24", ""),  # a whole subnet
        ("169.254.169.254/32", "InvalidParameterValue"),  # reserved
    ],
)
def test_a_destination_is_judged(lab: Lab, destination: str, error: str) -> None:
    assert lab.subnet2
    assert lab.create(lab.table(), destination, NetworkInterfaceId=lab.host.interface) == error


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ({}, "MissingParameter"),
        ({"NetworkInterfaceId": NO_INTERFACE}, "InvalidNetworkInterfaceID.NotFound"),
        ({"NetworkInterfaceId": "zzz"}, "InvalidNetworkInterfaceId.Malformed"),
        ({"InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
        ({"GatewayId": "igw-0123456789abcdef0"}, "InvalidGatewayID.NotFound"),
    ],
)
def test_a_refused_creation_leaves_nothing(lab: Lab, target: dict[str, str], error: str) -> None:
    table = lab.table()
    assert lab.create(table, **target) == error
    assert lab.route(table) == {}


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"NetworkInterfaceId": "foreign"}, "InvalidParameterValue"),
        ({"NetworkInterfaceId": "other", "DryRun": True}, "DryRunOperation"),
        ({}, "MissingParameter"),
    ],
)
def test_a_refused_replacement_leaves_the_gateway(lab: Lab, wanted: dict[str, Any], error: str) -> None:
    names = {"foreign": lab.foreign_host.interface, "other": lab.host2.interface}
    table = lab.table_to(GatewayId=lab.gateway)
    assert lab.replace(table, **{key: names.get(value, value) for key, value in wanted.items()}) == error
    assert lab.route(table)["GatewayId"] == lab.gateway


def test_a_gateway_route_becomes_an_interface_route_and_back(lab: Lab) -> None:
    table = lab.table_to(GatewayId=lab.gateway)
    assert lab.replace(table, NetworkInterfaceId=lab.host.interface) == ""
    assert "GatewayId" not in lab.route(table)
    assert lab.replace(table, GatewayId=lab.gateway) == ""
    assert "NetworkInterfaceId" not in lab.route(table)


def test_a_route_is_deleted(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    assert lab.delete(table) == ""
    assert lab.route(table) == {}


def test_a_dry_run_says_what_it_is_with_status_412(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    with pytest.raises(ClientError, match="DryRun flag is set") as caught:
        lab.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=PREFIX, DryRun=True)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


@pytest.fixture
def small_quota(cloud: Cloud, lab: Lab, quirks: Quirks) -> Any:
    cloud.quirks(Quirks(quirks.stopped_is_blackhole, quirks.create_same_route_succeeds, route_quota=10))
    yield
    cloud.quirks(quirks)


@pytest.mark.usefixtures("small_quota")
def test_each_address_family_has_its_quota(lab: Lab) -> None:
    table, target = lab.table(), {"NetworkInterfaceId": lab.host.interface}
    errors = [lab.create(table, f"172.16.{n}.0/24", **target) for n in range(11)]
    assert errors == [""] * 10 + ["RouteLimitExceeded"]
    assert lab.create(table, IPV6_PREFIX, **target) == ""


@pytest.mark.usefixtures("small_quota")
def test_a_prefix_list_counts_with_its_size(lab: Lab) -> None:
    table = lab.table_to(NetworkInterfaceId=lab.host.interface)
    big, fitting = lab.new_list("172.20.0.0/16", size=10), lab.new_list("172.20.0.0/16", size=9)
    assert lab.create(table, big, NetworkInterfaceId=lab.host.interface) == "RouteLimitExceeded"
    assert lab.create(table, fitting, NetworkInterfaceId=lab.host.interface) == ""


def test_a_static_route_lies_beside_a_propagated_one(cloud: Cloud, lab: Lab) -> None:
    table = lab.table()
    gateway = cloud.propagate(table, PREFIX)
    propagated = f"{PREFIX} {gateway} active propagated\n"
    assert lab.route(table)["Origin"] == "EnableVgwRoutePropagation"
    assert lab.replace(table, NetworkInterfaceId=lab.host.interface) == "InvalidParameterValue"
    assert lab.delete(table) == "InvalidRoute.NotFound"
    assert lab.create(table, NetworkInterfaceId=lab.host.interface) == ""
    assert cloud.routes(table) == f"{PREFIX} {lab.host.interface} active\n{propagated}"
    assert lab.replace(table, NetworkInterfaceId=lab.host2.interface) == ""
    assert lab.delete(table) == ""
    assert cloud.routes(table) == propagated


def test_a_blackhole_keeps_its_interface_and_loses_its_instance(lab: Lab) -> None:
    host = lab.run()
    table = lab.table_to(NetworkInterfaceId=host.interface)
    lab.ec2.terminate_instances(InstanceIds=[host.instance])
    route = lab.route(table)
    assert (route["State"], route["NetworkInterfaceId"]) == ("blackhole", host.interface)
    assert "InstanceId" not in route


def test_a_started_instance_is_no_blackhole_any_more(lab: Lab) -> None:
    host = lab.run()
    table = lab.table_to(NetworkInterfaceId=host.interface)
    lab.ec2.stop_instances(InstanceIds=[host.instance])
    lab.ec2.start_instances(InstanceIds=[host.instance])
    assert lab.route(table)["State"] == "active"


def test_a_route_to_a_transit_gateway_needs_an_attachment(lab: Lab) -> None:
    gateway = lab.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = lab.table()
    assert lab.create(table, TransitGatewayId=gateway) == "InvalidTransitGatewayID.NotFound"
    attached = lab.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=lab.vpc, SubnetIds=[lab.subnet]
    )["TransitGatewayVpcAttachment"]
    assert lab.create(table, TransitGatewayId=gateway) == ""
    assert lab.route(table)["State"] == "active"
    lab.ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attached["TransitGatewayAttachmentId"])
    assert lab.route(table)["State"] == "blackhole"


def new_nat_gateway(lab: Lab, subnet: str) -> str:
    created = lab.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    return str(created["NatGatewayId"])


def test_a_nat_gateway_has_an_interface_of_its_own_in_the_subnet(lab: Lab) -> None:
    gateway = new_nat_gateway(lab, lab.subnet)
    (described,) = lab.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    (address,) = described["NatGatewayAddresses"]
    interface = lab.interface(address["NetworkInterfaceId"])
    assert (interface["SubnetId"], interface["InterfaceType"]) == (lab.subnet, "nat_gateway")
    assert address["PrivateIp"] == interface["PrivateIpAddress"]
    assert ip_address(address["PrivateIp"]) in ip_network("10.0.1.0/24")
    lab.ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert lab.interfaces("network-interface-id", address["NetworkInterfaceId"]) == set()
    assert code(lab.ec2.delete_nat_gateway, NatGatewayId=gateway) == "NatGatewayNotFound"


def test_a_public_nat_gateway_needs_an_address(lab: Lab) -> None:
    assert code(lab.ec2.create_nat_gateway, SubnetId=lab.subnet) == "MissingParameter"


def test_a_route_to_a_nat_gateway_needs_one_of_the_same_vpc_that_is_not_deleted(lab: Lab) -> None:
    foreign = new_nat_gateway(lab, lab.new_subnet("10.50.9.0/24", vpc=lab.other_vpc))
    assert lab.create(lab.table(), NatGatewayId=foreign) == "InvalidParameterValue"
    gateway = new_nat_gateway(lab, lab.subnet)
    table = lab.table_to(NatGatewayId=gateway)
    lab.ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert lab.route(table)["State"] == "blackhole"
    assert lab.create(lab.table(), NatGatewayId=gateway) == "InvalidNatGatewayID.NotFound"


@pytest.mark.parametrize("target", ["nat", "endpoint"])
def test_a_route_that_changes_its_kind_of_target_shows_one_at_a_time(lab: Lab, target: str) -> None:
    if target == "nat":
        shown = wanted = {"NatGatewayId": new_nat_gateway(lab, lab.subnet)}
    else:
        endpoint = lab.ec2.create_vpc_endpoint(
            VpcEndpointType="GatewayLoadBalancer", VpcId=lab.vpc, ServiceName="vpce-svc-1", SubnetIds=[lab.subnet]
        )["VpcEndpoint"]["VpcEndpointId"]
        wanted, shown = {"VpcEndpointId": endpoint}, {"GatewayId": endpoint}
    common = {"DestinationCidrBlock": PREFIX, "Origin": "CreateRoute", "State": "active"}
    table = lab.table_to(**wanted)
    assert lab.route(table) == common | shown
    assert lab.replace(table, NetworkInterfaceId=lab.host.interface) == ""
    assert lab.route(table).keys() == {*common, "NetworkInterfaceId", "InstanceId", "InstanceOwnerId"}
    assert lab.replace(table, **wanted) == ""
    assert lab.route(table) == common | shown


def test_a_missing_transit_gateway_route_cannot_be_replaced(lab: Lab) -> None:
    gateway = lab.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = lab.ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]
    with pytest.raises(ClientError, match=r"InvalidRoute\.NotFound"):
        lab.ec2.replace_transit_gateway_route(
            TransitGatewayRouteTableId=table["TransitGatewayRouteTableId"],
            DestinationCidrBlock="172.30.0.0/16",
            Blackhole=True,
        )
