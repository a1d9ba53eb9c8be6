"""`lifecycle: {complete: …}`: Auto Scaling is told when a drain is under way, and when it is done."""

import pytest
from lab import A, Lab, announce

from bgp2vpc.config.model import CompletedHook
from bgp2vpc.errors import Denied, Transient
from bgp2vpc.vpc.lifecycle import TARGET_STATE, LifecycleAction
from bgp2vpc.vpc.order_tags import GROUP_TAG, path_of

ACTION = LifecycleAction("drained", "anycast", "i-1")
SAID = "drained anycast i-1"
HEARTBEAT, COMPLETE = f"RecordLifecycleActionHeartbeat {SAID}", f"CompleteLifecycleAction {SAID}"


def holding(make_lab, **config) -> Lab:
    settings = {"lifecycle": True, "completed_hook": CompletedHook("drained"), "drain_timeout": 40.0}
    lab = make_lab(**settings | config).start()
    lab.say(announce(A))
    lab.wait(12)
    lab.forget_calls()
    return lab


def scale_in(lab: Lab, **more: str) -> None:
    lab.vpc.scale_in(ACTION)
    lab.metadata = {TARGET_STATE: "Terminated", path_of(GROUP_TAG): "anycast", **more}


def about_actions(lab: Lab) -> list[str]:
    return [call for call in lab.calls if "Lifecycle" in call or "AutoScaling" in call]


def test_time_is_extended_while_it_drains_and_completed_once_the_route_is_gone(make_lab) -> None:
    lab = holding(make_lab)
    scale_in(lab)
    lab.wait(35)
    assert set(about_actions(lab)) == {HEARTBEAT}
    assert 2 <= len(about_actions(lab)) <= 3
    lab.wait(20)
    assert lab.calls.index(f"DeleteRoute rtb-1 {A}") < lab.calls.index(COMPLETE)
    lab.wait(300)
    assert about_actions(lab).count(COMPLETE) == 1
    assert about_actions(lab)[-1] == COMPLETE


def test_a_route_that_cannot_be_deleted_delays_it_by_a_minute_at_most(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.vpc.fail_next("DeleteRoute", Transient("DeleteRoute", "InternalError", "x"), times=1000)
    scale_in(lab)
    lab.wait(60)
    assert COMPLETE not in lab.calls
    lab.wait(30)
    assert about_actions(lab)[-1] == COMPLETE


def test_the_group_is_asked_for_where_metadata_does_not_show_it(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    scale_in(lab, **{path_of(GROUP_TAG): ""})
    lab.wait(20)
    assert about_actions(lab) == ["DescribeAutoScalingInstances i-1", HEARTBEAT, COMPLETE]


def test_the_group_of_the_configuration_comes_first(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0, completed_hook=CompletedHook("drained", "anycast"))
    scale_in(lab, **{path_of(GROUP_TAG): "another"})
    lab.wait(20)
    assert about_actions(lab) == [HEARTBEAT, COMPLETE]


def test_a_failure_is_reported_and_tried_again(make_lab, caplog) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    refused = Denied("CompleteLifecycleAction", "AccessDenied", "no")
    lab.vpc.fail_next("CompleteLifecycleAction", refused, times=3)
    scale_in(lab)
    lab.wait(13)
    assert lab.ask("status")["failing"] == {"lifecycle hook": "AccessDenied"}
    lab.wait(20)
    assert lab.ask("status")["failing"] == {}
    assert about_actions(lab)[-1] == COMPLETE
    assert sum("AccessDenied" in each.getMessage() for each in caplog.records) == 1


def test_where_the_group_waits_for_nothing_it_is_given_up_after_a_minute(make_lab, caplog) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.metadata = {TARGET_STATE: "Terminated", path_of(GROUP_TAG): "anycast"}
    lab.wait(120)
    (told,) = [each.fields for each in caplog.records if each.getMessage() == "no lifecycle action to complete"]
    assert (told["hook"], told["group"]) == ("drained", "anycast")
    lab.forget_calls()
    lab.wait(60)
    assert (about_actions(lab), lab.ask("status")["failing"]) == ([], {})


def test_an_action_that_appears_late_is_completed(make_lab) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.metadata = {TARGET_STATE: "Terminated", path_of(GROUP_TAG): "anycast"}
    lab.wait(30)
    lab.vpc.scale_in(ACTION)
    lab.wait(20)
    assert about_actions(lab)[-1] == COMPLETE
    lab.wait(120)
    assert about_actions(lab)[-1] == COMPLETE


@pytest.mark.parametrize(
    "settings", [{"completed_hook": None}, {"noop": True}], ids=["nobody asked for it", "nothing is written"]
)
def test_nothing_is_completed(make_lab, settings) -> None:
    noop = settings.pop("noop", False)
    lab = make_lab(**{"lifecycle": True, "completed_hook": CompletedHook("drained"), "drain_timeout": 3.0} | settings)
    lab.start(noop=noop)
    scale_in(lab)
    lab.wait(120)
    assert about_actions(lab) == []


def test_who_undrains_by_hand_leaves_the_hook_to_its_own_time(make_lab) -> None:
    lab = holding(make_lab)
    scale_in(lab)
    lab.wait(10)
    lab.ask("undrain")
    lab.wait(2)
    lab.forget_calls()
    lab.wait(120)
    assert about_actions(lab) == []


@pytest.mark.parametrize("state", ["Standby", "Detached"])
def test_states_that_invoke_no_hook_complete_none(make_lab, state: str) -> None:
    lab = holding(make_lab, drain_timeout=3.0)
    lab.metadata = {TARGET_STATE: state}
    lab.wait(60)
    assert about_actions(lab) == []


def test_a_hook_that_cannot_be_reached_is_no_failure_once_the_drain_is_undrained(make_lab) -> None:
    lab = holding(make_lab)
    lab.vpc.fail_next("RecordLifecycleActionHeartbeat", Denied("X", "AccessDenied", "no"), times=1000)
    scale_in(lab)
    lab.wait(10)
    assert lab.ask("status")["failing"] == {"lifecycle hook": "AccessDenied"}
    lab.ask("undrain")
    lab.wait(15)
    assert lab.ask("status")["failing"] == {}
