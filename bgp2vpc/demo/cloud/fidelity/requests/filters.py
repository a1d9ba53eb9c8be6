"""Filters as in EC2: every filter must match by any of its values, and an unknown name is refused.

The names are those that the API reference documents for DescribeRouteTables, DescribeNetworkInterfaces,
DescribeSubnets and DescribeInstanceStatus. Other resources keep moto's own readers, with the matching corrected.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from moto.ec2 import utils
from moto.ec2.exceptions import FilterNotImplementedError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCEndPoint

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value
from bgp2vpc.demo.cloud.fidelity.patching import patch

Resource = TypeVar("Resource")
Values = Iterable[str | None]
Readers = Mapping[str, Callable[[Any], Values]]


def install() -> None:
    """Correct the matching of all resources that moto filters by `generic_filter`."""
    for module in [m for name, m in sys.modules.items() if name.startswith("moto.ec2.models.")]:
        if getattr(module, "generic_filter", None) is utils.generic_filter:
            patch(module, filter_by_own_readers, "generic_filter")
    # EC2 documents `vpc-endpoint-id`. moto's readers read attributes, and it has none of this name.
    setattr(VPCEndPoint, "vpc_endpoint_id", property(lambda endpoint: endpoint.id))  # noqa: B010


def select(resources: list[Resource], filters: Mapping[str, list[str]] | None, readers: Readers) -> list[Resource]:
    """The resources that match every filter. Raises EC2ClientError for a name without a reader."""
    for name, wanted in (filters or {}).items():
        read = _reader(name, readers)
        pattern = _pattern(wanted)
        resources = [r for r in resources if any(value and pattern.fullmatch(value) for value in read(r))]
    return resources


def filter_by_own_readers(filters: Mapping[str, Any] | None, objects: list[Any]) -> list[Any]:
    """As `select`, with moto's `get_filter_value`. moto's own callers may pass a single value instead of a list."""
    for name, wanted in (filters or {}).items():
        pattern = _pattern([wanted] if isinstance(wanted, str) else list(wanted or ()))
        objects = [item for item in objects if any(pattern.fullmatch(value) for value in _own_values(item, name))]
    return objects


def _reader(name: str, readers: Readers) -> Callable[[Any], Values]:
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda resource: [_tags(resource).get(key)]
    if name == "tag-key":
        return lambda resource: _tags(resource).keys()
    if name == "tag-value":
        return lambda resource: _tags(resource).values()
    if name not in readers:
        raise invalid_value(f"The filter '{name}' is invalid")
    return readers[name]


def _tags(resource: Any) -> Mapping[str, str]:
    return {each["key"]: each["value"] for each in resource.get_tags()}


def _pattern(wanted: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches any of the values, in which * and ? are wildcards."""
    alternatives = (re.escape(value).replace(r"\*", ".*").replace(r"\?", ".") for value in wanted if value)
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives) or r"(?!)", re.DOTALL)


def _own_values(item: Any, name: str) -> list[str]:
    try:
        value = item.get_filter_value(name)
    except FilterNotImplementedError as error:
        raise invalid_value(f"The filter '{name}' is invalid") from error
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime):
        return [utils.format_timestamp(value)]
    if isinstance(value, str | int):
        return [str(value)]
    return [str(part) for part in value if part is not None]


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _of_routes(attribute: str) -> Callable[[RouteTable], Values]:
    def read(table: RouteTable) -> Values:
        routes: Iterable[Route] = table._routes.values()
        return [getattr(route, attribute) for route in routes]

    return read


def _of_associations(key: str) -> Callable[[RouteTable], Values]:
    return lambda table: [association.get(key) for association in table.associations]


ROUTE_TABLE_FILTERS: Readers = {
    "association.gateway-id": _of_associations("GatewayId"),
    "association.main": lambda table: [_truth(association["Main"]) for association in table.associations],
    "association.route-table-association-id": _of_associations("RouteTableAssociationId"),
    "association.route-table-id": _of_associations("RouteTableId"),
    "association.subnet-id": _of_associations("SubnetId"),
    "owner-id": lambda table: [table.owner_id],
    "route-table-id": lambda table: [table.id],
    "route.destination-cidr-block": _of_routes("destination_cidr_block"),
    "route.destination-ipv6-cidr-block": _of_routes("destination_ipv6_cidr_block"),
    "route.destination-prefix-list-id": _of_routes("destination_prefix_list_id"),
    "route.egress-only-internet-gateway-id": _of_routes("egress_only_internet_gateway_id"),
    "route.gateway-id": _of_routes("gateway_id"),
    "route.instance-id": _of_routes("instance_id"),
    "route.nat-gateway-id": _of_routes("nat_gateway_id"),
    "route.origin": _of_routes("origin"),
    "route.state": _of_routes("state"),
    "route.transit-gateway-id": _of_routes("transit_gateway_id"),
    "route.vpc-peering-connection-id": _of_routes("vpc_peering_connection_id"),
    "vpc-id": lambda table: [table.vpc_id],
}


def _of_instance(attribute: str) -> Callable[[NetworkInterface], Values]:
    return lambda interface: [getattr(interface.instance, attribute, None)]


INTERFACE_FILTERS: Readers = {
    "addresses.association.public-ip": lambda interface: [interface.public_ip],
    "addresses.primary": lambda interface: [_truth(a.get("Primary", False)) for a in interface.private_ip_addresses],
    "addresses.private-ip-address": lambda interface: [a["PrivateIpAddress"] for a in interface.private_ip_addresses],
    "association.public-ip": lambda interface: [interface.public_ip],
    "attachment.attachment-id": lambda interface: [interface.attachment_id],
    "attachment.delete-on-termination": lambda interface: [_truth(bool(interface.delete_on_termination))],
    "attachment.device-index": lambda interface: [str(interface.device_index)] if interface.instance else [],
    "attachment.instance-id": _of_instance("id"),
    "attachment.instance-owner-id": _of_instance("owner_id"),
    "attachment.status": lambda interface: ["attached" if interface.instance else "detached"],
    "availability-zone": lambda interface: [interface.availability_zone],
    "description": lambda interface: [interface.description],
    "group-id": lambda interface: [group.id for group in interface.group_set],
    "group-name": lambda interface: [group.name for group in interface.group_set],
    "interface-type": lambda interface: [interface.interface_type],
    "ipv6-addresses.ipv6-address": lambda interface: interface.ipv6_addresses,
    "mac-address": lambda interface: [interface.mac_address],
    "network-interface-id": lambda interface: [interface.id],
    "owner-id": lambda interface: [interface.owner_id],
    "private-dns-name": lambda interface: [getattr(interface, "private_dns_name", None)],
    "private-ip-address": lambda interface: [interface.private_ip_address],
    "requester-id": lambda interface: [interface.requester_id],
    "requester-managed": lambda interface: [_truth(interface.requester_managed)],
    "source-dest-check": lambda interface: [_truth(interface.source_dest_check)],
    "status": lambda interface: [interface.status],
    "subnet-id": lambda interface: [interface.subnet.id],
    "vpc-id": lambda interface: [interface.vpc_id],
}


def _of_ipv6(key: str) -> Callable[[Subnet], Values]:
    return lambda subnet: [association[key] for association in subnet.ipv6_cidr_block_associations.values()]


_SUBNET_READERS: Readers = {
    "availability-zone": lambda subnet: [subnet.availability_zone],
    "availability-zone-id": lambda subnet: [subnet.availability_zone_id],
    "available-ip-address-count": lambda subnet: [str(subnet.available_ip_address_count)],
    "cidr-block": lambda subnet: [subnet.cidr_block],
    "default-for-az": lambda subnet: [_truth(bool(subnet.default_for_az))],
    "ipv6-cidr-block-association.association-id": _of_ipv6("associationId"),
    "ipv6-cidr-block-association.ipv6-cidr-block": _of_ipv6("ipv6CidrBlock"),
    "ipv6-native": lambda subnet: [_truth(subnet.ipv6_native)],
    "map-public-ip-on-launch": lambda subnet: [_truth(bool(subnet.map_public_ip_on_launch))],
    "owner-id": lambda subnet: [subnet.owner_id],
    "state": lambda subnet: [subnet.state],
    "subnet-arn": lambda subnet: [subnet.arn],
    "subnet-id": lambda subnet: [subnet.id],
    "vpc-id": lambda subnet: [subnet.vpc_id],
}
# EC2 documents further spellings of some names.
_SUBNET_ALIASES = {
    "availabilityZone": "availability-zone",
    "availabilityZoneId": "availability-zone-id",
    "cidr": "cidr-block",
    "cidrBlock": "cidr-block",
    "defaultForAz": "default-for-az",
}
SUBNET_FILTERS: Readers = {
    **_SUBNET_READERS,
    **{alias: _SUBNET_READERS[name] for alias, name in _SUBNET_ALIASES.items()},
}


def _reachability(status: Mapping[str, Any]) -> Values:
    return [detail["Status"] for detail in status.get("Details", ())]


STATUS_FILTERS: Readers = {
    "attached-ebs-status.status": lambda instance: [instance.attached_ebs_status["Status"]],
    "availability-zone": lambda instance: [instance.availability_zone],
    "instance-state-code": lambda instance: [str(instance.state_code)],
    "instance-state-name": lambda instance: [instance.state],
    "instance-status.reachability": lambda instance: _reachability(instance.instance_status),
    "instance-status.status": lambda instance: [instance.instance_status["Status"]],
    "system-status.reachability": lambda instance: _reachability(instance.system_status),
    "system-status.status": lambda instance: [instance.system_status["Status"]],
}
