"""Routes of other instances: when they are taken, after which look, and who wins a race."""

import pytest
from lab import OURS, PEER, A, B, Lab, announce, withdraw

from bgp2vpc.policy.rule import Takeover
from bgp2vpc.vpc.aws.failures import failure
from bgp2vpc.vpc.model import InstanceHealth
from tests.values import rule

READ, STATUS = "DescribeRouteTables rtb-1", "DescribeInstanceStatus i-1 i-2"
TAKE = f"ReplaceRoute rtb-1 {A} {OURS}"


def peer_holds(lab: Lab, *prefixes: str) -> None:
    for prefix in prefixes or (A,):
        lab.vpc.put_route("rtb-1", prefix, PEER)
    lab.wait(70)
    lab.forget_calls()


def test_a_healthy_peer_keeps_its_route_and_is_asked_about_once(lab: Lab) -> None:
    peer_holds(lab)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [STATUS]
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy"]


def test_the_route_of_an_impaired_peer_is_taken_after_a_fresh_read(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [STATUS, READ, TAKE]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_a_peer_that_fails_later_is_noticed_at_the_next_poll(lab: Lab) -> None:
    peer_holds(lab)
    lab.say(announce(A))
    lab.wait(5)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.wait(70)
    assert lab.writes == [TAKE]


def test_a_black_hole_is_taken_without_asking_anybody(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.terminate("i-2")
    lab.wait(70)
    lab.forget_calls()
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [READ, TAKE]


def test_a_backup_path_does_not_take_even_a_black_hole_but_fills_an_empty_table(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.terminate("i-2")
    lab.wait(70)
    lab.forget_calls()
    lab.say(announce(A, "med 1000"), announce(B, "med 500"))
    lab.wait(70)
    assert lab.writes == [f"CreateRoute rtb-1 {B} {OURS}"]
    lab.say(announce(A, "med 100"))
    lab.wait()
    assert lab.writes[-1] == TAKE


def test_with_takeover_always_a_healthy_peers_route_is_taken_after_a_fresh_read(make_lab) -> None:
    lab = make_lab(rules=(rule(takeover=Takeover.ALWAYS),)).start()
    peer_holds(lab)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [READ, TAKE]


def test_a_peer_that_was_faster_wins(lab: Lab) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)  # since our last poll
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [f"CreateRoute rtb-1 {A} {OURS}", READ, STATUS]
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy"]


def test_a_third_instance_that_took_the_black_hole_first_keeps_it(lab: Lab) -> None:
    lab.vpc.add_interface("eni-3", "i-3")
    peer_holds(lab)
    lab.vpc.terminate("i-2")
    lab.wait(70)
    lab.vpc.before_next("DescribeRouteTables rtb-1", lambda: lab.vpc.put_route("rtb-1", A, "eni-3"))
    lab.say(announce(A))
    lab.wait(70)
    assert lab.writes == []
    assert lab.routes == [f"rtb-1 {A} eni-3 active"]


def test_a_route_that_vanishes_before_it_is_taken_is_created_instead(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.terminate("i-2")
    lab.wait(70)
    lab.vpc.before_next("ReplaceRoute", lambda: lab.vpc.remove_route("rtb-1", A))
    lab.say(announce(A))
    lab.wait(5)
    assert lab.writes == [TAKE, f"CreateRoute rtb-1 {A} {OURS}"]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


def test_our_route_that_a_peer_took_is_not_fought_over(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait()
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(200)
    assert lab.writes == [f"CreateRoute rtb-1 {A} {OURS}"]
    lab.say(withdraw(A))
    lab.wait(200)
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]


def test_a_peer_taking_the_route_between_withdrawal_and_delete_keeps_it(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait(20)
    lab.vpc.before_next("DescribeRouteTables rtb-1", lambda: lab.vpc.put_route("rtb-1", A, PEER))
    lab.say(withdraw(A))
    lab.wait(70)
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]


def test_a_peer_that_takes_its_route_back_right_after_we_took_it_does_not_lose_it_to_our_withdrawal(make_lab) -> None:
    lab = make_lab(rules=(rule(takeover=Takeover.ALWAYS),)).start()
    peer_holds(lab)
    lab.say(announce(A))
    lab.wait()
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    lab.vpc.put_route("rtb-1", A, PEER)  # what the table showed before our write: an old read, or news?
    lab.say(withdraw(A))
    lab.wait(70)
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]
    assert not any(call.startswith("DeleteRoute") for call in lab.writes)


def test_what_was_wrong_with_a_peer_once_is_not_held_against_it_later(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.say(announce(A))
    lab.wait(5)
    lab.vpc.set_health("i-2", InstanceHealth.OK)
    lab.say(withdraw(A))
    lab.wait(5)
    peer_holds(lab)
    lab.say(announce(A))
    lab.wait(70)
    assert lab.writes == []
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy"]


@pytest.mark.parametrize("is_well_again", [True, False])
def test_where_the_next_poll_is_far_ec2_is_asked_again_before_an_old_answer_counts(make_lab, is_well_again) -> None:
    lab = make_lab(poll_time=3000.0)
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.start()
    lab.say(announce(A, "med 1000"))  # our own service is down
    lab.wait(5)
    assert lab.verdicts() == [f"rtb-1 {A} yield backup-med"]
    lab.forget_calls()
    if is_well_again:
        lab.vpc.set_health("i-2", InstanceHealth.OK)
    lab.wait(600)
    lab.say(announce(A, "med 100"))
    lab.wait(5)
    assert lab.calls == ([STATUS] if is_well_again else [STATUS, READ, TAKE])


def test_without_permission_to_ask_about_instances_all_else_works(lab: Lab) -> None:
    denied = failure("DescribeInstanceStatus", "UnauthorizedOperation", "no", 403)
    lab.vpc.fail_next("DescribeInstanceStatus", denied, times=1000)
    peer_holds(lab)
    lab.say(announce(A), announce(B))
    lab.wait(200)
    assert lab.verdicts() == [f"rtb-1 {A} yield owner-healthy", f"rtb-1 {B} keep ours"]
    lab.vpc.terminate("i-2")
    lab.wait(70)
    assert f"rtb-1 {A} {OURS} active" in lab.routes


BROKEN = failure("DescribeInstanceStatus", "InternalError", "An internal error has occurred", 500)


def test_a_question_that_failed_is_no_trouble_any_more_once_nothing_depends_on_it(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.fail_next("DescribeInstanceStatus", BROKEN, times=20)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.ask("status")["failing"] == {"instance status": "InternalError"}
    lab.vpc.put_route("rtb-1", A, OURS)
    lab.wait(70)
    assert lab.ask("status")["failing"] == {}


def test_where_ec2_cannot_tell_of_all_together_each_is_asked_about_alone(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.vpc.fail_next(STATUS, BROKEN)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [STATUS, "DescribeInstanceStatus i-1", "DescribeInstanceStatus i-2", READ, TAKE]
    assert lab.ask("status")["failing"] == {}


def test_of_whom_ec2_cannot_tell_alone_either_nothing_is_concluded_and_that_is_said_once(lab: Lab, caplog) -> None:
    peer_holds(lab)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.vpc.fail_next(STATUS, BROKEN, times=10**6)
    lab.vpc.fail_next("DescribeInstanceStatus i-2", BROKEN, times=10**6)
    lab.say(announce(A))
    lab.wait(300)
    assert (lab.verdicts(), lab.writes) == ([f"rtb-1 {A} yield owner-healthy"], [])
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [f"failed: {BROKEN}"]
    assert lab.ask("status")["failing"] == {"instance status": "InternalError"}


def test_an_impaired_peer_keeps_its_route_while_nothing_is_known_of_ourselves(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.vpc.fail_next("DescribeInstanceStatus i-1", BROKEN, times=2)  # with the other, and alone
    lab.say(announce(A))
    lab.wait(5)
    assert lab.writes == []
    lab.wait(70)
    assert lab.writes == [TAKE]


def test_whom_ec2_throttles_does_not_ask_about_each_alone(lab: Lab) -> None:
    peer_holds(lab)
    lab.vpc.fail_next(STATUS, failure("DescribeInstanceStatus", "RequestLimitExceeded", "slow down", 503))
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [STATUS]


def many_hold(lab: Lab, count: int) -> list[str]:
    """So many others hold a route each. The prefixes."""
    prefixes = [f"192.0.2.{number}/32" for number in range(count)]
    for number, prefix in enumerate(prefixes):
        lab.vpc.add_interface(f"eni-9{number}", f"i-9{number}")
        lab.vpc.put_route("rtb-1", prefix, f"eni-9{number}")
    lab.wait(70)
    lab.forget_calls()
    return prefixes


def asked_about_alone(lab: Lab) -> list[str]:
    calls = map(str.split, lab.calls)
    return [ids[0] for action, *ids in calls if action == "DescribeInstanceStatus" and len(ids) == 1]


def test_of_many_no_more_than_twenty_are_asked_about_alone_and_we_come_first(lab: Lab) -> None:
    prefixes = many_hold(lab, 30)
    lab.vpc.fail_next("DescribeInstanceStatus i-1 i-90", BROKEN)
    lab.say(*map(announce, prefixes))
    lab.wait(10)
    asked = asked_about_alone(lab)
    assert (len(asked), asked[0]) == (20, "i-1")


def test_answers_about_each_alone_are_not_waited_for_longer_than_four_times_the_time_out(lab: Lab) -> None:
    prefixes = many_hold(lab, 10)
    lab.vpc.fail_next("DescribeInstanceStatus i-1 i-90", BROKEN)
    lab.loop.latency = 5.0
    lab.say(*map(announce, prefixes))
    lab.wait(30)
    assert asked_about_alone(lab) == ["i-1", "i-90", "i-91"], "with a time-out of 3 s"


def test_an_owner_without_instance_is_never_asked_about(lab: Lab) -> None:
    lab.vpc.add_interface("eni-7")
    lab.vpc.put_route("rtb-1", A, "eni-7")  # attached to nothing: a black hole
    lab.wait(70)
    lab.forget_calls()
    lab.say(announce(A))
    lab.wait(5)
    assert lab.calls == [READ, TAKE]


def test_nobody_is_asked_about_routes_that_only_a_bgp_peer_announces(lab: Lab) -> None:
    peer_holds(lab)
    lab.hear("neighbor 10.0.0.11 up", "neighbor 10.0.0.11 receive update announced 192.0.2.1/32 next-hop 10.0.0.11")
    lab.wait(130)
    assert STATUS not in lab.calls


def test_two_impaired_instances_do_not_take_a_route_from_each_other(lab: Lab) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.set_health("i-1", InstanceHealth.IMPAIRED)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.say(announce(A))
    lab.wait(200)
    assert lab.routes == [f"rtb-1 {A} {PEER} active"]
