"""Draining: a last resort, then nothing, until undrained. The whole daemon on virtual time."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lab import NO_PACE, OURS, PEER, A, B, Lab, Peering, announce, left_behind, two_hosts, withdraw

from bgp2vpc.bgp.events import Announce, Withdraw
from bgp2vpc.bgp.path import Path
from bgp2vpc.cli.drain import unsolved
from bgp2vpc.config.load import parse
from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Denied, Transient
from bgp2vpc.exabgp_api.line import parse as parse_line
from bgp2vpc.operator.orders import OrderError
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import Prefix
from bgp2vpc.sources.session import SourceKind
from tests.values import rule

C = "192.0.2.3/32"
LAST = "med 500 community [ 65535:0 ]"


HEARD = f"neighbor 10.0.0.11 receive update announced {A} next-hop %s origin igp med 100"


def heard(lab: Lab) -> list[str]:
    """What ExaBGP was told since the last time."""
    said, lab.to_exabgp[:] = list(lab.to_exabgp), []
    return said


def holding(make_lab, *prefixes: str, tables: int = 1, helper: bool = False, **config) -> Lab:
    """A daemon that has announced these and holds their routes."""
    lab = make_lab(two_hosts(tables), **config).start(helper=helper)
    lab.say(*(announce(each, "med 100") for each in prefixes))
    lab.wait(12)
    heard(lab)
    lab.forget_calls()
    return lab


def states(lab: Lab) -> list[str]:
    every = lab.ask("status")["leaving"]
    return [
        f"{each['prefix'] or 'everything'} {each['state']} by {each['by']} {each['reason']}".strip() for each in every
    ]


def ends(lab: Lab) -> list[str]:
    return [f"{row['route_table_id']} {row['prefix']} {row['end']}" for row in lab.ask("leaving")["routes"]]


# Without a successor


def test_the_route_stays_as_a_last_resort_and_goes_when_the_time_is_over(make_lab) -> None:
    lab = holding(make_lab, A, helper=True, drain_timeout=30.0)
    report = lab.ask("drain")
    assert report["routes"][0] | {"end": "still ours", "heard": False} == report["routes"][0]
    assert heard(lab) == [announce(A, LAST)]
    lab.wait(29)
    assert (states(lab), lab.writes, heard(lab)) == (["everything draining by cli"], [], [])
    lab.wait(2)
    assert states(lab) == ["everything drained by cli"]
    assert heard(lab) == [withdraw(A)]
    assert lab.writes == [f"DeleteRoute rtb-1 {A}"]
    assert ends(lab) == [f"rtb-1 {A} deleted"]


def test_while_it_drains_the_tables_concerned_are_read_about_once_a_second_and_then_no_more(make_lab) -> None:
    lab = holding(make_lab, A, tables=3, poll_time=1000.0)
    lab.vpc.put_route("rtb-3", A, PEER)
    lab.ask("drain")
    lab.wait(20)
    first, *reads = [call for call in lab.calls if call.startswith("DescribeRouteTables")]
    assert first == "DescribeRouteTables rtb-1 rtb-2 rtb-3"
    assert set(reads) == {"DescribeRouteTables rtb-1 rtb-2"}
    assert 15 <= len(reads) <= 25
    lab.wait(20)
    lab.forget_calls()
    lab.wait(60)
    assert lab.calls == []


def test_what_is_drained_stays_so_and_scripts_are_answered_done(make_lab) -> None:
    lab = holding(make_lab, A, helper=True, drain_timeout=5.0)
    lab.ask("drain")
    lab.wait(8)
    heard(lab)
    lab.forget_calls()
    assert lab.say(announce(A, "med 100"), announce(B), announce(B)) == ["done"] * 3
    lab.wait(130)
    # B may be known to ExaBGP from before a restart: it is withdrawn, once.
    assert (heard(lab), lab.writes, lab.routes) == ([withdraw(B)], [], [])
    assert {each["prefix"] for each in lab.ask("status")["paths"]} == {A, B}


def test_undrain_announces_it_again_as_the_source_says_it_by_now(make_lab) -> None:
    lab = holding(make_lab, A, B, helper=True, drain_timeout=5.0)
    lab.ask("drain")
    lab.wait(8)
    lab.say(announce(A, "med 150"), withdraw(B))
    heard(lab)
    (ended,) = lab.ask("undrain")
    assert (ended["prefix"], ended["state"], ended["by"]) == (None, "drained", "cli")
    assert heard(lab) == [announce(A, "med 150")]
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert (states(lab), lab.ask("undrain")) == ([], [])


def test_undrain_in_time_moves_no_route(make_lab) -> None:
    lab = holding(make_lab, A, helper=True)
    lab.ask("drain")
    lab.wait(10)
    lab.ask("undrain")
    lab.wait(60)
    assert heard(lab) == [announce(A, LAST), announce(A, "med 100")]
    assert lab.writes == []


def test_only_the_named_prefixes_leave(make_lab) -> None:
    lab = holding(make_lab, A, B, helper=True, drain_timeout=5.0)
    lab.ask("drain", B)
    lab.wait(8)
    assert heard(lab) == [announce(B, LAST), withdraw(B)]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert states(lab) == [f"{B} drained by cli"]
    lab.ask("undrain", B)
    lab.wait()
    assert [route.split()[1] for route in lab.routes] == [A, B]


def test_lines_said_meanwhile_are_last_resorts_too(make_lab) -> None:
    lab = holding(make_lab, A, C, helper=True)
    lab.ask("drain", A, C)
    heard(lab)
    lab.say(
        announce(A, "med 1000"),
        announce(B),
        f"neighbor 10.0.0.1 {announce(C)}",
        f"announce attributes next-hop self med 7 community [ 65000:1 ] nlri {A} {B}",
        withdraw(A),
    )
    assert heard(lab) == [
        announce(A, "med 1000 community [ 65535:0 ]"),
        announce(B),
        f"neighbor 10.0.0.1 {announce(C, LAST)}",
        announce(A, "med 500 community [ 65000:1 65535:0 ]"),
        announce(B, "med 7 community [ 65000:1 ]"),
        withdraw(A),
    ]
    lab.close()
    assert sorted(heard(lab)) == [withdraw(B), withdraw(C)]


def test_what_another_source_still_announces_is_said_again_as_a_last_resort(make_lab) -> None:
    lab = make_lab().start("one", "two", helper=True)
    lab.say(announce(A, "med 1"), source="one")
    lab.say(announce(A, "med 2"), source="two")
    lab.ask("drain")
    heard(lab)
    lab.say(withdraw(A), source="two")
    assert heard(lab) == [announce(A, LAST)]
    lab.wait(40)
    heard(lab)
    lab.close("one")
    assert heard(lab) == []


def test_routers_get_time_to_choose_another_path_where_no_route_is_ours(make_lab) -> None:
    lab = make_lab().start(helper=True)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(70)
    lab.say(announce(A))
    heard(lab)
    lab.ask("drain")
    lab.wait(1.5)
    assert heard(lab) == [announce(A, LAST)]
    lab.wait(1.5)
    assert heard(lab) == [withdraw(A)]


def test_standalone_with_nothing_of_ours_it_is_done_at_once(make_lab) -> None:
    lab = make_lab().start()
    lab.ask("drain")
    lab.wait(0.1)
    assert states(lab) == ["everything drained by cli"]
    assert ends(lab) == []


def test_what_comes_through_tee_drains_in_the_vpc_only_and_that_is_said(make_lab) -> None:
    lab = make_lab(drain_timeout=5.0).start(helper=True)
    lab.open("tee:dns", SourceKind.TEE)
    lab.say(announce(A), source="tee:dns")
    lab.wait()
    assert lab.ask("drain")["past_us"] == ["tee:dns"]
    lab.wait(8)
    assert (heard(lab), lab.routes) == ([], [])


def test_a_create_that_is_under_way_is_waited_for(make_lab) -> None:
    lab = make_lab(latency=1.0, drain_timeout=10.0).start(wait=3)
    lab.say(announce(A))
    lab.wait(0.1)
    lab.ask("drain")
    lab.wait(2)
    assert (lab.routes, states(lab)) == ([f"rtb-1 {A} {OURS} active"], ["everything draining by cli"])
    lab.wait(15)
    assert lab.routes == []


def test_before_ec2_has_answered_nothing_is_taken_for_done(make_lab) -> None:
    lab = make_lab(left_behind(A), latency=3.0, drain_timeout=20.0, restart_time=60.0).start(wait=0)
    lab.ask("drain")
    lab.wait(15)
    assert states(lab) == ["everything draining by cli"]
    lab.wait(20)
    assert lab.routes == []


def test_reads_that_fail_do_not_stop_it(make_lab, caplog) -> None:
    lab = holding(make_lab, A, drain_timeout=10.0)
    lab.vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "InternalError", "x"), times=5)
    lab.ask("drain")
    lab.wait(20)
    assert lab.routes == []
    assert sum("DescribeRouteTables" in message for message in caplog.messages) == 1


def test_what_cannot_be_deleted_is_said(make_lab) -> None:
    lab = holding(make_lab, A, drain_timeout=3.0)
    lab.vpc.fail_next("DeleteRoute", Denied("DeleteRoute", "UnauthorizedOperation", "no"), times=1000)
    lab.ask("drain")
    lab.wait(8)
    (row,) = lab.ask("leaving")["routes"]
    assert (row["end"], row["error"]) == ("still ours", "UnauthorizedOperation")


def test_a_wrong_prefix_is_refused_and_drains_nothing(make_lab) -> None:
    lab = holding(make_lab, A)
    with pytest.raises(Exception, match=r"192.0.2.0/24 was probably meant"):
        lab.ask("drain", B, "192.0.2.1/24")
    assert states(lab) == []


def test_the_plan_is_made_with_what_is_offered(make_lab) -> None:
    lab = holding(make_lab, A, B, drain_timeout=5.0)
    lab.ask("drain", A)
    assert [each["line"] for each in lab.ask("paths")["paths"]] == [announce(A, LAST), announce(B, "med 100")]
    lab.wait(8)
    told = lab.ask("paths")
    assert ([each["line"] for each in told["paths"]], told["withheld"]) == ([announce(B, "med 100")], [A])
    lab.ask("drain")
    lab.wait(8)
    assert lab.ask("paths")["withheld"] is None


@pytest.mark.parametrize(
    ("next_hop", "heard"),
    [("10.0.0.11", []), ("10.0.0.10", [A]), ("10.0.0.99", [A])],
    ids=["another instance's", "our own, sent back", "no interface of the VPC"],
)
def test_it_says_beforehand_which_routes_nobody_else_is_heard_to_offer(make_lab, next_hop, heard) -> None:
    lab = holding(make_lab, A, helper=True, rules=(rule(takeover=Takeover.BEST_PATH),), startup_hold=0.1)
    assert lab.ask("leaving")["alone"] == [{"route_table_id": "rtb-1", "prefix": A}]
    lab.hear(HEARD % next_hop)
    lab.wait(5)
    assert [row["prefix"] for row in lab.ask("leaving")["alone"]] == heard
    lab.ask("hold", A)
    assert lab.ask("leaving")["alone"] == []


def test_in_a_dry_run_no_route_would_be_deleted(make_lab) -> None:
    lab = make_lab(left_behind(A)).start(noop=True)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.ask("leaving")["alone"] == []


# With a successor


def test_when_another_takes_the_route_it_is_noticed_within_seconds_and_nothing_is_deleted(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    lab = holding(make_lab, A, B, tables=2, helper=True, poll_time=1000.0)
    lab.ask("drain")
    lab.wait(5)
    heard(lab)
    for table in ("rtb-1", "rtb-2"):
        lab.vpc.put_route(table, A, PEER)
    lab.wait(1.5)
    assert set(ends(lab)) == {
        f"{t} {p} {e}" for t in ("rtb-1", "rtb-2") for p, e in ((A, "taken over"), (B, "still ours"))
    }
    assert heard(lab) == []
    for table in ("rtb-1", "rtb-2"):
        lab.vpc.put_route(table, B, PEER)
    lab.wait(1.5)
    assert states(lab) == ["everything drained by cli"]
    assert heard(lab) == [withdraw(A), withdraw(B)]
    assert lab.writes == []
    rows = lab.ask("leaving")["routes"]
    assert {(row["end"], row["owner"], row["target"]) for row in rows} == {("taken over", "i-2", PEER)}
    assert len([message for message in caplog.messages if message == "taken over"]) == 4
    lab.wait(200)
    assert lab.writes == []


def test_each_prefix_goes_when_its_own_routes_are_taken(make_lab) -> None:
    lab = holding(make_lab, A, B, helper=True)
    lab.ask("drain", A, B)
    heard(lab)
    lab.vpc.put_route("rtb-1", B, PEER)
    lab.wait(4)
    assert heard(lab) == [withdraw(B)]
    assert states(lab) == [f"{A} draining by cli", f"{B} drained by cli"]


def test_one_who_takes_it_just_before_it_is_deleted_is_a_successor(make_lab) -> None:
    lab = holding(make_lab, A, drain_timeout=10.0)
    lab.ask("drain")
    lab.wait(9.9)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(5)
    assert ends(lab) == [f"rtb-1 {A} taken over"]
    assert lab.writes == []


def test_who_comes_after_the_deletion_was_no_successor(make_lab) -> None:
    lab = holding(make_lab, A, drain_timeout=3.0)
    lab.ask("drain")
    lab.wait(6)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(70)
    assert ends(lab) == [f"rtb-1 {A} deleted"]


def test_a_second_daemon_that_takes_always_takes_over(make_lab) -> None:
    first = holding(make_lab, A)
    second = make_lab(beside=first, rules=(rule(takeover=Takeover.ALWAYS),), poll_time=10.0)
    first.ask("drain")
    second.start()
    second.say(announce(A))
    for _ in range(50):
        first.wait(0.1)
        assert len(first.routes) == 1
    assert first.routes == [f"rtb-1 {A} {PEER} active"]
    assert states(first) == ["everything drained by cli"]
    assert ends(first) == [f"rtb-1 {A} taken over"]


# With a successor that we hear, and that hears us


def pair(make_lab, **config) -> tuple[Lab, Lab]:
    """Two hosts that peer; the first has announced A and B and holds their routes, the second has announced them."""
    config = dict(rules=(rule(takeover=Takeover.BEST_PATH),), poll_time=1000.0, startup_hold=0.1) | config
    first = make_lab(two_hosts(2), **config)
    second = make_lab(beside=first, **config)
    first.start(helper=True)
    second.start(helper=True)
    Peering(first, second)
    first.say(announce(A, "med 100"), announce(B, "med 100"))
    first.wait(5)
    second.say(announce(A, "med 100"), announce(B, "med 100"))
    first.wait(15)
    assert owners(first) == {OURS}
    for each in (first, second):
        heard(each)
    first.forget_calls()
    return first, second


def owners(lab: Lab, prefix: str = "") -> set[str]:
    assert len(lab.routes) == 4
    return {route.split()[2] for route in lab.routes if prefix in route}


def test_the_successor_takes_all_within_a_second_and_at_no_moment_is_there_no_route(make_lab) -> None:
    first, _ = pair(make_lab)
    first.ask("drain")
    for _ in range(100):
        first.wait(0.01)
        owners(first)
    assert owners(first) == {PEER}
    assert [call for call in first.writes if not call.startswith("ReplaceRoute")] == []
    first.wait(5)
    assert states(first) == ["everything drained by cli"]
    assert {row["owner"] for row in first.ask("leaving")["routes"]} == {"i-2"}
    assert heard(first) == [announce(A, LAST), announce(B, LAST), withdraw(A), withdraw(B)]
    first.wait(100)
    assert owners(first) == {PEER}
    first.ask("undrain")
    for _ in range(100):
        first.wait(0.1)
        owners(first)
    assert owners(first) == {PEER}  # ties move nothing
    assert len(first.writes) == 4


def test_only_what_drains_is_taken(make_lab) -> None:
    first, _ = pair(make_lab)
    first.ask("drain", B)
    first.wait(5)
    assert (owners(first, A), owners(first, B)) == ({OURS}, {PEER})


def test_a_successor_that_is_unwell_takes_nothing_and_is_the_last_resort_at_the_end(make_lab) -> None:
    first, second = pair(make_lab)
    second.say(announce(A, "med 1000"), announce(B, "med 1000"))
    first.wait(1)
    first.ask("drain")
    first.wait(29)
    assert owners(first) == {OURS}
    first.wait(10)
    assert owners(first) == {PEER}


def test_when_both_drain_the_routes_stay_where_they_are_until_one_is_gone(make_lab) -> None:
    first, second = pair(make_lab, drain_timeout=20.0)
    first.ask("drain")
    second.ask("drain")
    first.wait(10)
    assert len(first.routes) == 4
    first.wait(60)
    assert first.routes == []


def test_told_to_end_a_host_hands_over_first(make_lab) -> None:
    first, second = pair(make_lab, on_exit=OnExit.DRAIN)
    first.do(first.daemon.interrupt)
    for _ in range(50):
        first.wait(0.01)
        owners(first)
    assert first.ended() == 0
    assert owners(second) == {PEER}
    second.wait(60)
    assert owners(second) == {PEER}
    assert [call for call in first.writes if not call.startswith("ReplaceRoute")] == []


# Managed routes

MANAGED = """
routetables:
  private:
    find: {type: by_tag, config: {key: type, value: private}}
    manage_routes:
      - {cidr: 192.0.2.1/32, announce: true}
"""


def managed(make_lab, more: str = "", **config) -> Lab:
    text = MANAGED.replace("announce: true", f"announce: true{more}")
    parsed = parse(text, "lab.yaml")
    lab = make_lab(two_hosts(), rules=parsed.rules, checked_sources=parsed.checked_sources, **config)
    lab.vpc.add_gateway("nat-0123456789abcdef0")
    lab.start(helper=True)
    lab.wait(3)
    return lab


def test_a_managed_route_leaves_and_comes_back(make_lab) -> None:
    lab = managed(make_lab, drain_timeout=5.0)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    before = heard(lab)
    lab.ask("drain")
    lab.wait(8)
    assert lab.routes == []
    assert [line.split()[0] for line in heard(lab)] == ["announce", "withdraw"]
    lab.ask("undrain")
    lab.wait(2)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert heard(lab) == before


def test_a_managed_route_is_put_to_its_fallback(make_lab) -> None:
    lab = managed(make_lab, ", fallback: nat-0123456789abcdef0", drain_timeout=5.0)
    assert lab.ask("leaving")["alone"] == [], "its fallback takes over"
    lab.ask("drain")
    lab.wait(8)
    assert ends(lab) == [f"rtb-1 {A} put to its fallback"]
    assert lab.routes == [f"rtb-1 {A} nat-0123456789abcdef0 active"]


def test_a_route_that_is_never_deleted_is_kept_and_that_is_said(make_lab) -> None:
    lab = managed(make_lab, ", never_delete: true", drain_timeout=5.0)
    lab.ask("drain")
    lab.wait(8)
    assert ends(lab) == [f"rtb-1 {A} kept"]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


# Through a restart


@pytest.mark.parametrize("end", ["crash", "stop"])
def test_what_is_drained_is_drained_from_the_first_decision_of_the_next_run(make_lab, tmp_path, end: str) -> None:
    vpc = two_hosts()
    settings = dict(state_file=tmp_path / "state", drain_timeout=3.0, restart_time=10.0)
    lab = make_lab(vpc, **settings).start(helper=True)
    lab.say(announce(A), announce(B))
    lab.ask("drain", A)
    lab.wait(6)
    getattr(lab, end)()
    vpc.put_route("rtb-1", A, OURS)  # as if the crash had come before the deletion
    vpc.calls.clear()
    again = make_lab(vpc, **settings)
    again.start(helper=True, wait=0)
    assert again.say(announce(A), announce(B)) == ["done", "done"]
    again.wait(30)
    assert again.writes == [f"DeleteRoute rtb-1 {A}"]
    assert heard(again) == [withdraw(A), announce(B)]
    assert states(again) == [f"{A} drained by cli"]
    again.ask("undrain")
    again.wait(2)
    assert len(again.routes) == 2
    again.crash()
    third = make_lab(vpc, **settings).start()
    assert states(third) == []


def test_a_drain_that_was_interrupted_goes_on(make_lab, tmp_path) -> None:
    settings = dict(state_file=tmp_path / "state", drain_timeout=10.0, restart_time=30.0)
    lab = make_lab(**settings).start()
    lab.say(announce(A))
    lab.wait()
    lab.ask("drain")
    lab.wait(5)
    lab.crash()
    again = make_lab(lab.vpc, **settings).start(helper=True)
    again.say(announce(A))
    again.wait(5)
    assert (heard(again), states(again)) == ([announce(A, LAST)], ["everything draining by cli"])
    assert again.routes == [f"rtb-1 {A} {OURS} active"]
    again.wait(7)
    assert again.routes == []


def test_a_state_that_cannot_be_read_is_warned_of_and_nothing_is_taken_for_draining(make_lab, tmp_path, caplog) -> None:
    file = tmp_path / "state"
    file.write_text("{garbage")
    lab = make_lab(state_file=file).start()
    assert f"{file}: no state of bgp2vpc" in caplog.text
    assert not file.read_text().startswith('{"version"')
    assert "nothing is taken for draining" in caplog.text
    lab.say(announce(A))
    lab.wait()
    assert len(lab.routes) == 1
    assert lab.ask("status")["errors"][0]["subject"] == "state file"


def test_a_state_that_cannot_be_written_does_not_stop_the_drain_and_is_said(make_lab, tmp_path) -> None:
    (tmp_path / "file").touch()
    lab = make_lab(state_file=tmp_path / "file" / "state", drain_timeout=3.0).start()
    lab.say(announce(A))
    lab.wait()
    assert lab.ask("drain")["not_saved"]
    lab.wait(6)
    assert lab.routes == []
    assert make_lab().start().ask("drain")["not_saved"] == "no state_file"


# on_exit: drain


def test_sigterm_drains_and_then_withdraws(make_lab, tmp_path) -> None:
    state = tmp_path / "state"
    lab = holding(make_lab, A, B, on_exit=OnExit.DRAIN, drain_timeout=20.0, state_file=state)
    before = lab.now
    lab.do(lab.daemon.interrupt)
    lab.wait(5)
    lab.vpc.put_route("rtb-1", A, PEER)
    assert lab.say(announce(C)) == ["done"]
    assert lab.ended() == 0
    assert 20 <= lab.now - before < 25
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]
    assert "sigterm" not in state.read_text()


def test_sigterm_ends_as_soon_as_all_is_taken(make_lab) -> None:
    lab = holding(make_lab, A, on_exit=OnExit.DRAIN)
    before = lab.now
    lab.do(lab.daemon.interrupt)
    lab.wait(3)
    lab.vpc.put_route("rtb-1", A, PEER)
    assert lab.ended() == 0
    assert lab.now - before < 6
    assert lab.writes == []


def test_a_second_sigterm_does_not_wait_for_a_successor(make_lab) -> None:
    lab = holding(make_lab, A, on_exit=OnExit.DRAIN)
    lab.do(lab.daemon.interrupt)
    lab.wait(3)
    before = lab.now
    lab.do(lab.daemon.interrupt)
    lab.ended()
    assert lab.now - before < 1


def test_a_helper_has_a_second_before_exabgp_kills_it(make_lab) -> None:
    lab = holding(make_lab, A, B, on_exit=OnExit.DRAIN, helper=True)
    before = lab.now
    lab.hear("shutdown 1 1")
    lab.wait(0.1)
    lab.do(lab.daemon.interrupt)
    lab.vpc.put_route("rtb-1", A, PEER)
    assert lab.ended() == 0
    assert lab.now - before < 1.8
    assert heard(lab) == [announce(A, LAST), announce(B, LAST), withdraw(A), withdraw(B)]
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]


def test_a_mistake_of_ours_drains_nothing(make_lab) -> None:
    lab = holding(make_lab, A, on_exit=OnExit.DRAIN)
    lab.vpc.fail_next("DescribeRouteTables", ZeroDivisionError("a bug"))
    lab.wait(70)
    assert lab.ended() == 1
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_before_ec2_has_answered_there_is_nothing_to_wait_for(make_lab) -> None:
    lab = make_lab(left_behind(A), latency=3.0, on_exit=OnExit.DRAIN).start(wait=0)
    before = lab.now
    lab.stop()
    assert lab.now - before < 10


# lifecycle

INTERRUPTION, REBALANCE = "spot/instance-action", "events/recommendations/rebalance"
STATE = "autoscaling/target-lifecycle-state"


def test_a_spot_interruption_drains_within_seconds(make_lab) -> None:
    lab = holding(make_lab, A, lifecycle=True, drain_timeout=10.0)
    lab.metadata = {INTERRUPTION: '{"action": "stop", "time": "2030-01-01T00:00:00Z"}'}
    lab.wait(6)
    assert states(lab) == ["everything draining by lifecycle spot interruption: stop at 2030-01-01T00:00:00Z"]
    lab.wait(12)
    assert lab.routes == []


def test_standby_drains_and_in_service_undrains(make_lab) -> None:
    lab = holding(make_lab, A, lifecycle=True, drain_timeout=3.0)
    lab.metadata = {STATE: "Standby"}
    lab.wait(12)
    assert lab.routes == []
    lab.metadata = {STATE: "InService"}
    lab.wait(6)
    assert (len(lab.routes), states(lab)) == (1, [])


def test_what_the_operator_drained_stays_drained_when_the_instance_is_in_service(make_lab) -> None:
    lab = holding(make_lab, A, B, lifecycle=True, drain_timeout=3.0)
    lab.ask("drain", A)
    lab.metadata = {STATE: "Standby"}
    lab.wait(12)
    lab.metadata = {STATE: "InService"}
    lab.wait(6)
    assert states(lab) == [f"{A} drained by cli"]
    assert [route.split()[1] for route in lab.routes] == [B]


def test_a_rebalance_recommendation_makes_a_last_resort_that_is_never_withdrawn(make_lab) -> None:
    lab = holding(make_lab, A, lifecycle=True, helper=True, drain_timeout=3.0)
    lab.metadata = {REBALANCE: '{"noticeTime": "2030-01-01T00:00:00Z"}'}
    lab.wait(300)
    assert heard(lab) == [announce(A, LAST)]
    assert (lab.writes, len(lab.routes)) == ([], 1)
    lab.metadata |= {INTERRUPTION: '{"action": "terminate", "time": "2030-01-01T00:02:00Z"}'}
    lab.wait(6)
    assert len(lab.routes) == 1
    lab.wait(6)
    assert (heard(lab), lab.routes) == ([withdraw(A)], [])


def test_who_undrains_by_hand_is_not_overruled_by_the_same_notice(make_lab) -> None:
    lab = holding(make_lab, A, lifecycle=True, drain_timeout=3.0)
    lab.metadata = {STATE: "Detached"}
    lab.wait(12)
    lab.ask("undrain")
    lab.wait(30)
    assert (len(lab.routes), states(lab)) == (1, [])


def test_metadata_that_does_not_answer_changes_nothing_and_is_logged_once(make_lab, caplog) -> None:
    lab = holding(make_lab, A, lifecycle=True, drain_timeout=3.0)
    lab.metadata = None
    lab.wait(60)
    assert (states(lab), len(lab.routes)) == ([], 1)
    lab.metadata = {STATE: "Standby"}
    lab.wait(12)
    lab.metadata = None
    lab.wait(60)
    assert states(lab) == ["everything drained by lifecycle Auto Scaling: target state Standby"]
    assert sum("timed out" in message for message in caplog.messages) == 2


def test_without_lifecycle_nobody_asks(make_lab) -> None:
    lab = holding(make_lab, A)
    lab.metadata = {STATE: "Terminated"}
    lab.wait(60)
    assert states(lab) == []


def test_through_a_restart_a_lifecycle_drain_lasts_as_long_as_its_reason(make_lab, tmp_path) -> None:
    settings = dict(state_file=tmp_path / "state", lifecycle=True, drain_timeout=3.0)
    lab = holding(make_lab, A, **settings)
    lab.metadata = {STATE: "Standby"}
    lab.wait(12)
    lab.crash()
    again = make_lab(lab.vpc, **settings)
    again.metadata = None
    again.start()
    again.say(announce(A))
    again.wait(20)
    assert again.routes == []
    again.metadata = {STATE: "InService"}
    again.wait(6)
    assert len(again.routes) == 1


def test_with_lifecycle_switched_off_what_it_drained_comes_back(make_lab, tmp_path) -> None:
    settings = dict(state_file=tmp_path / "state", drain_timeout=3.0)
    lab = holding(make_lab, A, lifecycle=True, **settings)
    lab.metadata = {STATE: "Standby"}
    lab.wait(12)
    lab.reload(lifecycle=False)
    lab.wait(2)
    assert (len(lab.routes), states(lab)) == (1, [])
    lab.reload(lifecycle=True)
    lab.wait(12)
    assert lab.routes == []
    lab.crash()
    assert states(make_lab(lab.vpc, **settings).start()) == []


# Fast restart


@pytest.mark.parametrize("end", ["crash", "stop"])
def test_a_restart_moves_no_route_and_tells_nobody(make_lab, end: str) -> None:
    text = MANAGED.replace("manage_routes", "accept: [192.0.2.0/24 le 32]\n    manage_routes")
    parsed = parse(text, "lab.yaml")
    settings = dict(rules=parsed.rules, checked_sources=parsed.checked_sources, restart_time=10.0)
    vpc = two_hosts()
    lab = make_lab(vpc, on_exit=OnExit.KEEP, **settings).start(helper=True)
    lab.say(announce(B))
    lab.wait(3)
    assert len(lab.routes) == 2
    heard(lab)
    vpc.calls.clear()
    if end == "stop":
        lab.do(lab.daemon.stop)
        lab.say(withdraw(B))  # as a healthcheck does when it is told to end
        lab.close()
        assert lab.ended() == 0
    else:
        lab.crash()
    assert heard(lab) == []
    again = make_lab(vpc, on_exit=OnExit.KEEP, **settings).start(helper=True)
    again.wait(3)
    again.say(announce(B))
    again.wait(120)
    assert again.writes == []
    assert len(again.routes) == 2


# Whatever happens


class ExabgpTable:
    """What ExaBGP announces, by the lines that it was told."""

    def __init__(self) -> None:
        self.paths: dict[Prefix, Path] = {}

    def take(self, lines: list[str]) -> None:
        for line in lines:
            for each in parse_line(line).events:
                if isinstance(each, Announce):
                    self.paths[each.path.prefix] = each.path
                elif isinstance(each, Withdraw):
                    self.paths.pop(each.prefix, None)


prefixes = st.sampled_from([A, B])
sources = st.sampled_from(["one", "two"])
steps = st.one_of(
    st.tuples(st.just("say"), sources, prefixes, st.sampled_from([None, 100, 1000])),
    st.tuples(st.just("both"), sources),
    st.tuples(st.just("withdraw"), sources, prefixes),
    st.tuples(st.just("restart"), sources, st.sampled_from([0.0, 5.0])),
    st.tuples(st.just("drain"), st.sampled_from([(), (A,), (B,), (A, B)])),
    st.tuples(st.just("undrain"), st.sampled_from([(), (A,), (B,)])),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.1, 3.0, 8.0])),
)


@seed(4)
@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(steps, max_size=16))
def test_exabgp_and_the_vpc_have_what_the_sources_say_as_far_as_it_may_be_announced(steps) -> None:
    lab = Lab(two_hosts(), drain_timeout=6.0, ec2=NO_PACE).start("one", "two", helper=True)
    for step in steps:
        match step:
            case ("say", source, prefix, med):
                lab.say(announce(prefix, f"med {med}" if med else ""), source=source)
            case ("both", source):
                lab.say(f"announce attributes next-hop self med 7 nlri {A} {B}", source=source)
            case ("withdraw", source, prefix):
                lab.say(withdraw(prefix), source=source)
            case ("restart", source, hold):
                lab.close(source, hold)
                lab.open(source)
            case ("drain", wanted):
                lab.ask("drain", *wanted)
            case ("undrain", wanted):
                with suppress(OrderError):
                    lab.ask("undrain", *wanted)
            case ("wait", seconds):
                lab.wait(seconds)
    lab.wait(20)
    policy, rib = lab.daemon.parts.inputs.draining, lab.daemon.parts.adj_rib_in.rib
    exported = {
        prefix: {path for offer in offers if (path := policy.exported(offer.path)) is not None}
        for prefix, offers in rib.offers.items()
    }
    table = ExabgpTable()
    table.take(lab.to_exabgp)
    assert set(table.paths) == {prefix for prefix, paths in exported.items() if paths}
    assert all(path in exported[prefix] for prefix, path in table.paths.items())
    assert {route.split()[1] for route in lab.routes} == {str(prefix) for prefix in table.paths}
    lab.dispose()


@pytest.mark.parametrize("end", ["undrain", "time"])
def test_a_read_that_fails_during_a_drain_is_no_failure_after_it(make_lab, end: str) -> None:
    lab = holding(make_lab, A, drain_timeout=5.0)
    lab.vpc.fail_next("DescribeRouteTables rtb-1", Transient("DescribeRouteTables", "InternalError", "x"), times=1000)
    lab.ask("drain", A)
    lab.wait(3)
    assert lab.ask("status")["failing"] == {"drain": "InternalError"}
    if end == "undrain":
        lab.ask("undrain", A)
    lab.wait(4)
    assert "drain" not in lab.ask("status")["failing"]


# What `bgp2vpc drain` says at its end


def row(end: str, table: str = "rtb-1") -> dict[str, str]:
    return {"route_table_id": table, "prefix": A, "end": end}


def test_a_route_that_is_still_ours_is_not_said_to_be_drained() -> None:
    assert list(unsolved([row("taken over")], None)) == []
    routes = [row("still ours"), row("deleted", "rtb-2"), row("kept", "rtb-3"), row("taken over", "rtb-4")]
    routes += [row("still ours", "rtb-5"), row("put to its fallback", "rtb-6")]
    assert list(unsolved(routes, None)) == [
        f"not drained, still ours: rtb-1 {A}, rtb-5 {A}",
        f"drained, without a successor: rtb-2 {A}, rtb-6 {A}",
        f"not drained, kept here by never_delete: rtb-3 {A}",
    ]


def test_a_drain_before_the_tables_were_read_does_not_say_that_no_route_was_ours(make_lab) -> None:
    lab = make_lab()
    lab.vpc.put_route("rtb-1", A, OURS)
    lab.vpc.fail_next("DescribeRouteTables", Denied("DescribeX", "UnauthorizedOperation", "no"), times=1000)
    lab.start()
    lab.say(announce(A))
    report = lab.ask("drain")
    assert list(unsolved(report["routes"], report["unread"])) == [
        "the route tables have not been read yet, so routes to this instance may be left in them: DescribeX: "
        "UnauthorizedOperation: no"
    ]
    assert holding(make_lab, A).ask("drain")["unread"] is None
