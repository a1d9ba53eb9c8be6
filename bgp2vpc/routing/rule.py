"""A rule: one entry of `routetables`. It finds tables and says what may be installed there, and how."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from bgp2vpc.routing.prefix_list import PrefixList
from bgp2vpc.vpc.finders import Finder

InterfaceChoice: TypeAlias = int | str
"""Which interface of this instance routes point at: its device index, or the id of its subnet (`subnet-…`)."""


class Takeover(Enum):
    """When a route that points at another instance may be taken. Values are the words of the configuration."""

    ALWAYS = "always"
    IF_UNHEALTHY = "if_unhealthy"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be written where.

    `takeover_foreign` extends `takeover` to routes that point at no instance (gateways, NAT, peerings).
    `interface` None: by address for a next hop that is one of our own, else device index 0 in the table's VPC.
    `next_hop_self`: point at this instance whatever next hop a path names.
    `vpc_id` None: the VPC of this instance, and no other.
    `no_results_ok`: finding no table is no error.
    """

    name: str
    find: Finder
    accept: PrefixList
    takeover: Takeover = Takeover.IF_UNHEALTHY
    takeover_foreign: bool = False
    interface: InterfaceChoice | None = None
    next_hop_self: bool = False
    vpc_id: str | None = None
    no_results_ok: bool = False
