"""Route tables of transit gateways: no duplicate routes, EC2's errors, black holes, propagated routes, and
ReplaceTransitGatewayRoute.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import RouteAlreadyExistsError
from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRouteTableBackend
from moto.ec2.responses import EC2Response
from moto.utilities.utils import str2bool

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value, not_found
from bgp2vpc.demo.cloud.fidelity.patching import patch

_FILTERS = {"type": "type", "state": "state", "route-search.exact-match": "destinationCidrBlock"}
"""Filters of SearchTransitGatewayRoutes that are modelled here -> key of a route."""


def install() -> None:
    """Wrap creation and deletion, replace the search, and add ReplaceTransitGatewayRoute, which moto lacks."""
    moto_create: Any = TransitGatewayRouteTableBackend.create_transit_gateway_route

    def create_transit_gateway_route(
        self: Any,
        transit_gateway_route_table_id: str,
        destination_cidr_block: str,
        transit_gateway_attachment_id: str | None = None,
        blackhole: bool = False,
    ) -> dict[str, Any]:
        if destination_cidr_block in _table(self, transit_gateway_route_table_id).routes:
            raise RouteAlreadyExistsError(destination_cidr_block)
        _check_attachment(self, transit_gateway_attachment_id)
        arguments = (transit_gateway_route_table_id, destination_cidr_block, transit_gateway_attachment_id, blackhole)
        return _with_list(moto_create(self, *arguments))

    def replace_transit_gateway_route(self: Any) -> ActionResult:
        table_id = self._get_param("TransitGatewayRouteTableId")
        destination = self._get_param("DestinationCidrBlock")
        backend = self.ec2_backend
        if destination not in _table(backend, table_id).routes:
            raise not_found("InvalidRoute", f"There is no route for '{destination}' in {table_id}")
        blackhole = str2bool(self._get_param("Blackhole"))
        attachment_id = self._get_param("TransitGatewayAttachmentId")
        _check_attachment(backend, attachment_id)
        return ActionResult(
            {"route": _with_list(moto_create(backend, table_id, destination, attachment_id, blackhole))}
        )

    moto_delete: Any = TransitGatewayRouteTableBackend.delete_transit_gateway_route

    def delete_transit_gateway_route(
        self: Any, transit_gateway_route_table_id: str, destination_cidr_block: str
    ) -> dict[str, Any]:
        if destination_cidr_block not in _table(self, transit_gateway_route_table_id).routes:
            raise not_found("InvalidRoute", f"no route {destination_cidr_block} in {transit_gateway_route_table_id}")
        route: dict[str, Any] = moto_delete(self, transit_gateway_route_table_id, destination_cidr_block)
        return route

    patch(TransitGatewayRouteTableBackend, create_transit_gateway_route)
    patch(TransitGatewayRouteTableBackend, delete_transit_gateway_route)
    patch(TransitGatewayRouteTableBackend, search_transit_gateway_routes)
    setattr(EC2Response, replace_transit_gateway_route.__name__, replace_transit_gateway_route)


def search_transit_gateway_routes(
    self: Any, transit_gateway_route_table_id: str, filters: Any, max_results: int | None = None
) -> list[dict[str, Any]]:
    """The routes that match every filter: static ones, and the CIDRs of the VPCs that propagate to the table.

    A static route whose attachment is deleted is a black hole. AWS does not document whether it still shows the
    attachment.
    """
    table = _table(self, transit_gateway_route_table_id)
    routes = []
    for route in table.routes.values():
        attached = (_with_list(route).get("transitGatewayAttachments") or [{}])[0].get("transitGatewayAttachmentId")
        found = self.transit_gateway_attachments.get(attached)
        is_gone = attached is not None and (found is None or found.state != "available")
        routes.append({**route, "state": "blackhole"} if is_gone else route)
    routes += [
        {
            "destinationCidrBlock": cidr,
            "state": "active",
            "type": "propagated",
            "transitGatewayAttachments": [
                {
                    "resourceId": each.resourceId,
                    "resourceType": each.resourceType,
                    "transitGatewayAttachmentId": each.transitGatewayAttachmentId,
                }
            ],
        }
        for each in table.route_table_propagation  # by EnableTransitGatewayRouteTablePropagation
        if (vpc := self.vpcs.get(each.resourceId)) is not None
        for cidr in [association["cidr_block"] for association in vpc.get_cidr_block_association_set()]
        if cidr not in table.routes
    ]
    if unknown := filters.keys() - _FILTERS.keys():
        raise invalid_value(f"The filter '{min(unknown)}' is invalid")
    return [each for each in routes if all(each[_FILTERS[name]] in values for name, values in filters.items())]


def is_attached(backend: Any, gateway_id: str, vpc_id: str) -> bool:
    """Whether the gateway exists and has an available attachment to the VPC."""
    return gateway_id in backend.transit_gateways and any(
        (attachment.resource_id, attachment.transit_gateway_id, attachment.state) == (vpc_id, gateway_id, "available")
        for attachment in backend.transit_gateway_attachments.values()
    )


def _table(backend: Any, table_id: str) -> Any:
    table = backend.transit_gateways_route_tables.get(table_id)
    if table is None:
        raise not_found("InvalidRouteTableID", f"Transit Gateway Route Table {table_id} was deleted or does not exist.")
    return table


def _with_list(route: dict[str, Any]) -> dict[str, Any]:
    attachment = route.get("transitGatewayAttachments")
    if isinstance(attachment, dict):
        route["transitGatewayAttachments"] = [attachment]
    return route


def _check_attachment(backend: Any, attachment_id: str | None) -> None:
    found = backend.transit_gateway_attachments.get(attachment_id)
    if attachment_id is not None and (found is None or found.state != "available"):
        message = f"Transit Gateway Attachment {attachment_id} was deleted or does not exist."
        raise not_found("InvalidTransitGatewayAttachmentID", message)
