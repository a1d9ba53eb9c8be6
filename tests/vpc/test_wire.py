"""From boto3's dicts to the model: every field EC2 documents, and what it does not."""

from typing import Any

import pytest

from bgp2vpc.prefix import Prefix, parse_address, parse_prefix
from bgp2vpc.vpc.aws import wire
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    RouteState,
    SecurityGroupRule,
    Subnet,
    Target,
    TargetKind,
    interface_target,
    parse_target,
)

V4 = {"DestinationCidrBlock": "192.0.2.53/32"}
ENI = {"NetworkInterfaceId": "eni-1", "InstanceId": "i-1", "InstanceOwnerId": "123456789012"}

ROUTES: list[tuple[dict[str, Any], str]] = [
    ({**V4, **ENI, "State": "active", "Origin": "CreateRoute"}, "192.0.2.53/32 eni-1 active"),
    ({**V4, "NetworkInterfaceId": "eni-1", "State": "blackhole"}, "192.0.2.53/32 eni-1 blackhole"),
    ({**V4, **ENI, "State": "filtered"}, "192.0.2.53/32 eni-1 other"),
    ({**V4, **ENI, "State": "some-day"}, "192.0.2.53/32 eni-1 other"),
    ({**V4, **ENI}, "192.0.2.53/32 eni-1 active"),
    ({"DestinationIpv6CidrBlock": "2001:db8:53::/48", **ENI}, "2001:db8:53::/48 eni-1 active"),
    ({"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}, "pl-1 vpce-1 active"),
    ({"DestinationSomethingNew": "x", **ENI}, "unknown eni-1 active"),
    ({"DestinationCidrBlock": "not a prefix", **ENI}, "not a prefix eni-1 active"),
    ({**V4, "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}, "192.0.2.53/32 vgw-1 active propagated"),
    ({**V4, **ENI, "Origin": "Advertisement"}, "192.0.2.53/32 eni-1 active propagated"),
]


@pytest.mark.parametrize(("item", "expected"), ROUTES, ids=[expected for _, expected in ROUTES])
def test_a_route_reads_as(item: dict[str, Any], expected: str) -> None:
    assert str(wire.parse_route(item)) == expected


TARGETS: list[tuple[dict[str, Any], TargetKind, str]] = [
    (ENI, TargetKind.INTERFACE, "eni-1"),
    ({"GatewayId": "local"}, TargetKind.LOCAL, "local"),
    ({"GatewayId": "igw-1"}, TargetKind.GATEWAY, "igw-1"),
    ({"GatewayId": "vpce-1"}, TargetKind.GATEWAY, "vpce-1"),
    ({"NatGatewayId": "nat-1"}, TargetKind.NAT, "nat-1"),
    ({"TransitGatewayId": "tgw-1"}, TargetKind.TRANSIT_GATEWAY, "tgw-1"),
    ({"VpcPeeringConnectionId": "pcx-1"}, TargetKind.PEERING, "pcx-1"),
    ({"EgressOnlyInternetGatewayId": "eigw-1"}, TargetKind.EGRESS_ONLY, "eigw-1"),
    ({"CarrierGatewayId": "cagw-1"}, TargetKind.CARRIER_GATEWAY, "cagw-1"),
    ({"LocalGatewayId": "lgw-1"}, TargetKind.LOCAL_GATEWAY, "lgw-1"),
    ({"CoreNetworkArn": "arn:aws:networkmanager::1:c"}, TargetKind.CORE_NETWORK, "arn:aws:networkmanager::1:c"),
    ({"OdbNetworkArn": "arn:aws:odb:::n"}, TargetKind.ODB_NETWORK, "arn:aws:odb:::n"),
    ({"IpAddress": "10.0.0.9"}, TargetKind.OTHER, "10.0.0.9"),
    ({"SomethingNewId": "new-1"}, TargetKind.OTHER, "new-1"),
    ({"InstanceId": "i-gone"}, TargetKind.INSTANCE, "i-gone"),
    ({}, TargetKind.NONE, "unknown"),
    ({"SomethingNew": {"Id": "new-2"}}, TargetKind.OTHER, "unknown"),
]


@pytest.mark.parametrize(("item", "kind", "text"), TARGETS, ids=[text for _, _, text in TARGETS])
def test_a_target_is_of_this_kind(item: dict[str, Any], kind: TargetKind, text: str) -> None:
    assert wire.parse_route({**V4, "State": "active", "Origin": "CreateRoute", **item}).target == Target(kind, text)


def test_a_route_knows_the_instance_behind_its_interface() -> None:
    assert wire.parse_route({**V4, **ENI}).instance_id == "i-1"
    assert wire.parse_route({**V4, "NetworkInterfaceId": "eni-1"}).instance_id is None


@pytest.mark.parametrize(
    ("origin", "propagated", "advertised"),
    [
        ("CreateRoute", False, False),
        ("EnableVgwRoutePropagation", True, False),
        ("Advertisement", True, True),
    ],
)
def test_a_route_knows_who_made_it(origin: str, propagated: bool, advertised: bool) -> None:
    route = wire.parse_route({**V4, **ENI, "Origin": origin})
    assert (route.propagated, route.advertised) == (propagated, advertised)


def test_every_state_of_the_model_is_read_back() -> None:
    for state in (RouteState.ACTIVE, RouteState.BLACKHOLE):
        assert wire.parse_route({**V4, **ENI, "State": state.value}).state is state


MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({"PrivateIpAddress": "10.0.1.10"}, "10.0.1.10"),
    ({"PrivateIpAddress": "10.0.1.10", "NetworkInterfaces": []}, "10.0.1.10"),
    ({}, ""),
]


def attached(index: int, *ipv6: str, card: int = 0) -> dict[str, Any]:
    return {
        "Attachment": {"DeviceIndex": index, "NetworkCardIndex": card},
        "Ipv6Addresses": [{"Ipv6Address": each} for each in ipv6],
    }


BOTH = [attached(1, "fd00::2"), attached(0, "fd00::4", card=1), attached(0, "fd00::1", "fd00::3")]
MEMBERS += [
    ({"PrivateIpAddress": "10.0.1.10", "NetworkInterfaces": BOTH}, "10.0.1.10 fd00::1"),
    ({"NetworkInterfaces": [attached(0, "fd00::1")]}, "fd00::1"),
    ({"PrivateIpAddress": "", "NetworkInterfaces": [attached(1, "fd00::1")]}, ""),
]


@pytest.mark.parametrize(("item", "addresses"), MEMBERS)
def test_a_member_has_the_addresses_of_its_first_interface(item: dict[str, Any], addresses: str) -> None:
    member = wire.parse_member({"InstanceId": "i-1", **item})
    assert (member.instance_id, " ".join(map(str, member.addresses))) == ("i-1", addresses)


def association(state: str, **fields: Any) -> dict[str, Any]:
    return {"Main": False, "RouteTableId": "rtb-1", "AssociationState": {"State": state}, **fields}


def test_a_table_has_its_live_subnet_associations_tags_and_routes() -> None:
    table = wire.parse_route_table(
        {
            "RouteTableId": "rtb-1",
            "VpcId": "vpc-1",
            "Associations": [
                association("associated", SubnetId="subnet-a"),
                association("associating", SubnetId="subnet-b"),
                association("disassociated", SubnetId="subnet-c"),
                association("failed", SubnetId="subnet-d"),
                association("associated", GatewayId="igw-1"),
            ],
            "Tags": [{"Key": "type", "Value": "private"}, {"Key": "bare"}],
            "Routes": [{**V4, **ENI}, {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}],
        }
    )
    assert (table.id, table.vpc_id, table.main) == ("rtb-1", "vpc-1", False)
    assert table.subnet_ids == {"subnet-a", "subnet-b"}
    assert table.tags == {"type": "private", "bare": ""}
    assert [str(route) for route in table.routes] == ["192.0.2.53/32 eni-1 active", "10.0.0.0/16 local active"]


@pytest.mark.parametrize(("association_state", "main"), [("associated", True), ("disassociated", False)])
def test_a_main_association_counts_while_it_lasts(association_state: str, main: bool) -> None:
    item = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [association(association_state, Main=True)]}
    assert wire.parse_route_table(item).main is main


def test_a_table_may_come_with_nothing_but_its_ids() -> None:
    table = wire.parse_route_table({"RouteTableId": "rtb-1", "VpcId": "vpc-1"})
    assert (table.main, table.subnet_ids, table.tags, table.routes) == (False, frozenset(), {}, ())


def test_an_interface_has_every_address_of_both_families() -> None:
    item = {
        "NetworkInterfaceId": "eni-1",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-a",
        "AvailabilityZone": "us-east-1a",
        "OwnerId": "123456789012",
        "Attachment": {"DeviceIndex": 1, "NetworkCardIndex": 2, "InstanceId": "i-1"},
        "PrivateIpAddress": "10.0.0.5",
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}, {"PrivateIpAddress": "10.0.0.6"}],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}],
        "SourceDestCheck": True,
        "Groups": [{"GroupId": "sg-1", "GroupName": "one"}, {"GroupId": "sg-2", "GroupName": "two"}],
    }
    addresses = frozenset(map(parse_address, ("10.0.0.5", "10.0.0.6", "2001:db8::5")))
    assert wire.parse_interface(item) == Interface(
        id="eni-1",
        vpc_id="vpc-1",
        subnet_id="subnet-a",
        device_index=1,
        addresses=addresses,
        source_dest_check=True,
        zone="us-east-1a",
        address=parse_address("10.0.0.5"),
        instance_id="i-1",
        network_card=2,
        owner_id="123456789012",
        security_groups=("sg-1", "sg-2"),
    )


@pytest.mark.parametrize(
    ("more", "peer"),
    [
        ({"CidrIpv4": "10.0.0.0/8"}, parse_prefix("10.0.0.0/8")),
        ({"CidrIpv6": "2001:db8::/32"}, parse_prefix("2001:db8::/32")),
        ({"PrefixListId": "pl-1"}, "pl-1"),
        ({"ReferencedGroupInfo": {"GroupId": "sg-2", "UserId": "123456789012"}}, "sg-2"),
    ],
)
def test_the_other_end_of_a_security_group_rule(more: dict[str, Any], peer: Prefix | str) -> None:
    item = {"GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 179, "ToPort": 180, **more}
    assert wire.parse_security_group_rule(item) == SecurityGroupRule("sg-1", False, "tcp", 179, 180, peer)


def test_a_security_group_rule_for_all_ports() -> None:
    item = {"GroupId": "sg-1", "IsEgress": True, "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"}
    everywhere = parse_prefix("0.0.0.0/0")
    assert wire.parse_security_group_rule(item) == SecurityGroupRule("sg-1", True, "-1", -1, -1, everywhere)


def test_an_interface_without_ipv4_is_reached_by_its_first_ipv6_address_and_one_without_any_by_none() -> None:
    item: dict[str, Any] = {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-a"}
    bare = wire.parse_interface(item)
    assert (bare.address, bare.instance_id, bare.zone) == (None, None, "")
    ipv6 = wire.parse_interface({**item, "Ipv6Addresses": [{"Ipv6Address": f"2001:db8::{n}"} for n in (9, 5)]})
    assert ipv6.address == parse_address("2001:db8::9")


def test_a_subnet_has_its_ipv4_cidr_and_the_live_ones_of_ipv6() -> None:
    item = {"SubnetId": "subnet-a", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a", "CidrBlock": "10.0.1.0/24"}
    ipv6 = [
        {"Ipv6CidrBlock": f"2001:db8:{n}::/64", "Ipv6CidrBlockState": {"State": state}}
        for n, state in enumerate(("associated", "disassociated"))
    ]
    both = wire.parse_subnet({**item, "Ipv6CidrBlockAssociationSet": ipv6})
    cidrs = tuple(map(parse_prefix, ("10.0.1.0/24", "2001:db8:0::/64")))
    assert both == Subnet("subnet-a", "vpc-1", "us-east-1a", cidrs)


def test_a_subnet_may_have_ipv6_only() -> None:
    item = {
        "SubnetId": "subnet-a",
        "VpcId": "vpc-1",
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/64"}],
    }
    assert wire.parse_subnet(item) == Subnet("subnet-a", "vpc-1", "", (parse_prefix("2001:db8::/64"),))


HEALTH = [
    ("running", "ok", "ok", InstanceHealth.OK),
    ("running", "impaired", "ok", InstanceHealth.IMPAIRED),
    ("running", "ok", "impaired", InstanceHealth.IMPAIRED),
    ("running", "initializing", "insufficient-data", InstanceHealth.OK),
    ("running", "not-applicable", "ok", InstanceHealth.OK),
    ("pending", "not-applicable", "not-applicable", InstanceHealth.OK),
    ("stopping", "ok", "ok", InstanceHealth.GONE),
    ("stopped", "not-applicable", "not-applicable", InstanceHealth.GONE),
    ("terminated", "not-applicable", "not-applicable", InstanceHealth.TERMINATED),
    ("shutting-down", "not-applicable", "not-applicable", InstanceHealth.GONE),
]


@pytest.mark.parametrize(("state", "instance", "system", "expected"), HEALTH)
def test_an_instance_is(state: str, instance: str, system: str, expected: InstanceHealth) -> None:
    item = {
        "InstanceId": "i-1",
        "InstanceState": {"Name": state},
        "InstanceStatus": {"Status": instance},
        "SystemStatus": {"Status": system},
    }
    assert wire.parse_health(item) == ("i-1", expected)


def test_an_instance_whose_disk_hangs_is_impaired() -> None:
    item = {
        "InstanceId": "i-1",
        "InstanceState": {"Name": "running"},
        "InstanceStatus": {"Status": "ok"},
        "SystemStatus": {"Status": "ok"},
        "AttachedEbsStatus": {"Status": "impaired"},
    }
    assert wire.parse_health(item) == ("i-1", InstanceHealth.IMPAIRED)


def test_an_instance_of_which_no_status_is_told_is_unknown() -> None:
    assert wire.parse_health({"InstanceId": "i-1", "InstanceState": {"Name": "running"}}) == (
        "i-1",
        InstanceHealth.UNKNOWN,
    )


def test_a_prefix_is_named_by_its_family() -> None:
    assert wire.destination_parameter(parse_prefix("192.0.2.0/24")) == {"DestinationCidrBlock": "192.0.2.0/24"}
    assert wire.destination_parameter(parse_prefix("2001:db8::/32")) == {"DestinationIpv6CidrBlock": "2001:db8::/32"}


WRITTEN = [
    ("eni-1", "NetworkInterfaceId"),
    ("igw-1", "GatewayId"),
    ("vgw-1", "GatewayId"),
    ("vpce-1", "VpcEndpointId"),
    ("nat-1", "NatGatewayId"),
    ("tgw-1", "TransitGatewayId"),
    ("pcx-1", "VpcPeeringConnectionId"),
    ("eigw-1", "EgressOnlyInternetGatewayId"),
    ("cagw-1", "CarrierGatewayId"),
    ("lgw-1", "LocalGatewayId"),
    ("arn:aws-cn:networkmanager::123456789012:core-network/core-network-1", "CoreNetworkArn"),
    ("arn:aws:odb:us-east-1:123456789012:odb-network/odbnet_1", "OdbNetworkArn"),
]


@pytest.mark.parametrize(("target", "parameter"), WRITTEN)
def test_a_target_is_written_as(target: str, parameter: str) -> None:
    assert wire.target_parameter(parse_target(target)) == {parameter: target}


@pytest.mark.parametrize("target", [Target(TargetKind.LOCAL, "local"), Target(TargetKind.INSTANCE, "i-1")], ids=str)
def test_a_target_that_no_route_can_be_given_is_refused(target: Target) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        wire.target_parameter(target)


VPC = {"ResourceType": "vpc", "ResourceId": "vpc-2", "TransitGatewayAttachmentId": "tgw-attach-2"}
VPN = {"ResourceType": "vpn", "ResourceId": "vpn-1", "TransitGatewayAttachmentId": "tgw-attach-9"}
TO = {"DestinationCidrBlock": "192.0.2.53/32", "Type": "static", "State": "active"}


@pytest.mark.parametrize(
    ("item", "shown", "kind", "vpc_id"),
    [
        ({**TO, "TransitGatewayAttachments": [VPC]}, "192.0.2.53/32 tgw-attach-2 active", "ATTACHMENT", "vpc-2"),
        ({**TO, "State": "pending", "TransitGatewayAttachments": [VPC]}, "192.0.2.53/32 tgw-attach-2 active",
         "ATTACHMENT", "vpc-2"),
        ({**TO, "State": "blackhole", "TransitGatewayAttachments": [VPC]}, "192.0.2.53/32 tgw-attach-2 blackhole",
         "ATTACHMENT", "vpc-2"),
        ({**TO, "Type": "propagated", "TransitGatewayAttachments": [VPN, VPC]},
         "192.0.2.53/32 tgw-attach-9 active propagated", "OTHER", ""),
        ({**TO, "State": "blackhole"}, "192.0.2.53/32 blackhole blackhole", "OTHER", ""),
        ({**TO, "State": "of tomorrow", "TransitGatewayAttachments": [VPC]}, "192.0.2.53/32 tgw-attach-2 other",
         "ATTACHMENT", "vpc-2"),
        ({"PrefixListId": "pl-1", "Type": "static", "State": "active", "TransitGatewayAttachments": [VPC]},
         "pl-1 tgw-attach-2 active", "ATTACHMENT", "vpc-2"),
    ],
)  # fmt: skip
def test_a_route_of_a_transit_gateway(item, shown: str, kind: str, vpc_id: str) -> None:
    route = wire.parse_transit_route(item)
    assert (str(route), route.target.kind, route.vpc_id) == (shown, TargetKind[kind], vpc_id)


def test_a_write_is_the_call_that_the_table_takes() -> None:
    prefix, to_vpc = parse_prefix("2001:db8::/48"), interface_target("tgw-attach-1")
    assert wire.write_call("ReplaceRoute", "tgw-rtb-1", prefix, to_vpc) == (
        "ReplaceTransitGatewayRoute",
        {
            "TransitGatewayRouteTableId": "tgw-rtb-1",
            "DestinationCidrBlock": "2001:db8::/48",
            "TransitGatewayAttachmentId": "tgw-attach-1",
        },
    )
    with pytest.raises(ValueError, match=r"eni-1 \(interface\) is no attachment of a transit gateway"):
        wire.write_call("CreateRoute", "tgw-rtb-1", prefix, interface_target("eni-1"))
