"""The VPC side as EC2 told it, once: immutable tables, routes, interfaces and subnets.

Fields follow https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html and its neighbours.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId, parse_prefix
from bgp2vpc.vpc.access import OWN, Access


class TargetKind(Enum):
    """What a route points at. Values are the words shown to people.

    INSTANCE and NONE are what EC2 may show of a route whose interface is gone: an instance without an interface, or no
    target at all. LOCAL is the VPC itself, LOCAL_GATEWAY that of an Outpost. ATTACHMENT is a VPC's attachment to a
    transit gateway, in the tables of that gateway.
    """

    INTERFACE = "interface"
    LOCAL = "local"
    GATEWAY = "gateway"
    NAT = "nat-gateway"
    TRANSIT_GATEWAY = "transit-gateway"
    PEERING = "vpc-peering"
    EGRESS_ONLY = "egress-only-internet-gateway"
    CARRIER_GATEWAY = "carrier-gateway"
    LOCAL_GATEWAY = "local-gateway"
    CORE_NETWORK = "core-network"
    ODB_NETWORK = "odb-network"
    ATTACHMENT = "transit-gateway-attachment"
    INSTANCE = "instance"
    NONE = "none"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Target:
    """`eni-…`, `igw-…`, `local` …; `kind` says which without looking at the text."""

    kind: TargetKind
    id: str

    def __str__(self) -> str:
        return self.id

    @property
    def has_owner(self) -> bool:
        """Whether it belongs to somebody who announces: an instance, or, in a transit gateway's table, a VPC."""
        return self.kind in (TargetKind.INTERFACE, TargetKind.ATTACHMENT)


def interface_target(interface_id: str) -> Target:
    """What we announce is reached through an ENI, never an instance (EC2 refuses those with several ENIs).

    In a transit gateway's table it is reached through the attachment of our VPC.
    """
    is_attachment = interface_id.startswith("tgw-attach-")
    return Target(TargetKind.ATTACHMENT if is_attachment else TargetKind.INTERFACE, interface_id)


_KIND_BY_ID = {
    "eni": TargetKind.INTERFACE,
    "igw": TargetKind.GATEWAY,
    "vgw": TargetKind.GATEWAY,
    "vpce": TargetKind.GATEWAY,
    "nat": TargetKind.NAT,
    "tgw": TargetKind.TRANSIT_GATEWAY,
    "pcx": TargetKind.PEERING,
    "eigw": TargetKind.EGRESS_ONLY,
    "cagw": TargetKind.CARRIER_GATEWAY,
    "lgw": TargetKind.LOCAL_GATEWAY,
}
_ID = re.compile(r"([a-z]+)-[0-9a-z-]+")
_ARNS = {
    TargetKind.CORE_NETWORK: r"arn:aws[a-z-]*:networkmanager::[0-9]{12}:core-network/core-network-[0-9a-z]+",
    TargetKind.ODB_NETWORK: r"arn:aws[a-z-]*:odb:[a-z0-9-]+:[0-9]{12}:odb-network/[0-9A-Za-z_-]+",
}


def parse_target(text: str) -> Target:
    """The target that this id names, if a route may be given it: `eni-…`, `nat-…`, `tgw-…` and the like.

    Raises ValueError, which says what would be right; `local` is refused as well, since only EC2 makes such routes.
    """
    for arn_of, pattern in _ARNS.items():
        if re.fullmatch(pattern, text):
            return Target(arn_of, text)
    found = _ID.fullmatch(text)
    kind = _KIND_BY_ID.get(found[1]) if found else None
    if kind is not None:
        return Target(kind, text)
    if found and found[1] == "i":
        raise ValueError(f"'{text}' is an instance, which may have several interfaces: name one of them (eni-…)")
    known = ", ".join(f"{prefix}-…" for prefix in _KIND_BY_ID)
    raise ValueError(
        f"'{text}' is no target of a route: expected {known} or the ARN of a core network or an ODB network"
    )


_NAT64 = parse_prefix("64:ff9b::/96")


def family_problem(prefix: Prefix, target: Target) -> str:
    """Why EC2 takes no route for a prefix of this IP version to this target; empty if it does.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html: NatGatewayId is for IPv4 only,
    EgressOnlyInternetGatewayId for IPv6 only. Of IPv6 a NAT gateway has what NAT64 is for (RFC 6052):
    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-nat64-dns64.html
    """
    if prefix.is_ipv6 and target.kind is TargetKind.NAT and prefix not in _NAT64:
        return f"a NAT gateway takes IPv4 only (and {_NAT64}): for {prefix} name an egress-only gateway (eigw-…)"
    if not prefix.is_ipv6 and target.kind is TargetKind.EGRESS_ONLY:
        return f"an egress-only internet gateway takes IPv6 only: for {prefix} name a NAT gateway (nat-…)"
    return ""


class RouteState(Enum):
    """`State` of a route; EC2 also documents `filtered` without explaining it."""

    ACTIVE = "active"
    BLACKHOLE = "blackhole"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """An entry of a route table. `destination` is text only for a kind that is not known here.

    `propagated`: not written by CreateRoute, but by a virtual private gateway, or (`advertised`) by VPC Route Server.
    `vpc_id`: of an attachment, the VPC that it leads to.
    """

    destination: Prefix | str
    target: Target
    state: RouteState = RouteState.ACTIVE
    propagated: bool = False
    instance_id: str | None = None
    advertised: bool = False
    vpc_id: str = ""

    def __str__(self) -> str:
        return f"{self.destination} {self.target} {self.state.value}{' propagated' if self.propagated else ''}"


def is_transit(table_id: str) -> bool:
    """Whether the table of this id is a transit gateway's, and not a VPC's."""
    return table_id.startswith("tgw-rtb-")


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table. `subnet_ids` lists explicit associations only; subnets without one use the main table.

    `owner_id`: the AWS account it belongs to, which in a shared VPC may not be ours; empty if EC2 did not say. Nobody
    but the owner sees the tags. `access`: how we have read it, and write it.

    Or a table of a transit gateway (`is_transit`). Then `vpc_id` is the gateway (`tgw-…`), and its routes lead to
    attachments.
    """

    id: str
    vpc_id: str
    main: bool = False
    subnet_ids: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    owner_id: str = ""
    access: Access = OWN
    # Every decision looks routes up by prefix, and a table may hold a thousand.
    _static: Mapping[Prefix | str, Route] = field(init=False, repr=False, compare=False)
    _propagated: Mapping[Prefix | str, Route] = field(init=False, repr=False, compare=False)
    _matches: dict[IPAddress, Route | None] = field(init=False, repr=False, compare=False)
    cidrs: tuple[Prefix, ...] = field(init=False, repr=False, compare=False)
    """Those of the VPC, as the table's local routes tell."""

    def __post_init__(self) -> None:
        static: dict[Prefix | str, Route] = {}
        propagated: dict[Prefix | str, Route] = {}
        for route in self.routes:
            (propagated if route.propagated else static)[route.destination] = route
        local = (route.destination for route in self.routes if route.target.kind is TargetKind.LOCAL)
        object.__setattr__(self, "_static", static)
        object.__setattr__(self, "_propagated", propagated)
        object.__setattr__(self, "_matches", {})
        object.__setattr__(self, "cidrs", tuple(each for each in local if isinstance(each, Prefix)))

    @property
    def account(self) -> str:
        """The other account or region that it is of, for people; empty: it is of ours."""
        return "" if self.access == OWN else str(self.access)

    @property
    def is_transit(self) -> bool:
        """Whether it is a transit gateway's, and not a VPC's."""
        return is_transit(self.id)

    def static_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that CreateRoute made (or `local`); a propagated twin does not count."""
        return self._static.get(prefix)

    def propagated_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that a virtual private gateway, or VPC Route Server, propagated."""
        return self._propagated.get(prefix)

    def covering_route(self, prefix: Prefix) -> Route | None:
        """The route that has the traffic of this prefix while no static route of exactly this prefix does.

        A propagated route of the same prefix, else that of the longest wider prefix; of two that are equally long the
        static one. Within the VPC the local route goes before propagated ones, however long they are:
        https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
        Routes of prefix lists are left out: the table does not say what is in them.
        """
        if isinstance(prefix, PrefixListId):
            return None
        is_local = any(prefix in cidr for cidr in self.cidrs)
        version, first, last = prefix.key()
        # By keys: netaddr's own question whether a prefix is within another one takes ten times as long.
        covering = [
            (route.destination.prefixlen, not route.propagated, route)
            for route in self.routes
            if isinstance(route.destination, Prefix)
            and (key := route.destination.key())[0] == version
            and key[1] <= first
            and last <= key[2]
            and (not is_local if route.propagated else route.destination != prefix)
        ]
        return max(covering, key=lambda each: each[:2], default=(0, False, None))[2]

    def longest_match(self, address: IPAddress) -> Route | None:
        """The route that packets to this address take; looked for once, since next hops are few and prefixes many."""
        if address not in self._matches:
            host = Prefix(address)
            self._matches[address] = self.static_route(host) or self.covering_route(host)
        return self._matches[address]

    def prefixes_pointed_elsewhere(self, later: "RouteTable") -> list[Prefix]:
        """The prefixes whose static routes are new, or have another target, in a later reading of this table."""
        return [
            prefix
            for prefix, route in later._static.items()
            if isinstance(prefix, Prefix)
            and ((known := self._static.get(prefix)) is None or known.target != route.target)
        ]

    def changed_prefixes(self, later: "RouteTable") -> set[Prefix]:
        """The prefixes whose static routes have come, gone, or are others in a later reading of this table."""
        both = self._static.keys() | later._static.keys()
        return {each for each in both if isinstance(each, Prefix) and self._static.get(each) != later._static.get(each)}

    def with_static_route(self, prefix: Prefix, route: Route | None) -> "RouteTable":
        """The same table with `route` as the static route of `prefix`, or with none."""
        others = tuple(r for r in self.routes if r.destination != prefix or r.propagated)
        return replace(self, routes=others if route is None else (*others, route))


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface; `addresses` are its private IPv4 and its IPv6 addresses.

    `address` is the one others reach it by: its primary private IPv4 address, or its first IPv6 one if it has no other.
    `instance_id` is None while it is attached to no instance, `zone` and `owner_id` (its AWS account) are empty if EC2
    did not say. `security_groups` are ids. Instance types with several network cards number the devices of each
    `network_card` from 0:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html

    Or the attachment of a VPC to a transit gateway (`attachment`), which is to the gateway's tables what an interface
    is to those of a VPC.
    """

    id: str
    vpc_id: str
    subnet_id: str
    device_index: int
    addresses: frozenset[IPAddress] = frozenset()
    source_dest_check: bool = False
    zone: str = ""
    address: IPAddress | None = None
    instance_id: str | None = None
    network_card: int = 0
    owner_id: str = ""
    security_groups: tuple[str, ...] = ()

    @property
    def position(self) -> tuple[int, int, str]:
        """Where it stands among the interfaces of its instance: the lowest one is the primary interface."""
        return self.network_card, self.device_index, self.id


def attachment(attachment_id: str, gateway_id: str, addresses: Iterable[IPAddress] = ()) -> Interface:
    """An attachment to this transit gateway. `addresses`: of hosts in its VPC; the first one stands for it."""
    known = tuple(addresses)
    return Interface(attachment_id, gateway_id, "", 0, addresses=frozenset(known), address=next(iter(known), None))


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """A rule of a security group: it permits `protocol` (a name or number, -1: all) at these ports, both included.

    `peer` is the other end: a CIDR, a security group (`sg-…`) or a prefix list (`pl-…`). `egress`: what leaves our end.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
    """

    group_id: str
    egress: bool
    protocol: str
    from_port: int
    to_port: int
    peer: Prefix | str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet; `zone` is the name of its availability zone, `cidrs` its IPv4 CIDR and its IPv6 ones."""

    id: str
    vpc_id: str
    zone: str
    cidrs: tuple[Prefix, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedPrefixList:
    """A managed prefix list. `ip_version`: 4 or 6. `owner_id`: the account it belongs to, or `AWS`.

    `version` goes up with each change of its entries, and `max_entries` is what it counts as in the quota of each table
    that has a route for it; 0: EC2 does not say, of AWS's own. `entries`: CIDR -> description, as of `version`; None:
    they were not read. `is_synced`: IPAM writes the entries.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedPrefixList.html
    """

    id: str
    name: str
    ip_version: int
    version: int
    max_entries: int
    state: str = "create-complete"
    owner_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_synced: bool = False
    entries: Mapping[Prefix, str] | None = None

    @property
    def is_full(self) -> bool:
        """Whether it has no room for another entry, as far as is known."""
        return self.entries is not None and 0 < self.max_entries <= len(self.entries)

    @property
    def is_changing(self) -> bool:
        """Whether EC2 is still at work on the last change, and takes no other one."""
        return self.state.endswith("-in-progress")


class InstanceHealth(Enum):
    """DescribeInstanceStatus in one word. UNKNOWN: EC2 tells nothing of it.

    GONE: it stops, has stopped, or is about to be terminated. TERMINATED: it never comes back.

    An unknown one may have been terminated long ago, and then its route is a black hole, or belong to another account
    that shares the VPC with us, and then it may be as well as can be.
    """

    OK = "ok"
    IMPAIRED = "impaired"
    GONE = "gone"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TaggedInstance:
    """An instance that was found by its tag; `addresses`: its primary private IPv4 address, its first IPv6 one."""

    instance_id: str
    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """This instance: who we are."""

    id: str
    region: str
    vpc_id: str
