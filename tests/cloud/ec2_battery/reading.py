"""DescribeRouteTables: pages, filters and associations; and that errors are EC2's own."""

from tests.cloud.ec2_battery.lab import Lab, code
from tests.cloud.ec2_battery.question import question


@question("page.rt", "DescribeRouteTables with MaxResults=5 -> 5 tables and a NextToken")
def page_of_tables(lab: Lab) -> None:
    for _ in range(6):
        lab.table()
    page = lab.ec2.describe_route_tables(MaxResults=5)
    assert len(page["RouteTables"]) == 5
    assert page["NextToken"]


@question("page.eni", "DescribeNetworkInterfaces with MaxResults=5 -> 5 interfaces and a NextToken")
def page_of_interfaces(lab: Lab) -> None:
    for _ in range(6):
        lab.new_interface()
    page = lab.ec2.describe_network_interfaces(MaxResults=5)
    assert len(page["NetworkInterfaces"]) == 5
    assert page["NextToken"]


@question("page.badtoken", "a NextToken EC2 never gave -> an error")
def bogus_token(lab: Lab) -> None:
    error = code(lab.ec2.describe_route_tables, NextToken="bogus")
    assert error != ""


def accepts_filter(lab: Lab, name: str) -> None:
    error = code(lab.ec2.describe_route_tables, Filters=[{"Name": name, "Values": ["x"]}])
    assert error == ""


@question("filter.route.state", "DescribeRouteTables takes the filter route.state")
def filter_by_state(lab: Lab) -> None:
    accepts_filter(lab, "route.state")


@question("filter.route.instance-id", "DescribeRouteTables takes the filter route.instance-id")
def filter_by_instance(lab: Lab) -> None:
    accepts_filter(lab, "route.instance-id")


@question("filter.route.origin", "DescribeRouteTables takes the filter route.origin")
def filter_by_origin(lab: Lab) -> None:
    accepts_filter(lab, "route.origin")


@question(
    "filter.route.destination-ipv6-cidr-block",
    "DescribeRouteTables takes the filter route.destination-ipv6-cidr-block",
)
def filter_by_ipv6_destination(lab: Lab) -> None:
    accepts_filter(lab, "route.destination-ipv6-cidr-block")


@question(
    "filter.route.destination-prefix-list-id",
    "DescribeRouteTables takes the filter route.destination-prefix-list-id",
)
def filter_by_prefix_list(lab: Lab) -> None:
    accepts_filter(lab, "route.destination-prefix-list-id")


@question("filter.association.gateway-id", "DescribeRouteTables takes the filter association.gateway-id")
def filter_by_gateway(lab: Lab) -> None:
    accepts_filter(lab, "association.gateway-id")


@question("filter.bogus", "an unknown filter -> InvalidParameterValue")
def unknown_filter(lab: Lab) -> None:
    error = code(lab.ec2.describe_route_tables, Filters=[{"Name": "bogus", "Values": ["x"]}])
    assert error == "InvalidParameterValue"


@question("filter.tag", "the filter tag:KEY finds the table so tagged, and no other")
def filter_by_tag(lab: Lab) -> None:
    lab.table(battery="another")
    table = lab.table(battery=lab.vpc)  # a value that no earlier run on this endpoint has left
    found = lab.tables("tag:battery", lab.vpc)
    assert found == {table}


@question("filter.vpc-id", "the filter vpc-id finds that VPC's tables, and no others")
def filter_by_vpc(lab: Lab) -> None:
    table, elsewhere = lab.table(), lab.table(lab.other_vpc)
    found = lab.tables("vpc-id", lab.vpc)
    assert table in found
    assert elsewhere not in found


@question("filter.assoc.subnet", "the filter association.subnet-id finds the subnet's table")
def filter_by_subnet(lab: Lab) -> None:
    subnet, table = lab.new_subnet("10.0.70.0/24"), lab.table()
    lab.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    found = lab.tables("association.subnet-id", subnet)
    assert found == {table}


@question("assoc.twice", "associate a subnet that has another table -> Resource.AlreadyAssociated")
def second_table_of_a_subnet(lab: Lab) -> None:
    subnet = lab.new_subnet("10.0.71.0/24")
    lab.ec2.associate_route_table(RouteTableId=lab.table(), SubnetId=subnet)
    error = code(lab.ec2.associate_route_table, RouteTableId=lab.table(), SubnetId=subnet)
    assert error == "Resource.AlreadyAssociated"


@question("main.delete", "delete a main route table -> DependencyViolation")
def delete_the_main_table(lab: Lab) -> None:
    (main,) = lab.tables("vpc-id", lab.new_vpc("10.61.0.0/16"))
    error = code(lab.ec2.delete_route_table, RouteTableId=main)
    assert error == "DependencyViolation"


@question("malformed.rtb", "a malformed route table id -> Invalid…Malformed")
def malformed_id(lab: Lab) -> None:
    error = code(lab.ec2.describe_route_tables, RouteTableIds=["zzz"])
    assert "Malformed" in error


@question("error.iserror", "an unknown filter of ENIs: an answer in EC2's form, not a server's own 500 page")
def error_is_an_answer(lab: Lab) -> None:
    # code() raises what botocore cannot parse, and names a page without EC2's XML by its status.
    error = code(lab.ec2.describe_network_interfaces, Filters=[{"Name": "bogus", "Values": ["x"]}])
    assert not error.isdigit()
