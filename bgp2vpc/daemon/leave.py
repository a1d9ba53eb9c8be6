"""Who wants which prefixes to leave, since when, and how far it has come. Pure; times are Unix seconds."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from bgp2vpc.bgp.draining import Draining, PrefixSet
from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

VERSION: Final = 1
"""Of the state file."""


class LeaveError(Bgp2vpcError):
    """What was asked for cannot be; or the text of a state file that cannot be read. The message says why."""


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

    `withdraws` False: a last resort for as long as it lasts, and never withdrawn.
    """

    by: By
    prefix: Prefix | None
    since: float
    reason: str = ""
    phase: Phase = Phase.DRAINING
    withdraws: bool = True

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
            "since": datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds"),
            "by": self.by.value,
            "reason": self.reason,
            "withdraws": self.withdraws,
        }


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
        """With these, too. What its author drains already goes on as it is, unless it wants another end of it."""
        known = {each.key: each for each in self.entries}
        for each in new:
            before = known.get(each.key)
            if before is None or each.withdraws != before.withdraws:
                known[each.key] = each
        return Leaves(tuple(known.values()))

    def without(self, prefixes: Collection[Prefix]) -> "Leaves":
        """These prefixes stay; without any: all do, whoever drains them.

        Raises LeaveError where a prefix leaves as a part of everything.
        """
        if not prefixes:
            return Leaves()
        whole = next((each for each in self.entries if each.prefix is None), None)
        if whole is not None:
            names = ", ".join(map(str, sorted(prefixes)))
            raise LeaveError(f"everything is {whole.phase.value}, so {names} cannot stay alone; undrain everything")
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

    def to_text(self) -> str:
        """The state file. What a signal began is not in it: the next start is a new life."""
        kept = [each.to_json() for each in self.entries if each.by is not By.SIGTERM]
        return json.dumps({"version": VERSION, "leaving": kept}, indent=1) + "\n"


def read_leaves(text: str) -> Leaves:
    """What `to_text` wrote. Raises LeaveError for anything else."""
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise LeaveError(f"version {document['version']!r} is not {VERSION}; another bgp2vpc wrote it")
        return Leaves().added(map(_read, document["leaving"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LeaveError(f"no state of bgp2vpc: {type(error).__name__}: {error}") from error


def _read(entry: dict[str, Any]) -> Leave:
    since = datetime.fromisoformat(entry["since"])
    return Leave(
        By(entry["by"]),
        None if entry["prefix"] is None else parse_prefix(entry["prefix"]),
        since.timestamp(),
        str(entry["reason"]),
        Phase(entry["state"]),
        bool(entry["withdraws"]),
    )


def read_prefixes(words: Iterable[str]) -> frozenset[Prefix]:
    """The prefixes that a user wrote. Raises LeaveError."""
    try:
        return frozenset(map(parse_prefix, words))
    except PrefixError as error:
        raise LeaveError(str(error)) from error
