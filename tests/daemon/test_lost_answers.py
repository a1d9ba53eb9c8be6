"""Answers that are lost, and reads that are older than our writes."""

import pytest
from lab import OURS, PEER, A, Lab, announce, withdraw

from bgp2vpc.config.model import OnExit
from bgp2vpc.errors import Transient
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.vpc.model import InstanceHealth

CREATE, DELETE = f"CreateRoute rtb-1 {A} {OURS}", f"DeleteRoute rtb-1 {A}"
LOST = Transient("CreateRoute", "ReadTimeoutError", "no answer")


@pytest.mark.parametrize("word", [announce, withdraw])
def test_a_lost_answer_of_a_success_is_found_by_looking_and_not_written_again(lab: Lab, word) -> None:
    if word is withdraw:
        lab.say(announce(A))
        lab.wait(20)
        lab.forget_calls()
    call = CREATE if word is announce else DELETE
    lab.vpc.fail_next(call, LOST, after=True)
    lab.say(word(A))
    lab.wait(70)
    assert lab.writes == [call]
    assert lab.verdicts() == ([f"rtb-1 {A} keep ours"] if word is announce else [])


def test_a_lost_answer_is_adopted_even_if_the_look_at_it_is_old(lab: Lab) -> None:
    lab.vpc.lag = 1
    lab.vpc.fail_next("CreateRoute", LOST, after=True)
    lab.say(announce(A))
    lab.wait(5)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"]
    assert lab.writes == [CREATE, CREATE]  # the second one is EC2's word that it is there


def test_a_create_without_an_answer_is_deleted_if_it_was_withdrawn_meanwhile(lab: Lab) -> None:
    lab.vpc.fail_next("CreateRoute", LOST, after=True)
    lab.say(announce(A))
    lab.say(withdraw(A))
    lab.wait(2)
    assert lab.routes == []
    assert lab.writes == [CREATE, DELETE]


def test_a_create_that_is_done_long_after_its_answer_was_given_up_is_deleted_too(lab: Lab) -> None:
    lab.vpc.fail_next("CreateRoute", LOST)
    lab.say(announce(A))
    lab.say(withdraw(A))
    lab.wait(2)
    lab.vpc.put_route("rtb-1", A, OURS)
    lab.wait(12)
    assert lab.routes == []


def test_the_daemon_does_not_end_before_a_lost_answer_is_cleared_up(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW).start()
    lab.vpc.fail_next("CreateRoute", LOST, after=True)
    lab.say(announce(A))
    assert lab.stop() == 0
    assert lab.routes == []


def test_while_the_answer_is_cleared_up_failing_reads_are_repeated(lab: Lab) -> None:
    lab.vpc.fail_next("CreateRoute", LOST, after=True)
    lab.vpc.fail_next("DescribeRouteTables", Transient("DescribeRouteTables", "Unavailable", "x"), times=3)
    lab.say(announce(A))
    lab.say(withdraw(A))
    lab.wait(20)
    assert lab.routes == []


def test_old_reads_do_not_make_us_write_twice(lab: Lab) -> None:
    lab.vpc.freeze()
    lab.say(announce(A))
    lab.wait(1)
    for _ in range(8):
        lab.reload()  # which reads everything
    assert lab.writes == [CREATE]
    lab.vpc.thaw()
    lab.wait(130)
    assert lab.writes == [CREATE]


def test_a_withdrawal_right_after_the_announcement_deletes_although_reads_are_old(lab: Lab) -> None:
    lab.vpc.freeze()
    lab.say(announce(A))
    lab.wait(0.3)
    lab.say(withdraw(A))
    lab.wait(1)
    assert lab.writes == [CREATE, DELETE]
    assert lab.routes == []


def test_what_is_still_missing_after_the_settle_time_is_written_again(lab: Lab) -> None:
    lab.say(announce(A))
    lab.wait(1)
    lab.vpc.remove_route("rtb-1", A)  # looks exactly like an old read
    lab.reload()  # which reads everything
    lab.wait(1)
    assert lab.writes == [CREATE]
    lab.wait(70)
    assert lab.writes == [CREATE, CREATE]
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]


@pytest.mark.parametrize("lag", [1, 2, 3, 4])
def test_takeover_and_return_with_lagging_reads_write_each_step_once(make_lab, lag: int) -> None:
    lab = make_lab(poll_time=2.0).start()
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.wait(5)
    lab.vpc.set_health("i-2", InstanceHealth.IMPAIRED)
    lab.vpc.lag = lag
    lab.say(announce(A))
    lab.wait(30)
    lab.say(withdraw(A))
    lab.wait(30)
    assert lab.writes == [f"ReplaceRoute rtb-1 {A} {OURS}", DELETE]


def test_reads_that_alternate_between_old_and_new_do_not_make_us_spin(lab: Lab) -> None:
    lab.vpc.put_route("rtb-1", A, PEER)
    lab.vpc.terminate("i-2")

    def flip(absent: bool = False) -> None:
        lab.vpc.thaw()
        if absent:
            lab.vpc._old_tables = {"rtb-1": lab.vpc._shown_tables()["rtb-1"].with_static_route(parse_prefix(A), None)}
            lab.vpc._frozen = True
        lab.vpc.before_next("DescribeRouteTables", lambda: flip(not absent))

    flip()
    lab.say(announce(A))
    lab.wait(30)
    assert len(lab.calls) < 40
