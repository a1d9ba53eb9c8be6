"""What a finder becomes in a policy: for any table, the policy allows at least what the finder finds."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.demo.cloud.front.iam import CloudPolicy, IamCall
from bgp2vpc.iam.policy import IamPolicy, Statement
from bgp2vpc.iam.scope import Scope
from bgp2vpc.iam.tables import AccountScope, scopes
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc import finders
from bgp2vpc.vpc.finders import And, ByAz, ByTag, ByTagRegexp, Finder, HasRouteTo, Ids, InSubnet, InVpc, Main, Or, find
from bgp2vpc.vpc.model import RouteTable

HERE = AccountScope("eu-west-1", "123456789012", "vpc-1")
PRIVATE, PUBLIC = ByTag("type", "private"), ByTag("type", "public")


def text(scope: Scope) -> str:
    """`rtb-1,rtb-2 type=private az~eu-west-1* …`, with * for any id."""
    signs = {"Equals": "=", "Like": "~"}
    words = [",".join(sorted(scope.ids or ["*"]))]
    for (operator, key), values in sorted(scope.conditions.items()):
        negated, sign = (
            "Not" in operator,
            signs[operator.removeprefix("String").removeprefix("Arn").removeprefix("Not")],
        )
        name = key.rpartition("/")[2]
        words.append(f"{name}{'!' * negated}{sign}{'|'.join(value.rpartition('/')[2] for value in sorted(values))}")
    return " ".join(words)


@pytest.mark.parametrize(
    ("finder", "expected"),
    [
        (PRIVATE, ["* type=private"]),
        (ByTag("type", "private", negate=True), ["* type!=private"]),
        (ByTag("az", "SELF_AZ", own_zone=True), ["* az~eu-west-1*"]),
        (ByTag("az", "SELF_AZ", own_zone=True, negate=True), ["*"]),
        (ByTag("a*", "b*"), ["* a*=b${*}"]),
        (ByTagRegexp("Name", re.compile("^private-")), ["* Name~private-*"]),
        (ByTagRegexp("Name", re.compile("^private-"), negate=True), ["* Name!~private-*"]),
        (ByTagRegexp("Name", re.compile(r"^private-\d$")), ["* Name~private-*"]),
        (ByTagRegexp("Name", re.compile(r"^private-\d$"), negate=True), ["*"]),
        pytest.param(Ids(frozenset({"rtb-2", "rtb-1"})), ["rtb-1,rtb-2"], id="Ids, in any order"),
        (Ids(frozenset({"rtb-1"}), negate=True), ["*"]),
        (InVpc("vpc-2"), ["* ec2:Vpc=vpc-2"]),
        (InVpc("vpc-2", negate=True), ["* ec2:Vpc!=vpc-2"]),
        (Main(), ["*"]),
        (Main(negate=True), ["*"]),
        (InSubnet("subnet-1"), ["*"]),
        (HasRouteTo(parse_prefix("10.9.0.0/16")), ["*"]),
        (ByAz(None), ["*"]),
        (And((PRIVATE, Main())), ["* type=private"]),
        (And((PRIVATE, PUBLIC)), []),
        (And((PRIVATE, ByTag("type", "private", negate=True))), []),
        (And((PRIVATE, ByTag("az", "a"), Ids(frozenset({"rtb-1"})))), ["rtb-1 az=a type=private"]),
        (Or((PRIVATE, PUBLIC)), ["* type=private|public"]),
        (Or((PRIVATE, ByTag("az", "a"))), ["* type=private", "* az=a"]),
        (Or((PRIVATE, Main())), ["*"]),
        (Or((Ids(frozenset({"rtb-1"})), Ids(frozenset({"rtb-2"})))), ["rtb-1,rtb-2"]),
        (Or((PRIVATE, PUBLIC), negate=True), ["* type!=private|public"]),
        (And((PRIVATE, ByTag("az", "a")), negate=True), ["* type!=private", "* az!=a"]),
        (And((Or((PRIVATE, PUBLIC)), ByTag("az", "a"))), ["* az=a type=private|public"]),
        (Or((PRIVATE, ByTagRegexp("type", re.compile("^pri")))), ["* type~pri*"]),
    ],
    ids=str,
)
def test_a_finder_becomes_scopes(finder: Finder, expected: list[str]) -> None:
    assert [text(scope) for scope in scopes(finder, HERE)] == expected


def test_what_a_zone_is_called_is_exact_for_a_role_of_one_zone() -> None:
    around = AccountScope("eu-west-1", zone="eu-west-1b")
    (scope,) = scopes(ByTag("az", "SELF_AZ", own_zone=True), around)
    assert (text(scope), scope.wider) == ("* az=eu-west-1b", ())


def test_what_could_not_be_narrowed_is_told() -> None:
    (scope,) = scopes(And((PRIVATE, Main(), ByAz("eu-west-1a"))), HERE)
    assert scope.wider == (
        "no key tells which table is the main one",
        "no key tells which zone the subnets of a table are in",
    )


def test_too_many_combinations_are_widened_and_told() -> None:
    pairs = tuple(Or((ByTag(f"a{n}", "1"), ByTag(f"b{n}", "1"))) for n in range(8))
    found = scopes(And(pairs), HERE)
    assert len(found) == 32
    assert all("combinations" in scope.wider[0] for scope in found)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
        (None, "aws"),
    ],
)
def test_the_partition_follows_from_the_region(region: str | None, partition: str) -> None:
    assert AccountScope(region).arn("route-table/*") == f"arn:{partition}:ec2:{region or '*'}:*:route-table/*"


# Against the finders themselves

VALUES = ["private", "public", "eu-west-1a", "priv-1", ""]
tags = st.dictionaries(st.sampled_from(["type", "az"]), st.sampled_from(VALUES), max_size=2)
tables = st.builds(RouteTable, st.sampled_from(["rtb-1", "rtb-2"]), st.just("vpc-1"), st.booleans(), tags=tags)
leaves = st.one_of(
    st.builds(ByTag, st.sampled_from(["type", "az"]), st.sampled_from(VALUES), st.booleans(), st.booleans()),
    st.builds(
        ByTagRegexp, st.just("type"), st.sampled_from(["^priv", "^p.*e$", r"\d", "a|b"]).map(re.compile), st.booleans()
    ),
    st.builds(Ids, st.sampled_from([frozenset({"rtb-1"}), frozenset({"rtb-1", "rtb-2"})]), st.booleans()),
    st.builds(InVpc, st.sampled_from(["vpc-1", "vpc-2"]), st.booleans()),
    st.builds(Main, st.booleans()),
)
everything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(kind, st.lists(inner, min_size=1, max_size=3).map(tuple), st.booleans()) for kind in (And, Or)
    ),
    max_leaves=6,
)


def allowed(found: list[Scope], table: RouteTable) -> bool:
    statements = []
    for scope in found:
        conditions: dict[str, dict[str, tuple[str, ...]]] = {}
        for (operator, key), values in scope.conditions.items():
            conditions.setdefault(operator, {})[key] = tuple(values)
        resources = tuple(HERE.arn(f"route-table/{each}") for each in scope.ids or ("*",))
        statements.append(Statement("S", ("ec2:CreateRoute",), resources, conditions))
    context = {f"aws:resourcetag/{key}": value for key, value in table.tags.items()}
    call = IamCall(
        "ec2:CreateRoute",
        HERE.arn(f"route-table/{table.id}"),
        {**context, "ec2:vpc": HERE.arn(f"vpc/{table.vpc_id}")},
    )
    return CloudPolicy(json.dumps(IamPolicy(tuple(statements)).to_json())).allows(call)


@given(everything, tables)
def test_no_table_that_a_finder_finds_is_refused(finder: Finder, table: RouteTable) -> None:
    found = scopes(finder, HERE)
    surroundings = finders.Surroundings(zone="eu-west-1a", subnets={})
    if find(finder, [table], surroundings):
        assert allowed(found, table)
    elif not any(scope.wider for scope in found):
        assert not allowed(found, table)
