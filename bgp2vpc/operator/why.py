"""`bgp2vpc why PREFIX`: the facts about a prefix, and the sentences that explain them. Pure; times are Unix seconds.

`explaining` gathers the facts, `why_json` renders them as JSON. The page of a prefix uses `lines(facts, ages=False)`,
whose text does not change merely with time.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bgp2vpc.ages import age
from bgp2vpc.bgp.best import Step
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.names import STATIC
from bgp2vpc.operator.orders import in_utc
from bgp2vpc.policy.explain import REASONS, SEEN_AT_POLL, VERDICTS, ExplainedPath, Explanation, covering_words
from bgp2vpc.policy.place_state import Failure, Since
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, RouteState


@dataclass(frozen=True, slots=True)
class Announcer:
    """A source that offers the prefix. `line`: its announcement. `at`: when it came, None if unknown.

    `stale_for`: seconds until the path is removed because its session has ended; None if the path is not stale.
    `as_drained`: the announcement that counts instead while the prefix drains, empty if it is withdrawn; None if the
    prefix does not drain.
    """

    source: str
    kind: str
    line: str
    at: float | None
    stale_for: float | None = None
    as_drained: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A source that no longer offers the prefix since `at`, or withdrew it then without an earlier announcement.

    `how`: why its path was removed; empty if the source withdrew it. `line`: the announcement; empty for a peer's, or
    if there was none.
    """

    source: str
    kind: str
    at: float
    how: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """A health check that a managed route depends on. `state`: as in the status. `since`: None before a verdict.

    `reason`: why the last probe was not healthy. `unknown_since`: since when results are unknown, None if they are not.
    """

    name: str
    state: str
    since: float | None = None
    reason: str = ""
    unknown_since: float | None = None


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule. `accepts`: all that it accepts or manages; `where`: FILE:LINE of the first entry.

    `covered_by`: the entry that matches the prefix, `covered_at`: its FILE:LINE; both empty if none does. `tables`: the
    tables that it finds. `source`: if the prefix is managed, the source that offers it, depending on `checks`.
    """

    name: str
    accepts: str
    where: str
    covered_by: str = ""
    covered_at: str = ""
    tables: tuple[str, ...] = ()
    source: str = ""
    checks: tuple[BoundCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A prefix list of which the prefix is or would be an entry by this rule. `is_entry`: None if unknown.

    `entry`: the matching entry of the rule. `pending`: what is to be written, or why it cannot be; else empty.
    `routes`: (table, the route of the list there or None).
    """

    list_id: str
    name: str
    rule: str
    entry: str
    is_entry: bool | None
    pending: str
    routes: tuple[tuple[str, Route | None], ...]


@dataclass(frozen=True, slots=True)
class WriteTrouble:
    """A write that failed `attempts` times in a row. `ago`, `retry_in`: seconds since the last and to the next one."""

    error: str
    attempts: int
    ago: float
    retry_in: float


def trouble_of(failure: Failure | None, now: float) -> WriteTrouble | None:
    """The failure of the last write at a place; None if it did not fail."""
    if failure is None or failure.error is None:
        return None
    return WriteTrouble(str(failure.error), failure.attempts, now - failure.at, max(failure.not_before - now, 0.0))


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """The facts about one place. `suppressed_for`: seconds, None if it is not suppressed.

    `awaits`: the interface of the peer that is expected to write. `late`: interfaces of peers that have not.
    `is_unread`: the last poll could not read the table, and its routes are those of an earlier one. `health_unread`:
    why the status of the route's owner is not known although the verdict depends on it; empty if it is known.
    """

    why: Explanation
    since: Since | None = None
    trouble: WriteTrouble | None = None
    suppressed_for: float | None = None
    awaits: str | None = None
    late: tuple[str, ...] = ()
    is_unread: bool = False
    health_unread: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts, as of the time `at`.

    `unruled`: (table, route) of routes without a rule. `table`: the requested table, None for all. `tables`: all tables
    that are read. `polled`: the poll interval in words. `entries`: for a prefix list, its size and pending changes, in
    words. `unread`: why EC2 cannot be read at present, empty if it can; `read_at`: when it was last read (ISO 8601).
    `refused`: why the guard has refused the last plan, empty if it has not.
    """

    prefix: Prefix
    at: float
    announcers: tuple[Announcer, ...]
    withdrawals: tuple[Withdrawal, ...]
    steering: tuple[Mapping[str, Any], ...]
    rules: tuple[RuleFacts, ...]
    places: tuple[PlaceFacts, ...]
    unruled: tuple[tuple[str, Route], ...]
    table: str | None = None
    tables: Collection[str] = ()
    polled: str = ""
    observed: bool = True
    noop: bool = False
    lists: tuple[ListFacts, ...] = ()
    entries: str = ""
    unread: str = ""
    read_at: str | None = None
    refused: str = ""

    @property
    def is_anything_known(self) -> bool:
        """Whether there is any fact to report."""
        covered = any(each.covered_by for each in self.rules)
        return bool(self.announcers or self.withdrawals or self.steering or self.unruled or self.places or covered)


# In words


def lines(facts: Facts, *, ages: bool = True) -> list[str]:
    """The sentences, in the order of the flow: announcement, rule, path, route, verdict, write, what comes next.

    `ages`: add to each time how long ago it was.
    """
    return _Words(facts, ages).lines()


class _Words:
    def __init__(self, facts: Facts, ages: bool) -> None:
        self._facts = facts
        self._ages = ages

    def lines(self) -> list[str]:
        facts = self._facts
        return [
            str(facts.prefix),
            *(f"  {line}" for line in self._announced()),
            *(f"  {line}" for line in self._rules()),
            *(line for each in facts.lists for line in self._list(each)),
            *(line for place in facts.places for line in ("", *self._place(place))),
        ]

    def _time(self, at: float) -> str:
        return f"{in_utc(at)} ({age(self._facts.at - at)})" if self._ages else in_utc(at)

    def _announced(self) -> Iterator[str]:
        facts = self._facts
        if facts.entries:
            yield f"its entries: {facts.entries}"
        elif not facts.announcers:
            yield "announced by nobody"
        for each in facts.announcers:
            since = f", since {self._time(each.at)}" if each.at is not None else ""
            yield f"announced by {each.source} ({each.kind}){since}: {each.line}"
            if each.stale_for is not None:
                left = f"{each.stale_for:.0f} s"
                yield f"  its session has ended; the path is removed in {left} unless it is announced again"
            if each.as_drained is not None:
                yield f"  it drains, so this counts instead: {each.as_drained or 'nothing'}"
        for gone in facts.withdrawals:
            who = f"{gone.source} ({gone.kind})"
            if gone.how:
                yield f"announced by {who} until {self._time(gone.at)}: {gone.how}"
            elif gone.line or gone.kind == "peer":
                yield f"withdrawn by {who}, at {self._time(gone.at)}"
            else:
                yield f"withdrawn by {who}, at {self._time(gone.at)}, which had not announced it since our start"
            if gone.line:
                yield f"  its last line: {gone.line}"
        yield from map(_ordered, facts.steering)

    def _rules(self) -> Iterator[str]:
        """The rules for the prefix, their health checks, and why a rule has no place for it."""
        facts = self._facts
        covering = [rule for rule in facts.rules if rule.covered_by]
        for rule in covering:
            where = f" ({rule.covered_at})" if rule.covered_at else ""
            if rule.source:
                how = "without a health check" if rule.source == STATIC else f"announced while {rule.source} is healthy"
                yield f"rule {rule.name} manages it{where}, {how}"
                for check in rule.checks:
                    since = f" since {self._time(check.since)}" if check.since is not None else ""
                    at = check.unknown_since
                    unknown = f"; its probes have told nothing since {self._time(at)}" if at is not None else ""
                    why = f": {check.reason}" if check.reason else ""
                    yield f"  check {check.name}: {check.state}{since}{unknown}{why}"
            if facts.observed and rule.name not in {each.rule for each in facts.lists}:
                yield from self._without_place(rule, f"rule {rule.name} is about it, {rule.covered_by}{where}, but")
        yield from self._reads()
        if not covering:
            yield "no rule accepts or manages it, so nothing is ever written for it; rules are:"
            for rule in facts.rules:
                yield f"  {rule.name}: {rule.accepts}{f' ({rule.where})' if rule.where else ''}"
        for table, route in facts.unruled:
            yield f"{table} has a route for it, to {_holder(route)}, but no rule of ours is about that table and prefix"

    def _reads(self) -> Iterator[str]:
        """Whether the route tables are read, so that what follows about them is true."""
        facts = self._facts
        if not facts.observed:
            why = f"; the last try: {facts.unread}" if facts.unread else ""
            yield f"the route tables have not been read yet: nothing is known of any{why}"
            return
        if facts.unread:
            at = f", {self._time(datetime.fromisoformat(facts.read_at).timestamp())}" if facts.read_at else ""
            yield f"EC2 cannot be read now: {facts.unread}"
            yield f"  what follows about routes is as of the last read{at}, and may have changed since"
        if facts.table and facts.table not in facts.tables:
            yield f"{facts.table} is none of the route tables that are read"

    def _list(self, found: ListFacts) -> Iterator[str]:
        name = f" ({found.name})" if found.name else ""
        yield f"  rule {found.rule} keeps it in prefix list {found.list_id}{name}, {found.entry}"
        said = {True: "it is an entry", False: "it is no entry", None: "it is not known whether it is an entry"}
        is_entry = said[found.is_entry]
        yield f"    {is_entry}{f'; {found.pending}' if found.pending else ''}"
        for table, route in found.routes:
            has = "no route" if route is None else f"a route to {_holder(route)}"
            yield f"    {table} has {has} for the list; `bgp2vpc why {found.list_id}` tells more"

    def _without_place(self, rule: RuleFacts, beginning: str) -> Iterator[str]:
        facts = self._facts
        decided = {place.why.table_id: place.why.rule for place in facts.places}
        others = sorted({decided[table] for table in rule.tables if decided.get(table, rule.name) != rule.name})
        if not rule.tables:
            yield f"{beginning} its `find` matches no route table, so it writes nothing"
        elif facts.table and facts.table in facts.tables and facts.table not in rule.tables:
            yield f"{beginning} its `find` does not match {facts.table}"
        elif others:
            yield f"{beginning} an earlier rule decides in some of its tables: {', '.join(others)}"

    def _place(self, place: PlaceFacts) -> Iterator[str]:
        why = place.why
        where = f" ({why.where})" if why.where else ""
        of_account = f" of {why.account}" if why.account else ""
        yield (f"{why.table_id} ({why.table_name})" if why.table_name else why.table_id) + of_account
        settings = f"; {why.settings}" if why.settings else ""
        yield f"  rule {why.rule} matches it: {why.covered_by}{where}; takeover: {why.takeover}{settings}"
        for each in why.paths:
            yield f"  {_path(each)}"
        if not why.paths:
            yield "  no path competes"
        route, since = why.route, place.since
        if route is None:
            yield "  the table has no route for it"
        else:
            before = "before " if since is not None and since.found else ""
            when = f", since {before}{self._time(since.target)}" if since is not None else ""
            yield f"  the table has a route to {_holder(route)}{when}"
        if place.is_unread:
            yield "  the last poll could not read this table: its routes are those of an earlier one"
        yield from _other_routes(why)
        yield from self._verdict(place)
        if place.trouble is not None:
            yield f"  the last write failed: {place.trouble.error}"
            times = "once" if place.trouble.attempts == 1 else f"{place.trouble.attempts} times in a row"
            yield f"    {times}, {place.trouble.ago:.0f} s ago; tried again in {place.trouble.retry_in:.0f} s"
        if place.suppressed_for is not None:
            yield f"  suppressed: route flapping; free in {place.suppressed_for:.0f} s if nothing moves until then"
        if place.awaits is not None:
            yield f"  {place.awaits} is expected to write here"
        for each_late in place.late:
            yield f"  {each_late} was expected to write here, and has not: it is passed over for a minute"
        if why.next:
            is_seen_at_poll = why.verdict is not None and why.verdict.reason in SEEN_AT_POLL
            polled = f"; EC2 is polled {self._facts.polled}" if self._facts.polled and is_seen_at_poll else ""
            yield f"  next: {why.next}{polled}"

    def _verdict(self, place: PlaceFacts) -> Iterator[str]:
        verdict, change, route = place.why.verdict, place.why.change, place.why.route
        if verdict is None and route is not None and route.state is RouteState.BLACKHOLE:
            yield (
                "  there is nothing to do: we have no path for it, and the rule does not delete this black hole "
                "(dead_routes); it drops traffic that a wider route would carry"
            )
            return
        if verdict is None:
            yield "  there is nothing to do: we have no path for it, and the table no route of ours"
            return
        since = f", since {self._time(place.since.verdict)}" if place.since is not None else ""
        kind, reason = VERDICTS[verdict.kind], REASONS[verdict.reason]
        yield f"  {verdict.kind.value} ({verdict.reason.value}{since}): {kind}: {reason}"
        if verdict.detail:
            yield f"    {verdict.detail}"
        if place.health_unread:
            yield f"    but whether its owner is impaired or gone is not known: {place.health_unread}"
        if change is not None:
            yield f"  to be written: {change}{' (noop: it is not)' if self._facts.noop else ''}"
            if self._facts.refused and not change.is_withdrawal:
                yield f"    but the plan was refused: {self._facts.refused}"


def _ordered(row: Mapping[str, Any]) -> str:
    if row["verb"] == "avoid-zone":
        where = f"{row['reason']} are a last resort in {row['route_table_id']}"
        return f"hosts of {where}, by {row['by']}, since {row['since']}"
    what = {"hold": "held", "takeover": "to be taken over", "drain": "drained"}[row["verb"]]
    reason = f" ({row['reason']})" if row["reason"] else ""
    return f"{what} by {row['by']}{reason}, since {row['since']}, until {row['until'] or 'it is ended by hand'}"


def _other_routes(why: Explanation) -> Iterator[str]:
    """The other route of the table for the prefix: a propagated one, or the covering route."""
    if why.propagated is not None:
        yield f"  it has a propagated route to {_holder(why.propagated)}; a static one wins over it"
    elif why.covering is not None:
        yield f"  {covering_words(why.covering)}, which has the traffic {'without it' if why.route else 'now'}"


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
    whose = route.instance_id or route.vpc_id
    owner = f" of {whose}" if whose and route.target.id != whose else ""
    return f"{route.target}{owner} ({route.state.value})"
