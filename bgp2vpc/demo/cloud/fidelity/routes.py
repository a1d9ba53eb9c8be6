"""CreateRoute, ReplaceRoute and DeleteRoute as in EC2, and the attributes of routes that EC2 shows."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidParameterValueErrorReplaceRoute,
    InvalidRouteError,
    RouteAlreadyExistsError,
)
from moto.ec2.models import route_tables as moto
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.responses.route_tables import RouteTables

from bgp2vpc.demo.cloud.fidelity import nat_gateways, transit_gateways
from bgp2vpc.demo.cloud.fidelity.destinations import DESTINATION_PARAMETERS, Destination, parse_destination
from bgp2vpc.demo.cloud.fidelity.errors import invalid_value
from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.rules import RULES
from bgp2vpc.demo.cloud.fidelity.targets import FIELDS, PARAMETERS, resolve_target
from bgp2vpc.demo.cloud.values import GoneInterface


class PropagatedRoute(Route):
    """A propagated route, which may coexist with a static one of the same prefix.

    It is propagated by a virtual private gateway, or if `ip_address`, the address of a BGP peer, is set, by VPC Route
    Server.
    """

    ip_address: str | None = None

    @property
    def origin(self) -> str:
        """The origin as in DescribeRouteTables."""
        return "Advertisement" if self.ip_address else "EnableVgwRoutePropagation"


def make_route(table: RouteTable, ipv4: str | None, ipv6: str | None, **options: Any) -> Route:
    """Create a static route, without adding it to the table. `options`: the target and the prefix list."""
    # mypy takes Route for abstract (CloudFormation's methods); moto creates it all the same.
    concrete: Any = Route
    route: Route = concrete(table, ipv4, ipv6, **options)
    return route


def propagate(backend: Any, table_id: str, prefix: str, next_hop: str = "") -> str:
    """Add a propagated route for `prefix`. Returns the id of its virtual private gateway, which is created if needed.

    With `next_hop`, the address of a BGP peer, the route is VPC Route Server's, without a gateway (returns "").
    """
    table = backend.get_route_table(table_id)
    ipv6 = ":" in prefix
    destination = parse_destination(backend, None if ipv6 else prefix, prefix if ipv6 else None, None)
    gateway = None
    if not next_hop:
        gateway = next((g for g in backend.vpn_gateways.values() if table.vpc_id in g.attachments), None)
        if gateway is None:
            gateway = backend.create_vpn_gateway()
            backend.attach_vpn_gateway(gateway.id, table.vpc_id)
    concrete: Any = PropagatedRoute
    route = concrete(table, destination.ipv4, destination.ipv6, gateway=gateway)
    route.ip_address = next_hop or None
    # A key of its own, since operations on static routes look up only the plain key.
    route.id = f"{destination.key(table.id)}~propagated"
    table._routes[route.id] = route
    return str(gateway.id) if gateway else ""


def install() -> None:
    """Replace moto's route operations, and the attributes of a route that it shows."""
    moto_create = moto.RouteBackend.create_route

    def create_route(
        self: Any,
        route_table_id: str,
        destination_cidr_block: str | None,
        destination_ipv6_cidr_block: str | None = None,
        destination_prefix_list_id: str | None = None,
        local: bool = False,
        **targets: Any,
    ) -> Route:
        if local:  # moto's own call when it creates a table
            return moto_create(self, route_table_id, destination_cidr_block, destination_ipv6_cidr_block, local=True)
        destination = parse_destination(
            self, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id
        )
        return _create_static(self, self.get_route_table(route_table_id), destination, targets)

    for operation in (create_route, replace_route, delete_route):
        patch(moto.RouteBackend, operation)
    patch(RouteTables, _answer_replace_route, "replace_route")
    for shown in (network_interface_id, instance_id, instance_owner_id, state):
        # moto has no attribute for the owner, but its serializer shows it if there is one.
        setattr(Route, shown.__name__, property(shown))


def _create_static(backend: Any, table: RouteTable, destination: Destination, targets: dict[str, Any]) -> Route:
    """CreateRoute: refused if there is a static route already, or if the quota is reached."""
    target = resolve_target(backend, table, destination, targets)
    existing: Route | None = table._routes.get(destination.key(table.id))
    if existing is not None:
        if RULES.quirks.create_same_route_succeeds and target.is_target_of(existing):
            return existing
        raise RouteAlreadyExistsError(destination.text)
    prefix_list = backend.managed_prefix_lists.get(destination.prefix_list)
    family = _family(backend, destination.ipv6, destination.prefix_list)
    # The quota is for static routes of one address family; a prefix list counts with MaxEntries.
    used = sum(
        _weight(each.destination_prefix_list)
        for each in table._routes.values()
        if not each.local
        and not isinstance(each, PropagatedRoute)
        and _family(backend, each.destination_ipv6_cidr_block, each.destination_prefix_list_id) == family
    )
    if used + _weight(prefix_list) > RULES.quirks.route_quota:
        raise EC2ClientError("RouteLimitExceeded", "The maximum number of routes has been reached.")
    route = make_route(
        table, destination.ipv4, destination.ipv6, destination_prefix_list=prefix_list, **{target.field: target.value}
    )
    table._routes[route.id] = route
    return route


def replace_route(
    self: Any,
    route_table_id: str,
    destination_cidr_block: str | None,
    destination_ipv6_cidr_block: str | None = None,
    destination_prefix_list_id: str | None = None,
    **targets: Any,
) -> Route:
    """ReplaceRoute: all is checked before a change, so that a refused call leaves the old target."""
    table = self.get_route_table(route_table_id)
    destination = parse_destination(
        self, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id
    )
    target = resolve_target(self, table, destination, targets)
    route: Route | None = table._routes.get(destination.key(table.id))
    if route is None:
        raise InvalidParameterValueErrorReplaceRoute(destination.text)
    for field in FIELDS:
        setattr(route, field, target.value if field == target.field else None)
    route.local = False
    return route


def _answer_replace_route(self: Any) -> ActionResult:
    """ReplaceRoute with all of EC2's targets; moto's own has no endpoint and no carrier gateway."""
    destination = (self._get_param(name) for name in DESTINATION_PARAMETERS)
    targets = {keyword: self._get_param(name) for name, keyword in PARAMETERS.items()}
    self.ec2_backend.replace_route(self._get_param("RouteTableId"), *destination, **targets)
    return EmptyResult()


def delete_route(
    self: Any,
    route_table_id: str,
    destination_cidr_block: str | None,
    destination_ipv6_cidr_block: str | None = None,
    destination_prefix_list_id: str | None = None,
) -> Route:
    """DeleteRoute of a static route; the local one and propagated ones cannot be deleted."""
    table = self.get_route_table(route_table_id)
    destination = parse_destination(
        self, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id
    )
    route: Route | None = table._routes.get(destination.key(table.id))
    if route is None:
        raise InvalidRouteError(table.id, destination.text)
    if route.local:
        raise invalid_value(f"cannot remove local route {destination.text} in route table {table.id}")
    del table._routes[route.id]
    return route


def _weight(prefix_list: Any) -> int:
    return int(prefix_list.max_entries or 1) if prefix_list else 1


def _family(backend: Any, ipv6: str | None, prefix_list: str | None) -> str:
    if prefix_list is not None:
        return str(backend.managed_prefix_lists[prefix_list].address_family)
    return "IPv6" if ipv6 else "IPv4"


def _instance_of(route: Route) -> Instance | None:
    """The instance that the route's interface is attached to; None unless both exist."""
    interface = route.interface
    if interface is None or _is_gone(route, interface) or interface.instance is None:
        return None
    return interface.instance if interface.instance.state != "terminated" else None


def _is_gone(route: Route, interface: NetworkInterface) -> bool:
    return interface.id not in route.route_table.ec2_backend.enis


def network_interface_id(route: Route) -> str | None:
    """The interface that the route points at; a deleted one only with the quirk SHOWN."""
    interface = route.interface
    if interface is None or (RULES.quirks.gone_interface is not GoneInterface.SHOWN and _is_gone(route, interface)):
        return None
    return str(interface.id)


def instance_id(route: Route) -> str | None:
    """The instance with that interface; with the quirk INSTANCE, also the last one of a deleted interface."""
    interface = route.interface
    instance = _instance_of(route)
    if RULES.owner_asks:  # EC2 may hide instances of other accounts from the owner of a shared VPC
        return None
    if interface is not None and RULES.quirks.gone_interface is GoneInterface.INSTANCE and _is_gone(route, interface):
        instance = interface.instance
    return None if instance is None else str(instance.id)


def instance_owner_id(route: Route) -> str | None:
    """The account of the instance."""
    instance = _instance_of(route)
    return None if instance is None else str(instance.owner_id)


def state(route: Route) -> str:
    """`blackhole` if the target cannot take traffic. EC2's delay is not documented; here there is none."""
    backend, vpc_id = route.route_table.ec2_backend, route.route_table.vpc_id
    is_usable = True
    if route.interface is not None:
        instance = _instance_of(route)
        is_usable = instance is not None and (instance.state == "running" or not RULES.quirks.stopped_is_blackhole)
    elif route.gateway is not None and route.gateway.id.startswith("igw-"):
        gateway = backend.internet_gateways.get(route.gateway.id)
        is_usable = gateway is not None and gateway.vpc is not None and gateway.vpc.id == vpc_id
    elif route.nat_gateway is not None:
        is_usable = nat_gateways.exists(backend, route.nat_gateway.id)
    elif route.transit_gateway is not None:
        is_usable = transit_gateways.is_attached(backend, route.transit_gateway.id, vpc_id)
    return "active" if is_usable else "blackhole"
