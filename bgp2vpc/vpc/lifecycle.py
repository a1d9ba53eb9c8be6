"""What instance metadata says of this instance's future: whether it should leave, and why. Pure.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

INTERRUPTION: Final = "spot/instance-action"
TARGET_STATE: Final = "autoscaling/target-lifecycle-state"
REBALANCE: Final = "events/recommendations/rebalance"

PATHS: Final = (INTERRUPTION, TARGET_STATE, REBALANCE)
"""Each is a 404 where there is nothing to say."""

_TERMINATED: Final = "Terminated"
_OUT_OF_SERVICE: Final = (_TERMINATED, "Detached", "Standby")
_WARM: Final = "Warmed:"
"""How the states of a warm pool begin: Warmed:Stopped, Warmed:Hibernated, Warmed:Running, Warmed:Terminated."""

HEARTBEAT_EVERY: Final = 15.0
"""Seconds. A lifecycle hook waits for 30 at least, and as long again after each heartbeat:
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""
SETTLED_WITHIN: Final = 60.0
"""Seconds that the writes of a drain may take once it is done; then the instance goes all the same."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing speaks against staying."""


@dataclass(frozen=True, slots=True)
class Go:
    """The instance is about to be taken away, or out of service. `withdraws` False: perhaps; be a last resort."""

    reason: str
    withdraws: bool = True


Future = Stay | Go


def future(texts: Mapping[str, str | None]) -> Future:
    """What these texts say, by path below `latest/meta-data`; None or absent: metadata answered 404.

    The first of these counts: a spot interruption, Auto Scaling's target state, a rebalance recommendation. What is
    not understood (a state that AWS adds later, a proxy's page) is no reason to leave.
    """
    # {"action": "stop", "time": "2017-09-18T08:22:00Z"}: stop, terminate, or hibernate (which begins at once).
    notice = _object(texts.get(INTERRUPTION)) or {}
    action, when = notice.get("action"), notice.get("time")
    if isinstance(action, str):
        return Go(f"spot interruption: {action[:40]}{f' at {when[:40]}' if isinstance(when, str) else ''}")
    state = texts.get(TARGET_STATE)
    if state is not None and (state in _OUT_OF_SERVICE or state.startswith(_WARM)):
        return Go(f"Auto Scaling: target state {state[:40]}")
    if _object(texts.get(REBALANCE)) is not None:
        return Go("spot: rebalance recommendation", withdraws=False)
    return Stay()


@dataclass(frozen=True, slots=True)
class LifecycleAction:
    """What an Auto Scaling group waits for before it takes this instance away: that somebody completes this hook."""

    hook: str
    group: str
    instance_id: str


class LifecycleStep(Enum):
    """What is to be done about a lifecycle action."""

    WAIT = auto()
    HEARTBEAT = auto()
    COMPLETE = auto()


def waits_for_hook(texts: Mapping[str, str | None]) -> bool:
    """Whether the group may wait for a hook of termination: the instance is terminated, or goes to the warm pool.

    To detach an instance, or to put it on standby, invokes no hook:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
    """
    state = texts.get(TARGET_STATE) or ""
    return state == _TERMINATED or state.startswith(_WARM)


def next_step(*, drained_for: float | None, is_settled: bool, beat_ago: float | None) -> LifecycleStep:
    """What to do now. Times in seconds; None: it is not drained yet, there was no heartbeat yet.

    `is_settled`: nothing of the drain is still to be written.
    """
    if drained_for is not None and (is_settled or drained_for >= SETTLED_WITHIN):
        return LifecycleStep.COMPLETE
    return LifecycleStep.HEARTBEAT if beat_ago is None or beat_ago >= HEARTBEAT_EVERY else LifecycleStep.WAIT


def _object(text: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
