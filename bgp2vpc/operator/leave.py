"""Who wants which prefixes to leave, since when, and how far it has come. Pure; times are Unix seconds."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from bgp2vpc.bgp.export import Draining, PrefixSet
from bgp2vpc.operator.steer import SteerError, in_utc, steering_row
from bgp2vpc.prefix import Prefix, parse_prefix


class By(Enum):
    """Who drains. Values are the words of the status and of the state file."""

    CLI = "cli"
    LIFECYCLE = "lifecycle"
    SIGTERM = "sigterm"


class Phase(Enum):
    """How far it has come: still announced, as a last resort; or withdrawn."""

    DRAINING = "draining"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class Leave:
    """One prefix, or (None) everything, on its way out.

    `withdraws` False: a last resort for as long as it lasts, and never withdrawn. `who`: the person behind `by`, where
    there is one. `until`: when it ends by itself; None: never.
    """

    by: By
    prefix: Prefix | None
    since: float
    reason: str = ""
    phase: Phase = Phase.DRAINING
    withdraws: bool = True
    who: str = ""
    until: float | None = None

    @property
    def key(self) -> "Key":
        """What there is only one of."""
        return self.by, self.prefix

    def covers(self, prefix: Prefix) -> bool:
        """Whether it is about this prefix."""
        return self.prefix is None or self.prefix == prefix

    def to_json(self) -> dict[str, Any]:
        """For `status` and the state file. `prefix` null: everything; `since` in UTC."""
        return {
            "prefix": None if self.prefix is None else str(self.prefix),
            "state": self.phase.value,
            "since": in_utc(self.since),
            "until": None if self.until is None else in_utc(self.until),
            "by": self.by.value,
            "who": self.who,
            "reason": self.reason,
            "withdraws": self.withdraws,
        }

    def to_row(self) -> dict[str, Any]:
        """A row of `steering` in the status."""
        return steering_row("drain", self.prefix, self.who or self.by.value, self.reason, self.since, self.until)


Key = tuple[By, Prefix | None]


@dataclass(frozen=True, slots=True)
class Leaves:
    """All of them. Every method that changes something returns a new value."""

    entries: tuple[Leave, ...] = field(default=())

    def __iter__(self) -> Iterator[Leave]:
        return iter(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def added(self, new: Iterable[Leave]) -> "Leaves":
        """With these, too. What its author drains already goes on as it is, unless it wants another end of it.

        Another time, or person, is noted; how far it has come stays.
        """
        known = {each.key: each for each in self.entries}
        for each in new:
            before = known.get(each.key)
            if before is None or each.withdraws != before.withdraws:
                known[each.key] = each
            elif (each.until, each.who) != (before.until, before.who):
                known[each.key] = replace(each, since=before.since, phase=before.phase)
        return Leaves(tuple(known.values()))

    def without(self, prefixes: Collection[Prefix]) -> "Leaves":
        """These prefixes stay; without any: all do, whoever drains them.

        Raises SteerError where a prefix leaves as a part of everything.
        """
        if not prefixes:
            return Leaves()
        whole = next((each for each in self.entries if each.prefix is None), None)
        if whole is not None:
            names = ", ".join(map(str, sorted(prefixes)))
            raise SteerError(f"everything is {whole.phase.value}, so {names} cannot stay alone; undrain everything")
        return Leaves(tuple(each for each in self.entries if each.prefix not in prefixes))

    def without_those_by(self, by: By) -> "Leaves":
        """Its author has changed its mind."""
        return Leaves(tuple(each for each in self.entries if each.by is not by))

    def withdrawn(self, keys: Collection[Key]) -> "Leaves":
        """These are not announced any more."""
        return Leaves(tuple(replace(each, phase=Phase.DRAINED) if each.key in keys else each for each in self.entries))

    def draining(self, backup_med: int) -> Draining:
        """What all of them together make of our announcements."""
        return Draining(self._prefixes(Phase.DRAINING), self._prefixes(Phase.DRAINED), backup_med)

    def _prefixes(self, phase: Phase) -> PrefixSet:
        of_phase = [each.prefix for each in self.entries if each.phase is phase]
        return PrefixSet(frozenset(each for each in of_phase if each is not None), everything=None in of_phase)

    def until(self, now: float) -> "Leaves":
        """Those whose time is not over."""
        return Leaves(tuple(each for each in self.entries if each.until is None or each.until > now))

    def to_json(self) -> list[dict[str, Any]]:
        """For the state file. What a signal began is not in it: the next start is a new life."""
        return [each.to_json() for each in self.entries if each.by is not By.SIGTERM]

    @classmethod
    def from_json(cls, entries: Iterable[dict[str, Any]]) -> "Leaves":
        """What `to_json` wrote. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        return cls().added(map(_read, entries))


def _read(entry: dict[str, Any]) -> Leave:
    until = entry.get("until")
    return Leave(
        By(entry["by"]),
        None if entry["prefix"] is None else parse_prefix(entry["prefix"]),
        datetime.fromisoformat(entry["since"]).timestamp(),
        str(entry["reason"]),
        Phase(entry["state"]),
        bool(entry["withdraws"]),
        str(entry.get("who", "")),
        None if until is None else datetime.fromisoformat(until).timestamp(),
    )
