"""EC2's calls through botocore: requests, paging, and conversion of the answers into the model.

Nothing here retries, paces or caches; that is up to the caller, who knows what a failed call means.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from botocore import xform_name

from bgp2vpc.errors import Ec2Error, OperatorError, Refused, Transient
from bgp2vpc.prefix import IPAddress, Prefix, parse_prefix
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.api import IS_GIVEN_UP, MEMBERS_PAGE_SIZE, PAGE_SIZE, VpcApi
from bgp2vpc.vpc.aws import wire
from bgp2vpc.vpc.aws.auto_scaling import AutoScaling
from bgp2vpc.vpc.aws.ec2_clients import MESSAGE_LENGTH, Ec2Clients, ec2_errors, make_session, trimmed_data
from bgp2vpc.vpc.lifecycle import LifecycleAction
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    ManagedPrefixList,
    RouteTable,
    SecurityGroupRule,
    Subnet,
    TaggedInstance,
    Target,
)
from bgp2vpc.vpc.targets import TargetQuestion, problems, question_about

# Limits: filter values of a request (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html), pages
# of an answer, ids of a status call.
_FILTER_VALUES = 200
_PAGES = 1000
_STATUS_IDS = 100

_INSTANCE_ID = re.compile(r"\bi-[0-9a-z]+")
_MANAGED = "IncludeManagedResources"
_WOULD_HAVE_DONE_IT = "DryRunOperation"

Written = TypeVar("Written")
Parsed = TypeVar("Parsed")


class Ec2(VpcApi):
    """Implements VpcApi. The clients are made by `warm_up`, or else by the first call.

    `timeout`: seconds to connect, and seconds to wait for a write's answer; reads, with their large pages, wait twice
    as long. `max_connections`: maximum number of concurrent writes, and of concurrent reads. Credentials and endpoint
    are botocore's.
    """

    def __init__(
        self, region: str, *, timeout: float = 3.0, max_connections: int = 50, clients: Ec2Clients | None = None
    ) -> None:
        self._clients = clients or Ec2Clients(region, timeout, max_connections)
        self._auto_scaling = AutoScaling(region, timeout)

    def beside(self, access: Access, instance_id: str) -> "Ec2":
        """An Ec2 for another account or region, with clients of its own. `instance_id`: for the role session's name."""
        return Ec2(access.region, clients=self._clients.beside(access, instance_id))

    def warm_up(self) -> None:
        """Make the clients and get credentials, which takes 0.2 s, before the first announcement. Raises Ec2Error."""
        self._clients.ready()

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        """DescribeRouteTables, paged."""
        return self._route_tables(self._clients.ready().reads, vpc_ids, table_ids) if vpc_ids else ()

    def tables_before_write(self, vpc_ids: Collection[str], table_ids: Collection[str]) -> tuple[RouteTable, ...]:
        """DescribeRouteTables, paged, over a connection of the write client."""
        return self._route_tables(self._clients.ready().writes, vpc_ids, table_ids)

    def _route_tables(
        self, client: Any, vpc_ids: Collection[str], table_ids: Collection[str]
    ) -> tuple[RouteTable, ...]:
        # A filter, because the RouteTableIds parameter fails the whole call when one of the tables is gone.
        found: list[RouteTable] = []
        for ids in _chunks(sorted(set(table_ids)), _FILTER_VALUES) if table_ids else [()]:
            filters = [{"Name": "vpc-id", "Values": sorted(set(vpc_ids))}]
            if ids:
                filters.append({"Name": "route-table-id", "Values": list(ids)})
            items = self._pages("DescribeRouteTables", "RouteTables", filters, client=client)
            found += _parsed("DescribeRouteTables", wire.parse_route_table, items)
        return tuple(sorted(found, key=lambda table: table.id))

    def attachments(self, vpc_id: str) -> tuple[Interface, ...]:
        """DescribeTransitGatewayAttachments by VPC, paged."""
        operation = "DescribeTransitGatewayAttachments"
        filters = [{"Name": "resource-type", "Values": ["vpc"]}, {"Name": "resource-id", "Values": [vpc_id]}]
        items = self._pages(operation, "TransitGatewayAttachments", filters)
        found = _parsed(operation, wire.parse_attachment, filter(wire.is_live, items))
        return tuple(sorted(found, key=lambda each: each.id))

    def transit_tables(
        self,
        gateway_ids: Collection[str],
        table_ids: Collection[str] = (),
        *,
        wanted: Callable[[RouteTable], bool] = lambda _: True,
    ) -> tuple[RouteTable, ...]:
        """DescribeTransitGatewayRouteTables, paged, and SearchTransitGatewayRoutes, paged, for each table."""
        operation, name = "DescribeTransitGatewayRouteTables", "transit-gateway-route-table-id"
        found: list[RouteTable] = []
        ids = sorted({*(table_ids or gateway_ids)})
        for chunk in _chunks(ids, _FILTER_VALUES):
            filters = [{"Name": name if table_ids else "transit-gateway-id", "Values": list(chunk)}]
            items = self._pages(operation, "TransitGatewayRouteTables", filters)
            found += _parsed(operation, wire.parse_transit_table, filter(wire.is_live, items))
        operation = "SearchTransitGatewayRoutes"
        # The call requires a filter; one by `state` would leave out routes that are still `pending`.
        every = [{"Name": "type", "Values": ["static", "propagated"]}]
        tables = []
        for table in sorted(filter(wanted, found), key=lambda table: table.id):
            items = self._pages(operation, "Routes", every, more={"TransitGatewayRouteTableId": table.id})
            routes = _parsed(operation, wire.parse_transit_route, filter(wire.is_there, items))
            tables.append(replace(table, routes=tuple(routes)))
        return tuple(tables)

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by attachment, paged, without interfaces that carry no IP."""
        filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
        found = _parsed("DescribeNetworkInterfaces", wire.parse_interface, filter(wire.speaks_ip, items))
        return tuple(sorted(found, key=lambda each: each.position))

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by filter, paged. The NetworkInterfaceIds parameter would fail if one is gone."""
        found: list[Interface] = []
        for ids in _chunks(sorted(set(interface_ids)), _FILTER_VALUES):
            filters = [{"Name": "network-interface-id", "Values": list(ids)}]
            items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
            found += _parsed("DescribeNetworkInterfaces", wire.parse_interface, items)
        return tuple(sorted(found, key=lambda each: each.id))

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        """DescribeNetworkInterfaces by address, paged: separate calls for IPv4 and IPv6 addresses."""
        found: dict[str, Interface] = {}
        for version, name in ((4, "addresses.private-ip-address"), (6, "ipv6-addresses.ipv6-address")):
            texts = sorted({str(each) for each in addresses if each.version == version})
            for values in _chunks(texts, _FILTER_VALUES) if vpc_ids else ():
                filters = [{"Name": "vpc-id", "Values": sorted(vpc_ids)}, {"Name": name, "Values": list(values)}]
                items = self._pages("DescribeNetworkInterfaces", "NetworkInterfaces", filters)
                parsed = _parsed("DescribeNetworkInterfaces", wire.parse_interface, items)
                found |= {interface.id: interface for interface in parsed}
        return tuple(found[each] for each in sorted(found))

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        """DescribeSubnets, paged."""
        if not vpc_ids:
            return ()
        items = self._pages("DescribeSubnets", "Subnets", [{"Name": "vpc-id", "Values": sorted(set(vpc_ids))}])
        return tuple(sorted(_parsed("DescribeSubnets", wire.parse_subnet, items), key=lambda each: each.id))

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        """DescribeInstanceStatus of these instances, running or not. One that the answer lacks is UNKNOWN.

        It may exist nevertheless, since reads are eventually consistent.
        """
        operation = "DescribeInstanceStatus"
        health = dict.fromkeys(instance_ids, InstanceHealth.UNKNOWN)
        for ids in _chunks(sorted(health), _STATUS_IDS):
            asked = list(ids)
            while asked:
                reads = self._clients.ready().reads
                parameters = {"InstanceIds": asked, "IncludeAllInstances": True, **_everything(reads, operation)}
                try:
                    answer = _call(reads, operation, parameters)
                except Refused as error:
                    # An unknown id fails the whole call. The error names it, so repeat the call without it.
                    if not error.code.startswith("InvalidInstanceID"):
                        raise
                    unknown = set(_INSTANCE_ID.findall(error.message)) & set(asked)
                    if not unknown:
                        raise
                    asked = [each for each in asked if each not in unknown]
                else:
                    found = dict(_parsed(operation, wire.parse_health, _items(answer, operation, "InstanceStatuses")))
                    health |= {each: found[each] for each in asked if each in found}
                    break
        return health

    def members(self, vpc_id: str, key: str, value: str) -> tuple[TaggedInstance, ...]:
        """DescribeInstances by filter, paged."""
        literal = re.sub(r"([\\*?])", r"\\\1", value)  # in filters, * and ? are wildcards unless escaped by \
        filters = [
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": f"tag:{key}", "Values": [literal]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        reservations = self._pages("DescribeInstances", "Reservations", filters)
        items = [item for each in reservations for item in _items(each, "DescribeInstances", "Instances")]
        found = _parsed("DescribeInstances", wire.parse_member, items)
        return tuple(sorted((each for each in found if each.addresses), key=lambda each: each.instance_id))

    def instance_tags(self, instance_id: str) -> Mapping[str, str]:
        """DescribeTags by resource, paged."""
        items = self._pages("DescribeTags", "Tags", [{"Name": "resource-id", "Values": [instance_id]}])
        return dict(_parsed("DescribeTags", lambda item: (str(item["Key"]), str(item.get("Value", ""))), items))

    def scaling_group(self, instance_id: str) -> str:
        """DescribeAutoScalingInstances."""
        return self._auto_scaling.group_of(instance_id)

    def record_heartbeat(self, action: LifecycleAction) -> None:
        """RecordLifecycleActionHeartbeat."""
        self._auto_scaling.record_heartbeat(action)

    def complete_action(self, action: LifecycleAction) -> None:
        """CompleteLifecycleAction."""
        self._auto_scaling.complete(action)

    def target_problems(self, vpc_id: str, targets: Collection[Target]) -> Mapping[Target, str]:
        """The Describe call of each kind of target, paged."""
        asked: dict[TargetQuestion, list[Target]] = {}
        for target in sorted(targets, key=str):
            if (question := question_about(target)) is not None:
                asked.setdefault(question, []).append(target)
        found: dict[Target, str] = {}
        for question, some in asked.items():
            for chunk in _chunks(some, _FILTER_VALUES):
                ids = [each.id for each in chunk]
                filters = [{"Name": question.id_filter, "Values": ids}] if question.id_filter else []
                operation = question.operation
                items = self._pages(operation, question.answer, filters, question.filters_key)
                (told,) = _parsed(operation, partial(problems, question, vpc_id=vpc_id, targets=chunk), [items])
                found |= told
        return found

    def security_group_rules(self, group_ids: Collection[str]) -> tuple[SecurityGroupRule, ...]:
        """DescribeSecurityGroupRules by group, paged. Only the doctor calls it, not the daemon."""
        operation, found = "DescribeSecurityGroupRules", list[SecurityGroupRule]()
        for ids in _chunks(sorted(set(group_ids)), _FILTER_VALUES):
            items = self._pages(operation, "SecurityGroupRules", [{"Name": "group-id", "Values": list(ids)}])
            found += _parsed(operation, wire.parse_security_group_rule, items)
        return tuple(found)

    def prefix_list(self, prefix_list_id: str) -> tuple[Prefix, ...]:
        """GetManagedPrefixListEntries, paged. Only the doctor calls it."""
        operation = "GetManagedPrefixListEntries"
        items = self._pages(operation, "Entries", prefix_list_id, "PrefixListId")
        return tuple(_parsed(operation, lambda item: parse_prefix(item["Cidr"]), items))

    def prefix_lists(self, list_ids: Collection[str] = ()) -> tuple[ManagedPrefixList, ...]:
        """DescribeManagedPrefixLists, paged. The call has no filter by tag, so without ids all lists are read."""
        operation = "DescribeManagedPrefixLists"
        filters = [{"Name": "prefix-list-id", "Values": sorted(list_ids)}] if list_ids else []
        items = self._pages(operation, "PrefixLists", filters)
        return tuple(sorted(_parsed(operation, wire.parse_managed_prefix_list, items), key=lambda each: each.id))

    def prefix_list_entries(self, list_id: str, version: int) -> Mapping[Prefix, str]:
        """GetManagedPrefixListEntries of one version, paged."""
        operation, more = "GetManagedPrefixListEntries", {"TargetVersion": version}
        items = self._pages(operation, "Entries", list_id, "PrefixListId", more=more)
        return dict(_parsed(operation, wire.parse_prefix_list_entry, items))

    def modify_prefix_list(
        self, list_id: str, version: int, add: Mapping[Prefix, str], remove: Collection[Prefix]
    ) -> ManagedPrefixList:
        """ModifyManagedPrefixList with CurrentVersion."""
        added = [{"Cidr": str(prefix), "Description": add[prefix]} for prefix in add]
        removed = [{"Cidr": str(prefix)} for prefix in remove]
        changes = {"AddEntries": added, "RemoveEntries": removed}
        parameters = {"PrefixListId": list_id, "CurrentVersion": version, **{k: v for k, v in changes.items() if v}}
        operation = "ModifyManagedPrefixList"
        answer = _call(self._clients.ready().writes, operation, parameters)
        (found,) = _parsed(operation, lambda told: wire.parse_managed_prefix_list(told["PrefixList"]), [answer])
        return found

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """CreateRoute, or CreateTransitGatewayRoute for a transit gateway's table."""
        self._write("CreateRoute", table_id, prefix, target)

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        """ReplaceRoute, or ReplaceTransitGatewayRoute."""
        self._write("ReplaceRoute", table_id, prefix, target)

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        """DeleteRoute, or DeleteTransitGatewayRoute."""
        self._write("DeleteRoute", table_id, prefix)

    def dry_run(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Check by `DryRun` whether this call would be allowed. Raises Ec2Error if not.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html: `DryRun`
        """
        try:
            _call(self._clients.ready().reads, operation, {**parameters, "DryRun": True})
        except Ec2Error as error:
            if error.code != _WOULD_HAVE_DONE_IT:
                raise
            return
        raise Refused(operation, "DryRunIgnored", "the endpoint takes no notice of DryRun")

    def _pages(
        self,
        operation: str,
        key: str,
        asked: list[dict[str, Any]] | str,
        parameter: str = "Filters",
        client: Any = None,
        more: Mapping[str, Any] | None = None,
    ) -> list[wire.Item]:
        """The items under `key` of all pages. `asked`: the value of `parameter`. `more`: further parameters.

        `client`: by default the read client.
        """
        client = client or self._clients.ready().reads
        found: list[wire.Item] = []
        parameters = {parameter: asked, **(more or {}), **_everything(client, operation)}
        if not client.can_paginate(xform_name(operation)):
            answer = _call(client, operation, parameters)
            if answer.get("AdditionalRoutesAvailable"):  # SearchTransitGatewayRoutes: botocore pages it since 2026
                raise Refused(
                    operation, "TooManyRoutes", "the table has over 1,000 routes: this takes a newer botocore"
                )
            return _items(answer, operation, key)
        size = MEMBERS_PAGE_SIZE if operation == "DescribeInstances" else PAGE_SIZE
        with ec2_errors(operation):
            paginator = client.get_paginator(xform_name(operation))
            pages = paginator.paginate(PaginationConfig={"PageSize": size}, **parameters)
            for number, page in enumerate(pages, start=1):
                found += _items(page, operation, key)
                if number == _PAGES:  # every page names a next one; nothing else would end this thread
                    raise Transient(operation, "EndlessAnswer", f"the answer has {_PAGES} pages, and no end")
        return found

    def _write(self, operation: str, table_id: str, prefix: Prefix, target: Target | None = None) -> None:
        try:
            operation, parameters = wire.write_call(operation, table_id, prefix, target)
        except ValueError as error:
            raise Refused(operation, "InvalidTarget", str(error)) from error
        writes = self._clients.ready().writes
        if IS_GIVEN_UP.get()():  # new credentials may have taken minutes
            raise Transient(operation, "GivenUp", "not sent: the credentials for it came too late")
        _call(writes, operation, parameters)


def endpoint_url(region: str) -> str:
    """The URL of EC2's endpoint, as botocore derives it from the environment or the region. Raises Ec2Error."""
    # Without these, botocore looks for credentials, and an error of that search is no error of the endpoint.
    unused = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    with ec2_errors("CreateClient", plain=OperatorError):
        url: str = make_session(trimmed_data()).create_client("ec2", region_name=region, **unused).meta.endpoint_url
    return url


def _everything(client: Any, operation: str) -> dict[str, bool]:
    """The parameter that includes objects managed by EKS, ECS, Lambda or WorkSpaces, which EC2 otherwise hides.

    Empty if the call or the installed botocore does not have it: botocore has it since 2026, and refuses unknown
    parameters.
    """
    members = client.meta.service_model.operation_model(operation).input_shape.members
    return {_MANAGED: True} if _MANAGED in members else {}


def _call(client: Any, operation: str, parameters: Mapping[str, Any]) -> wire.Item:
    with ec2_errors(operation):
        answer: wire.Item = getattr(client, xform_name(operation))(**parameters)
    return answer


def _items(answer: wire.Item, operation: str, key: str) -> list[wire.Item]:
    """The list under `key`. Raises Transient without one: a proxy's page may parse as an answer without content."""
    items = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(items, list):
        raise Transient(operation, "ResponseParserError", f"the answer has no {key}")
    return items


def _parsed(operation: str, parse: Callable[[Written], Parsed], items: Iterable[Written]) -> list[Parsed]:
    try:
        return [parse(item) for item in items]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = repr(error)[:MESSAGE_LENGTH]
        raise Transient(operation, "ResponseParserError", f"an item of the answer is broken: {what}") from error


def _chunks(items: Iterable[Parsed], size: int) -> Iterator[tuple[Parsed, ...]]:
    iterator = iter(items)
    while chunk := tuple(islice(iterator, size)):
        yield chunk
