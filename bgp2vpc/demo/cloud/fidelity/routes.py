"""CreateRoute, ReplaceRoute and DeleteRoute as EC2 does them, and what it shows of a route."""

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
    """A route that a virtual private gateway brought; it may lie beside a static one of the same prefix.

    Or VPC Route Server, and then it has the address of a BGP peer, `ip_address`, for a target.
    """

    ip_address: str | None = None

    @property
    def origin(self) -> str:
        """As DescribeRouteTables shows it."""
        return "Advertisement" if self.ip_address else "EnableVgwRoutePropagation"


def make_route(table: RouteTable, ipv4: str | None, ipv6: str | None, **options: Any) -> Route:
    """A static route, not yet in the table; `options` are the target and the prefix list."""
    # Abstract for mypy (CloudFormation's methods); moto itself makes them so.
    concrete: Any = Route
    route: Route = concrete(table, ipv4, ipv6, **options)
    return route


def propagate(backend: Any, table_id: str, prefix: str, next_hop: str = "") -> str:
    """Put a propagated route for `prefix` into the table; the id of the virtual private gateway, made if need be.

    With `next_hop`, the address of a BGP peer, it is one of VPC Route Server's, and there is no gateway.
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
    # A key of its own: every static operation looks only at the plain one.
    route.id = f"{destination.key(table.id)}~propagated"
    table._routes[route.id] = route
    return str(gateway.id) if gateway else ""


def install() -> None:
    """Replace moto's route operations, and what it shows."""
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
        if local:  # moto's own call, when it makes a table
            return moto_create(self, route_table_id, destination_cidr_block, destination_ipv6_cidr_block, local=True)
        destination = parse_destination(
            self, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id
        )
        return _create_static(self, self.get_route_table(route_table_id), destination, targets)

    for operation in (create_route, replace_route, delete_route):
        patch(moto.RouteBackend, operation)
    patch(RouteTables, _answer_replace_route, "replace_route")
    for shown in (network_interface_id, instance_id, instance_owner_id, state):
        # moto has no attribute for the owner, which its serializer shows if it is there.
        setattr(Route, shown.__name__, property(shown))


def _create_static(backend: Any, table: RouteTable, destination: Destination, targets: dict[str, Any]) -> Route:
    """CreateRoute: refused where there is a static route already, or no room for another one."""
    target = resolve_target(backend, table, destination, targets)
    existing: Route | None = table._routes.get(destination.key(table.id))
    if existing is not None:
        if RULES.quirks.create_same_route_succeeds and target.is_target_of(existing):
            return existing
        raise RouteAlreadyExistsError(destination.text)
    prefix_list = backend.managed_prefix_lists.get(destination.prefix_list)
    family = _family(backend, destination.ipv6, destination.prefix_list)
    # The quota is of static routes of one address family; a list counts with MaxEntries.
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
    """ReplaceRoute: everything is judged before anything is changed, so a refused one leaves the old target."""
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
    """The action with every target that EC2 has; moto's own knows no endpoint and no carrier gateway."""
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
    """DeleteRoute: only a static route; the local one and propagated ones cannot be deleted."""
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
    """The instance to which the route's interface is attached, as long as both exist."""
    interface = route.interface
    if interface is None or _is_gone(route, interface) or interface.instance is None:
        return None
    return interface.instance if interface.instance.state != "terminated" else None


def _is_gone(route: Route, interface: NetworkInterface) -> bool:
    return interface.id not in route.route_table.ec2_backend.enis


def network_interface_id(route: Route) -> str | None:
    """The interface that the route points at. One that is gone is shown only under the quirk SHOWN."""
    interface = route.interface
    if interface is None or (RULES.quirks.gone_interface is not GoneInterface.SHOWN and _is_gone(route, interface)):
        return None
    return str(interface.id)


def instance_id(route: Route) -> str | None:
    """The instance with that interface; under the quirk INSTANCE, also the one that had it before it was deleted."""
    interface = route.interface
    instance = _instance_of(route)
    if RULES.owner_asks:  # of instances of other accounts, the owner of a shared VPC may be told nothing
        return None
    if interface is not None and RULES.quirks.gone_interface is GoneInterface.INSTANCE and _is_gone(route, interface):
        instance = interface.instance
    return None if instance is None else str(instance.id)


def instance_owner_id(route: Route) -> str | None:
    """The account of the instance."""
    instance = _instance_of(route)
    return None if instance is None else str(instance.owner_id)


def state(route: Route) -> str:
    """`blackhole` if the target cannot take traffic. How soon EC2 notices is not documented; here it does at once."""
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
