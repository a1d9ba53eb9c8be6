"""The items at the top of the page that need an operator's attention, each with a link and the command that mends it.

Similar problems are combined in one item. Pure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final

from bgp2vpc.status import LATE, UNWELL_SOURCES, ScriptRow, Status, SteeringRow, refused_by_exabgp
from bgp2vpc.vpc_status import RouteRow

MEND: Final = "mend with: "
"""The words before a command in the detail of a verdict."""
ENDS: Final = {"hold": "release", "takeover": "release", "drain": "undrain"}
"""The verb that ends an order."""

SHOWN: Final = 10
"""Maximum number of prefixes named in an item."""
NO_TABLE: Final = "since its rules find no route table"


@dataclass(frozen=True, slots=True)
class Item:
    """An item. `words`: the problem, linked to `section` of the page; followed by `prefixes`, each a link, or `name`.

    `is_bad`: False if it may be intended. `detail`: why. `since`, `until`: ISO 8601. `command`: what mends or ends it.
    """

    words: str
    prefixes: Sequence[str] = ()
    name: str = ""
    section: str = ""
    detail: str = ""
    since: str | None = None
    until: str | None = None
    command: str = ""
    is_bad: bool = True


def attention(status: Status, ready: Sequence[str]) -> list[Item]:
    """All items, problems first. `ready`: why the daemon is not ready, empty if it is."""
    items = [Item(f"not ready: {reason}", section="failures") for reason in ready]
    if not status.config.last_reload_successful:
        failed = Item(
            "the last reload failed, and the configuration before it is in use",
            detail="; ".join(status.config.problems[:3]),
            since=status.config.since,
            command=f"bgp2vpc check -f {quote(status.config.file)}",
        )
        items.append(failed)
    items += _not_served(status)
    items += _failing(status)
    for (reason, detail), rows in _alike(status.routes, "blocked").items():
        why, _, command = detail.partition(MEND)
        words = f"blocked in {_count(len(rows), 'place')} ({reason}):"
        items.append(Item(words, _prefixes(rows), section="routes", detail=why.rstrip("; "), command=command))
    items += _checks(status)
    exabgp = status.exabgp
    if exabgp and exabgp.state != "connected":
        detail = exabgp.last_line or "it has logged nothing"
        is_bad = exabgp.state == "down" or bool(exabgp.restarts)  # otherwise it has just been started
        items.append(Item(f"ExaBGP is {exabgp.state}", section="neighbors", detail=detail, is_bad=is_bad))
    if down := [row.address for row in status.neighbors if not row.up]:
        words = f"{_count(len(down), 'BGP session')} down: {', '.join(down[:10])}"
        items.append(Item(words, section="neighbors"))
    items += _orders(status)
    items += _sources(status)
    items += _helpers(status)
    # The following items may be intended.
    if status.not_accepted:
        hint = "add them to `accept` of a rule, or let nobody announce them"
        items.append(Item("announced, and not permitted by any rule:", status.not_accepted, detail=hint, is_bad=False))
    for (_, target), rows in _alike(status.routes, "foreign", lambda row: row.has or "").items():
        words = f"foreign: {target} has the route in {_count(len(rows), 'place')}:"
        hint = "it is no instance, so it is left alone; `takeover_foreign: true` in the rule takes it"
        items.append(Item(words, _prefixes(rows), section="routes", detail=hint, is_bad=False))
    if status.damped:
        flapping = sorted({row.prefix for row in status.damped})
        items.append(Item("suppressed, route flapping:", flapping, is_bad=False))
    return sorted(items, key=lambda item: not item.is_bad)


def _not_served(status: Status) -> Iterator[Item]:
    alike: dict[str, list[str]] = defaultdict(list)
    for row in status.prefixes:
        if row.permitted and not row.is_served:
            where = f"in {row.not_served} of {_count(row.tables, 'table')}" if row.tables else NO_TABLE
            alike[where].append(row.prefix)
    for where, prefixes in alike.items():
        why = f"bgp2vpc plan -f {quote(status.config.file)}" if where is NO_TABLE else f"bgp2vpc why {prefixes[0]}"
        yield Item(f"not served {where}:", prefixes, section="prefixes", command=why)


def _failing(status: Status) -> Iterator[Item]:
    """Items for current failures. Writes that fail with the same code are one item, with the last one's message."""
    places = {f"{row.route_table_id} {row.prefix}": row for row in status.routes}
    messages = {(row.subject, row.code): row for row in status.errors}
    writes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for subject, code in status.failing.items():
        if row := places.get(subject):
            writes[row.verdict, code].append(subject)
            continue
        error = messages.get((subject, code))
        detail = f"{error.message} ({error.consequence})" if error else refused_by_exabgp(subject, code) or code
        since = error.since if error else None
        yield Item(f"failing: {subject}", detail=detail, section="failures", since=since, command=_doctor(status))
    for (verdict, code), subjects in writes.items():
        error = messages.get((subjects[-1], code))
        has = {places[subject].has or "nothing" for subject in subjects}
        held = f"; the tables have {', '.join(sorted(has))}"
        yield Item(
            f"failing: {verdict} in {_count(len(subjects), 'place')} ({code}):",
            sorted({places[subject].prefix for subject in subjects}),
            section="routes",
            detail=(f"{error.message} ({error.consequence})" if error else "") + held,
            since=min((found.since for each in subjects if (found := messages.get((each, code)))), default=None),
            command=_doctor(status),
        )


def _doctor(status: Status) -> str:
    return f"bgp2vpc doctor -f {quote(status.config.file)}"


def _checks(status: Status) -> Iterator[Item]:
    """Items for failing checks. A remote check has a row for each owner, which are combined."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in status.checks:
        if row.state == "unhealthy" or row.unknown_since is not None:
            alike[row.name, "unhealthy" if row.unknown_since is None else "unknown"].append(row.reason)
    for (name, state), reasons in alike.items():
        several = f" at {len(reasons)} addresses" if len(reasons) > 1 else ""
        yield Item(
            f"health check is {state}{several}:",
            name=name,
            section="checks",
            detail=reasons[0],
            command=f"bgp2vpc probe {quote(name)}",
            is_bad=state == "unhealthy",
        )


def _sources(status: Status) -> Iterator[Item]:
    """Items for sources that do not run or whose session has ended, and for refused and noted lines."""
    for row in status.sources:
        unfinished = row.unfinished_line if isinstance(row, ScriptRow) else ""
        detail = f"last exit {row.last_exit}" if isinstance(row, ScriptRow) and row.last_exit else ""
        if row.state in UNWELL_SOURCES:
            words = f"{row.kind} is {row.state}:"
            yield Item(words, name=row.name, section="sources", detail=detail, is_bad=row.state == "backoff")
        if unfinished:
            words = f"{row.kind} has an unfinished line, which counts once its line end has come:"
            yield Item(words, name=row.name, section="sources", detail=unfinished, is_bad=False)
    for refused in status.refused_lines:
        words, detail = (
            f"{_count(refused.count, 'line')} refused, of {refused.kind}",
            f"{refused.reason}: {refused.line}",
        )
        yield Item(words, name=refused.source, section="sources", detail=detail, is_bad=False)
    for noted in status.noted_lines:
        words, detail = f"{noted.reason}; said by {noted.kind}", noted.line
        yield Item(words, name=noted.source, section="sources", detail=detail, is_bad=False)


def _helpers(status: Status) -> Iterator[Item]:
    """Items for the Serf agent, for recipients of notifications, and for a late event loop."""
    if (serf := status.serf) and (serf.down or serf.state != "up"):
        gone = f"gone: {', '.join(serf.down[:SHOWN])}" if serf.down else ""
        yield Item(f"Serf is {serf.state}", section="neighbors", detail=gone, is_bad=serf.state != "up")
    for row in status.notify:
        if row.trouble:
            words = f"notifications fail, {row.waiting} waiting, {row.dropped} dropped:"
            yield Item(words, name=row.recipient, detail=row.trouble)
    if status.lag >= LATE:
        words = f"the event loop was late by up to {status.lag:.2f} s in the last minute: answers and checks, too"
        yield Item(words, is_bad=False)


def _orders(status: Status) -> Iterator[Item]:
    """Items for orders in force. Similar orders are one item, with the time of the first."""
    # Held prefix -> why its traffic is not answered because of the hold; empty if it is answered.
    dead = {row.prefix: "" for row in status.steering if row.verb == "hold" and row.prefix}
    announced = {row.prefix for row in status.paths if row.side != "peer"}
    for route in status.routes:
        # The verdict for a held prefix is keep if the route is ours, else yield.
        if route.prefix in dead and route.verdict == "keep" and route.prefix not in announced:
            dead[route.prefix] = "the route stays at this instance, where nothing announces it any more"
    without = {row.prefix for row in status.routes if not row.has}
    for prefix in without.union(row.prefix for row in status.prefixes if row.not_served).intersection(dead):
        dead[prefix] = "it is not served, and nothing is written while the hold stands"
    alike: dict[tuple[str, bool, str, str | None, str], list[SteeringRow]] = defaultdict(list)
    avoided: dict[tuple[str, str], list[SteeringRow]] = defaultdict(list)
    for row in status.steering:
        if row.route_table_id is not None:
            avoided[row.reason, row.by].append(row)
            continue
        alike[row.verb, row.prefix is None, row.reason, row.until, dead.get(row.prefix or "", "")].append(row)
    for (verb, _, reason, until, why), rows in alike.items():
        prefixes = sorted(row.prefix for row in rows if row.prefix)
        yield Item(
            f"{verb}:" if prefixes else f"{verb} of everything",
            prefixes,
            section="steering",
            detail="; ".join(filter(None, (why, reason))),
            since=min(row.since for row in rows),
            until=until,
            command=" ".join(("bgp2vpc", ENDS[verb], *prefixes[:SHOWN], *(["…"] if len(prefixes) > SHOWN else []))),
            is_bad=bool(why),
        )
    for (zones, by), rows in avoided.items():
        tables = sorted(row.route_table_id for row in rows if row.route_table_id)
        yield Item(
            f"hosts of {zones} are a last resort in {_count(len(tables), 'table')}: {', '.join(tables[:SHOWN])}",
            section="steering",
            detail=by,
            since=min(row.since for row in rows),
            command=f"aws ec2 delete-tags --resources {' '.join(tables[:SHOWN])} --tags Key={by.removeprefix('tag ')}",
            is_bad=False,
        )


def _alike(
    routes: Iterable[RouteRow], verdict: str, by: Callable[[RouteRow], str] = lambda row: row.detail
) -> Mapping[tuple[str, str], Sequence[RouteRow]]:
    """The rows with this verdict, grouped by reason and `by`."""
    alike: dict[tuple[str, str], list[RouteRow]] = defaultdict(list)
    for row in routes:
        if row.verdict == verdict:
            alike[row.reason, by(row)].append(row)
    return alike


def _prefixes(rows: Iterable[RouteRow]) -> Sequence[str]:
    return sorted({row.prefix for row in rows})


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"
