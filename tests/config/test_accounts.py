"""Other accounts and regions: a rule names one of `accounts`, or says itself how its tables are reached."""

import pytest

from bgp2vpc.config.load import parse
from bgp2vpc.vpc.access import OWN, Access

ROLE = "arn:aws:iam::111122223333:role/net/bgp2vpc-routes"
VPC = "vpc-0123456789abcdef0"


def rule(more: str) -> str:
    return f"routetables: {{r: {{find: {{type: main}}, accept: [192.0.2.53/32]{more}}}}}\n"


@pytest.mark.parametrize(
    ("text", "expected", "name"),
    [
        (rule(""), OWN, ""),
        (rule(f", role_arn: '{ROLE}'"), Access(ROLE), ""),
        (rule(f", role_arn: '{ROLE}', external_id: 1234"), Access(ROLE, "1234"), ""),
        (rule(f", region: us-east-1, vpc_id: {VPC}"), Access(region="us-east-1"), ""),
        (f"accounts: {{net: {{role_arn: '{ROLE}', external_id: b7c1}}}}\n{rule(', account: net')}",
         Access(ROLE, "b7c1"), "net"),
        (f"accounts: {{net: {{role_arn: '{ROLE}', region: us-east-1}}}}\n{rule(f', account: net, vpc_id: {VPC}')}",
         Access(ROLE, "", "us-east-1"), "net"),
    ],
)  # fmt: skip
def test_how_the_tables_of_a_rule_are_reached(text: str, expected: Access, name: str) -> None:
    (found,) = parse(text, "f.yaml").rules
    assert (found.access, found.access.name) == (expected, name)


def test_our_own_region_by_its_name_is_no_other_way_to_a_vpc() -> None:
    text = (
        f"region: eu-west-1\nroutetables:\n  a: {{find: {{type: main}}, accept: [192.0.2.1/32], vpc_id: {VPC}}}\n"
        f"  b: {{find: {{type: main}}, accept: [192.0.2.2/32], vpc_id: {VPC}, region: eu-west-1}}\n"
    )
    assert len(parse(text, "f.yaml").rules) == 2


def test_an_account_that_no_rule_names_is_probably_a_mistake() -> None:
    text = f"accounts:\n  net: {{role_arn: '{ROLE}'}}\n{rule('')}"
    assert [str(each) for each in parse(text, "f.yaml").warnings] == ["f.yaml:2: accounts.net: no rule names it"]
