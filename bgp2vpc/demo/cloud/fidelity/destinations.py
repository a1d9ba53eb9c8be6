"""A route's destination: exactly one, canonical, and not where EC2 allows no routes."""

import ipaddress
from dataclasses import dataclass
from typing import Any

from bgp2vpc.demo.cloud.fidelity.errors import combination, invalid_value, missing, not_found

DESTINATION_PARAMETERS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html: "Routing for … reserved" ranges
RESERVED = (ipaddress.ip_network("169.254.168.0/22"), ipaddress.ip_network("fd00:ec2::/32"))


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination. Exactly one of the first three is set; `network` is None for a prefix list."""

    ipv4: str | None = None
    ipv6: str | None = None
    prefix_list: str | None = None
    network: Network | None = None

    @property
    def text(self) -> str:
        """The destination as in DescribeRouteTables."""
        return self.ipv4 or self.ipv6 or self.prefix_list or ""

    def key(self, table_id: str) -> str:
        """The key that moto has for the table's static route to it."""
        return f"{table_id}~{self.text}"


def parse_destination(backend: Any, ipv4: str | None, ipv6: str | None, prefix_list: str | None) -> Destination:
    """The single destination of a request, with host bits cleared, as in EC2.

    Raises EC2ClientError: none or several given, no CIDR, a reserved range, an unknown prefix list.
    """
    given = [text for text in (ipv4, ipv6, prefix_list) if text is not None]
    if not given:
        raise missing(
            "The request must contain the parameter destinationCidrBlock, destinationIpv6CidrBlock or "
            "destinationPrefixListId"
        )
    if len(given) > 1:
        raise combination("The request must contain exactly one destination")
    if prefix_list is not None:
        if prefix_list not in backend.managed_prefix_lists:
            raise not_found("InvalidPrefixListID", f"The prefix list ID '{prefix_list}' does not exist")
        return Destination(prefix_list=prefix_list)
    if ipv4 is not None:
        network = _network(ipaddress.IPv4Network, ipv4, "destinationCidrBlock")
        return Destination(ipv4=str(network), network=network)
    network = _network(ipaddress.IPv6Network, given[0], "destinationIpv6CidrBlock")
    return Destination(ipv6=str(network), network=network)


def inside(network: Network, outer: Network) -> bool:
    """Whether `network` is equal to or more specific than `outer`; False across address families."""
    if isinstance(network, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return network.subnet_of(outer)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return network.subnet_of(outer)
    return False


def _network(family: type[Network], text: str, parameter: str) -> Network:
    try:
        network = family(text, strict=False)
    except ValueError as error:
        raise invalid_value(
            f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        ) from error
    if any(inside(network, reserved) for reserved in RESERVED):
        raise invalid_value(f"The destination CIDR block {network} is within a reserved range.")
    return network
