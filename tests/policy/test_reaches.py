"""Which VPCs are read with which role, which rules their tables get, and what a silent account leaves open."""

from dataclasses import replace

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decide import decide_place, unresolved
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.policy.tables import reaches, table_policies
from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.access import OWN, Access
from bgp2vpc.vpc.model import Instance, Interface
from tests.values import INTERFACES, P1, inputs_of, offer, rule, snapshot, table

SELF = Instance("i-1", "eu-west-1", "vpc-1")
ROLE = Access("arn:aws:iam::222222222222:role/routes")
FAR = Access(region="us-east-1")
NINE = IPAddress("10.0.0.9")


def test_our_own_vpc_and_those_of_rules_are_read_each_in_one_way() -> None:
    assert reaches([rule()], SELF) == {OWN: {"vpc-1"}}
    assert reaches([rule(vpc_id="vpc-2")], SELF) == {OWN: {"vpc-1", "vpc-2"}}
    assert reaches([rule(), rule(vpc_id="vpc-2", access=ROLE), rule(vpc_id="vpc-3", access=FAR)], SELF) == {
        OWN: {"vpc-1"}, ROLE: {"vpc-2"}, FAR: {"vpc-3"},
    }  # fmt: skip
    assert reaches([rule(vpc_id="vpc-2", access=Access(region="eu-west-1"))], SELF) == {OWN: {"vpc-1", "vpc-2"}}


def test_a_vpc_that_is_shared_with_us_is_read_by_its_owners_role_only() -> None:
    assert reaches([rule(access=ROLE)], SELF) == {OWN: frozenset(), ROLE: {"vpc-1"}}
    assert reaches([rule(), rule(access=ROLE)], SELF) == {OWN: frozenset(), ROLE: {"vpc-1"}}


def test_a_table_gets_the_rules_that_reach_it_as_it_was_read() -> None:
    theirs = table(table_id="rtb-2", vpc_id="vpc-2", access=ROLE)
    rules = [rule(name="own"), rule(name="role", vpc_id="vpc-2", access=ROLE), rule(name="else", vpc_id="vpc-2")]
    found = table_policies(rules, snapshot(table(), theirs), "vpc-1", "eu-west-1")
    assert {each: [by.name for by in policy.rules] for each, policy in found.items()} == {
        "rtb-1": ["own"], "rtb-2": ["role"],
    }  # fmt: skip


BEST = dict(takeover=Takeover.BEST_PATH)
HEARD = offer(source="peer", side=Side.PEER, next_hop=str(NINE))


def verdict(seen, rules, table_id: str) -> str:
    policies = table_policies(rules, seen, "vpc-1")
    decided = decide_place(policies[table_id], P1, seen, inputs_of((offer(), HEARD)), Policy())
    return next((each.why.name for each in decided.best_path.excluded), "competes")


def test_a_peer_of_one_vpc_is_known_to_be_none_of_the_other() -> None:
    """Until it was, nothing was ever taken or deleted in the other one: a next hop counted as still looked up."""
    at_nine = Interface("eni-9", "vpc-1", "subnet-1", 0, frozenset({NINE}), address=NINE, instance_id="i-9")
    seen = replace(
        snapshot(table(), table(table_id="rtb-2", vpc_id="vpc-2", access=ROLE)),
        peer_enis={"eni-9": at_nine},
        interfaces=(*INTERFACES, Interface("eni-7", "vpc-2", "subnet-7", 0)),
    )
    rules = [rule(**BEST), rule(vpc_id="vpc-2", access=ROLE, **BEST)]
    assert verdict(seen, rules, "rtb-1") == "competes"
    assert verdict(seen, rules, "rtb-2") == "NO_INTERFACE"
    silent = replace(seen, unread=frozenset({ROLE}))
    assert verdict(silent, rules, "rtb-2") == "UNRESOLVED", "it may have one there"
    assert verdict(silent, rules, "rtb-1") == "competes"


def test_nothing_is_asked_for_tables_of_an_account_that_does_not_answer() -> None:
    seen = snapshot(table(table_id="rtb-2", vpc_id="vpc-2", access=ROLE))
    rules = [rule(vpc_id="vpc-2", access=ROLE, **BEST)]
    inputs = inputs_of((HEARD,))
    assert unresolved(table_policies(rules, seen, "vpc-1"), seen, inputs).addresses == {NINE}
    silent = replace(seen, unread=frozenset({ROLE}))
    assert not unresolved(table_policies(rules, silent, "vpc-1"), silent, inputs)
