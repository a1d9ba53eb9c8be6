"""Finders: which route tables a rule speaks of. AWSnycast's `find:`, as values.

To add one: a frozen dataclass with a `negate` field, its name in `Finder`, its `case` in `_matches`; mypy refuses the
file until all three are there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from bgp2vpc.vpc.model import RouteTable


@dataclass(frozen=True, slots=True)
class ByTag:
    """Tables whose tag `key` has exactly this value."""

    key: str
    value: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Main:
    """The VPC's main table."""

    negate: bool = False


@dataclass(frozen=True, slots=True)
class Subnet:
    """The table that this subnet uses: the associated one, or the main table where it has no association of its own.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """

    subnet_id: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Ids:
    """Tables by id."""

    ids: frozenset[str]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """Tables that every filter matches. Without a filter it would match every table, so that is a ValueError."""

    filters: "tuple[Finder, ...]"
    negate: bool = False

    def __post_init__(self) -> None:
        _refuse_empty(self.filters)


@dataclass(frozen=True, slots=True)
class Or:
    """Tables that at least one filter matches. Negated, an empty list matches every table, so it is a ValueError."""

    filters: "tuple[Finder, ...]"
    negate: bool = False

    def __post_init__(self) -> None:
        _refuse_empty(self.filters)


Finder = ByTag | Main | Subnet | Ids | And | Or


def find(finder: Finder, tables: Iterable[RouteTable]) -> tuple[RouteTable, ...]:
    """The tables that `finder` selects, in the order given.

    `tables` must be all the tables of one VPC: whether a subnet falls to the main table is seen only in the whole.
    """
    everything = tuple(tables)
    associated = frozenset(subnet_id for table in everything for subnet_id in table.subnet_ids)
    return tuple(table for table in everything if _selects(finder, table, associated))


def _selects(finder: Finder, table: RouteTable, associated: frozenset[str]) -> bool:
    return _matches(finder, table, associated) is not finder.negate


def _matches(finder: Finder, table: RouteTable, associated: frozenset[str]) -> bool:
    """What the finder says before its `negate`; `associated` are the subnets that any table lists."""
    match finder:
        case ByTag(key, value):
            return table.tags.get(key) == value
        case Main():
            return table.main
        case Subnet(subnet_id):
            return subnet_id in table.subnet_ids or (table.main and subnet_id not in associated)
        case Ids(ids):
            return table.id in ids
        case And(filters):
            return all(_selects(each, table, associated) for each in filters)
        case Or(filters):
            return any(_selects(each, table, associated) for each in filters)
        case _:
            assert_never(finder)


def _refuse_empty(filters: "tuple[Finder, ...]") -> None:
    if not filters:
        raise ValueError("needs at least one filter: none would mean every table")
