"""Interfaces, instances and their status, prefix lists, transit gateways."""

from typing import Any

import pytest
from ground import Ground, code

from bgp2vpc.demo.cloud.client import Cloud


def interfaces(ground: Ground, name: str, value: str) -> list[str]:
    found = ground.ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value]}])
    return [interface["NetworkInterfaceId"] for interface in found["NetworkInterfaces"]]


def interface(ground: Ground, identifier: str) -> dict[str, Any]:
    return ground.ec2.describe_network_interfaces(NetworkInterfaceIds=[identifier])["NetworkInterfaces"][0]


def test_an_interface_is_found_by_a_secondary_address(ground: Ground) -> None:
    identifier = ground.new_interface()
    ground.ec2.assign_private_ip_addresses(NetworkInterfaceId=identifier, PrivateIpAddresses=["10.0.1.222"])
    assert interfaces(ground, "addresses.private-ip-address", "10.0.1.222") == [identifier]


def test_an_address_is_given_once(ground: Ground) -> None:
    ground.new_interface(PrivateIpAddress="10.0.1.99")
    error = code(ground.ec2.create_network_interface, SubnetId=ground.subnet, PrivateIpAddress="10.0.1.99")
    assert error == "InvalidIPAddress.InUse"


def test_an_attached_interface_cannot_be_deleted(ground: Ground) -> None:
    _, identifier = ground.run()
    assert code(ground.ec2.delete_network_interface, NetworkInterfaceId=identifier) == "InvalidParameterValue"
    assert interface(ground, identifier)


def test_termination_takes_the_first_interface_and_leaves_one_attached_later(ground: Ground) -> None:
    instance, primary = ground.run()
    later = ground.new_interface()
    ground.ec2.attach_network_interface(NetworkInterfaceId=later, InstanceId=instance, DeviceIndex=1)
    ground.ec2.terminate_instances(InstanceIds=[instance])
    error = code(ground.ec2.describe_network_interfaces, NetworkInterfaceIds=[primary])
    assert error == "InvalidNetworkInterfaceID.NotFound"
    assert interface(ground, later)["Status"] == "available"


@pytest.mark.parametrize("by", ["interface", "instance"])
def test_the_source_destination_check_is_one_for_both(ground: Ground, by: str) -> None:
    instance, identifier = ground.run()
    if by == "interface":
        ground.ec2.modify_network_interface_attribute(NetworkInterfaceId=identifier, SourceDestCheck={"Value": False})
    else:
        ground.ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    assert interface(ground, identifier)["SourceDestCheck"] is False
    (reservation,) = ground.ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    assert reservation["Instances"][0]["SourceDestCheck"] is False


def test_the_check_of_an_instance_with_two_interfaces_is_ambiguous(ground: Ground) -> None:
    instance, _ = ground.run()
    ground.ec2.attach_network_interface(NetworkInterfaceId=ground.new_interface(), InstanceId=instance, DeviceIndex=1)
    error = code(ground.ec2.modify_instance_attribute, InstanceId=instance, SourceDestCheck={"Value": False})
    assert error == "InvalidInstanceID"


def statuses(ground: Ground, **parameters: Any) -> list[tuple[str, str, str]]:
    answer = ground.ec2.describe_instance_status(**parameters)["InstanceStatuses"]
    return [
        (one["InstanceState"]["Name"], one["InstanceStatus"]["Status"], one["SystemStatus"]["Status"]) for one in answer
    ]


def test_the_status_of_a_stopped_instance_is_shown_only_on_request(ground: Ground) -> None:
    instance, _ = ground.run()
    ground.ec2.stop_instances(InstanceIds=[instance])
    assert statuses(ground, InstanceIds=[instance]) == []
    shown = statuses(ground, InstanceIds=[instance], IncludeAllInstances=True)
    assert shown == [("stopped", "not-applicable", "not-applicable")]


def test_an_impaired_instance_is_found(cloud: Cloud, ground: Ground) -> None:
    wanted = [{"Name": "instance-status.status", "Values": ["impaired"]}]
    assert statuses(ground, Filters=wanted) == []
    instance, _ = ground.run()
    cloud.set_status(instance, instance="impaired")
    assert statuses(ground, Filters=wanted) == [("running", "impaired", "ok")]
    cloud.set_status(instance)
    assert statuses(ground, InstanceIds=[instance]) == [("running", "ok", "ok")]


def test_a_prefix_list_changes_only_from_its_present_version(ground: Ground) -> None:
    prefix_list = ground.new_list("10.1.0.0/16")
    change = {"PrefixListId": prefix_list, "CurrentVersion": 1, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}
    assert code(ground.ec2.modify_managed_prefix_list, **change) == ""
    assert code(ground.ec2.modify_managed_prefix_list, **change) == "PrefixListVersionMismatch"


def test_a_prefix_list_has_room_for_so_many(ground: Ground) -> None:
    cidrs = [{"Cidr": "10.1.0.0/16"}, {"Cidr": "10.2.0.0/16"}]
    family = {"PrefixListName": "z", "MaxEntries": 1, "AddressFamily": "IPv4"}
    error = code(ground.ec2.create_managed_prefix_list, **family, Entries=cidrs)
    assert error == "InvalidParameterValue"
    full = ground.new_list("10.1.0.0/16", size=1)
    change = {"PrefixListId": full, "CurrentVersion": 1, "AddEntries": cidrs[1:]}
    assert code(ground.ec2.modify_managed_prefix_list, **change) == "InvalidParameterValue"


def test_a_changed_prefix_list_keeps_its_name(ground: Ground) -> None:
    prefix_list = ground.new_list("10.1.0.0/16", name="keep")
    ground.ec2.modify_managed_prefix_list(
        PrefixListId=prefix_list,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.2.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.1.0.0/16"}],
    )
    (shown,) = ground.ec2.describe_managed_prefix_lists(PrefixListIds=[prefix_list])["PrefixLists"]
    entries = ground.ec2.get_managed_prefix_list_entries(PrefixListId=prefix_list)["Entries"]
    assert (shown["PrefixListName"], shown["Version"]) == ("keep", 2)
    assert [entry["Cidr"] for entry in entries] == ["10.2.0.0/16"]


def transit(ground: Ground) -> tuple[dict[str, str], str]:
    """The parameters of a route in a new transit gateway's table, and an attachment to it."""
    gateway = ground.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attachment = ground.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=ground.vpc, SubnetIds=[ground.subnet]
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    table = ground.ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)
    identifier = table["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    return {"TransitGatewayRouteTableId": identifier, "DestinationCidrBlock": "172.30.0.0/16"}, attachment


def test_a_transit_gateway_route_is_created_once_and_replaced(ground: Ground) -> None:
    route, attachment = transit(ground)
    missing = code(ground.ec2.replace_transit_gateway_route, **route, Blackhole=True)
    created = ground.ec2.create_transit_gateway_route(**route, TransitGatewayAttachmentId=attachment)["Route"]
    again = code(ground.ec2.create_transit_gateway_route, **route, TransitGatewayAttachmentId=attachment)
    replaced = ground.ec2.replace_transit_gateway_route(**route, Blackhole=True)["Route"]
    assert missing == "InvalidRoute.NotFound"
    assert [one["TransitGatewayAttachmentId"] for one in created["TransitGatewayAttachments"]] == [attachment]
    assert again == "RouteAlreadyExists"
    assert replaced["State"] == "blackhole"
