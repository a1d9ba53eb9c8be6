"""Converts botocore's dicts into the model. Unknown kinds and states become OTHER, so that no route breaks its table.

A malformed item, for example without its id or with a number in place of text, raises LookupError, TypeError,
ValueError, AttributeError or ArithmeticError.

Field names: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bgp2vpc.prefix import Prefix, PrefixListId, parse_address, parse_destination, parse_prefix
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    Route,
    RouteState,
    RouteTable,
    SecurityGroupRule,
    Subnet,
    TaggedInstance,
    Target,
    TargetKind,
    attachment,
    is_transit,
)

Item = Mapping[str, Any]

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGET_KINDS = {
    "NetworkInterfaceId": TargetKind.INTERFACE,
    "GatewayId": TargetKind.GATEWAY,
    "NatGatewayId": TargetKind.NAT,
    "TransitGatewayId": TargetKind.TRANSIT_GATEWAY,
    "VpcPeeringConnectionId": TargetKind.PEERING,
    "EgressOnlyInternetGatewayId": TargetKind.EGRESS_ONLY,
    "CarrierGatewayId": TargetKind.CARRIER_GATEWAY,
    "LocalGatewayId": TargetKind.LOCAL_GATEWAY,
    "CoreNetworkArn": TargetKind.CORE_NETWORK,
    "OdbNetworkArn": TargetKind.ODB_NETWORK,
}
_PARAMETERS = {kind: name for name, kind in _TARGET_KINDS.items()}
# Every other key of a route is a target, even one that TargetKind does not have.
_NO_TARGETS = frozenset({*_DESTINATIONS, "Origin", "State", "InstanceId", "InstanceOwnerId"})
_ADVERTISED = "Advertisement"  # by VPC Route Server
_PROPAGATED = ("EnableVgwRoutePropagation", _ADVERTISED)
_UNKNOWN = "unknown"
_NO_IP = "efa-only"
_CHECKS = ("InstanceStatus", "SystemStatus", "AttachedEbsStatus")
_GONE = ("shutting-down", "stopping", "stopped")
_TERMINATED = "terminated"


def parse_route_table(item: Item) -> RouteTable:
    """A `RouteTable` of DescribeRouteTables. Associations with gateways, and ended or failed ones, are left out."""
    live = [each for each in item.get("Associations", ()) if _is_associated(each.get("AssociationState"))]
    return RouteTable(
        id=_text(item, "RouteTableId"),
        vpc_id=_text(item, "VpcId"),
        main=any(each.get("Main", False) for each in live),
        subnet_ids=frozenset(_text(each, "SubnetId") for each in live if each.get("SubnetId")),
        tags={_text(tag, "Key"): _text(tag, "Value", "") for tag in item.get("Tags", ())},
        routes=tuple(map(parse_route, item.get("Routes", ()))),
        owner_id=_text(item, "OwnerId", ""),
    )


def parse_route(item: Item) -> Route:
    """A `Route`. An unknown kind of destination or target becomes "unknown", an unknown state OTHER."""
    destination: Prefix | str = next((_text(item, name) for name in _DESTINATIONS if item.get(name)), _UNKNOWN)
    with suppress(ValueError):
        destination = parse_destination(str(destination))
    state = RouteState.OTHER
    with suppress(ValueError):
        state = RouteState(item.get("State", "active"))
    return Route(
        destination=destination,
        target=_target(item),
        state=state,
        propagated=item.get("Origin") in _PROPAGATED,
        instance_id=_text(item, "InstanceId", "") or None,
        advertised=item.get("Origin") == _ADVERTISED,
    )


def parse_transit_table(item: Item) -> RouteTable:
    """A `TransitGatewayRouteTable` of DescribeTransitGatewayRouteTables, without its routes."""
    return RouteTable(
        id=_text(item, "TransitGatewayRouteTableId"),
        vpc_id=_text(item, "TransitGatewayId"),
        tags={_text(tag, "Key"): _text(tag, "Value", "") for tag in item.get("Tags", ())},
    )


def parse_transit_route(item: Item) -> Route:
    """A `TransitGatewayRoute` of SearchTransitGatewayRoutes.

    Only an attachment of a VPC becomes ATTACHMENT, as only there a host can announce. A route without an attachment is
    a static black hole that an operator made; its target is OTHER, `blackhole`.
    """
    attached: Item = next(iter(item.get("TransitGatewayAttachments", ())), {})
    target = Target(TargetKind.OTHER, _text(attached, "TransitGatewayAttachmentId", "") or "blackhole")
    vpc_id = _text(attached, "ResourceId", "") if attached.get("ResourceType") == "vpc" else ""
    if vpc_id:
        target = Target(TargetKind.ATTACHMENT, target.id)
    destination: Prefix | str = _text(item, "PrefixListId", "") or _UNKNOWN
    if item.get("DestinationCidrBlock"):
        destination = parse_prefix(_text(item, "DestinationCidrBlock"))
    states = {"active": RouteState.ACTIVE, "pending": RouteState.ACTIVE, "blackhole": RouteState.BLACKHOLE}
    return Route(
        destination=destination,
        target=target,
        state=states.get(str(item.get("State")), RouteState.OTHER),
        propagated=item.get("Type") != "static",
        vpc_id=vpc_id,
    )


def is_there(item: Item) -> bool:
    """Whether a transit gateway's route exists, and is not being deleted."""
    return item.get("State") not in ("deleting", "deleted")


def parse_attachment(item: Item) -> Interface:
    """A `TransitGatewayAttachment` of DescribeTransitGatewayAttachments."""
    return attachment(_text(item, "TransitGatewayAttachmentId"), _text(item, "TransitGatewayId"))


def is_live(item: Item) -> bool:
    """Whether an attachment or table of a transit gateway is in use; EC2 lists deleted ones for a while."""
    return item.get("State") in ("available", "modifying")


def speaks_ip(item: Item) -> bool:
    """Whether this `NetworkInterface` carries IP. An efa-only interface does not, and cannot be a route's target.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html
    """
    return item.get("InterfaceType") != _NO_IP


def parse_interface(item: Item) -> Interface:
    """A `NetworkInterface` of DescribeNetworkInterfaces, with all its private IPv4 and IPv6 addresses."""
    ipv4 = [_text(each, "PrivateIpAddress") for each in item.get("PrivateIpAddresses", ())]
    ipv6 = [_text(each, "Ipv6Address") for each in item.get("Ipv6Addresses", ())]
    first = _text(item, "PrivateIpAddress", "") or next(iter(ipv6), None)
    attachment = item.get("Attachment", {})
    return Interface(
        id=_text(item, "NetworkInterfaceId"),
        vpc_id=_text(item, "VpcId"),
        subnet_id=_text(item, "SubnetId"),
        device_index=int(attachment.get("DeviceIndex", 0)),
        network_card=int(attachment.get("NetworkCardIndex", 0)),
        owner_id=_text(item, "OwnerId", ""),
        addresses=frozenset(map(parse_address, (*ipv4, *ipv6))),
        source_dest_check=bool(item.get("SourceDestCheck", False)),
        zone=_text(item, "AvailabilityZone", ""),
        address=parse_address(first) if first else None,
        instance_id=_text(attachment, "InstanceId", "") or None,
        security_groups=tuple(_text(group, "GroupId") for group in item.get("Groups", ())),
    )


def parse_security_group_rule(item: Item) -> SecurityGroupRule:
    """A `SecurityGroupRule` of DescribeSecurityGroupRules. Its ports are -1 and -1 if it covers all ports."""
    group = _text(item.get("ReferencedGroupInfo", {}), "GroupId", "")
    peer: Prefix | str = group or _text(item, "PrefixListId", "")
    if not peer:
        peer = parse_prefix(_text(item, "CidrIpv4", "") or _text(item, "CidrIpv6"))
    return SecurityGroupRule(
        group_id=_text(item, "GroupId"),
        egress=bool(item["IsEgress"]),
        protocol=_text(item, "IpProtocol"),
        from_port=int(item.get("FromPort", -1)),
        to_port=int(item.get("ToPort", -1)),
        peer=peer,
    )


def parse_member(item: Item) -> TaggedInstance:
    """An `Instance` of DescribeInstances with the addresses of its primary interface; a pending one may have none."""
    ipv6 = [
        _text(each, "Ipv6Address")
        for interface in item.get("NetworkInterfaces", ())
        for attachment in [interface.get("Attachment", {})]
        if int(attachment.get("DeviceIndex", 0)) == int(attachment.get("NetworkCardIndex", 0)) == 0
        for each in interface.get("Ipv6Addresses", ())
    ]
    ipv4 = _text(item, "PrivateIpAddress", "")
    found = [ipv4, *ipv6[:1]] if ipv4 else ipv6[:1]
    return TaggedInstance(_text(item, "InstanceId"), tuple(map(parse_address, found)))


def parse_subnet(item: Item) -> Subnet:
    """A `Subnet` of DescribeSubnets, with its associated CIDRs. An IPv6-only subnet has no CidrBlock."""
    ipv6 = item.get("Ipv6CidrBlockAssociationSet", ())
    live = [_text(each, "Ipv6CidrBlock") for each in ipv6 if _is_associated(each.get("Ipv6CidrBlockState"))]
    ipv4 = _text(item, "CidrBlock", "")
    cidrs = [ipv4, *live] if ipv4 else live
    return Subnet(
        id=_text(item, "SubnetId"),
        vpc_id=_text(item, "VpcId"),
        zone=_text(item, "AvailabilityZone", ""),
        cidrs=tuple(map(parse_prefix, cidrs)),
    )


def parse_health(item: Item) -> tuple[str, InstanceHealth]:
    """An `InstanceStatus` as (instance id, health). An instance that starts or is still being checked counts as OK.

    An instance with a hanging disk is `impaired` in AttachedEbsStatus only. Without any status it is UNKNOWN.
    """
    instance_id = _text(item, "InstanceId")
    state = item.get("InstanceState", {}).get("Name")
    if state == _TERMINATED:
        return instance_id, InstanceHealth.TERMINATED
    if state in _GONE:
        return instance_id, InstanceHealth.GONE
    checks = {status for name in _CHECKS if (status := item.get(name, {}).get("Status"))}
    if not checks:
        return instance_id, InstanceHealth.UNKNOWN
    return instance_id, InstanceHealth.IMPAIRED if "impaired" in checks else InstanceHealth.OK


def parse_managed_prefix_list(item: Item) -> ManagedPrefixList:
    """A `ManagedPrefixList` of DescribeManagedPrefixLists, without its entries.

    AWS's own lists have neither version nor size. An unknown address family becomes 0, which fits no prefix.
    """
    return ManagedPrefixList(
        id=_text(item, "PrefixListId"),
        name=_text(item, "PrefixListName", ""),
        ip_version={"IPv4": 4, "IPv6": 6}.get(_text(item, "AddressFamily", ""), 0),
        version=int(item.get("Version", 0)),
        max_entries=int(item.get("MaxEntries", 0)),
        state=_text(item, "State", ""),
        owner_id=_text(item, "OwnerId", ""),
        tags={_text(tag, "Key"): _text(tag, "Value", "") for tag in item.get("Tags", ())},
        is_synced=bool(item.get("IpamPrefixListResolverSyncEnabled", False)),
    )


def parse_prefix_list_entry(item: Item) -> tuple[Prefix, str]:
    """A `PrefixListEntry` of GetManagedPrefixListEntries as (CIDR, description)."""
    return parse_prefix(_text(item, "Cidr")), _text(item, "Description", "")


def write_call(operation: str, table_id: str, prefix: Prefix, target: Target | None) -> tuple[str, dict[str, str]]:
    """The operation and parameters of CreateRoute, ReplaceRoute or DeleteRoute for this table.

    For a transit gateway's table the operation is the one for transit gateways, such as CreateTransitGatewayRoute.
    Raises ValueError for a target that a route of such a table cannot have.
    """
    if not is_transit(table_id):
        place = {"RouteTableId": table_id, **destination_parameter(prefix)}
        return operation, place | (target_parameter(target) if target else {})
    place = {"TransitGatewayRouteTableId": table_id, "DestinationCidrBlock": str(prefix)}
    if target is not None:
        if target.kind is not TargetKind.ATTACHMENT:
            raise ValueError(f"{target} ({target.kind.value}) is no attachment of a transit gateway")
        place["TransitGatewayAttachmentId"] = target.id
    return operation.replace("Route", "TransitGatewayRoute"), place


def destination_parameter(prefix: Prefix) -> dict[str, str]:
    """The parameter for this prefix or prefix list in the write calls."""
    if isinstance(prefix, PrefixListId):
        return {"DestinationPrefixListId": str(prefix)}
    return {"DestinationIpv6CidrBlock" if prefix.is_ipv6 else "DestinationCidrBlock": str(prefix)}


def target_parameter(target: Target) -> dict[str, str]:
    """The parameter for this target in the write calls. Raises ValueError for one that a route cannot be given."""
    name = _PARAMETERS.get(target.kind)
    if name is None:
        raise ValueError(f"{target} ({target.kind.value}) cannot be written as the target of a route")
    # A Gateway Load Balancer endpoint is read as GatewayId, but written as VpcEndpointId.
    return {"VpcEndpointId" if target.id.startswith("vpce-") else name: target.id}


def _text(item: Item, name: str, default: str | None = None) -> str:
    """The item's text under `name`, else `default`. Raises LookupError without either, TypeError if it is no text."""
    found = item[name] if default is None else item.get(name, default)
    if not isinstance(found, str):
        raise TypeError(f"{name} is {found!r}")
    return found


def _target(item: Item) -> Target:
    for name, kind in _TARGET_KINDS.items():
        if item.get(name):
            found = _text(item, name)
            local = name == "GatewayId" and found == "local"
            return Target(TargetKind.LOCAL if local else kind, found)
    others = [value for name, value in item.items() if name not in _NO_TARGETS and value]
    if others:
        return Target(TargetKind.OTHER, next((each for each in others if isinstance(each, str)), _UNKNOWN))
    instance_id = _text(item, "InstanceId", "")
    return Target(TargetKind.INSTANCE, instance_id) if instance_id else Target(TargetKind.NONE, _UNKNOWN)


def _is_associated(state: Item | None) -> bool:
    return state is None or state.get("State", "associated") in ("associated", "associating")
