"""The interval at which each host of a fleet polls EC2, from the number of hosts. Pure.

EC2 throttles each Describe API separately, at 20 calls a second for an account and region
(https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). Polls must stay below a quarter of that. They
are planned for a fifth, which leaves room for reads between polls and for jitter.
"""

import math
from collections.abc import Collection
from typing import Final

READS: Final = 20.0
"""Calls per second that EC2 allows to one Describe API, per account and region."""
SHARE: Final = 0.2
"""Part of READS that the polls of the whole fleet may use."""
SHORTEST: Final = 60.0
"""Shortest automatic interval in seconds, and the default of `poll_time`."""
STEPS: Final = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)
"""Possible intervals in seconds, and these times 10, 100 …; coarse, so that a single new member rarely changes it."""
KEPT: Final = 0.9
"""Hysteresis: a longer interval is kept until the fleet is smaller than this part of the limit of the shorter one."""
MOST_AT_SHORTEST: Final = int(READS * SHARE * SHORTEST)
"""Number of instances up to which each polls every `SHORTEST` seconds, if a poll calls each API once."""


def auto_poll_time(members: int, reads: int = 1, before: float = 0.0) -> float:
    """Seconds between two polls of a host, in a fleet of `members`.

    `reads`: calls per poll of the API that it calls most. `before`: the present interval, kept while the number of
    members varies around a step.
    """
    needed = members * reads / (READS * SHARE)
    chosen, kept = (step(max(SHORTEST, each)) for each in (needed, needed / KEPT))
    return before if chosen < before <= kept else chosen


def step(seconds: float) -> float:
    """The shortest of the STEPS that is at least `seconds`; 10 s or more."""
    scale = 10.0 ** (math.floor(math.log10(max(seconds, 10.0))) - 1)
    return next(scale * each for each in STEPS if scale * each >= seconds)


def estimated_members(group: int, owners: Collection[str], owners_of_group: Collection[str]) -> int:
    """An estimate of the number of instances, on the assumption that other groups in the VPC have as many as ours.

    `group`: known members of our group, this instance included. `owners`: the instances that routes of the VPC point
    at. `owners_of_group`: those among them that own routes of our rules. For example, a group of ten with one owner,
    and a hundred owners in all, make a thousand instances.
    """
    if not owners_of_group:
        return group + len(owners)
    return max(group, math.ceil(group * len(owners) / len(owners_of_group)))
