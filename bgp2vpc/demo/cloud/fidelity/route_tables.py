"""Route tables: their ids, associations, deletion and description."""

import re
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError, InvalidRouteTableIdError
from moto.ec2.models.route_tables import RouteBackend, RouteTable

from bgp2vpc.demo.cloud.fidelity.errors import malformed
from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.requests.filters import ROUTE_TABLE_FILTERS, select

TABLE_ID = re.compile(r"rtb-[0-9a-f]{8}(?:[0-9a-f]{9})?")


def install() -> None:
    """Replace the look-ups, and add checks to association and deletion."""
    patch(RouteBackend, get_route_table)
    patch(RouteBackend, describe_route_tables)
    moto_associate, moto_delete = RouteBackend.associate_route_table, RouteBackend.delete_route_table

    def associate_route_table(
        self: Any, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
    ) -> str:
        others = (table for table in self.route_tables.values() if table.id != route_table_id)
        if subnet_id and any(subnet_id in table._associations.values() for table in others):
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                "the specified association for route table conflicts with an existing association",
            )
        return moto_associate(self, route_table_id, gateway_id, subnet_id)

    def delete_route_table(self: Any, route_table_id: str) -> None:
        if self.get_route_table(route_table_id).main_association_id:
            raise DependencyViolationError(f"The routeTable '{route_table_id}' has dependencies and cannot be deleted.")
        moto_delete(self, route_table_id)

    patch(RouteBackend, associate_route_table)
    patch(RouteBackend, delete_route_table)


def get_route_table(self: Any, route_table_id: str) -> RouteTable:
    """The table. Raises EC2ClientError for an unknown or malformed id."""
    if not TABLE_ID.fullmatch(route_table_id):
        raise malformed("InvalidRouteTableId", route_table_id, "rtb")
    table: RouteTable | None = self.route_tables.get(route_table_id)
    if table is None:
        raise InvalidRouteTableIdError(route_table_id)
    return table


def describe_route_tables(self: Any, route_table_ids: list[str] | None = None, filters: Any = None) -> list[RouteTable]:
    """The tables with these ids (none given: all) that match every filter."""
    tables = [self.get_route_table(identifier) for identifier in dict.fromkeys(route_table_ids or self.route_tables)]
    return select(tables, filters, ROUTE_TABLE_FILTERS)
