"""Rows of `bgp2vpc status --json` about paths, routes and accounts, and the line for `systemctl status`. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from bgp2vpc.bgp.best import best_path
from bgp2vpc.bgp.rib import Offer
from bgp2vpc.operator.orders import in_utc
from bgp2vpc.policy.place_state import PlaceState
from bgp2vpc.policy.plan import RouteKey, Verdict
from bgp2vpc.prefix import Prefix
from bgp2vpc.status import PathRow
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.snapshot import Snapshot
from bgp2vpc.vpc_status import AccountRow, RouteRow

NAMED: Final = 3
"""Maximum number of failures named in the headline."""


def path_rows(offers: Mapping[Prefix, Sequence[Offer]]) -> Iterator[PathRow]:
    """Rows for all paths, the best first within a prefix, with the step that decided between a path and the best."""
    for prefix in sorted(offers):
        best = best_path(offers[prefix])
        if best is None:
            continue
        yield _path_row(best.offer, is_best=True, reason=best.reason.value)
        for offer in offers[prefix]:
            if offer is not best.offer and (duel := best_path((best.offer, offer))):
                yield _path_row(offer, is_best=False, reason=duel.reason.value)


def _path_row(offer: Offer, *, is_best: bool, reason: str) -> PathRow:
    attributes = offer.path.attributes
    return PathRow(
        prefix=str(offer.path.prefix),
        next_hop=str(offer.path.next_hop),
        source=offer.source,
        best=is_best,
        reason=reason,
        med=attributes.med,
        local_preference=attributes.local_preference,
        as_path_length=attributes.as_path_length(),
        path_id=offer.path.path_id,
        side=offer.side.value,
        origin=str(attributes.origin),
        as_path=tuple(segment.asns for segment in attributes.as_path),
        communities=(
            *map(str, attributes.communities),
            *map(str, attributes.large_communities),
            *map(str, attributes.extended_communities),
        ),
    )


def route_rows(states: Mapping[RouteKey, PlaceState], holder: Callable[[RouteKey], str]) -> Iterator[RouteRow]:
    """Rows for all verdicts, sorted by table and prefix, with the times of the last change of verdict and target.

    `holder`: the present target of a place's route; empty without a route.
    """
    said = ((key, state.verdict, state.since) for key, state in states.items() if state.verdict is not None)
    for key, verdict, since in sorted(said, key=lambda each: each[0]):
        yield RouteRow(
            **verdict.to_json(),
            since=None if since is None else in_utc(since.verdict),
            target_since=None if since is None else in_utc(since.target),
            has=holder(key) or None,
        )


def account_rows(
    reaches: Mapping[Access, Collection[str]], snapshot: Snapshot, *, is_observed: bool
) -> Iterator[AccountRow]:
    """Rows for all other accounts and regions that rules use."""
    counts = Counter(table.access for table in snapshot.tables.values())
    for access, vpc_ids in reaches.items():
        if access != OWN:
            yield AccountRow(
                account=str(access),
                account_id=access.account_id,
                role_arn=access.role_arn,
                region=access.region,
                vpc_ids=tuple(sorted(vpc_ids)),
                tables=counts[access],
                answers=access not in snapshot.unread if is_observed else None,
            )


def headline(verdicts: Iterable[Verdict] | None, last_cycle: str, failing: Mapping[str, str]) -> str:
    """The state of the daemon in one line: `routes: 2 keep, 1 yield; cycle 12: …; failing: connect (…)`.

    `verdicts`: None if the route tables have not been read yet. `failing`: subject -> code of its last error.
    """
    counts = Counter(verdict.kind.value for verdict in verdicts or ())
    routes = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
    told = ["the route tables have not been read yet" if verdicts is None else f"routes: {routes}", last_cycle]
    named = [f"{subject} ({code})" for subject, code in sorted(failing.items())]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    told += ["failing: " + ", ".join(named[:NAMED] + more)] if named else []
    return "; ".join(filter(None, told))
