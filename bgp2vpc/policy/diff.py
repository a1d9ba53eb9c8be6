"""The diff: what one (table, prefix) needs, from what is wished and what is there.

| the table has                     | we have no path for it          | our path is offered                       |
|-----------------------------------|---------------------------------|-------------------------------------------|
| nothing                           | nothing                         | create                                    |
| a propagated route only           | nothing                         | create beside it: EC2 refuses to replace  |
| ours                              | delete, or put `fallback` back, | keep; replace if at another of our        |
|                                   | or keep: `never_delete`, a      | interfaces                                |
|                                   | leftover after our start, or a  |                                           |
|                                   | check without a verdict yet     |                                           |
| peer: blackhole, gone, impaired,  | nothing; a blackhole is put to  | replace; yield if the path is a backup    |
| failing its remote check          | the `fallback`                  |                                           |
| peer: impaired, as we are         | nothing                         | yield                                     |
| peer: healthy, takeover always    | nothing                         | replace; yield if the path is a backup    |
| peer: healthy, else               | nothing                         | yield                                     |
| the route's own `fallback`        | keep                            | replace; yield if the path is a backup    |
| foreign                           | nothing                         | foreign; with `takeover_foreign` replace, |
|                                   |                                 | or yield if the path is a backup          |
| local (the VPC's own)             | nothing                         | foreign                                   |

A path is a backup if its MED is at least `backup_med`: ExaBGP's healthcheck announces a service that is down with MED
1000 and a disabled one with 500. It keeps a route of ours and fills an empty table, but takes from nobody.
An operator may ask for the route of any peer (`Wish.taken`): replace, whatever is said above about peers. And may
freeze the place (`Wish.held`): then none of the changes is made.

Wherever we would point a route at an interface whose source/destination check is on, or EC2 would refuse the prefix
because it lies within the VPC, the verdict is `blocked`; also where the route points there already, and the check was
switched on since.

*Ours* are routes that point at an interface of this instance; for a managed route with `instance:`, of that instance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.best import med
from bgp2vpc.policy.fib import Offered, Unusable
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Action, Change, Key, Reason, Verdict, VerdictKind
from bgp2vpc.policy.rule import ManagedRoute, Rule, Takeover
from bgp2vpc.policy.wish import Wish
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import (
    InstanceHealth,
    Interface,
    Route,
    RouteState,
    RouteTable,
    Snapshot,
    Target,
    TargetKind,
    interface_target,
)

Decision = tuple[Verdict, Change | None]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration says once for all rules."""

    backup_med: int = 500
    skip_source_dest_check: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One (table, prefix) under one rule, as the snapshot shows it; `route` is the static one that is there now.

    `zone`: the availability zone of the table, if it has one and it matters.
    """

    rule: Rule
    table: RouteTable
    prefix: Prefix
    snapshot: Snapshot
    policy: Policy
    route: Route | None
    wish: Wish
    zone: str = ""

    @property
    def key(self) -> Key:
        """Which place it is."""
        return self.table.id, self.prefix

    @property
    def state(self) -> PlaceState:
        """What is remembered of it."""
        return self.wish.remembered.get(self.key) or PlaceState()

    @property
    def managed(self) -> ManagedRoute | None:
        """What the rule says of exactly this prefix, if it manages it."""
        return self.rule.manages.get(self.prefix)

    @property
    def ours(self) -> Sequence[Interface]:
        """The interfaces whose routes are ours."""
        return own_interfaces(self.rule, self.prefix, self.snapshot)

    @property
    def leftover_is_kept(self) -> bool:
        """Whether a route of ours that nobody offers stays for now."""
        return self.wish.keeps_leftover(self.prefix, self.rule)

    @property
    def is_taken_by_hand(self) -> bool:
        """Whether an operator wants the route of another instance here, now. No reason to touch a foreign one."""
        return self.prefix in self.wish.taken and self.route is not None and is_peer(self.route, self.ours)

    def fails(self, interface_id: str) -> bool:
        """Whether the remote check that the owner has to pass fails at this interface."""
        return (self.rule.remote_check_of(self.prefix), interface_id) in self.wish.failing

    def verdict(
        self,
        kind: VerdictKind,
        reason: Reason,
        target: Target | None = None,
        detail: str = "",
        awaits: str | None = None,
    ) -> Verdict:
        """A verdict about this place."""
        owner = self.route.instance_id if self.route and is_peer(self.route, self.ours) else None
        return Verdict(self.table.id, self.prefix, kind, reason, target, self.rule.name, owner, detail, awaits)

    def stays(self, kind: VerdictKind, reason: Reason, detail: str = "", awaits: str | None = None) -> Decision:
        """Nothing is changed here."""
        return self.verdict(kind, reason, self.route.target if self.route else None, detail, awaits), None

    def change(self, action: Action, target: Target, reason: Reason) -> Decision:
        """A change of this place, and the verdict that goes with it."""
        old = self.route.target if self.route else None
        change = Change(action, self.table.id, self.prefix, target, reason, old)
        remains = None if action is Action.DELETE else target
        return self.verdict(VerdictKind(action.value), reason, remains), change


def diff(place: Place, wish: Offered | Unusable | None) -> Decision | None:
    """The table above. None where there is nothing to say: no path, and no route of ours."""
    route = place.route
    if isinstance(wish, Offered):
        return _with_path(place, route, wish)
    if route is None or not is_ours(route, place.ours):
        if wish:
            return _unusable(place, wish)
        return None if route is None or place.leftover_is_kept else _fallback_without_path(place, route)
    if isinstance(wish, Unusable) and wish.reason is Reason.NO_INTERFACE:
        return _unusable(place, wish)  # our own mistake (`interface:`) is no reason to take a working route away
    if wish is None and place.leftover_is_kept:
        return place.stays(VerdictKind.KEEP, Reason.LEFTOVER)
    return withdraw(place, route, wish.reason if wish else Reason.WITHDRAWN)


def _unusable(place: Place, wish: Unusable) -> Decision:
    return place.stays(VerdictKind.BLOCKED, wish.reason, wish.detail)


def _fallback_without_path(place: Place, route: Route) -> Decision | None:
    """What is at its fallback stays there; what nobody serves any more is put there."""
    fallback = place.managed.fallback if place.managed else None
    if fallback is None:
        return None
    if route.target == fallback:
        return place.stays(VerdictKind.KEEP, Reason.FALLBACK)
    if is_peer(route, place.ours) and route.state is RouteState.BLACKHOLE:
        return place.change(Action.REPLACE, fallback, Reason.FALLBACK)
    return None


def withdraw(place: Place, route: Route, reason: Reason) -> Decision:
    """Nobody serves the prefix any more at what the route points at."""
    managed = place.managed
    if managed and managed.never_delete:
        return place.stays(VerdictKind.KEEP, Reason.NEVER_DELETE)
    if managed and managed.fallback:
        return place.change(Action.REPLACE, managed.fallback, Reason.FALLBACK)
    return place.change(Action.DELETE, route.target, reason)


def _with_path(place: Place, route: Route | None, wish: Offered) -> Decision:
    if route is None:
        twin = place.table.propagated_route(place.prefix)
        return write(place, Action.CREATE, wish.interface, Reason.BESIDE_PROPAGATED if twin else Reason.ABSENT)
    if not is_ours(route, place.ours):
        return _with_path_of_others(place, route, wish)
    if route.target != interface_target(wish.interface.id):
        return write(place, Action.REPLACE, wish.interface, Reason.OTHER_INTERFACE)
    if does_not_forward(place, wish.interface):
        # Switched on since: nothing arrives any more. Only an operator can tell whether that was meant.
        return place.stays(VerdictKind.BLOCKED, Reason.SOURCE_DEST_CHECK, _how_to_forward(wish.interface))
    return place.stays(VerdictKind.KEEP, Reason.OURS)


def _with_path_of_others(place: Place, route: Route, wish: Offered) -> Decision:
    if place.is_taken_by_hand:
        return write(place, Action.REPLACE, wish.interface, Reason.BY_HAND)
    reason = _may_take(place, route)
    if reason is None:
        return leave(place, route)
    if med(wish.offer) >= place.policy.backup_med:
        return place.stays(VerdictKind.YIELD, Reason.BACKUP_MED)
    return take(place, wish.interface, reason)


_CERTAIN = frozenset(
    (Reason.OWNER_BLACKHOLE, Reason.OWNER_GONE, Reason.OWNER_WITHDREW, Reason.OWNER_LAST_RESORT, Reason.FALLBACK)
)
"""Reasons that nobody can be of another opinion about."""


def take(place: Place, interface: Interface, reason: Reason) -> Decision:
    """Point the route of somebody else here; not where that has happened too often of late, unless it is certain."""
    if place.state.is_damped and reason not in _CERTAIN:
        detail = f"{reason.value}, but the route has moved too often of late: it stays until that has calmed down"
        return place.stays(VerdictKind.YIELD, Reason.DAMPED, detail)
    return write(place, Action.REPLACE, interface, reason)


def leave(place: Place, route: Route) -> Decision:
    """The route of somebody else stays."""
    if is_peer(route, place.ours):
        return place.stays(VerdictKind.YIELD, Reason.OWNER_HEALTHY)
    return place.stays(VerdictKind.FOREIGN, Reason.FOREIGN_TARGET)


def hold(place: Place, decision: Decision) -> Decision:
    """An operator has frozen the place: what would be done is only said."""
    verdict, change = decision
    kind = VerdictKind.KEEP if place.route and is_ours(place.route, place.ours) else VerdictKind.YIELD
    instead = f"{verdict.kind.value} {change.target}" if change is not None else verdict.kind.value
    return place.stays(kind, Reason.HELD, f"but for the hold: {instead} ({verdict.reason.value})")


def _may_take(place: Place, route: Route) -> Reason | None:
    """Why the route of somebody else may be taken, or None."""
    if not is_peer(route, place.ours):
        if _is_fallback(place, route):
            return Reason.FALLBACK
        replaceable = place.rule.takeover_foreign and route.target.kind is not TargetKind.LOCAL
        return Reason.TAKEOVER_FOREIGN if replaceable else None
    if trouble := trouble_of_owner(place, route):
        return trouble
    return Reason.ALWAYS if place.rule.takeover_of(place.prefix) is Takeover.ALWAYS else None


def trouble_of_owner(place: Place, route: Route) -> Reason | None:
    """What EC2, or the remote check, has against the instance that the route points at."""
    if route.state is RouteState.BLACKHOLE:
        return Reason.OWNER_BLACKHOLE
    health = place.snapshot.health.get(route.instance_id) if route.instance_id else None
    if health is InstanceHealth.GONE:
        return Reason.OWNER_GONE
    # Two that are impaired would otherwise take it from each other in turns. Of whom EC2 tells nothing may be impaired.
    we_may_be = place.snapshot.own_health in (InstanceHealth.IMPAIRED, InstanceHealth.UNKNOWN)
    if health is InstanceHealth.IMPAIRED and not we_may_be:
        return Reason.OWNER_IMPAIRED
    if place.fails(route.target.id):
        return Reason.OWNER_FAILING
    return None


def _is_fallback(place: Place, route: Route) -> bool:
    return place.managed is not None and route.target == place.managed.fallback


def write(place: Place, action: Action, interface: Interface, reason: Reason) -> Decision:
    """Point the place at the interface, if traffic would arrive there and EC2 takes the route."""
    if does_not_forward(place, interface):
        return place.stays(VerdictKind.BLOCKED, Reason.SOURCE_DEST_CHECK, _how_to_forward(interface))
    if within := _refused_within(place):
        where = f"{place.managed.where}: " if place.managed and place.managed.where else ""
        detail = (
            f"{where}{place.prefix} lies within the VPC's own {within} and is none of its subnets, so EC2 would refuse "
            "it; anycast prefixes lie outside the VPC"
        )
        return place.stays(VerdictKind.BLOCKED, Reason.INSIDE_VPC, detail)
    return place.change(action, interface_target(interface.id), reason)


def does_not_forward(place: Place, interface: Interface) -> bool:
    """Whether EC2 drops what is not addressed to the interface itself."""
    return interface.source_dest_check and not place.policy.skip_source_dest_check


def _how_to_forward(interface: Interface) -> str:
    return (
        f"source/destination check is on; mend with: aws ec2 modify-network-interface-attribute "
        f"--network-interface-id {interface.id} --no-source-dest-check"
    )


def _refused_within(place: Place) -> Prefix | None:
    """The CIDR of the VPC that the prefix lies in, where EC2 would refuse it; None where it would not, or may not.

    Within the VPC a route must equal a whole subnet:
    https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
    """
    within = containing_vpc_cidr(place.table, place.prefix)
    subnets = place.snapshot.subnets
    if within is None or subnets is None or any(place.prefix in subnet.cidrs for subnet in subnets.values()):
        return None
    return within


def containing_vpc_cidr(table: RouteTable, prefix: Prefix) -> Prefix | None:
    """The CIDR of the VPC, known by the table's local routes, in which the prefix lies."""
    return next((cidr for cidr in table.cidrs if prefix in cidr), None)


def own_interfaces(rule: Rule, prefix: Prefix, snapshot: Snapshot) -> Sequence[Interface]:
    """The interfaces that a route for this prefix may point at: ours, or those of a managed route's `instance:`."""
    managed = rule.manages.get(prefix)
    return snapshot.interfaces_of(managed.instance_id if managed else None)


def is_ours(route: Route, interfaces: Sequence[Interface]) -> bool:
    """True if the route points at one of our interfaces."""
    return route.target.kind is TargetKind.INTERFACE and any(route.target.id == each.id for each in interfaces)


def is_peer(route: Route, interfaces: Sequence[Interface]) -> bool:
    """True if the route points at an interface that is not ours, whether or not it (still) belongs to an instance."""
    return route.target.kind is TargetKind.INTERFACE and not is_ours(route, interfaces)
