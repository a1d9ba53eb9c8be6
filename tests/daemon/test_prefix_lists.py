"""Whole daemons with a managed prefix list: one write moves all its prefixes, and entries are never lost."""

from functools import partial

import pytest
from lab import NO_PACE, OURS, PEER, A, B, Lab, Peering, announce, left_behind, two_hosts, withdraw

from bgp2vpc.config.model import Ec2Limits
from bgp2vpc.errors import Denied, Throttled, Transient
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.model import InstanceHealth
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from tests.memory_vpc import MemoryVpc
from tests.values import rule

LIST = "pl-1"
MANY = [f"192.0.2.{number}/32" for number in range(250)]
lists = partial(rule, "192.0.2.0/24 le 32", name="lists", prefix_list=PrefixListRef(LIST))


def with_list(vpc: MemoryVpc, *entries: str, description: str = "bgp2vpc i-1", **more) -> MemoryVpc:
    vpc.add_prefix_list(LIST, *entries, name="anycast", description=description, **more)
    return vpc


def make(make_lab, *entries: str, vpc: MemoryVpc | None = None, **config) -> Lab:
    return make_lab(with_list(vpc or two_hosts(), *entries), **{"rules": (lists(),), **config})


def owned(*entries: str) -> MemoryVpc:
    return with_list(left_behind(LIST), *entries)


def test_a_table_gets_one_route_and_the_list_all_prefixes_of_which_a_hundred_go_into_a_call(make_lab) -> None:
    lab = make(make_lab, vpc=two_hosts(tables=2)).start()
    lab.vpc.changing = 2
    lab.say(*map(announce, MANY))
    lab.wait(30)
    assert lab.routes == [f"{table} {LIST} {OURS} active" for table in ("rtb-1", "rtb-2")]
    assert lab.vpc.entries(LIST) == MANY
    assert lab.writes == [
        *(f"CreateRoute {table} {LIST} {OURS}" for table in ("rtb-1", "rtb-2")),
        *(f"ModifyManagedPrefixList {LIST} {many} -0" for many in ("+100", "+100", "+50")),
    ]
    lab.forget_calls()
    lab.wait(300)
    assert lab.writes == []
    assert not [call for call in lab.calls if call.startswith("GetManagedPrefixListEntries")]  # the version is the same


def test_a_prefix_whose_service_is_down_leaves_the_list_while_others_are_well(make_lab) -> None:
    lab = make(make_lab, vpc=two_hosts(tables=2)).start()
    lab.say(announce(A), announce(B))
    lab.wait(5)
    lab.forget_calls()
    lab.say(withdraw(B))
    lab.wait(5)
    assert (lab.vpc.entries(LIST), lab.writes) == ([A], [f"ModifyManagedPrefixList {LIST} +0 -1"])
    assert lab.calls.index("DescribeRouteTables rtb-1 rtb-2") < lab.calls.index(lab.writes[0])  # is it still ours?
    lab.say(withdraw(A))
    lab.wait(5)
    assert lab.routes == []
    assert lab.vpc.entries(LIST) == [A]  # an entry without a route does no harm


@pytest.mark.parametrize("count", [0, 250])
def test_the_next_owner_takes_over_with_one_write_and_mends_the_entries(make_lab, count) -> None:
    vpc = with_list(two_hosts(tables=2), *MANY[:count], A, description="bgp2vpc i-2")
    for table in ("rtb-1", "rtb-2"):
        vpc.put_route(table, LIST, PEER)
    lab = make_lab(vpc, rules=(lists(),), poll_time=5.0, restart_time=0.0).start()
    lab.say(*map(announce, MANY))
    lab.wait(10)
    assert lab.writes == []  # whoever does not have the route does not write the entries either
    vpc.set_health("i-2", InstanceHealth.GONE)
    lab.wait(10)
    moves = [f"ReplaceRoute {table} {LIST} {OURS}" for table in ("rtb-1", "rtb-2")]
    assert lab.writes[:2] == moves
    assert (len(lab.writes) == 2) is (count == 250)
    assert lab.vpc.entries(LIST) == MANY


def test_two_hosts_that_change_entries_at_once_both_come_to_their_end(make_lab) -> None:
    vpc = with_list(two_hosts(tables=2))
    vpc.put_route("rtb-1", LIST, OURS)
    vpc.put_route("rtb-2", LIST, PEER)
    vpc.changing = 1
    first = make_lab(vpc, rules=(lists(),))
    second = make_lab(beside=first, rules=(lists(),))
    for each in (first, second):
        each.start()
    first.say(*map(announce, MANY[:120]))
    second.say(*map(announce, MANY[120:]))
    first.wait(60)
    assert vpc.entries(LIST) == MANY
    assert any(call.startswith("GetManagedPrefixListEntries") for call in vpc.calls)  # it was not that easy
    first.say(*map(withdraw, MANY[:20]))
    second.say(withdraw(MANY[-1]))
    first.wait(60)
    assert vpc.entries(LIST) == MANY[20:-1]
    assert second.ask("status")["failing"] == first.ask("status")["failing"] == {}


def test_what_somebody_else_adds_meanwhile_is_not_lost(make_lab) -> None:
    keeping = lists(prefix_list=PrefixListRef(LIST, keeps_foreign=True))
    lab = make(make_lab, rules=(keeping,)).start()
    lab.vpc.before_next("ModifyManagedPrefixList", lambda: lab.vpc.put_entries(LIST, "198.51.100.1/32"))
    lab.say(announce(A))
    lab.wait(10)
    assert lab.vpc.entries(LIST) == [A, "198.51.100.1/32"]
    assert lab.writes[1:] == 2 * [f"ModifyManagedPrefixList {LIST} +1 -0"]


def test_entries_that_could_not_be_read_are_not_touched(make_lab) -> None:
    vpc = owned(A, B)
    vpc.fail_next("GetManagedPrefixListEntries", Transient("GetManagedPrefixListEntries", "InternalError", ""), times=3)
    lab = make_lab(vpc, rules=(lists(),), poll_time=20.0, restart_time=10.0).start()
    lab.say(announce(A))
    lab.wait(50)
    assert (vpc.entries(LIST), lab.writes) == ([A, B], [])
    assert "prefix lists" in lab.ask("status")["failing"]
    lab.wait(60)
    assert (vpc.entries(LIST), lab.writes) == ([A], [f"ModifyManagedPrefixList {LIST} +0 -1"])


def test_after_a_restart_entries_wait_for_those_who_announce_them(make_lab) -> None:
    lab = make_lab(owned(A, B), rules=(lists(),), restart_time=10.0).start()
    lab.say(announce(A))
    lab.wait(5)
    assert (lab.vpc.entries(LIST), lab.writes) == ([A, B], [])
    lab.say(announce(B))
    lab.wait(60)
    assert lab.writes == []
    lab.say(withdraw(A))
    lab.wait(5)
    assert lab.vpc.entries(LIST) == [B]


def test_who_has_lost_the_route_since_its_last_read_removes_no_entry(make_lab) -> None:
    lab = make_lab(owned(A, B), rules=(lists(),), restart_time=10.0).start()
    lab.say(announce(A), announce(B))
    lab.wait(1)
    lab.vpc.put_route("rtb-1", LIST, PEER)
    lab.say(withdraw(B))
    lab.wait(10)
    assert (lab.vpc.entries(LIST), lab.writes) == ([A, B], [])


def test_an_entry_that_is_to_be_removed_only_after_a_wait_for_the_pace_is_not_removed_without_a_read(make_lab) -> None:
    lab = make(make_lab, poll_time=300.0, ec2=Ec2Limits(burst=1, rate=0.1)).start()
    lab.say(announce(A))
    lab.wait(2)
    lab.say(announce(B))  # EC2 allows the next call in 8 s
    lab.wait(1)
    lab.vpc.put_route("rtb-1", LIST, PEER)
    lab.say(withdraw(A))
    lab.wait(30)
    assert lab.vpc.entries(LIST) == [A]
    assert lab.writes == [f"CreateRoute rtb-1 {LIST} {OURS}", f"ModifyManagedPrefixList {LIST} +1 -0"]


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (Transient("ModifyManagedPrefixList", "InternalError", ""), False),
        (Transient("ModifyManagedPrefixList", "ReadTimeoutError", "the answer was lost"), True),
        (Throttled("ModifyManagedPrefixList", "RequestLimitExceeded", ""), False),
    ],
)
def test_a_modification_that_fails_is_made_again(make_lab, error, after) -> None:
    lab = make(make_lab).start()
    lab.vpc.fail_next("ModifyManagedPrefixList", error, after=after)
    lab.say(announce(A), announce(B))
    lab.wait(30)
    assert lab.vpc.entries(LIST) == [A, B]
    assert lab.ask("status")["failing"] == {}


def test_a_missing_permission_is_reported_and_works_soon_after_it_was_mended(make_lab) -> None:
    lab = make(make_lab).start()
    lab.vpc.fail_next(
        "ModifyManagedPrefixList", Denied("ModifyManagedPrefixList", "UnauthorizedOperation", "no"), times=2
    )
    lab.say(announce(A))
    lab.wait(10)
    assert lab.ask("status")["failing"] == {f"entries of {LIST}": "UnauthorizedOperation"}
    lab.wait(60)
    assert (lab.vpc.entries(LIST), lab.ask("status")["failing"]) == ([A], {})


def test_a_list_that_ec2_denies_is_asked_for_no_more_once_no_rule_has_it(make_lab) -> None:
    lab = make(make_lab).start()
    for call in ("ModifyManagedPrefixList", "DescribeManagedPrefixLists"):
        lab.vpc.fail_next(call, Denied(call, "UnauthorizedOperation", "no"), times=1000)
    lab.say(announce(A))
    lab.wait(10)
    lab.reload(rules=(rule("198.51.100.0/24"),))
    lab.wait(31)
    lab.forget_calls()
    lab.wait(60)
    assert lab.ask("status")["failing"] == {}
    assert not [call for call in lab.calls if "PrefixList" in call]


def test_a_list_that_is_full_is_reported_with_what_does_not_fit(make_lab) -> None:
    lab = make_lab(with_list(two_hosts(), max_entries=1), rules=(lists(),)).start()
    lab.say(announce(A), announce(B))
    lab.wait(10)
    assert lab.vpc.entries(LIST) == [A]
    assert lab.ask("status")["failing"] == {f"entries of {LIST}": "PrefixListMaxEntriesExceeded"}
    (row,) = lab.ask("status")["prefix_lists"]
    assert (row["entries"], row["max_entries"], row["no_room"], row["ours"]) == (1, 1, 1, 1)
    assert any("it is no entry; there is no room for it (MaxEntries)" in line for line in lab.ask("why", B)["lines"])
    lab.say(withdraw(A))
    lab.wait(10)
    assert lab.vpc.entries(LIST) == [B]
    assert lab.ask("status")["failing"] == {}


def test_what_does_not_fit_gets_a_route_of_its_own_if_another_rule_accepts_it(make_lab) -> None:
    lab = make_lab(with_list(two_hosts(), max_entries=1), rules=(lists(), rule(name="own"))).start()
    lab.say(announce(A), announce(B))
    lab.wait(5)
    assert (lab.vpc.entries(LIST), lab.routes) == ([A], [f"rtb-1 {B} {OURS} active", f"rtb-1 {LIST} {OURS} active"])
    lab.say(withdraw(A))
    lab.wait(5)
    assert (lab.vpc.entries(LIST), lab.routes) == ([B], [f"rtb-1 {LIST} {OURS} active"])


def test_a_list_with_entries_of_others_is_refused_unless_the_rule_keeps_them(make_lab) -> None:
    lab = make_lab(with_list(two_hosts(), B, description="by hand"), rules=(lists(),)).start()
    lab.say(announce(A))
    lab.wait(10)
    assert (lab.writes, lab.verdicts()) == ([], [f"rtb-1 {LIST} blocked prefix-list"])
    keeping = lists(prefix_list=PrefixListRef(name="anycast", keeps_foreign=True))
    lab.reload(rules=(keeping,))
    lab.wait(10)
    assert (lab.vpc.entries(LIST), lab.verdicts()) == ([A, B], [f"rtb-1 {LIST} keep ours"])


def test_a_dry_run_says_what_it_would_write(make_lab, caplog) -> None:
    caplog.set_level("INFO", "bgp2vpc")
    lab = make_lab(owned(A), rules=(lists(),), restart_time=10.0).start(noop=True)
    lab.say(announce(B))
    lab.wait(100)
    assert lab.writes == []
    would = [record for record in caplog.records if record.getMessage() == "would modify prefix list"]
    assert len(would) == 2  # as soon as it is announced, and when the leftovers may go


def test_one_shot_writes_the_entries_as_well(make_lab) -> None:
    lab = make(make_lab, rules=(lists(),), ec2=NO_PACE)
    lab.start(oneshot=True, wait=0.0)
    lab.say(*map(announce, MANY[:150]))
    lab.wait(20)
    assert len(lab.vpc.entries(LIST)) == 150


def test_status_and_why_tell_of_the_list_and_of_its_prefixes(make_lab) -> None:
    lab = make(make_lab, vpc=two_hosts(tables=2)).start()
    lab.say(announce(A))
    lab.wait(5)
    status = lab.ask("status")
    (row,) = status["prefix_lists"]
    assert row | {"prefix_list_id": LIST, "name": "anycast", "rules": ["lists"], "entries": 1, "problem": ""} == row
    (prefix,) = status["prefixes"]
    assert (prefix["prefix"], prefix["tables"], prefix["ours"], prefix["without_route"]) == (A, 2, 2, [])
    told = lab.ask("why", A)["lines"]
    assert f"  rule lists keeps it in prefix list {LIST} (anycast), accept: 192.0.2.0/24 le 32" in told
    assert "    it is an entry" in told
    assert any(line.startswith(f"    rtb-1 has a route to {OURS}") for line in told)
    told = lab.ask("why", LIST)["lines"]
    assert told[:2] == [LIST, "  its entries: 1 of 400, 0 to add, 0 to remove"]
    assert any(line.startswith("  keep (ours") for line in told)
    assert any("rule lists matches it: prefix_list: pl-1" in line for line in told)


def test_operators_hold_and_take_over_the_list_and_hold_single_entries(make_lab) -> None:
    vpc = with_list(two_hosts(), A, description="bgp2vpc i-2")
    vpc.put_route("rtb-1", LIST, PEER)
    lab = make_lab(vpc, rules=(lists(),)).start()
    lab.say(announce(A), announce(B))
    lab.wait(5)
    lab.ask("takeover", LIST)
    lab.ask("hold", B)
    lab.wait(5)
    assert lab.routes == [f"rtb-1 {LIST} {OURS} active"]
    assert vpc.entries(LIST) == [A]
    lab.ask("release", B)
    lab.wait(5)
    assert vpc.entries(LIST) == [A, B]


def test_a_drain_of_everything_hands_the_list_over_and_leaves_its_entries(make_lab) -> None:
    rules = (lists(takeover=Takeover.BEST_PATH),)
    first = make(make_lab, rules=rules)
    second = make_lab(beside=first, rules=rules)
    for each in (first, second):
        each.start(helper=True, wait=0.1)
    Peering(first, second)
    first.wait(15)
    first.say(announce(A), announce(B))
    first.wait(5)
    second.say(announce(A), announce(B))
    first.wait(5)
    assert first.routes == [f"rtb-1 {LIST} {OURS} active"]
    first.forget_calls()
    first.ask("drain")
    first.wait(10)
    assert first.writes == [f"ReplaceRoute rtb-1 {LIST} {PEER}"]
    assert first.vpc.entries(LIST) == [A, B]
    first.ask("undrain")
    first.wait(10)
    assert first.routes == [f"rtb-1 {LIST} {PEER} active"]  # of equals the owner stays


def test_a_prefix_that_is_down_at_the_owner_is_served_by_a_route_of_its_own_elsewhere(make_lab) -> None:
    rules = (lists(), rule(name="own"))
    first = make(make_lab, rules=rules, poll_time=5.0).start()
    second = make_lab(beside=first, rules=rules, poll_time=5.0).start()
    for each in (first, second):
        each.say(announce(A), announce(B))
        each.wait(5)
    assert first.routes == [f"rtb-1 {LIST} {OURS} active"]
    first.say(withdraw(B))
    first.wait(20)
    assert (first.vpc.entries(LIST), first.routes) == ([A], [f"rtb-1 {B} {PEER} active", f"rtb-1 {LIST} {OURS} active"])
    first.say(announce(B))
    first.wait(20)
    assert (first.vpc.entries(LIST), first.routes) == ([A, B], [f"rtb-1 {LIST} {OURS} active"])


def test_a_list_that_is_deleted_and_made_again_is_used_again(make_lab) -> None:
    rules = (lists(prefix_list=PrefixListRef(name="anycast")),)
    lab = make_lab(with_list(two_hosts()), rules=rules, poll_time=5.0).start()
    lab.say(announce(A))
    lab.wait(5)
    lab.vpc.remove_route("rtb-1", LIST)
    lab.vpc.remove_prefix_list(LIST)
    lab.wait(20)
    assert lab.verdicts() == []
    lab.vpc.add_prefix_list("pl-2", name="anycast")
    lab.wait(20)
    assert lab.routes == [f"rtb-1 pl-2 {OURS} active"]
    assert lab.vpc.entries("pl-2") == [A]
