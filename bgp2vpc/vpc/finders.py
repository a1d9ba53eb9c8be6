"""Finders: which route tables a rule speaks of. AWSnycast's `find:`, as values.

To add one: a frozen dataclass with a `negate` field, its name in `Finder`, its `case` in `_matches`; mypy refuses the
file until all three are there. One that looks beyond the tables says so in `wants_zone` or `wants_subnets`: while that
is unknown, the rule finds nothing, for under `negate` a doubt would turn into every table.
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
    """Tables whose tag `key` has exactly this value; with `own_zone` the name of our availability zone instead."""

    key: str
    value: str
    negate: bool = False
    own_zone: bool = False


@dataclass(frozen=True, slots=True)
class ByTagRegexp:
    """Tables that have a tag `key` in whose value the expression is found, anywhere unless it is anchored."""

    key: str
    regexp: re.Pattern[str]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Main:
    """The VPC's main table."""

    negate: bool = False


@dataclass(frozen=True, slots=True)
class InSubnet:
    """The table that this subnet uses: the associated one, or the main table where it has no association of its own.

    A subnet that no table lists, and that EC2 does not show in this VPC either, is a mistake, and no subnet of the main
    table's.

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
    """Tables all of whose subnets, at least one, are in this availability zone (None: in ours).

    The main table has those that are associated with it, and all of its VPC that are associated with no table.
    """

    zone: str | None
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


Finder = ByTag | ByTagRegexp | Main | InSubnet | Ids | HasRouteTo | InVpc | ByAz | And | Or


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What finders look at beyond the tables.

    `zone`: our availability zone; empty: unknown. `subnets`: the VPC's, by id; None: nobody read them.
    """

    zone: str = ""
    subnets: Mapping[str, model.Subnet] | None = None


NOTHING_KNOWN = Surroundings()


def wants_zone(finder: Finder) -> bool:
    """Whether it matters in which availability zone we are."""
    return any(
        (isinstance(each, ByTag) and each.own_zone) or (isinstance(each, ByAz) and each.zone is None)
        for each in _leaves(finder)
    )


def wants_subnets(finder: Finder) -> bool:
    """Whether the subnets of the VPC are worth reading."""
    return any(isinstance(each, ByAz | InSubnet) for each in _leaves(finder))


def _asks_for_zones(finder: Finder) -> bool:
    return any(isinstance(each, ByAz) for each in _leaves(finder))


def missing(finder: Finder, surroundings: Surroundings) -> str | None:
    """Why the finder finds nothing at all now, whatever the tables; None: it has all it needs."""
    if wants_zone(finder) and not surroundings.zone:
        return "our availability zone is unknown"
    if _asks_for_zones(finder) and surroundings.subnets is None:
        return "the subnets are unknown"
    return None


def zone_of(table: RouteTable, tables: Iterable[RouteTable], subnets: Mapping[str, model.Subnet] | None) -> str:
    """The availability zone that all subnets of the table are in; empty if there is no such zone, or it is unknown.

    `tables` must be all the tables of the VPC, as for `find`.
    """
    associated = frozenset(subnet_id for each in tables for subnet_id in each.subnet_ids)
    zones = _View(Surroundings(subnets=subnets), associated).zones_of(table)
    return (next(iter(zones)) or "") if len(zones) == 1 else ""


def find(
    finder: Finder, tables: Iterable[RouteTable], surroundings: Surroundings = NOTHING_KNOWN
) -> tuple[RouteTable, ...]:
    """The tables that `finder` selects, in the order given; none while something it needs is `missing`.

    `tables` must be all the tables of one VPC: whether a subnet falls to the main table is seen only in the whole.
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
    """`associated` are the subnets that any table lists."""

    surroundings: Surroundings
    associated: frozenset[str]

    def knows(self, subnet_id: str, vpc_ids: Collection[str]) -> bool:
        """Whether there is such a subnet in these VPCs, as far as tables and subnets show."""
        found = (self.surroundings.subnets or {}).get(subnet_id)
        return subnet_id in self.associated or (found is not None and found.vpc_id in vpc_ids)

    def uses(self, table: RouteTable, subnet_id: str) -> bool:
        """Whether the subnet's traffic meets this table, by association or because it is the main one."""
        return subnet_id in table.subnet_ids or (table.main and subnet_id not in self.associated)

    def zones_of(self, table: RouteTable) -> set[str | None]:
        """The availability zones of the table's subnets. None stands for a subnet newer than what we read of them."""
        subnets = self.surroundings.subnets or {}
        zones = {subnets[each].zone or None if each in subnets else None for each in table.subnet_ids}
        if table.main:
            implicit = (each for each in subnets.values() if each.vpc_id == table.vpc_id)
            zones |= {each.zone or None for each in implicit if each.id not in self.associated}
        return zones


def _selects(finder: Finder, table: RouteTable, view: _View) -> bool:
    return _matches(finder, table, view) is not finder.negate


def _matches(finder: Finder, table: RouteTable, view: _View) -> bool:  # noqa: C901, PLR0911  # a line for each finder
    """What the finder says before its `negate`."""
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
