"""What instance metadata says of this instance's future: whether it should leave, and why. Pure.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INTERRUPTION: Final = "spot/instance-action"
TARGET_STATE: Final = "autoscaling/target-lifecycle-state"
REBALANCE: Final = "events/recommendations/rebalance"

PATHS: Final = (INTERRUPTION, TARGET_STATE, REBALANCE)
"""Each is a 404 where there is nothing to say."""

_OUT_OF_SERVICE: Final = ("Terminated", "Detached", "Standby")
_WARM: Final = "Warmed:"
"""How the states of a warm pool begin: Warmed:Stopped, Warmed:Hibernated, Warmed:Running, Warmed:Terminated."""


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


def _object(text: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
