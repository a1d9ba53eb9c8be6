"""The notices in instance metadata that this instance will end, and the answer to Auto Scaling's hook. Pure.

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
"""Paths below `latest/meta-data`. Metadata answers 404 for one without a notice."""

_TERMINATED: Final = "Terminated"
_OUT_OF_SERVICE: Final = (_TERMINATED, "Detached", "Standby")
_WARM: Final = "Warmed:"
"""Prefix of the states of a warm pool: Warmed:Stopped, Warmed:Hibernated, Warmed:Running, Warmed:Terminated."""

HEARTBEAT_EVERY: Final = 15.0
"""Seconds. The time-out of a lifecycle hook is at least 30 s, and each heartbeat restarts it:
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""
SETTLED_WITHIN: Final = 60.0
"""Seconds after the end of a drain until the hook is completed even if writes are still outstanding."""


@dataclass(frozen=True, slots=True)
class Stay:
    """No notice: the instance stays."""


@dataclass(frozen=True, slots=True)
class Go:
    """The instance is about to end or go out of service. `withdraws` False: it only may, so be a last resort."""

    reason: str
    withdraws: bool = True


Future = Stay | Go


def future(texts: Mapping[str, str | None]) -> Future:
    """Whether the instance leaves, and why. `texts`: path below `latest/meta-data` -> text; None for 404.

    The first of these decides: a spot interruption, Auto Scaling's target state, a rebalance recommendation. Unknown
    content (a state that AWS adds later, a proxy's page) is no reason to leave.
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
    """A lifecycle hook whose completion the Auto Scaling group awaits before it ends this instance."""

    hook: str
    group: str
    instance_id: str


class LifecycleStep(Enum):
    """The next step in a lifecycle action."""

    WAIT = auto()
    HEARTBEAT = auto()
    COMPLETE = auto()


def waits_for_hook(texts: Mapping[str, str | None]) -> bool:
    """Whether the group may wait for a termination hook: the instance is terminated or returns to the warm pool.

    Detaching an instance or putting it on standby invokes no hook:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
    """
    state = texts.get(TARGET_STATE) or ""
    return state == _TERMINATED or state.startswith(_WARM)


def next_step(*, drained_for: float, is_settled: bool, beat_ago: float) -> LifecycleStep:
    """The next step of a lifecycle action.

    `drained_for`: seconds since the drain was done, negative if it is not. `is_settled`: all writes of the drain are
    done. `beat_ago`: seconds since the last heartbeat, infinite before the first.
    """
    if drained_for >= (0.0 if is_settled else SETTLED_WITHIN):
        return LifecycleStep.COMPLETE
    return LifecycleStep.HEARTBEAT if beat_ago >= HEARTBEAT_EVERY else LifecycleStep.WAIT


def _object(text: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
