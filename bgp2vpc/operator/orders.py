"""Orders with a lasting effect: holds, takeovers and drains. Pure; times are Unix seconds.

| order      | effect                                                         | ends by itself         | a restart |
|------------|----------------------------------------------------------------|------------------------|-----------|
| `hold`     | no route of the prefix is written, whatever else is wanted     | after its time, if any | survives  |
| `takeover` | this instance takes the routes of the prefix from any other    | when done; after 30 s  | ends it   |
| `drain`    | the prefix is announced as a last resort, and later not at all | after its time, if any | survives  |

A drain caused by SIGTERM ends with the daemon. A drain caused by instance metadata or a tag of this instance ends when
the notice or tag is gone.

The second half of the file parses the words after a verb: subjects, durations and prefixes.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from bgp2vpc.bgp.export import Draining, PrefixSet
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.operator.verbs import About, Instruction, Verb
from bgp2vpc.prefix import Prefix, PrefixError, parse_destination, parse_prefix

LONGEST_REASON: Final = 200
"""Maximum number of characters of a reason, which is shown in log and page and saved in the state file."""
LONGEST: Final = 366 * 86400.0
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd]?)")


class OrderError(Bgp2vpcError):
    """A refused order; the text says why."""


class OrderKind(Enum):
    """The kind of an order; the values are the words of the status and of the state file."""

    HOLD = "hold"
    TAKEOVER = "takeover"
    DRAIN = "drain"


class Cause(Enum):
    """The cause of a drain; the values are the words of the status and of the state file. CLI: a person."""

    CLI = "cli"
    LIFECYCLE = "lifecycle"
    TAG = "tag"
    SIGTERM = "sigterm"


class Phase(Enum):
    """The phase of a drain: announced as a last resort, or withdrawn."""

    DRAINING = "draining"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class Order:
    """An order for a prefix, or (None, drains only) for everything. `until`: None if it lasts until ended by hand.

    `who`: the person or process that gave it. The last three fields are for drains. `withdraws` False: the prefix stays
    announced as a last resort until the drain ends.
    """

    kind: OrderKind
    prefix: Prefix | None
    since: float
    who: str = ""
    reason: str = ""
    until: float | None = None
    cause: Cause = Cause.CLI
    phase: Phase = Phase.DRAINING
    withdraws: bool = True

    @property
    def key(self) -> "OrderKey":
        """The key of the order; at most one order is in force for each key."""
        return self.kind, self.cause, self.prefix

    def to_row(self) -> dict[str, Any]:
        """A row of `steering` in the status; for a hold, also its entry in the state file. Times in UTC."""
        return {
            "verb": self.kind.value,
            "prefix": None if self.prefix is None else str(self.prefix),
            "by": self.who or self.cause.value,
            "reason": self.reason,
            "since": in_utc(self.since),
            "until": utc_or_none(self.until),
        }

    def to_leaving(self) -> dict[str, Any]:
        """The row of a drain in `leaving` of the status, which is also its entry in the state file."""
        return {
            "prefix": None if self.prefix is None else str(self.prefix),
            "state": self.phase.value,
            "since": in_utc(self.since),
            "until": utc_or_none(self.until),
            "by": self.cause.value,
            "who": self.who,
            "reason": self.reason,
            "withdraws": self.withdraws,
        }


OrderKey = tuple[OrderKind, Cause, Prefix | None]


def read_hold(entry: dict[str, Any]) -> Order:
    """Parse a hold written by `to_row`. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
    if OrderKind(entry["verb"]) is not OrderKind.HOLD:
        raise ValueError(f"{entry['verb']!r} is no hold")
    return Order(
        OrderKind.HOLD,
        parse_destination(entry["prefix"]),
        datetime.fromisoformat(entry["since"]).timestamp(),
        str(entry["by"]),
        str(entry["reason"]),
        _read_time(entry["until"]),
    )


def read_drain(entry: dict[str, Any]) -> Order:
    """Parse a drain written by `to_leaving`, also of versions without `who` and `until`. Raises as `read_hold`."""
    return Order(
        OrderKind.DRAIN,
        None if entry["prefix"] is None else parse_prefix(entry["prefix"]),
        datetime.fromisoformat(entry["since"]).timestamp(),
        str(entry.get("who", "")),
        str(entry["reason"]),
        _read_time(entry.get("until")),
        Cause(entry["by"]),
        Phase(entry["state"]),
        bool(entry["withdraws"]),
    )


def _read_time(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def in_utc(at: float) -> str:
    """The Unix time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def utc_or_none(at: float | None) -> str | None:
    """`in_utc`, and None for None."""
    return None if at is None else in_utc(at)


def prefixes_of(orders: Iterable[Order]) -> PrefixSet:
    """The prefixes of these orders; everything if one of them is for everything."""
    named = [each.prefix for each in orders]
    return PrefixSet(frozenset(each for each in named if each is not None), everything=None in named)


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders in force, one for each key. Immutable: methods return a new value."""

    entries: tuple[Order, ...] = field(default=())

    def __iter__(self) -> Iterator[Order]:
        return iter(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def added(self, new: Iterable[Order]) -> "Orders":
        """These orders and the new ones, each of which replaces the one with its key.

        A drain already in force keeps its start and phase unless `withdraws` changes; `until`, `who` and `reason` are
        those of the new order, if `until` or `who` differ.
        """
        known = {each.key: each for each in self.entries}
        for each in new:
            before = known.get(each.key)
            if each.kind is not OrderKind.DRAIN or before is None or each.withdraws != before.withdraws:
                known[each.key] = each
            elif (each.until, each.who) != (before.until, before.who):
                known[each.key] = replace(each, since=before.since, phase=before.phase)
        return Orders(tuple(known.values()))

    def without(self, ended: Iterable[Order]) -> "Orders":
        """The orders except these."""
        gone = frozenset(ended)
        return Orders(tuple(each for each in self.entries if each not in gone))

    def of(self, kind: OrderKind) -> "Orders":
        """The orders of this kind."""
        return Orders(tuple(each for each in self.entries if each.kind is kind))

    def about(self, prefixes: Collection[Prefix]) -> "Orders":
        """The orders for exactly these prefixes."""
        return Orders(tuple(each for each in self.entries if each.prefix in prefixes))

    def until(self, now: float) -> "Orders":
        """The orders whose time is not over at `now`."""
        return Orders(tuple(each for each in self.entries if each.until is None or each.until > now))

    def deadlines(self) -> dict[OrderKey, float]:
        """Key -> Unix time at which the order ends, of the orders that end by themselves."""
        return {each.key: each.until for each in self.entries if each.until is not None}

    def withdrawn(self, keys: Collection[OrderKey]) -> "Orders":
        """The orders with the drains of these keys in the phase DRAINED."""
        return Orders(tuple(replace(each, phase=Phase.DRAINED) if each.key in keys else each for each in self.entries))

    def drains_to_end(self, prefixes: Collection[Prefix]) -> "Orders":
        """The drains of these prefixes (none: all drains), whatever their cause.

        Raises OrderError for a single prefix while everything drains.
        """
        drains = self.of(OrderKind.DRAIN)
        whole = next((each for each in drains if each.prefix is None), None)
        if prefixes and whole is not None:
            names = ", ".join(map(str, sorted(prefixes)))
            raise OrderError(f"everything is {whole.phase.value}, so {names} cannot stay alone; undrain everything")
        return drains.about(prefixes) if prefixes else drains

    def draining(self, backup_med: int) -> Draining:
        """The export policy of all drains."""
        drains = self.of(OrderKind.DRAIN).entries
        last_resort = prefixes_of(each for each in drains if each.phase is Phase.DRAINING)
        drained = prefixes_of(each for each in drains if each.phase is Phase.DRAINED)
        return Draining(last_resort, drained, backup_med)


# Parsing


def split_words(words: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
    """Split `SUBJECT… [for DURATION] [reason TEXT…]` into subjects, duration and reason. Raises OrderError."""
    end = next((at for at, word in enumerate(words) if word in ("for", "reason")), len(words))
    subjects, rest = tuple(words[:end]), list(words[end:])
    duration = ""
    if rest[:1] == ["for"]:
        if len(rest) < 2 or rest[2:3] not in ([], ["reason"]):
            raise OrderError("expected: SUBJECT... [for DURATION] [reason TEXT]")
        duration, rest = rest[1], rest[2:]
    return subjects, duration, " ".join(rest[1:])


def read_instruction(
    verb: Verb, who: str, subjects: Sequence[str], duration: str = "", reason: str = ""
) -> Instruction:
    """Parse an instruction given by `who`. `subjects`: prefixes, or the name of a check. Raises OrderError."""
    if duration and not verb.lasts:
        raise OrderError(f"'for' has no meaning with {verb.name}: this is done at once")
    seconds = parse_duration(duration) if duration else None
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise OrderError(f"the reason is longer than {LONGEST_REASON} characters")
    if verb.about is About.CHECK:
        return Instruction(who, check=" ".join(subjects), reason=reason)
    if verb.about is About.NOTHING and subjects:
        raise OrderError(f"'{' '.join(subjects)[:80]}': there is nothing to name, as this is about everything")
    prefixes = read_prefixes(subjects)
    if verb.about is About.PREFIXES and not (prefixes or verb.everything):
        raise OrderError("of which prefix? Name one, such as 192.0.2.53/32")
    return Instruction(who, prefixes, seconds=seconds, reason=reason)


def parse_duration(text: str) -> float:
    """Parse `90`, `90s`, `30m`, `2h`, `1d` into seconds. Raises OrderError."""
    found = _DURATION.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= LONGEST:
        raise OrderError(
            f"'{text[:40]}' is no duration: expected a number of s, m, h or d, such as 30m; a year at most"
        )
    return seconds


def read_prefixes(words: Iterable[str]) -> frozenset[Prefix]:
    """Parse prefixes or ids of prefix lists. Raises OrderError."""
    try:
        return frozenset(map(parse_destination, words))
    except PrefixError as error:
        raise OrderError(str(error)) from error
