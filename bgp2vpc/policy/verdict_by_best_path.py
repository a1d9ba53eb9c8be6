"""The verdict with `takeover: best_path`: several instances announce a prefix, and the best path is installed.

Every instance decides by itself. Instances that receive the same paths come to the same result.

| the table has                | our path is best              | a peer's is best               | nobody offers one |
|------------------------------|-------------------------------|--------------------------------|-------------------|
| nothing                      | create                        | yield: the peer creates        | nothing           |
| ours                         | keep                          | keep until the peer replaces   | delete            |
| the best peer's              | -                             | yield                          | -                 |
| another peer's, heard        | replace                       | yield                          | -                 |
| …, withdrawn or silent       | replace                       | yield                          | nothing           |
| …, its session lost          | replace; with a remote check  | yield                          | nothing           |
|                              | only once that fails          |                                |                   |
| …, and the route moved there | yield: somebody hears it      | yield                          | nothing           |
|    after that                |                               |                                |                   |
| …, perhaps by an outage of   | yield, for `startup_hold`, or | yield                          | nothing           |
|    our own link              | until its host is silent      |                                |                   |
| …, failing its remote check, | replace                       | yield                          | nothing           |
| or a black hole              |                               |                                |                   |
| …, no neighbor of ours, or   | as `if_unhealthy`             | yield                          | nothing           |
|    our own ExaBGP hangs      |                               |                                |                   |
| …, in a zone that the table  | replace, if we are in another | yield                          | nothing           |
|    avoids                    | zone and no last resort       |                                |                   |
| foreign, fallback, local     | as in `policy.verdict`        | as it is                       | as in there       |

With `write: any` the best path is installed as if it were ours, whichever instance announces it, and a route that a
neighbor has withdrawn is deleted if no path is left.

Paths of hosts in a zone that the table avoids are excluded while a host of another zone offers a path that is no last
resort.

A peer that is expected to write and does not within the handover time is excluded as late. While it offers a path,
however, no route is deleted until reads are recent enough to show its write. The same holds for a peer whose session
was lost just now, since it may take the route from an owner that it has lost. Nothing is taken or deleted until all
neighbors have sent End-of-RIB (RFC 4724 section 2), nor while a next hop is being resolved. A flapping route is taken
only from an owner that certainly does not serve (`policy.verdict.take`).

In a transit gateway's table, VPCs compete, each with its attachment. A peer's path counts for the VPC of its next hop:
ours, or the one to whose attachment the table routes the next hop. All hosts of a VPC share its attachment: each host
with a path of its own installs it while any path of the VPC is the best, and none deletes it while any is offered. For
another VPC's route, every neighbor that the table leads to counts as the owner; the least known of them decides whether
the VPC may still be serving.
"""

from collections.abc import Collection
from typing import Final

from bgp2vpc.bgp.best import is_draining, med
from bgp2vpc.bgp.sessions import Standing
from bgp2vpc.policy.best_path import BestPath, Candidate, Exclusion, Unusable, attachment_to, is_last_resort
from bgp2vpc.policy.place import Place, is_ours
from bgp2vpc.policy.plan import Decision, Reason, VerdictKind
from bgp2vpc.policy.verdict import delete_dead, leave, take, trouble_of_owner, verdict_for, withdraw
from bgp2vpc.prefix import IPAddress, Prefix, PrefixListId
from bgp2vpc.vpc.model import Route, RouteState, TargetKind, interface_target

_NO_REASON: Final = frozenset((Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD, Reason.BACKUP_MED))
"""Reasons for which a route is not taken."""
_UNSETTLED: Final = "a peer may have taken the route, and EC2's reads may not show it yet"


def verdict_by_best_path(place: Place, found: BestPath) -> Decision | None:
    """The decision by the table above. None if there is nothing to decide."""
    if place.is_taken and isinstance(found.own, Candidate):
        return verdict_for(place, found.own)
    if found.best is None:
        return _nobody(place, found)
    if found.best is found.own or place.is_for_others:
        return _install(place, found, found.best)
    we_write = isinstance(found.own, Candidate) or place.rule.writes_for_others(place.prefix)
    if we_write and any(found.best.interface.id == each.id for each in place.ours):
        # In a transit gateway's table, any serving instance of our VPC installs the path of another one of the VPC.
        return _install(place, found, found.best)
    return _leave_to(place, found, found.best)


def _must_wait(place: Place, found: BestPath) -> bool:
    """Whether taking and deleting must wait: a neighbor has not sent End-of-RIB, or a next hop is unresolved."""
    return place.inputs.neighbors_held or any(each.why is Exclusion.UNRESOLVED for each in found.excluded)


def _install(place: Place, found: BestPath, best: Candidate) -> Decision | None:
    """The decision if this instance installs the best path."""
    route = place.route
    if route is not None and best is not found.own:
        if route.target == interface_target(best.interface.id):
            return place.stays(VerdictKind.KEEP, Reason.BEST_PATH, _says_who(found, best))
        if is_ours(route, place.ours):
            return _take(place, found, best, Reason.BEST_PATH)
    if route is None or not place.is_anothers:
        return verdict_for(place, best)
    return _take(place, found, best, _reason_to_take(place, found, best, route))


def _take(place: Place, found: BestPath, best: Candidate, reason: Reason) -> Decision:
    if reason in _NO_REASON:
        return place.stays(VerdictKind.YIELD, reason)
    if _must_wait(place, found):
        return place.stays(VerdictKind.YIELD, Reason.NOT_READY, f"{reason.value}, but not all is known yet")
    return take(place, best.interface, reason)


def _reason_to_take(place: Place, found: BestPath, best: Candidate, route: Route) -> Reason:
    """The reason to take the owner's route for the best path, or one of _NO_REASON for leaving it."""
    is_backup = med(best.offer) >= place.policy.backup_med
    if route.state is RouteState.BLACKHOLE:
        return Reason.OWNER_BLACKHOLE
    heard = next((peer for peer in found.peers if peer.interface.id == route.target.id), None)
    if (
        heard
        and not place.inputs.neighbors.unheard
        and not place.fails(heard.interface.id)
        and not place.inputs.neighbors.is_failed(heard.interface.addresses)
    ):
        if is_backup and is_draining(heard.offer):
            return Reason.BACKUP_MED  # the owner leaves, but our own service is not well
        if is_backup:
            return Reason.BEST_PATH
        if is_last_resort(place, heard):
            return Reason.OWNER_LAST_RESORT
        return Reason.OWNER_ZONE_AVOIDED if _goes_to_another_zone(place, best) else Reason.BEST_PATH
    reason = trouble_of_owner(place, route) or _reason_without_path(place, route)
    if reason in _NO_REASON and _goes_to_another_zone(place, best):
        reason = Reason.OWNER_ZONE_AVOIDED
    # A backup path takes the route only from an owner that has withdrawn the prefix or never announced it.
    does_not_announce = reason in (Reason.OWNER_WITHDREW, Reason.OWNER_SILENT, Reason.OWNER_HEALTHY)
    return Reason.BACKUP_MED if is_backup and not does_not_announce else reason


def _goes_to_another_zone(place: Place, best: Candidate) -> bool:
    """Whether the table avoids the zone of the owner but not that of the best path."""
    return place.avoids_owner and not place.avoids(best.interface)


_WORST_FIRST: Final = (Standing.UNKNOWN, Standing.LOST, Standing.WITHDRAWN, Standing.SILENT)


def _reason_without_path(place: Place, route: Route) -> Reason:
    """The reason to take or leave the route of an owner that offers no path, by its standing."""
    target = route.target
    if target.kind is TargetKind.ATTACHMENT:  # each neighbor in its VPC counts as an owner
        neighbors = ((each, attachment_to(place, each)) for each in place.inputs.neighbors.addresses)
        hosts = [frozenset((each,)) for each, leads_to in neighbors if leads_to and leads_to.id == target.id]
    else:
        owner = place.snapshot.peer_enis.get(target.id)
        hosts = [owner.addresses] if owner else []
    found = [(*_standing(place, each), each) for each in hosts]
    standings = {standing for standing, _, _ in found}
    # A VPC has several hosts. A lost one may still serve, and one that has not announced everything is unknown.
    worst = next((each for each in _WORST_FIRST if each in standings), Standing.UNKNOWN)
    match worst:
        case Standing.WITHDRAWN:
            return Reason.OWNER_WITHDREW
        case Standing.SILENT:
            # A read may show its write before its announcement arrives.
            return Reason.OWNER_UNHEARD if place.state.has_moved_lately(place.snapshot.read_at) else Reason.OWNER_SILENT
        case Standing.LOST:
            # If the route moved to the owner after its session was lost, the owner or an instance that hears it wrote.
            lost = [(at, addresses) for standing, at, addresses in found if standing is Standing.LOST]
            is_alive = place.state.has_moved_since(max(at for at, _ in lost), place.snapshot.read_at)
            is_doubtful = any(place.inputs.neighbors.is_doubtful(*each) for each in lost)
            return Reason.OWNER_UNHEARD if is_alive or is_doubtful or place.remote_check else Reason.OWNER_LOST
        case Standing.UNKNOWN:
            return Reason.OWNER_HEALTHY


def _standing(place: Place, addresses: Collection[IPAddress]) -> tuple[Standing, float]:
    """The standing of the owner with these addresses, and the time since which it is lost, if it is.

    For a prefix list, the worst standing among the prefixes that it offered counts.
    """
    neighbors, prefix = place.inputs.neighbors, place.prefix
    departed: Collection[Prefix] = (prefix,)
    if isinstance(prefix, PrefixListId):
        departed = [each for each in neighbors.departed_from(addresses) if place.rule.covers(each)] or (prefix,)
    found = {neighbors.standing(each, addresses) for each in departed}
    order = (Standing.LOST, Standing.UNKNOWN, Standing.WITHDRAWN, Standing.SILENT)
    standing = next(each for each in order if each in found)
    return standing, max(neighbors.lost_at(each, addresses) for each in departed)


def _leave_to(place: Place, found: BestPath, best: Candidate) -> Decision | None:
    """The decision if the best path is a peer's, which installs it itself."""
    route, own = place.route, found.own
    if route is not None and is_ours(route, place.ours):
        if route.target.id == best.interface.id:  # another instance of our VPC serves it
            return place.stays(VerdictKind.KEEP, Reason.BEST_PATH, _says_who(found, best))
        return _leave_ours_to(place, found, best)
    if not isinstance(own, Candidate):
        if route is not None and place.is_anothers and route.state is RouteState.BLACKHOLE and place.settings.fallback:
            # The peer takes the route. If it does not, it is late and no longer the best, and the fallback is used.
            return place.stays(VerdictKind.YIELD, Reason.PEER_BEST, _says_who(found, best), best.interface.id)
        return verdict_for(place, own)
    if route is not None and not place.is_anothers:
        return leave(place)
    # We await the peer's write only if it does not have the route and has a reason to take it. A zone to avoid is no
    # such reason, since the peer reads the table's tag only at its next poll.
    is_due = route is None or (
        route.target != interface_target(best.interface.id)
        and _reason_to_take(place, found, best, route) not in (*_NO_REASON, Reason.OWNER_ZONE_AVOIDED)
    )
    return place.stays(
        VerdictKind.YIELD, Reason.PEER_BEST, _says_who(found, best), best.interface.id if is_due else None
    )


def _leave_ours_to(place: Place, found: BestPath, best: Candidate) -> Decision | None:
    """Keep our route until the peer has replaced it, so that there is always a route."""
    own = found.own
    if isinstance(own, Candidate):
        is_by_tag = place.avoids(own.interface) and not place.avoids(best.interface)
        return place.stays(
            VerdictKind.KEEP, Reason.PEER_BEST, _says_who(found, best), None if is_by_tag else best.interface.id
        )
    mistaken = isinstance(own, Unusable) and own.reason is Reason.NO_INTERFACE
    if mistaken or place.settings.never_delete or (own is None and place.leftover_is_kept):
        return verdict_for(place, own)
    if _must_wait(place, found):
        return place.stays(VerdictKind.KEEP, Reason.NOT_READY)
    return place.stays(VerdictKind.KEEP, Reason.HANDOVER, _says_who(found, best), best.interface.id)


def _says_who(found: BestPath, best: Candidate) -> str:
    return f"{best.offer.source} at {best.interface.id} has the best path: {found.by.value}"


def _nobody(place: Place, found: BestPath) -> Decision | None:
    """The decision if no path can be installed."""
    route = place.route
    if route is not None and place.is_anothers and place.is_for_others and not found.peers:
        return _left_behind(place, found, route)
    decision = verdict_for(place, found.own)
    if decision is None or decision[1] is None:
        return decision
    if _must_wait(place, found):
        return place.stays(VerdictKind.KEEP, Reason.NOT_READY)
    return place.stays(VerdictKind.KEEP, Reason.HANDOVER, _UNSETTLED) if _may_be_taken(place, found) else decision


def _may_be_taken(place: Place, found: BestPath) -> bool:
    """Whether a peer may have taken the route without reads showing it yet, so that a delete would hit its route."""
    if found.peers and place.state.is_unsettled:
        return True
    owner = place.snapshot.peer_enis.get(place.route.target.id) if place.route else None
    return any(owner is None or each not in owner.addresses for each in place.inputs.lost_for(place.prefix, place.rule))


def _left_behind(place: Place, found: BestPath, route: Route) -> Decision | None:
    """The decision, if we write for others, for the route of an owner that no longer offers a path."""
    reason, must_wait = _reason_without_path(place, route), _must_wait(place, found)
    if reason is Reason.OWNER_UNHEARD and place.fails(route.target.id):
        reason = Reason.OWNER_LOST
    if reason in (Reason.OWNER_HEALTHY, Reason.OWNER_SILENT):  # never announced to us, so not ours to delete
        return delete_dead(place, route)
    if must_wait or reason is Reason.OWNER_UNHEARD:
        return place.stays(VerdictKind.YIELD, Reason.NOT_READY if must_wait else reason)
    if reason is Reason.OWNER_LOST and place.state.is_suppressed:
        return place.stays(VerdictKind.YIELD, Reason.DAMPED)
    if _may_be_taken(place, found):
        return place.stays(VerdictKind.YIELD, Reason.HANDOVER, _UNSETTLED)
    return withdraw(place, route, reason if reason is Reason.OWNER_LOST else Reason.WITHDRAWN)
