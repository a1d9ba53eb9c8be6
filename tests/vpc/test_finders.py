"""Finders, row by row: which of a VPC's tables each one selects."""

import re

import pytest

from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc import model
from bgp2vpc.vpc.finders import (
    And,
    ByAz,
    ByTag,
    ByTagRegexp,
    Finder,
    HasRouteTo,
    Ids,
    InSubnet,
    InVpc,
    Main,
    Or,
    Surroundings,
    find,
    missing,
    wants_subnets,
    wants_zone,
    zone_of,
)
from bgp2vpc.vpc.model import Route, RouteState, RouteTable, interface_target, parse_target

STATIC, DEAD, PROPAGATED = map(parse_prefix, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
TABLES = (
    RouteTable(
        "rtb-main",
        "vpc-1",
        main=True,
        tags={"type": "public"},
        routes=(Route("pl-1", parse_target("igw-1")), Route(PROPAGATED, parse_target("vgw-1"), propagated=True)),
    ),
    RouteTable(
        "rtb-a",
        "vpc-1",
        subnet_ids=frozenset({"subnet-a", "subnet-a2"}),
        tags={"type": "private", "az": "a"},
        routes=(Route(STATIC, interface_target("eni-1")),),
    ),
    RouteTable(
        "rtb-b",
        "vpc-1",
        subnet_ids=frozenset({"subnet-b"}),
        tags={"type": "private", "az": "b"},
        routes=(Route(DEAD, interface_target("eni-1"), RouteState.BLACKHOLE),),
    ),
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
    (InSubnet("subnet-a2"), "rtb-a"),
    (InSubnet("subnet-b", negate=True), "rtb-main rtb-a rtb-bare"),
    pytest.param(Ids(frozenset({"rtb-b", "rtb-main", "rtb-elsewhere"})), "rtb-main rtb-b", id="Ids, in any order"),
    (Ids(frozenset({"rtb-b"}), negate=True), "rtb-main rtb-a rtb-bare"),
    (Ids(frozenset()), ""),
    (And((PRIVATE, ByTag("az", "a"))), "rtb-a"),
    (And((PRIVATE, ByTag("az", "a", negate=True))), "rtb-b"),
    (And((PRIVATE, Main())), ""),
    (And((PRIVATE, ByTag("az", "a")), negate=True), "rtb-main rtb-b rtb-bare"),
    (Or((Main(), InSubnet("subnet-b"))), "rtb-main rtb-b"),
    (Or((Main(), PRIVATE), negate=True), "rtb-bare"),
    (And((Or((Main(), PRIVATE)), Or((InSubnet("subnet-a"), Main(negate=True))))), "rtb-a rtb-b"),
    (ByTagRegexp("type", re.compile("riv")), "rtb-a rtb-b"),
    (ByTagRegexp("type", re.compile("^(private|public)$")), "rtb-main rtb-a rtb-b"),
    (ByTagRegexp("type", re.compile("^riv")), ""),
    (ByTagRegexp("type", re.compile("RIV")), ""),
    (ByTagRegexp("type", re.compile("")), "rtb-main rtb-a rtb-b"),
    (ByTagRegexp("nosuch", re.compile(".*")), ""),
    (ByTagRegexp("type", re.compile("riv"), negate=True), "rtb-main rtb-bare"),
    (HasRouteTo(STATIC), "rtb-a"),
    (HasRouteTo(DEAD), "rtb-b"),
    (HasRouteTo(PROPAGATED), "rtb-main"),
    (HasRouteTo(parse_prefix("192.0.2.0/25")), ""),
    (HasRouteTo(parse_prefix("192.0.0.0/16")), ""),
    (HasRouteTo(STATIC, negate=True), "rtb-main rtb-b rtb-bare"),
    (InVpc("vpc-1"), "rtb-main rtb-a rtb-b rtb-bare"),
    (InVpc("vpc-2"), ""),
    (InVpc("vpc-2", negate=True), "rtb-main rtb-a rtb-b rtb-bare"),
    (ByTag("az", "SELF_AZ"), ""),
]


@pytest.mark.parametrize(("finder", "expected"), CASES, ids=str)
def test_a_finder_selects_these_tables(finder: Finder, expected: str) -> None:
    assert " ".join(table.id for table in find(finder, iter(TABLES))) == expected


@pytest.mark.parametrize("negate", [False, True])
def test_a_subnet_without_association_uses_the_main_table_if_it_is_one_of_the_vpcs(negate: bool) -> None:
    mine, elsewhere = (model.Subnet("subnet-new", TABLES[0].vpc_id, "a"), model.Subnet("subnet-new", "vpc-9", "a"))
    finder = InSubnet("subnet-new", negate=negate)
    found = {table.id for table in find(finder, TABLES, Surroundings("a", {mine.id: mine}))}
    assert found == ({table.id for table in TABLES} - {"rtb-main"} if negate else {"rtb-main"})
    # A typing mistake must not mean the main table, nor, negated, every table.
    for known in (None, {}, {elsewhere.id: elsewhere}):
        assert find(finder, TABLES, Surroundings("a", known)) == ()


def test_a_finder_keeps_the_order_it_was_given() -> None:
    assert find(PRIVATE, reversed(TABLES)) == (TABLES[2], TABLES[1])


@pytest.mark.parametrize("kind", [And, Or])
def test_an_empty_list_of_filters_is_refused_since_it_could_match_everything(kind: type[And] | type[Or]) -> None:
    with pytest.raises(ValueError, match=r"^needs at least one filter: none would mean every table$"):
        kind(())


def subnets(**zones: str) -> dict[str, model.Subnet]:
    """subnets(a2="a") is subnet-a2 of vpc-1 in zone a."""
    found = (model.Subnet(f"subnet-{name}", "vpc-1", zone) for name, zone in zones.items())
    return {subnet.id: subnet for subnet in found}


IN_A = ByAz("a")
HERE = ByAz(None)
TAGGED_HERE = ByTag("az", "SELF_AZ", own_zone=True)
NORMAL = subnets(a="a", a2="a", b="b", implicit="b")

ZONE_CASES: list[tuple[Finder, dict[str, model.Subnet], str]] = [
    (IN_A, NORMAL, "rtb-a"),
    (ByAz("b"), NORMAL, "rtb-main rtb-b"),
    (ByAz("c"), NORMAL, ""),
    (HERE, NORMAL, "rtb-a"),
    (ByAz("a", negate=True), NORMAL, "rtb-main rtb-b rtb-bare"),
    (ByAz(None, negate=True), NORMAL, "rtb-main rtb-b rtb-bare"),
    # One subnet elsewhere is enough for the table not to be of the zone.
    (IN_A, subnets(a="a", a2="b", b="b"), ""),
    (ByAz("b"), subnets(a="a", a2="a", b="b", implicit="b", implicit2="a"), "rtb-b"),
    # Without a subnet that falls to it the main table is of no zone.
    (ByAz("b"), subnets(a="a", a2="a", b="b"), "rtb-b"),
    # A subnet that we know nothing of leaves its table out, negated or not.
    (IN_A, subnets(a="a", b="b"), ""),
    (ByAz("a", negate=True), subnets(a="a", b="b"), "rtb-main rtb-b rtb-bare"),
    (And((IN_A,), negate=True), subnets(a="a", b="b"), "rtb-main rtb-b rtb-bare"),
    (Or((IN_A, Ids(frozenset({"rtb-a"})))), subnets(a="a", a2="", b="b"), ""),
    (TAGGED_HERE, NORMAL, "rtb-a"),
    (ByTag("az", "b", negate=True, own_zone=True), NORMAL, "rtb-main rtb-b rtb-bare"),
    (And((PRIVATE, ByAz(None, negate=True))), NORMAL, "rtb-b"),
]


@pytest.mark.parametrize(("finder", "known", "expected"), ZONE_CASES, ids=str)
def test_in_zone_a_a_finder_selects_these_tables(finder: Finder, known: dict[str, model.Subnet], expected: str) -> None:
    assert " ".join(table.id for table in find(finder, TABLES, Surroundings("a", known))) == expected


def test_subnets_of_another_vpc_do_not_fall_to_the_main_table() -> None:
    elsewhere = {"subnet-x": model.Subnet("subnet-x", "vpc-2", "a")}
    found = find(ByAz("b"), TABLES, Surroundings("a", {**NORMAL, **elsewhere}))
    assert [table.id for table in found] == ["rtb-main", "rtb-b"]


UNKNOWN: list[tuple[Finder, Surroundings, str]] = [
    (HERE, Surroundings("", NORMAL), "our availability zone is unknown"),
    (HERE, Surroundings("a", None), "the subnets are unknown"),
    (IN_A, Surroundings("a", None), "the subnets are unknown"),
    (TAGGED_HERE, Surroundings("", NORMAL), "our availability zone is unknown"),
]


def within(finder: Finder) -> list[Finder]:
    """The same finder alone, and wherever else it may stand."""
    everything = InVpc("vpc-1")
    return [
        finder,
        And((finder,), negate=True),
        And((everything, finder)),
        Or((everything, finder)),
        Or((everything, And((finder,), negate=True))),
    ]


@pytest.mark.parametrize(("finder", "surroundings", "why"), UNKNOWN, ids=str)
def test_while_what_it_needs_is_unknown_a_finder_selects_nothing_wherever_it_stands(
    finder: Finder, surroundings: Surroundings, why: str
) -> None:
    for each in within(finder):
        assert missing(each, surroundings) == why
        assert find(each, TABLES, surroundings) == ()


@pytest.mark.parametrize(
    ("finder", "zone", "known"),
    [
        (PRIVATE, False, False),
        (ByTag("az", "a"), False, False),
        (TAGGED_HERE, True, False),
        (IN_A, False, True),
        (HERE, True, True),
        (Main(), False, False),
    ],
    ids=str,
)
def test_a_finder_says_what_it_needs_to_know(finder: Finder, zone: bool, known: bool) -> None:
    for each in within(finder):
        assert (wants_zone(each), wants_subnets(each)) == (zone, known)


def test_a_table_has_a_zone_if_all_its_subnets_are_there() -> None:
    subnets = {name: model.Subnet(name, "vpc-1", name[0]) for name in ("a1", "a2", "b1")}
    near, mixed = (
        RouteTable("rtb-1", "vpc-1", subnet_ids=frozenset({"a1"})),
        RouteTable("rtb-2", "vpc-1", subnet_ids=frozenset({"a1", "b1"})),
    )
    main, empty = RouteTable("rtb-3", "vpc-1", main=True), RouteTable("rtb-4", "vpc-1")
    new = RouteTable("rtb-5", "vpc-1", subnet_ids=frozenset({"a1", "c9"}))
    assert zone_of(near, (near,), subnets) == "a"
    assert [zone_of(each, (each,), subnets) for each in (mixed, empty, new)] == ["", "", ""]
    others = RouteTable("rtb-6", "vpc-1", subnet_ids=frozenset({"a1", "b1"}))
    assert zone_of(main, (main, others), subnets) == "a", "the main table has the subnets that no table lists"
    assert zone_of(near, (near,), None) == ""
    mixed_main = RouteTable("rtb-7", "vpc-1", main=True, subnet_ids=frozenset({"a1", "a2"}))
    assert zone_of(mixed_main, (mixed_main,), subnets) == "", "b1 falls to it"
