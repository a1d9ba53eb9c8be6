"""The next hop of a path of this host: which interface a route for it would point at, or why none can be used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bgp2vpc.bgp.path import SELF, NextHop
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.policy.plan import Reason
from bgp2vpc.policy.rule import ManagedRoute, Rule
from bgp2vpc.vpc.model import Interface, RouteTable


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that can be installed, and the interface it is installed at."""

    offer: Offer
    interface: Interface


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a path that is offered cannot be installed."""

    reason: Reason
    detail: str


def choose_interface(
    rule: Rule,
    table: RouteTable,
    next_hop: NextHop,
    interfaces: Sequence[Interface],
    managed: ManagedRoute | None = None,
) -> Interface | Unusable:
    """The interface that has the next hop's address; for `self` the rule's `interface`, or device index 0.

    Where several network cards have a device of that index, it is the first card's.

    A managed route without `interface` points at the first one that may forward (whose source/destination check is
    off), as in AWSnycast. Only interfaces in the table's own VPC count: EC2 refuses every other.

    In a transit gateway's table it is the attachment of our VPC, with our own address; it does not forward if none of
    our interfaces does.
    """
    here = [interface for interface in interfaces if interface.vpc_id == table.vpc_id]
    is_own = next_hop is SELF or rule.next_hop_self or any(next_hop in each.addresses for each in interfaces)
    if table.is_transit and is_own:
        if not here:
            return Unusable(Reason.NO_INTERFACE, f"this VPC has no attachment to {table.vpc_id}")
        in_vpc = [each for each in interfaces if each.subnet_id]
        first = min(in_vpc, key=lambda each: each.position, default=here[0])
        is_checked = bool(in_vpc) and all(each.source_dest_check for each in in_vpc)
        return replace(here[0], addresses=first.addresses, address=first.address, source_dest_check=is_checked)
    if next_hop is not SELF and not rule.next_hop_self:
        by_address = next((i for i in here if next_hop in i.addresses), None)
        if by_address is None:
            return Unusable(
                Reason.NEXT_HOP,
                f"next-hop {next_hop} is no address of this instance in {table.vpc_id}; "
                "announce `next-hop self`, or set next_hop_self: true in the rule",
            )
        return by_address
    if isinstance(rule.interface, str):
        chosen = next((i for i in here if i.subnet_id == rule.interface), None)
    else:
        with_index = (i for i in here if i.device_index == (rule.interface or 0))
        chosen = min(with_index, key=lambda each: each.position, default=None)
        if managed and rule.interface is None:
            chosen = next((i for i in here if not i.source_dest_check), chosen)
    if chosen is None:
        whose = managed.instance_id if managed and managed.instance_id else "this instance"
        wanted = "device index 0" if rule.interface is None else f"interface: {rule.interface}"
        return Unusable(Reason.NO_INTERFACE, f"{whose} has no interface with {wanted} in {table.vpc_id}")
    return chosen
