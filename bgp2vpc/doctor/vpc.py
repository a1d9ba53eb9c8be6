"""Findings about the VPC: credentials, permissions, tables, transit gateways, interfaces, polls. Pure."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from shlex import quote
from typing import Final

from bgp2vpc.bgp.path import SELF
from bgp2vpc.config.model import Config
from bgp2vpc.doctor.accounts import role_policy
from bgp2vpc.doctor.model import (
    TRANSIT,
    Finding,
    Known,
    MetadataAnswer,
    Rehearsal,
    Trouble,
    Vpc,
    fail,
    ok,
    warn,
)
from bgp2vpc.doctor.subjects import named
from bgp2vpc.errors import Credentials, Denied, OperatorError, RouteExists, RouteMissing
from bgp2vpc.policy.best_path import Unusable, choose_interface
from bgp2vpc.policy.tables import rules_without_tables
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.api import MEMBERS_PAGE_SIZE, PAGE_SIZE
from bgp2vpc.vpc.auto_poll_time import READS
from bgp2vpc.vpc.model import Interface

_OF_ALLOWED_CALLS: Final = (RouteExists, RouteMissing)
_CLOCK: Final = ("RequestExpired", "InvalidSecurity.RequestHasExpired", "SignatureDoesNotMatch")


def credentials(config: Config, vpc: Known[Vpc], metadata: Known[MetadataAnswer]) -> Iterator[Finding]:
    """Whether EC2 answers and accepts our credentials."""
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
    """One finding for each action, from calls with DryRun.

    EC2 does not document whether it checks the permission or the parameters first. So a call counts as allowed if EC2
    would have made it, or if its error is about the existing route (RouteExists, RouteMissing).
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
    """Whether every rule finds tables, and whether these belong to our own account."""
    own_accounts = {each.owner_id for each in vpc.snapshot.interfaces if each.owner_id}
    others = {
        table.id: table.owner_id
        for table in vpc.snapshot.tables.values()
        if own_accounts and table.owner_id and table.owner_id not in own_accounts
    }
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


def transit_tables(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether this VPC is attached to a transit gateway, and whether rules find tables there."""
    for rule in config.rules:
        if rule.find_transit is None:
            continue
        found = [each for each, policy in vpc.tables.items() if rule in policy.rules and policy.table.is_transit]
        gateways = sorted({each.vpc_id for each in vpc.snapshot.attachments})
        if trouble := vpc.troubles.get(TRANSIT):
            words = f"rule {rule.name}: the tables of transit gateways that it finds are not known: {trouble.why}"
            yield warn("transit-gateway", words)
        elif found:
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
    """The interface that each rule would use, and whether its source/destination check is off."""
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


def polls(config: Config, vpc: Vpc) -> Iterator[Finding]:
    """Whether the configured `poll_time` takes too many of EC2's reads, with as many instances as have the tag."""
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
