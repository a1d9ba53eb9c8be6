"""Every kind of EC2's errors has its consequence, and only where it happened."""

import logging
from itertools import pairwise

import pytest
from lab import NO_PACE, OURS, A, B, Lab, announce, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.errors import (
    Credentials,
    Denied,
    Ec2Error,
    InterfaceGone,
    QuotaReached,
    Refused,
    RouteExists,
    TableGone,
    Throttled,
    Transient,
)
from bgp2vpc.reconcile.journal import Journal

CREATE, DELETE = f"CreateRoute rtb-1 {A} {OURS}", f"DeleteRoute rtb-1 {A}"
READ = "DescribeRouteTables rtb-1"
LOST = Transient("CreateRoute", "ReadTimeoutError", "no answer")


def times_of(lab: Lab, call: str) -> list[float]:
    """When each such call is made, from now on."""
    times: list[float] = []

    def made() -> None:
        times.append(lab.now)
        lab.vpc.before_next(call, made)

    lab.vpc.before_next(call, made)
    return times


def operator_errors():
    return [
        kind("CreateRoute", code, "what EC2 says")
        for kind, code in [
            (Denied, "UnauthorizedOperation"),
            (Credentials, "ExpiredToken"),
            (QuotaReached, "RouteLimitExceeded"),
            (Refused, "InvalidParameterValue"),
        ]
    ]


def test_what_may_pass_is_tried_again_within_a_second_after_a_look(lab: Lab) -> None:
    lab.vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", "x"))
    lab.say(announce(A))
    lab.wait(1)
    assert lab.calls == [CREATE, READ, CREATE]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_route_that_ec2_says_exists_after_it_has_shown_none_is_a_failure(lab: Lab, caplog) -> None:
    caplog.set_level(logging.INFO)
    exists = RouteExists("CreateRoute", "RouteAlreadyExists", "x")
    lab.vpc.fail_next("CreateRoute", exists, times=2)
    lab.say(announce(A))
    lab.wait(5)
    told = [record.getMessage().split(" (")[0] for record in caplog.records]
    after = ["cycle 2: 1 overtaken", f"failed: {exists}", "recovered", "route created", "cycle 4: 1 created"]
    assert told[told.index("announced") + 1 :] == after
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


@pytest.mark.parametrize("error", operator_errors(), ids=lambda error: type(error).__name__)
def test_what_an_operator_has_to_mend_is_said_once_and_tried_every_half_minute(lab: Lab, caplog, error) -> None:
    lab.vpc.fail_next("CreateRoute rtb-1", error, times=10)
    lab.say(announce(A))
    lab.wait(190)
    assert 5 <= len(lab.writes) <= 9
    lab.wait(400)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert [r.message for r in caplog.records if r.levelname == "ERROR"] == [f"failed: {error}"]
    (entry,) = lab.ask("status")["errors"]
    assert entry["count"] == 10
    assert (entry["code"], entry["consequence"]) == (
        error.code,
        "needs an operator (`bgp2vpc doctor`); tried again meanwhile",
    )


def test_one_place_tries_for_all_that_the_same_table_denies_and_success_releases_them(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2)).start()
    denied = Denied("CreateRoute", "UnauthorizedOperation", "x")
    lab.vpc.fail_next("CreateRoute rtb-1", denied, times=46)
    prefixes = [f"192.0.2.{number}/32" for number in range(40)]
    lab.say(*map(announce, prefixes))
    lab.wait(20)
    assert len([write for write in lab.writes if "rtb-1" in write]) == 40
    lab.forget_calls()
    lab.wait(140)
    assert 4 <= len(lab.writes) <= 6, "one probe every half minute, not forty"
    lab.wait(80)
    assert len(lab.routes) == 80


def test_denied_writes_leave_the_bucket_to_other_tables(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2)).start()
    lab.vpc.fail_next("CreateRoute rtb-1", Denied("CreateRoute", "UnauthorizedOperation", "x"), times=10**6)
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(200)))
    lab.wait(300)
    lab.forget_calls()
    lab.say(announce("192.0.2.250/32"))
    lab.wait(0.5)
    assert any("192.0.2.250/32 eni-1" in route for route in lab.routes if "rtb-2" in route)


def test_when_the_place_that_tries_is_withdrawn_another_takes_over(make_lab) -> None:
    lab = make_lab().start()
    lab.vpc.fail_next("CreateRoute", Denied("CreateRoute", "UnauthorizedOperation", "x"), times=2)
    lab.say(announce(A), announce(B))
    lab.wait(5)
    lab.say(withdraw(A))
    lab.wait(5)
    assert lab.routes == [f"rtb-1 {B} {OURS} active"]


def test_a_probe_that_meets_another_error_lets_the_others_go_on(lab: Lab) -> None:
    denied = Denied("CreateRoute", "UnauthorizedOperation", "x")
    lab.vpc.fail_next("CreateRoute", denied, times=4)
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(4)))
    lab.wait(5)
    lab.vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", "x"))
    lab.wait(60)
    assert len(lab.routes) == 4


def test_what_is_denied_of_deletes_says_nothing_of_creates(make_lab) -> None:
    lab = make_lab().start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", Denied("DeleteRoute", "UnauthorizedOperation", "x"), times=10**6)
    lab.say(withdraw(A))
    lab.wait()
    lab.vpc.fail_next("CreateRoute", Denied("CreateRoute", "UnauthorizedOperation", "x"))
    lab.say(announce(B))
    lab.wait(60)
    assert f"rtb-1 {B} {OURS} active" in lab.routes


def test_a_refused_plan_does_not_hold_withdrawals_back(make_lab) -> None:
    lab = make_lab(max_changes=2).start()
    lab.say(announce(A))
    lab.wait()
    lab.say(withdraw(A), *(announce(f"192.0.2.{number}/32") for number in range(10, 13)))
    lab.wait(5)
    assert lab.routes == []


def test_a_failure_that_returns_after_the_wish_was_gone_is_news_again(lab: Lab, caplog) -> None:
    lab.vpc.fail_next("CreateRoute", Denied("CreateRoute", "UnauthorizedOperation", "x"), times=2)
    for _ in range(2):
        lab.say(announce(A))
        lab.wait(1)
        lab.say(withdraw(A))
        lab.wait(1)
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 2


def test_a_full_table_is_reported_while_other_tables_and_families_go_on(make_lab) -> None:
    vpc = two_hosts(tables=2)
    vpc.quota = 1
    vpc.put_route("rtb-1", "198.51.100.0/24", "igw-1")
    lab = make_lab(vpc).start()
    lab.say(announce(A), announce("2001:db8:53::1/128"))
    lab.wait(5)
    assert [route for route in lab.routes if OURS in route] == [
        f"rtb-1 2001:db8:53::1/128 {OURS} active",
        f"rtb-2 192.0.2.1/32 {OURS} active",
        f"rtb-2 2001:db8:53::1/128 {OURS} active",
    ]
    assert lab.ask("status")["errors"][-1]["code"] == "RouteLimitExceeded"


def test_a_withdrawal_from_a_full_table_makes_room_for_what_is_announced_with_it(make_lab) -> None:
    vpc = two_hosts()
    vpc.quota = 1
    lab = make_lab(vpc).start()
    lab.say(announce(A))
    lab.wait()
    lab.say(withdraw(A), announce(B))
    lab.wait()
    assert lab.routes == [f"rtb-1 {B} {OURS} active"]
    assert lab.ask("status")["failing"] == {}


@pytest.mark.parametrize(
    "error", [*operator_errors(), Transient("CreateRoute", "InternalError", "x")], ids=lambda e: type(e).__name__
)
def test_trouble_of_one_table_leaves_the_others_alone(make_lab, error) -> None:
    lab = make_lab(two_hosts(tables=4)).start()
    lab.vpc.fail_next("CreateRoute rtb-2", error, times=1000)
    before = lab.now
    lab.say(announce(A))
    lab.wait(0.11)
    assert lab.routes == [f"rtb-{number} {A} {OURS} active" for number in (1, 3, 4)]
    lab.wait(300)
    lab.say(withdraw(A))
    lab.wait(0.5)
    assert lab.routes == []
    assert lab.now - before < 305


def test_ten_minutes_without_ec2_cost_few_calls_and_end_soon_after_it_is_back(lab: Lab, caplog) -> None:
    lab.vpc.fail_next("", Transient("Any", "EndpointConnectionError", "cannot connect"), times=10**6)
    lab.say(announce(A))
    lab.wait(600)
    assert len(lab.calls) < 100
    assert len([r for r in caplog.records if "failed" in r.message]) == 2  # the reads, and the write; once each
    lab.vpc._misfortunes.clear()
    lab.wait(66)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_the_pauses_between_attempts_double_up_to_half_a_minute(lab: Lab) -> None:
    times = times_of(lab, "CreateRoute")
    lab.vpc.fail_next("CreateRoute", Transient("CreateRoute", "Unavailable", "x"), times=1000)
    lab.say(announce(A))
    lab.wait(400)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    for number, pause in enumerate(pauses):
        nominal = min(0.1 * 2**number, 30.0)
        assert 0.75 * nominal <= pause <= 1.25 * nominal + 0.5  # and the round trips of the failed call and the look
    assert len(pauses) > 12


def test_a_poll_that_fails_backs_off_from_half_a_second_to_the_poll_time_and_recovers(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    lab = make_lab()
    lab.vpc.fail_next("Describe", Transient("DescribeRouteTables", "InternalError", "x"), times=8)
    lab.start(wait=0)
    lab.say(announce(A))
    lab.wait(25)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert [m for m in caplog.messages if m == "recovered"] == ["recovered"]


def test_while_polls_fail_announcements_are_written_on_what_is_known(lab: Lab) -> None:
    lab.wait(70)
    lab.vpc.fail_next("Describe", Transient("DescribeRouteTables", "InternalError", "x"), times=10**6)
    lab.wait(300)
    lab.say(announce(A))
    lab.wait(1)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_throttled_write_goes_later_and_slows_down_those_behind_it(make_lab) -> None:
    lab = make_lab().start()
    times = times_of(lab, "CreateRoute")
    lab.vpc.fail_next("CreateRoute", Throttled("CreateRoute", "RequestLimitExceeded", "x"), times=1)
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(5)))
    lab.wait(1)
    assert len(lab.routes) == 4
    before = lab.now
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(5, 10)))
    lab.wait(5)
    assert len(lab.routes) == 10
    gaps = [later - earlier for earlier, later in pairwise(times[5:])]
    assert all(gap >= 0.19 for gap in gaps)  # 5 a second
    assert times[-1] - before > 0.9
    assert READ not in lab.calls  # what was throttled was not applied: nothing to look at


def test_five_hundred_writes_keep_to_ec2s_bucket(make_lab) -> None:
    lab = make_lab(two_hosts(tables=10)).start()
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(50)))
    lab.wait(1)
    assert 48 <= len(lab.routes) <= 53
    lab.wait(93)
    assert len(lab.routes) == len(lab.writes) == 500


def test_what_is_withdrawn_while_it_waits_for_its_turn_is_never_written(make_lab) -> None:
    lab = make_lab(two_hosts(tables=10)).start()
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(50)))
    lab.wait(1)
    lab.say(*(withdraw(f"192.0.2.{number}/32") for number in range(50)))
    lab.wait(150)
    assert lab.routes == []
    assert len([call for call in lab.writes if call.startswith("Create")]) < 60


def test_a_table_that_is_gone_is_forgotten_and_the_others_go_on(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2)).start()
    lab.vpc.remove_table("rtb-1")
    lab.say(announce(A))
    lab.wait(5)
    assert lab.routes == [f"rtb-2 {A} {OURS} active"]
    assert lab.verdicts() == [f"rtb-2 {A} keep ours"]
    lab.forget_calls()
    lab.wait(300)
    assert lab.writes == []


def test_a_table_that_is_gone_when_it_is_looked_at_again_is_forgotten(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2)).start()
    lab.say(announce(A))
    lab.wait(5)
    lab.vpc.remove_table("rtb-1")
    lab.say(withdraw(A))
    lab.wait(5)
    assert lab.routes == []
    assert lab.writes[-1] == f"DeleteRoute rtb-2 {A}"


def test_a_new_table_with_the_tag_is_found_at_the_next_poll(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait()
    lab.vpc.add_table("rtb-2", tags={"type": "private"})
    lab.wait(70)
    assert lab.routes == [f"rtb-{number} {A} {OURS} active" for number in (1, 2)]


def test_an_interface_that_was_exchanged_is_asked_for_at_once(lab: Lab) -> None:
    lab.vpc.remove_interface(OURS)
    lab.vpc.add_interface("eni-5", "i-1")
    lab.say(announce(A))
    lab.wait(2)
    assert lab.writes == [CREATE, f"CreateRoute rtb-1 {A} eni-5"]


UNKNOWN_YET = InterfaceGone("CreateRoute", "InvalidNetworkInterfaceID.NotFound", "no such interface")


def test_a_new_interface_that_not_all_of_ec2_knows_yet_is_no_reason_to_warn(make_lab, caplog) -> None:
    lab = make_lab(two_hosts(tables=3)).start()
    lab.vpc.fail_next("CreateRoute", UNKNOWN_YET)
    lab.say(announce(A))
    lab.wait(5)
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert lab.routes == [f"rtb-{number} {A} {OURS} active" for number in (1, 2, 3)]


def test_until_ec2_is_asked_again_nothing_points_at_another_interface_instead(make_lab) -> None:
    vpc = two_hosts()
    vpc.add_interface("eni-5", "i-1", device_index=1)
    vpc.fail_next("CreateRoute", UNKNOWN_YET)
    away = Transient("DescribeNetworkInterfaces", "Unavailable", "x")
    vpc.before_next("CreateRoute", lambda: vpc.fail_next("DescribeNetworkInterfaces", away))
    find = "{type: by_tag, config: {key: type, value: private}}"
    config = parse(f"routetables: {{a: {{find: {find}, manage_routes: [{{cidr: {A}}}]}}}}", "f.yaml")
    lab = make_lab(vpc, rules=config.rules, checked_sources=config.checked_sources).start(wait=0)
    lab.wait(5)
    assert lab.writes == [CREATE, CREATE]


def test_an_interface_that_ec2_shows_and_denies_at_the_same_time_does_not_make_us_spin(lab: Lab) -> None:
    lab.vpc.fail_next("CreateRoute", UNKNOWN_YET, times=10**6)
    lab.say(announce(A))
    lab.wait(600)
    assert len(lab.calls) < 200


def test_a_table_that_ec2_shows_and_denies_at_the_same_time_does_not_make_us_spin(lab: Lab) -> None:
    gone = TableGone("CreateRoute", "InvalidRouteTableID.NotFound", "no such table")
    lab.vpc.fail_next("CreateRoute", gone, times=10**6)
    lab.say(announce(A))
    lab.wait(600)
    assert len(lab.calls) < 200


def test_a_plan_that_is_too_large_is_refused_with_its_numbers_until_it_is_allowed(make_lab, caplog) -> None:
    lab = make_lab(max_changes=4).start()
    prefixes = [f"192.0.2.{number}/32" for number in range(5)]
    lab.say(*map(announce, prefixes))
    lab.wait(130)
    assert lab.writes == []
    assert [r.message for r in caplog.records if r.levelname == "ERROR"] == [
        "failed: 5 routes to create and 0 to replace at once, more than max_changes: 4; nothing was written"
    ]
    lab.reload(max_changes=5)
    assert len(lab.routes) == 5


def test_mass_failure_does_not_flood_ec2(make_lab) -> None:
    lab = make_lab(two_hosts(tables=4), ec2=NO_PACE).start()
    lab.vpc.fail_next("CreateRoute", Transient("CreateRoute", "Unavailable", "x"), times=10**6)
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(15)))
    lab.wait(300)
    reads = [call for call in lab.calls if call.startswith("Describe")]
    assert len(lab.writes) < 60 * 22
    assert len(reads) < 300 * 5


def test_a_small_change_beside_a_refused_plan_does_not_make_the_refusal_come_and_go(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    lab = make_lab(max_changes=4).start()
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(10, 15)))
    lab.wait()
    lab.say(announce(A))
    lab.wait(200)
    assert lab.writes == [CREATE]
    assert len([message for message in caplog.messages if "max_changes" in message]) == 1
    assert "recovered" not in caplog.messages


def test_one_error_that_comes_again_and_again_does_not_hide_the_others(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2), poll_time=1.0).start()
    lab.vpc.fail_next("CreateRoute rtb-1", QuotaReached("CreateRoute", "RouteLimitExceeded", "full"), times=1)
    lab.say(announce(A))
    lab.wait(1)
    unavailable = Transient("DescribeNetworkInterfaces", "Unavailable", "x")
    lab.vpc.fail_next("DescribeNetworkInterfaces", unavailable, times=200)
    lab.wait(300)
    errors = lab.ask("status")["errors"]
    assert [(error["subject"], error["count"]) for error in errors] == [(f"rtb-1 {A}", 1), ("observe", 200)]


def test_at_most_fifty_different_errors_are_kept(make_lab) -> None:
    lab = make_lab(two_hosts(tables=60), ec2=NO_PACE).start()
    lab.vpc.fail_next("CreateRoute", Refused("CreateRoute", "InvalidParameterValue", "no"), times=1000)
    lab.say(announce(A))
    lab.wait(100)
    assert len(lab.ask("status")["errors"]) == 50


def test_a_poll_that_ec2_throttles_is_not_repeated_soon_but_later_and_later(lab) -> None:
    lab.vpc.fail_next("DescribeRouteTables", Throttled("DescribeRouteTables", "RequestLimitExceeded", "x"), times=3)
    asked = []
    for _ in range(100):
        lab.forget_calls()
        lab.wait(10)
        asked.append("DescribeRouteTables vpc-1" in lab.calls)
    times = [10 * number for number, was in enumerate(asked) if was]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert 100 <= gaps[0] <= 140
    assert 200 <= gaps[1] <= 280
    assert 260 <= gaps[2] <= 340


def test_an_answer_lost_before_a_throttled_one_does_not_count_as_throttled(lab) -> None:
    times = times_of(lab, "DescribeRouteTables vpc-1")
    lab.vpc.fail_next("DescribeRouteTables", LOST, times=4)
    while len(times) < 4:
        lab.wait(0.5)
    lab.vpc.fail_next("DescribeRouteTables", Throttled("DescribeRouteTables", "RequestLimitExceeded", "x"))
    lab.wait(200)
    last_lost, throttled, answered = times[3:6]
    assert throttled - last_lost < 10
    assert 100 <= answered - throttled <= 140


def test_a_first_poll_that_ec2_throttles_is_repeated_at_once(make_lab) -> None:
    lab = make_lab()
    lab.vpc.fail_next("DescribeRouteTables", Throttled("DescribeRouteTables", "RequestLimitExceeded", "x"), times=2)
    lab.start(wait=3)
    lab.say(announce(A))
    lab.wait(1)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_host_that_starts_no_thread_costs_nothing_but_time(make_lab, monkeypatch, caplog) -> None:
    lab = make_lab(lifecycle=True).start()

    def refuse(*_) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as limited:
        limited.setattr(lab.loop, "run_in_executor", refuse)
        lab.say(announce(A))
        lab.wait(100)
        lab.do(lab.daemon.reload)
        lab.wait(100)
        failing = set(lab.ask("status")["failing"])
        assert failing == {f"rtb-1 {A}", "observe", "lifecycle"}
        assert "lab.yaml: can't start new thread" in caplog.text
    lab.wait(60)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert not lab.ask("status")["failing"]


def test_a_start_on_a_host_that_starts_no_thread_is_tried_again(make_lab, monkeypatch) -> None:
    lab = make_lab()

    def refuse(*_) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as limited:
        limited.setattr(lab.loop, "run_in_executor", refuse)
        lab.start(wait=100)
    lab.say(announce(A))
    lab.wait(60)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_failure_is_told_with_the_time_of_its_first_error_since_the_operation_last_worked(monkeypatch) -> None:
    moments = map(str, range(1, 100))
    monkeypatch.setattr("bgp2vpc.reconcile.journal.wall_clock", lambda: next(moments))
    journal = Journal()

    def fails(error: Ec2Error) -> tuple[str, str, int]:
        journal.failure("observe", error)
        row = journal.errors[-1]
        return row.time, row.since, row.count

    throttled, denied = Throttled("x", "RequestLimitExceeded", "x"), Denied("x", "UnauthorizedOperation", "x")
    assert (fails(throttled), fails(throttled)) == (("1", "1", 1), ("2", "1", 2))
    assert fails(denied) == ("3", "1", 1), "it has not worked in between"
    journal.success("observe")
    assert fails(throttled) == ("4", "4", 3)
    journal.forget("observe")
    assert fails(throttled) == ("5", "5", 4)
