"""Derives the least policy: the calls that a configuration can ever make, for the tables that it can ever write.

Condition keys and resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
Describe actions have no resource-level permissions; ec2:Region is the only condition they support.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bgp2vpc import names
from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.iam.like import escape
from bgp2vpc.iam.policy import IamPolicy, Statement
from bgp2vpc.iam.scope import ConditionOperator, Scope, both, fewest, where
from bgp2vpc.iam.tables import AccountScope, scopes
from bgp2vpc.policy.plan import Action
from bgp2vpc.policy.rule import DeadRoutes, Rule, Takeover, fallbacks_of
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.finders import wants_subnets
from bgp2vpc.vpc.targets import question_about

_CALLS: Final = {Action.CREATE: "CreateRoute", Action.REPLACE: "ReplaceRoute", Action.DELETE: "DeleteRoute"}
_TRANSIT_READS: Final = (
    ("DescribeTransitGatewayAttachments", "the attachments of this VPC (transit_gateway_route_tables)"),
    ("DescribeTransitGatewayRouteTables", "which tables the transit gateways have"),
    ("SearchTransitGatewayRoutes", "what is in these tables"),
)
_TRANSIT_CALLS: Final = {action: call.replace("Route", "TransitGatewayRoute") for action, call in _CALLS.items()}

# The usual addresses of VPCs (RFC 1918, RFC 6598, RFC 4193). In a VPC with other addresses, the daemon leaves the
# decision about such prefixes to EC2.
_VPC_ADDRESSES: Final = tuple(
    map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8"))
)

_READS_OF_LISTS: Final = (
    ("DescribeManagedPrefixLists", "which prefix lists there are (prefix_list)"),
    ("GetManagedPrefixListEntries", "what is in them (prefix_list)"),
)


def _reads(config: Config, *, is_own: bool) -> Iterator[tuple[str, str]]:
    """(Describe call, reason) of all calls that the configuration needs, once for each reason."""
    rules = config.rules
    yield "DescribeRouteTables", "what is in the route tables, and which tables there are"
    call = "DescribeNetworkInterfaces"
    yield call, "the interfaces of this instance, and their source/destination checks"
    if any(rule.takes_by_best_path for rule in rules):
        yield call, "whose interface a next hop belongs to"
    if any(rule.dead_routes is DeadRoutes.DELETE for rule in rules):
        yield call, "whether the interface of a black hole is gone (dead_routes)"
    if config.remote_checks:
        yield call, "the address at which the owner of a route is checked"
    call = "DescribeInstanceStatus"
    if {takeover for rule in rules for takeover in _takeovers(rule)} - {Takeover.ALWAYS}:
        why = "whether the instance that has a route is gone or impaired"
    else:
        why = "whether the instance that has a route is gone, which ends the damping of a route that moves too often"
    yield call, why
    call = "DescribeSubnets"
    if any(wants_subnets(rule.find) for rule in rules):
        yield call, "which subnets use a table, and their zones (find)"
    if any(rule.affinity for rule in rules):
        yield call, "which zone a table is in (affinity)"
    if any(prefix in block for rule in rules for prefix in rule.manages for block in _VPC_ADDRESSES):
        yield call, "whether a managed prefix that may lie within the VPC is a whole subnet"
    yield from (each for each in _READS_OF_LISTS if any(rule.prefix_list for rule in rules))
    if is_own and config.bgp is not None and config.bgp.peers_by_tag is not None:
        yield "DescribeInstances", "the other members of the mesh (peers_by_tag)"
    if is_own and config.tags.drain:
        yield "DescribeTags", "whether this instance is to drain (tags), where its metadata does not show tags"
    yield from _TRANSIT_READS if is_own and any(rule.find_transit for rule in rules) else ()
    yield from (
        (question.operation, f"whether the fallback {target} can be used ({', '.join(found_in)})")
        for (_, target), found_in in fallbacks_of(rules, "").items()
        if (question := question_about(target))
    )


@dataclass(frozen=True, slots=True)
class _Write:
    """A write call that a rule can make for the tables in a scope."""

    action: Action
    scope: Scope
    rule: str
    why: str


def least_policy(config: Config, around: AccountScope, *, is_own: bool = True) -> IamPolicy:
    """The policy that this configuration needs, and nothing more.

    `around`: where it runs. `is_own`: the account and region of the instance and its peers; else only of tables.
    """
    needed: dict[str, list[str]] = {}
    for call, why in _reads(config, is_own=is_own):
        needed.setdefault(call, []).append(why)
    wider = ["Describe calls cannot be restricted to a VPC or a table"]
    if around.region is None:
        wider.append("the region is not known: give --region, or region: in the file")
    read = Statement(
        sid="Read",
        actions=tuple(f"ec2:{call}" for call in needed),
        resources=("*",),
        conditions={ConditionOperator.EQUALS: {"ec2:Region": (around.region,)}} if around.region else {},
        why=tuple(f"{call}: {'; '.join(why)}" for call, why in needed.items()),
        wider=tuple(wider),
    )
    writes = [write for rule in config.rules for write in _writes(rule, config, around)]
    # One statement for each set of tables, with the calls that no wider statement allows already.
    tables: list[Scope] = []
    actions: dict[int, list[Action]] = {}
    for action in _CALLS:
        for scope in fewest([write.scope for write in writes if write.action is action]):
            if scope not in tables:
                tables.append(scope)
            actions.setdefault(tables.index(scope), []).append(action)
    statements = [
        _statement(f"Write{number + 1 if len(tables) > 1 else ''}", scope, actions[number], writes, around)
        for number, scope in enumerate(tables)
    ]
    of_lists = _prefix_lists(config, around)
    of_own = (*_transit_statements(config, around), *_of_auto_scaling(config, around)) if is_own else ()
    return IamPolicy((read, *statements, *of_lists, *of_own))


def _prefix_lists(config: Config, around: AccountScope) -> Iterator[Statement]:
    """The statements to write the entries of prefix lists, one for each reference (id, name or tag) in the rules."""
    refs: dict[tuple[str, tuple[str, str] | None], list[str]] = {}
    for rule in config.rules:
        if rule.prefix_list:
            refs.setdefault((rule.prefix_list.id, rule.prefix_list.tag), []).append(rule.name)
    for number, ((list_id, tag), rules) in enumerate(refs.items()):
        wider = ["no key restricts the entries: `accept` and `manage_routes` are the only limit"]
        if not (list_id or tag):
            wider.insert(0, "no key tells the name of a prefix list: name it by id or by tag")
        condition: dict[str, dict[str, tuple[str, ...]]] = {}
        if tag:
            condition[ConditionOperator.EQUALS] = {f"aws:ResourceTag/{tag[0]}": (escape(tag[1]),)}
        yield Statement(
            sid=f"Entries{number + 1 if len(refs) > 1 else ''}",
            actions=("ec2:ModifyManagedPrefixList",),
            resources=(around.arn(f"prefix-list/{list_id or '*'}"),),
            conditions=condition,
            why=(f"ModifyManagedPrefixList: the entries of its prefix list ({', '.join(rules)})",),
            wider=tuple(wider),
        )


def _of_auto_scaling(config: Config, around: AccountScope) -> Iterator[Statement]:
    """The statements to complete a lifecycle hook.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
    """
    hook = config.completed_hook
    if hook is None:
        return
    if not hook.group:
        yield Statement(
            sid="ReadGroup",
            actions=("autoscaling:DescribeAutoScalingInstances",),
            resources=("*",),
            conditions={},
            why=("DescribeAutoScalingInstances: the group of this instance, where its metadata does not show tags",),
            wider=("Describe calls cannot be restricted to a group",),
        )
    where = f"arn:{around.partition}:autoscaling:{around.region or '*'}:{around.account or '*'}"
    yield Statement(
        sid="Leave",
        actions=("autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"),
        resources=(f"{where}:autoScalingGroup:*:autoScalingGroupName/{hook.group or '*'}",),
        conditions={},
        why=(
            f"CompleteLifecycleAction: the hook {hook.name}, when a drain is done (lifecycle)",
            f"RecordLifecycleActionHeartbeat: the hook {hook.name}, while it is not",
        ),
        wider=() if hook.group else ("the group is not known: give lifecycle.group in the file",),
    )


def _transit_statements(config: Config, around: AccountScope) -> Iterator[Statement]:
    """The statements to write tables of transit gateways. A route's attachment is a resource of the call, too.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    whys = {
        Action.CREATE: "a prefix that is served in this VPC and that a table of a transit gateway does not have",
        Action.REPLACE: "take a route from another VPC",
        Action.DELETE: "a prefix that nobody serves in this VPC any more",
    }
    calls: dict[str, str] = {}
    found: list[Scope] = []
    for rule in config.rules:
        if rule.find_transit is not None:
            found += scopes(rule.find_transit, around)
            keeps = all(each.never_delete for each in rule.all_settings)
            calls |= {_TRANSIT_CALLS[each]: why for each, why in whys.items() if each is not Action.DELETE or not keeps}
    if not found:
        return
    actions, said = tuple(f"ec2:{call}" for call in calls), tuple(f"{call}: {why}" for call, why in calls.items())
    for number, scope in enumerate(tables := fewest(found)):
        conditions: dict[str, dict[str, tuple[str, ...]]] = {}
        for (operator, key), values in sorted(scope.conditions.items()):
            conditions.setdefault(operator, {})[key] = tuple(sorted(values))
        yield Statement(
            sid=f"WriteTransitGateway{number + 1 if len(tables) > 1 else ''}",
            actions=actions,
            resources=tuple(around.arn(f"transit-gateway-route-table/{each}") for each in sorted(scope.ids or ("*",))),
            conditions=conditions,
            why=said,
            wider=(*scope.wider, "no key restricts the prefix of a route: `accept` is the only limit"),
        )
    yield Statement(
        sid="UseAttachments",
        actions=tuple(each for each in actions if "Delete" not in each),
        resources=(around.arn("transit-gateway-attachment/*"),),
        conditions={},
        why=("the attachment that a route leads to is a resource of these calls, too",),
        wider=("the attachment of this VPC is found by the daemon, and not known here",),
    )


def _writes(rule: Rule, config: Config, around: AccountScope) -> Iterator[_Write]:
    """The write calls that a rule can ever make, for each scope of its finder."""
    vpc_id = rule.vpc_id or around.vpc_id
    note = "the VPC is not known: give --vpc, or vpc_id: in the file"
    here = where(ConditionOperator.ARN, "ec2:Vpc", [around.arn(f"vpc/{vpc_id}")]) if vpc_id else Scope(wider=(note,))
    found = [scope for each in scopes(rule.find, around) if (scope := both(each, here))]
    words = ", ".join(sorted(takeover.value for takeover in _takeovers(rule)))
    fallback = ", or put it back to its fallback" if any(each.fallback for each in rule.all_settings) else ""
    whys = {
        Action.CREATE: "a prefix that a table does not have",
        Action.REPLACE: f"take a route from another instance (takeover: {words}){fallback}",
    }
    # Managed routes are deleted by a failed check, by a drain (ordered over the socket or on the page, or caused by
    # instance metadata or a tag), and at the daemon's end. With `write: any`, also routes that other instances leave
    # behind.
    stays_at_exit = config.on_exit in (OnExit.KEEP, OnExit.WITHDRAW_ANNOUNCED)
    is_steered = config.socket is not None or bool(config.web and config.web.token_file)
    is_drained = is_steered or config.lifecycle or bool(config.tags.drain)
    at_any_time = is_drained or not stays_at_exit
    if any(not rule.entry_settings.get(entry, rule).keeps_withdrawn for entry in rule.accept.entries):
        dead = ", or a black hole that nobody offers (dead_routes)" if rule.dead_routes is DeadRoutes.DELETE else ""
        whys[Action.DELETE] = f"a prefix that is no longer announced{dead}"
    elif any(
        not route.keeps_withdrawn
        and (at_any_time or route.source != names.STATIC or rule.writes_for_others(route.prefix))
        for route in rule.manages.values()
    ):
        whys[Action.DELETE] = (
            "a managed prefix whose health checks fail, that is drained, or at the end of the daemon (on_exit)"
        )
    for action, why in whys.items():
        yield from (_Write(action, scope, rule.name, why) for scope in found)


def _takeovers(rule: Rule) -> set[Takeover]:
    """The values of `takeover` that apply to prefixes of the rule: of announced and of managed ones."""
    announced = {rule.takeover} if rule.accept.entries else set()
    return announced | {route.takeover for route in rule.manages.values()}


def _statement(sid: str, scope: Scope, actions: list[Action], writes: list[_Write], around: AccountScope) -> Statement:
    """The statement that allows these actions in a scope, with the reasons of the writes that need them."""
    conditions: dict[str, dict[str, tuple[str, ...]]] = {}
    for (operator, key), values in sorted(scope.conditions.items()):
        conditions.setdefault(operator, {})[key] = tuple(sorted(values))
    whys: dict[tuple[Action, str], list[str]] = {}
    for write in writes:
        if write.action in actions and scope.covers(write.scope):
            rules = whys.setdefault((write.action, write.why), [])
            if write.rule not in rules:
                rules.append(write.rule)
    wider = [*scope.wider, "no key restricts the prefix or the target of a route: `accept` is the only limit"]
    if around.account is None:
        wider.insert(0, "the account is not known: give --account")
    return Statement(
        sid=sid,
        actions=tuple(f"ec2:{_CALLS[action]}" for action in actions),
        resources=tuple(around.arn(f"route-table/{each}") for each in sorted(scope.ids or ("*",))),
        conditions=conditions,
        why=tuple(f"{_CALLS[action]}: {why} ({', '.join(rules)})" for (action, why), rules in whys.items()),
        wider=tuple(wider),
    )
