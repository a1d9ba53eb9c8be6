"""A route's target: exactly one, existing, of the table's own VPC, and permitted for the destination."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError
from moto.ec2.models.route_tables import RouteTable

from bgp2vpc.demo.cloud.fidelity import nat_gateways, transit_gateways
from bgp2vpc.demo.cloud.fidelity.destinations import Destination, inside
from bgp2vpc.demo.cloud.fidelity.errors import combination, invalid_value, missing, not_found, several_interfaces

FIELDS = (
    "gateway",
    "instance",
    "nat_gateway",
    "egress_only_igw",
    "transit_gateway",
    "interface",
    "vpc_pcx",
    "carrier_gateway",
    "vpc_endpoint_id",
)
"""The attributes of moto's Route; one of them is the target."""

PARAMETERS = {
    "GatewayId": "gateway_id",
    "InstanceId": "instance_id",
    "NatGatewayId": "nat_gateway_id",
    "EgressOnlyInternetGatewayId": "egress_only_igw_id",
    "TransitGatewayId": "transit_gateway_id",
    "NetworkInterfaceId": "interface_id",
    "VpcPeeringConnectionId": "vpc_peering_connection_id",
    "CarrierGatewayId": "carrier_gateway_id",
    "VpcEndpointId": "vpc_endpoint_id",
}
"""EC2's parameter -> moto's keyword argument."""

MAY_SPLIT_A_VPC = ("interface", "nat_gateway", "vpc_endpoint_id")
"""Targets permitted for a route that is more specific than the VPC's own CIDR."""


@dataclass(frozen=True, slots=True)
class CloudTarget:
    """A target. `field`: its attribute of moto's Route; `value`: moto's object (of a VPC endpoint, its id)."""

    field: str
    value: Any

    def is_target_of(self, route: Any) -> bool:
        """Whether the route points at this target."""
        return getattr(route, self.field) is self.value


def resolve_target(backend: Any, table: RouteTable, destination: Destination, given: Mapping[str, Any]) -> CloudTarget:
    """The target among moto's keyword arguments (`interface_id=…`). Raises EC2ClientError if EC2 would refuse it."""
    targets = {name: value for name, value in given.items() if name in RESOLVERS and value}
    if not targets:
        raise missing(
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
            "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, instanceId, carrierGatewayId, "
            "vpcEndpointId"
        )
    if len(targets) > 1:
        raise combination(f"The request must contain exactly one target, not {', '.join(targets)}")
    ((name, identifier),) = targets.items()
    target = RESOLVERS[name](backend, table, identifier)
    _check_destination(backend, table, destination, target)
    return target


def _interface(backend: Any, table: RouteTable, identifier: str) -> CloudTarget:
    interface = backend.get_network_interface(identifier)
    _check_vpc(table, identifier, interface.vpc_id)
    return CloudTarget("interface", interface)


def _instance(backend: Any, table: RouteTable, identifier: str) -> CloudTarget:
    instance = backend.get_instance(identifier)
    if instance.state == "terminated":
        raise InvalidInstanceIdError(identifier)
    _check_vpc(table, identifier, instance.vpc_id)
    if len(instance.nics) != 1:
        raise several_interfaces(identifier)
    # EC2 stores the interface: the route shows both ids, and stays with the interface.
    return CloudTarget("interface", instance.nics[0])


def _gateway(backend: Any, table: RouteTable, identifier: str) -> CloudTarget:
    if identifier.startswith("vpce-"):
        return CloudTarget("gateway", backend.get_vpc_end_point(identifier))
    gateway = backend.internet_gateways.get(identifier) or backend.vpn_gateways.get(identifier)
    if gateway is None:
        # EC2 uses this code for ids of any kind: https://github.com/hashicorp/terraform/issues/4987
        raise not_found("InvalidGatewayID", f"The gateway ID '{identifier}' does not exist")
    if identifier.startswith("igw-"):
        _check_vpc(table, identifier, gateway.vpc.id if gateway.vpc else None)
    else:
        _check_vpc(table, identifier, table.vpc_id if table.vpc_id in gateway.attachments else None)
    return CloudTarget("gateway", gateway)


def _nat_gateway(backend: Any, table: RouteTable, identifier: str) -> CloudTarget:
    if not nat_gateways.exists(backend, identifier):
        raise not_found("InvalidNatGatewayID", f"The natGateway ID '{identifier}' does not exist")
    gateway = backend.nat_gateways[identifier]
    # EC2 names the gateway's interface here: https://github.com/saltstack/salt/issues/38791
    _check_vpc(table, gateway._eni.id, gateway.vpc_id)
    return CloudTarget("nat_gateway", gateway)


def _transit_gateway(backend: Any, table: RouteTable, identifier: str) -> CloudTarget:
    """The transit gateway; EC2 reports one without an attachment to the VPC as missing.

    https://github.com/hashicorp/terraform-provider-aws/issues/10025
    """
    if not transit_gateways.is_attached(backend, identifier, table.vpc_id):
        raise not_found("InvalidTransitGatewayID", f"The transitGateway ID '{identifier}' does not exist.")
    return CloudTarget("transit_gateway", backend.transit_gateways[identifier])


def _known(field: str, store: str, kind: str) -> Callable[[Any, RouteTable, str], CloudTarget]:
    """A resolver that looks up the id in the backend's dictionary `store`, and checks nothing else."""

    def resolve(backend: Any, _table: RouteTable, identifier: str) -> CloudTarget:
        value = getattr(backend, store).get(identifier)
        if value is None:
            raise not_found(kind, f"The ID '{identifier}' does not exist")
        return CloudTarget(field, value)

    return resolve


def _endpoint(backend: Any, _table: RouteTable, identifier: str) -> CloudTarget:
    endpoint = backend.get_vpc_end_point(identifier)
    if endpoint.vpc_endpoint_type != "GatewayLoadBalancer":
        raise EC2ClientError("RouteNotSupported", f"Route table contains unsupported route target: {identifier}.")
    return CloudTarget("vpc_endpoint_id", identifier)


RESOLVERS: Mapping[str, Callable[[Any, RouteTable, str], CloudTarget]] = {
    "interface_id": _interface,
    "instance_id": _instance,
    "gateway_id": _gateway,
    "nat_gateway_id": _nat_gateway,
    "egress_only_igw_id": _known(
        "egress_only_igw", "egress_only_internet_gateways", "InvalidEgressOnlyInternetGatewayId"
    ),
    "transit_gateway_id": _transit_gateway,
    "vpc_peering_connection_id": _known("vpc_pcx", "vpc_pcxs", "InvalidVpcPeeringConnectionID"),
    "carrier_gateway_id": _known("carrier_gateway", "carrier_gateways", "InvalidCarrierGatewayID"),
    "vpc_endpoint_id": _endpoint,
}
"""moto's keyword argument -> the function that looks up and checks its id."""


def _check_vpc(table: RouteTable, identifier: str, vpc_id: str | None) -> None:
    if vpc_id != table.vpc_id:
        raise invalid_value(f"route table {table.id} and network target {identifier} belong to different networks")


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _check_destination(backend: Any, table: RouteTable, destination: Destination, target: CloudTarget) -> None:
    """Raise EC2ClientError if EC2 does not permit the target for this destination; for a prefix list it permits all.

    By CreateRoute's reference, NatGatewayId is for IPv4 (and NAT64), EgressOnlyInternetGatewayId for IPv6. A route
    within the VPC's own CIDR must match a whole subnet, with a target of `MAY_SPLIT_A_VPC`.
    """
    network = destination.network
    if network is None:
        return
    if target.field == "nat_gateway" and network.version == 6 and not inside(network, NAT64):
        raise invalid_value(f"A NAT gateway cannot be the target of a route to {network}")
    if target.field == "egress_only_igw" and network.version == 4:
        raise invalid_value(f"An egress-only internet gateway cannot be the target of a route to {network}")
    vpc = backend.get_vpc(table.vpc_id)
    cidrs = [
        ipaddress.ip_network(association["cidr_block"])
        for ipv6 in (False, True)
        for association in vpc.get_cidr_block_association_set(ipv6=ipv6)
    ]
    if not any(inside(network, cidr) and network != cidr for cidr in cidrs):
        return
    if target.field not in MAY_SPLIT_A_VPC:
        raise invalid_value(
            f"The destination CIDR block {network} is equal to or more specific than one of this VPC's CIDR blocks. "
            "This route can target only an interface or an instance."
        )
    subnets = [s for zone in backend.subnets.values() for s in zone.values() if s.vpc_id == table.vpc_id]
    ipv4 = [subnet.cidr_block for subnet in subnets]
    ipv6 = [a["ipv6CidrBlock"] for subnet in subnets for a in subnet.ipv6_cidr_block_associations.values()]
    if network not in {ipaddress.ip_network(cidr) for cidr in (*ipv4, *ipv6) if cidr}:
        raise invalid_value(f"The destination CIDR block {network} does not match any subnet of the VPC")
