"""The few operations of EC2 and Auto Scaling that the daemon needs, as both AWS and the VPC in memory offer them."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol

from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import InstanceHealth, Interface, ManagedPrefixList, RouteTable, Subnet, TaggedInstance, Target

PAGE_SIZE: Final = 100
"""What one call of a Describe API tells of at most: of so many tables, interfaces, …; each further page is a call."""
MEMBERS_PAGE_SIZE: Final = 1000
"""The same for instances, of which a mesh may have many."""


class VpcApi(Protocol):
    """Blocking calls, safe to use from several threads at once. All raise `errors.Ec2Error` and nothing else."""

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """Tables of these VPCs, sorted by id; with `table_ids` only those. One that does not exist is left out."""

    def tables_before_write(self, vpc_ids: Collection[str], table_ids: Collection[str]) -> tuple[RouteTable, ...]:
        """As `route_tables`, on a connection of the writes, which is then open for the next one of these."""
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
        """The tables of these transit gateways, or the tables of these ids, sorted by id.

        `wanted`: whether a table is, as far as that can be told without its routes; of no other one they are read. One
        that does not exist is left out.
        """

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """The interfaces of the instance that carry IP, by network card and device index: the primary first."""

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """These interfaces, whosever they are, sorted by id. One that does not exist is left out."""

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """The interfaces in these VPCs that have one of these private or IPv6 addresses, sorted by id."""

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """All subnets of these VPCs, sorted by id."""

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """One entry for every id that was asked."""

    def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """The running and pending instances of the VPC with this tag, sorted by id. None that has no address yet."""

    def instance_tags(self, instance_id: str) -> Mapping[str, str]:
        """The tags of the instance."""

    def scaling_group(self, instance_id: str) -> str:
        """The Auto Scaling group that the instance is in. Raises NoLifecycleAction if it is in none."""

    def record_heartbeat(self, action: LifecycleAction) -> None:
        """Let the group wait as long again. Raises NoLifecycleAction if it waits for no such action."""

    def complete_action(self, action: LifecycleAction) -> None:
        """Let the group wait no longer. Raises NoLifecycleAction as above."""

    def target_problems(self, vpc_id: str, targets: Collection[Target]) -> Mapping[Target, str]:
        """What speaks against each of these as the target of a route of this VPC; empty: nothing.

        Those that EC2 cannot be asked about are left out.
        """

    def prefix_lists(self, list_ids: Collection[str] = ()) -> tuple[ManagedPrefixList, ...]:
        """The managed prefix lists of the region, AWS's among them, without their entries, sorted by id.

        With `list_ids` only those. One that does not exist is left out.
        """

    def prefix_list_entries(self, list_id: str, version: int) -> Mapping[Prefix, str]:
        """CIDR -> description of the entries, as they were in this version of the prefix list."""

    def modify_prefix_list(
        self, list_id: str, version: int, add: Mapping[Prefix, str], remove: Collection[Prefix]
    ) -> ManagedPrefixList:
        """ModifyManagedPrefixList: begin to add and remove these entries, at most 100 of each, if this is its version.

        Returns the list, without its entries. The change is done when it is of a later version, and `is_changing` no
        longer. Raises ListChanged for another
        version, or while another change is under way, and QuotaReached where the entries are too many for the list.
        """

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """CreateRoute, or as the table is CreateTransitGatewayRoute. Raises RouteExists where there is a static route.

        A target that does not exist is InterfaceGone if it is an interface, which may be news, and Refused if not.
        """

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """ReplaceRoute. Raises RouteMissing where the prefix has no static route, and as CreateRoute for the target."""

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute. Raises RouteMissing where the prefix has no static route."""
