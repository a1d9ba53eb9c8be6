"""Converts entries of `routetables`, with their finders and managed routes, into `Rule` values."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypedDict, assert_never

from bgp2vpc.bgp.prefix_list import PrefixList, PrefixRange
from bgp2vpc.config.build_checks import is_announced, source_name
from bgp2vpc.config.document import Document
from bgp2vpc.config.schema import find
from bgp2vpc.config.schema.accounts import AccessEntry
from bgp2vpc.config.schema.prefix_lists import PrefixListEntry
from bgp2vpc.config.schema.rules import (
    RuleEntry,
    SettingsEntry,
)
from bgp2vpc.policy.plan import Action
from bgp2vpc.policy.rule import HookPrograms, ManagedRoute, RouteSettings, Rule, Takeover
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.finders import And, ByAz, ByTag, ByTagRegexp, Finder, HasRouteTo, Ids, InSubnet, InVpc, Main, Or
from bgp2vpc.vpc.model import Target
from bgp2vpc.vpc.prefix_lists import PrefixListRef

SELF = "SELF"
SELF_AZ = "SELF_AZ"


def rule(
    name: str, entry: RuleEntry, document: Document, file: str, templates: Collection[str],
    accounts: Mapping[str, AccessEntry], *, has_bgp: bool,
) -> Rule:  # fmt: skip
    """An entry of `routetables`. `templates`: the names of the health checks that are templates.

    `has_bgp`: the file has `bgp`, so the default of `takeover` is best_path.
    """
    location = ("routetables" if "routetables" in document.data else "route_tables", name)

    def where(*more: str | int) -> str:
        return f"{file}:{document.line((*location, *more))}"

    accepted = [replace(each.prefix, where=where("accept", number)) for number, each in enumerate(entry.accept or ())]
    own_settings: dict[PrefixRange, RouteSettings] = {}
    for permitted, each in zip(accepted, entry.accept or (), strict=True):
        own_settings.setdefault(permitted, RouteSettings(**_settings(each, entry)))
    own = _settings(entry, entry)
    return Rule(
        name=name,
        find=finder(entry.find),
        accept=PrefixList(tuple(accepted)),
        takeover=entry.takeover or (Takeover.BEST_PATH if has_bgp else Takeover.IF_UNHEALTHY),
        takeover_foreign=entry.takeover_foreign,
        interface=entry.interface,
        next_hop_self=entry.next_hop_self,
        vpc_id=entry.vpc_id or _vpc_named_in(entry.find),
        access=access(accounts[entry.account] if entry.account else entry, entry.account or ""),
        # AWSnycast has the same key in `find`.
        no_results_ok=entry.no_results_ok or entry.find.no_results_ok,
        affinity=entry.affinity is not None,
        writes=entry.write,
        dead_routes=entry.dead_routes,
        prefix_list=prefix_list(entry.prefix_list) if entry.prefix_list else None,
        manages={route.prefix: route for route in managed_routes(entry, templates, where, has_bgp=has_bgp)},
        find_transit=finder(entry.transit_gateway_route_tables.find) if entry.transit_gateway_route_tables else None,
        entry_settings={each: some for each, some in own_settings.items() if some != RouteSettings(**own)},
        **own,
    )


def access(entry: AccessEntry, name: str) -> Access:
    """The role and region of a rule. `name`: the key of the entry in `accounts`, empty for the rule itself."""
    return Access(entry.role_arn or "", entry.external_id or "", entry.region or "", name)


def prefix_list(entry: PrefixListEntry) -> PrefixListRef:
    """The key `prefix_list` of a rule."""
    tag = entry.find.config if entry.find else None
    return PrefixListRef(
        entry.id or "",
        entry.name or "",
        (tag.key, tag.value) if tag else None,
        keeps_foreign=entry.foreign_entries == "keep",
    )


def managed_routes(
    entry: RuleEntry, templates: Collection[str], where: Callable[..., str], *, has_bgp: bool
) -> Iterator[ManagedRoute]:
    """The `manage_routes` of a rule, one ManagedRoute for each prefix.

    With BGP the default of `takeover` is best_path, but not for prefixes that are not announced by BGP, since the owner
    of such a route would count as silent.
    """
    for number, route in enumerate(entry.manage_routes or ()):
        for place, prefix in enumerate(route.cidr):
            takeover = entry.takeover
            if entry.prefix_list:  # all prefixes share the route of the list, and so the rule's `takeover`
                takeover = takeover or (Takeover.BEST_PATH if has_bgp else Takeover.IF_UNHEALTHY)
            elif takeover is None and has_bgp:
                takeover = Takeover.BEST_PATH if is_announced(route, prefix) else Takeover.IF_UNHEALTHY
            if route.if_unhealthy is not None:
                takeover = Takeover.IF_UNHEALTHY if route.if_unhealthy else Takeover.ALWAYS
            yield ManagedRoute(
                prefix=prefix,
                source=source_name(route, prefix, templates),
                where=where("manage_routes", number, "cidr", place),
                takeover=takeover or Takeover.ALWAYS,
                instance_id=route.instance,
                **_settings(route, entry),
            )


class _Settings(TypedDict):
    """The fields of RouteSettings."""

    never_delete: bool
    fallback: Target | None
    remote_check: str
    hooks: HookPrograms


_WORDS: Final = {Action.CREATE: "add", Action.REPLACE: "replace", Action.DELETE: "delete"}


def _settings(entry: SettingsEntry, of_rule: RuleEntry) -> _Settings:
    """The settings of an entry, with those of its rule as defaults.

    `never_delete` and `fallback` are taken from the same of the two.
    """

    def hooks(when: str) -> dict[Action, tuple[str, ...]]:
        keys = {action: f"run_{when}_{word}_route" for action, word in _WORDS.items()}
        said = {
            action: getattr(entry if key in entry.model_fields_set else of_rule, key) for action, key in keys.items()
        }
        return {action: argv for action, argv in said.items() if argv}

    at_the_end = entry if entry.ends_by_itself else of_rule
    return _Settings(
        never_delete=at_the_end.never_delete,
        fallback=at_the_end.fallback,
        remote_check=entry.remote_healthcheck or of_rule.remote_healthcheck,
        hooks=HookPrograms(hooks("before"), hooks("after")),
    )


def finder(entry: find.FindEntry) -> Finder:  # noqa: C901  # a line for each finder
    """A `find` or an entry of `filters`."""
    found: Finder
    match entry:
        case find.AndEntry(config=config):
            found = And(tuple(map(finder, config.filters)), negate=entry.negate)
        case find.OrEntry(config=config):
            found = Or(tuple(map(finder, config.filters)), negate=entry.negate)
        case find.ByTagEntry(config=config):
            found = ByTag(config.key, config.value, own_zone=config.value == SELF_AZ, negate=entry.negate)
        case find.ByTagRegexpEntry(config=config):
            found = ByTagRegexp(config.key, config.regexp, negate=entry.negate)
        case find.MainEntry():
            found = Main(negate=entry.negate)
        case find.SubnetEntry(config=config):
            found = InSubnet(config.subnet_id, negate=entry.negate)
        case find.HasRouteToEntry(config=config):
            found = HasRouteTo(config.cidr, negate=entry.negate)
        case find.VpcEntry(config=config):
            found = InVpc(config.vpc_id, negate=entry.negate)
        case find.ByAzEntry(config=config):
            found = ByAz(None if config.az == SELF else config.az, negate=entry.negate)
        case find.IdsEntry(config=config):
            found = Ids(frozenset(config.ids), negate=entry.negate)
        case _:
            assert_never(entry)
    return found


def _vpc_named_in(entry: find.FindEntry) -> str | None:
    """The VPC that the finder restricts the rule to, None if it does not."""
    match entry:
        case find.VpcEntry(negate=False, config=config):
            return config.vpc_id
        case find.AndEntry(negate=False, config=config):
            return next((vpc_id for each in config.filters if (vpc_id := _vpc_named_in(each))), None)
    return None
