"""Immutable values of EC2's objects: route tables, routes, interfaces, subnets, prefix lists, instances.

Fields follow the data types of the EC2 API: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId, parse_prefix
from bgp2vpc.vpc.access import OWN, Access


class TargetKind(Enum):
    """The kind of a route's target; the values are the words shown to people.

    INSTANCE and NONE: a route whose interface is gone may show an instance without an interface, or no target at all.
    LOCAL: the VPC itself. LOCAL_GATEWAY: the gateway of an Outpost. ATTACHMENT: a VPC's attachment to a transit
    gateway, in the tables of that gateway.
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
    """The target of a route: `id` is `eni-…`, `igw-…`, `local` …"""

    kind: TargetKind
    id: str

    def __str__(self) -> str:
        return self.id

    @property
    def has_owner(self) -> bool:
        """Whether a host that announces may own it: an interface, or, in a transit gateway's table, an attachment."""
        return self.kind in (TargetKind.INTERFACE, TargetKind.ATTACHMENT)


def interface_target(interface_id: str) -> Target:
    """The target for an interface id, or in a transit gateway's table for the id of our VPC's attachment.

    Routes never point at an instance id: EC2 refuses instances with several ENIs.
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
    """Parse the id of a target that a route can be given: `eni-…`, `nat-…`, `tgw-…` and the like.

    Raises ValueError, which says what would be right. `local` is refused too, since only EC2 makes such routes.
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
    """Why EC2 refuses a route of this prefix's IP version to this target; empty if it accepts it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html: NatGatewayId is for IPv4 only,
    EgressOnlyInternetGatewayId for IPv6 only. The exception is NAT64's prefix (RFC 6052), which a NAT gateway takes:
    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-nat64-dns64.html
    """
    if prefix.is_ipv6 and target.kind is TargetKind.NAT and prefix not in _NAT64:
        return f"a NAT gateway takes IPv4 only (and {_NAT64}): for {prefix} name an egress-only gateway (eigw-…)"
    if not prefix.is_ipv6 and target.kind is TargetKind.EGRESS_ONLY:
        return f"an egress-only internet gateway takes IPv6 only: for {prefix} name a NAT gateway (nat-…)"
    return ""


class RouteState(Enum):
    """`State` of a route. EC2 also documents `filtered`, without an explanation; it is OTHER here."""

    ACTIVE = "active"
    BLACKHOLE = "blackhole"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """An entry of a route table. `destination` is text only if its kind is unknown here.

    `propagated`: made by a virtual private gateway or VPC Route Server (`advertised`), not by CreateRoute. `vpc_id`: if
    the target is an attachment, the VPC that it leads to.
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
    """Whether this is the id of a transit gateway's route table."""
    return table_id.startswith("tgw-rtb-")


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table. `subnet_ids` lists explicit associations only; subnets without one use the main table.

    `owner_id`: the AWS account of the table, in a shared VPC perhaps not ours; empty if EC2 did not return it. Only the
    owner can read the tags. `access`: the role and region with which it is read and written.

    For a transit gateway's table (`is_transit`), `vpc_id` is the gateway (`tgw-…`), and the routes lead to attachments.
    """

    id: str
    vpc_id: str
    main: bool = False
    subnet_ids: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    owner_id: str = ""
    access: Access = OWN
    # Indexes: every decision looks up routes by prefix, and a table may hold a thousand.
    _static: Mapping[Prefix | str, Route] = field(init=False, repr=False, compare=False)
    _propagated: Mapping[Prefix | str, Route] = field(init=False, repr=False, compare=False)
    _matches: dict[IPAddress, Route | None] = field(init=False, repr=False, compare=False)
    cidrs: tuple[Prefix, ...] = field(init=False, repr=False, compare=False)
    """The CIDRs of the VPC, taken from the table's local routes."""

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
        """The account or region of the table in words; empty for our own."""
        return "" if self.access == OWN else str(self.access)

    @property
    def is_transit(self) -> bool:
        """Whether it is a transit gateway's table."""
        return is_transit(self.id)

    def static_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that is not propagated: made by CreateRoute, or `local`."""
        return self._static.get(prefix)

    def propagated_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that a virtual private gateway or VPC Route Server propagated."""
        return self._propagated.get(prefix)

    def covering_route(self, prefix: Prefix) -> Route | None:
        """The route that carries the prefix's traffic if there is no static route of exactly this prefix.

        A propagated route of the same prefix, else the longest less specific route; at equal length the static route
        wins. Within the VPC the local route goes before propagated routes of any length:
        https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
        Routes of prefix lists are left out, because the table does not show their entries.
        """
        if isinstance(prefix, PrefixListId):
            return None
        is_local = any(prefix in cidr for cidr in self.cidrs)
        version, first, last = prefix.key()
        # Compared by keys: netaddr's own `in` takes ten times as long.
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
        """The route for packets to this address; cached, since many prefixes share few next hops."""
        if address not in self._matches:
            host = Prefix(address)
            self._matches[address] = self.static_route(host) or self.covering_route(host)
        return self._matches[address]

    def prefixes_pointed_elsewhere(self, later: "RouteTable") -> list[Prefix]:
        """The prefixes whose static routes are new or have another target in the `later` read of this table."""
        return [
            prefix
            for prefix, route in later._static.items()
            if isinstance(prefix, Prefix)
            and ((known := self._static.get(prefix)) is None or known.target != route.target)
        ]

    def changed_prefixes(self, later: "RouteTable") -> set[Prefix]:
        """The prefixes whose static routes were added, removed or changed in the `later` read of this table."""
        both = self._static.keys() | later._static.keys()
        return {each for each in both if isinstance(each, Prefix) and self._static.get(each) != later._static.get(each)}

    def with_static_route(self, prefix: Prefix, route: Route | None) -> "RouteTable":
        """A copy of the table with `route` as the static route of `prefix`; None: without such a route."""
        others = tuple(r for r in self.routes if r.destination != prefix or r.propagated)
        return replace(self, routes=others if route is None else (*others, route))


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface; `addresses` are its private IPv4 and its IPv6 addresses.

    `address`: the primary private IPv4 address, or without one the first IPv6 address. `instance_id`: None while it is
    not attached to an instance. `zone` and `owner_id` (the AWS account): empty if EC2 did not return them.
    `security_groups`: ids. `network_card`: instance types with several cards number the devices of each from 0:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html

    A VPC's attachment to a transit gateway is represented by an Interface, too (`attachment`), because routes of the
    gateway's tables point at it.
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
        """Sort key among the interfaces of an instance; the primary interface has the lowest."""
        return self.network_card, self.device_index, self.id


def attachment(attachment_id: str, gateway_id: str, addresses: Iterable[IPAddress] = ()) -> Interface:
    """An attachment to a transit gateway, as an Interface.

    `addresses`: addresses of hosts in the attached VPC; the first becomes its `address`.
    """
    known = tuple(addresses)
    return Interface(attachment_id, gateway_id, "", 0, addresses=frozenset(known), address=next(iter(known), None))


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """A rule of a security group. `protocol`: a name or number, -1 for all. The port range includes both ends.

    `peer`: the other end, a CIDR, a security group (`sg-…`) or a prefix list (`pl-…`). `egress`: an outbound rule.
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
    """A subnet. `zone`: the name of its availability zone. `cidrs`: its IPv4 CIDR and its IPv6 CIDRs."""

    id: str
    vpc_id: str
    zone: str
    cidrs: tuple[Prefix, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedPrefixList:
    """A managed prefix list. `ip_version`: 4, 6, or 0 if unknown. `owner_id`: its account, or `AWS`.

    `version` increases with each change of the entries. A route for the list counts as `max_entries` routes in the
    table's quota; 0 for AWS's own lists, where EC2 does not return it. `entries`: CIDR -> description, as of `version`;
    None if they were not read. `is_synced`: IPAM writes the entries.
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
        """Whether it has no room for another entry; False if that is unknown."""
        return self.entries is not None and 0 < self.max_entries <= len(self.entries)

    @property
    def is_changing(self) -> bool:
        """Whether the last change is still in progress, during which EC2 accepts no other change."""
        return self.state.endswith("-in-progress")


class InstanceHealth(Enum):
    """The health of an instance according to DescribeInstanceStatus.

    GONE: it is stopping, stopped or shutting down. TERMINATED: it never comes back. UNKNOWN: EC2 returns no status. The
    instance may have been terminated long ago (its routes are black holes then), or may be well and belong to another
    account that shares the VPC.
    """

    OK = "ok"
    IMPAIRED = "impaired"
    GONE = "gone"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TaggedInstance:
    """An instance found by its tag. `addresses`: its primary private IPv4 address and its first IPv6 address."""

    instance_id: str
    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """The instance that this daemon runs on."""

    id: str
    region: str
    vpc_id: str
