"""Finds the best path for a place, the interface it leads to, and the result for each other path.

A path of this host leads to one of its interfaces (`choose_interface`), a peer's path to the interface with the address
of its next hop. Paths that lead to no interface, or to a host that does not serve, are excluded (`Exclusion`).
`bgp.best` compares the others: first this host's own paths, then the best of these with the paths of peers. The verdict
follows in `verdict`, or in `verdict_by_best_path` if paths of peers count.
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
    """Why a path is not compared with the others. `policy.explain` has the words."""

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
    """A path that can be installed, and the interface that its route would point at."""

    offer: Offer
    interface: Interface


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an offered path cannot be installed."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A path that is not compared, and why. `interface`: the one it leads to, None if unknown."""

    offer: Offer
    why: Exclusion | Unusable
    interface: Interface | None = None


@dataclass(frozen=True, slots=True)
class BestPath:
    """The best path for a place, and the result for each other path.

    `best`: None if there is none. `by`: the step at which it won.
    `lost`: the other compared paths, each with the step at which it lost, to `best` or (own paths) to `own`.
    `own`: the best of this host's own paths, or why none of them can be installed; None if it has none.
    `peers`: the paths of peers that lead to an interface of this VPC, including excluded ones.
    """

    best: Candidate | None
    by: Step
    lost: tuple[tuple[Candidate, Step], ...]
    excluded: tuple[Excluded, ...]
    own: Candidate | Unusable | None
    peers: tuple[Candidate, ...]


def best_path_for(place: Place, offers: Sequence[Offer]) -> BestPath:
    """Compare all offers for the place. Of this host's own paths, only the best competes with those of peers."""
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
    if not (len(fit) == 1 and fit[0] is own):  # otherwise `by` stays the step at which it won among ours
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
    """The interface that the route of an own path points at.

    It is the one with the next hop's address. For `self` it is the rule's `interface`, by default device index 0, on
    the first network card that has a device of this index. For a managed route without `interface` it is the first one
    whose source/destination check is off, as in AWSnycast. Only interfaces in the table's VPC count.

    In a transit gateway's table it is the attachment of our VPC, with our own address. Its `source_dest_check` is set
    if the check is on at all our interfaces.
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
    """The interface with the next hop of a peer's path, or why there is none.

    A next hop that is no interface of the VPC is not resolvable, so its path is excluded (RFC 4271 section 9.1.2.1).
    So is our own path that another speaker sends back.
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
    """The attachment of the VPC with this address: our own, or the one to which the gateway's table routes it."""
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
    """Why traffic would not arrive at this peer, or the peer would not write the route; None if neither is known."""
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
    """The candidates of `before` that are missing in `after`, as excluded."""
    if after is before:
        return []
    left = {id(each) for each in after}
    return [Excluded(each.offer, why, each.interface) for each in before if id(each) not in left]


def _of_other_zones(place: Place, competing: list[Candidate]) -> list[Candidate]:
    """The candidates without hosts of zones that the table avoids, if another zone has one that is no last resort."""
    if not place.policy.avoided_in(place.table):
        return competing
    elsewhere = [each for each in competing if not place.avoids(each.interface)]
    if len(elsewhere) == len(competing) or all(is_last_resort(place, each) for each in elsewhere):
        return competing
    return elsewhere


def is_last_resort(place: Place, candidate: Candidate) -> bool:
    """Whether the path is marked as a last resort: by GRACEFUL_SHUTDOWN, or by a MED of `backup_med` or more."""
    return is_draining(candidate.offer) or med(candidate.offer) >= place.policy.backup_med


def _fit_to_succeed(place: Place, competing: list[Candidate]) -> list[Candidate]:
    """The candidates without backup paths, if the owner drains and a path remains that does not drain.

    A backup path must not take the route of a draining owner. The owner's path and other draining ones stay.
    """
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
    """The best candidate, the step at which it won, and id(offer) -> the step at which each other one lost.

    `with_peers`: also compare the zone and the address of the announcer.
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
        # The announcer's own address is the same for all instances, unlike the address or id of a session.
        address = by_offer[id(offer)].interface.address
        return int(address) if address is not None else -1

    if with_peers:
        best = best_path(offers, is_incumbent, is_near=is_near, router_id=router_id)
    else:
        best = best_path(offers, is_incumbent)
    if best is None:
        return None, Step.ONLY, {}
    return by_offer[id(best.offer)], best.reason, {id(offer): step for offer, step in best.lost}
