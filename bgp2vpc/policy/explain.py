"""Why a place is as it is: the facts behind a decision, from the very functions that decide. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.best import Step
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.policy.contest import Skipped, best_of, resolved, skipped
from bgp2vpc.policy.decide import Ruled, decide_one, place_of
from bgp2vpc.policy.fib import Offered, Unusable, desired, own_choices
from bgp2vpc.policy.place import Place, Policy
from bgp2vpc.policy.plan import Change, Verdict
from bgp2vpc.policy.wish import Wish
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Interface, Route, Snapshot


@dataclass(frozen=True, slots=True)
class Candidate:
    """One path, and how it fared. `interface_id` empty: none of this VPC.

    Exactly one of these is told: `skipped`, why it was not considered; `won_by`, by which step it is the best one;
    `lost_by`, at which step it lost to the best one.
    """

    offer: Offer
    interface_id: str = ""
    skipped: str = ""
    won_by: Step | None = None
    lost_by: Step | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One (table, prefix). `covered_by`: what of the rule is about the prefix, and where it is written."""

    table_id: str
    rule: str
    takeover: str
    covered_by: str
    where: str
    candidates: tuple[Candidate, ...]
    route: Route | None
    verdict: Verdict | None
    change: Change | None


def explain(ruled: Ruled, prefix: Prefix, snapshot: Snapshot, wish: Wish, policy: Policy) -> Explanation | None:
    """What is decided about this place now, and from what. None if no rule is about the prefix in this table."""
    place = place_of(ruled, prefix, snapshot, wish, policy)
    if place is None:
        return None
    covered_by, where = place.rule.covered_by(prefix)
    verdict, change = decide_one(ruled, prefix, snapshot, wish, policy) or (None, None)
    return Explanation(
        table_id=ruled.table.id,
        rule=place.rule.name,
        takeover=place.rule.takeover_of(prefix).value,
        covered_by=covered_by,
        where=where,
        candidates=tuple(_candidates(place, wish.offers.get(prefix, ()))),
        route=place.route,
        verdict=verdict,
        change=change,
    )


def _candidates(place: Place, offers: Sequence[Offer]) -> list[Candidate]:
    present = place.route.target if place.route else None
    own = desired(place.rule, place.table, offers, place.ours, present)
    own_paths = own_choices(place.rule, place.table, offers, place.ours)
    usable = [Offered(offer, choice) for offer, choice in own_paths if isinstance(choice, Interface)]
    peers, out = _peers(place, offers)
    out += [Candidate(offer, skipped=choice.detail) for offer, choice in own_paths if isinstance(choice, Unusable)]
    # As in the contest: of this host's own paths, the best one competes.
    competing = [*peers, own] if isinstance(own, Offered) else peers
    best = best_of(place, competing)
    if best is None:
        return out
    winner = next(each for each in competing if each.offer is best.offer)
    against = competing if len(competing) > 1 or winner.offer.side is Side.PEER else usable
    by = best_of(place, against)
    found = [Candidate(winner.offer, winner.interface.id, won_by=by.reason if by else None)]
    for each in (*peers, *usable):
        if each.offer is not winner.offer:
            first = own if isinstance(own, Offered) and each in usable and each.offer is not own.offer else winner
            duel = best_of(place, [first, each])
            found.append(Candidate(each.offer, each.interface.id, lost_by=duel.reason if duel else None))
    return found + out


def _peers(place: Place, offers: Sequence[Offer]) -> tuple[list[Offered], list[Candidate]]:
    """The paths of peers that are considered, and the other ones, and those of this host that do not count here."""
    considered: list[Offered] = []
    out: list[Candidate] = []
    for offer in offers:
        if not place.rule.admits(offer):
            out.append(Candidate(offer, skipped=_not_admitted(place, offer)))
        elif offer.side is Side.PEER:
            interface = resolved(place, offer)
            if isinstance(interface, Skipped):
                out.append(Candidate(offer, skipped=interface.value))
            elif reason := skipped(place, Offered(offer, interface)):
                out.append(Candidate(offer, interface.id, reason.value))
            else:
                considered.append(Offered(offer, interface))
    return considered, out


def _not_admitted(place: Place, offer: Offer) -> str:
    match offer.side:
        case Side.PEER:
            return f"what peers announce counts with takeover: best_path only, and this is {_takeover(place)}"
        case Side.CHECK:
            return "health checks count where manage_routes binds the prefix to them"
        case Side.LOCAL:
            return "the rule manages the prefix, and accepts it from no script or client"


def _takeover(place: Place) -> str:
    return place.rule.takeover_of(place.prefix).value
