"""Puts a decision into words: the offered paths, the result for each, the verdict, and what would change it. Pure.

Nothing is decided here: all facts are in the result of `decide_place`. See also `docs/life-of-a-route.md`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bgp2vpc.bgp.best import Step, med
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.names import STATIC
from bgp2vpc.policy.best_path import BestPath, Exclusion, Unusable
from bgp2vpc.policy.decide import Decided
from bgp2vpc.policy.place import Place
from bgp2vpc.policy.plan import Change, Reason, Verdict, VerdictKind
from bgp2vpc.vpc.model import Route

VERDICTS: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.KEEP: "the route stays as it is",
    VerdictKind.CREATE: "a route is created",
    VerdictKind.REPLACE: "the route is pointed elsewhere",
    VerdictKind.DELETE: "the route is deleted",
    VerdictKind.YIELD: "the route is left to others",
    VerdictKind.FOREIGN: "the route is not ours to touch",
    VerdictKind.BLOCKED: "nothing can be written",
}

REASONS: Final[Mapping[Reason, str]] = {
    Reason.ABSENT: "nothing is there, and we have a path",
    Reason.BESIDE_PROPAGATED: "only a propagated route is there; a static one beside it wins over a gateway's",
    Reason.OURS: "it points at us, as it should",
    Reason.SERVED_IN_VPC: "it points at our VPC, and another instance there has the route in the VPC's own tables",
    Reason.LEFTOVER: "it points at us from before our start or reload, and no source has spoken of it yet, or its "
    "health check has no verdict yet",
    Reason.WITHDRAWN: "it is ours, and nobody offers it any more",
    Reason.OTHER_INTERFACE: "it points at another of our interfaces",
    Reason.ALWAYS: "another instance has it, and the rule says takeover: always",
    Reason.OWNER_BLACKHOLE: "another instance has it, and EC2 calls the route a black hole",
    Reason.OWNER_DEAD: "it is a black hole, its owner never comes back, nobody offers it, and the rule says "
    "dead_routes: delete",
    Reason.OWNER_IMPAIRED: "another instance has it, and EC2's status checks call that one impaired",
    Reason.OWNER_GONE: "another instance has it, and EC2 says that it does not run",
    Reason.OWNER_FAILING: "another instance has it, and fails the remote health check",
    Reason.OWNER_HEALTHY: "another instance has it, and there is no evidence against it",
    Reason.BACKUP_MED: "it could be taken, but our path says: use me last (its MED is backup_med or more)",
    Reason.ZONE_AVOIDED: "it could be taken, but the tag of the table makes hosts of our zone a last resort there",
    Reason.TAKEOVER_FOREIGN: "a gateway has it, and the rule says takeover_foreign: true",
    Reason.FOREIGN_TARGET: "it points at something that is no network interface",
    Reason.NEVER_DELETE: "it is ours, nobody offers it any more, and the file says never_delete",
    Reason.FALLBACK: "its fallback is where it points while nobody offers it, and not while we do",
    Reason.BEST_PATH: "this path is the best of all that are heard",
    Reason.OWNER_WITHDREW: "its owner has withdrawn it",
    Reason.OWNER_SILENT: "its owner has told all that it announces, and this is not among it",
    Reason.OWNER_LAST_RESORT: "its owner says itself: use me last",
    Reason.OWNER_ZONE_AVOIDED: "the tag of the table makes hosts of its owner's zone a last resort there",
    Reason.OWNER_LOST: "its owner is not heard any more",
    Reason.OWNER_UNHEARD: "no session with its owner, but it may be alive: by other evidence, or as our link was cut",
    Reason.PEER_BEST: "the path of a peer is better, and the peer writes",
    Reason.HANDOVER: "we have no path any more, and keep the route until the peer has replaced it, for at most 2 s",
    Reason.NOT_READY: "the neighbors have not told all, or a next hop is still being looked up",
    Reason.DAMPED: "the route is flapping",
    Reason.HELD: "an operator holds it",
    Reason.BY_HAND: "an operator wants it here",
    Reason.INSIDE_VPC: "it lies within the VPC's own addresses and is no whole subnet: EC2 would refuse it",
    Reason.NEXT_HOP: "the path names a next hop that is no address of this instance",
    Reason.NO_INTERFACE: "the interface that the rule names does not exist here",
    Reason.SOURCE_DEST_CHECK: "the source/destination check of our interface is on",
    Reason.PREFIX_LIST: "the prefix list cannot be used",
    Reason.IN_PREFIX_LIST: "the route of a prefix list serves it, or will as soon as it is an entry",
}

NEXT: Final[Mapping[Reason, str]] = {
    Reason.OURS: "it stays while it is offered; after that {gone}",
    Reason.BEST_PATH: "it stays while this path is the best",
    Reason.SERVED_IN_VPC: "it stays while any table of the VPC has the route at another instance; after that {gone}",
    Reason.LEFTOVER: "it stays until a source has spoken of it or `restart_time` after our start or reload is over, or "
    "until its health check has a verdict; if nobody offers it then, {gone}",
    Reason.NEVER_DELETE: "it stays until {offered}, or somebody deletes it by hand",
    Reason.FALLBACK: "it is pointed at this instance as soon as {offered}",
    Reason.OWNER_HEALTHY: "it is taken when EC2 calls the route a black hole, or its owner impaired or gone{fails}",
    Reason.OWNER_UNHEARD: "it is taken when EC2 calls the route a black hole, or its owner impaired or gone{fails}",
    Reason.BACKUP_MED: "it is taken as soon as our path has a MED below backup_med",
    Reason.ZONE_AVOIDED: "it is taken when the tag is gone, or EC2 calls the route a black hole, or its owner impaired "
    "or gone{fails}",
    Reason.PEER_BEST: "the peer has or takes the route; this instance does when its path is the best",
    Reason.HANDOVER: "as soon as the peer has taken the route, or its time is over, this is decided again",
    Reason.NOT_READY: "this is decided when all neighbors have sent End-of-RIB, or `startup_hold` is over",
    Reason.DAMPED: "this is decided when the route has not moved for a while",
    Reason.HELD: "this is decided when the hold ends",
    Reason.FOREIGN_TARGET: "it stays until somebody deletes it by hand, or the rule says takeover_foreign: true",
    Reason.INSIDE_VPC: "it is written when a subnet has exactly this CIDR",
    Reason.NEXT_HOP: "it is written when a path names a next hop that is an address of this instance",
    Reason.NO_INTERFACE: "it is written when this instance has such an interface",
    Reason.SOURCE_DEST_CHECK: "it is written, if it is not there, at the first poll after the check was turned off",
    Reason.PREFIX_LIST: "it is written when a poll finds the prefix list as it should be",
    Reason.IN_PREFIX_LIST: "it gets a route of its own when it is no entry of the prefix list any more",
}
"""The condition on which a place with this reason changes. Reasons that are missing here are those of changes.

`{offered}`: the condition that a source offers it. `{gone}`: what follows when none does. `{fails}`: that its owner
fails the remote check, if it has one.
"""

SEEN_AT_POLL: Final = frozenset(
    (
        Reason.OWNER_HEALTHY,
        Reason.OWNER_UNHEARD,
        Reason.FOREIGN_TARGET,
        Reason.INSIDE_VPC,
        Reason.NO_INTERFACE,
        Reason.SOURCE_DEST_CHECK,
    )
)
"""Reasons of verdicts that may change only when a poll of EC2 shows something new."""

EXCLUSIONS: Final[Mapping[Exclusion, str]] = {
    Exclusion.SENT_BACK: "it is our own path, sent back by others",
    Exclusion.NO_INTERFACE: "its next hop is no network interface of this VPC",
    Exclusion.NO_ATTACHMENT: "the transit gateway's table leads to its next hop by no attachment of a VPC",
    Exclusion.UNRESOLVED: "its next hop is still being looked up",
    Exclusion.SOURCE_DEST_CHECK: "source/destination check is on at its network interface",
    Exclusion.CHECK_FAILS: "its host fails the remote health check",
    Exclusion.HOST_FAILED: "its host has failed, as its hold timer or Serf tells",
    Exclusion.BLACKHOLE: "the route to it is a black hole",
    Exclusion.LATE: "its host should have written the route, and has not",
    Exclusion.ZONE_AVOIDED: "the tag of the table makes hosts of its zone a last resort, and another zone has a host",
    Exclusion.LAST_RESORT: "the owner is leaving, and this path says: use me last (its MED is backup_med or more)",
}
"""Why a path is not compared with the others; for Exclusion.NOT_ADMITTED see NOT_ADMITTED."""

NOT_ADMITTED: Final[Mapping[Side, str]] = {
    Side.PEER: "what peers announce counts with takeover: best_path only, and this is {takeover}",
    Side.CHECK: "health checks count where manage_routes binds the prefix to them",
    Side.LOCAL: "the rule manages the prefix, and accepts it from no script or client",
}
"""Why the rule does not use a path."""


def covering_words(route: Route) -> str:
    """The covering route in words."""
    how = "propagated" if route.propagated else "static"
    return f"covered by {route.destination} to {route.target} ({how}, {route.state.value})"


def covering_json(route: Route | None) -> dict[str, Any] | None:
    """The covering route as JSON values; None if there is none."""
    if route is None:
        return None
    return {
        "destination": str(route.destination),
        "target": str(route.target),
        "state": route.state.value,
        "propagated": route.propagated,
    }


@dataclass(frozen=True, slots=True)
class ExplainedPath:
    """One path and its result. `interface_id`: the interface it leads to, empty if that is none of this VPC.

    Exactly one of these is set: `won_by` (the step at which it won), `lost_by` (the step at which it lost) or
    `excluded` (why it was not compared, in words).
    """

    offer: Offer
    interface_id: str = ""
    won_by: Step | None = None
    lost_by: Step | None = None
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one (table, prefix).

    `covered_by`: the entry of the rule that matches the prefix; `where`: its `FILE:LINE`.
    `table_name`: the tag Name. `account`: the table's account or region, empty for our own. `propagated`: the
    propagated route of the same prefix. `covering`: the covering route; None: without a route the traffic is dropped.
    `settings`: the rule's settings for this prefix other than `takeover`; empty if there are none.
    `next`: the condition on which the place changes; empty if a change is to be written now.
    `paths`: the best path, then those that lost, then those that were not compared.
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
    """The Explanation of a decision."""
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
        next="" if change else _next(place, verdict, decided.best_path),
    )


def _next(place: Place, verdict: Verdict | None, found: BestPath) -> str:
    """The condition on which the place changes, if nothing is to be written now."""
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
    if verdict.reason is Reason.OURS and any(each.offer.side is Side.PEER for each, _ in found.lost):
        gone = "the peer with the next best path takes it"
    elif place.settings.never_delete:
        gone = "it stays all the same (never_delete)"
    elif place.settings.fallback:
        gone = f"it is pointed at its fallback {place.settings.fallback}"
    else:
        gone = "it is deleted"
    is_backup = found.best is not None and med(found.best.offer) >= place.policy.backup_med
    if verdict.reason is Reason.OWNER_HEALTHY and is_backup and not place.rule.takes_by_best_path:
        return "it is not taken, whatever happens to its owner, while our path has a MED of backup_med or more"
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
