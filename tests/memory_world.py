"""The VPC in memory, as the outside world builds and changes it: tables, interfaces, instances, and EC2's rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from threading import RLock

from bgp2vpc.prefix import Prefix, PrefixListId, parse_address, parse_destination, parse_prefix
from bgp2vpc.vpc.aws.failures import failure
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    Route,
    RouteState,
    RouteTable,
    Subnet,
    Target,
    TargetKind,
    family_problem,
    interface_target,
    parse_target,
)
from bgp2vpc.vpc.targets import MISSING, elsewhere

_LOCAL = Target(TargetKind.LOCAL, "local")
# What EC2 says of a target that is not there, by what its id begins with.
_NOT_FOUND = {
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "igw": "InvalidGatewayID.NotFound",
    "vgw": "InvalidGatewayID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
    "nat": "InvalidNatGatewayID.NotFound",
    "tgw": "InvalidTransitGatewayID.NotFound",
    "pcx": "InvalidVpcPeeringConnectionID.NotFound",
    "eigw": "InvalidEgressOnlyInternetGatewayId.NotFound",
}
# EC2 keeps these for its own services: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
_RESERVED = (parse_prefix("169.254.168.0/22"), parse_prefix("fd00:ec2::/32"))


class World:
    """One or several VPCs, changed from outside: nothing here is recorded as a call or can be told to fail.

    `quota` is the number of static routes (without `local`) per table and address family. Safe to use from threads.
    """

    def __init__(self, vpc_id: str = "vpc-1", *cidrs: str, quota: int = 500) -> None:
        self.quota = quota
        self._lock = RLock()
        self._vpcs: dict[str, tuple[Prefix, ...]] = {}
        self._subnets: dict[str, Subnet] = {}
        self._tables: dict[str, RouteTable] = {}
        self._interfaces: dict[str, Interface] = {}
        self._gateways: dict[str, set[str]] = {}
        self._attachments: dict[str, tuple[str, str]] = {}
        self._gone_gateways: set[str] = set()
        self._prefix_lists: dict[str, ManagedPrefixList] = {}
        self._health: dict[str, InstanceHealth] = {}
        self._instance_tags: dict[str, dict[str, str]] = {}
        self._waiting: dict[str, LifecycleAction] = {}
        self.add_vpc(vpc_id, *(cidrs or ("10.0.0.0/16",)))

    def add_vpc(self, vpc_id: str, *cidrs: str) -> str:
        """A VPC with these CIDRs. The first one made is the default of the other `add_…` methods."""
        with self._lock:
            self._vpcs[vpc_id] = tuple(parse_prefix(cidr) for cidr in cidrs)
        return vpc_id

    def add_subnet(self, subnet_id: str, *cidrs: str, vpc_id: str = "", zone: str = "") -> str:
        """A subnet. A route within the VPC's CIDR must equal one of its CIDRs; interfaces made later have its zone."""
        with self._lock:
            found = tuple(parse_prefix(cidr) for cidr in cidrs)
            self._subnets[subnet_id] = Subnet(subnet_id, vpc_id or self._first_vpc, zone, found)
        return subnet_id

    def add_gateway(self, gateway_id: str, *, vpc_id: str = "") -> str:
        """A gateway that routes of this VPC may be given: `igw-…`, `nat-…`, `tgw-…`; once for each VPC it serves."""
        with self._lock:
            self._gateways.setdefault(parse_target(gateway_id).id, set()).add(vpc_id or self._first_vpc)
            self._gone_gateways.discard(gateway_id)
        return gateway_id

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
            local = tuple(Route(cidr, _LOCAL) for cidr in self._vpcs[vpc_id])
            table = RouteTable(table_id, vpc_id, main, frozenset(subnet_ids), dict(tags or {}), local)
            self._tables[table_id] = table
        return table_id

    def add_attachment(self, attachment_id: str, gateway_id: str = "tgw-1", *, vpc_id: str = "") -> str:
        """The attachment (`tgw-attach-…`) of a VPC to a transit gateway. Its tables: `add_transit_table`."""
        with self._lock:
            self._attachments[attachment_id] = (gateway_id, vpc_id or self._first_vpc)
        return attachment_id

    def add_transit_table(
        self, table_id: str, gateway_id: str = "tgw-1", *, tags: Mapping[str, str] | None = None
    ) -> str:
        """A table (`tgw-rtb-…`) of a transit gateway, to which all VPCs attached to it now propagate their CIDRs."""
        with self._lock:
            routes = tuple(
                Route(cidr, interface_target(attachment_id), propagated=True, vpc_id=vpc_id)
                for attachment_id, (gateway, vpc_id) in self._attachments.items()
                for cidr in self._vpcs[vpc_id]
                if gateway == gateway_id
            )
            self._tables[table_id] = RouteTable(table_id, gateway_id, tags=dict(tags or {}), routes=routes)
        return table_id

    def remove_attachment(self, attachment_id: str) -> None:
        """The attachment is deleted; static routes to it stay, as black holes."""
        with self._lock:
            del self._attachments[attachment_id]

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
        owner_id: str = "",
    ) -> str:
        """An interface; with `instance_id` attached to that instance, which is running and OK if it is new.

        The first IPv4 address is its primary one, its zone that of its subnet.
        """
        with self._lock:
            found = [parse_address(address) for address in addresses]
            self._interfaces[interface_id] = Interface(
                id=interface_id,
                vpc_id=vpc_id or self._first_vpc,
                subnet_id=subnet_id,
                device_index=device_index,
                addresses=frozenset(found),
                source_dest_check=source_dest_check,
                zone=self._subnets[subnet_id].zone if subnet_id in self._subnets else "",
                address=min(found, key=lambda address: address.version, default=None),
                instance_id=instance_id or None,
                owner_id=owner_id,
            )
            if instance_id:
                self._health.setdefault(instance_id, InstanceHealth.OK)
        return interface_id

    def add_prefix_list(
        self, list_id: str, *entries: str, name: str = "", max_entries: int = 400, ip_version: int = 4,
        description: str = "", owner_id: str = "", tags: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """A managed prefix list, whose entries have this description."""
        with self._lock:
            found = dict.fromkeys(map(parse_prefix, entries), description)
            self._prefix_lists[list_id] = ManagedPrefixList(
                list_id, name, ip_version, 1, max_entries, owner_id=owner_id, tags=dict(tags or {}), entries=found
            )
        return list_id

    def put_entries(self, list_id: str, *added: str, removed: Iterable[str] = (), description: str = "") -> None:
        """Somebody else changes the entries of a prefix list."""
        with self._lock:
            found = self._prefix_lists[list_id]
            kept = {each: said for each, said in (found.entries or {}).items() if str(each) not in removed}
            entries = {**kept, **dict.fromkeys(map(parse_prefix, added), description)}
            self._prefix_lists[list_id] = replace(found, version=found.version + 1, entries=entries)

    def remove_prefix_list(self, list_id: str) -> None:
        """The prefix list is deleted, which EC2 allows while no route leads to it."""
        with self._lock:
            del self._prefix_lists[list_id]

    def entries(self, list_id: str) -> list[str]:
        """The entries of a prefix list, sorted: the truth."""
        with self._lock:
            return list(map(str, sorted(self._prefix_lists[list_id].entries or {})))

    def put_route(self, table_id: str, prefix: str, target: str, *, propagated: bool = False) -> None:
        """What somebody else wrote (or a gateway propagated): any target, no questions, whatever was there before."""
        with self._lock:
            destination = parse_destination(prefix)
            route = Route(destination, _any_target(target), propagated=propagated)
            table = self._tables[table_id]
            others = tuple(r for r in table.routes if (r.destination, r.propagated) != (destination, propagated))
            self._tables[table_id] = replace(table, routes=(*others, route))

    def remove_route(self, table_id: str, prefix: str) -> None:
        """Somebody else deletes a static route."""
        with self._lock:
            self._tables[table_id] = self._tables[table_id].with_static_route(parse_destination(prefix), None)

    def remove_table(self, table_id: str) -> None:
        """Somebody else deletes the table."""
        with self._lock:
            del self._tables[table_id]

    def remove_interface(self, interface_id: str) -> None:
        """The interface is deleted; routes to it stay, as black holes."""
        with self._lock:
            del self._interfaces[interface_id]

    def remove_gateway(self, gateway_id: str) -> None:
        """The gateway is deleted; routes to it stay, as black holes."""
        with self._lock:
            del self._gateways[gateway_id]
            self._gone_gateways.add(gateway_id)

    def set_health(self, instance_id: str, health: InstanceHealth) -> None:
        """What DescribeInstanceStatus says from now on; GONE is a stopped instance, whose interfaces stay."""
        with self._lock:
            self._health[instance_id] = health

    def tag_instance(self, instance_id: str, key: str, value: str) -> None:
        """Give the instance a tag."""
        with self._lock:
            self._instance_tags.setdefault(instance_id, {})[key] = value

    def untag_instance(self, instance_id: str, key: str) -> None:
        """Take that tag from the instance."""
        with self._lock:
            del self._instance_tags[instance_id][key]

    def tag_table(self, table_id: str, key: str, value: str | None) -> None:
        """Give the table a tag; None: take it away."""
        with self._lock:
            table = self._tables[table_id]
            others = {each: text for each, text in table.tags.items() if each != key}
            self._tables[table_id] = replace(table, tags=others if value is None else {**others, key: value})

    def scale_in(self, action: LifecycleAction) -> None:
        """Its Auto Scaling group takes the instance away as soon as this is completed."""
        with self._lock:
            self._waiting[action.instance_id] = action

    def terminate(self, instance_id: str) -> None:
        """The instance and its interfaces go; routes to them stay, as black holes."""
        with self._lock:
            self._health[instance_id] = InstanceHealth.TERMINATED
            for interface in [each for each in self._interfaces.values() if each.instance_id == instance_id]:
                self.remove_interface(interface.id)

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

    def _first_interfaces(self, vpc_id: str) -> dict[str, Interface]:
        """Instance id -> the interface with device index 0, of the instances in this VPC."""
        attached = [each for each in self._interfaces.values() if each.vpc_id == vpc_id and each.device_index == 0]
        return {each.instance_id: each for each in attached if each.instance_id}

    def _shown(self, table: RouteTable) -> RouteTable:
        return replace(table, routes=tuple(self._with_state(route) for route in table.routes))

    def _with_state(self, route: Route) -> Route:
        """State and instance are no part of a route: EC2 works them out from the target whenever somebody reads."""
        if route.target.kind is TargetKind.ATTACHMENT:
            _, vpc_id = self._attachments.get(route.target.id, ("", route.vpc_id))
            is_there = route.target.id in self._attachments
            return replace(route, state=RouteState.ACTIVE if is_there else RouteState.BLACKHOLE, vpc_id=vpc_id)
        if route.target.kind is not TargetKind.INTERFACE:
            return replace(route, state=RouteState.BLACKHOLE) if route.target.id in self._gone_gateways else route
        interface = self._interfaces.get(route.target.id)
        owner = interface.instance_id if interface else None
        stopped = (InstanceHealth.GONE, InstanceHealth.TERMINATED)
        running = owner is not None and self._health.get(owner) not in stopped
        return replace(route, state=RouteState.ACTIVE if running else RouteState.BLACKHOLE, instance_id=owner)

    def _table(self, operation: str, table_id: str) -> RouteTable:
        table = self._tables.get(table_id)
        if table is None:
            message = f"The routeTable ID '{table_id}' does not exist"
            raise failure(operation, "InvalidRouteTableID.NotFound", message)
        return table

    def _new_route(self, operation: str, table: RouteTable, prefix: Prefix, target: Target) -> Route:
        """The route, if EC2 would take it: the target is there, in this VPC, and the destination is allowed."""
        if table.is_transit:
            gateway, vpc_id = self._attachments.get(target.id, ("", ""))
            if gateway != table.vpc_id:
                code = "InvalidTransitGatewayAttachmentID.NotFound"
                raise failure(operation, code, f"Transit Gateway Attachment {target} was deleted or does not exist.")
            return Route(prefix, target, vpc_id=vpc_id)
        vpc_ids = self._vpcs_of(target)
        unattached = target.kind is TargetKind.TRANSIT_GATEWAY and table.vpc_id not in vpc_ids
        if not vpc_ids or unattached:  # to EC2 they are the same: hashicorp/terraform-provider-aws issue 10025
            code = _NOT_FOUND.get(target.id.partition("-")[0], "InvalidParameterValue")
            raise failure(operation, code, f"The ID '{target}' does not exist")
        if table.vpc_id not in vpc_ids:
            message = f"route table {table.id} and network target {target} belong to different networks"
            raise failure(operation, "InvalidParameterValue", message)
        if problem := family_problem(prefix, target):
            raise failure(operation, "InvalidParameterValue", problem)
        if isinstance(prefix, PrefixListId) and str(prefix) not in self._prefix_lists:
            raise failure(operation, "InvalidPrefixListID.NotFound", f"The prefix list ID '{prefix}' does not exist")
        if any(prefix in reserved for reserved in _RESERVED):
            raise failure(operation, "InvalidParameterValue", f"The destination {prefix} is reserved")
        if any(prefix in cidr and prefix != cidr for cidr in self._vpcs[table.vpc_id]):
            self._check_within_vpc(operation, table.vpc_id, prefix, target)
        return Route(prefix, target)

    def _vpcs_of(self, target: Target) -> Collection[str]:
        """The VPCs whose routes the target may take; none: it does not exist."""
        if target.kind is TargetKind.INTERFACE:
            interface = self._interfaces.get(target.id)
            return [interface.vpc_id] if interface else []
        return self._gateways.get(target.id, ())

    def _problem_of(self, vpc_id: str, target: Target) -> str:
        """What speaks against the target for routes of this VPC."""
        if not (vpc_ids := self._vpcs_of(target)):
            return MISSING
        return "" if vpc_id in vpc_ids else elsewhere(next(iter(vpc_ids)), vpc_id)

    def _check_within_vpc(self, operation: str, vpc_id: str, prefix: Prefix, target: Target) -> None:
        """A route within the VPC's own CIDR must be a whole subnet's, and may not go to most gateways."""
        message = f"The destination CIDR block {prefix} is equal to or more specific than one of this VPC's CIDR blocks"
        if target.kind not in (TargetKind.INTERFACE, TargetKind.NAT) and not target.id.startswith("vpce-"):
            message += ". This route can target only an interface or an instance."
            raise failure(operation, "InvalidParameterValue", message)
        if not any(prefix in subnet.cidrs for subnet in self._subnets.values() if subnet.vpc_id == vpc_id):
            raise failure(operation, "InvalidParameterValue", f"{message} and equals none of its subnets'")

    def _check_quota(self, operation: str, table: RouteTable, prefix: Prefix) -> None:
        used = sum(
            self._weight(route.destination)
            for route in table.routes
            if isinstance(route.destination, Prefix)
            and self._version(route.destination) == self._version(prefix)
            and not route.propagated
            and route.target.kind is not TargetKind.LOCAL
        )
        if used + self._weight(prefix) > self.quota:
            message = f"The maximum number of routes ({self.quota}) for route table {table.id} has been reached"
            raise failure(operation, "RouteLimitExceeded", message)

    def _weight(self, destination: Prefix) -> int:
        """As how many routes the quota counts it: a prefix list with its MaxEntries."""
        found = self._prefix_lists.get(str(destination))
        return found.max_entries if found else 1

    def _version(self, destination: Prefix) -> int:
        found = self._prefix_lists.get(str(destination))
        return found.ip_version if found else destination.version


def _any_target(text: str) -> Target:
    """A target as somebody else may have written it: of a kind that we have no word for, too."""
    if text == _LOCAL.id:
        return _LOCAL
    if text.startswith("tgw-attach-"):
        return interface_target(text)
    try:
        return parse_target(text)
    except ValueError:
        return Target(TargetKind.OTHER, text)
