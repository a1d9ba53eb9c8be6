"""A rule: one entry of `routetables`, which selects tables and defines what may be installed there, and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from bgp2vpc.bgp.prefix_list import PrefixList, PrefixRange
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.plan import Action
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.finders import Finder
from bgp2vpc.vpc.model import Target
from bgp2vpc.vpc.prefix_lists import PrefixListRef

InterfaceChoice: TypeAlias = int | str
"""The interface of this instance that routes point at: its device index, or the id of its subnet (`subnet-…`)."""


class Takeover(Enum):
    """When a route that points at another instance may be taken. The values are the words of the configuration."""

    ALWAYS = "always"
    IF_UNHEALTHY = "if_unhealthy"
    BEST_PATH = "best_path"


class Writes(Enum):
    """Whose paths are installed: only those of this instance, or those of any announcer."""

    OWN = "own"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class HookPrograms:
    """Programs to run before and after a write, by its action, as arguments without a shell."""

    before: Mapping[Action, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[Action, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """Settings of a rule, an entry of `accept` or a managed route. Values that an entry omits are those of its rule.

    `never_delete`: keep a route that no source offers any more. `fallback`: point such a route there instead of
    deleting it. `remote_check`: name of the check that another instance that owns the route has to pass.
    """

    never_delete: bool = False
    fallback: Target | None = None
    remote_check: str = ""
    hooks: HookPrograms = field(default_factory=HookPrograms)

    @property
    def keeps_withdrawn(self) -> bool:
        """Whether a route that no source offers any more is kept or pointed at its fallback instead of deleted."""
        return self.never_delete or self.fallback is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRoute(RouteSettings):
    """A fixed prefix of an entry of `manage_routes`, offered while its health check passes.

    `source`: the source whose offer counts. `where`: `FILE:LINE`, for messages. `instance_id`: the instance that the
    route points at; None for this one.
    """

    prefix: Prefix
    source: str
    where: str = ""
    takeover: Takeover = Takeover.ALWAYS
    instance_id: str | None = None


class DeadRoutes(Enum):
    """What to do with a black hole without offers whose owner never comes back; values as in the configuration."""

    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Rule(RouteSettings):
    """One entry of `routetables`: its tables, its prefixes, and how they are written.

    `accept`: the announced prefixes that are installed. `manages`: managed routes by prefix, whether in `accept` or
    not. `entry_settings`: the settings of entries of `accept` that have their own.

    `takeover_foreign`: take routes at other targets (gateways, NAT, peerings), too.
    `interface`: None: the one with the next hop's address, for `next-hop self` device index 0 in the table's VPC.
    `next_hop_self`: point at this instance, whatever the next hop of a path is.
    `vpc_id`: None: the VPC of this instance. `access`: the role and region with which tables are read and written.
    `no_results_ok`: it is no error if `find` selects no table.
    `affinity`: between paths equal in the steps before, prefer one in the table's own availability zone.
    `writes`: has an effect only with Takeover.BEST_PATH; otherwise paths of peers are not used.
    `dead_routes`: applies to the prefixes in `accept` only.
    `prefix_list`: the prefixes get no routes but become entries of this managed prefix list, for which each table has
    one route (`policy.list_entries`).
    `find_transit`: the tables of transit gateways that get static routes to the attachment of this instance's VPC, for
    the same prefixes; None for none. `takeover`, `takeover_foreign`, `never_delete` and hooks apply there, too.
    """

    name: str
    find: Finder
    accept: PrefixList = field(default_factory=lambda: PrefixList(()))
    takeover: Takeover = Takeover.IF_UNHEALTHY
    takeover_foreign: bool = False
    interface: InterfaceChoice | None = None
    next_hop_self: bool = False
    vpc_id: str | None = None
    access: Access = OWN
    no_results_ok: bool = False
    affinity: bool = False
    writes: Writes = Writes.OWN
    dead_routes: DeadRoutes = DeadRoutes.KEEP
    prefix_list: PrefixListRef | None = None
    manages: Mapping[Prefix, ManagedRoute] = field(default_factory=dict)
    entry_settings: Mapping[PrefixRange, RouteSettings] = field(default_factory=dict)
    find_transit: Finder | None = None

    def covers(self, prefix: Prefix) -> bool:
        """Whether this rule accepts or manages the prefix."""
        return prefix in self.manages or self.accept.accepts(prefix)

    def covered_by(self, prefix: Prefix) -> tuple[str, str]:
        """The entry that matches the prefix, as text, and its `FILE:LINE`; two empty texts if none does."""
        if isinstance(prefix, PrefixListId):
            is_meant = self.prefix_list is not None and self.prefix_list.id in ("", str(prefix))
            return (f"prefix_list: {self.prefix_list}", "") if is_meant else ("", "")
        if managed := self.manages.get(prefix):
            return f"manage_routes: {prefix}", managed.where
        entry = self.accept.entry_for(prefix)
        return (f"accept: {entry}", entry.where) if entry else ("", "")

    def admits(self, offer: Offer) -> bool:
        """Whether this rule uses the offer."""
        if isinstance(offer.path.prefix, PrefixListId):
            return True  # derived from offers that the rule admits
        if offer.side is Side.CHECK:
            managed = self.manages.get(offer.path.prefix)
            return managed is not None and managed.source == offer.source
        if offer.side is Side.PEER:
            return self.decides_by_best_path(offer.path.prefix) and self.covers(offer.path.prefix)
        return self.accept.accepts(offer.path.prefix)

    def takeover_of(self, prefix: Prefix) -> Takeover:
        """When another instance's route for this prefix may be taken."""
        managed = self.manages.get(prefix)
        return managed.takeover if managed else self.takeover

    def decides_by_best_path(self, prefix: Prefix) -> bool:
        """Whether the paths of other instances count for this prefix."""
        return self.takeover_of(prefix) is Takeover.BEST_PATH

    def writes_for_others(self, prefix: Prefix) -> bool:
        """Whether paths of other instances for this prefix are installed as if they were ours."""
        return self.writes is Writes.ANY and self.decides_by_best_path(prefix)

    def deletes_dead(self, prefix: Prefix) -> bool:
        """Whether `dead_routes: delete` applies to this prefix."""
        is_accepted = isinstance(prefix, PrefixListId) or self.accept.accepts(prefix)
        if self.dead_routes is not DeadRoutes.DELETE or not is_accepted:
            return False
        return not self.settings_of(prefix).keeps_withdrawn

    @property
    def takes_by_best_path(self) -> bool:
        """Whether the paths of other instances count for any prefix."""
        managed = (route.takeover for route in self.manages.values())
        return Takeover.BEST_PATH in (self.takeover, *managed)

    def settings_of(self, prefix: Prefix) -> RouteSettings:
        """The settings for this prefix: of its managed route, else of the first matching entry of `accept`."""
        if managed := self.manages.get(prefix):
            return managed
        entry = self.accept.entry_for(prefix) if self.entry_settings else None
        return self if entry is None else self.entry_settings.get(entry, self)

    @property
    def all_settings(self) -> tuple[RouteSettings, ...]:
        """All settings that apply to some prefix of this rule."""
        of_accepted = (self, *self.entry_settings.values()) if self.accept.entries else ()
        return (*of_accepted, *self.manages.values())

    def remote_check_of(self, prefix: Prefix) -> str:
        """Name of the check that the owner of the route has to pass; empty for none."""
        return self.settings_of(prefix).remote_check or self.remote_check


def fallbacks_of(rules: Iterable[Rule], own_vpc_id: str) -> dict[tuple[str, Target], list[str]]:
    """(VPC of the tables, fallback) -> the names of the rules that use it."""
    found: dict[tuple[str, Target], list[str]] = {}
    for rule in rules:
        for target in dict.fromkeys(each.fallback for each in rule.all_settings):
            if target is not None:
                found.setdefault((rule.vpc_id or own_vpc_id, target), []).append(rule.name)
    return found
