"""A decision in words: the paths that were offered for a place, the result for each, and the verdict. Pure.

Nothing is decided here: `decide_place` returns all that is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bgp2vpc.bgp.best import Step
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.policy.best_path import BestPath, Exclusion
from bgp2vpc.policy.decide import Decided
from bgp2vpc.policy.next_hop import Unusable
from bgp2vpc.policy.plan import Change, Verdict
from bgp2vpc.policy.words import EXCLUSIONS, NOT_ADMITTED
from bgp2vpc.vpc.model import Route


@dataclass(frozen=True, slots=True)
class ExplainedPath:
    """One path, and its result. `interface_id` empty: none of this VPC.

    Exactly one of these is told: `won_by`, by which step it is the best one; `lost_by`, at which step it lost;
    `excluded`, in words, why it was not compared.
    """

    offer: Offer
    interface_id: str = ""
    won_by: Step | None = None
    lost_by: Step | None = None
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One (table, prefix). `covered_by`: what of the rule is about the prefix, and where it is written.

    `paths`: the best one first, then those that lost, then those that were not compared.
    """

    table_id: str
    rule: str
    takeover: str
    covered_by: str
    where: str
    paths: tuple[ExplainedPath, ...]
    route: Route | None
    verdict: Verdict | None
    change: Change | None


def explain(decided: Decided) -> Explanation:
    """What was decided about this place, and from what."""
    place = decided.place
    takeover = place.rule.takeover_of(place.prefix).value
    covered_by, where = place.rule.covered_by(place.prefix)
    verdict, change = decided.decision or (None, None)
    return Explanation(
        table_id=place.table.id,
        rule=place.rule.name,
        takeover=takeover,
        covered_by=covered_by,
        where=where,
        paths=tuple(_paths(decided.best_path, takeover)),
        route=place.route,
        verdict=verdict,
        change=change,
    )


def _paths(found: BestPath, takeover: str) -> Iterator[ExplainedPath]:
    if found.best is not None:
        yield ExplainedPath(found.best.offer, found.best.interface.id, won_by=found.by)
    for each, step in found.lost:
        yield ExplainedPath(each.offer, each.interface.id, lost_by=step)
    for out in found.excluded:
        if isinstance(out.why, Unusable):
            words = out.why.detail
        elif out.why is Exclusion.NOT_ADMITTED:
            words = NOT_ADMITTED[out.offer.side].format(takeover=takeover)
        else:
            words = EXCLUSIONS[out.why]
        yield ExplainedPath(out.offer, out.interface.id if out.interface else "", excluded=words)
