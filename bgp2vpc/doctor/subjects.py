"""The prefixes that the doctor checks, and the EC2 calls that it makes with DryRun. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import Exabgp, Known, Running, Trouble
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.tables import AccountScope
from bgp2vpc.policy.rule import Rule
from bgp2vpc.policy.tables import TablePolicy
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.aws.wire import write_call
from bgp2vpc.vpc.model import Interface, interface_target
from bgp2vpc.vpc.targets import OPERATIONS

_OF_PREFIX_LISTS: Final = ("GetManagedPrefixListEntries", "ModifyManagedPrefixList")
_TABLES: Final = 20
"""Maximum number of tables whose writes are rehearsed. Each takes three calls, and policies rarely differ by table."""


def is_host_route(prefix: Prefix) -> bool:
    """Whether the prefix is a single address."""
    return bool(prefix.prefixlen == (128 if prefix.is_ipv6 else 32))


def endpoint_service(region: str) -> str:
    """The name of EC2's endpoint service, for a VPC endpoint. Regions in China have another prefix.

    https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    """
    return f"{'cn.' if region.startswith('cn-') else ''}com.amazonaws.{region}.ec2"


def managed(rules: Iterable[Rule]) -> frozenset[Prefix]:
    """The prefixes of `manage_routes` that point at this instance."""
    return frozenset(p for rule in rules for p, route in rule.manages.items() if route.instance_id is None)


def accepted(rules: Iterable[Rule]) -> frozenset[Prefix]:
    """The prefixes that entries of `accept` name exactly."""
    entries = (entry for rule in rules for entry in rule.accept.entries)
    return frozenset(entry.prefix for entry in entries if entry.ge == entry.le == entry.prefix.prefixlen)


def offered_by(running: Known[Running]) -> frozenset[Prefix]:
    """The prefixes that this host's sources and checks offer now; none if no daemon answered."""
    return frozenset() if isinstance(running, Trouble) else running.offered


def runs_exabgp(config: Config, running: Known[Running], found: Known[Exabgp]) -> bool:
    """Whether `bgp2vpc run` runs ExaBGP itself, or would do so: no ExaBGP runs the daemon as its helper."""
    if config.bgp is None:
        return False
    told = not isinstance(running, Trouble) and running.runs_exabgp
    return told or (not isinstance(found, Trouble) and not found.file)


def named(names: Sequence[str]) -> str:
    """The first five names, and the number of further ones."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


@dataclass(frozen=True, slots=True)
class Call:
    """An EC2 call. `about`: the table, for writes."""

    operation: str
    parameters: Mapping[str, Any]
    about: str = ""


def reads(config: Config, vpc_ids: Iterable[str], instance_id: str) -> tuple[Call, ...]:
    """The read calls that this configuration needs. `instance_id`: empty for an account without this instance."""
    values = sorted(vpc_ids)
    in_vpcs = {"Filters": [{"Name": "vpc-id", "Values": values}]} if values else {}
    needed = _needed(config, is_own=bool(instance_id))
    found = (
        Call("DescribeRouteTables", in_vpcs),
        Call("DescribeNetworkInterfaces", in_vpcs),
        Call("DescribeInstanceStatus", {"InstanceIds": [instance_id]} if instance_id else {}),
        Call("DescribeSubnets", in_vpcs),
        Call("DescribeTags", {"Filters": [{"Name": "resource-id", "Values": [instance_id]}]}),
    )
    lists = [Call("DescribeManagedPrefixLists", {})] if any(rule.prefix_list for rule in config.rules) else []
    members = [Call("DescribeInstances", in_vpcs)] if config.bgp and config.bgp.peers_by_tag else []
    of_gateways = ("DescribeTransitGatewayAttachments", "DescribeTransitGatewayRouteTables")
    others = needed.intersection((*OPERATIONS, *of_gateways)) - {call.operation for call in found}
    of_fallbacks = [Call(operation, {}) for operation in sorted(others)]
    return (*(call for call in found if call.operation in needed), *lists, *members, *of_fallbacks)


def writes(config: Config, tables: Sequence[TablePolicy], own: Sequence[Interface]) -> tuple[Call, ...]:
    """The write calls that the rules of the first tables may make, and the calls for transit tables and prefix lists.

    The target is one of our interfaces or attachments in the table's VPC. Without one, calls with a target are left
    out, since EC2 would refuse them.
    """
    found: list[Call] = []
    for table_policy in tables[:_TABLES]:
        needed = _needed(replace(config, rules=table_policy.rules), is_own=table_policy.table.is_transit)
        rule = table_policy.rules[0]
        entry = next(iter(rule.accept.entries), None)
        if entry is None:
            prefix = next(iter(rule.manages))
        else:
            prefix = Prefix((entry.prefix.first, entry.ge), version=entry.prefix.version)
        table = table_policy.table
        here = next((each.id for each in own if each.vpc_id == table.vpc_id), None)
        destination = next(iter(table_policy.lists), prefix) if rule.prefix_list else prefix
        for operation in ("CreateRoute", "ReplaceRoute", "DeleteRoute"):
            target = interface_target(here) if here and operation != "DeleteRoute" else None
            call, parameters = write_call(operation, table.id, destination, target)
            if call in needed and (here or operation == "DeleteRoute"):
                found.append(Call(call, parameters, table.id))
        if table.is_transit:
            every = [{"Name": "type", "Values": ["static"]}]
            asked = {"TransitGatewayRouteTableId": table.id, "Filters": every}
            found.append(Call("SearchTransitGatewayRoutes", asked, table.id))
    for list_id in sorted({list_id for table_policy in tables for list_id in table_policy.lists}):
        found += [Call(name, {"PrefixListId": str(list_id)}) for name in _OF_PREFIX_LISTS]
    return tuple(found)


def _needed(config: Config, *, is_own: bool) -> frozenset[str]:
    """The names of the calls that the least policy of this configuration allows."""
    statements = least_policy(config, AccountScope(), is_own=is_own).statements
    return frozenset(action.removeprefix("ec2:") for statement in statements for action in statement.actions)
