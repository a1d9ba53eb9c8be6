"""The verdict for one (table, prefix), from our path and the route that the table has.

| the table has                     | we have no path for it          | our path is offered                       |
|-----------------------------------|---------------------------------|-------------------------------------------|
| nothing                           | nothing                         | create                                    |
| a propagated route only           | nothing                         | create beside it: EC2 refuses to replace  |
| ours                              | delete, or put `fallback` back, | keep; replace if at another of our        |
|                                   | or keep: `never_delete`, a      | interfaces                                |
|                                   | leftover after our start, or a  |                                           |
|                                   | check without a verdict yet     |                                           |
| another's: blackhole, gone,       | nothing; a blackhole is put to  | replace; yield if the path is a backup    |
| impaired, failing its remote check| the `fallback`, or deleted:     |                                           |
|                                   | `dead_routes`, see below        |                                           |
| another's: impaired, as we are,   | nothing                         | yield                                     |
| or it passes its remote check     |                                 |                                           |
| another's: in a zone that the     | nothing                         | replace, if we are in another zone; yield |
| table avoids                      |                                 | if the path is a backup                   |
| another's: well, takeover always  | nothing                         | replace; yield if the path is a backup,   |
|                                   |                                 | or the table avoids our zone              |
| another's: well, else             | nothing                         | yield                                     |
| the route's own `fallback`        | keep                            | replace; yield if the path is a backup    |
| foreign                           | nothing                         | foreign; with `takeover_foreign` replace, |
|                                   |                                 | or yield if the path is a backup          |
| local (the VPC's own)             | nothing                         | foreign                                   |

*Ours*: the route points at an interface of this instance, or, for a managed route with `instance:`, of that instance.
*Another's*: it points at any other interface except its fallback (`Place.is_anothers`), whether or not the owner is a
peer. A static black hole that shows only an instance, or no target, is another's blackhole.

In a transit gateway's table, routes at our VPC's attachment are *ours*, and routes at another VPC's attachment are
*another's*. Routes at other attachments, and black holes without one, are foreign. A route of ours without a path is
kept while another instance of our VPC serves the prefix, that is, has the route in a table of the VPC.

A flapping route (`policy/damping.py`) is taken only from an owner that certainly does not serve or gives the route up
(`_CERTAIN`); otherwise the verdict is `yield`, `damped`.

A path is a backup if its MED is at least `backup_med`: ExaBGP's healthcheck announces a service that is down with MED
1000 and a disabled one with 500. A backup path keeps a route of ours and fills an empty table, but takes no route.
An operator can order a takeover of another instance's route (`DecisionInput.taken`), which is then replaced whatever
the state of its owner, or hold a place (`DecisionInput.held`), where no change is made.

The verdict is `blocked` if the interface that the route would point at, or points at already, has its
source/destination check on, if EC2 would refuse the prefix because it lies within the VPC, and if the prefix list of
the route cannot be used: it does not exist, belongs to AWS or another account, or has entries of others
(`vpc.prefix_lists`).

With `dead_routes: delete` a static black hole of an accepted prefix is deleted, so that a less specific or a propagated
route serves, under these conditions: EC2 reports its instance as terminated, or did not list its interface in two reads
`settle_time` apart; no source or peer offers the prefix; all sources of this host and all neighbors have announced
everything; and no session over which it was offered was lost just now. Otherwise it stays (`yield`).
"""

from bgp2vpc.bgp.best import med
from bgp2vpc.policy.best_path import Candidate, Unusable
from bgp2vpc.policy.list_entries import list_problem
from bgp2vpc.policy.place import Place, is_ours, owner_is_dead
from bgp2vpc.policy.plan import Action, Decision, Reason, VerdictKind
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.model import InstanceHealth, Interface, Route, RouteState, Target, TargetKind, interface_target


def verdict_for(place: Place, own: Candidate | Unusable | None) -> Decision | None:
    """The decision by the table above. None if there is nothing to decide: neither a path nor a route to act on."""
    route = place.route
    if isinstance(own, Candidate):
        return _with_path(place, route, own)
    if route is None or not is_ours(route, place.ours):
        if own:
            return _unusable(place, own)
        return None if route is None or place.leftover_is_kept else _fallback_without_path(place, route)
    if isinstance(own, Unusable) and own.reason is Reason.NO_INTERFACE:
        return _unusable(place, own)  # a mistake in `interface:` is no reason to remove a working route
    if own is None and place.leftover_is_kept:
        return place.stays(VerdictKind.KEEP, Reason.LEFTOVER)
    return withdraw(place, route, own.reason if own else Reason.WITHDRAWN)


def _unusable(place: Place, own: Unusable) -> Decision:
    return place.stays(VerdictKind.BLOCKED, own.reason, own.detail)


def _fallback_without_path(place: Place, route: Route) -> Decision | None:
    """Without a path: keep a route at its fallback, point a black hole at its fallback, or delete a dead one."""
    settings = place.settings
    if settings.fallback is None:
        return delete_dead(place, route)
    if route.target == settings.fallback:
        return place.stays(VerdictKind.KEEP, Reason.FALLBACK)
    if place.is_anothers and route.state is RouteState.BLACKHOLE:
        return _put_to(place, settings.fallback)
    return None


def _put_to(place: Place, fallback: Target) -> Decision:
    """Point the route at its fallback; no change if it is there already."""
    if place.route is not None and place.route.target == fallback:
        return place.stays(VerdictKind.KEEP, Reason.FALLBACK)
    return place.change(Action.REPLACE, fallback, Reason.FALLBACK, to_fallback=True)


def delete_dead(place: Place, route: Route) -> Decision | None:
    """The decision by `dead_routes` for a black hole; None if it does not apply."""
    prefix, inputs = place.prefix, place.inputs
    is_dead_end = place.is_anothers and route.state is RouteState.BLACKHOLE
    if not is_dead_end or not place.rule.deletes_dead(prefix):
        return None
    if inputs.offers_for(prefix, place.rule, place.snapshot):
        return place.stays(VerdictKind.YIELD, Reason.OWNER_BLACKHOLE, "not deleted: somebody offers it")
    # In a shared VPC, EC2 may not show us the interfaces of the other accounts.
    known = {place.table.owner_id, *(each.owner_id for each in place.snapshot.interfaces)} - {""}
    if len(known) > 1 or not owner_is_dead(route, place.snapshot):
        detail = "not deleted: EC2 has not said (yet) that its instance is terminated or its interface gone"
        return place.stays(VerdictKind.YIELD, Reason.OWNER_BLACKHOLE, detail)
    lost = inputs.lost_for(prefix, place.rule)
    if inputs.neighbors_held or lost or (inputs.leftovers_held and prefix not in inputs.seen):
        return place.stays(VerdictKind.YIELD, Reason.NOT_READY, "not deleted yet: somebody may still offer it")
    return place.change(Action.DELETE, route.target, Reason.OWNER_DEAD)


def withdraw(place: Place, route: Route, reason: Reason) -> Decision:
    """Remove a route whose target no longer serves the prefix: delete it, or use the fallback or `never_delete`."""
    if place.table.is_transit and (others := place.served_by_others):
        table_id, theirs = others
        owner = f" of {theirs.instance_id}" if theirs.instance_id else ""
        return place.stays(VerdictKind.KEEP, Reason.SERVED_IN_VPC, f"{table_id} has it at {theirs.target}{owner}")
    settings = place.settings
    if settings.never_delete:
        return place.stays(VerdictKind.KEEP, Reason.NEVER_DELETE)
    if settings.fallback:
        return _put_to(place, settings.fallback)
    return place.change(Action.DELETE, route.target, reason)


def _with_path(place: Place, route: Route | None, own: Candidate) -> Decision:
    if route is None:
        twin = place.table.propagated_route(place.prefix)
        return write(place, Action.CREATE, own.interface, Reason.BESIDE_PROPAGATED if twin else Reason.ABSENT)
    if not is_ours(route, place.ours):
        return _with_path_of_others(place, route, own)
    if route.target != interface_target(own.interface.id):
        return write(place, Action.REPLACE, own.interface, Reason.OTHER_INTERFACE)
    if place.does_not_forward(own.interface):
        # The source/destination check was switched on later, so no traffic arrives. An operator has to decide.
        return place.stays(VerdictKind.BLOCKED, Reason.SOURCE_DEST_CHECK, _how_to_forward(own.interface))
    return place.stays(VerdictKind.KEEP, Reason.OURS)


def _with_path_of_others(place: Place, route: Route, own: Candidate) -> Decision:
    """The route is another instance's or foreign: take it if there is a reason and our path is no backup."""
    if place.is_taken:
        return write(place, Action.REPLACE, own.interface, Reason.BY_HAND)
    reason: Reason | None = None
    if place.is_anothers:
        reason = trouble_of_owner(place, route)
        is_avoided = place.avoids(own.interface)
        if reason is None and place.avoids_owner and not is_avoided:
            reason = Reason.OWNER_ZONE_AVOIDED
        elif reason is None and place.rule.takeover_of(place.prefix) is Takeover.ALWAYS:
            if is_avoided and not place.avoids_owner:
                return place.stays(VerdictKind.YIELD, Reason.ZONE_AVOIDED)
            reason = Reason.ALWAYS
    elif route.target == place.settings.fallback:
        reason = Reason.FALLBACK
    elif place.rule.takeover_foreign and route.target.kind is not TargetKind.LOCAL:
        reason = Reason.TAKEOVER_FOREIGN
    if reason is None:
        return leave(place)
    if med(own.offer) >= place.policy.backup_med:
        return place.stays(VerdictKind.YIELD, Reason.BACKUP_MED)
    return take(place, own.interface, reason)


_MAYBE_IMPAIRED = (InstanceHealth.IMPAIRED, InstanceHealth.UNKNOWN)
_CERTAIN = frozenset(
    (
        Reason.OWNER_BLACKHOLE,
        Reason.OWNER_GONE,
        Reason.OWNER_WITHDREW,
        Reason.OWNER_LAST_RESORT,
        Reason.OWNER_ZONE_AVOIDED,
        Reason.FALLBACK,
    )
)
"""Reasons that damping does not delay: the owner certainly does not serve, or the owner or a tag gives the route up."""


def take(place: Place, interface: Interface, reason: Reason) -> Decision:
    """Take the route of another instance, unless it is suppressed for flapping and the reason is not certain."""
    if place.state.is_suppressed and reason not in _CERTAIN:
        detail = f"{reason.value}, but the route is flapping: suppressed until it is stable"
        return place.stays(VerdictKind.YIELD, Reason.DAMPED, detail)
    return write(place, Action.REPLACE, interface, reason)


def leave(place: Place) -> Decision:
    """Leave the route of another instance, or a foreign one, as it is."""
    if place.is_anothers:
        return place.stays(VerdictKind.YIELD, Reason.OWNER_HEALTHY, _why_impaired_stays(place))
    return place.stays(VerdictKind.FOREIGN, Reason.FOREIGN_TARGET)


def _why_impaired_stays(place: Place) -> str:
    """Why an owner that EC2 calls impaired counts as healthy, in words; empty if EC2 does not call it that."""
    route, health = place.route, place.snapshot.health
    if route is None or not route.instance_id or health.get(route.instance_id) is not InstanceHealth.IMPAIRED:
        return ""
    if place.passes(route.target.id):
        return "EC2 calls its owner impaired, which does not count, as it passes the remote check"
    own = place.snapshot.own_health
    if own in _MAYBE_IMPAIRED:
        words = "calls this instance so, too" if own is InstanceHealth.IMPAIRED else "does not tell how this one is"
        return f"EC2 calls its owner impaired, which does not count, as EC2 {words}"
    return ""


def hold(place: Place, decision: Decision) -> Decision:
    """Replace the decision for a place that an operator holds: no change; the verdict names what was decided."""
    verdict, change = decision
    kind = VerdictKind.KEEP if place.route and is_ours(place.route, place.ours) else VerdictKind.YIELD
    instead = f"{verdict.kind.value} {change.target}" if change is not None else verdict.kind.value
    return place.stays(kind, Reason.HELD, f"but for the hold: {instead} ({verdict.reason.value})")


def leave_to_list(place: Place, decision: Decision | None, *, is_served: bool) -> Decision | None:
    """Replace the decision for a prefix that the route of a prefix list serves or will serve.

    It gets no route of its own. A present route of ours is deleted once the list serves the prefix, unless its rule
    keeps withdrawn routes. Decisions about other instances' routes stay: a black hole, for example, would win over the
    route of the list.
    """
    if decision is None:
        return None
    verdict, change = decision
    if change is not None and change.action is Action.CREATE:
        return place.stays(VerdictKind.YIELD, Reason.IN_PREFIX_LIST)
    may_go = is_served and change is None and verdict.reason is Reason.OURS and not place.settings.keeps_withdrawn
    if may_go and place.route is not None:
        return place.change(Action.DELETE, place.route.target, Reason.IN_PREFIX_LIST)
    return decision


def trouble_of_owner(place: Place, route: Route) -> Reason | None:
    """Why the route's owner counts as down according to EC2 or the remote check; None if it does not."""
    if route.state is RouteState.BLACKHOLE:
        return Reason.OWNER_BLACKHOLE
    health = place.snapshot.health.get(route.instance_id) if route.instance_id else None
    if health in (InstanceHealth.GONE, InstanceHealth.TERMINATED):
        return Reason.OWNER_GONE
    # Two impaired instances would take the route from each other in turns; UNKNOWN may be impaired.
    we_may_be = place.snapshot.own_health in _MAYBE_IMPAIRED
    # A passing remote check proves more than EC2's status checks: the owner answers.
    if health is InstanceHealth.IMPAIRED and not we_may_be and not place.passes(route.target.id):
        return Reason.OWNER_IMPAIRED
    if place.fails(route.target.id):
        return Reason.OWNER_FAILING
    return None


def write(place: Place, action: Action, interface: Interface, reason: Reason) -> Decision:
    """Point the route at the interface; blocked if that does not forward or EC2 would refuse the route."""
    if place.does_not_forward(interface):
        return place.stays(VerdictKind.BLOCKED, Reason.SOURCE_DEST_CHECK, _how_to_forward(interface))
    if problem := list_problem(place.prefix, place.rule, place.snapshot):
        return place.stays(VerdictKind.BLOCKED, Reason.PREFIX_LIST, problem)
    within = next((cidr for cidr in place.table.cidrs if place.prefix in cidr), None)
    subnets = place.snapshot.subnets
    # Within the VPC, a route must be for exactly a subnet's CIDR. If the subnets are unknown, EC2 decides.
    # https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
    if within and subnets is not None and not any(place.prefix in subnet.cidrs for subnet in subnets.values()):
        where = f"{place.managed.where}: " if place.managed and place.managed.where else ""
        detail = (
            f"{where}{place.prefix} lies within the VPC's own {within} and is none of its subnets, so EC2 would refuse "
            "it; anycast prefixes lie outside the VPC"
        )
        return place.stays(VerdictKind.BLOCKED, Reason.INSIDE_VPC, detail)
    return place.change(action, interface_target(interface.id), reason)


def _how_to_forward(interface: Interface) -> str:
    if interface_target(interface.id).kind is TargetKind.ATTACHMENT:
        return "source/destination check is on at our interface: see the verdict in the VPC's own tables"
    return (
        f"source/destination check is on; mend with: aws ec2 modify-network-interface-attribute "
        f"--network-interface-id {interface.id} --no-source-dest-check"
    )
