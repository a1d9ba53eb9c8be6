"""The VPC in memory, as the outside world builds and changes it: tables, interfaces, instances, and EC2's rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock

from bgp2vpc.prefix import Prefix, parse_address, parse_prefix
from bgp2vpc.vpc.failures import failure
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    Route,
    RouteState,
    RouteTable,
    Target,
    TargetKind,
    interface_target,
)

_LOCAL = Target(TargetKind.LOCAL, "local")
_KIND_BY_ID = {
    "eni": TargetKind.INTERFACE,
    "local": TargetKind.LOCAL,
    "igw": TargetKind.GATEWAY,
    "vgw": TargetKind.GATEWAY,
    "vpce": TargetKind.GATEWAY,
    "nat": TargetKind.NAT,
    "tgw": TargetKind.TRANSIT_GATEWAY,
    "pcx": TargetKind.PEERING,
}
# EC2 keeps these for its own services: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
_RESERVED = (parse_prefix("169.254.168.0/22"), parse_prefix("fd00:ec2::/32"))


@dataclass(slots=True)
class _Vpc:
    cidrs: tuple[Prefix, ...]
    subnets: dict[str, Prefix] = field(default_factory=dict)


class World:
    """One or several VPCs, changed from outside: nothing here is recorded as a call or can be told to fail.

    `quota` is the number of static routes (without `local`) per table and address family. Safe to use from threads.
    """

    def __init__(self, vpc_id: str = "vpc-1", *cidrs: str, quota: int = 500) -> None:
        self.quota = quota
        self._lock = RLock()
        self._vpcs: dict[str, _Vpc] = {}
        self._tables: dict[str, RouteTable] = {}
        self._interfaces: dict[str, Interface] = {}
        self._owners: dict[str, str] = {}
        self._health: dict[str, InstanceHealth] = {}
        self.add_vpc(vpc_id, *(cidrs or ("10.0.0.0/16",)))

    def add_vpc(self, vpc_id: str, *cidrs: str) -> str:
        """A VPC with these CIDRs. The first one made is the default of the other `add_…` methods."""
        with self._lock:
            self._vpcs[vpc_id] = _Vpc(tuple(parse_prefix(cidr) for cidr in cidrs))
        return vpc_id

    def add_subnet(self, subnet_id: str, cidr: str, *, vpc_id: str = "") -> str:
        """A subnet. Only its CIDR matters: a route within the VPC's CIDR must equal one."""
        with self._lock:
            self._vpcs[vpc_id or self._first_vpc].subnets[subnet_id] = parse_prefix(cidr)
        return subnet_id

    def add_table(
        self,
        table_id: str,
        *,
        vpc_id: str = "",
        main: bool = False,
        subnet_ids: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """A route table with the local routes of its VPC."""
        with self._lock:
            vpc_id = vpc_id or self._first_vpc
            local = tuple(Route(cidr, _LOCAL) for cidr in self._vpcs[vpc_id].cidrs)
            table = RouteTable(table_id, vpc_id, main, frozenset(subnet_ids), dict(tags or {}), local)
            self._tables[table_id] = table
        return table_id

    def add_interface(
        self,
        interface_id: str,
        instance_id: str = "",
        *,
        vpc_id: str = "",
        subnet_id: str = "subnet-1",
        device_index: int = 0,
        addresses: Iterable[str] = (),
        source_dest_check: bool = False,
    ) -> str:
        """An interface; with `instance_id` attached to that instance, which is running and OK if it is new."""
        with self._lock:
            found = frozenset(parse_address(address) for address in addresses)
            self._interfaces[interface_id] = Interface(
                interface_id, vpc_id or self._first_vpc, subnet_id, device_index, found, source_dest_check
            )
            if instance_id:
                self._owners[interface_id] = instance_id
                self._health.setdefault(instance_id, InstanceHealth.OK)
        return interface_id

    def put_route(self, table_id: str, prefix: str, target: str, *, propagated: bool = False) -> None:
        """What somebody else wrote (or a gateway propagated): any target, no questions, whatever was there before."""
        with self._lock:
            kind = _KIND_BY_ID.get(target.partition("-")[0], TargetKind.OTHER)
            destination = prefix if prefix.startswith("pl-") else parse_prefix(prefix)
            route = Route(destination, Target(kind, target), propagated=propagated)
            table = self._tables[table_id]
            others = tuple(r for r in table.routes if (r.destination, r.propagated) != (destination, propagated))
            self._tables[table_id] = replace(table, routes=(*others, route))

    def remove_route(self, table_id: str, prefix: str) -> None:
        """Somebody else deletes a static route."""
        with self._lock:
            self._tables[table_id] = self._tables[table_id].with_static_route(parse_prefix(prefix), None)

    def remove_table(self, table_id: str) -> None:
        """Somebody else deletes the table."""
        with self._lock:
            del self._tables[table_id]

    def remove_interface(self, interface_id: str) -> None:
        """The interface is deleted; routes to it stay, as black holes."""
        with self._lock:
            del self._interfaces[interface_id]
            self._owners.pop(interface_id, None)

    def set_health(self, instance_id: str, health: InstanceHealth) -> None:
        """What DescribeInstanceStatus says from now on; GONE is a stopped instance, whose interfaces stay."""
        with self._lock:
            self._health[instance_id] = health

    def terminate(self, instance_id: str) -> None:
        """The instance and its interfaces go; routes to them stay, as black holes."""
        with self._lock:
            self._health[instance_id] = InstanceHealth.GONE
            for interface_id in [eni for eni, owner in self._owners.items() if owner == instance_id]:
                self.remove_interface(interface_id)

    def __str__(self) -> str:
        """Every route that is not local as `rtb-… prefix target state`, one a line, sorted as text. Never stale."""
        with self._lock:
            lines = [
                f"{table.id} {route}"
                for table in map(self._shown, self._tables.values())
                for route in table.routes
                if route.target.kind is not TargetKind.LOCAL
            ]
        return "\n".join(sorted(lines))

    @property
    def _first_vpc(self) -> str:
        return next(iter(self._vpcs))

    def _shown(self, table: RouteTable) -> RouteTable:
        return replace(table, routes=tuple(self._with_state(route) for route in table.routes))

    def _with_state(self, route: Route) -> Route:
        """State and instance are no part of a route: EC2 works them out from the target whenever somebody reads."""
        if route.target.kind is not TargetKind.INTERFACE:
            return route
        owner = self._owners.get(route.target.id)
        running = owner is not None and self._health.get(owner) is not InstanceHealth.GONE
        return replace(route, state=RouteState.ACTIVE if running else RouteState.BLACKHOLE, instance_id=owner)

    def _table(self, operation: str, table_id: str) -> RouteTable:
        table = self._tables.get(table_id)
        if table is None:
            message = f"The routeTable ID '{table_id}' does not exist"
            raise failure(operation, "InvalidRouteTableID.NotFound", message)
        return table

    def _new_route(self, operation: str, table: RouteTable, prefix: Prefix, interface_id: str) -> Route:
        """The route, if EC2 would take it: the interface is there, in this VPC, and the destination is allowed."""
        interface = self._interfaces.get(interface_id)
        if interface is None:
            message = f"The networkInterface ID '{interface_id}' does not exist"
            raise failure(operation, "InvalidNetworkInterfaceID.NotFound", message)
        if interface.vpc_id != table.vpc_id:
            message = f"route table {table.id} and interface {interface_id} belong to different networks"
            raise failure(operation, "InvalidParameterValue", message)
        if any(prefix in reserved for reserved in _RESERVED):
            raise failure(operation, "InvalidParameterValue", f"The destination {prefix} is reserved")
        vpc = self._vpcs[table.vpc_id]
        inside = any(prefix in cidr and prefix != cidr for cidr in vpc.cidrs)
        if inside and prefix not in vpc.subnets.values():
            message = f"The destination CIDR block {prefix} is more specific than one of this VPC's CIDR blocks"
            raise failure(operation, "InvalidParameterValue", f"{message} and equals none of its subnets'")
        return Route(prefix, interface_target(interface_id))

    def _check_quota(self, operation: str, table: RouteTable, prefix: Prefix) -> None:
        used = sum(
            isinstance(route.destination, Prefix)
            and route.destination.is_ipv6 == prefix.is_ipv6
            and not route.propagated
            and route.target.kind is not TargetKind.LOCAL
            for route in table.routes
        )
        if used >= self.quota:
            message = f"The maximum number of routes ({self.quota}) for route table {table.id} has been reached"
            raise failure(operation, "RouteLimitExceeded", message)
