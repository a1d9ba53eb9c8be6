"""Findings about the VPC: credentials, permissions, tables, interfaces, prefixes, room. Pure."""

import math
import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from shlex import quote
from typing import Final

from bgp2vpc.bgp.path import SELF
from bgp2vpc.config.model import Config
from bgp2vpc.doctor.accounts import role_policy
from bgp2vpc.doctor.model import (
    Endpoint,
    Finding,
    Known,
    MetadataAnswer,
    Rehearsal,
    Running,
    Trouble,
    Vpc,
    fail,
    ok,
    warn,
)
from bgp2vpc.doctor.subjects import accepted, endpoint_service, managed, named, offered_by
from bgp2vpc.errors import Credentials, Denied, OperatorError, RouteExists, RouteMissing
from bgp2vpc.policy.best_path import Unusable, choose_interface
from bgp2vpc.policy.list_entries import list_problem, routes_counted
from bgp2vpc.policy.rule import fallbacks_of
from bgp2vpc.policy.tables import rules_without_tables
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.api import MEMBERS_PAGE_SIZE, PAGE_SIZE
from bgp2vpc.vpc.model import Interface, TargetKind
from bgp2vpc.vpc.poll_time import READS
from bgp2vpc.vpc.targets import question_about

_FULL: Final = 0.9
_QUOTA_CODE: Final = "L-93826ACB"  # "Routes per route table"
_OF_ALLOWED_CALLS: Final = (RouteExists, RouteMissing)
_CLOCK: Final = ("RequestExpired", "InvalidSecurity.RequestHasExpired", "SignatureDoesNotMatch")


def credentials(config: Config, vpc: Known[Vpc], metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """Whether EC2 answers, and accepts our credentials."""
    if not isinstance(vpc, Trouble):
        yield ok("credentials", f"EC2 answers to them, as {vpc.instance.id} of {vpc.instance.vpc_id}")
        return
    error = vpc.error
    instance_id = "i-…" if isinstance(metadata, Trouble) else metadata.instance.id
    role = f"aws ec2 associate-iam-instance-profile --instance-id {instance_id} --iam-instance-profile Name=…"
    if isinstance(error, Credentials):
        mend = "chronyc makestep || timedatectl set-ntp true" if error.code in _CLOCK else role
        yield fail("credentials", f"no usable credentials: {error}", mend)
    elif isinstance(error, Denied):
        yield fail(
            "credentials", f"they are good, but the VPC may not be read: {error}", _policy(metadata, config.file)
        )
    elif isinstance(error, OperatorError):
        yield fail("credentials", f"EC2 refuses to be read: {error}", "aws sts get-caller-identity")
    else:
        yield fail("credentials", f"the VPC could not be read: {vpc.why}", "aws sts get-caller-identity")


def permissions(
    config: Config, found: Known[tuple[Rehearsal, ...]], metadata: Known[MetadataAnswer]
) -> Iterator[Finding]:
    """One finding for each action: DryRun tells without writing.

    What EC2 looks at first, the permission or the parameters, is not documented. So a call counts as allowed if EC2
    would have made it, or says of the route what only who may write it needs to be told.
    """
    again = f"bgp2vpc doctor -f {quote(config.file)}"
    if isinstance(found, Trouble):
        yield warn("permission", f"no call could be rehearsed: {found.why}", again)
        return

    def where_and_what(each: Rehearsal) -> tuple[bool, Access, str]:
        return each.access != OWN, each.access, each.operation

    for (_, access, operation), some in groupby(sorted(found, key=where_and_what), where_and_what):
        rehearsed = list(some)
        account = "" if access == OWN else f" with {access}"
        denied = [each for each in rehearsed if isinstance(each.error, Denied)]
        unknown = [each for each in rehearsed if each.error and not isinstance(each.error, _OF_ALLOWED_CALLS)]
        where = named([each.about for each in denied or unknown if each.about])
        if denied:
            policy = role_policy(config, access) if access.role_arn else _policy(metadata, config.file)
            words = f"ec2:{operation} is not allowed{f' on {where}' if where else ''}{account}"
            yield fail("permission", words, policy)
        elif unknown:
            words = f"not known{f' for {where}' if where else ''}{account}: {unknown[0].error}"
            yield warn("permission", f"ec2:{operation}: {words}")
        else:
            count = len(rehearsed)
            tables = f" on {count} table{'' if count == 1 else 's'}" if rehearsed[0].about else ""
            yield ok("permission", f"ec2:{operation} is allowed{tables}{account}")


def _policy(metadata: Known[MetadataAnswer], file: str) -> str:
    role = "ROLE" if isinstance(metadata, Trouble) or not metadata.role else metadata.role
    return (
        f"bgp2vpc iam-policy -f {quote(file)} > policy.json && "
        f"aws iam put-role-policy --role-name {role} --policy-name bgp2vpc --policy-document file://policy.json"
    )


def tables(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether every rule finds tables, and whether they are of our own account."""
    own_accounts = {each.owner_id for each in vpc.snapshot.interfaces if each.owner_id}
    others = {
        table.id: table.owner_id
        for table in vpc.snapshot.tables.values()
        if own_accounts and table.owner_id and table.owner_id not in own_accounts
    }
    yield from _transit_tables(config, vpc)
    empty = {rule.name for rule in rules_without_tables(config.rules, vpc.tables)}
    unread, region = vpc.snapshot.unread, vpc.instance.region
    for rule in config.rules:
        found = [
            table_id
            for table_id, table_policy in vpc.tables.items()
            if rule in table_policy.rules and not table_policy.table.is_transit
        ]
        if found:
            yield ok("tables", f"rule {rule.name} finds {named(found)}")
            if shared := [each for each in found if each in others and vpc.snapshot.tables[each].access == OWN]:
                # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing-service-behavior.html
                owner = others[shared[0]]
                words = (
                    f"rule {rule.name}: {named(shared)} belong to account {owner}, and this instance to "
                    f"{min(own_accounts)}: in a shared VPC only a role of the owner may write routes, and EC2 does not "
                    "tell it how instances of others are; use a remote_healthcheck (docs/limits.md)"
                )
                yield warn("tables", words, f"set role_arn: arn:aws:iam::{owner}:role/… in the rule {rule.name}")
        elif rule.access.seen_from(region) in unread:
            yield warn("tables", f"rule {rule.name}: its tables are not known, as {rule.access} cannot be read")
        elif rule.name in empty:
            mend = f"aws ec2 describe-route-tables --filters Name=vpc-id,Values={rule.vpc_id or vpc.instance.vpc_id}"
            words = f"rule {rule.name} finds no route table; compare its `find` with their tags"
            if others:
                owner = min(others.values())
                words += f"; account {owner} shares this VPC, and EC2 shows the tags of its tables to nobody else"
            yield fail("tables", words, mend)
        else:
            yield ok("tables", f"rule {rule.name} finds no route table, which is allowed (no_results_ok)")


def _transit_tables(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether this VPC is attached to a transit gateway, and rules find tables there."""
    for rule in config.rules:
        if rule.find_transit is None:
            continue
        found = [each for each, policy in vpc.tables.items() if rule in policy.rules and policy.table.is_transit]
        gateways = sorted({each.vpc_id for each in vpc.snapshot.attachments})
        if found:
            yield ok("transit-gateway", f"rule {rule.name} finds {named(found)}")
        elif gateways:
            mend = (
                f"aws ec2 describe-transit-gateway-route-tables --filters Name=transit-gateway-id,Values={gateways[0]}"
            )
            words = (
                f"rule {rule.name} finds no table of {named(gateways)}; compare transit_gateway_route_tables with tags"
            )
            yield (ok if rule.no_results_ok else partial(fail, mend=mend))("transit-gateway", words)
        else:
            mend = (
                "aws ec2 describe-transit-gateway-attachments --filters Name=resource-id,Values=" + vpc.instance.vpc_id
            )
            words = (
                f"rule {rule.name}: no attachment of {vpc.instance.vpc_id} to a transit gateway is seen; the role has "
                "to be one of the account that owns the gateway (docs/transit-gateway.md)"
            )
            yield fail("transit-gateway", words, mend)


def interfaces(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Which interface each rule would use, and whether it may forward."""
    chosen: dict[str, Interface] = {}
    for rule in config.rules:
        route = next((each for each in rule.manages.values() if each.instance_id is None), None)
        if route is None and not rule.accept.entries:
            continue
        here = [each.table for each in vpc.tables.values() if rule in each.rules and not each.table.is_transit]
        wanted = None if rule.accept.entries else route
        choices = {choose_interface(rule, table, SELF, vpc.snapshot.interfaces, wanted) for table in here}
        for choice in sorted(choices, key=str):
            if isinstance(choice, Unusable):
                mend = (
                    "aws ec2 describe-network-interfaces "
                    f"--filters Name=attachment.instance-id,Values={vpc.instance.id}"
                )
                yield fail("interface", f"rule {rule.name}: {choice.detail}; set `interface:` to one that exists", mend)
            else:
                chosen[choice.id] = choice
                device = f"device {choice.device_index}, {choice.subnet_id}"
                yield ok("interface", f"rule {rule.name} points at {choice.id} ({device})")
    for each in sorted(chosen.values(), key=lambda each: each.id):
        mend = f"aws ec2 modify-network-interface-attribute --network-interface-id {each.id} --no-source-dest-check"
        words = f"on at {each.id}: EC2 drops what is not for its own addresses"
        if not each.source_dest_check:
            yield ok("source-dest-check", f"off on {each.id}")
        elif config.skip_source_dest_check:
            yield warn("source-dest-check", f"{words}, and skip_source_dest_check lets routes point there", mend)
        else:
            yield fail("source-dest-check", f"{words}, so no route is written", mend)


def fallbacks(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether EC2 would take a route to each fallback when it is needed."""
    own = {each.id for each in vpc.snapshot.interfaces}
    for (vpc_id, target), rules in sorted(
        fallbacks_of(config.rules, vpc.instance.vpc_id).items(), key=lambda item: (item[0][0], item[0][1].id)
    ):
        name = f"{target} of rule {', '.join(rules)}"
        problem = vpc.fallbacks.get((vpc_id, target))
        question = question_about(target)
        if question is None:
            yield warn("fallback", f"{name} is of another service than EC2, which tells nothing of it: not looked at")
            continue
        mend = f"aws ec2 {re.sub('(?<!^)(?=[A-Z])', '-', question.operation).lower()}"  # describe-vpn-gateways
        if question.id_filter:
            option = "filter" if question.filters_key == "Filter" else "filters"
            mend += f" --{option} Name={question.id_filter},Values={target}"
        if target.id in own:
            yield fail("fallback", f"{name} is an interface of this instance", f"${{EDITOR:-vi}} {quote(config.file)}")
        elif problem is None or isinstance(problem, Trouble):
            why = f": {problem.why}" if problem else ""
            yield warn("fallback", f"{name} could not be looked at{why}", mend)
        elif problem:
            yield fail("fallback", f"{name} {problem}: EC2 would refuse the route when it is needed", mend)
        else:
            yield ok("fallback", f"{name} can be used")


def prefixes(config: Config, vpc: Vpc, running: Known[Running]) -> Iterator[Finding]:
    """What lies within the VPC's own CIDRs, and what a gateway propagates as well."""
    offered = offered_by(running)
    wanted = managed(config.rules) | accepted(config.rules) | offered
    subnets = {cidr for each in (vpc.snapshot.subnets or {}).values() for cidr in each.cidrs}
    inside = {
        (prefix, cidr)
        for table_policy in vpc.tables.values()
        for cidr in table_policy.table.cidrs
        for prefix in wanted
        if prefix in cidr and prefix not in subnets and table_policy.rule_for(prefix)
    }
    edit = f"${{EDITOR:-vi}} {quote(config.file)}"
    for prefix, cidr in sorted(inside):
        words = f"{prefix} lies within the VPC's own {cidr}: EC2 refuses the route unless it is a whole subnet's"
        # Subnets may not have been read; then it may be one, and the daemon finds out.
        yield warn("prefix", words, edit) if vpc.snapshot.subnets is None else fail("prefix", words, edit)
    ranges = {
        (entry, cidr)
        for table_policy in vpc.tables.values()
        for cidr in table_policy.table.cidrs
        for rule in table_policy.rules
        for entry in rule.accept.entries
        if entry.prefix in cidr and entry.prefix not in wanted
    }
    for entry, cidr in sorted(ranges, key=str):
        yield warn(
            "prefix", f"accept {entry} lies within the VPC's own {cidr}: EC2 takes whole subnets only there", edit
        )
    if not inside and not ranges:
        yield ok("prefix", "what is accepted and managed lies outside the VPC's own CIDRs")
    twins = [
        (table_policy.table.id, prefix, route)
        for table_policy in vpc.tables.values()
        for prefix in sorted(wanted)
        if not table_policy.table.is_transit
        and table_policy.rule_for(prefix)
        and (route := table_policy.table.propagated_route(prefix))
    ]
    for table_id, prefix, route in twins:
        if route.advertised:
            words = (
                f"{table_id} has {prefix} from VPC Route Server ({route.target}) as well: which of the two wins while "
                "ours is there is not documented"
            )
            mend = f"aws ec2 disable-route-server-propagation --route-table-id {table_id} --route-server-id rs-…"
        else:
            words = f"{table_id} has {prefix} propagated from {route.target} as well: ours wins while it is there"
            mend = f"aws ec2 disable-vgw-route-propagation --route-table-id {table_id} --gateway-id {route.target}"
        yield warn("propagated", words, mend)
    if not twins:
        yield ok("propagated", "nobody propagates what is accepted or managed")


def room(config: Config, vpc: Vpc, running: Known[Running], quota: int) -> Iterator[Finding]:
    """Static routes of each table against its quota, IPv4 and IPv6 apart."""
    offered = offered_by(running)
    wanted = managed(config.rules) | offered
    mend = (
        f"aws service-quotas request-service-quota-increase --service-code vpc --quota-code {_QUOTA_CODE} "
        f"--desired-value {min(2 * quota, 1000)}"
    )
    tight = False
    most = 0
    for table_policy in (each for each in vpc.tables.values() if not each.table.is_transit):
        for version in (4, 6):
            used = {
                route.destination
                for route in table_policy.table.routes
                if isinstance(route.destination, Prefix)
                and route.destination.version == version
                and not route.propagated
                and route.target.kind is not TargetKind.LOCAL
            }
            missing = [p for p in wanted if p.version == version and p not in used and table_policy.rule_for(p)]
            held, of_lists = routes_counted(table_policy.table, table_policy.lists, vpc.snapshot, version)
            most = max(most, held)
            words = f"{table_policy.table.id} holds {held} of {quota} IPv{version} routes"
            if of_lists:
                words += f", {of_lists} of them by MaxEntries of prefix lists"
            is_full = held >= quota if not of_lists else held > quota  # a list that just fits is no table that is full
            if is_full or held + len(missing) > quota:
                yield fail("room", f"{words}, and {len(missing)} more are wanted: they do not fit", mend)
                tight = True
            elif held + len(missing) > _FULL * quota:
                yield warn("room", words, mend)
                tight = True
    if not tight:
        yield ok("room", f"the fullest table holds {most} of {quota} routes (--quota tells another quota)")


def polls(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether a poll_time that is configured leaves EC2's reads to others, with as many instances as have the tag."""
    if config.poll_time is None or isinstance(vpc.members, Trouble):
        return
    of_gateways = sum(each.is_transit for each in vpc.snapshot.tables.values())
    pages = math.ceil((len(vpc.snapshot.tables) - of_gateways) / PAGE_SIZE)
    calls = max(pages, of_gateways, math.ceil(len(vpc.members) / MEMBERS_PAGE_SIZE))
    rate = len(vpc.members) * calls / config.poll_time
    if rate > READS / 4:
        words = (
            f"{len(vpc.members):,} instances that poll every {config.poll_time:g} s take {rate:.1f} of the {READS:g} "
            "reads a second that EC2 allows this account: leave poll_time out, and each chooses its own"
        )
        yield warn("poll_time", words, f"${{EDITOR:-vi}} {quote(config.file)}")


def prefix_lists(config: Config, vpc: Vpc, running: Known[Running]) -> Iterator[Finding]:
    """Whether the prefix list of each rule can be used, and has room for what is offered."""
    wanted = managed(config.rules) | offered_by(running)
    for rule in (each for each in config.rules if each.prefix_list):
        name = rule.prefix_list and (rule.prefix_list.name or "anycast")
        mend = "aws ec2 describe-managed-prefix-lists"
        of_tables = [policy for policy in vpc.tables.values() if rule in policy.rules]
        lists = sorted({each for policy in of_tables for each, whose in policy.lists.items() if whose is rule})
        there = vpc.snapshot.prefix_lists or {}
        if of_tables and not lists and vpc.snapshot.prefix_lists is not None:
            family = "IPv6" if any(each.prefix.is_ipv6 for each in rule.accept.entries) else "IPv4"
            mend = (
                f"aws ec2 create-managed-prefix-list --prefix-list-name {quote(name or '')} --address-family {family} "
                "--max-entries 100"
            )
            yield fail("prefix-list", f"rule {rule.name}: no prefix list has {rule.prefix_list}", mend)
        for list_id in lists:
            found = there.get(str(list_id))
            if (problem := list_problem(list_id, rule, vpc.snapshot)) or found is None:
                yield fail("prefix-list", f"rule {rule.name}: {problem}", mend)
                continue
            entries = {each for each in wanted if each.version == found.ip_version and rule.covers(each)}
            count = len(entries | set(found.entries or ()))
            which = f"{found.id} ({found.name}, IPv{found.ip_version})"
            words = f"rule {rule.name} has {which} of {found.max_entries} entries"
            if count > found.max_entries > 0:
                mend = f"aws ec2 modify-managed-prefix-list --prefix-list-id {found.id} --max-entries {2 * count}"
                yield fail("prefix-list", f"{words}, and {count} are wanted: they do not fit", mend)
            else:
                yield ok("prefix-list", f"{words}, {len(found.entries or ())} of them used")
        versions = {found.ip_version for each in lists if (found := there.get(str(each)))}
        if others := [each for each in rule.accept.entries if versions and each.prefix.version not in versions]:
            words = f"rule {rule.name}: accept {others[0]} fits no list of it: a list is for one IP version"
            yield warn("prefix-list", words, f"${{EDITOR:-vi}} {quote(config.file)}")


def default_route(config: Config, vpc: Vpc, running: Known[Running], endpoint: Known[Endpoint]) -> Iterator[Finding]:
    """Whether moving a default route would cut us off from EC2."""
    offered = offered_by(running)
    defaults = [p for p in managed(config.rules) | accepted(config.rules) | offered if p.prefixlen == 0]
    primary = min(vpc.snapshot.interfaces, key=lambda each: each.position, default=None)
    subnet = primary.subnet_id if primary else "subnet-…"
    here = [table for table in vpc.snapshot.tables.values() if table.vpc_id == vpc.instance.vpc_id]
    # A subnet that is associated with no table has the main one.
    own = next((table for table in here if subnet in table.subnet_ids), None)
    own = own or next((table for table in here if table.main), None)
    table_policy = vpc.tables.get(own.id) if own else None
    for prefix in sorted(defaults):
        if own is None or table_policy is None or not table_policy.rule_for(prefix):
            yield ok("default-route", f"{prefix} is not written in the table that this instance itself uses")
            continue
        mend = (
            f"aws ec2 create-vpc-endpoint --vpc-id {vpc.instance.vpc_id} "
            f"--service-name {endpoint_service(vpc.instance.region)} "
            f"--vpc-endpoint-type Interface --subnet-ids {subnet}"
        )
        if isinstance(endpoint, Trouble):
            yield warn("default-route", f"{prefix} of {own.id} is ours, and the way to EC2 is not known", mend)
            continue
        # Whether every address of the endpoint in this family is this host's, or has a longer route.
        others = [r.destination for r in own.routes if isinstance(r.destination, Prefix) and r.destination.prefixlen]
        addresses = [each for each in endpoint.addresses if each.version == prefix.version]
        if all(each.is_loopback() or any(each in other for other in others) for each in addresses):
            yield ok("default-route", f"{prefix} of {own.id} is ours, and EC2 is reached otherwise")
        else:
            words = (
                f"{prefix} of {own.id} is ours, and EC2 is reached through it alone: once it points at us, or at "
                "another instance that fails, we cannot move it any more"
            )
            yield fail("default-route", words, mend)
