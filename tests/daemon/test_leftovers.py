"""What remains of a daemon that crashed, and what the next one makes of it."""

import asyncio

import pytest
from lab import OURS, PEER, A, B, announce, left_behind, two_hosts, withdraw

from bgp2vpc.config.load import parse
from bgp2vpc.config.model import Config, OnExit
from bgp2vpc.errors import Transient


def test_leftovers_stay_for_the_restart_time_and_are_then_removed(make_lab) -> None:
    lab = make_lab(left_behind(A), restart_time=10.0).start()
    lab.wait(8.5)
    assert lab.verdicts() == [f"rtb-1 {A} keep leftover"]
    assert lab.writes == []
    lab.wait(1.5)
    assert lab.routes == []


def test_leftovers_said_again_in_time_are_never_touched(make_lab) -> None:
    lab = make_lab(left_behind(A, B), restart_time=10.0).start()
    lab.say(announce(A))
    lab.wait(60)
    assert lab.writes == [f"DeleteRoute rtb-1 {B}"]
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"]


def test_a_leftover_that_is_withdrawn_is_removed_at_once(make_lab) -> None:
    lab = make_lab(left_behind(A, B), restart_time=10.0).start()
    lab.say(withdraw(A))
    lab.wait(1)
    assert lab.routes == [f"rtb-1 {B} {OURS} active"]


def test_what_a_bgp_peer_says_of_a_prefix_does_not_remove_our_leftover(make_lab) -> None:
    lab = make_lab(left_behind(A), restart_time=10.0).start()
    lab.hear("neighbor 10.0.0.11 up", "neighbor 10.0.0.11 receive update announced 192.0.2.1/32 next-hop 10.0.0.11")
    lab.wait(5)
    assert lab.writes == []
    lab.say(announce(A))
    lab.wait(60)
    assert lab.writes == []


def test_leftovers_at_interfaces_of_others_and_outside_accept_are_not_ours_to_remove(make_lab) -> None:
    vpc = left_behind("198.51.100.1/32")
    vpc.put_route("rtb-1", A, PEER)
    vpc.put_route("rtb-1", B, "igw-1")
    lab = make_lab(vpc).start()
    lab.wait(130)
    assert lab.writes == []


@pytest.mark.parametrize("latency", [0.0, 0.2])
@pytest.mark.parametrize("allowed", range(0, 26, 3))
def test_crashed_after_any_write_and_started_again_it_comes_to_the_same_end(make_lab, allowed, latency) -> None:
    vpc = two_hosts(tables=3)
    held, absent, gone = (f"192.0.2.{n}/32" for n in (1, 2, 3))
    for number in (1, 2, 3):
        vpc.put_route(f"rtb-{number}", held, PEER)
        vpc.put_route(f"rtb-{number}", gone, OURS)
    vpc.terminate("i-2")

    def life(lab) -> None:
        lab.say(announce(held), announce(absent), *(announce(f"192.0.2.{n}/32") for n in range(10, 16)))

    first = make_lab(vpc, latency=latency).start(wait=0)
    life(first)
    for _ in range(200):
        if len(vpc.writes) >= allowed:
            break
        first.wait(0.01)
    first.crash()
    second = make_lab(vpc).start()
    life(second)
    second.wait(70)
    expected = sorted(
        f"rtb-{table} 192.0.2.{n}/32 {OURS} active" for table in (1, 2, 3) for n in (1, 2, *range(10, 16))
    )
    assert second.routes == expected


def test_a_reload_can_give_leftovers_more_time(make_lab) -> None:
    lab = make_lab(left_behind(A), restart_time=10.0).start()
    lab.reload(restart_time=100.0)
    lab.wait(80)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    lab.wait(30)
    assert lab.routes == []


# A reload leaves a prefix to another source

RULE = "routetables:\n  private:\n    find: {type: by_tag, config: {key: type, value: private}}\n"


def of_file(rule: str) -> dict:
    """What a daemon needs of a file with this rule."""
    config = parse(f"{RULE}    {rule}\n", "lab.yaml")
    return {"rules": config.rules, "checked_sources": config.checked_sources, "restart_time": 10.0}


MANAGED, ACCEPTED = of_file(f"manage_routes: [{{cidr: {A}}}]"), of_file(f"accept: [{A}, {B}]")


def test_a_managed_route_that_a_script_is_to_announce_stays_until_it_does(make_lab) -> None:
    lab = make_lab(**MANAGED).start(wait=30)
    lab.forget_calls()
    lab.reload(**ACCEPTED)
    assert lab.verdicts() == [f"rtb-1 {A} keep leftover"]
    lab.wait(7)
    lab.say(announce(A))
    lab.wait(60)
    assert lab.verdicts() == [f"rtb-1 {A} keep ours"]
    assert lab.writes == []


def test_a_route_that_somebody_else_pointed_at_us_stays_when_a_reload_has_a_script_announce_it(make_lab) -> None:
    lab = make_lab(left_behind(B), **MANAGED).start(wait=30)
    lab.forget_calls()
    lab.reload(**ACCEPTED)
    lab.say(announce(A), announce(B))
    lab.wait(60)
    assert lab.writes == []
    assert lab.routes == [f"rtb-1 {each} {OURS} active" for each in (A, B)]


def test_a_route_that_no_source_announces_after_a_reload_goes_when_the_restart_time_is_over(make_lab) -> None:
    lab = make_lab(**MANAGED).start(wait=30)
    lab.reload(**ACCEPTED)
    lab.wait(4)
    lab.reload(**ACCEPTED)
    lab.wait(3)
    assert lab.routes == [f"rtb-1 {A} {OURS} active"]
    lab.wait(2)
    assert lab.routes == []


def test_a_script_that_withdraws_the_prefix_after_a_reload_is_not_waited_for(make_lab) -> None:
    lab = make_lab(**MANAGED).start(wait=30)
    lab.reload(**ACCEPTED)
    lab.say(withdraw(A))
    lab.wait(1)
    assert lab.routes == []


def test_a_withdrawal_that_ec2_has_not_taken_yet_is_not_held_up_by_a_reload(make_lab) -> None:
    lab = make_lab(**ACCEPTED).start(wait=30)
    lab.say(announce(A))
    lab.wait()
    lab.vpc.fail_next("DeleteRoute", Transient("DeleteRoute", "InternalError", "x"), times=3)
    lab.say(withdraw(A))
    lab.reload(**ACCEPTED | of_file(f"accept: [{A}]"))
    lab.wait(4)
    assert lab.routes == []


def test_the_end_after_such_a_reload_withdraws_what_nobody_announces(make_lab) -> None:
    lab = make_lab(on_exit=OnExit.WITHDRAW, **MANAGED).start(wait=30)
    lab.reload(**ACCEPTED)
    assert lab.stop() == 0
    assert lab.routes == []


def test_a_prefix_that_a_source_of_managed_routes_gets_by_a_reload_waits_for_slow_services(make_lab) -> None:
    class Slow:
        async def configure(self, _: Config) -> None:
            await asyncio.sleep(3)

        async def stop(self) -> None: ...

    both = of_file(f"accept: [{A}]\n    manage_routes: [{{cidr: {B}}}]")
    lab = make_lab(**both).start()
    lab.say(announce(A))
    lab.wait(30)
    lab.forget_calls()
    lab.daemon.parts.outer_services = (Slow(), *lab.daemon.parts.outer_services)
    lab.reload(**of_file(f"manage_routes: [{{cidr: [{A}, {B}]}}]"))
    lab.wait(20)
    assert lab.writes == []
