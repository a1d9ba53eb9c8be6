"""What instance metadata says of the future of an instance. The texts are AWS's examples."""

from math import inf

import pytest

from bgp2vpc.vpc.lifecycle import (
    INTERRUPTION,
    REBALANCE,
    TARGET_STATE,
    Go,
    LifecycleStep,
    Stay,
    future,
    next_step,
    waits_for_hook,
)

NOTICE = '{"action": "terminate", "time": "2017-09-18T08:22:00Z"}'
RECOMMENDED = '{"noticeTime": "2020-10-27T08:22:00Z"}'
NOTHING = dict.fromkeys((INTERRUPTION, TARGET_STATE, REBALANCE))


def test_where_all_is_404_we_stay() -> None:
    assert future(NOTHING) == future({}) == Stay()


@pytest.mark.parametrize("action", ["terminate", "stop", "hibernate"])
def test_a_spot_interruption(action: str) -> None:
    found = future({INTERRUPTION: NOTICE.replace("terminate", action)})
    assert found == Go(f"spot interruption: {action} at 2017-09-18T08:22:00Z")


def test_a_hibernation_has_no_time() -> None:
    assert future({INTERRUPTION: '{"action": "hibernate"}'}) == Go("spot interruption: hibernate")


@pytest.mark.parametrize(
    "state",
    ["Terminated", "Detached", "Standby", "Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running", "Warmed:Terminated"],
)
def test_auto_scaling_takes_it_out_of_service(state: str) -> None:
    assert future({TARGET_STATE: state}) == Go(f"Auto Scaling: target state {state}")


@pytest.mark.parametrize("state", ["InService", "", "SomethingNew", "<html>proxy</html>"])
def test_other_states_are_no_reason_to_leave(state: str) -> None:
    assert future({TARGET_STATE: state}) == Stay()


def test_a_rebalance_recommendation_is_only_perhaps() -> None:
    assert future({REBALANCE: RECOMMENDED}) == Go("spot: rebalance recommendation", withdraws=False)
    assert future({REBALANCE: RECOMMENDED, TARGET_STATE: "InService"}) == Go(
        "spot: rebalance recommendation", withdraws=False
    )


def test_what_is_certain_counts_before_what_is_not() -> None:
    everything = {INTERRUPTION: NOTICE, TARGET_STATE: "Terminated", REBALANCE: RECOMMENDED}
    assert future(everything).reason.startswith("spot interruption")
    assert future(everything | {INTERRUPTION: None}).reason.startswith("Auto Scaling")


@pytest.mark.parametrize("text", ["", "x", "[]", "3", "{", "{}", '{"action": 3}', "[" * 100_000, "<html></html>"])
def test_what_is_no_notice_is_none(text: str) -> None:
    assert future({INTERRUPTION: text, REBALANCE: text if text != "{}" and "action" not in text else None}) == Stay()


@pytest.mark.parametrize(
    ("state", "waits"),
    [("Terminated", True), ("Warmed:Stopped", True), ("Standby", False), ("Detached", False), ("InService", False)],
)
def test_a_hook_of_termination_is_waited_for_where_the_instance_goes_for_good(state: str, *, waits: bool) -> None:
    assert waits_for_hook({TARGET_STATE: state, INTERRUPTION: NOTICE}) is waits


def test_an_instance_of_no_group_waits_for_no_hook() -> None:
    assert not waits_for_hook(NOTHING)


@pytest.mark.parametrize(
    ("drained_for", "is_settled", "beat_ago", "step"),
    [
        (-inf, False, inf, LifecycleStep.HEARTBEAT),  # the hook's time may be nearly over when we hear of it
        (-inf, True, 14.0, LifecycleStep.WAIT),
        (-inf, True, 15.0, LifecycleStep.HEARTBEAT),
        (0.0, False, 14.0, LifecycleStep.WAIT),
        (0.0, False, 15.0, LifecycleStep.HEARTBEAT),
        (0.0, True, inf, LifecycleStep.COMPLETE),
        (59.0, False, 1.0, LifecycleStep.WAIT),
        (60.0, False, 1.0, LifecycleStep.COMPLETE),
    ],
)
def test_the_hook_is_completed_when_all_is_written_or_after_a_minute(drained_for, is_settled, beat_ago, step) -> None:
    assert next_step(drained_for=drained_for, is_settled=is_settled, beat_ago=beat_ago) is step
