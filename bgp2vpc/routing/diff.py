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
Wherever we would point a route at an interface whose source/destination check is on, or EC2 would refuse the prefix
because it lies within the VPC, the verdict is `blocked`.

*Ours* are routes that point at an interface of this instance; for a managed route with `instance:`, of that instance.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.best import med
from bgp2vpc.prefix import Prefix
from bgp2vpc.routing.fib import Offered, Unusable
from bgp2vpc.routing.plan import Action, Change, Reason, Verdict, VerdictKind
from bgp2vpc.routing.rule import ManagedRoute, Rule, Takeover
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

    `failing`: (remote check, interface id) of the owners that fail a check of ours.
    """

    rule: Rule
    table: RouteTable
    prefix: Prefix
    snapshot: Snapshot
    policy: Policy
    route: Route | None
    failing: Collection[tuple[str, str]] = ()

    @property
    def managed(self) -> ManagedRoute | None:
        """What the rule says of exactly this prefix, if it manages it."""
        return self.rule.manages.get(self.prefix)

    @property
    def ours(self) -> Sequence[Interface]:
        """The interfaces whose routes are ours."""
        return own_interfaces(self.rule, self.prefix, self.snapshot)

    def verdict(self, kind: VerdictKind, reason: Reason, target: Target | None = None, detail: str = "") -> Verdict:
        """A verdict about this place."""
        owner = self.route.instance_id if self.route and is_peer(self.route, self.ours) else None
        return Verdict(self.table.id, self.prefix, kind, reason, target, self.rule.name, owner, detail)

    def change(self, action: Action, target: Target, reason: Reason) -> Decision:
        """A change of this place, and the verdict that goes with it."""
        old = self.route.target if self.route else None
        change = Change(action, self.table.id, self.prefix, target, reason, old)
        remains = None if action is Action.DELETE else target
        return self.verdict(VerdictKind(action.value), reason, remains), change


def diff(place: Place, wish: Offered | Unusable | None, *, leftover_is_kept: bool) -> Decision | None:
    """The table above. None where there is nothing to say: no path, and no route of ours."""
    route = place.route
    if isinstance(wish, Offered):
        return _with_path(place, route, wish)
    if route is None or not is_ours(route, place.ours):
        if wish:
            return _unusable(place, wish)
        return None if route is None or leftover_is_kept else _fallback_without_path(place, route)
    if isinstance(wish, Unusable) and wish.reason is Reason.NO_INTERFACE:
        return _unusable(place, wish)  # our own mistake (`interface:`) is no reason to take a working route away
    if wish is None and leftover_is_kept:
        return place.verdict(VerdictKind.KEEP, Reason.LEFTOVER, route.target), None
    return _without_path(place, route, wish.reason if wish else Reason.WITHDRAWN)


def _unusable(place: Place, wish: Unusable) -> Decision:
    target = place.route.target if place.route else None
    return place.verdict(VerdictKind.BLOCKED, wish.reason, target, wish.detail), None


def _fallback_without_path(place: Place, route: Route) -> Decision | None:
    """What is at its fallback stays there; what nobody serves any more is put there."""
    fallback = place.managed.fallback if place.managed else None
    if fallback is None:
        return None
    if route.target == fallback:
        return place.verdict(VerdictKind.KEEP, Reason.FALLBACK, route.target), None
    if is_peer(route, place.ours) and route.state is RouteState.BLACKHOLE:
        return place.change(Action.REPLACE, fallback, Reason.FALLBACK)
    return None


def _without_path(place: Place, route: Route, reason: Reason) -> Decision:
    managed = place.managed
    if managed and managed.never_delete:
        return place.verdict(VerdictKind.KEEP, Reason.NEVER_DELETE, route.target), None
    if managed and managed.fallback:
        return place.change(Action.REPLACE, managed.fallback, Reason.FALLBACK)
    return place.change(Action.DELETE, route.target, reason)


def _with_path(place: Place, route: Route | None, wish: Offered) -> Decision:
    if route is None:
        twin = place.table.propagated_route(place.prefix)
        return _write(place, Action.CREATE, wish.interface, Reason.BESIDE_PROPAGATED if twin else Reason.ABSENT)
    if not is_ours(route, place.ours):
        return _with_path_of_others(place, route, wish)
    if route.target == interface_target(wish.interface.id):
        return place.verdict(VerdictKind.KEEP, Reason.OURS, route.target), None
    return _write(place, Action.REPLACE, wish.interface, Reason.OTHER_INTERFACE)


def _with_path_of_others(place: Place, route: Route, wish: Offered) -> Decision:
    reason = _may_take(place, route)
    if reason is None:
        return _leave(place, route)
    if med(wish.offer) >= place.policy.backup_med:
        return place.verdict(VerdictKind.YIELD, Reason.BACKUP_MED, route.target), None
    return _write(place, Action.REPLACE, wish.interface, reason)


def _leave(place: Place, route: Route) -> Decision:
    if is_peer(route, place.ours):
        return place.verdict(VerdictKind.YIELD, Reason.OWNER_HEALTHY, route.target), None
    return place.verdict(VerdictKind.FOREIGN, Reason.FOREIGN_TARGET, route.target), None


def _may_take(place: Place, route: Route) -> Reason | None:
    """Why the route of somebody else may be taken, or None."""
    if not is_peer(route, place.ours):
        if _is_fallback(place, route):
            return Reason.FALLBACK
        replaceable = place.rule.takeover_foreign and route.target.kind is not TargetKind.LOCAL
        return Reason.TAKEOVER_FOREIGN if replaceable else None
    if trouble := _trouble_of_owner(place, route):
        return trouble
    return Reason.ALWAYS if place.rule.takeover_of(place.prefix) is Takeover.ALWAYS else None


def _trouble_of_owner(place: Place, route: Route) -> Reason | None:
    if route.state is RouteState.BLACKHOLE:
        return Reason.OWNER_BLACKHOLE
    health = place.snapshot.health.get(route.instance_id) if route.instance_id else None
    if health is InstanceHealth.GONE:
        return Reason.OWNER_GONE
    # Two that are impaired would otherwise take it from each other in turns.
    if health is InstanceHealth.IMPAIRED and place.snapshot.own_health is not InstanceHealth.IMPAIRED:
        return Reason.OWNER_IMPAIRED
    if place.managed and (place.managed.remote_check, route.target.id) in place.failing:
        return Reason.OWNER_FAILING
    return None


def _is_fallback(place: Place, route: Route) -> bool:
    return place.managed is not None and route.target == place.managed.fallback


def _write(place: Place, action: Action, interface: Interface, reason: Reason) -> Decision:
    present = place.route.target if place.route else None
    if interface.source_dest_check and not place.policy.skip_source_dest_check:
        detail = (
            f"source/destination check is on; mend with: aws ec2 modify-network-interface-attribute "
            f"--network-interface-id {interface.id} --no-source-dest-check"
        )
        return place.verdict(VerdictKind.BLOCKED, Reason.SOURCE_DEST_CHECK, present, detail), None
    if within := _refused_within(place):
        where = f"{place.managed.where}: " if place.managed and place.managed.where else ""
        detail = (
            f"{where}{place.prefix} lies within the VPC's own {within} and is none of its subnets, so EC2 would refuse "
            "it; anycast prefixes lie outside the VPC"
        )
        return place.verdict(VerdictKind.BLOCKED, Reason.INSIDE_VPC, present, detail), None
    return place.change(action, interface_target(interface.id), reason)


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
    return next(
        (
            route.destination
            for route in table.routes
            if route.target.kind is TargetKind.LOCAL
            and isinstance(route.destination, Prefix)
            and prefix in route.destination
        ),
        None,
    )


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
