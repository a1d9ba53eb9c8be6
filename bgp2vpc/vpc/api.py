"""The protocol of the EC2 and Auto Scaling calls that the daemon makes; AWS and the VPC in memory implement it."""

from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from typing import Final, Protocol

from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import InstanceHealth, Interface, ManagedPrefixList, RouteTable, Subnet, TaggedInstance, Target

PAGE_SIZE: Final = 100
"""Items (tables, interfaces …) per page of a Describe call; each further page is another call."""
MEMBERS_PAGE_SIZE: Final = 1000
"""The same for DescribeInstances, since a mesh may have many members."""

IS_GIVEN_UP: Final = ContextVar[Callable[[], bool]]("is_given_up", default=lambda: False)
"""Whether the caller of a `VpcApi` waits for it no longer. By now it may have decided otherwise: nothing is written."""


class VpcApi(Protocol):
    """Blocking calls, safe to use from several threads at once. All raise `errors.Ec2Error` and nothing else."""

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """The tables of these VPCs, or only those of `table_ids`, sorted by id. Ids that do not exist are left out."""

    def tables_before_write(self, vpc_ids: Collection[str], table_ids: Collection[str]) -> tuple[RouteTable, ...]:
        """As `route_tables`, over a connection of the write client, which the write that follows can then reuse."""
        return self.route_tables(vpc_ids, table_ids)

    def attachments(self, vpc_id: str) -> tuple[Interface, ...]:
        """The attachments of this VPC to transit gateways, sorted by id."""

    def transit_tables(
        self,
        gateway_ids: Collection[str],
        table_ids: Collection[str] = (),
        *,
        wanted: Callable[[RouteTable], bool] = lambda _: True,
    ) -> tuple[RouteTable, ...]:
        """The tables of these transit gateways, or only those of `table_ids`, sorted by id.

        `wanted` selects tables before their routes are read, since each table costs calls of its own. Ids that do not
        exist are left out.
        """

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """The interfaces of the instance that carry IP, by network card and device index: the primary comes first."""

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """These interfaces, of any instance, sorted by id. Ids that do not exist are left out."""

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """The interfaces in these VPCs with one of these private IPv4 or IPv6 addresses, sorted by id."""

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """All subnets of these VPCs, sorted by id."""

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """Instance id -> health, with an entry for every requested id."""

    def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """The running and pending instances of the VPC with this tag and an address, sorted by id."""

    def instance_tags(self, instance_id: str) -> Mapping[str, str]:
        """The tags of the instance."""

    def scaling_group(self, instance_id: str) -> str:
        """The Auto Scaling group of the instance. Raises NoLifecycleAction if it is in none."""

    def record_heartbeat(self, action: LifecycleAction) -> None:
        """Restart the lifecycle action's time-out. Raises NoLifecycleAction if the group waits for no such action."""

    def complete_action(self, action: LifecycleAction) -> None:
        """End the group's wait for the lifecycle action. Raises NoLifecycleAction if it waits for no such action."""

    def target_problems(self, vpc_id: str, targets: Collection[Target]) -> Mapping[Target, str]:
        """Target -> why it cannot be used by routes of this VPC; an empty text if it can.

        Targets without a Describe call are left out.
        """

    def prefix_lists(self, list_ids: Collection[str] = ()) -> tuple[ManagedPrefixList, ...]:
        """The managed prefix lists of the region, AWS's own included, without their entries, sorted by id.

        With `list_ids` only those. Ids that do not exist are left out.
        """

    def prefix_list_entries(self, list_id: str, version: int) -> Mapping[Prefix, str]:
        """CIDR -> description of the entries in this version of the prefix list."""

    def modify_prefix_list(
        self, list_id: str, version: int, add: Mapping[Prefix, str], remove: Collection[Prefix]
    ) -> ManagedPrefixList:
        """ModifyManagedPrefixList: start to add and remove entries, at most 100 of each, if `version` is current.

        Returns the list without its entries. The change is complete when the list has a later version and is no longer
        `is_changing`. Raises ListChanged for another version or while another change is in progress, and QuotaReached
        if the entries do not fit.
        """

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """CreateRoute, or CreateTransitGatewayRoute for such a table. Raises RouteExists if there is a static route.

        For a target that does not exist it raises InterfaceGone if that is an interface or attachment, else Refused.
        """

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """ReplaceRoute. Raises RouteMissing if the prefix has no static route; for the target as `create_route`."""

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute. Raises RouteMissing if the prefix has no static route."""
