"""One place: a (table, prefix) under one rule, with all inputs of its decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.list_entries import is_entry
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Action, Change, Decision, Reason, RouteKey, Verdict, VerdictKind
from bgp2vpc.policy.rule import ManagedRoute, RouteSettings, Rule
from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.model import InstanceHealth, Interface, Route, RouteState, RouteTable, Target, TargetKind
from bgp2vpc.vpc.order_tags import zones_in
from bgp2vpc.vpc.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings for all rules. `avoid_zone_tag`: the key of the tag that names zones a table avoids; empty for none."""

    backup_med: int = 500
    skip_source_dest_check: bool = False
    avoid_zone_tag: str = ""

    def avoided_in(self, table: RouteTable) -> frozenset[str]:
        """The availability zones whose hosts are a last resort in this table.

        Empty for a table that is read with a role, because zone names differ between accounts.
        https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
        """
        if not self.avoid_zone_tag or table.access.role_arn:
            return frozenset()
        return zones_in(table.tags.get(self.avoid_zone_tag, ""))


@dataclass(frozen=True, slots=True)
class Place:
    """One (table, prefix) under one rule. `route`: the static route there in the snapshot, None if there is none.

    `zone`: the availability zone of the table, if it has a single one and a rule needs it.
    """

    rule: Rule
    table: RouteTable
    prefix: Prefix
    snapshot: Snapshot
    policy: Policy
    route: Route | None
    inputs: DecisionInput
    zone: str = ""

    @property
    def key(self) -> RouteKey:
        """The table id and the prefix."""
        return self.table.id, self.prefix

    @property
    def state(self) -> PlaceState:
        """The state kept for this place."""
        return self.inputs.remembered.get(self.key) or PlaceState()

    @property
    def managed(self) -> ManagedRoute | None:
        """The managed route of exactly this prefix, if the rule has one."""
        return self.rule.manages.get(self.prefix)

    @property
    def settings(self) -> RouteSettings:
        """The settings of the rule for this prefix, managed or accepted.

        There is no fallback in a transit gateway's table: a less specific route takes over the traffic there.
        """
        settings = self.rule.settings_of(self.prefix)
        return replace(settings, fallback=None) if self.table.is_transit and settings.fallback else settings

    @property
    def remote_check(self) -> str:
        """Name of the check that the route's owner has to pass; empty for none, as when the owner is a VPC."""
        return "" if self.table.is_transit else self.rule.remote_check_of(self.prefix)

    @property
    def is_for_others(self) -> bool:
        """Whether paths of other instances are installed as if they were ours; never in a transit gateway's table."""
        return self.rule.writes_for_others(self.prefix) and not self.table.is_transit

    @property
    def is_anothers(self) -> bool:
        """Whether the present route points at another instance, and not at its fallback."""
        return self.route is not None and is_held_by_another(self.rule, self.prefix, self.route, self.snapshot)

    @property
    def ours(self) -> Sequence[Interface]:
        """The interfaces that our routes for this prefix may point at."""
        return own_interfaces(self.rule, self.prefix, self.snapshot)

    @property
    def leftover_is_kept(self) -> bool:
        """Whether a route of ours that no source offers is kept for now."""
        return self.inputs.keeps_leftover(self.prefix, self.rule)

    @property
    def is_taken(self) -> bool:
        """Whether an operator has ordered a takeover of this place; foreign routes are excepted."""
        return self.prefix in self.inputs.taken and self.is_anothers

    def avoids(self, interface: Interface | None) -> bool:
        """Whether the table avoids the zone of this interface; False if the zone is unknown."""
        return interface is not None and interface.zone in self.policy.avoided_in(self.table)

    @property
    def avoids_owner(self) -> bool:
        """Whether the table avoids the zone of the route's present owner."""
        return self.route is not None and self.avoids(self.snapshot.peer_enis.get(self.route.target.id))

    def does_not_forward(self, interface: Interface) -> bool:
        """Whether EC2 drops packets not addressed to the interface itself (source/destination check)."""
        return interface.source_dest_check and not self.policy.skip_source_dest_check

    def fails(self, interface_id: str) -> bool:
        """Whether this interface fails the remote check."""
        return (self.remote_check, interface_id) in self.inputs.failing

    def passes(self, interface_id: str) -> bool:
        """Whether this interface passes the remote check."""
        return (self.remote_check, interface_id) in self.inputs.passing

    @property
    def served_by_others(self) -> tuple[str, Route] | None:
        """Id and route of a table of our VPC where another instance has an active route for the prefix or its list."""
        vpc_ids = {each.vpc_id for each in self.snapshot.interfaces}
        lists = (each.id for each in (self.snapshot.prefix_lists or {}).values() if is_entry(self.prefix, each))
        destinations = (self.prefix, *map(PrefixListId, lists))
        for table in (each for each in self.snapshot.tables.values() if each.vpc_id in vpc_ids):
            for route in filter(None, map(table.static_route, destinations)):
                if route.state is RouteState.ACTIVE and has_other_owner(route, self.ours):
                    return table.id, route
        return None

    def verdict(
        self,
        kind: VerdictKind,
        reason: Reason,
        target: Target | None = None,
        detail: str = "",
        awaits: str | None = None,
    ) -> Verdict:
        """A verdict for this place."""
        owner = self.route.instance_id if self.route and self.is_anothers else None
        return Verdict(self.table.id, self.prefix, kind, reason, target, self.rule.name, owner, detail, awaits)

    def stays(self, kind: VerdictKind, reason: Reason, detail: str = "", awaits: str | None = None) -> Decision:
        """A decision without a change."""
        return self.verdict(kind, reason, self.route.target if self.route else None, detail, awaits), None

    def change(self, action: Action, target: Target, reason: Reason, *, to_fallback: bool = False) -> Decision:
        """A decision with a change, and the matching verdict."""
        old = self.route.target if self.route else None
        change = Change(action, self.table.id, self.prefix, target, reason, old, to_fallback)
        remains = None if action is Action.DELETE else target
        return self.verdict(VerdictKind(action.value), reason, remains), change


def owner_is_dead(route: Route, snapshot: Snapshot) -> bool:
    """Whether EC2 shows that the black hole's owner never comes back: instance terminated or interface deleted.

    A stopped instance may start again, and the state of one that EC2 does not list is unknown.
    """
    instance_id = instance_of_dead_end(route)
    terminated = instance_id is not None and snapshot.health.get(instance_id) is InstanceHealth.TERMINATED
    return terminated or (route.target.kind is TargetKind.INTERFACE and route.target.id in snapshot.deleted)


def instance_of_dead_end(route: Route) -> str | None:
    """The id of the instance that a black hole names, with or without an interface; None if it names none."""
    return route.target.id if route.target.kind is TargetKind.INSTANCE else route.instance_id


def own_interfaces(rule: Rule, prefix: Prefix, snapshot: Snapshot) -> Sequence[Interface]:
    """The interfaces that a route for this prefix may point at: ours, or those of a managed route's `instance:`.

    Includes the attachments of our VPC, for tables of transit gateways.
    """
    managed = rule.manages.get(prefix)
    return (*snapshot.interfaces_of(managed.instance_id if managed else None), *snapshot.attachments)


def is_ours(route: Route, interfaces: Sequence[Interface]) -> bool:
    """Whether the route points at one of these interfaces or attachments."""
    return route.target.has_owner and any(route.target.id == each.id for each in interfaces)


def is_held_by_another(rule: Rule, prefix: Prefix, route: Route, snapshot: Snapshot) -> bool:
    """Whether the route points at another instance, and not at its fallback, which may be an interface, too."""
    fallback = rule.settings_of(prefix).fallback
    return has_other_owner(route, own_interfaces(rule, prefix, snapshot)) and route.target != fallback


def has_other_owner(route: Route, interfaces: Sequence[Interface]) -> bool:
    """Whether the route points at an interface or attachment that is not among `interfaces`.

    The interface need not be attached to an instance. A static black hole that shows only an instance, or no target at
    all, counts, too: its interface is gone.
    """
    if route.target.kind in (TargetKind.INSTANCE, TargetKind.NONE):
        return route.state is RouteState.BLACKHOLE and not route.propagated
    return route.target.has_owner and not is_ours(route, interfaces)
