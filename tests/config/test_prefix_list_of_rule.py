"""`prefix_list` of a rule: how it is written, and what cannot stand beside it."""

import pytest

from bgp2vpc.config.load import parse
from bgp2vpc.errors import ConfigError
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.prefix_lists import PrefixListRef

ID = "pl-0123456789abcdef0"


def written(prefix_list: str, *more: str, top: str = "") -> str:
    lines = [f"    prefix_list: {prefix_list}", *(f"    {line}" for line in more)]
    return "\n".join([top, "routetables:", "  anycast:", "    find: {type: main}", *lines, ""])


ACCEPT = 'accept: ["192.0.2.0/24 le 32"]'


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        (ID, PrefixListRef(ID)),
        (f"{{id: {ID}, foreign_entries: keep}}", PrefixListRef(ID, keeps_foreign=True)),
        ("{name: any cast}", PrefixListRef(name="any cast")),
        ("{find: {type: by_tag, config: {key: a, value: b}}}", PrefixListRef(tag=("a", "b"))),
    ],
)
def test_which_list_it_is(text: str, ref: PrefixListRef) -> None:
    (rule,) = parse(written(text, ACCEPT), "f.yaml").rules
    assert rule.prefix_list == ref


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("rtb-0123456789abcdef0", ACCEPT, "expected 'pl-' and 8 or 17 hexadecimal digits"),
        (f"{{id: {ID}, name: anycast}}", ACCEPT, "needs exactly one of id, name and find"),
        ("{foreign_entries: keep}", ACCEPT, "needs exactly one of id, name and find"),
        ("{name: anycast, foreign_entries: drop}", ACCEPT, "foreign_entries"),
        (ID, "accept: [{prefix: 192.0.2.1/32, fallback: nat-0123456789abcdef0}]", "accept[0] has fallback of its own"),
        (ID, "manage_routes: [{cidr: 192.0.2.1/32, if_unhealthy: true}]", "manage_routes[0] has if_unhealthy of its"),
        (ID, "manage_routes: [{cidr: 192.0.2.1/32, instance: i-0123456789abcdef0}]", "manage_routes[0] has instance"),
    ],
)
def test_what_is_refused_and_why(text: str, more: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"f\.yaml:") as caught:
        parse(written(text, more), "f.yaml")
    assert words in str(caught.value)


def test_writing_for_others_does_not_go_with_a_list() -> None:
    with pytest.raises(ConfigError, match="write: any does not go with prefix_list"):
        parse(written(ID, ACCEPT, "takeover: best_path", "write: any"), "f.yaml")


def test_a_list_is_of_our_own_account_and_region() -> None:
    with pytest.raises(ConfigError, match="region does not go with prefix_list"):
        parse(written(ID, ACCEPT, "region: eu-west-1", "vpc_id: vpc-0123456789abcdef0"), "f.yaml")


def test_tables_of_transit_gateways_have_a_route_for_each_prefix() -> None:
    with pytest.raises(ConfigError, match="transit_gateway_route_tables does not go with prefix_list"):
        parse(
            written(
                ID,
                ACCEPT,
                "transit_gateway_route_tables: {find: {type: ids, config: {ids: [tgw-rtb-0123456789abcdef0]}}}",
            ),
            "f.yaml",
        )


def test_managed_prefixes_are_taken_over_as_their_rule_is() -> None:
    (rule,) = parse(written(ID, "manage_routes: [{cidr: 192.0.2.1/32}]"), "f.yaml").rules
    assert {route.takeover for route in rule.manages.values()} == {rule.takeover} == {Takeover.IF_UNHEALTHY}
