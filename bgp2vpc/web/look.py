"""The status of one moment, indexed by prefix, so that the page of a prefix need not read all rows. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol, TypeVar

from bgp2vpc.status import DrainRow, PathRow, Status, SteeringRow
from bgp2vpc.vpc_status import PrefixRow, RouteRow


class _OfPrefix(Protocol):
    @property
    def prefix(self) -> str | None:
        """None: it is about every prefix."""


Row = TypeVar("Row", bound=_OfPrefix)


class Look:
    """The status, and that of each prefix."""

    def __init__(self, status: Status) -> None:
        self.status = status

    def of(self, prefix: str) -> Status:
        """The status, with only those rows that are about this prefix, or about every prefix."""
        return replace(
            self.status,
            prefixes=tuple(self._prefixes.get(prefix, ())),
            routes=tuple(self._routes.get(prefix, ())),
            paths=tuple(self._paths.get(prefix, ())),
            steering=(*self._steering.get(prefix, ()), *self._steering.get(None, ())),
            leaving=(*self._leaving.get(prefix, ()), *self._leaving.get(None, ())),
            not_accepted=(prefix,) if prefix in self._not_accepted else (),
        )

    @cached_property
    def _prefixes(self) -> Mapping[str | None, Sequence[PrefixRow]]:
        return _by_prefix(self.status.prefixes)

    @cached_property
    def _routes(self) -> Mapping[str | None, Sequence[RouteRow]]:
        return _by_prefix(self.status.routes)

    @cached_property
    def _paths(self) -> Mapping[str | None, Sequence[PathRow]]:
        return _by_prefix(self.status.paths)

    @cached_property
    def _steering(self) -> Mapping[str | None, Sequence[SteeringRow]]:
        return _by_prefix(self.status.steering)

    @cached_property
    def _leaving(self) -> Mapping[str | None, Sequence[DrainRow]]:
        return _by_prefix(self.status.leaving)

    @cached_property
    def _not_accepted(self) -> frozenset[str]:
        return frozenset(self.status.not_accepted)


def _by_prefix(rows: Iterable[Row]) -> Mapping[str | None, Sequence[Row]]:
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.prefix].append(row)
    return found
