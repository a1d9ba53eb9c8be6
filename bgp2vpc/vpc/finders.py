"""Finders: the values of a rule's `find` (as in AWSnycast), which select route tables.

To add one: a frozen dataclass with a `negate` field, its name in `Finder`, its `case` in `_matches`; mypy refuses the
file until all three are there. A finder that needs our zone or the subnets is listed in `wants_zone` or
`wants_subnets`. While these are unknown the rule finds nothing: with `negate`, an unknown would select every table.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc import model
from bgp2vpc.vpc.model import RouteTable


@dataclass(frozen=True, slots=True)
class ByTag:
    """Tables whose tag `key` has exactly this value, or with `own_zone` the name of our availability zone."""

    key: str
    value: str
    negate: bool = False
    own_zone: bool = False


@dataclass(frozen=True, slots=True)
class ByTagRegexp:
    """Tables with a tag `key` whose value matches the expression anywhere, unless it is anchored."""

    key: str
    regexp: re.Pattern[str]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Main:
    """The VPC's main table."""

    negate: bool = False


@dataclass(frozen=True, slots=True)
class InSubnet:
    """The table that this subnet uses: the associated one, or the main table if it has no explicit association.

    A subnet that no table lists and that EC2 does not list in this VPC either is a mistake; it selects no table.

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
class HasRouteTo:
    """Tables with a route to exactly this prefix, whatever its target and state, static or propagated."""

    destination: Prefix
    negate: bool = False


@dataclass(frozen=True, slots=True)
class InVpc:
    """Tables of this VPC."""

    vpc_id: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class ByAz:
    """Tables that have at least one subnet and only subnets in this availability zone (None: in ours).

    The subnets of the main table include those of its VPC that are associated with no table.
    """

    zone: str | None
    negate: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """Tables that every filter selects. An empty list would select every table, so it is a ValueError."""

    filters: "tuple[Finder, ...]"
    negate: bool = False

    def __post_init__(self) -> None:
        _refuse_empty(self.filters)


@dataclass(frozen=True, slots=True)
class Or:
    """Tables that at least one filter selects. Negated, an empty list would select every table: a ValueError."""

    filters: "tuple[Finder, ...]"
    negate: bool = False

    def __post_init__(self) -> None:
        _refuse_empty(self.filters)


Finder = ByTag | ByTagRegexp | Main | InSubnet | Ids | HasRouteTo | InVpc | ByAz | And | Or


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The inputs of finders besides the tables.

    `zone`: our availability zone, empty if unknown. `subnets`: the VPC's subnets by id, None if they were not read.
    """

    zone: str = ""
    subnets: Mapping[str, model.Subnet] | None = None


NOTHING_KNOWN = Surroundings()


def wants_zone(finder: Finder) -> bool:
    """Whether the finder depends on our availability zone."""
    return any(
        (isinstance(each, ByTag) and each.own_zone) or (isinstance(each, ByAz) and each.zone is None)
        for each in _leaves(finder)
    )


def wants_subnets(finder: Finder) -> bool:
    """Whether the finder depends on the VPC's subnets."""
    return any(isinstance(each, ByAz | InSubnet) for each in _leaves(finder))


def _asks_for_zones(finder: Finder) -> bool:
    return any(isinstance(each, ByAz) for each in _leaves(finder))


def missing(finder: Finder, surroundings: Surroundings) -> str | None:
    """Which input the finder lacks, so that it selects no table at all; None if it lacks none."""
    if wants_zone(finder) and not surroundings.zone:
        return "our availability zone is unknown"
    if _asks_for_zones(finder) and surroundings.subnets is None:
        return "the subnets are unknown"
    return None


def zone_of(table: RouteTable, tables: Iterable[RouteTable], subnets: Mapping[str, model.Subnet] | None) -> str:
    """The availability zone of all subnets of the table; empty if they are in several or it is unknown.

    `tables` must be all the tables of the VPC, as for `find`.
    """
    associated = frozenset(subnet_id for each in tables for subnet_id in each.subnet_ids)
    zones = _View(Surroundings(subnets=subnets), associated).zones_of(table)
    return (next(iter(zones)) or "") if len(zones) == 1 else ""


def find(
    finder: Finder, tables: Iterable[RouteTable], surroundings: Surroundings = NOTHING_KNOWN
) -> tuple[RouteTable, ...]:
    """The tables that `finder` selects, in the order given; none while an input is `missing`.

    `tables` must be all the tables of one VPC, because the main table has the subnets that no table lists.
    """
    everything = tuple(tables)
    if missing(finder, surroundings):
        return ()
    associated = frozenset(subnet_id for table in everything for subnet_id in table.subnet_ids)
    view = _View(surroundings, associated)
    here = {table.vpc_id for table in everything}
    if not all(view.knows(each.subnet_id, here) for each in _leaves(finder) if isinstance(each, InSubnet)):
        return ()
    doubtful = _asks_for_zones(finder)
    return tuple(
        table
        for table in everything
        if not (doubtful and None in view.zones_of(table)) and _selects(finder, table, view)
    )


@dataclass(frozen=True, slots=True)
class _View:
    """Tables and their subnets. `associated`: the subnets that any table lists."""

    surroundings: Surroundings
    associated: frozenset[str]

    def knows(self, subnet_id: str, vpc_ids: Collection[str]) -> bool:
        """Whether the subnet exists in these VPCs, according to their tables and subnets."""
        found = (self.surroundings.subnets or {}).get(subnet_id)
        return subnet_id in self.associated or (found is not None and found.vpc_id in vpc_ids)

    def uses(self, table: RouteTable, subnet_id: str) -> bool:
        """Whether the subnet uses this table, by association or because it is the main table."""
        return subnet_id in table.subnet_ids or (table.main and subnet_id not in self.associated)

    def zones_of(self, table: RouteTable) -> set[str | None]:
        """The availability zones of the table's subnets; None among them for a subnet that was not read yet."""
        subnets = self.surroundings.subnets or {}
        zones = {subnets[each].zone or None if each in subnets else None for each in table.subnet_ids}
        if table.main:
            implicit = (each for each in subnets.values() if each.vpc_id == table.vpc_id)
            zones |= {each.zone or None for each in implicit if each.id not in self.associated}
        return zones


def _selects(finder: Finder, table: RouteTable, view: _View) -> bool:
    return _matches(finder, table, view) is not finder.negate


def _matches(finder: Finder, table: RouteTable, view: _View) -> bool:  # noqa: C901, PLR0911  # a line for each finder
    """Whether the finder matches the table, before `negate`."""
    match finder:
        case ByTag(key, value, own_zone=own_zone):
            return table.tags.get(key) == (view.surroundings.zone if own_zone else value)
        case ByTagRegexp(key, regexp):
            return key in table.tags and regexp.search(table.tags[key]) is not None
        case Main():
            return table.main
        case InSubnet(subnet_id):
            return view.uses(table, subnet_id)
        case Ids(ids):
            return table.id in ids
        case HasRouteTo(destination):
            return any(route.destination == destination for route in table.routes)
        case InVpc(vpc_id):
            return table.vpc_id == vpc_id
        case ByAz(zone):
            return view.zones_of(table) == {view.surroundings.zone if zone is None else zone}
        case And(filters):
            return all(_selects(each, table, view) for each in filters)
        case Or(filters):
            return any(_selects(each, table, view) for each in filters)
        case _:
            assert_never(finder)


def _leaves(finder: Finder) -> Iterator[Finder]:
    if isinstance(finder, And | Or):
        for each in finder.filters:
            yield from _leaves(each)
    else:
        yield finder


def _refuse_empty(filters: "tuple[Finder, ...]") -> None:
    if not filters:
        raise ValueError("needs at least one filter: none would mean every table")
