"""Formats a route table as text, one route per line, for comparisons in tests and for people."""

import ipaddress
from typing import Any

TARGETS = (
    "network_interface_id",
    "gateway_id",
    "nat_gateway_id",
    "transit_gateway_id",
    "vpc_peering_connection_id",
    "egress_only_internet_gateway_id",
    "carrier_gateway_id",
    "ip_address",
)


def show(table: Any, *, local: bool = False) -> str:
    """The table's routes by destination: "192.0.2.53/32 eni-… active", followed by "propagated" if it is."""
    routes = [route for route in table._routes.values() if local or not route.local]
    lines = []
    for route in sorted(routes, key=_order):
        target = next((value for name in TARGETS if (value := getattr(route, name, None))), "-")
        propagated = " propagated" if _is_propagated(route) else ""
        lines.append(f"{_destination(route)} {target} {route.state}{propagated}\n")
    return "".join(lines)


def _destination(route: Any) -> str:
    return route.destination_cidr_block or route.destination_ipv6_cidr_block or route.destination_prefix_list_id or "-"


def _is_propagated(route: Any) -> bool:
    return route.origin in ("EnableVgwRoutePropagation", "Advertisement")


def _order(route: Any) -> tuple[int, int, int, str, bool]:
    """Sort key: IPv4, IPv6, prefix lists; each by address and length; static before propagated."""
    text = _destination(route)
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return (9, 0, 0, text, False)
    return (network.version, int(network.network_address), network.prefixlen, text, _is_propagated(route))
