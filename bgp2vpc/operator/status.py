"""The daemon's state as the values that `bgp2vpc status --json` prints. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bgp2vpc.bgp.best import best_path
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.operator.steer import in_utc
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import Key, Verdict
from bgp2vpc.prefix import Prefix

SCHEMA: Final = 1
"""Of the status: goes up when a key goes away or changes its meaning. New keys may come at any time."""
VERDICTS: Final = {True: "healthy", False: "unhealthy", None: "no verdict yet"}
"""The verdict of a health check in words."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source: `kind` and `state` are the words shown; `detail` what else there is to say about a script."""

    name: str
    kind: str
    state: str
    paths: int
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The contract, and the details beside it."""
        return {"name": self.name, "kind": self.kind, "state": self.state, "paths": self.paths, **self.detail}


def paths_json(offers: Mapping[Prefix, Sequence[Offer]]) -> list[dict[str, Any]]:
    """Every path, best first within its prefix, with the step that decided between it and the best one."""
    return [row for prefix in sorted(offers) for row in _paths_of(offers[prefix])]


def _paths_of(offers: Sequence[Offer]) -> Iterator[dict[str, Any]]:
    best = best_path(offers)
    if best is None:
        return
    yield _path_json(best.offer, is_best=True, reason=best.reason.value)
    for offer in offers:
        if offer is not best.offer and (duel := best_path((best.offer, offer))):
            yield _path_json(offer, is_best=False, reason=duel.reason.value)


def _path_json(offer: Offer, *, is_best: bool, reason: str) -> dict[str, Any]:
    attributes = offer.path.attributes
    return {
        "prefix": str(offer.path.prefix),
        "next_hop": str(offer.path.next_hop),
        "source": offer.source,
        "best": is_best,
        "reason": reason,
        "med": attributes.med,
        "local_preference": attributes.local_preference,
        "as_path_length": attributes.as_path_length(),
        "path_id": offer.path.path_id,
        "side": offer.side.value,
        "origin": str(attributes.origin),
        "as_path": [list(segment.asns) for segment in attributes.as_path],
        "communities": [
            *map(str, attributes.communities),
            *map(str, attributes.large_communities),
            *map(str, attributes.extended_communities),
        ],
    }


def routes_json(states: Mapping[Key, PlaceState]) -> list[dict[str, Any]]:
    """Every verdict, by table and prefix; since when it is so, and since when the route has its target, in UTC."""
    said = ((key, state.verdict, state.since) for key, state in states.items() if state.verdict is not None)
    return [
        {
            **verdict.to_json(),
            "since": in_utc(since.verdict) if since else None,
            "target_since": in_utc(since.target) if since else None,
        }
        for _, verdict, since in sorted(said, key=lambda each: each[0])
    ]


NAMED = 3
"""Failures that a headline names."""


def headline(verdicts: Iterable[Verdict] | None, last_cycle: str, failing: Mapping[str, str]) -> str:
    """The daemon in one line, for `systemctl status`: `routes: 2 keep, 1 yield; cycle 12: …; failing: connect (…)`.

    `verdicts` None: EC2 has not been heard yet. `failing`: what does not work, and the code of its last error.
    """
    counts = Counter(verdict.kind.value for verdict in verdicts or ())
    routes = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
    told = ["EC2 has not answered yet" if verdicts is None else f"routes: {routes}", last_cycle]
    named = [f"{subject} ({code})" for subject, code in sorted(failing.items())]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    told += ["failing: " + ", ".join(named[:NAMED] + more)] if named else []
    return "; ".join(filter(None, told))
