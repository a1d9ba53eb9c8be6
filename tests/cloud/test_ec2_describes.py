"""Describes: pages, filters, associations, malformed ids."""

from typing import Any

import pytest
from ground import PREFIX, Ground, code


@pytest.mark.parametrize(
    ("operation", "key"),
    [("describe_route_tables", "RouteTables"), ("describe_network_interfaces", "NetworkInterfaces")],
)
def test_pages_show_everything_once(ground: Ground, operation: str, key: str) -> None:
    for _ in range(9):
        ground.new_table()
        ground.new_interface()
    describe = getattr(ground.ec2, operation)
    first = describe(MaxResults=5)
    assert len(first[key]) == 5
    pages = [page[key] for page in ground.ec2.get_paginator(operation).paginate(PaginationConfig={"PageSize": 5})]
    assert [item for page in pages for item in page] == describe()[key]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"NextToken": "bogus"}, "InvalidParameterValue"),
        ({"MaxResults": 101}, "InvalidParameterValue"),
        ({"RouteTableIds": ["zzz"]}, "InvalidRouteTableId.Malformed"),
        ({"RouteTableIds": ["rtb-0123456789abcdef0"]}, "InvalidRouteTableID.NotFound"),
        ({"Filters": [{"Name": "bogus", "Values": ["x"]}]}, "InvalidParameterValue"),
    ],
)
def test_a_wrong_question_about_tables_is_refused(ground: Ground, parameters: Any, error: str) -> None:
    assert code(ground.ec2.describe_route_tables, **parameters) == error


@pytest.mark.parametrize("operation", ["describe_network_interfaces", "describe_instance_status"])
def test_an_unknown_filter_is_an_error_of_ec2s_own(ground: Ground, operation: str) -> None:
    wanted = [{"Name": "bogus", "Values": ["x"]}]
    assert code(getattr(ground.ec2, operation), Filters=wanted) == "InvalidParameterValue"


def test_an_unknown_filter_of_another_resource_is_refused_too(ground: Ground) -> None:
    for operation in ("describe_instances", "describe_subnets", "describe_vpcs"):
        wanted = [{"Name": "bogus", "Values": ["x"]}]
        assert code(getattr(ground.ec2, operation), Filters=wanted) == "InvalidParameterValue", operation


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("route.state", "active"),
        ("route.instance-id", "instance"),
        ("route.origin", "CreateRoute"),
        ("route.destination-cidr-block", PREFIX),
        ("route.destination-cidr-block", "192.168.*"),
        ("route.destination-ipv6-cidr-block", "2001:db8:9::/48"),
        ("route.destination-prefix-list-id", "prefix_list"),
        ("association.gateway-id", "gateway"),
        ("association.subnet-id", "subnet"),
        ("route-table-id", "table"),
        ("tag:colour", "blue"),
        ("tag-key", "colour"),
    ],
)
def test_a_table_is_found_by(ground: Ground, name: str, value: str) -> None:
    wanted = rich_table(ground)
    found = filtered(ground, name, wanted.get(value, value))
    assert wanted["table"] in found
    several = filtered(ground, name, "x", wanted.get(value, value))
    assert several == found
    assert filtered(ground, name, "x") == set()


def test_all_filters_must_match(ground: Ground) -> None:
    one, other = ground.new_table(x="1", y="1"), ground.new_table(x="1", y="2")
    assert ground.tables(**{"tag:x": ["1"]}) == {one, other}
    assert ground.tables(**{"tag:x": ["1"], "tag:y": ["2", "3"]}) == {other}


def test_tables_of_one_vpc_are_found(ground: Ground) -> None:
    table = ground.new_table(ground.other_vpc)
    found = ground.tables(vpc_id=[ground.other_vpc])
    assert table in found
    assert len(found) == 2


def test_the_main_table_is_found(ground: Ground) -> None:
    (main,) = ground.tables(vpc_id=[ground.vpc], association__main=["true"])
    assert code(ground.ec2.delete_route_table, RouteTableId=main) == "DependencyViolation"


def test_a_subnet_has_one_table(ground: Ground) -> None:
    subnet = ground.new_subnet("10.0.78.0/24")
    table = ground.new_table()
    ground.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert ground.tables(association__subnet_id=[subnet]) == {table}
    error = code(ground.ec2.associate_route_table, RouteTableId=ground.new_table(), SubnetId=subnet)
    assert error == "Resource.AlreadyAssociated"


def test_a_dry_run_of_a_describe_describes_nothing(ground: Ground) -> None:
    assert code(ground.ec2.describe_route_tables, DryRun=True) == "DryRunOperation"


def filtered(ground: Ground, name: str, *values: str) -> set[str]:
    answer = ground.ec2.describe_route_tables(Filters=[{"Name": name, "Values": list(values)}])
    return {table["RouteTableId"] for table in answer["RouteTables"]}


def rich_table(ground: Ground) -> dict[str, str]:
    """A table that has something for every filter; what is in it, by a name of ours."""
    known: dict[str, str] = ground.__dict__.setdefault("rich_table", {})
    if not known:
        table = ground.new_table(colour="blue")
        known |= {
            "table": table,
            "prefix_list": ground.new_list("172.20.0.0/16"),
            "subnet": ground.new_subnet("10.0.77.0/24"),
            "instance": ground.instance,
            "gateway": ground.gateway,
        }
        ground.ec2.associate_route_table(RouteTableId=table, SubnetId=known["subnet"])
        ground.ec2.associate_route_table(RouteTableId=table, GatewayId=ground.gateway)
        for destination in (
            {},
            {"DestinationCidrBlock": None, "DestinationIpv6CidrBlock": "2001:db8:9::/48"},
            {"DestinationCidrBlock": None, "DestinationPrefixListId": known["prefix_list"]},
        ):
            assert ground.create(table, **destination, NetworkInterfaceId=ground.interface) == ""
    return known
