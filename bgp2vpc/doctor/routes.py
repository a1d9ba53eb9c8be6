"""Findings about routes: fallbacks, prefixes, propagated routes, quotas, prefix lists, the default route. Pure."""

import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from bgp2vpc.config.model import Config
from bgp2vpc.doctor.model import (
    PREFIX_LISTS,
    Endpoint,
    Finding,
    Known,
    Running,
    Trouble,
    Vpc,
    fail,
    ok,
    warn,
)
from bgp2vpc.doctor.subjects import accepted, endpoint_service, managed, offered_by
from bgp2vpc.policy.list_entries import list_problem, routes_counted
from bgp2vpc.policy.rule import fallbacks_of
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import TargetKind
from bgp2vpc.vpc.targets import question_about

_FULL: Final = 0.9
_QUOTA_CODE: Final = "L-93826ACB"  # "Routes per route table"


def fallbacks(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether EC2 would accept a route to each fallback."""
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
    """Prefixes within the VPC's own CIDRs, where EC2 accepts only routes for whole subnets."""
    wanted = managed(config.rules) | accepted(config.rules) | offered_by(running)
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
        # If the subnets were not read, the prefix may be one of them.
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


def propagated(config: Config, vpc: Vpc, running: Known[Running]) -> Iterator[Finding]:
    """Prefixes that a gateway or VPC Route Server propagates, too."""
    wanted = managed(config.rules) | accepted(config.rules) | offered_by(running)
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
    """The static routes of each table against its quota, which IPv4 and IPv6 have separately."""
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
            is_full = held >= quota if not of_lists else held > quota  # a prefix list may fill the table exactly
            if is_full or held + len(missing) > quota:
                yield fail("room", f"{words}, and {len(missing)} more are wanted: they do not fit", mend)
                tight = True
            elif held + len(missing) > _FULL * quota:
                yield warn("room", words, mend)
                tight = True
    if not tight:
        yield ok("room", f"the fullest table holds {most} of {quota} routes (--quota tells another quota)")


def prefix_lists(config: Config, vpc: Vpc, running: Known[Running]) -> Iterator[Finding]:
    """Whether the prefix list of each rule can be used and has room for the offered prefixes."""
    wanted = managed(config.rules) | offered_by(running)
    for rule in (each for each in config.rules if each.prefix_list):
        if trouble := vpc.troubles.get(PREFIX_LISTS):
            words = f"rule {rule.name}: whether its prefix list can be used is not known: {trouble.why}"
            yield warn("prefix-list", words)
            continue
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
    """Whether our own default route would cut us off from EC2."""
    offered = offered_by(running)
    defaults = [p for p in managed(config.rules) | accepted(config.rules) | offered if p.prefixlen == 0]
    primary = min(vpc.snapshot.interfaces, key=lambda each: each.position, default=None)
    subnet = primary.subnet_id if primary else "subnet-…"
    here = [table for table in vpc.snapshot.tables.values() if table.vpc_id == vpc.instance.vpc_id]
    # A subnet that is associated with no table uses the main table.
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
        # Whether every address of the endpoint in this family is local or has a more specific route.
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
