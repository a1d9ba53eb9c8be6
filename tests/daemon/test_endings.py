"""How a daemon ends, and what it leaves."""

import pytest
from lab import NO_PACE, OURS, PEER, A, B, announce, left_behind, two_hosts, withdraw

from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Denied, MetadataError, Transient

INTERNAL = Transient("DeleteRoute", "InternalError", "try again")


def test_with_on_exit_withdraw_a_stop_removes_what_is_ours_and_nothing_else(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.put_route("rtb-1", B, PEER)
    assert lab.stop() == 0
    assert lab.routes == [f"rtb-1 {B} {PEER} active"]


def test_a_stop_tries_again_what_fails_at_first(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A), announce(B))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", INTERNAL, times=4)
    assert lab.stop() == 0
    assert lab.routes == []


def test_a_stop_gives_up_after_ten_seconds_and_says_what_it_leaves(make_lab, caplog) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", INTERNAL, times=1000)
    before = lab.now
    assert lab.stop() == 1
    assert lab.now - before == pytest.approx(10, abs=0.5)
    assert "stale" in caplog.messages[-1]
    assert str(caplog.records[-1].fields["prefix"]) == A


def test_a_stop_does_not_wait_for_permissions(make_lab, caplog) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", Denied("DeleteRoute", "UnauthorizedOperation", "no"), times=1000)
    before = lab.now
    lab.stop()
    assert lab.now - before < 1
    assert "stale" in caplog.messages[-1]


@pytest.mark.parametrize("settings", [dict(on_exit=OnExit.KEEP), dict(on_exit=OnExit.KEEP, poll_time=0.5)])
def test_with_on_exit_keep_a_stop_changes_nothing_whatever_the_dying_scripts_say(make_lab, settings) -> None:
    lab = make_lab(**settings).start()
    lab.say(announce(A))
    lab.wait()
    lab.say(announce(B))
    lab.wait(0.01)
    lab.do(lab.daemon.stop)
    lab.say(withdraw(A), withdraw(B))
    assert lab.ended() == 0
    # B's call was on its way; the withdrawal of A came with the stop, in the same turn.
    lab.wait(5)
    assert [call for call in lab.writes if call.startswith("Delete")] == []


def test_oneshot_writes_once_and_leaves_the_routes(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW)
    lab.start(oneshot=True, wait=0)
    lab.say(announce(A))
    assert lab.ended() == 0
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_oneshot_is_a_success_if_what_failed_first_works_then(make_lab) -> None:
    lab = make_lab()
    lab.vpc.fail_next("CreateRoute", Transient("CreateRoute", "InternalError", "x"), times=2)
    lab.vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "InternalError", "x"), times=1)
    lab.start(oneshot=True, wait=0)
    lab.say(announce(A))
    assert lab.ended() == 0
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("CreateRoute", Denied("CreateRoute", "UnauthorizedOperation", "no")),
        ("CreateRoute", Transient("CreateRoute", "InternalError", "for ever")),
        ("Describe", Transient("DescribeRouteTables", "InternalError", "for ever")),
    ],
)
def test_oneshot_fails_if_ec2_does(make_lab, call: str, error) -> None:
    lab = make_lab()
    lab.vpc.fail_next(call, error, times=1000)
    lab.start(oneshot=True, wait=0)
    lab.say(announce(A))
    before = lab.now
    assert lab.ended() == 1
    assert lab.now - before < 15


def test_oneshot_with_a_refused_plan_exits_3(make_lab) -> None:
    lab = make_lab(max_changes=1)
    lab.start(oneshot=True, wait=0)
    lab.say(announce(A), announce(B))
    assert lab.ended() == 3
    assert lab.writes == []


def test_noop_never_writes_and_says_once_what_it_would(make_lab, caplog) -> None:
    caplog.set_level("INFO")
    vpc = left_behind("192.0.2.9/32")
    vpc.put_route("rtb-1", B, PEER)
    vpc.terminate("i-2")
    lab = make_lab(vpc, on_exit=OnExit.WITHDRAW).start(noop=True)
    lab.say(announce(A), announce(B))
    lab.wait(300)
    would = sorted(message for message in caplog.messages if message.startswith("would"))
    assert would == [
        f"would create rtb-1 {A} {OURS}: absent",
        f"would delete rtb-1 192.0.2.9/32 {OURS}: withdrawn",
        f"would replace rtb-1 {B} {OURS} (was {PEER}): owner-blackhole",
    ]
    lab.say(withdraw(A))
    lab.stop()
    assert lab.writes == []


def test_stopped_while_it_still_waits_for_metadata_it_ends_at_once(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW)

    def connect():
        raise MetadataError("instance metadata: connection refused")

    lab.connect = connect
    lab.start()
    before = lab.now
    assert lab.stop() == 0
    assert lab.now - before < 1


@pytest.mark.parametrize("on_exit", OnExit)
def test_stopped_before_it_has_seen_anything_it_touches_nothing_and_says_so(make_lab, caplog, on_exit) -> None:
    lab = make_lab(left_behind(A), latency=1.0, on_exit=on_exit, restart_time=10.0).start(wait=0)
    lab.wait(0.7)  # the connection is about to be there
    assert lab.stop() == 0
    lab.wait(20)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert ("stopped before EC2 answered" in caplog.text) is (on_exit is not OnExit.KEEP)


def test_cancelled_at_any_time_a_stop_leaves_no_half_done_state(make_lab) -> None:
    for tenths in range(12):
        vpc = two_hosts(tables=2)
        lab = make_lab(vpc, on_exit=OnExit.WITHDRAW, ec2=NO_PACE).start()
        lab.say(announce(A), announce(B))
        lab.wait(tenths / 20)
        assert lab.stop() == 0
        assert lab.routes == []


def test_a_stop_takes_the_time_that_ec2s_pace_asks_for(make_lab) -> None:
    lab = make_lab(two_hosts(tables=10), on_exit=OnExit.WITHDRAW).start()
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(30)))
    lab.wait(100)
    assert len(lab.routes) == 300
    assert lab.stop() == 0
    assert lab.routes == []


def test_oneshot_takes_the_time_that_ec2s_pace_asks_for(make_lab) -> None:
    lab = make_lab(two_hosts(tables=10))
    lab.start(oneshot=True, wait=0)
    lab.say(*(announce(f"192.0.2.{number}/32") for number in range(30)))
    assert lab.ended() == 0
    assert len(lab.routes) == 300


@pytest.mark.parametrize("on_exit", OnExit)
def test_a_mistake_of_ours_ends_the_daemon_as_a_crash_would(make_lab, caplog, on_exit) -> None:
    lab = make_lab(on_exit=on_exit).start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DescribeRouteTables", ZeroDivisionError("a bug"))
    assert lab.ended() == 1
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert "task failed, the daemon ends: reconciler" in caplog.messages


def test_a_mistake_of_ours_in_one_write_ends_nothing_else(make_lab) -> None:
    lab = make_lab(two_hosts(tables=2)).start()
    lab.vpc.fail_next("CreateRoute rtb-1", ZeroDivisionError("a bug"), times=3)
    lab.say(announce(A))
    lab.wait(1)
    assert lab.routes == [f"rtb-2 {A} {OURS} active"]
    lab.wait(200)
    assert lab.routes == [f"rtb-{number} {A} {OURS} active" for number in (1, 2)]
    assert ["a bug" in bug for bug in lab.bugs] == [True] * 3
    lab.bugs.clear()


def test_who_cannot_wait_says_it_twice(make_lab, caplog) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", INTERNAL, times=1000)
    lab.do(lab.daemon.interrupt)
    lab.wait(1)
    before = lab.now
    lab.do(lab.daemon.interrupt)
    assert lab.ended() == 1
    assert lab.now - before < 0.5
    assert "stale" in caplog.messages[-1]
