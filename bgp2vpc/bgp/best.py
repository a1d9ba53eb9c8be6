"""Best path selection: RFC 4271 section 9.1.2.2, with MED always compared, and nearness and incumbent before router id.

The steps, in order; the first at which two paths differ decides:

1. highest local preference (100 if missing; 0 for a path with GRACEFUL_SHUTDOWN, RFC 8326)
2. shortest AS path
3. lowest origin: igp, egp, incomplete
4. lowest MED (0 if missing), also between different neighboring ASes
5. nearness: an announcer in the route table's availability zone (`affinity: az`), instead of the IGP cost of 9.1.2.2 e
6. the incumbent: the path that the route points at already wins, so that a tie moves no route
7. lowest router id, an unknown one counting as lowest; between instances, the announcer's address (`policy.best_path`)
8. lowest source name and path identifier, only to make the result deterministic
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN
from bgp2vpc.bgp.rib import Offer

DEFAULT_LOCAL_PREFERENCE = 100
DEFAULT_MED = 0


class Step(Enum):
    """The step that decided between two paths; the values are the words shown to people."""

    ONLY = "only path"
    LOCAL_PREFERENCE = "local-preference"
    AS_PATH = "as-path length"
    ORIGIN = "origin"
    MED = "med"
    NEARNESS = "same zone"
    INCUMBENT = "incumbent"
    ROUTER_ID = "router id"
    SOURCE = "source name"


@dataclass(frozen=True, slots=True)
class Best:
    """The best offer, the step at which it beat the second best (`reason`), and the step at which each other `lost`."""

    offer: Offer
    reason: Step
    lost: tuple[tuple[Offer, Step], ...] = ()


def med(offer: Offer) -> int:
    """The MED of an offer; a missing one counts as 0, the best."""
    value = offer.path.attributes.med
    return DEFAULT_MED if value is None else value


def is_draining(offer: Offer) -> bool:
    """Whether the announcer is about to leave (RFC 8326 section 3.1)."""
    return GRACEFUL_SHUTDOWN in offer.path.attributes.communities


def local_preference(offer: Offer) -> int:
    """The local preference of an offer: 100 if missing, 0 if the path has GRACEFUL_SHUTDOWN."""
    if is_draining(offer):
        return 0
    value = offer.path.attributes.local_preference
    return DEFAULT_LOCAL_PREFERENCE if value is None else value


_STEPS: tuple[tuple[Step, Callable[[Offer], Any]], ...] = (
    (Step.LOCAL_PREFERENCE, lambda o: -local_preference(o)),
    (Step.AS_PATH, lambda o: o.path.attributes.as_path_length()),
    (Step.ORIGIN, lambda o: o.path.attributes.origin),
    (Step.MED, med),
)


def router_id(offer: Offer) -> int:
    """The router id in the offer, as a number; -1 if it has none."""
    return int(offer.router_id) if offer.router_id is not None else -1


def _source(offer: Offer) -> tuple[str, int]:
    return offer.source, -1 if offer.path.path_id is None else offer.path.path_id


def _nobody(_: Offer) -> bool:
    return False


def best_path(
    offers: Sequence[Offer],
    is_incumbent: Callable[[Offer], bool] = _nobody,
    *,
    is_near: Callable[[Offer], bool] = _nobody,
    router_id: Callable[[Offer], int] = router_id,
) -> Best | None:
    """The best of `offers`, or None if there are none.

    `is_incumbent`: whether the route points at the offer's announcer. `is_near`: whether that is in the table's zone.
    """
    if not offers:
        return None
    if len(offers) == 1:
        return Best(offers[0], Step.ONLY)
    steps = (
        *_STEPS,
        (Step.NEARNESS, lambda o: not is_near(o)),
        (Step.INCUMBENT, lambda o: not is_incumbent(o)),
        (Step.ROUTER_ID, router_id),
        (Step.SOURCE, _source),
    )
    ranks = [tuple(key(offer) for _, key in steps) for offer in offers]
    best = min(range(len(offers)), key=ranks.__getitem__)
    lost_at = {
        number: next((at for at, (a, b) in enumerate(zip(ranks[best], rank, strict=True)) if a != b), len(steps) - 1)
        for number, rank in enumerate(ranks)
        if number != best
    }
    lost = tuple((offers[number], steps[at][0]) for number, at in lost_at.items())
    return Best(offers[best], steps[max(lost_at.values())][0], lost)  # the second best is the one that lost last
