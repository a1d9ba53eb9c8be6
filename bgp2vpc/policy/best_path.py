"""Which of the paths for a place is the best, and where it leads: each path that is offered, and how it fared.

A path of this host leads to one of its interfaces (`choose_interface`), one of a peer to the interface that has the
address of its next hop. What leads nowhere, or to a host that does not serve, is not compared (`Exclusion`). The others
are compared by `bgp.best`. Of this host's own paths the best one competes with those of the peers; what follows is for
`verdict` to say, and for `verdict_by_best_path` where the paths of peers count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from bgp2vpc.bgp.best import Step, best_path, is_draining, med
from bgp2vpc.bgp.path import SELF, NextHop
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.place import Place
from bgp2vpc.policy.plan import Reason
from bgp2vpc.policy.rule import ManagedRoute, Rule
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.model import Interface, RouteState, RouteTable, TargetKind, attachment


class Exclusion(Enum):
    """Why a path is not compared with the others. `policy.explain` has the words for each."""

    NOT_ADMITTED = auto()
    SENT_BACK = auto()
    NO_INTERFACE = auto()
    NO_ATTACHMENT = auto()
    UNRESOLVED = auto()
    SOURCE_DEST_CHECK = auto()
    CHECK_FAILS = auto()
    HOST_FAILED = auto()
    BLACKHOLE = auto()
    LATE = auto()
    LAST_RESORT = auto()
    ZONE_AVOIDED = auto()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that can be installed, and the interface it is installed at."""

    offer: Offer
    interface: Interface


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a path that is offered cannot be installed."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A path that is not compared, and why; `interface`: where it leads, as far as that is known."""

    offer: Offer
    why: Exclusion | Unusable
    interface: Interface | None = None


@dataclass(frozen=True, slots=True)
class BestPath:
    """The best path for a place, and the result for each of the others; the verdict follows from it.

    `best`: None if there is none; `by`: the step that made it the best.
    `lost`: the others that were compared, each with the step at which it lost: to the best, or before that to `own`.
    `own`: the best of this host's own paths; or why none of them can be installed; None if it has none.
    `peers`: the paths of peers that lead to an interface of this VPC, excluded ones among them.
    """

    best: Candidate | None
    by: Step
    lost: tuple[tuple[Candidate, Step], ...]
    excluded: tuple[Excluded, ...]
    own: Candidate | Unusable | None
    peers: tuple[Candidate, ...]


def best_path_for(place: Place, offers: Sequence[Offer]) -> BestPath:
    """The best of all paths that are offered for the prefix. Of this host's own ones, the best competes with others."""
    ours: list[Candidate] = []
    unusable: list[tuple[Offer, Unusable]] = []
    peers: list[Candidate] = []
    competing: list[Candidate] = []
    excluded: list[Excluded] = []
    for offer in offers:
        if not place.rule.admits(offer):
            excluded.append(Excluded(offer, Exclusion.NOT_ADMITTED))
        elif offer.side is Side.PEER:
            interface = _interface_of_peer(place, offer)
            if isinstance(interface, Exclusion):
                excluded.append(Excluded(offer, interface))
                continue
            peer = Candidate(offer, interface)
            peers.append(peer)
            if why := _why_excluded(place, interface):
                excluded.append(Excluded(offer, why, interface))
            else:
                competing.append(peer)
        else:
            managed = place.managed if offer.side is Side.CHECK else None
            choice = choose_interface(place.rule, place.table, offer.path.next_hop, place.ours, managed)
            if isinstance(choice, Unusable):
                unusable.append((offer, choice))
            else:
                ours.append(Candidate(offer, choice))
    own, by, steps = _compare(place, ours, with_peers=False)
    if own is not None:
        competing.append(own)
    elsewhere = _of_other_zones(place, competing)
    fit = _fit_to_succeed(place, elsewhere)
    excluded += _left_out(competing, elsewhere, Exclusion.ZONE_AVOIDED)
    excluded += _left_out(elsewhere, fit, Exclusion.LAST_RESORT)
    best = own
    if not (len(fit) == 1 and fit[0] is own):  # else it competes with nobody, and `by` is what it won by among ours
        best, by, lost_to_best = _compare(place, fit, with_peers=True)
        steps |= lost_to_best
    return BestPath(
        best=best,
        by=by,
        lost=tuple((each, steps[id(each.offer)]) for each in (*peers, *ours) if id(each.offer) in steps),
        excluded=(*excluded, *(Excluded(offer, why) for offer, why in unusable)),
        own=unusable[0][1] if own is None and unusable else own,
        peers=tuple(peers),
    )


def choose_interface(
    rule: Rule,
    table: RouteTable,
    next_hop: NextHop,
    interfaces: Sequence[Interface],
    managed: ManagedRoute | None = None,
) -> Interface | Unusable:
    """The interface that has the next hop's address; for `self` the rule's `interface`, or device index 0.

    Where several network cards have a device of that index, it is the first card's.

    A managed route without `interface` points at the first one that may forward (whose source/destination check is
    off), as in AWSnycast. Only interfaces in the table's own VPC count: EC2 refuses every other.

    In a transit gateway's table it is the attachment of our VPC, with our own address; it does not forward if none of
    our interfaces does.
    """
    here = [interface for interface in interfaces if interface.vpc_id == table.vpc_id]
    is_own = next_hop is SELF or rule.next_hop_self or any(next_hop in each.addresses for each in interfaces)
    if table.is_transit and is_own:
        if not here:
            return Unusable(Reason.NO_INTERFACE, f"this VPC has no attachment to {table.vpc_id}")
        in_vpc = [each for each in interfaces if each.subnet_id]
        first = min(in_vpc, key=lambda each: each.position, default=here[0])
        is_checked = bool(in_vpc) and all(each.source_dest_check for each in in_vpc)
        return replace(here[0], addresses=first.addresses, address=first.address, source_dest_check=is_checked)
    if next_hop is not SELF and not rule.next_hop_self:
        by_address = next((i for i in here if next_hop in i.addresses), None)
        if by_address is None:
            return Unusable(
                Reason.NEXT_HOP,
                f"next-hop {next_hop} is no address of this instance in {table.vpc_id}; "
                "announce `next-hop self`, or set next_hop_self: true in the rule",
            )
        return by_address
    if isinstance(rule.interface, str):
        chosen = next((i for i in here if i.subnet_id == rule.interface), None)
    else:
        with_index = (i for i in here if i.device_index == (rule.interface or 0))
        chosen = min(with_index, key=lambda each: each.position, default=None)
        if managed and rule.interface is None:
            chosen = next((i for i in here if not i.source_dest_check), chosen)
    if chosen is None:
        whose = managed.instance_id if managed and managed.instance_id else "this instance"
        wanted = "device index 0" if rule.interface is None else f"interface: {rule.interface}"
        return Unusable(Reason.NO_INTERFACE, f"{whose} has no interface with {wanted} in {table.vpc_id}")
    return chosen


def _interface_of_peer(place: Place, offer: Offer) -> Interface | Exclusion:
    """The interface that the next hop of a peer's path is.

    A next hop that is no interface of the VPC is not resolvable, and its path not considered (RFC 4271 section
    9.1.2.1); nor is our own path, as others send it back.
    """
    address = offer.path.next_hop
    if address is SELF or any(address in interface.addresses for interface in place.snapshot.interfaces):
        return Exclusion.SENT_BACK
    if place.table.is_transit:
        interface = attachment_to(place, address)
    else:
        interface = place.snapshot.neighbor_at(address, place.table.vpc_id)
    if interface is None:
        if not place.snapshot.is_elsewhere(address) or place.table.access in place.snapshot.unread:
            return Exclusion.UNRESOLVED
        return Exclusion.NO_ATTACHMENT if place.table.is_transit else Exclusion.NO_INTERFACE
    return interface


def attachment_to(place: Place, address: IPAddress) -> Interface | None:
    """The attachment of the VPC that has this address: ours, or where the transit gateway's table leads to."""
    own = next((each for each in place.ours if each.vpc_id == place.table.vpc_id), None)
    vpc_ids = {each.vpc_id for each in place.snapshot.interfaces}
    near = next(filter(None, (place.snapshot.neighbor_at(address, each) for each in vpc_ids)), None)
    if own and near:
        return replace(attachment(own.id, own.vpc_id, [address]), source_dest_check=near.source_dest_check)
    route = place.table.longest_match(address)
    if route is None or route.target.kind is not TargetKind.ATTACHMENT or route.state is RouteState.BLACKHOLE:
        return None
    return attachment(route.target.id, place.table.vpc_id, [address])


def _why_excluded(place: Place, interface: Interface) -> Exclusion | None:
    """Why traffic would not arrive at this peer, or the route not be written, as far as we know."""
    route = place.route
    if place.does_not_forward(interface):
        return Exclusion.SOURCE_DEST_CHECK
    if place.fails(interface.id):
        return Exclusion.CHECK_FAILS
    if place.inputs.neighbors.is_failed(interface.addresses):
        return Exclusion.HOST_FAILED
    if route is not None and route.target.id == interface.id:
        return Exclusion.BLACKHOLE if route.state is RouteState.BLACKHOLE else None
    return Exclusion.LATE if interface.id in place.state.late else None


def _left_out(before: list[Candidate], after: list[Candidate], why: Exclusion) -> list[Excluded]:
    """Those that are not left."""
    if after is before:
        return []
    left = {id(each) for each in after}
    return [Excluded(each.offer, why, each.interface) for each in before if id(each) not in left]


def _of_other_zones(place: Place, competing: list[Candidate]) -> list[Candidate]:
    """Without hosts of zones that the table avoids, if one of another zone is no last resort itself."""
    if not place.policy.avoided_in(place.table):
        return competing
    elsewhere = [each for each in competing if not place.avoids(each.interface)]
    if len(elsewhere) == len(competing) or all(is_last_resort(place, each) for each in elsewhere):
        return competing
    return elsewhere


def is_last_resort(place: Place, candidate: Candidate) -> bool:
    """Whether its announcer says so: it leaves, or its service is not well."""
    return is_draining(candidate.offer) or med(candidate.offer) >= place.policy.backup_med


def _fit_to_succeed(place: Place, competing: list[Candidate]) -> list[Candidate]:
    """Without last resorts while the owner drains and a better path is there: no last resort takes its route."""
    if len(competing) < 2:
        return competing
    present = place.route.target.id if place.route else ""
    if not any(is_draining(each.offer) for each in competing if each.interface.id == present):
        return competing
    fit = [
        each
        for each in competing
        if each.interface.id == present or med(each.offer) < place.policy.backup_med or is_draining(each.offer)
    ]
    return fit if any(not is_draining(each.offer) for each in fit) else competing


def _compare(
    place: Place, candidates: Sequence[Candidate], *, with_peers: bool
) -> tuple[Candidate | None, Step, dict[int, Step]]:
    """The best of these, by which step, and id() of each other offer with the step at which it lost to the best.

    `with_peers`: the zone and the address of the announcer count, too.
    """
    if len(candidates) == 1:
        return candidates[0], Step.ONLY, {}
    by_offer = {id(each.offer): each for each in candidates}
    present = place.route.target.id if place.route else ""
    offers = [each.offer for each in candidates]

    def is_incumbent(offer: Offer) -> bool:
        return by_offer[id(offer)].interface.id == present

    def is_near(offer: Offer) -> bool:
        return place.rule.affinity and place.zone != "" and by_offer[id(offer)].interface.zone == place.zone

    def router_id(offer: Offer) -> int:
        # The announcer's own address: unlike a session's address or identifier, all instances see the same one.
        address = by_offer[id(offer)].interface.address
        return int(address) if address is not None else -1

    if with_peers:
        best = best_path(offers, is_incumbent, is_near=is_near, router_id=router_id)
    else:
        best = best_path(offers, is_incumbent)
    if best is None:
        return None, Step.ONLY, {}
    return by_offer[id(best.offer)], best.reason, {id(offer): step for offer, step in best.lost}
