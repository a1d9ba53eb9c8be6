"""Best path between instances: whose path is installed where several announce the same prefix (`takeover: best_path`).

Every instance decides for itself, from what it hears, and comes to the same result as all others that hear the same.

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
| …, failing its remote check, | replace                       | yield                          | nothing           |
| or a black hole              |                               |                                |                   |
| …, no neighbor of ours       | as `if_unhealthy`             | yield                          | nothing           |
| foreign, fallback, local     | as in `routing.diff`          | as it is                       | as in the diff    |

With `write: any` the best path is installed whoever's it is, as if it were ours; and what a neighbor has left behind is
deleted where nobody offers a path.

A peer that is expected to write and does not, within the handover time, is passed over; but while it offers a path,
nothing is deleted before reads would show what it has written meanwhile. The same goes for a peer whose session was
lost just now: it may take the route from an owner that it no longer hears. Until the neighbors have told what they
have (end-of-RIB, RFC 4724 section 2), and while a next hop is being looked up, nothing is taken or deleted.
Where routes move too often, only owners that are certainly not serving lose them (`routing.diff.take`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bgp2vpc.bgp.best import Best, best_path, is_draining, med
from bgp2vpc.bgp.neighbors import Standing
from bgp2vpc.bgp.path import SELF
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.diff import (
    Decision,
    Place,
    diff,
    does_not_forward,
    is_ours,
    is_peer,
    leave,
    take,
    trouble_of_owner,
    withdraw,
)
from bgp2vpc.policy.fib import Offered, Unusable
from bgp2vpc.policy.plan import Reason, VerdictKind
from bgp2vpc.policy.rule import Writes
from bgp2vpc.vpc.model import Interface, Route, RouteState, interface_target


@dataclass(frozen=True, slots=True)
class Contest:
    """Who competes for a place: our own path, if we have one, and those of peers that are interfaces of its VPC.

    `held`: nothing may be taken or deleted yet.
    """

    place: Place
    own: Offered | Unusable | None
    peers: tuple[Offered, ...]
    held: bool

    @property
    def writes_any(self) -> bool:
        """Whether we install the paths of others, too."""
        return self.place.rule.writes is Writes.ANY


def contest(place: Place, own: Offered | Unusable | None, offers: Sequence[Offer]) -> Decision | None:
    """The table above. `own`: this host's best path; `offers`: all there are."""
    peers, unresolved = _peers(place, offers)
    held = place.wish.neighbors_held or unresolved
    return _decided(Contest(place, own, peers, held))


class Skipped(Enum):
    """Why the path of a peer is not considered; values are words for people."""

    SENT_BACK = "it is our own path, sent back by others"
    NO_INTERFACE = "its next hop is no network interface of this VPC"
    UNRESOLVED = "its next hop is still being looked up"
    SOURCE_DEST_CHECK = "source/destination check is on at its network interface"
    CHECK_FAILS = "its host fails the remote health check"
    HOST_FAILED = "its host has failed, as its hold timer or Serf tells"
    BLACKHOLE = "the route to it is a black hole"
    OVERDUE = "its host should have written the route, and has not"


def resolved(place: Place, offer: Offer) -> Interface | Skipped:
    """The interface that the next hop of a peer's path is.

    A next hop that is no interface of the VPC is not resolvable, and its path not considered (RFC 4271 section
    9.1.2.1); nor is our own path, as others send it back.
    """
    address = offer.path.next_hop
    if address is SELF or any(address in interface.addresses for interface in place.snapshot.interfaces):
        return Skipped.SENT_BACK
    interface = place.snapshot.neighbor_at(address, place.table.vpc_id)
    if interface is None:
        return Skipped.NO_INTERFACE if address in place.snapshot.nobody_at else Skipped.UNRESOLVED
    return interface


def _peers(place: Place, offers: Sequence[Offer]) -> tuple[tuple[Offered, ...], bool]:
    """The paths of peers, and whether some next hop has still to be looked up."""
    paths = [offer for offer in offers if offer.side is Side.PEER and place.rule.admits(offer)]
    found = [(offer, resolved(place, offer)) for offer in paths]
    peers = tuple(Offered(offer, each) for offer, each in found if isinstance(each, Interface))
    return peers, any(each is Skipped.UNRESOLVED for _, each in found)


def _decided(here: Contest) -> Decision | None:
    if here.place.is_taken_by_hand and isinstance(here.own, Offered):
        return diff(here.place, here.own)
    considered = [peer for peer in here.peers if skipped(here.place, peer) is None]
    candidates = [*considered, here.own] if isinstance(here.own, Offered) else considered
    candidates = _fit_to_succeed(here.place, candidates)
    best = best_of(here.place, candidates)
    if best is None:
        return _nobody(here)
    winner = next(each for each in candidates if each.offer is best.offer)
    if winner is here.own or here.writes_any:
        return _install(here, winner, best)
    return _leave_to(here, winner, best)


def _fit_to_succeed(place: Place, candidates: list[Offered]) -> list[Offered]:
    """Without the last resorts, where the owner is leaving and somebody is well: these would not take from it."""
    present = place.route.target.id if place.route else ""
    if not any(is_draining(each.offer) for each in candidates if each.interface.id == present):
        return candidates
    fit = [
        each
        for each in candidates
        if each.interface.id == present or med(each.offer) < place.policy.backup_med or is_draining(each.offer)
    ]
    return fit if any(not is_draining(each.offer) for each in fit) else candidates


def skipped(place: Place, peer: Offered) -> Skipped | None:
    """Why traffic would not arrive there, or the route not be written, as far as we know; None: it is considered."""
    interface, route = peer.interface, place.route
    if does_not_forward(place, interface):
        return Skipped.SOURCE_DEST_CHECK
    if place.fails(interface.id):
        return Skipped.CHECK_FAILS
    if place.wish.neighbors.is_failed(interface.addresses):
        return Skipped.HOST_FAILED
    if route is not None and route.target.id == interface.id:
        return Skipped.BLACKHOLE if route.state is RouteState.BLACKHOLE else None
    return Skipped.OVERDUE if interface.id in place.state.late else None


def best_of(place: Place, candidates: Sequence[Offered]) -> Best | None:
    """The best of these for this place."""
    interfaces = {id(each.offer): each.interface for each in candidates}
    present = place.route.target.id if place.route else ""

    def router_id(offer: Offer) -> int:
        # The announcer's own address: the same whoever looks, as a session's address or identifier need not be.
        address = interfaces[id(offer)].address
        return int(address) if address is not None else -1

    def is_near(offer: Offer) -> bool:
        return place.rule.affinity and place.zone != "" and interfaces[id(offer)].zone == place.zone

    return best_path(
        [each.offer for each in candidates],
        lambda offer: interfaces[id(offer)].id == present,
        is_near=is_near,
        router_id=router_id,
    )


# The best path is one that we install


def _install(here: Contest, winner: Offered, best: Best) -> Decision | None:
    place, route = here.place, here.place.route
    if route is not None and winner is not here.own:
        if route.target == interface_target(winner.interface.id):
            return place.stays(VerdictKind.KEEP, Reason.BEST_PATH, _why(winner, best))
        if is_ours(route, place.ours):
            return _taken(here, winner, Reason.BEST_PATH)
    if route is None or not is_peer(route, place.ours):
        return diff(place, winner)
    return _taken(here, winner, _reason_to_take(here, route, winner))


def _taken(here: Contest, winner: Offered, reason: Reason) -> Decision:
    if reason in _NO_REASON:
        return here.place.stays(VerdictKind.YIELD, reason)
    if here.held:
        return here.place.stays(VerdictKind.YIELD, Reason.NOT_READY, f"{reason.value}, but not all is known yet")
    return take(here.place, winner.interface, reason)


_NO_REASON = frozenset((Reason.OWNER_HEALTHY, Reason.OWNER_UNHEARD, Reason.BACKUP_MED))
"""Why a route is not taken."""


def _reason_to_take(here: Contest, route: Route, winner: Offered) -> Reason:
    """Why the route of this owner is taken for the winner; or why not: one of _NO_REASON."""
    place = here.place
    is_backup = med(winner.offer) >= place.policy.backup_med
    if route.state is RouteState.BLACKHOLE:
        return Reason.OWNER_BLACKHOLE
    heard = next((peer for peer in here.peers if peer.interface.id == route.target.id), None)
    if heard and not place.fails(heard.interface.id) and not place.wish.neighbors.is_failed(heard.interface.addresses):
        return _reason_to_beat(place, heard.offer, is_backup=is_backup)
    reason = trouble_of_owner(place, route) or _reason_without_path(place, route)
    # We are known to be unwell, the owner is not known to be worse.
    does_not_announce = reason in (Reason.OWNER_WITHDREW, Reason.OWNER_SILENT, Reason.OWNER_HEALTHY)
    return Reason.BACKUP_MED if is_backup and not does_not_announce else reason


def _reason_to_beat(place: Place, owner: Offer, *, is_backup: bool) -> Reason:
    last_resort = is_draining(owner) or med(owner) >= place.policy.backup_med
    if is_backup and is_draining(owner):
        return Reason.BACKUP_MED  # it leaves, but we are unwell
    return Reason.OWNER_LAST_RESORT if last_resort and not is_backup else Reason.BEST_PATH


def _reason_without_path(place: Place, route: Route) -> Reason:
    """The owner offers us no path: what follows from what we know of it otherwise."""
    match _standing(place, route):
        case Standing.WITHDRAWN:
            return Reason.OWNER_WITHDREW
        case Standing.SILENT:
            # Its write may be seen before its announcement is heard.
            return Reason.OWNER_UNHEARD if place.state.has_moved_lately(place.snapshot.read_at) else Reason.OWNER_SILENT
        case Standing.LOST:
            is_alive = place.rule.remote_check_of(place.prefix) or _has_moved_since_lost(place, route)
            return Reason.OWNER_UNHEARD if is_alive else Reason.OWNER_LOST
        case Standing.UNKNOWN:
            return Reason.OWNER_HEALTHY


def _has_moved_since_lost(place: Place, route: Route) -> bool:
    """Whether somebody has pointed the route at the owner after we lost it: the owner itself, or one who hears it."""
    owner = place.snapshot.neighborhood[route.target.id]
    lost_at = place.wish.neighbors.lost_at(place.prefix, owner.addresses)
    return place.state.has_moved_since(lost_at, place.snapshot.read_at)


def _standing(place: Place, route: Route) -> Standing:
    owner = place.snapshot.neighborhood.get(route.target.id)
    return place.wish.neighbors.standing(place.prefix, owner.addresses) if owner else Standing.UNKNOWN


# The best path is a peer's, which installs it itself


def _leave_to(here: Contest, winner: Offered, best: Best) -> Decision | None:
    place, route, why = here.place, here.place.route, _why(winner, best)
    offered = isinstance(here.own, Offered)
    if route is not None and is_ours(route, place.ours):
        return _leave_ours_to(here, winner, why)
    if not offered:
        return diff(place, here.own)
    if route is not None and not is_peer(route, place.ours):
        return leave(place, route)
    is_due = route is None or _is_due(here, route, winner)
    return place.stays(VerdictKind.YIELD, Reason.PEER_BEST, why, winner.interface.id if is_due else None)


def _is_due(here: Contest, route: Route, winner: Offered) -> bool:
    """Whether the peer is to take this route of somebody else's, as far as we know: else nobody waits for it."""
    if route.target == interface_target(winner.interface.id):
        return False
    return _reason_to_take(here, route, winner) not in _NO_REASON


def _leave_ours_to(here: Contest, winner: Offered, why: str) -> Decision | None:
    """Ours stays until the peer has replaced it, so that there is a route at any time."""
    place, own = here.place, here.own
    if isinstance(own, Offered):
        return place.stays(VerdictKind.KEEP, Reason.PEER_BEST, why, winner.interface.id)
    mistaken = isinstance(own, Unusable) and own.reason is Reason.NO_INTERFACE
    never_deleted = place.managed is not None and place.managed.never_delete
    if mistaken or never_deleted or (own is None and place.leftover_is_kept):
        return diff(place, own)
    if here.held:
        return place.stays(VerdictKind.KEEP, Reason.NOT_READY)
    return place.stays(VerdictKind.KEEP, Reason.HANDOVER, why, winner.interface.id)


def _why(winner: Offered, best: Best) -> str:
    return f"{winner.offer.source} at {winner.interface.id} has the best path: {best.reason.value}"


# There is no path


_UNSETTLED = "a peer may have taken the route, and EC2's reads may not show it yet"


def _nobody(here: Contest) -> Decision | None:
    place, route = here.place, here.place.route
    if route is not None and is_peer(route, place.ours) and here.writes_any and not here.peers:
        return _left_behind(here, route)
    decision = diff(place, here.own)
    if decision is None or decision[1] is None:
        return decision
    if here.held:
        return place.stays(VerdictKind.KEEP, Reason.NOT_READY)
    return place.stays(VerdictKind.KEEP, Reason.HANDOVER, _UNSETTLED) if _may_be_taken(here) else decision


def _may_be_taken(here: Contest) -> bool:
    """Whether a peer may have taken the route, and reads may be too old to show it: a delete would hit its route."""
    place, wish = here.place, here.place.wish
    if here.peers and place.state.is_unsettled:
        return True
    owner = place.snapshot.neighborhood.get(place.route.target.id) if place.route else None
    return any(owner is None or each not in owner.addresses for each in wish.lost.get(place.prefix, ()))


def _left_behind(here: Contest, route: Route) -> Decision | None:
    """We write for others, and the owner of this route has no path any more."""
    place, reason = here.place, _reason_without_path(here.place, route)
    if reason is Reason.OWNER_UNHEARD and place.fails(route.target.id):
        reason = Reason.OWNER_LOST
    if reason in (Reason.OWNER_HEALTHY, Reason.OWNER_SILENT):  # it never was announced to us: not ours to delete
        return None
    if here.held or reason is Reason.OWNER_UNHEARD:
        return place.stays(VerdictKind.YIELD, Reason.NOT_READY if here.held else reason)
    if reason is Reason.OWNER_LOST and place.state.is_damped:
        return place.stays(VerdictKind.YIELD, Reason.DAMPED)
    if _may_be_taken(here):
        return place.stays(VerdictKind.YIELD, Reason.HANDOVER, _UNSETTLED)
    return withdraw(place, route, reason if reason is Reason.OWNER_LOST else Reason.WITHDRAWN)
