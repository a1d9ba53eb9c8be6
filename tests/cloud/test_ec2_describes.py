"""Describes, beyond what the battery asks: pages to their end, what filters find, interfaces and statuses."""

from typing import Any

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from tests.cloud.ec2_battery.lab import IPV6_PREFIX, PREFIX, Host, Lab, code

BOGUS = [{"Name": "bogus", "Values": ["x"]}]


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ("describe_route_tables", "RouteTables"),
        ("describe_network_interfaces", "NetworkInterfaces"),
        ("describe_subnets", "Subnets"),
    ],
)
def test_pages_show_everything_once(lab: Lab, operation: str, key: str) -> None:
    assert lab.subnet  # with those of the default VPC there are enough
    for _ in range(9):
        lab.table()
        lab.new_interface()
    pages = [page[key] for page in lab.ec2.get_paginator(operation).paginate(PaginationConfig={"PageSize": 5})]
    assert {len(page) for page in pages[:-1]} == {5}
    assert [item for page in pages for item in page] == getattr(lab.ec2, operation)()[key]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"MaxResults": 101}, "InvalidParameterValue"),
        ({"RouteTableIds": ["rtb-0123456789abcdef0"]}, "InvalidRouteTableID.NotFound"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_wrong_question_about_tables_is_refused(lab: Lab, parameters: Any, error: str) -> None:
    assert code(lab.ec2.describe_route_tables, **parameters) == error


@pytest.mark.parametrize("what", ["network_interfaces", "instance_status", "instances", "subnets", "vpcs"])
def test_an_unknown_filter_is_refused_everywhere(lab: Lab, what: str) -> None:
    assert lab.host  # moto reads a filter's name only when there is something to filter
    assert code(getattr(lab.ec2, f"describe_{what}"), Filters=BOGUS) == "InvalidParameterValue"


@pytest.fixture(scope="module")
def rich(lab: Lab) -> dict[str, str]:
    """A table that has something for every filter, and what is in it, by a name of ours."""
    table, subnet = lab.table(colour="blue"), lab.new_subnet("10.0.77.0/24")
    prefix_list = lab.new_list("172.20.0.0/16")
    lab.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    lab.ec2.associate_route_table(RouteTableId=table, GatewayId=lab.gateway)
    for destination in (PREFIX, IPV6_PREFIX, prefix_list):
        assert lab.create(table, destination, NetworkInterfaceId=lab.host.interface) == ""
    return {
        "table": table,
        "prefix list": prefix_list,
        "subnet": subnet,
        "instance": lab.host.instance,
        "gateway": lab.gateway,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("route.state", "active"),
        ("route.instance-id", "instance"),
        ("route.origin", "CreateRoute"),
        ("route.destination-cidr-block", PREFIX),
        ("route.destination-cidr-block", "192.168.*"),
        ("route.destination-ipv6-cidr-block", IPV6_PREFIX),
        ("route.destination-prefix-list-id", "prefix list"),
        ("association.gateway-id", "gateway"),
        ("association.subnet-id", "subnet"),
        ("route-table-id", "table"),
        ("tag:colour", "blue"),
        ("tag-key", "colour"),
    ],
)
def test_a_table_is_found_by(lab: Lab, rich: dict[str, str], name: str, value: str) -> None:
    found = lab.tables(name, rich.get(value, value))
    assert rich["table"] in found
    assert lab.tables(name, "x", rich.get(value, value)) == found
    assert lab.tables(name, "x") == set()


@pytest.fixture(scope="module")
def dual(lab: Lab) -> dict[str, str]:
    """A subnet with both address families in zone b, and what is in it, by a name of ours."""
    vpc = lab.ec2.create_vpc(CidrBlock="10.70.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    ipv6 = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = lab.ec2.create_subnet(
        VpcId=vpc["VpcId"], CidrBlock="10.70.1.0/24", Ipv6CidrBlock=ipv6, AvailabilityZone="us-east-1b"
    )["Subnet"]
    lab.ec2.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "colour", "Value": "red"}])
    return {"subnet": subnet["SubnetId"], "vpc": vpc["VpcId"], "ipv6": ipv6, "zone id": subnet["AvailabilityZoneId"]}


def subnets(lab: Lab, name: str, *values: str) -> set[str]:
    found = lab.ec2.describe_subnets(Filters=[{"Name": name, "Values": list(values)}])["Subnets"]
    return {subnet["SubnetId"] for subnet in found}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vpc-id", "vpc"),
        ("subnet-id", "subnet"),
        ("availability-zone", "us-east-1b"),
        ("availabilityZone", "us-east-1?"),
        ("availability-zone-id", "zone id"),
        ("cidr-block", "10.70.1.0/24"),
        ("cidr", "10.70.*"),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "ipv6"),
        ("ipv6-native", "false"),
        ("owner-id", "*"),
        ("state", "available"),
        ("tag:colour", "red"),
        ("tag-key", "colour"),
    ],
)
def test_a_subnet_is_found_by(lab: Lab, dual: dict[str, str], name: str, value: str) -> None:
    found = subnets(lab, name, dual.get(value, value))
    assert dual["subnet"] in found
    assert subnets(lab, name, "x", dual.get(value, value)) == found
    assert subnets(lab, name, "x") == set()


def test_a_subnet_shows_its_zone_and_both_cidrs(lab: Lab, dual: dict[str, str]) -> None:
    (shown,) = lab.ec2.describe_subnets(SubnetIds=[dual["subnet"]])["Subnets"]
    assert (shown["AvailabilityZone"], shown["CidrBlock"]) == ("us-east-1b", "10.70.1.0/24")
    (association,) = shown["Ipv6CidrBlockAssociationSet"]
    assert (association["Ipv6CidrBlock"], association["Ipv6CidrBlockState"]) == (dual["ipv6"], {"State": "associated"})


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"SubnetIds": ["subnet-0123456789abcdef0"]}, "InvalidSubnetID.NotFound"),
        ({"MaxResults": 1001}, "InvalidParameterValue"),
    ],
)
def test_a_wrong_question_about_subnets_is_refused(lab: Lab, parameters: Any, error: str) -> None:
    assert code(lab.ec2.describe_subnets, **parameters) == error


def test_interfaces_are_found_by_several_ids_with_zone_address_and_instance(lab: Lab) -> None:
    hosts = {lab.host, lab.host2}
    wanted = [host.interface for host in hosts]
    found = lab.ec2.describe_network_interfaces(
        Filters=[{"Name": "network-interface-id", "Values": ["eni-0123456789abcdef0", *wanted]}]
    )["NetworkInterfaces"]
    assert {Host(one["Attachment"]["InstanceId"], one["NetworkInterfaceId"]) for one in found} == hosts
    assert {one["AvailabilityZone"] for one in found} == {"us-east-1a", "us-east-1b"}
    assert all(one["PrivateIpAddress"] == one["PrivateIpAddresses"][0]["PrivateIpAddress"] for one in found)


def test_all_filters_must_match(lab: Lab) -> None:
    one, other = lab.table(x="1", y="1"), lab.table(x="1", y="2")
    assert lab.tables("tag:x", "1") == {one, other}
    wanted = [{"Name": "tag:x", "Values": ["1"]}, {"Name": "tag:y", "Values": ["2", "3"]}]
    (found,) = lab.ec2.describe_route_tables(Filters=wanted)["RouteTables"]
    assert found["RouteTableId"] == other


def test_the_main_table_is_found(lab: Lab) -> None:
    (main,) = lab.tables("vpc-id", lab.new_vpc("10.62.0.0/16"))
    assert main in lab.tables("association.main", "true")
    assert lab.table() not in lab.tables("association.main", "true")


def test_termination_leaves_an_interface_attached_later(lab: Lab) -> None:
    host, later = lab.run(), lab.new_interface()
    lab.ec2.attach_network_interface(NetworkInterfaceId=later, InstanceId=host.instance, DeviceIndex=1)
    lab.ec2.terminate_instances(InstanceIds=[host.instance])
    assert lab.interface(later)["Status"] == "available"


def statuses(lab: Lab, **parameters: Any) -> list[tuple[str, str, str]]:
    answer = lab.ec2.describe_instance_status(**parameters)["InstanceStatuses"]
    return [
        (one["InstanceState"]["Name"], one["InstanceStatus"]["Status"], one["SystemStatus"]["Status"]) for one in answer
    ]


def test_a_stopped_instance_has_no_status_to_speak_of(lab: Lab) -> None:
    instance = lab.run().instance
    lab.ec2.stop_instances(InstanceIds=[instance])
    shown = statuses(lab, InstanceIds=[instance], IncludeAllInstances=True)
    assert shown == [("stopped", "not-applicable", "not-applicable")]


def test_an_impaired_instance_is_found(cloud: Cloud, lab: Lab) -> None:
    instance = lab.run().instance
    cloud.set_status(instance, instance="impaired")
    impaired = [{"Name": "instance-status.status", "Values": ["impaired"]}]
    assert statuses(lab, Filters=impaired) == [("running", "impaired", "ok")]
    cloud.set_status(instance)
    assert statuses(lab, InstanceIds=[instance]) == [("running", "ok", "ok")]


def test_a_full_prefix_list_takes_no_more(lab: Lab) -> None:
    full = lab.new_list("10.1.0.0/16", size=1)
    change = {"PrefixListId": full, "CurrentVersion": 1, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}
    assert code(lab.ec2.modify_managed_prefix_list, **change) == "InvalidParameterValue"
