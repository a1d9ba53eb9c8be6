"""The few EC2 operations the daemon needs, as both the real EC2 and the VPC in memory offer them."""

from collections.abc import Collection, Mapping
from typing import Protocol

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteTable


class VpcApi(Protocol):
    """Blocking calls, safe to use from several threads at once. All raise `errors.Ec2Error` and nothing else."""

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """Tables of these VPCs, sorted by id; with `table_ids` only those. One that does not exist is left out."""

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """The interfaces attached to the instance, sorted by device index."""

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """One entry for every id that was asked."""

    def create_route(self, table_id: str, prefix: Prefix, interface_id: str) -> None:
        """CreateRoute. Raises RouteExists where the prefix has a static route."""

    def replace_route(self, table_id: str, prefix: Prefix, interface_id: str) -> None:
        """ReplaceRoute. Raises RouteMissing where the prefix has no static route."""

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute. Raises RouteMissing where the prefix has no static route."""
