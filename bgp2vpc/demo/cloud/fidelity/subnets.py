"""Subnets: described with the filters that EC2 documents, and with a state of IPv6 CIDRs that is a word."""

from typing import Any

from moto.ec2.models.subnets import Subnet, SubnetBackend

from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.requests.filters import SUBNET_FILTERS, select


def install() -> None:
    """Replace the description, and what it shows of IPv6."""
    patch(SubnetBackend, describe_subnets)
    patch(Subnet, property(_ipv6_associations), "ipv6_cidr_block_association_set")


def describe_subnets(self: Any, subnet_ids: list[str] | None = None, filters: Any = None) -> list[Subnet]:
    """The subnets with these ids (all, if none is given) that match every filter."""
    if subnet_ids:
        subnets = [self.get_subnet(identifier) for identifier in dict.fromkeys(subnet_ids)]
    else:
        subnets = [subnet for of_zone in self.subnets.values() for subnet in of_zone.values()]
    # moto's own callers give a single value instead of a list.
    wanted = {name: [values] if isinstance(values, str) else values for name, values in (filters or {}).items()}
    return select(subnets, wanted, SUBNET_FILTERS)


def _ipv6_associations(subnet: Any) -> list[dict[str, Any]]:
    """What EC2 shows of them; moto puts the mapping that holds the state, as text, into another one."""
    return [
        {
            "AssociationId": association["associationId"],
            "Ipv6CidrBlock": association["ipv6CidrBlock"],
            "Ipv6CidrBlockState": association["ipv6CidrBlockState"],
        }
        for association in subnet.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]
