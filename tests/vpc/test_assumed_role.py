"""Ec2 in another account or region: the role is assumed with our credentials, and again when that was refused."""

import json
import logging

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Fault, Quirks, World, WorldSpec
from bgp2vpc.errors import Denied, MetadataError
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.aws.connect import Identity, connect
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.model import interface_target
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

THEIRS = "222222222222"
ROLE = f"arn:aws:iam::{THEIRS}:role/routes"
ANYCAST = parse_prefix("192.0.2.53/32")


@pytest.fixture
def ours(cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch) -> Ec2:
    for name, value in cloud.environment(world.hosts[0].instance_id).items():
        monkeypatch.setenv(name, value)
    return Ec2(cloud.region)


@pytest.fixture
def elsewhere(cloud: Cloud, world: World) -> World:
    """A world of another account."""
    return cloud.build(WorldSpec(account=THEIRS, cidr="10.2.0.0/16"))


def test_the_role_reaches_its_own_account_and_no_other(
    cloud: Cloud, world: World, elsewhere: World, ours: Ec2, caplog: pytest.LogCaptureFixture
) -> None:
    there = ours.beside(Access(ROLE, "b7c1"), "i-1")
    cloud.forget_calls()
    assert {each.id for each in there.route_tables([elsewhere.vpc_id])} == {*elsewhere.tables, elsewhere.main_table}
    assert there.route_tables([world.vpc_id]) == ()
    assert ours.route_tables([elsewhere.vpc_id]) == ()
    (assumed,) = cloud.calls("AssumeRole")
    asked = {key: assumed.parameters[key] for key in ("RoleArn", "ExternalId", "RoleSessionName")}
    assert asked == {"RoleArn": ROLE, "ExternalId": "b7c1", "RoleSessionName": "bgp2vpc-i-1"}

    table, interface = elsewhere.tables[0], elsewhere.hosts[0].interface_id
    there.create_route(table, ANYCAST, interface_target(interface))
    assert cloud.routes(table) == f"{ANYCAST} {interface} active\n"
    assert len(cloud.calls("AssumeRole")) == 1, "its credentials last for an hour"


def test_a_role_that_is_refused_is_asked_for_again(cloud: Cloud, elsewhere: World, ours: Ec2, caplog) -> None:
    there = ours.beside(Access(ROLE), "i-1")
    message = f"User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    cloud.fault(Fault.error("AssumeRole", "AccessDenied", message, 403).but(times=None))
    for _ in range(2):
        with pytest.raises(Denied) as refused:
            there.route_tables([elsewhere.vpc_id])
        assert str(refused.value) == f"AssumeRole: AccessDenied: {message}"
    assert ours.interfaces("i-00000000") == (), "our own credentials are good"
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == [], "whoever called is told"
    cloud.clear_faults()
    assert len(there.route_tables([elsewhere.vpc_id])) == 3


def test_a_region_of_our_own_account_has_a_client_of_its_own(cloud: Cloud, world: World, ours: Ec2) -> None:
    there = ours.beside(Access(region="us-west-2"), "i-1")
    assert there.route_tables([world.vpc_id]) == ()
    assert cloud.calls("AssumeRole") == []


def test_the_policies_of_both_sides_are_obeyed(cloud: Cloud, elsewhere: World, world: World, ours: Ec2) -> None:
    """What the tests of `iam-policy` rely on."""
    there, us = ours.beside(Access(ROLE), "i-1"), world.hosts[0].instance_id

    def allow(*actions: str, resource: str = "*") -> str:
        return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]})

    cloud.permit(us, allow("sts:AssumeRole", resource=ROLE.replace("routes", "other")))
    with pytest.raises(Denied, match="AssumeRole: AccessDenied"):
        there.route_tables([elsewhere.vpc_id])
    cloud.permit(us, allow("sts:AssumeRole", resource=ROLE))
    cloud.permit(ROLE, allow("ec2:DescribeSubnets"))
    with pytest.raises(Denied, match="DescribeRouteTables: UnauthorizedOperation"):
        there.route_tables([elsewhere.vpc_id])
    assert len(there.subnets([elsewhere.vpc_id])) == 2


def test_the_owner_of_a_shared_vpc_is_shown_tags_and_not_our_instances(cloud: Cloud, world: World, ours: Ec2) -> None:
    table, host = world.tables[0], world.hosts[0]
    ours.create_route(table, ANYCAST, interface_target(host.interface_id))
    cloud.quirks(Quirks(shared_by=THEIRS))
    there = ours.beside(Access(ROLE), "i-1")
    (mine,), (theirs,) = ours.route_tables([world.vpc_id], [table]), there.route_tables([world.vpc_id], [table])
    assert (mine.tags, theirs.tags["type"]) == ({}, "private")
    assert mine.owner_id == theirs.owner_id == THEIRS
    route = theirs.static_route(ANYCAST)
    assert route is not None
    assert (route.target.id, route.instance_id) == (host.interface_id, None)
    there.delete_route(table, ANYCAST)
    assert cloud.routes(table) == ""


def test_an_instance_that_is_not_in_this_region_is_said_to_be_wrong(cloud: Cloud, ours: Ec2) -> None:
    with pytest.raises(MetadataError) as caught:
        connect(Identity("i-0123456789abcdef0", cloud.region), PATIENCE, 1)
    assert str(caught.value) == (
        "EC2 knows no interface of instance i-0123456789abcdef0 in us-east-1: `instance_id:` or the region (`region:`, "
        "AWS_REGION) is wrong"
    )
