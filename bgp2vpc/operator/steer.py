"""What an operator asks for by hand: which words say it, and what stands until when. Pure; times are Unix seconds."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

LONGEST_REASON: Final = 200
"""Characters: it stands in the log, on the page and in the state file."""
LONGEST: Final = 366 * 86400.0
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd]?)")


class SteerError(Bgp2vpcError):
    """What was asked for cannot be; the message says why."""


class Verb(Enum):
    """What stands for a while. Values are the words of the status and of the state file."""

    HOLD = "hold"
    TAKEOVER = "takeover"


@dataclass(frozen=True, slots=True)
class Steer:
    """Somebody wants this of a prefix. `until` None: until it is ended by hand."""

    verb: Verb
    prefix: Prefix
    by: str
    since: float
    until: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """A row of `steering` in the status, and an entry of the state file. Times in UTC."""
        return steering_row(self.verb.value, self.prefix, self.by, self.reason, self.since, self.until)


def steering_row(
    verb: str, prefix: Prefix | None, by: str, reason: str, since: float, until: float | None
) -> dict[str, Any]:
    """What every row of `steering` has. `prefix` None: everything."""
    return {
        "verb": verb,
        "prefix": None if prefix is None else str(prefix),
        "by": by,
        "reason": reason,
        "since": in_utc(since),
        "until": None if until is None else in_utc(until),
    }


def in_utc(at: float) -> str:
    """ISO 8601, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Steers:
    """All that stands: one of each verb for a prefix. Every method that changes something returns a new value."""

    entries: tuple[Steer, ...] = field(default=())

    def __iter__(self) -> Iterator[Steer]:
        return iter(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def added(self, new: Iterable[Steer]) -> "Steers":
        """With these, in place of what stood for the same verb and prefix."""
        known = {(each.verb, each.prefix): each for each in self.entries}
        for each in new:
            known.pop((each.verb, each.prefix), None)
            known[each.verb, each.prefix] = each
        return Steers(tuple(known.values()))

    def without(self, verb: Verb, prefixes: Collection[Prefix]) -> "Steers":
        """These have ended."""
        return Steers(tuple(each for each in self.entries if each.verb is not verb or each.prefix not in prefixes))

    def prefixes(self, verb: Verb) -> frozenset[Prefix]:
        """Of which prefixes this is wanted."""
        return frozenset(each.prefix for each in self.entries if each.verb is verb)

    def of(self, verb: Verb, prefix: Prefix) -> Steer | None:
        """What stands there."""
        return next((each for each in self.entries if each.verb is verb and each.prefix == prefix), None)

    def until(self, now: float) -> "Steers":
        """Those whose time is not over."""
        return Steers(tuple(each for each in self.entries if each.until is None or each.until > now))


def read_steer(entry: dict[str, Any]) -> Steer:
    """What `to_json` wrote. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
    until = entry["until"]
    return Steer(
        Verb(entry["verb"]),
        parse_prefix(entry["prefix"]),
        str(entry["by"]),
        datetime.fromisoformat(entry["since"]).timestamp(),
        None if until is None else datetime.fromisoformat(until).timestamp(),
        str(entry["reason"]),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """The words behind a verb: what it is about, for how many seconds, and why."""

    subjects: tuple[str, ...]
    seconds: float | None = None
    reason: str = ""


def read_order(words: Sequence[str]) -> Order:
    """`SUBJECT… [for DURATION] [reason TEXT…]`. Raises SteerError."""
    end = next((at for at, word in enumerate(words) if word in ("for", "reason")), len(words))
    subjects, rest = tuple(words[:end]), list(words[end:])
    seconds = None
    if rest[:1] == ["for"]:
        if len(rest) < 2 or rest[2:3] not in ([], ["reason"]):
            raise SteerError("expected: SUBJECT... [for DURATION] [reason TEXT]")
        seconds = parse_duration(rest[1])
        rest = rest[2:]
    return Order(subjects, seconds, checked_reason(" ".join(rest[1:])))


def checked_reason(text: str) -> str:
    """`text` on one line. Raises SteerError if it is too long."""
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON:
        raise SteerError(f"the reason is longer than {LONGEST_REASON} characters")
    return reason


def parse_duration(text: str) -> float:
    """`90`, `90s`, `30m`, `2h`, `1d`: seconds. Raises SteerError."""
    found = _DURATION.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= LONGEST:
        raise SteerError(
            f"'{text[:40]}' is no duration: expected a number of s, m, h or d, such as 30m; a year at most"
        )
    return seconds


def read_prefixes(words: Iterable[str]) -> frozenset[Prefix]:
    """The prefixes that a user wrote. Raises SteerError."""
    try:
        return frozenset(map(parse_prefix, words))
    except PrefixError as error:
        raise SteerError(str(error)) from error
