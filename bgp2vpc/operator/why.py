"""`bgp2vpc why PREFIX`: the facts about a prefix, and the sentences that explain them. Pure; times are Unix seconds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgp2vpc.bgp.best import Step
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.operator.orders import in_utc
from bgp2vpc.policy.explain import ExplainedPath, Explanation
from bgp2vpc.policy.place_state import Failure, Since
from bgp2vpc.policy.words import REASONS, VERDICTS
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, RouteState


@dataclass(frozen=True, slots=True)
class Announcer:
    """A source that offers the prefix. `line`: what it said; `at`: when; None: before somebody took note.

    `stale_for`: seconds until the path goes, because its session has ended; None: it has not.
    `as_drained`: the line that counts instead while the prefix drains; empty: none does; None: it does not drain.
    """

    source: str
    kind: str
    line: str
    at: float | None
    stale_for: float | None = None
    as_drained: str | None = None


@dataclass(frozen=True, slots=True)
class WriteTrouble:
    """The last write failed `attempts` times in a row: `error`, seconds ago, and seconds until the next try."""

    error: str
    attempts: int
    ago: float
    retry_in: float


def trouble_of(failure: Failure | None, now: float) -> WriteTrouble | None:
    """What the last write at a place failed with; None if it did not."""
    if failure is None or failure.error is None:
        return None
    return WriteTrouble(str(failure.error), failure.attempts, now - failure.at, max(failure.not_before - now, 0.0))


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """One table. `damped_for`: seconds. `awaits`: the peer that should write here; `late`: those that have not."""

    why: Explanation
    since: Since | None = None
    trouble: WriteTrouble | None = None
    damped_for: float | None = None
    awaits: str | None = None
    late: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known. `rules`: (name, what it accepts, FILE:LINE) of each. `unruled`: (table, route) without a rule.

    `table`: the one that was asked about; None: all.
    """

    prefix: Prefix
    announcers: tuple[Announcer, ...]
    steering: tuple[Mapping[str, Any], ...]
    rules: tuple[tuple[str, str, str], ...]
    places: tuple[PlaceFacts, ...]
    unruled: tuple[tuple[str, Route], ...]
    table: str | None = None
    observed: bool = True
    noop: bool = False

    @property
    def is_anything_known(self) -> bool:
        """Whether there is anything to say."""
        things = any(each.why.verdict or each.why.route for each in self.places)
        return bool(self.announcers or self.steering or self.unruled or things)


# In words


def lines(facts: Facts) -> list[str]:
    """The sentences, in the order of the data: announcement, rule, path, route, verdict, write."""
    return [
        str(facts.prefix),
        *(f"  {line}" for line in _announced(facts)),
        *_not_ruled(facts),
        *(line for place in facts.places for line in ("", *_place(place, facts))),
    ]


def _announced(facts: Facts) -> Iterator[str]:
    if not facts.announcers:
        yield "announced by nobody"
    for each in facts.announcers:
        since = f", since {in_utc(each.at)}" if each.at is not None else ""
        yield f"announced by {each.source} ({each.kind}){since}: {each.line}"
        if each.stale_for is not None:
            yield f"  its session has ended; the path goes in {each.stale_for:.0f} s unless it is said again"
        if each.as_drained is not None:
            yield f"  it drains, so this counts instead: {each.as_drained or 'nothing'}"
    for row in facts.steering:
        what = {"hold": "held", "takeover": "to be taken over", "drain": "drained"}[row["verb"]]
        reason = f" ({row['reason']})" if row["reason"] else ""
        yield f"{what} by {row['by']}{reason}, since {row['since']}, until {row['until'] or 'it is ended by hand'}"


def _not_ruled(facts: Facts) -> Iterator[str]:
    if not facts.observed:
        yield "  EC2 has not answered yet: nothing is known of any route table"
    elif not facts.places:
        where = facts.table or "any route table"
        yield f"  no rule matches it in {where}, so nothing is ever written for it there; rules are:"
        for name, accepts, where in facts.rules:
            yield f"    {name}: {accepts}{f' ({where})' if where else ''}"
    for table, route in facts.unruled:
        yield f"  {table} has a route for it, to {_holder(route)}, but no rule of ours is about that table and prefix"


def _place(place: PlaceFacts, facts: Facts) -> Iterator[str]:
    why = place.why
    where = f" ({why.where})" if why.where else ""
    yield f"{why.table_id}"
    yield f"  rule {why.rule} matches it: {why.covered_by}{where}; takeover: {why.takeover}"
    for each in why.paths:
        yield f"  {_path(each)}"
    if not why.paths:
        yield "  no path competes"
    route, since = why.route, place.since
    if route is None:
        yield "  the table has no route for it"
    else:
        before = "before " if since is not None and since.found else ""
        when = f", since {before}{in_utc(since.target)}" if since is not None else ""
        yield f"  the table has a route to {_holder(route)}{when}"
    yield from _verdict(place, facts)
    if place.trouble is not None:
        yield f"  the last write failed: {place.trouble.error}"
        times = "once" if place.trouble.attempts == 1 else f"{place.trouble.attempts} times in a row"
        yield f"    {times}, {place.trouble.ago:.0f} s ago; tried again in {place.trouble.retry_in:.0f} s"
    if place.damped_for is not None:
        yield f"  suppressed: route flapping; free in {place.damped_for:.0f} s if nothing moves until then"
    if place.awaits is not None:
        yield f"  {place.awaits} is expected to write here"
    for each_late in place.late:
        yield f"  {each_late} was expected to write here, and has not: it is passed over for a minute"


def _path(each: ExplainedPath) -> str:
    # The attributes are shown as in the line of the protocol that announces this path.
    words = announce_line(each.offer.path, "").split()
    at = words.index("next-hop") + 2 if "next-hop" in words else len(words)
    attributes = " ".join((f"next-hop {each.offer.path.next_hop}", *words[at:]))
    to = f" -> {each.interface_id}" if each.interface_id else ""
    path = f"path of {each.offer.source}{to} ({attributes})"
    if each.won_by is Step.ONLY:
        return f"{path}: the only one"
    if each.won_by is not None:
        return f"{path}: the best, by {each.won_by.value}"
    if each.lost_by is not None:
        return f"{path}: lost to the best by {each.lost_by.value}"
    return f"{path}: not considered: {each.excluded}"


def _holder(route: Route) -> str:
    owner = f" of {route.instance_id}" if route.instance_id and route.target.id != route.instance_id else ""
    return f"{route.target}{owner} ({route.state.value})"


def _verdict(place: PlaceFacts, facts: Facts) -> Iterator[str]:
    verdict, change = place.why.verdict, place.why.change
    route = place.why.route
    if verdict is None and route is not None and route.state is RouteState.BLACKHOLE:
        yield (
            "  there is nothing to do: we have no path for it, and the rule does not delete this black hole "
            "(dead_routes); it drops traffic that a wider route would carry"
        )
        return
    if verdict is None:
        yield "  there is nothing to do: we have no path for it, and the table no route of ours"
        return
    since = f", since {in_utc(place.since.verdict)}" if place.since is not None else ""
    yield f"  {verdict.kind.value} ({verdict.reason.value}{since}): {VERDICTS[verdict.kind]}: {REASONS[verdict.reason]}"
    if verdict.detail:
        yield f"    {verdict.detail}"
    if change is not None:
        yield f"  to be written: {change}{' (noop: it is not)' if facts.noop else ''}"


# As JSON


def to_json(facts: Facts) -> dict[str, Any]:
    """What `bgp2vpc why --json` prints."""
    return {
        "schema": 1,
        "prefix": str(facts.prefix),
        "announcers": [
            {
                "source": each.source,
                "kind": each.kind,
                "line": each.line,
                "since": _utc(each.at),
                "stale_for": each.stale_for,
                "as_drained": each.as_drained,
            }
            for each in facts.announcers
        ],
        "steering": list(facts.steering),
        "rules": [{"rule": name, "accepts": accepts, "where": where} for name, accepts, where in facts.rules],
        "tables": [_place_json(each) for each in facts.places],
        "unruled": [{"route_table_id": table, "target": str(route.target)} for table, route in facts.unruled],
        "lines": lines(facts),
    }


def _place_json(place: PlaceFacts) -> dict[str, Any]:
    why, since, trouble = place.why, place.since, place.trouble
    route = why.route
    return {
        "route_table_id": why.table_id,
        "rule": why.rule,
        "covered_by": why.covered_by,
        "where": why.where,
        "takeover": why.takeover,
        "candidates": [_path_json(each) for each in why.paths],
        "route": route
        and {
            "target": str(route.target),
            "owner": route.instance_id,
            "state": route.state.value,
            "since": _utc(since.target) if since else None,
            "found_at_start": since.found if since else None,
        },
        "verdict": why.verdict and why.verdict.to_json(),
        "meaning": why.verdict and REASONS[why.verdict.reason],
        "since": _utc(since.verdict) if since else None,
        "change": why.change and why.change.to_json(),
        "failure": trouble
        and {
            "error": trouble.error,
            "attempts": trouble.attempts,
            "seconds_ago": round(trouble.ago, 1),
            "retry_in": round(trouble.retry_in, 1),
        },
        "damped_for": place.damped_for,
        "awaits": place.awaits,
        "late": list(place.late),
    }


def _path_json(each: ExplainedPath) -> dict[str, Any]:
    attributes = each.offer.path.attributes
    return {
        "source": each.offer.source,
        "side": each.offer.side.value,
        "next_hop": str(each.offer.path.next_hop),
        "interface": each.interface_id or None,
        "med": attributes.med,
        "local_preference": attributes.local_preference,
        "as_path_length": attributes.as_path_length(),
        "best": each.won_by is not None,
        "won_by": each.won_by and each.won_by.value,
        "lost_by": each.lost_by and each.lost_by.value,
        "not_considered": each.excluded or None,
    }


def _utc(at: float | None) -> str | None:
    return None if at is None else in_utc(at)
