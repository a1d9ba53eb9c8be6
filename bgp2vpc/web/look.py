"""The status, indexed by prefix, so that the page of a prefix need not search all rows. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeVar

from bgp2vpc.status import DrainRow, PathRow, Status, SteeringRow
from bgp2vpc.vpc_status import PrefixRow, RouteRow


class _OfPrefix(Protocol):
    @property
    def prefix(self) -> str | None:
        """The prefix of the row; None if it applies to every prefix."""


Row = TypeVar("Row", bound=_OfPrefix)


@dataclass(frozen=True, slots=True)
class _Index:
    """Prefix -> its rows; None -> rows that apply to every prefix."""

    prefixes: Mapping[str | None, Sequence[PrefixRow]]
    routes: Mapping[str | None, Sequence[RouteRow]]
    paths: Mapping[str | None, Sequence[PathRow]]
    steering: Mapping[str | None, Sequence[SteeringRow]]
    leaving: Mapping[str | None, Sequence[DrainRow]]
    not_accepted: frozenset[str]


class Look:
    """The status, and its part for each prefix."""

    def __init__(self, status: Status) -> None:
        self.status = status

    def of(self, prefix: str) -> Status:
        """The status with only the rows for this prefix and those that apply to every prefix."""
        index = self._index
        return replace(
            self.status,
            prefixes=tuple(index.prefixes.get(prefix, ())),
            routes=tuple(index.routes.get(prefix, ())),
            paths=tuple(index.paths.get(prefix, ())),
            steering=(*index.steering.get(prefix, ()), *index.steering.get(None, ())),
            leaving=(*index.leaving.get(prefix, ()), *index.leaving.get(None, ())),
            not_accepted=(prefix,) if prefix in index.not_accepted else (),
        )

    @cached_property
    def _index(self) -> _Index:
        """Built at the first use, since the main page does not need it."""
        status = self.status
        return _Index(
            _by_prefix(status.prefixes),
            _by_prefix(status.routes),
            _by_prefix(status.paths),
            _by_prefix(status.steering),
            _by_prefix(status.leaving),
            frozenset(status.not_accepted),
        )


def _by_prefix(rows: Iterable[Row]) -> Mapping[str | None, Sequence[Row]]:
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.prefix].append(row)
    return found
