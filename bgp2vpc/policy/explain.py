"""A decision in words: the paths that were offered for a place, the result for each, and the verdict. Pure.

Nothing is decided here: `decide_place` returns all that is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bgp2vpc.bgp.best import Step
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.names import STATIC
from bgp2vpc.policy.best_path import BestPath, Exclusion
from bgp2vpc.policy.decide import Decided
from bgp2vpc.policy.next_hop import Unusable
from bgp2vpc.policy.place import Place
from bgp2vpc.policy.plan import Change, Verdict
from bgp2vpc.policy.words import EXCLUSIONS, NEXT, NOT_ADMITTED
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

    `table_name`: the tag Name. `account`: whose the table is; empty: ours. `propagated`: the route of the same prefix
    that a gateway has propagated to the table. `covering`: the route that has the traffic while no static route of this
    prefix is there; None: it is dropped.
    `settings`: what the rule says of such routes beyond `takeover`; empty: nothing.
    `next`: what has to happen before the place changes; empty: a change is to be written now.
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
    table_name: str = ""
    account: str = ""
    propagated: Route | None = None
    covering: Route | None = None
    settings: str = ""
    next: str = ""


def explain(decided: Decided) -> Explanation:
    """What was decided about this place, and from what."""
    place = decided.place
    takeover = place.rule.takeover_of(place.prefix).value
    covered_by, where = place.rule.covered_by(place.prefix)
    verdict, change = decided.decision or (None, None)
    settings = ["never_delete"] if place.settings.never_delete else []
    if place.settings.fallback:
        settings.append(f"fallback: {place.settings.fallback}")
    if check := place.remote_check:
        settings.append(f"remote_healthcheck: {check}")
    if zones := place.policy.avoided_in(place.table):
        settings.append(f"last resort by tag: hosts of {' '.join(sorted(zones))}")
    hooks = {"before": place.settings.hooks.before, "after": place.settings.hooks.after}
    if some := [f"{when} {action.value}" for when, programs in hooks.items() for action in programs]:
        settings.append(f"hooks: {', '.join(some)}")
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
        table_name=place.table.tags.get("Name", ""),
        account=place.table.account,
        propagated=place.table.propagated_route(place.prefix),
        covering=place.table.covering_route(place.prefix),
        settings="; ".join(settings),
        next="" if change else _next(place, verdict),
    )


def _next(place: Place, verdict: Verdict | None) -> str:
    """What has to happen before the place changes, where nothing is to be written now."""
    managed = place.managed
    if managed is None:
        offered = "a source of this host announces it"
    else:
        offered = f"{managed.source} is healthy" if managed.source != STATIC else "it is offered again"
    if verdict is None:
        if place.route is not None:
            return f"the route is left to others; this instance competes for it as soon as {offered}"
        who = managed.instance_id if managed and managed.instance_id else "this instance"
        return f"a route to {who} is created as soon as {offered}"
    if place.settings.never_delete:
        gone = "it stays all the same (never_delete)"
    elif place.settings.fallback:
        gone = f"it is pointed at its fallback {place.settings.fallback}"
    else:
        gone = "it is deleted"
    check = place.remote_check
    fails = f", or when its owner fails the remote check {check}" if check else ""
    return NEXT.get(verdict.reason, "").format(offered=offered, gone=gone, fails=fails)


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
