"""The truth table of `policy.verdict`, row by row, decided through `decide` as the daemon does."""

import pytest

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decide import decide
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.plan import Reason
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.policy.tables import table_policies
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteState
from tests.values import (
    IGW,
    INTERFACES,
    LOCAL,
    OURS,
    OURS_TOO,
    P1,
    PEER,
    WITHOUT_INTERFACE,
    blackhole,
    offer,
    route,
    rule,
    snapshot,
    table,
)

OK, IMPAIRED, GONE, TERMINATED, UNKNOWN = InstanceHealth
ALWAYS = dict(takeover=Takeover.ALWAYS)
TAKES_FOREIGN = dict(takeover_foreign=True)
NOTHING, US, PROPAGATED = (), (route(),), (route(target=IGW, propagated=True),)
THEM, DEAD = (route(target=PEER),), (blackhole(),)
GATEWAY, VPC = (route(target=IGW),), (route(target=LOCAL),)


def decided(
    routes, offers, *, health=None, own=None, held=False, seen=(), interfaces=None, policy=None, **rule_options
) -> str:
    """`verdict reason target` for P1, and after `->` the change, if any."""
    rules = [rule(**rule_options)]
    known = {"i-9": health, "i-1": own}
    shown = snapshot(table(*routes), health={name: health for name, health in known.items() if health})
    if interfaces:
        shown = snapshot(table(*routes), interfaces=interfaces)
    inputs = DecisionInput(offers={P1: tuple(offers)} if offers else {}, leftovers_held=held, seen=set(seen))
    plan = decide(table_policies(rules, shown, "vpc-1"), shown, inputs, policy or Policy())
    assert len(plan.verdicts) <= 1
    text = " ".join(f"{v.kind.value} {v.reason.value} {v.target}" for v in plan.verdicts) or "nothing"
    return text + "".join(f" -> {c.action.value} {c.target}" for c in plan.changes)


PATH = [offer()]
BACKUP = [offer(med=1000)]

TABLE = [
    # the table has, path, options, what becomes of it
    (NOTHING,            [],      {},                              "nothing"),
    (NOTHING,            PATH,    {},                              "create absent eni-1 -> create eni-1"),
    (NOTHING,            BACKUP,  {},                              "create absent eni-1 -> create eni-1"),
    (PROPAGATED,         [],      {},                              "nothing"),
    (PROPAGATED,         PATH,    {},                              "create beside-propagated eni-1 -> create eni-1"),
    (US,                 PATH,    {},                              "keep ours eni-1"),
    (US,                 BACKUP,  {},                              "keep ours eni-1"),
    (US + PROPAGATED,    PATH,    {},                              "keep ours eni-1"),
    (US,                 [],      {},                              "delete withdrawn None -> delete eni-1"),
    (US,                 [],      dict(held=True),                 "keep leftover eni-1"),
    (US,                 [],      dict(held=True, seen=[P1]), "delete withdrawn None -> delete eni-1"),
    ((route(target=OURS_TOO),), PATH, {},                          "replace other-interface eni-1 -> replace eni-1"),
    (THEM,               [],      {},                              "nothing"),
    (THEM,               [],      ALWAYS,                          "nothing"),
    (THEM,               PATH,    {},                              "yield owner-healthy eni-9"),
    (THEM,               PATH,    dict(health=OK),                 "yield owner-healthy eni-9"),
    (THEM,               PATH,    dict(health=UNKNOWN),            "yield owner-healthy eni-9"),
    (THEM,               PATH,    dict(health=IMPAIRED),           "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,               PATH,    dict(health=IMPAIRED, own=OK),   "replace owner-impaired eni-1 -> replace eni-1"),
    (THEM,               PATH,    dict(health=IMPAIRED, own=IMPAIRED), "yield owner-healthy eni-9"),
    (THEM,               PATH,    dict(health=IMPAIRED, own=UNKNOWN), "yield owner-healthy eni-9"),
    (THEM,               PATH,    dict(health=GONE, own=IMPAIRED), "replace owner-gone eni-1 -> replace eni-1"),
    (THEM,               PATH,    dict(health=GONE),               "replace owner-gone eni-1 -> replace eni-1"),
    (THEM,               PATH,    ALWAYS,                          "replace takeover-always eni-1 -> replace eni-1"),
    (THEM,               BACKUP,  ALWAYS,                          "yield backup-med eni-9"),
    (THEM,               BACKUP,  dict(health=GONE),               "yield backup-med eni-9"),
    (THEM,               PATH,    TAKES_FOREIGN,                   "yield owner-healthy eni-9"),
    (DEAD,               [],      {},                              "nothing"),
    (DEAD,               PATH,    {},                              "replace owner-blackhole eni-1 -> replace eni-1"),
    (DEAD,               BACKUP,  {},                              "yield backup-med eni-9"),
    (GATEWAY,            [],      TAKES_FOREIGN,                   "nothing"),
    (GATEWAY,            PATH,    {},                              "foreign foreign-target igw-1"),
    (GATEWAY,            PATH,    ALWAYS,                          "foreign foreign-target igw-1"),
    (GATEWAY,            PATH,    TAKES_FOREIGN,                   "replace takeover-foreign eni-1 -> replace eni-1"),
    (GATEWAY,            BACKUP,  TAKES_FOREIGN,                   "yield backup-med igw-1"),
    (VPC,                PATH,    TAKES_FOREIGN | ALWAYS,          "foreign foreign-target local"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "expected"), TABLE)
def test_the_truth_table(routes, offers, options, expected):
    assert decided(routes, offers, **options) == expected


@pytest.mark.parametrize("target", WITHOUT_INTERFACE, ids=str)
def test_a_black_hole_that_shows_no_interface_is_a_peers(target):
    dead = (route(target=target, state=RouteState.BLACKHOLE),)
    assert decided(dead, PATH) == "replace owner-blackhole eni-1 -> replace eni-1"
    assert decided(dead, BACKUP) == f"yield backup-med {target}"
    assert decided(dead, []) == "nothing"
    assert decided((route(target=target),), PATH) == f"foreign foreign-target {target}", "it is no black hole"
    propagated = (route(target=target, state=RouteState.BLACKHOLE, propagated=True),)
    assert decided(propagated, PATH) == "create beside-propagated eni-1 -> create eni-1"


INTERFACE_CHOICE = [
    # next hop, rule, interface or reason
    (dict(), {}, "create absent eni-1 -> create eni-1"),
    (dict(next_hop="10.0.0.10"), {}, "create absent eni-1 -> create eni-1"),
    (dict(next_hop="10.0.1.10"), {}, "create absent eni-2 -> create eni-2"),
    (dict(next_hop="10.0.1.10"), dict(interface=0), "create absent eni-2 -> create eni-2"),
    (dict(), dict(interface=1), "create absent eni-2 -> create eni-2"),
    (dict(), dict(interface="subnet-2"), "create absent eni-2 -> create eni-2"),
    (dict(), dict(interface=7), "blocked no-interface None"),
    (dict(next_hop="198.51.100.1"), {}, "blocked next-hop-not-ours None"),
    (dict(next_hop="198.51.100.1"), dict(next_hop_self=True), "create absent eni-1 -> create eni-1"),
    (dict(next_hop="198.51.100.1"), dict(next_hop_self=True, interface=1), "create absent eni-2 -> create eni-2"),
]


@pytest.mark.parametrize(("path", "options", "expected"), INTERFACE_CHOICE)
def test_the_interface_is_chosen_by_address_then_by_rule_then_device_index_0(path, options, expected):
    assert decided(NOTHING, [offer(**path)], **options) == expected


def test_device_index_0_is_that_of_the_first_network_card():
    second_card = Interface("eni-0", "vpc-1", "subnet-1", 0, network_card=1)
    assert decided(NOTHING, PATH, interfaces=(INTERFACES[0], second_card)) == "create absent eni-1 -> create eni-1"
    assert decided(NOTHING, PATH, interfaces=(second_card, INTERFACES[0])) == "create absent eni-1 -> create eni-1"


def test_a_path_that_cannot_be_installed_any_more_takes_its_route_along():
    assert decided(US, [offer(next_hop="198.51.100.1")]) == "delete next-hop-not-ours None -> delete eni-1"


def test_a_mistaken_interface_takes_no_working_route_away():
    assert decided(US, PATH, interface=7) == "blocked no-interface eni-1"


def test_a_usable_path_is_installed_although_a_better_one_is_not_usable():
    offers = [offer(next_hop="198.51.100.1", local_preference=900), offer(source="t")]
    assert decided(NOTHING, offers) == "create absent eni-1 -> create eni-1"


def test_an_interface_in_another_vpc_is_never_a_target():
    elsewhere = (Interface("eni-5", "vpc-2", "subnet-5", 0),)
    assert decided(NOTHING, PATH, interfaces=elsewhere) == "blocked no-interface None"


def test_source_destination_check_blocks_every_write_that_would_point_at_the_interface():
    checked = (Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True),)
    for routes, present in ((NOTHING, "None"), (DEAD, "eni-9")):
        assert decided(routes, PATH, interfaces=checked) == f"blocked source-dest-check {present}"
    assert decided(US, [], interfaces=checked) == "delete withdrawn None -> delete eni-1"
    skipping = Policy(skip_source_dest_check=True)
    assert decided(NOTHING, PATH, interfaces=checked, policy=skipping) == "create absent eni-1 -> create eni-1"
    assert decided(US, PATH, interfaces=checked, policy=skipping) == "keep ours eni-1"


def test_a_check_that_was_switched_on_under_a_route_of_ours_is_said_and_the_route_stays():
    checked = (Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True),)
    assert decided(US, PATH, interfaces=checked) == "blocked source-dest-check eni-1"


def test_the_verdict_names_the_command_that_turns_the_check_off():
    checked = (Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True),)
    shown = snapshot(table(), interfaces=checked)
    plan = decide(table_policies([rule()], shown, "vpc-1"), shown, DecisionInput(offers={P1: tuple(PATH)}), Policy())
    assert plan.verdicts[0].reason is Reason.SOURCE_DEST_CHECK
    assert "--network-interface-id eni-1 --no-source-dest-check" in plan.verdicts[0].detail
    pointed_here = snapshot(table(*US), interfaces=checked)
    plan = decide(
        table_policies([rule()], pointed_here, "vpc-1"), pointed_here, DecisionInput(offers={P1: tuple(PATH)}), Policy()
    )
    assert "--network-interface-id eni-1 --no-source-dest-check" in plan.verdicts[0].detail


def test_paths_of_peers_are_theirs_to_install():
    assert decided(NOTHING, [offer(side=Side.PEER, next_hop="10.0.0.99")]) == "nothing"
    assert decided(US, [offer(side=Side.PEER, next_hop="10.0.0.10")]) == "delete withdrawn None -> delete eni-1"


def test_ties_move_no_route():
    offers = [offer(source="a", next_hop="10.0.0.10"), offer(source="b", next_hop="10.0.1.10")]
    assert decided(NOTHING, offers) == "create absent eni-1 -> create eni-1"
    assert decided((route(target=OURS_TOO),), offers) == "keep ours eni-2"


def test_backup_med_is_the_configured_one():
    assert decided(DEAD, [offer(med=200)], policy=Policy(backup_med=200)) == "yield backup-med eni-9"
    assert decided(DEAD, [offer(med=199)], policy=Policy(backup_med=200)).startswith("replace")


def test_without_a_managed_route_the_interface_has_device_index_0_whether_or_not_it_forwards():
    checked = (Interface(OURS, "vpc-1", "subnet-1", 0, source_dest_check=True), INTERFACES[1])
    assert decided(NOTHING, PATH, interfaces=checked) == "blocked source-dest-check None"


# the table has, path, options, what people are told: the owner, and what stands beside the verdict
TOLD = [
    (THEM, PATH, {}, "i-9", ""),
    (US, PATH, {}, None, ""),
    (GATEWAY, PATH, {}, None, ""),
    (NOTHING, PATH, dict(interface=7), None, "this instance has no interface with interface: 7 in vpc-1"),
    (NOTHING, [offer(next_hop="198.51.100.1")], {}, None,
     "next-hop 198.51.100.1 is no address of this instance in vpc-1; announce `next-hop self`, or set next_hop_self: "
     "true in the rule"),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "offers", "options", "owner", "detail"), TOLD)
def test_people_are_told(routes, offers, options, owner, detail):
    shown = snapshot(table(*routes))
    (verdict,) = decide(
        table_policies([rule(**options)], shown, "vpc-1"), shown, DecisionInput(offers={P1: tuple(offers)}), Policy()
    ).verdicts
    assert (verdict.owner, verdict.detail) == (owner, detail)


def test_where_no_interface_is_in_the_vpc_of_the_table_that_is_said():
    shown = snapshot(table(), interfaces=(Interface("eni-5", "vpc-2", "subnet-5", 0),))
    (verdict,) = decide(
        table_policies([rule()], shown, "vpc-1"), shown, DecisionInput(offers={P1: tuple(PATH)}), Policy()
    ).verdicts
    assert verdict.detail == "this instance has no interface with device index 0 in vpc-1"
