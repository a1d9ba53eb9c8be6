"""A VPC in memory behind the same interface as EC2, with EC2's rules and errors, misfortunes on demand, and a voice.

vpc = MemoryVpc()
vpc.add_table("rtb-1")
vpc.add_interface("eni-1", "i-1")
vpc.create_route("rtb-1", parse_prefix("192.0.2.53/32"), interface_target("eni-1"))
str(vpc)   -> "rtb-1 192.0.2.53/32 eni-1 active"
vpc.calls  -> ["CreateRoute rtb-1 192.0.2.53/32 eni-1"]
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bgp2vpc.errors import Ec2Error, NoLifecycleAction
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.aws.failures import failure
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    RouteTable,
    Subnet,
    TaggedInstance,
    Target,
    TargetKind,
    attachment,
)
from bgp2vpc.vpc.prefix_lists import MOST_AT_ONCE
from bgp2vpc.vpc.targets import question_about
from tests.memory_world import World

_WRITES = ("CreateRoute ", "ReplaceRoute ", "DeleteRoute ", "ModifyManagedPrefixList ")


@dataclass(slots=True)
class _Misfortune:
    """Meets the next `times` calls whose text begins with `call`."""

    call: str
    times: int
    error: Ec2Error | None = None
    after: bool = False
    action: Callable[[], None] | None = None


class MemoryVpc(World, VpcApi):
    """Implements VpcApi. `calls` holds every call as text, `writes` those that change routes, failed ones too.

    `changing`: that many reads after a change of a prefix list show it as under way, and meanwhile no other is taken.
    `create_same_succeeds`: whether CreateRoute of what is already so succeeds (AWS does not say). `lag`: that many
    reads after a write still show the tables as they were before it, as EC2's eventually consistent reads do.
    """

    def __init__(
        self,
        vpc_id: str = "vpc-1",
        *cidrs: str,
        quota: int = 500,
        create_same_succeeds: bool = False,
        lag: int = 0,
    ) -> None:
        self.calls: list[str] = []
        self.create_same_succeeds = create_same_succeeds
        self.lag = lag
        self.changing = 0
        self._reads_until_done: dict[str, int] = {}
        self._misfortunes: list[_Misfortune] = []
        self._old_tables: dict[str, RouteTable] | None = None
        self._old_reads = 0
        self._frozen = False
        super().__init__(vpc_id, *cidrs, quota=quota)

    # What EC2 offers: see VpcApi.

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """DescribeRouteTables."""
        with self._call("DescribeRouteTables", *(table_ids or vpc_ids)):
            tables = self._visible_tables().values()
            wanted = [t for t in tables if t.vpc_id in vpc_ids and (not table_ids or t.id in table_ids)]
            return tuple(sorted(wanted, key=lambda table: table.id))

    def attachments(self, vpc_id: str) -> tuple[Interface, ...]:
        """DescribeTransitGatewayAttachments."""
        with self._call("DescribeTransitGatewayAttachments", vpc_id):
            found = sorted(self._attachments.items())
            return tuple(attachment(each, gateway) for each, (gateway, vpc) in found if vpc == vpc_id)

    def transit_tables(
        self,
        gateway_ids: Collection[str],
        table_ids: Collection[str] = (),
        *,
        wanted: Callable[[RouteTable], bool] = lambda _: True,
    ) -> tuple[RouteTable, ...]:
        """SearchTransitGatewayRoutes."""
        with self._call("SearchTransitGatewayRoutes", *(table_ids or gateway_ids)):
            tables = [table for table in self._visible_tables().values() if table.is_transit and wanted(table)]
            found = [t for t in tables if (t.id in table_ids if table_ids else t.vpc_id in gateway_ids)]
            return tuple(sorted(found, key=lambda table: table.id))

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces."""
        with self._call("DescribeNetworkInterfaces", instance_id):
            own = [each for each in self._interfaces.values() if each.instance_id == instance_id]
            return tuple(sorted(own, key=lambda interface: interface.position))

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces."""
        if not interface_ids:
            return ()
        with self._call("DescribeNetworkInterfaces", *sorted(interface_ids)):
            found = [each for each in self._interfaces.values() if each.id in interface_ids]
            return tuple(sorted(found, key=lambda interface: interface.id))

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces."""
        if not vpc_ids or not addresses:
            return ()
        with self._call("DescribeNetworkInterfaces", *map(str, sorted(addresses))):
            wanted = frozenset(addresses)
            found = [i for i in self._interfaces.values() if i.vpc_id in vpc_ids and not wanted.isdisjoint(i.addresses)]
            return tuple(sorted(found, key=lambda interface: interface.id))

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """DescribeSubnets."""
        if not vpc_ids:
            return ()
        with self._call("DescribeSubnets", *sorted(vpc_ids)):
            found = [each for each in self._subnets.values() if each.vpc_id in vpc_ids]
            return tuple(sorted(found, key=lambda subnet: subnet.id))

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """DescribeInstanceStatus."""
        with self._call("DescribeInstanceStatus", *sorted(instance_ids)):
            return {instance_id: self._health.get(instance_id, InstanceHealth.UNKNOWN) for instance_id in instance_ids}

    def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """DescribeInstances."""
        with self._call("DescribeInstances", vpc_id, f"{key}={value}"):
            found = [
                _member(instance_id, first)
                for instance_id, first in self._first_interfaces(vpc_id).items()
                if self._instance_tags.get(instance_id, {}).get(key) == value
                and self._health.get(instance_id) not in (InstanceHealth.GONE, InstanceHealth.TERMINATED)
            ]
            return tuple(sorted((each for each in found if each.addresses), key=lambda each: each.instance_id))

    def instance_tags(self, instance_id: str) -> Mapping[str, str]:
        """DescribeTags."""
        with self._call("DescribeTags", instance_id):
            return dict(self._instance_tags.get(instance_id, {}))

    def scaling_group(self, instance_id: str) -> str:
        """DescribeAutoScalingInstances."""
        with self._call("DescribeAutoScalingInstances", instance_id):
            if instance_id in self._waiting:
                return self._waiting[instance_id].group
            raise NoLifecycleAction("DescribeAutoScalingInstances", "NoGroup", f"{instance_id} is in no group")

    def record_heartbeat(self, action: LifecycleAction) -> None:
        """RecordLifecycleActionHeartbeat."""
        self._about_action("RecordLifecycleActionHeartbeat", action)

    def complete_action(self, action: LifecycleAction) -> None:
        """CompleteLifecycleAction."""
        self._about_action("CompleteLifecycleAction", action)
        with self._lock:
            del self._waiting[action.instance_id]

    def _about_action(self, operation: str, action: LifecycleAction) -> None:
        with self._call(operation, action.hook, action.group, action.instance_id):
            if self._waiting.get(action.instance_id) != action:
                message = f"No active Lifecycle Action found with instance ID {action.instance_id}"
                raise failure(operation, "ValidationError", message)

    def target_problems(self, vpc_id: str, targets: Collection[Target]) -> Mapping[Target, str]:
        """The Describe call of each kind of target."""
        found: dict[Target, str] = {}
        for target in sorted(targets, key=str):
            if (question := question_about(target)) is not None:
                with self._call(question.operation, target.id):
                    found[target] = self._problem_of(vpc_id, target)
        return found

    def prefix_lists(self, list_ids: Collection[str] = ()) -> tuple[ManagedPrefixList, ...]:
        """DescribeManagedPrefixLists."""
        with self._call("DescribeManagedPrefixLists", *list_ids):
            found = [each for each in self._prefix_lists.values() if not list_ids or each.id in list_ids]
            return tuple(self._as_changing(each) for each in sorted(found, key=lambda each: each.id))

    def _as_changing(self, found: ManagedPrefixList) -> ManagedPrefixList:
        left = self._reads_until_done.pop(found.id, 0)
        if left > 0:
            self._reads_until_done[found.id] = left - 1
        return replace(found, entries=None, state="modify-in-progress" if left > 0 else found.state)

    def prefix_list_entries(self, list_id: str, version: int) -> Mapping[Prefix, str]:
        """GetManagedPrefixListEntries, of the present version only."""
        with self._call("GetManagedPrefixListEntries", list_id, str(version)):
            found = self._prefix_list("GetManagedPrefixListEntries", list_id)
            if found.version != version:
                message = f"no version {version} of {list_id}"
                raise failure("GetManagedPrefixListEntries", "InvalidPrefixListVersion", message)
            return dict(found.entries or {})

    def modify_prefix_list(
        self, list_id: str, version: int, add: Mapping[Prefix, str], remove: Collection[Prefix]
    ) -> ManagedPrefixList:
        """ModifyManagedPrefixList."""
        operation = "ModifyManagedPrefixList"
        with self._call(operation, list_id, f"+{len(add)}", f"-{len(remove)}"):
            found = self._prefix_list(operation, list_id)
            if self._reads_until_done.get(list_id, 0) > 0:
                raise failure(operation, "IncorrectState", f"{list_id} is in state modify-in-progress")
            if found.version != version:
                raise failure(
                    operation, "PrefixListVersionMismatch", "The prefix list has the incorrect version number."
                )
            kept = {each: said for each, said in (found.entries or {}).items() if each not in remove}
            entries = {**kept, **add}
            if max(len(add), len(remove)) > MOST_AT_ONCE or any(each.version != found.ip_version for each in add):
                raise failure(operation, "InvalidParameterValue", "too many entries at once, or of another family")
            if len(found.entries or ()) + len(add) > found.max_entries:
                raise failure(operation, "PrefixListMaxEntriesExceeded", f"{list_id}: more than {found.max_entries}")
            self._prefix_lists[list_id] = replace(found, version=version + 1, entries=entries)
            if self.changing:
                self._reads_until_done[list_id] = self.changing
            return replace(
                self._prefix_lists[list_id], state="modify-in-progress" if self.changing else "modify-complete"
            )

    def _prefix_list(self, operation: str, list_id: str) -> ManagedPrefixList:
        found = self._prefix_lists.get(list_id)
        if found is None:
            raise failure(operation, "InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist")
        return found

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """CreateRoute."""
        with self._call("CreateRoute", table_id, str(prefix), target.id):
            table = self._table("CreateRoute", table_id)
            route = self._new_route("CreateRoute", table, prefix, target)
            present = table.static_route(prefix)
            if present is None:
                self._check_quota("CreateRoute", table, prefix)
                self._write(table.with_static_route(prefix, route))
            elif not (self.create_same_succeeds and present.target == route.target):
                message = f"The route identified by {prefix} already exists."
                raise failure("CreateRoute", "RouteAlreadyExists", message)

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """ReplaceRoute."""
        with self._call("ReplaceRoute", table_id, str(prefix), target.id):
            table = self._table("ReplaceRoute", table_id)
            route = self._new_route("ReplaceRoute", table, prefix, target)
            if table.static_route(prefix) is None:
                message = f"There is no route defined for '{prefix}' in the route table. Use CreateRoute instead."
                raise failure("ReplaceRoute", "InvalidParameterValue", message)
            self._write(table.with_static_route(prefix, route))

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute."""
        with self._call("DeleteRoute", table_id, str(prefix)):
            table = self._table("DeleteRoute", table_id)
            present = table.static_route(prefix)
            if present is None:
                message = f"no route with destination-cidr-block {prefix} in route table {table_id}"
                raise failure("DeleteRoute", "InvalidRoute.NotFound", message)
            if present.target.kind is TargetKind.LOCAL:
                message = f"cannot remove local route {prefix} in route table {table_id}"
                raise failure("DeleteRoute", "InvalidParameterValue", message)
            self._write(table.with_static_route(prefix, None))

    # What a test asks for.

    @property
    def writes(self) -> list[str]:
        """The calls that change routes, in their order."""
        with self._lock:
            return [call for call in self.calls if call.startswith(_WRITES)]

    def fail_next(self, call: str, error: Ec2Error, *, after: bool = False, times: int = 1) -> None:
        """The next `times` calls whose text begins with `call` ("CreateRoute", "CreateRoute rtb-1", "") raise `error`.

        `after`: they are applied first, and only the answer is lost.
        """
        with self._lock:
            self._misfortunes.append(_Misfortune(call, times, error=error, after=after))

    def before_next(self, call: str, action: Callable[[], None]) -> None:
        """Somebody else acts just before the next call whose text begins with `call` is applied."""
        with self._lock:
            self._misfortunes.append(_Misfortune(call, 1, action=action))

    def freeze(self) -> None:
        """From now on reads show the tables as they are now, whatever is written, until `thaw`."""
        with self._lock:
            self._old_tables = self._shown_tables()
            self._frozen = True

    def thaw(self) -> None:
        """Reads show the truth again."""
        with self._lock:
            self._old_tables = None
            self._frozen = False

    @contextmanager
    def _call(self, operation: str, *arguments: str) -> Iterator[None]:
        """One call: recorded, met by what a test has ordered for it, and one at a time."""
        with self._lock:
            text = " ".join((operation, *arguments))
            self.calls.append(text)
            met = [each for each in self._misfortunes if text.startswith(each.call)]
            for each in met:
                each.times -= 1
            self._misfortunes = [each for each in self._misfortunes if each.times > 0]
            for each in met:
                if each.action is not None:
                    each.action()
            for each in met:
                if each.error is not None and not each.after:
                    raise each.error
            yield
            for each in met:
                if each.error is not None:
                    raise each.error

    def _visible_tables(self) -> dict[str, RouteTable]:
        if self._old_tables is None:
            return self._shown_tables()
        old = self._old_tables
        if not self._frozen:
            self._old_reads -= 1
            if self._old_reads <= 0:
                self._old_tables = None
        return old

    def _shown_tables(self) -> dict[str, RouteTable]:
        return {table_id: self._shown(table) for table_id, table in self._tables.items()}

    def _write(self, table: RouteTable) -> None:
        if self.lag and not self._frozen:
            if self._old_tables is None:
                self._old_tables = self._shown_tables()
            self._old_reads = self.lag
        self._tables[table.id] = table


def _member(instance_id: str, first: Interface) -> TaggedInstance:
    ipv6 = min((each for each in first.addresses if each.version == 6), default=None)
    found = dict.fromkeys(each for each in (first.address, ipv6) if each is not None)
    return TaggedInstance(instance_id, tuple(found))
