"""Static routes of a transit gateway's table: no duplicates, attachments as a list, and ReplaceTransitGatewayRoute."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import RouteAlreadyExistsError
from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRouteTableBackend
from moto.ec2.responses import EC2Response
from moto.utilities.utils import str2bool

from bgp2vpc.demo.cloud.fidelity.errors import not_found
from bgp2vpc.demo.cloud.fidelity.patching import patch


def install() -> None:
    """Wrap creation and add the action that moto lacks."""
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
        return ActionResult(
            {"route": _with_list(moto_create(backend, table_id, destination, attachment_id, blackhole))}
        )

    patch(TransitGatewayRouteTableBackend, create_transit_gateway_route)
    setattr(EC2Response, replace_transit_gateway_route.__name__, replace_transit_gateway_route)


def is_attached(backend: Any, gateway_id: str, vpc_id: str) -> bool:
    """Whether there is such a gateway, and the VPC can reach it."""
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
