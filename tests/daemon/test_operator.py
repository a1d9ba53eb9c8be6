"""Steering: hold, release, takeover, reconcile and manual probe. The whole daemon on virtual time."""

import json
import logging
import socket
from pathlib import Path

import pytest
from lab import OPERATOR, OURS, PEER, A, B, Lab, Peering, announce, left_behind, two_hosts, withdraw

from bgp2vpc.cli.takeover import found
from bgp2vpc.config.load import parse
from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Bgp2vpcError, Denied, Transient
from bgp2vpc.policy.rule import Takeover
from tests.memory_vpc import MemoryVpc
from tests.values import rule

AT_US, AT_PEER = f"rtb-1 {A} {OURS} active", f"rtb-1 {A} {PEER} active"
TAKE = f"ReplaceRoute rtb-1 {A} {OURS}"


def holding(make_lab, vpc: MemoryVpc | None = None, **config) -> Lab:
    """A daemon that has announced A; the route is ours, unless the VPC says otherwise."""
    lab = make_lab(vpc or two_hosts(), **config).start()
    lab.say(announce(A))
    lab.wait(2)
    lab.forget_calls()
    return lab


def theirs() -> MemoryVpc:
    vpc = two_hosts()
    vpc.put_route("rtb-1", A, PEER)
    return vpc


def steering(lab: Lab) -> list[str]:
    rows = lab.ask("status")["steering"]
    return [f"{row['verb']} {row['prefix']} {row['by']} {row['reason']}".strip() for row in rows]


def refused(lab: Lab, *words: str) -> str:
    with pytest.raises(Bgp2vpcError) as error:
        lab.ask(*words)
    return str(error.value)


def events(caplog: pytest.LogCaptureFixture, *words: str) -> list[str]:
    """The log lines that begin so, with their fields."""
    return [
        f"{record.getMessage()} {' '.join(f'{k}={v}' for k, v in record.__dict__.get('fields', {}).items())}".strip()
        for record in caplog.records
        if record.getMessage().startswith(words)
    ]


# hold


def test_what_is_held_is_neither_withdrawn_nor_drained_nor_put_back_until_it_is_released(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.ask("hold", A, "reason", "the", "table", "is", "moved", "by", "hand")
    assert steering(lab) == [f"hold {A} {OPERATOR} the table is moved by hand"]
    lab.say(withdraw(A))
    lab.wait(70)
    lab.say(announce(A))
    lab.ask("drain", A)
    lab.wait(70)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.ask("undrain", A)
    lab.wait(130)
    assert (lab.routes, lab.writes) == ([AT_PEER], [])
    assert lab.verdicts() == [f"rtb-1 {A} yield held"]
    lab.say(withdraw(A))
    lab.vpc.put_route("rtb-1", A, OURS)
    lab.wait(70)
    (ended,) = lab.ask("release", A)
    assert (ended["verb"], ended["prefix"]) == ("hold", A)
    lab.wait(2)
    assert (lab.routes, lab.writes, steering(lab)) == ([], [f"DeleteRoute rtb-1 {A}"], [])


def test_a_held_prefix_is_not_created_and_others_are(make_lab) -> None:
    lab = make_lab().start()
    lab.ask("hold", A)
    lab.say(announce(A), announce(B))
    lab.wait(70)
    assert [route.split()[1] for route in lab.routes] == [B]
    lab.ask("release")
    lab.wait(1)
    assert [route.split()[1] for route in lab.routes] == [A, B]


def test_a_hold_ends_by_itself(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bgp2vpc")
    lab = holding(make_lab)
    lab.ask("hold", A, "for", "30m", "reason", "lunch")
    lab.say(withdraw(A))
    lab.wait(1795)
    assert lab.routes == [AT_US]
    lab.wait(10)
    assert (lab.routes, steering(lab)) == ([], [])
    first, last = events(caplog, "held", "released")
    assert first.startswith(f"held prefix={A} by={OPERATOR} reason=lunch until=20")
    assert last == f"released: time limit reached prefix={A}"


def test_a_second_hold_gives_it_another_end(make_lab) -> None:
    lab = holding(make_lab)
    lab.ask("hold", A, "for", "1m")
    lab.ask("hold", A, "for", "10m")
    lab.say(withdraw(A))
    lab.wait(590)
    assert lab.routes == [AT_US]
    lab.wait(15)
    assert lab.routes == []


def test_a_hold_stops_a_write_that_still_waits_for_its_turn(make_lab) -> None:
    lab = holding(make_lab)
    lab.vpc.fail_next("DeleteRoute", Transient("DeleteRoute", "503", "later"), times=100)
    lab.say(withdraw(A))
    lab.wait(3)
    lab.ask("hold", A)
    lab.wait(1)
    lab.forget_calls()
    lab.wait(120)
    assert (lab.writes, lab.routes) == ([], [AT_US])


def test_on_exit_a_held_route_stays_and_is_not_called_left_behind(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    lab = holding(make_lab, on_exit=OnExit.WITHDRAW)
    lab.say(announce(B))
    lab.wait(1)
    lab.ask("hold", A)
    before = lab.now
    assert lab.stop() == 0
    assert lab.now - before < 5
    assert lab.routes == [AT_US]
    assert events(caplog, "exiting with a stale route") == []


@pytest.mark.parametrize("end", ["crash", "stop"])
def test_a_hold_survives_a_restart_with_its_end(make_lab, tmp_path: Path, end: str) -> None:
    lab = holding(make_lab, state_file=tmp_path / "state")
    assert lab.ask("hold", A, "for", "5m", "reason", "lunch")["not_saved"] == ""
    getattr(lab, end)()
    lab.start()
    assert steering(lab) == [f"hold {A} {OPERATOR} lunch"]
    lab.wait(200)  # nobody announces it any more
    assert (lab.routes, lab.writes) == ([AT_US], [])
    lab.wait(110)
    assert (lab.routes, steering(lab)) == ([], [])
    assert json.loads((tmp_path / "state").read_text())["steering"] == []


def test_without_a_state_file_hold_says_that_it_will_not_survive(make_lab, tmp_path: Path, caplog) -> None:
    assert make_lab().start().ask("hold", A)["not_saved"] == "no state_file"
    (tmp_path / "file").touch()
    lab = make_lab(state_file=tmp_path / "file" / "state").start()
    path = tmp_path / "file" / "state"
    assert lab.ask("hold", A)["not_saved"] == f"{path}: cannot be written: Not a directory: {tmp_path / 'file'}"
    assert "tried again" not in lab.ask("status")["errors"][-1]["consequence"]
    (tmp_path / "file").unlink()
    path.mkdir(parents=True)
    assert lab.ask("hold", B)["not_saved"] == f"{path}: cannot be written: Is a directory"
    # Another reason is news, though the same thing fails.
    told = [line.split(" consequence")[0] for line in events(caplog, "failed: ")]
    assert ["Not a directory" in told[-2], "Is a directory" in told[-1], len(told)] == [True, True, 3]
    path.rmdir()
    assert lab.ask("release", B) != []
    assert lab.ask("hold", B)["not_saved"] == ""


def test_what_cannot_be_held_or_released(lab: Lab) -> None:
    assert refused(lab, "hold") == "of which prefix? Name one, such as 192.0.2.53/32"
    assert "192.0.2.0/24 was probably meant" in refused(lab, "hold", "192.0.2.1/24")
    assert "'for' has no meaning with release" in refused(lab, "release", A, "for", "1m")
    assert lab.ask("release", A) == []
    many = [f"10.{n // 256}.{n % 256}.0/24" for n in range(1000)]
    lab.ask("hold", *many)
    assert refused(lab, "hold", A) == "more than 1000 prefixes would be held"


# takeover


def test_a_route_is_taken_once_although_the_rule_would_yield(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bgp2vpc")
    lab = holding(make_lab, theirs())
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy"]
    (row,) = lab.ask("takeover", A, "reason", "i-2", "is", "slow")
    assert (row["ours"], row["pending"]) == (False, True)
    assert steering(lab) == [f"takeover {A} {OPERATOR} i-2 is slow"]
    lab.wait(1)
    assert (lab.writes, lab.routes, steering(lab)) == ([TAKE], [AT_US], [])
    (row,) = lab.ask("places", A)
    assert (row["ours"], row["pending"], row["reason"]) == (True, False, "ours")
    assert events(caplog, "manual takeover") == [
        f"manual takeover prefix={A} by={OPERATOR} reason=i-2 is slow",
        f"manual takeover done prefix={A}",
    ]
    (written,) = events(caplog, "route replaced")
    assert "reason=by-hand" in written
    # once: what the other then takes back is not fought for
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(130)
    assert lab.routes == [AT_PEER]


def test_in_several_tables_each_is_taken_and_a_foreign_route_is_not(make_lab) -> None:
    vpc = two_hosts(tables=3)
    vpc.put_route("rtb-1", A, PEER)
    vpc.put_route("rtb-2", A, "igw-1")
    vpc.put_route("rtb-3", A, PEER)
    lab = holding(make_lab, vpc)
    lab.ask("takeover", A)
    lab.wait(2)
    assert [route.split()[2] for route in lab.routes] == [OURS, "igw-1", OURS]
    rows = lab.ask("places", A)
    assert [(row["ours"], row["reason"]) for row in rows] == [(True, "ours"), (False, "foreign-target"), (True, "ours")]
    assert [found(row) for row in rows[:2]] == [f"ours ({OURS})", "not ours, but at igw-1: foreign (foreign-target)"]


def test_a_takeover_whose_plan_the_guard_refuses_says_so_and_that_there_is_no_route(make_lab) -> None:
    lab = holding(make_lab, two_hosts(tables=2), max_changes=1)
    lab.ask("takeover", A)
    lab.wait(1)
    refused_plan = "2 routes to create and 0 to replace at once, more than max_changes: 1; nothing was written"
    assert [found(row) for row in lab.ask("places", A)] == [f"no route: create ({refused_plan})"] * 2


def test_what_ec2_does_not_allow_is_tried_for_half_a_minute(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    lab = holding(make_lab, theirs())
    lab.vpc.fail_next("ReplaceRoute", Denied("ReplaceRoute", "UnauthorizedOperation", "no"), times=100)
    lab.ask("takeover", A)
    lab.wait(5)
    (row,) = lab.ask("places", A)
    assert (row["pending"], row["error"]) == (True, "UnauthorizedOperation")
    lab.wait(27)
    assert steering(lab) == []
    assert events(caplog, "manual takeover timed out")
    lab.wait(120)
    assert lab.routes == [AT_PEER]


def test_what_cannot_be_taken_over_says_why(make_lab) -> None:
    lab = holding(make_lab, theirs())
    assert "nobody" not in refused(lab, "takeover", B)
    assert refused(lab, "takeover", B) == f"{B} cannot be taken over: no source of this host offers it"
    assert "no rule accepts or manages it" in refused(lab, "takeover", "203.0.113.1/32")
    lab.ask("hold", A)
    assert f"it is held by {OPERATOR}; release it first" in refused(lab, "takeover", A)
    lab.ask("release", A)
    lab.ask("drain", A)
    assert "it is being drained; undrain it first" in refused(lab, "takeover", A)
    lab.ask("undrain", A)
    noop = make_lab(theirs()).start(noop=True)
    noop.say(announce(A))
    assert "nothing is written (noop)" in refused(noop, "takeover", A)
    before = make_lab()
    before.connect = lambda: (_ for _ in ()).throw(Denied("DescribeX", "UnauthorizedOperation", "no"))
    before.start()
    unread = "the route tables have not been read yet: DescribeX: UnauthorizedOperation: no"
    assert refused(before, "takeover", A) == f"{A} cannot be taken over: {unread}"
    assert refused(before, "reconcile") == unread
    assert refused(make_lab().start(wait=0), "reconcile") == (
        "the route tables have not been read yet: ask again in a moment"
    )


def test_a_hold_ends_a_takeover_that_is_not_done(make_lab) -> None:
    lab = holding(make_lab, theirs())
    lab.vpc.fail_next("ReplaceRoute", Transient("ReplaceRoute", "503", "later"), times=3)
    lab.ask("takeover", A)
    lab.ask("hold", A)
    lab.wait(60)
    assert (lab.routes, steering(lab)) == ([AT_PEER], [f"hold {A} {OPERATOR}"])


@pytest.mark.parametrize("by_metadata", [False, True])
def test_a_drain_ends_a_takeover_that_is_not_done(make_lab, *, by_metadata: bool) -> None:
    lab = holding(make_lab, theirs(), lifecycle=True)
    lab.say(announce(B))  # with it, everything drains for `drain_timeout`
    lab.wait(15)
    lab.forget_calls()
    lab.vpc.fail_next("ReplaceRoute", Transient("ReplaceRoute", "503", "later"), times=1000)
    lab.ask("takeover", A)
    lab.wait(0.5)
    if by_metadata:
        lab.metadata = {"autoscaling/target-lifecycle-state": "Standby"}
        lab.wait(5)
    else:
        lab.ask("drain")
    lab.forget_calls()
    lab.wait(20)
    assert lab.ask("status")["leaving"][0]["state"] == "draining"
    assert TAKE not in lab.writes
    assert [each.split()[0] for each in steering(lab)] == ["drain"]


def test_with_best_path_the_route_moves_although_the_peers_path_is_better(make_lab) -> None:
    rules = (rule(takeover=Takeover.BEST_PATH),)
    first = make_lab(two_hosts(), rules=rules)
    second = make_lab(beside=first, rules=rules)
    for each in (first, second):
        each.start(helper=True, wait=0.1)
    Peering(first, second)
    first.wait(15)
    first.say(announce(A, "med 50"))
    second.say(announce(A, "med 100"))
    first.wait(5)
    assert first.routes == [AT_US]
    first.ask("hold", A)  # or it would take it back
    second.ask("takeover", A)
    first.wait(2)
    assert first.routes == [AT_PEER]
    first.wait(600)
    assert first.routes == [AT_PEER]
    first.ask("release", A)
    first.wait(2)
    assert first.routes == [AT_US]


# reconcile and check


def test_reconcile_reads_at_once(make_lab) -> None:
    lab = holding(make_lab, poll_time=1000.0)
    lab.vpc.put_route("rtb-1", B, OURS)
    poll = lab.ask("reconcile", "reason", "terraform", "ran")["poll"]
    assert lab.ask("polls")["ended"] < poll
    lab.wait(1)
    seen = lab.ask("polls")
    assert (seen["ended"], seen["error"], seen["changes"]) == (poll, None, "1 to delete")
    assert lab.routes == [AT_US]
    lab.vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "503", "later"), times=1)
    poll = lab.ask("reconcile")["poll"]
    lab.wait(0.3)
    assert (lab.ask("polls")["ended"], lab.ask("polls")["error"]) == (poll, "503")
    assert "nothing to name" in refused(lab, "reconcile", A)


CHECKED = """
healthchecks:
  web: {type: tcp, destination: 127.0.0.1, every: 600, rise: 2, config: {port: %d}}
routetables:
  private:
    find: {type: by_tag, config: {key: type, value: private}}
    manage_routes: [{cidr: 192.0.2.1/32, healthcheck: web}]
"""


@pytest.mark.io
def test_a_check_that_is_asked_for_counts_for_rise_as_every_other(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bgp2vpc")
    with socket.create_server(("127.0.0.1", 0)) as service:
        config = parse(CHECKED % service.getsockname()[1], "lab.yaml")
        lab = make_lab(rules=config.rules, checks=config.checks, checked_sources=config.checked_sources)
        lab.start(wait=5.0)
        (row,) = lab.ask("checks", "web")
        assert (row["probes"], row["state"]) == (1, "no verdict yet")
        lab.ask("probe", "web", "reason", "curious")
        lab.wait(5)
        (row,) = lab.ask("checks", "web")
        assert (row["probes"], row["state"], lab.routes) == (2, "healthy", [AT_US])
    assert events(caplog, "manual probe") == [f"manual probe check=web by={OPERATOR} reason=curious"]
    assert refused(lab, "probe", "dns") == "no health check of that name runs: 'dns'; those that do: web"


# drain and undrain


def test_a_drain_with_a_time_is_undone_by_itself(make_lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bgp2vpc")
    lab = holding(make_lab, drain_timeout=5.0)
    lab.ask("drain", A, "for", "2m", "reason", "new", "kernel")
    assert steering(lab) == [f"drain {A} {OPERATOR} new kernel"]
    lab.wait(110)
    assert lab.routes == []
    lab.wait(15)
    assert (lab.routes, steering(lab)) == ([AT_US], [])
    assert events(caplog, "draining")[0] == f"draining prefix={A} by=cli who={OPERATOR} reason=new kernel seconds=120.0"
    assert events(caplog, "undrained: time limit reached") == [f"undrained: time limit reached prefix={A} by=cli"]


def test_a_drain_that_was_to_end_may_be_made_lasting_and_goes_on_where_it_is(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=5.0)
    lab.ask("drain", A, "for", "1m")
    lab.wait(10)
    lab.ask("drain", A)
    assert [each["state"] for each in lab.ask("status")["leaving"]] == ["drained"]
    lab.wait(120)
    assert lab.routes == []


def test_a_held_route_is_told_by_drain(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.ask("hold", A)
    lab.ask("drain")
    lab.wait(10)
    (row,) = lab.ask("leaving")["routes"]
    assert (row["end"], row["held"]) == ("still ours", True)


def test_a_leftover_that_is_held_stays(make_lab, tmp_path: Path) -> None:
    lab = make_lab(left_behind(A), state_file=tmp_path / "state", restart_time=5.0).start()
    lab.ask("hold", A)
    lab.wait(60)
    assert lab.routes == [AT_US]


def test_what_is_refused_changes_nothing(lab: Lab) -> None:
    assert "longer than 200 characters" in refused(lab, "drain", "reason", "y" * 500)
    assert steering(lab) == []


def test_a_poll_says_if_its_plan_was_refused_and_how_much_is_still_wanted(make_lab) -> None:
    lab = make_lab(max_changes=1).start()
    lab.say(announce(A), announce(B))
    lab.wait(2)
    lab.ask("reconcile")
    lab.wait(2)
    seen = lab.ask("polls")
    assert seen["refused"].startswith("2 routes to create and 0 to replace at once")
    assert (seen["changes"], seen["wanted"], seen["noop"]) == ("", 2, False)
    lab.say(withdraw(B))
    lab.wait(2)
    lab.ask("reconcile")
    lab.wait(2)
    assert (lab.ask("polls")["refused"], lab.ask("polls")["wanted"]) == (None, 0)
