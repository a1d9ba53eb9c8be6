"""Finders, row by row: which of a VPC's tables each one selects."""

import pytest

from bgp2vpc.vpc.finders import And, ByTag, Finder, Ids, Main, Or, Subnet, find
from bgp2vpc.vpc.model import RouteTable

TABLES = (
    RouteTable("rtb-main", "vpc-1", main=True, tags={"type": "public"}),
    RouteTable("rtb-a", "vpc-1", subnet_ids=frozenset({"subnet-a", "subnet-a2"}), tags={"type": "private", "az": "a"}),
    RouteTable("rtb-b", "vpc-1", subnet_ids=frozenset({"subnet-b"}), tags={"type": "private", "az": "b"}),
    RouteTable("rtb-bare", "vpc-1"),
)

PRIVATE = ByTag("type", "private")

CASES: list[tuple[Finder, str]] = [
    (PRIVATE, "rtb-a rtb-b"),
    (ByTag("type", "private", negate=True), "rtb-main rtb-bare"),
    (ByTag("type", "Private"), ""),
    (ByTag("type", "priv"), ""),
    (ByTag("private", "type"), ""),
    (Main(), "rtb-main"),
    (Main(negate=True), "rtb-a rtb-b rtb-bare"),
    (Subnet("subnet-a2"), "rtb-a"),
    (Subnet("subnet-without-association"), "rtb-main"),
    (Subnet("subnet-b", negate=True), "rtb-main rtb-a rtb-bare"),
    (Subnet("subnet-without-association", negate=True), "rtb-a rtb-b rtb-bare"),
    (Ids(frozenset({"rtb-b", "rtb-main", "rtb-elsewhere"})), "rtb-main rtb-b"),
    (Ids(frozenset({"rtb-b"}), negate=True), "rtb-main rtb-a rtb-bare"),
    (Ids(frozenset()), ""),
    (And((PRIVATE, ByTag("az", "a"))), "rtb-a"),
    (And((PRIVATE, ByTag("az", "a", negate=True))), "rtb-b"),
    (And((PRIVATE, Main())), ""),
    (And((PRIVATE, ByTag("az", "a")), negate=True), "rtb-main rtb-b rtb-bare"),
    (Or((Main(), Subnet("subnet-b"))), "rtb-main rtb-b"),
    (Or((Main(), PRIVATE), negate=True), "rtb-bare"),
    (And((Or((Main(), PRIVATE)), Or((Subnet("subnet-a"), Main(negate=True))))), "rtb-a rtb-b"),
]


@pytest.mark.parametrize(("finder", "expected"), CASES, ids=str)
def test_a_finder_selects_these_tables(finder: Finder, expected: str) -> None:
    assert " ".join(table.id for table in find(finder, iter(TABLES))) == expected


def test_a_finder_keeps_the_order_it_was_given() -> None:
    assert find(PRIVATE, reversed(TABLES)) == (TABLES[2], TABLES[1])


@pytest.mark.parametrize("kind", [And, Or])
def test_an_empty_list_of_filters_is_refused_since_it_could_match_everything(kind: type[And] | type[Or]) -> None:
    with pytest.raises(ValueError, match="at least one filter"):
        kind(())
