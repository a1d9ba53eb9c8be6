"""Subnets: DescribeSubnets with the documented filters, and with the state of IPv6 CIDRs in EC2's form."""

from typing import Any

from moto.ec2.models.subnets import Subnet, SubnetBackend

from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.requests.filters import SUBNET_FILTERS, select


def install() -> None:
    """Replace the description, and its IPv6 associations."""
    patch(SubnetBackend, describe_subnets)
    patch(Subnet, property(_ipv6_associations), "ipv6_cidr_block_association_set")


def describe_subnets(self: Any, subnet_ids: list[str] | None = None, filters: Any = None) -> list[Subnet]:
    """The subnets with these ids (none given: all) that match every filter."""
    if subnet_ids:
        subnets = [self.get_subnet(identifier) for identifier in dict.fromkeys(subnet_ids)]
    else:
        subnets = [subnet for of_zone in self.subnets.values() for subnet in of_zone.values()]
    # moto's own callers pass a single value instead of a list.
    wanted = {name: [values] if isinstance(values, str) else values for name, values in (filters or {}).items()}
    return select(subnets, wanted, SUBNET_FILTERS)


def _ipv6_associations(subnet: Any) -> list[dict[str, Any]]:
    """The associations in EC2's form; moto nests the mapping with the state, as text, in another one."""
    return [
        {
            "AssociationId": association["associationId"],
            "Ipv6CidrBlock": association["ipv6CidrBlock"],
            "Ipv6CidrBlockState": association["ipv6CidrBlockState"],
        }
        for association in subnet.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]
