"""A rule: one entry of `routetables`. It finds tables and says what may be installed there, and how."""

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
"""Which interface of this instance routes point at: its device index, or the id of its subnet (`subnet-…`)."""


class Takeover(Enum):
    """When a route that points at another instance may be taken. Values are the words of the configuration."""

    ALWAYS = "always"
    IF_UNHEALTHY = "if_unhealthy"
    BEST_PATH = "best_path"


class Writes(Enum):
    """Whose paths are installed: only this instance's own, or those of every announcer that is heard."""

    OWN = "own"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class HookPrograms:
    """Programs to run before and after a write, by what is written; arguments without a shell."""

    before: Mapping[Action, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[Action, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """What becomes of a route that is withdrawn, and what runs when it is written: of a rule, of an entry of `accept`,
    or of a managed route. Where an entry of the file leaves one to its rule, it has been filled in here.

    `never_delete`: a route that nobody offers any more stays. `fallback`: it is pointed there instead of deleted.
    `remote_check`: name of the check that the owner of the route, if it is another instance, has to pass.
    """

    never_delete: bool = False
    fallback: Target | None = None
    remote_check: str = ""
    hooks: HookPrograms = field(default_factory=HookPrograms)

    @property
    def keeps_withdrawn(self) -> bool:
        """Whether a route that nobody offers any more is not deleted."""
        return self.never_delete or self.fallback is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRoute(RouteSettings):
    """A fixed prefix bound to health checks: one prefix of an entry of `manage_routes`.

    `source`: whose offer counts for it (the check's). `where`: `FILE:LINE`, for messages.
    `instance_id` None: the route points at this instance, else at that one.
    """

    prefix: Prefix
    source: str
    where: str = ""
    takeover: Takeover = Takeover.ALWAYS
    instance_id: str | None = None


class DeadRoutes(Enum):
    """What becomes of a black hole whose owner never comes back, and that nobody offers. Values are the words of the
    configuration.
    """

    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Rule(RouteSettings):
    """One entry of `routetables`: which tables, which prefixes, and how they are written.

    `accept`: which announced prefixes. `manages`: prefixes of the configuration's own, which need not be accepted.
    `entry_settings`: those of entries of `accept` that have some of their own; the rule's own are for all others.

    `takeover_foreign` extends `takeover` to routes that point at no instance (gateways, NAT, peerings).
    `interface` None: by address for a next hop that is one of our own, else device index 0 in the table's VPC.
    `next_hop_self`: point at this instance whatever next hop a path names.
    `vpc_id` None: the VPC of this instance, and no other. `access`: how its tables are read and written.
    `no_results_ok`: finding no table is no error.
    `affinity`: of paths that are equal but for that, the table uses the one of its own availability zone.
    `writes`: matters with BEST_PATH only; otherwise peers' paths are not looked at.
    `dead_routes`: of the prefixes in `accept` only.
    `prefix_list`: its prefixes get no routes, but are entries of this managed prefix list, for which each table has one
    route (`policy.list_entries`).
    `find_transit`: which tables of transit gateways get static routes to the attachment of this instance's VPC, for the
    same prefixes; None: none. Of the settings `takeover`, `takeover_foreign`, `never_delete` and hooks hold there, too.
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
        """The entry that matches the prefix, as it is written, and its `FILE:LINE`; two empty texts: none does."""
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
            return True  # it was made of offers that it uses
        if offer.side is Side.CHECK:
            managed = self.manages.get(offer.path.prefix)
            return managed is not None and managed.source == offer.source
        if offer.side is Side.PEER:
            return self.decides_by_best_path(offer.path.prefix) and self.covers(offer.path.prefix)
        return self.accept.accepts(offer.path.prefix)

    def takeover_of(self, prefix: Prefix) -> Takeover:
        """When the route of another instance may be taken."""
        managed = self.manages.get(prefix)
        return managed.takeover if managed else self.takeover

    def decides_by_best_path(self, prefix: Prefix) -> bool:
        """Whether the paths of other instances count for this prefix."""
        return self.takeover_of(prefix) is Takeover.BEST_PATH

    def writes_for_others(self, prefix: Prefix) -> bool:
        """Whether the path of another instance is installed for this prefix as if it were ours."""
        return self.writes is Writes.ANY and self.decides_by_best_path(prefix)

    def deletes_dead(self, prefix: Prefix) -> bool:
        """Whether black holes of this prefix are deleted that nobody offers, and whose owner never comes back."""
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
        """Those for this prefix: of `manage_routes`, or of the first entry of `accept` that permits it."""
        if managed := self.manages.get(prefix):
            return managed
        entry = self.accept.entry_for(prefix) if self.entry_settings else None
        return self if entry is None else self.entry_settings.get(entry, self)

    @property
    def all_settings(self) -> tuple[RouteSettings, ...]:
        """Of every prefix that this rule may write."""
        of_accepted = (self, *self.entry_settings.values()) if self.accept.entries else ()
        return (*of_accepted, *self.manages.values())

    def remote_check_of(self, prefix: Prefix) -> str:
        """Name of the check that the owner of the route has to pass; empty: none."""
        return self.settings_of(prefix).remote_check or self.remote_check


def fallbacks_of(rules: Iterable[Rule], own_vpc_id: str) -> dict[tuple[str, Target], list[str]]:
    """(VPC of the tables, fallback) -> the names of the rules whose routes go there."""
    found: dict[tuple[str, Target], list[str]] = {}
    for rule in rules:
        for target in dict.fromkeys(each.fallback for each in rule.all_settings):
            if target is not None:
                found.setdefault((rule.vpc_id or own_vpc_id, target), []).append(rule.name)
    return found
