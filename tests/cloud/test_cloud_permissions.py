"""The cloud obeys IAM policies: of the route table that is written, its id, its VPC and its tags are compared."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.front.iam import CloudPolicy, IamCall, PolicyError
from bgp2vpc.demo.cloud.process import CloudError
from bgp2vpc.demo.cloud.values import World, WorldSpec

ACCOUNT = "arn:aws:ec2:us-east-1:123456789012:"
PREFIX = "192.0.2.53/32"


def statement(action: Any, resource: Any = "*", condition: Any = None, effect: str = "Allow") -> dict[str, Any]:
    found = {"Effect": effect, "Action": action, "Resource": resource}
    return found if condition is None else {**found, "Condition": condition}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


CONTEXT = {"ec2:vpc": f"{ACCOUNT}vpc/vpc-1", "aws:resourcetag/type": "private", "ec2:routetableid": "rtb-1"}
CALL = IamCall("ec2:CreateRoute", f"{ACCOUNT}route-table/rtb-1", CONTEXT)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:ResourceTag/type": "private"}}, True),
        ({"StringEquals": {"AWS:resourcetag/Type": "private"}}, True),
        ({"StringEquals": {"aws:ResourceTag/type": "Private"}}, False),
        ({"StringEquals": {"aws:ResourceTag/type": "priv*"}}, False),
        ({"StringEquals": {"aws:ResourceTag/type": ["public", "private"]}}, True),
        ({"StringEquals": {"aws:ResourceTag/az": "a"}}, False),
        ({"StringLike": {"aws:ResourceTag/type": "priv*"}}, True),
        ({"StringLike": {"aws:ResourceTag/type": "priv?te"}}, True),
        ({"StringLike": {"aws:ResourceTag/type": "priv${*}"}}, False),
        ({"StringLike": {"aws:ResourceTag/az": "*"}}, False),
        ({"StringNotEquals": {"aws:ResourceTag/type": ["public", "private"]}}, False),
        ({"StringNotEquals": {"aws:ResourceTag/type": "public"}}, True),
        ({"StringNotEquals": {"aws:ResourceTag/az": "a"}}, True),
        ({"StringNotLike": {"aws:ResourceTag/type": "priv*"}}, False),
        ({"ArnEquals": {"ec2:Vpc": f"{ACCOUNT}vpc/vpc-1"}}, True),
        ({"ArnEquals": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-1"}}, True),
        ({"ArnEquals": {"ec2:Vpc": f"{ACCOUNT}vpc/vpc-2"}}, False),
        ({"ArnNotEquals": {"ec2:Vpc": f"{ACCOUNT}vpc/vpc-1"}}, False),
        ({"StringEquals": {"ec2:RouteTableID": "rtb-1"}}, True),
        ({"StringEquals": {"aws:ResourceTag/type": "private"}, "ArnEquals": {"ec2:Vpc": "arn:x"}}, False),
    ],
    ids=str,
)
def test_a_condition_holds_or_not(condition: Any, holds: bool) -> None:
    assert CloudPolicy(policy(statement("ec2:CreateRoute", "*", condition))).allows(CALL) is holds


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([statement("ec2:CreateRoute")], True),
        ([statement("EC2:createroute")], True),
        ([statement("ec2:*Route")], True),
        ([statement("ec2:DeleteRoute")], False),
        ([statement("ec2:CreateRoute", f"{ACCOUNT}route-table/rtb-1")], True),
        ([statement("ec2:CreateRoute", f"{ACCOUNT}route-table/*")], True),
        ([statement("ec2:CreateRoute", f"{ACCOUNT}route-table/rtb-2")], False),
        ([statement("ec2:CreateRoute"), statement("ec2:CreateRoute", effect="Deny")], False),
    ],
)
def test_statements_allow_and_deny(statements: list[dict[str, Any]], allowed: bool) -> None:
    assert CloudPolicy(policy(*statements)).allows(CALL) is allowed


def test_a_describe_has_no_resource() -> None:
    call = IamCall("ec2:DescribeRouteTables", context={"ec2:region": "us-east-1"})
    assert not CloudPolicy(policy(statement("ec2:DescribeRouteTables", f"{ACCOUNT}route-table/*"))).allows(call)
    assert not CloudPolicy(policy(statement("ec2:Describe*", "*", {"ArnEquals": {"ec2:Vpc": "*"}}))).allows(call)
    assert CloudPolicy(policy(statement("ec2:Describe*", "*", {"StringEquals": {"ec2:Region": "us-east-1"}}))).allows(
        call
    )


@pytest.mark.parametrize(
    "document",
    [
        "no json",
        "{}",
        policy({"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}),
        policy(statement("ec2:*", effect="Maybe")),
        policy(statement("ec2:*", "*", {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}})),
        policy(statement("ec2:*", "*", {"StringEquals": {"aws:PrincipalTag/a": "b"}})),
    ],
)
def test_a_policy_that_cannot_be_judged_is_refused(cloud: Cloud, document: str) -> None:
    with pytest.raises(PolicyError):
        CloudPolicy(document)
    with pytest.raises(CloudError, match="permit"):
        cloud.permit("i-1", document)


# At the cloud


def refused(cloud: Cloud, caller: str, operation: str, **parameters: Any) -> str:
    """EC2's error code for a dry run: UnauthorizedOperation, or DryRunOperation."""
    with pytest.raises(ClientError) as error:
        getattr(cloud.client(caller), operation)(DryRun=True, **parameters)
    return str(error.value.response["Error"]["Code"])


def test_only_what_the_policy_allows_is_done(cloud: Cloud) -> None:
    cloud.reset()
    world = cloud.build(WorldSpec(twin=True))
    host, (table, other) = world.hosts[0], world.tables
    condition = {
        "ArnEquals": {"ec2:Vpc": f"{ACCOUNT}vpc/{world.vpc_id}"},
        "StringEquals": {"aws:ResourceTag/Name": "private-a-1"},
    }
    create = statement("ec2:CreateRoute", f"{ACCOUNT}route-table/*", condition)
    cloud.permit(host.instance_id, policy(create, statement("ec2:DescribeRouteTables")))

    def create_in(table_id: str) -> str:
        target = {"DestinationCidrBlock": PREFIX, "NetworkInterfaceId": host.interface_id}
        return refused(cloud, host.instance_id, "create_route", RouteTableId=table_id, **target)

    assert create_in(table) == "DryRunOperation"
    for refused_table in (other, world.main_table, world.twin.tables[0], "rtb-0123456789abcdef0"):
        assert create_in(refused_table) == "UnauthorizedOperation"
    assert refused(cloud, host.instance_id, "delete_route", RouteTableId=table, DestinationCidrBlock=PREFIX) == (
        "UnauthorizedOperation"
    )
    subject = cloud.client(host.instance_id)
    assert subject.describe_route_tables()["RouteTables"]
    with pytest.raises(ClientError, match="ec2:DescribeSubnets on resource: \\*"):
        subject.describe_subnets()
    assert cloud.calls("DescribeSubnets")[-1].error == "UnauthorizedOperation"
    # The tag decides, whoever changes it.
    cloud.ec2.create_tags(Resources=[other], Tags=[{"Key": "Name", "Value": "private-a-1"}])
    assert create_in(other) == "DryRunOperation"


def test_others_may_do_everything_and_so_may_all_after_a_reset(cloud: Cloud, world: World) -> None:
    cloud.permit("i-1", policy())
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        cloud.client("i-1").describe_route_tables()
    cloud.client("i-2").describe_route_tables()
    cloud.permit("i-1", None)
    cloud.client("i-1").describe_route_tables()
    cloud.permit("i-1", policy())
    cloud.reset()
    cloud.client("i-1").describe_route_tables()
