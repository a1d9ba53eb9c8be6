"""One behaviour, two VPCs: what the core may rely on holds for the VPC in memory as for EC2 (the test cloud)."""

import dataclasses
import random
from collections.abc import Callable

import pytest
from labs import ANYCAST, Lab, cloud_lab, memory_lab

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World, WorldSpec
from bgp2vpc.errors import (
    Ec2Error,
    InterfaceGone,
    NoLifecycleAction,
    QuotaReached,
    Refused,
    RouteExists,
    RouteMissing,
    TableGone,
    Transient,
)
from bgp2vpc.prefix import Prefix, parse_address, parse_prefix
from bgp2vpc.vpc.aws.ec2 import Ec2
from bgp2vpc.vpc.finders import ByAz, ByTag, InSubnet, Main, Surroundings, find
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import InstanceHealth, Interface, Route, Target, TargetKind, interface_target, parse_target

pytestmark = pytest.mark.io

CORE_NETWORK = "arn:aws:networkmanager::123456789012:core-network/core-network-0123456789abcdef0"
ANYCAST6 = parse_prefix("2001:db8:53::53/128")
BOTH = pytest.mark.parametrize("prefix", [ANYCAST, ANYCAST6], ids=["IPv4", "IPv6"])


@pytest.fixture(params=["memory", "EC2"])
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Lab:
    if request.param == "memory":
        return memory_lab()
    cloud: Cloud = request.getfixturevalue("cloud")
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    return cloud_lab(cloud)


@BOTH
def test_a_created_route_is_there(lab: Lab, prefix: Prefix) -> None:
    lab.api.create_route(lab.table, prefix, interface_target(lab.own.interface_id))
    assert lab.routes(lab.table) == f"{prefix} {lab.own.interface_id} active"
    assert lab.route(prefix) == Route(prefix, interface_target(lab.own.interface_id), instance_id=lab.own.instance_id)
    assert lab.routes(lab.other_table) == ""


@BOTH
def test_a_replaced_route_points_elsewhere(lab: Lab, prefix: Prefix) -> None:
    lab.api.create_route(lab.table, prefix, interface_target(lab.own.interface_id))
    lab.api.replace_route(lab.table, prefix, interface_target(lab.peer.interface_id))
    assert lab.routes(lab.table) == f"{prefix} {lab.peer.interface_id} active"


@BOTH
def test_a_deleted_route_is_gone(lab: Lab, prefix: Prefix) -> None:
    lab.api.create_route(lab.table, prefix, interface_target(lab.own.interface_id))
    lab.api.delete_route(lab.table, prefix)
    assert lab.routes(lab.table) == ""
    assert lab.route(prefix) is None


@BOTH
@pytest.mark.parametrize("same", [True, False], ids=["the same", "another"])
def test_a_prefix_that_is_taken_cannot_be_created(lab: Lab, prefix: Prefix, same: bool) -> None:
    lab.api.create_route(lab.table, prefix, interface_target(lab.own.interface_id))
    with pytest.raises(RouteExists) as caught:
        lab.api.create_route(lab.table, prefix, interface_target((lab.own if same else lab.peer).interface_id))
    assert (caught.value.operation, caught.value.code) == ("CreateRoute", "RouteAlreadyExists")
    assert lab.routes(lab.table) == f"{prefix} {lab.own.interface_id} active"


@BOTH
def test_a_missing_route_can_neither_be_replaced_nor_deleted(lab: Lab, prefix: Prefix) -> None:
    with pytest.raises(RouteMissing) as replaced:
        lab.api.replace_route(lab.table, prefix, interface_target(lab.own.interface_id))
    with pytest.raises(RouteMissing) as deleted:
        lab.api.delete_route(lab.table, prefix)
    assert [replaced.value.code, deleted.value.code] == ["InvalidParameterValue", "InvalidRoute.NotFound"]
    assert lab.routes(lab.table) == ""


def test_creating_what_is_already_so_succeeds_where_aws_lets_it(lab: Lab) -> None:
    lab.let_same_succeed()
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    with pytest.raises(RouteExists):
        lab.api.create_route(lab.table, ANYCAST, interface_target(lab.peer.interface_id))
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.own.interface_id} active"


def test_a_write_whose_answer_is_lost_may_have_been_applied_and_comes_back_as_a_disagreement(lab: Lab) -> None:
    lab.lose_answer("CreateRoute")
    with pytest.raises(Transient):
        lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    with pytest.raises(RouteExists):
        lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    lab.lose_answer("DeleteRoute")
    with pytest.raises(Transient):
        lab.api.delete_route(lab.table, ANYCAST)
    with pytest.raises(RouteMissing):
        lab.api.delete_route(lab.table, ANYCAST)
    assert lab.routes(lab.table) == ""


def test_a_replace_with_what_is_there_already_succeeds(lab: Lab) -> None:
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    lab.api.replace_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.own.interface_id} active"


Write = Callable[[Lab, str, str], None]
TARGETING: list[Write] = [
    lambda lab, table, eni: lab.api.create_route(table, ANYCAST, parse_target(eni)),
    lambda lab, table, eni: lab.api.replace_route(table, ANYCAST, parse_target(eni)),
]


@pytest.mark.parametrize("write", TARGETING, ids=["create", "replace"])
def test_a_table_that_is_gone_is_told(lab: Lab, write: Write) -> None:
    with pytest.raises(TableGone):
        write(lab, "rtb-00000000000000000", lab.own.interface_id)


def test_a_delete_in_a_table_that_is_gone_asks_for_another_look(lab: Lab) -> None:
    with pytest.raises((TableGone, RouteMissing)):
        lab.api.delete_route("rtb-00000000000000000", ANYCAST)


def written(lab: Lab, write: Write, interface_id: str) -> Ec2Error:
    """What EC2 says to a bad target. Replace needs a route, which the failure must leave as it is."""
    lab.gateway_route(lab.table, str(ANYCAST))
    before = lab.routes(lab.table)
    if write is TARGETING[0]:
        lab.api.delete_route(lab.table, ANYCAST)
        before = ""
    with pytest.raises(Ec2Error) as caught:
        write(lab, lab.table, interface_id)
    assert lab.routes(lab.table) == before
    return caught.value


@pytest.mark.parametrize("write", TARGETING, ids=["create", "replace"])
def test_an_interface_that_is_gone_is_told(lab: Lab, write: Write) -> None:
    assert type(written(lab, write, "eni-00000000000000000")) is InterfaceGone


@pytest.mark.parametrize("write", TARGETING, ids=["create", "replace"])
def test_an_interface_of_another_vpc_is_refused(lab: Lab, write: Write) -> None:
    assert type(written(lab, write, lab.twin_interface)) is Refused


def test_a_prefix_within_the_vpc_is_refused_unless_it_is_a_subnets(lab: Lab) -> None:
    with pytest.raises(Refused):
        lab.api.create_route(lab.table, parse_prefix("10.0.255.53/32"), interface_target(lab.own.interface_id))
    assert lab.routes(lab.table) == ""


def test_the_local_route_can_neither_be_created_nor_deleted(lab: Lab) -> None:
    local = parse_prefix(lab.cidr)
    with pytest.raises(RouteExists):
        lab.api.create_route(lab.table, local, interface_target(lab.own.interface_id))
    with pytest.raises(Refused):
        lab.api.delete_route(lab.table, local)
    route = lab.route(local)
    assert route is not None
    assert route.target.kind is TargetKind.LOCAL


def test_a_full_table_is_told_and_what_it_has_can_still_move(lab: Lab) -> None:
    lab.set_quota(1)
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    with pytest.raises(QuotaReached):
        lab.api.create_route(lab.table, parse_prefix("192.0.2.54/32"), interface_target(lab.own.interface_id))
    lab.api.create_route(lab.table, ANYCAST6, interface_target(lab.own.interface_id))
    lab.api.replace_route(lab.table, ANYCAST, interface_target(lab.peer.interface_id))
    assert len(lab.routes(lab.table).splitlines()) == 2


def test_a_static_route_is_created_beside_a_propagated_one(lab: Lab) -> None:
    lab.propagate(lab.table, str(ANYCAST))
    table = lab.read()
    assert table.static_route(ANYCAST) is None
    propagated = table.propagated_route(ANYCAST)
    assert propagated is not None
    assert propagated.target.kind is TargetKind.GATEWAY
    with pytest.raises(RouteMissing):
        lab.api.replace_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    assert len(lab.routes(lab.table).splitlines()) == 2
    route = lab.route()
    assert route is not None
    assert route.target == interface_target(lab.own.interface_id)
    lab.api.delete_route(lab.table, ANYCAST)
    assert lab.read().propagated_route(ANYCAST) == propagated


def test_a_route_to_a_terminated_instance_is_a_black_hole_that_can_be_replaced(lab: Lab) -> None:
    lab.api.create_route(lab.table, ANYCAST, interface_target(lab.peer.interface_id))
    lab.terminate(lab.peer.instance_id)
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.peer.interface_id} blackhole"
    route = lab.route()
    assert route is not None
    assert (route.target, route.state.value) == (interface_target(lab.peer.interface_id), "blackhole")
    lab.api.replace_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.own.interface_id} active"


def test_a_gateway_is_no_interface(lab: Lab) -> None:
    lab.gateway_route(lab.table, "0.0.0.0/0")
    route = lab.route(parse_prefix("0.0.0.0/0"))
    assert route is not None
    assert (route.target.kind, route.target.id, route.instance_id) == (
        TargetKind.GATEWAY,
        lab.internet_gateway,
        None,
    )


GATEWAYS = {
    "igw": "InvalidGatewayID.NotFound",
    "vgw": "InvalidGatewayID.NotFound",
    "nat": "InvalidNatGatewayID.NotFound",
    "tgw": "InvalidTransitGatewayID.NotFound",
    "pcx": "InvalidVpcPeeringConnectionID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
}


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_route_moves_from_a_gateway_to_an_interface_and_back_and_has_one_target_throughout(
    lab: Lab, kind: str
) -> None:
    gateway, interface = parse_target(lab.gateway(kind)), interface_target(lab.own.interface_id)
    lab.api.create_route(lab.table, ANYCAST, gateway)
    assert lab.route() == Route(ANYCAST, gateway)
    lab.api.replace_route(lab.table, ANYCAST, interface)
    assert lab.route() == Route(ANYCAST, interface, instance_id=lab.own.instance_id)
    lab.api.replace_route(lab.table, ANYCAST, gateway)
    assert lab.route() == Route(ANYCAST, gateway)
    assert lab.routes(lab.table) == f"{ANYCAST} {gateway} active"
    with pytest.raises(RouteExists):
        lab.api.create_route(lab.table, ANYCAST, interface)


@pytest.mark.parametrize("kind", GATEWAYS)
@pytest.mark.parametrize("write", TARGETING, ids=["create", "replace"])
def test_a_gateway_that_is_gone_is_refused(lab: Lab, write: Write, kind: str) -> None:
    error = written(lab, write, f"{kind}-00000000000000000")
    assert (type(error), error.code) == (Refused, GATEWAYS[kind])


@pytest.mark.parametrize(
    ("kind", "prefix", "is_taken"),
    [
        ("nat", "0.0.0.0/0", True),
        ("nat", "::/0", False),
        ("nat", "64:ff9b::/96", True),
        ("eigw", "::/0", True),
        ("eigw", "0.0.0.0/0", False),
        ("igw", "::/0", True),
    ],
)
def test_some_gateways_are_of_one_ip_version(lab: Lab, kind: str, prefix: str, is_taken: bool) -> None:
    gateway, destination = parse_target(lab.gateway(kind)), parse_prefix(prefix)
    if is_taken:
        lab.api.create_route(lab.table, destination, gateway)
        assert lab.route(destination) == Route(destination, gateway)
    else:
        with pytest.raises(Refused, match="InvalidParameterValue"):
            lab.api.create_route(lab.table, destination, gateway)


@pytest.mark.parametrize("write", TARGETING, ids=["create", "replace"])
def test_a_gateway_of_another_vpc_is_refused(lab: Lab, write: Write) -> None:
    error = written(lab, write, lab.twin_nat_gateway)
    assert (type(error), error.code) == (Refused, "InvalidParameterValue")


def test_a_transit_gateway_that_is_not_attached_to_the_vpc_does_not_exist_for_it(lab: Lab) -> None:
    gateway = lab.gateway("tgw")
    with pytest.raises(Refused, match=r"InvalidTransitGatewayID\.NotFound"):
        lab.api.create_route(lab.twin_table, ANYCAST, parse_target(gateway))


@pytest.mark.parametrize("target", [Target(TargetKind.LOCAL, "local"), Target(TargetKind.OTHER, "lgw-1")], ids=str)
def test_a_target_that_no_route_can_be_given_is_refused(lab: Lab, target: Target) -> None:
    with pytest.raises(Refused):
        lab.api.create_route(lab.table, ANYCAST, target)
    assert lab.routes(lab.table) == ""


def test_a_route_to_a_deleted_nat_gateway_is_a_black_hole_that_can_be_replaced(lab: Lab) -> None:
    lab.api.create_route(lab.table, ANYCAST, parse_target(lab.nat_gateway))
    lab.remove_nat_gateway()
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.nat_gateway} blackhole"
    with pytest.raises(Refused):
        lab.api.replace_route(lab.table, ANYCAST, parse_target(lab.nat_gateway))
    lab.api.replace_route(lab.table, ANYCAST, interface_target(lab.own.interface_id))
    assert lab.routes(lab.table) == f"{ANYCAST} {lab.own.interface_id} active"


def test_a_whole_subnet_within_the_vpc_may_go_to_a_nat_gateway_but_not_to_an_internet_gateway(lab: Lab) -> None:
    subnet = parse_prefix(lab.subnet_cidr)
    with pytest.raises(Refused, match="This route can target only"):
        lab.api.create_route(lab.table, subnet, parse_target(lab.internet_gateway))
    lab.api.create_route(lab.table, subnet, parse_target(lab.nat_gateway))
    assert lab.routes(lab.table) == f"{subnet} {lab.nat_gateway} active"


def test_tables_are_those_of_the_vpc_sorted_with_their_tags_and_associations(lab: Lab) -> None:
    tables = lab.api.route_tables([lab.vpc_id])
    assert [table.id for table in tables] == sorted(table.id for table in tables)
    assert {lab.table, lab.other_table, lab.main_table} == {table.id for table in tables}
    assert {table.vpc_id for table in tables} == {lab.vpc_id}
    assert {table.id for table in find(ByTag("type", "private"), tables)} == {lab.table, lab.other_table}
    assert [table.id for table in find(Main(), tables)] == [lab.main_table]
    assert [table.id for table in find(InSubnet(lab.subnet_id), tables)] == [lab.table]
    assert find(InSubnet("subnet-elsewhere"), tables) == ()


def test_only_the_tables_asked_for_come_and_missing_ones_are_left_out(lab: Lab) -> None:
    wanted = [lab.other_table, "rtb-00000000000000000", lab.twin_table]
    assert [table.id for table in lab.api.route_tables([lab.vpc_id], wanted)] == [lab.other_table]
    both = lab.api.route_tables([lab.vpc_id, lab.twin_vpc_id], wanted)
    assert {table.id for table in both} == {lab.other_table, lab.twin_table}


def test_interfaces_are_those_of_the_instance_by_device_index(lab: Lab) -> None:
    first, second = lab.api.interfaces(lab.own.instance_id)
    assert [first.id, second.id] == list(lab.own.interfaces)
    assert (first.device_index, second.device_index) == (0, 1)
    assert first.address in first.addresses
    assert dataclasses.replace(first, addresses=frozenset()) == Interface(
        id=lab.own.interface_id,
        vpc_id=lab.vpc_id,
        subnet_id=lab.own.subnet_id,
        device_index=0,
        zone="us-east-1a",
        address=parse_address(lab.own.address),
        instance_id=lab.own.instance_id,
        owner_id=first.owner_id,
        security_groups=first.security_groups,
    )
    assert lab.api.interfaces(lab.peer.instance_id)[0].zone == "us-east-1b"


def test_interfaces_are_found_by_id_whosever_they_are_and_missing_ones_are_left_out(lab: Lab) -> None:
    asked = [lab.twin_interface, lab.peer.interface_id, "eni-00000000000000000", lab.own.interfaces[1]]
    found = lab.api.interfaces_by_id(asked)
    assert [each.id for each in found] == sorted(set(asked) - {"eni-00000000000000000"})
    by_id = {each.id: each for each in found}
    assert by_id[lab.peer.interface_id] == lab.api.interfaces(lab.peer.instance_id)[0]
    assert by_id[lab.own.interfaces[1]].instance_id == lab.own.instance_id
    assert by_id[lab.twin_interface].vpc_id == lab.twin_vpc_id
    assert lab.api.interfaces_by_id([]) == ()


def test_interfaces_are_found_by_any_address_in_the_vpcs_asked_for(lab: Lab) -> None:
    own, peer = lab.api.interfaces(lab.own.instance_id)[0], lab.api.interfaces(lab.peer.instance_id)[0]
    addresses = [*own.addresses, *peer.addresses, parse_address("198.51.100.1"), parse_address("2001:db8::bad")]
    assert lab.api.interfaces_at([lab.vpc_id], addresses) == tuple(sorted((own, peer), key=lambda each: each.id))
    there = lab.api.interfaces_at([lab.twin_vpc_id], sorted(own.addresses))
    assert all(each.vpc_id == lab.twin_vpc_id for each in there), "addresses are the same in another VPC"
    assert lab.api.interfaces_at([lab.vpc_id], []) == ()


def test_an_interface_whose_instance_was_terminated_is_not_found_any_more(lab: Lab) -> None:
    lab.terminate(lab.peer.instance_id)
    assert lab.api.interfaces_by_id([lab.peer.interface_id]) == ()


def test_subnets_are_those_of_the_vpcs_sorted_with_their_zones_and_cidrs(lab: Lab) -> None:
    found = lab.api.subnets([lab.vpc_id])
    assert [each.id for each in found] == sorted([lab.own.subnet_id, lab.peer.subnet_id])
    assert {each.vpc_id for each in found} == {lab.vpc_id}
    by_id = {each.id: each for each in found}
    own = by_id[lab.own.subnet_id]
    assert (own.zone, by_id[lab.peer.subnet_id].zone) == ("us-east-1a", "us-east-1b")
    ipv4, ipv6 = own.cidrs
    assert (str(ipv4), ipv6.is_ipv6) == (lab.subnet_cidr, True)
    assert set(found) < set(lab.api.subnets([lab.vpc_id, lab.twin_vpc_id]))
    assert lab.api.subnets([]) == ()


def test_tables_are_found_by_the_zone_of_their_subnets(lab: Lab) -> None:
    tables = lab.api.route_tables([lab.vpc_id])
    surroundings = Surroundings("us-east-1b", {each.id: each for each in lab.api.subnets([lab.vpc_id])})
    assert [table.id for table in find(ByAz("us-east-1a"), tables, surroundings)] == [lab.table]
    assert [table.id for table in find(ByAz(None), tables, surroundings)] == [lab.other_table]
    assert find(ByAz(None), tables, Surroundings("us-east-1b")) == ()


def test_an_instance_nobody_knows_has_no_interfaces(lab: Lab) -> None:
    assert lab.api.interfaces("i-00000000000000000") == ()


def test_health_tells_of_every_instance_asked_for(lab: Lab) -> None:
    unknown = "i-00000000000000000"
    asked = [lab.own.instance_id, lab.peer.instance_id, unknown]
    assert lab.api.instance_health(asked) == {
        lab.own.instance_id: InstanceHealth.OK,
        lab.peer.instance_id: InstanceHealth.OK,
        unknown: InstanceHealth.UNKNOWN,
    }
    lab.impair(lab.own.instance_id)
    lab.terminate(lab.peer.instance_id)
    assert lab.api.instance_health(asked) == {
        lab.own.instance_id: InstanceHealth.IMPAIRED,
        lab.peer.instance_id: InstanceHealth.TERMINATED,
        unknown: InstanceHealth.UNKNOWN,
    }


def members(lab: Lab, value: str = "anycast") -> list[str]:
    return [each.instance_id for each in lab.api.members(lab.vpc_id, "role", value)]


def test_members_are_the_instances_of_the_vpc_with_the_tag_and_are_told_with_their_first_addresses(lab: Lab) -> None:
    twin = lab.api.interfaces_by_id([lab.twin_interface])[0].instance_id
    assert members(lab) == []
    for instance in (lab.own.instance_id, lab.peer.instance_id, twin or ""):
        lab.tag_instance(instance, "role", "anycast")
    assert members(lab) == sorted([lab.own.instance_id, lab.peer.instance_id])
    assert members(lab, "any") == []
    found = {each.instance_id: each.addresses for each in lab.api.members(lab.vpc_id, "role", "anycast")}
    ipv4, ipv6 = found[lab.own.instance_id]
    first, _ = lab.api.interfaces(lab.own.instance_id)
    assert (str(ipv4), ipv6.version) == (lab.own.address, 6)
    assert {ipv4, ipv6} <= first.addresses
    assert members_of_another_vpc(lab) == [twin]


def members_of_another_vpc(lab: Lab) -> list[str]:
    return [each.instance_id for each in lab.api.members(lab.twin_vpc_id, "role", "anycast")]


def test_a_terminated_instance_is_no_member(lab: Lab) -> None:
    for instance in (lab.own.instance_id, lab.peer.instance_id):
        lab.tag_instance(instance, "role", "anycast")
    lab.terminate(lab.peer.instance_id)
    assert members(lab) == [lab.own.instance_id]


def test_the_tags_of_an_instance_are_its_own(lab: Lab) -> None:
    lab.tag_instance(lab.own.instance_id, "bgp2vpc:drain", "kernel upgrade")
    lab.tag_instance(lab.peer.instance_id, "bgp2vpc:drain", "")
    assert lab.api.instance_tags(lab.own.instance_id).get("bgp2vpc:drain") == "kernel upgrade"
    assert lab.api.instance_tags(lab.peer.instance_id).get("bgp2vpc:drain") == ""
    assert lab.api.instance_tags("i-00000000000000000") == {}


def test_a_lifecycle_action_is_extended_and_completed_once(lab: Lab) -> None:
    own = lab.own.instance_id
    action = LifecycleAction("drained", "anycast", own)
    for call in (lab.api.record_heartbeat, lab.api.complete_action):
        with pytest.raises(NoLifecycleAction, match=own):
            call(action)
    with pytest.raises(NoLifecycleAction, match="is in no"):
        lab.api.scaling_group(own)
    lab.scale_in(action)
    assert lab.api.scaling_group(own) == "anycast"
    with pytest.raises(NoLifecycleAction):
        lab.api.complete_action(dataclasses.replace(action, hook="another"))
    lab.api.record_heartbeat(action)
    lab.api.complete_action(action)
    with pytest.raises(NoLifecycleAction):
        lab.api.complete_action(action)


def test_a_tags_value_is_no_pattern(lab: Lab) -> None:
    lab.tag_instance(lab.own.instance_id, "role", "anycast")
    assert members(lab, "any*") == []
    assert members(lab, "anycas?") == []


def test_more_members_than_a_page_holds_all_come(cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bgp2vpc.vpc.aws.ec2.MEMBERS_PAGE_SIZE", 100)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "anycast"}]}]
    for _ in range(101):
        cloud.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=world.hosts[0].subnet_id, TagSpecifications=tags
        )
    cloud.forget_calls()
    assert len(Ec2(cloud.region).members(world.vpc_id, "role", "anycast")) == 101
    assert len(cloud.calls("DescribeInstances")) == 2


def test_more_tables_than_a_page_holds_all_come(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    cloud.reset()
    world = cloud.build(WorldSpec(tables_per_zone=60))
    cloud.forget_calls()
    tables = Ec2(cloud.region).route_tables([world.vpc_id])
    assert {table.id for table in tables} == {*world.tables, world.main_table}
    assert len(cloud.calls("DescribeRouteTables")) == 2


def test_more_interfaces_than_a_filter_takes_are_asked_for_in_turns(
    cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    missing = [f"eni-{number:017x}" for number in range(205)]
    wanted = sorted(host.interface_id for host in world.hosts)
    assert [each.id for each in Ec2(cloud.region).interfaces_by_id([*missing, *wanted])] == wanted
    assert len(cloud.calls("DescribeNetworkInterfaces")) == 2


def test_more_subnets_than_a_page_holds_all_come(cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    for number in range(100, 201):
        cloud.ec2.create_subnet(
            VpcId=world.vpc_id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=world.hosts[0].zone
        )
    assert len(Ec2(cloud.region).subnets([world.vpc_id])) == 101 + len(world.subnets)
    assert len(cloud.calls("DescribeSubnets")) == 2


def test_the_credentials_of_the_instances_role_are_used(
    cloud: Cloud, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = world.hosts[0].instance_id
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in cloud.environment(instance_id, role=True).items():
        monkeypatch.setenv(name, value)
    Ec2(cloud.region).create_route(world.tables[0], ANYCAST, interface_target(world.hosts[0].interface_id))
    assert [call.caller for call in cloud.writes()] == [instance_id]


def step(lab: Lab, choose: random.Random) -> str:
    """One random call; what came of it, with the ids of this lab replaced by what they stand for."""
    names = {
        lab.table: "table",
        lab.other_table: "other-table",
        lab.own.interfaces[0]: "own-0",
        lab.own.interfaces[1]: "own-1",
        lab.peer.interface_id: "peer",
        lab.twin_interface: "foreign",
        lab.nat_gateway: "nat",
        lab.internet_gateway: "igw",
    }
    table, target = choose.choice(list(names)[:2]), parse_target(choose.choice(list(names)[2:]))
    prefix = parse_prefix(choose.choice(["192.0.2.53/32", "192.0.2.0/24", "2001:db8:53::/48", lab.cidr, "10.0.9.9/32"]))
    writes: list[Callable[[], None]] = [
        lambda: lab.api.create_route(table, prefix, target),
        lambda: lab.api.create_route(table, prefix, target),
        lambda: lab.api.delete_route(table, prefix),
    ]
    if str(prefix) != lab.cidr:  # AWS lets a local route be replaced by an interface's: nothing that we ever do
        writes.append(lambda: lab.api.replace_route(table, prefix, target))
    try:
        choose.choice(writes)()
        outcome = "done"
    except Ec2Error as error:
        outcome = f"{type(error).__name__} {error.code}"
    text = f"{outcome}\n{lab.routes(lab.table)}\n{lab.routes(lab.other_table)}"
    for each, name in names.items():
        text = text.replace(each, name)
    return "\n".join(sorted(text.splitlines()))


ANY_GATEWAY = pytest.mark.parametrize("kind", ["igw", "nat", "vgw", "tgw", "pcx", "eigw", "vpce"])


@ANY_GATEWAY
def test_whether_a_gateway_can_be_the_target_of_routes_is_told(lab: Lab, kind: str) -> None:
    here, absent = parse_target(lab.gateway(kind)), parse_target(f"{kind}-0123456789abcdef0")
    told = lab.api.target_problems(lab.vpc_id, [here, absent])
    assert told[here] == ""
    assert told[absent].startswith("does not exist")


def test_targets_of_several_kinds_are_told_of_at_once(lab: Lab) -> None:
    nat, twin = parse_target(lab.nat_gateway), parse_target(lab.twin_nat_gateway)
    own, core = interface_target(lab.own.interface_id), parse_target(CORE_NETWORK)
    elsewhere = f"belongs to {lab.twin_vpc_id}, not to {lab.vpc_id}"
    assert lab.api.target_problems(lab.vpc_id, [nat, twin, own, core]) == {nat: "", twin: elsewhere, own: ""}
    lab.remove_nat_gateway()
    assert lab.api.target_problems(lab.vpc_id, [nat])[nat] in ("does not exist", "is deleted, not available")
    assert lab.api.target_problems(lab.vpc_id, [core]) == {}
    assert lab.api.target_problems(lab.vpc_id, []) == {}


@pytest.mark.parametrize("seed", range(4))
def test_a_random_walk_goes_the_same_way_in_both(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    for name, value in cloud.environment("i-testing").items():
        monkeypatch.setenv(name, value)
    ours, theirs = memory_lab(), cloud_lab(cloud)
    first, second = random.Random(seed), random.Random(seed)
    for number in range(60):
        assert step(ours, first) == step(theirs, second), f"step {number}"
