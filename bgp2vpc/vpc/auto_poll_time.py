"""How often each host of a fleet polls EC2, from the number of hosts. Pure.

EC2 throttles each API of an account and region by itself: 20 Describe calls of one kind a second, whoever makes them
(https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). Polls are to stay under a quarter of that. So
they are planned with a fifth of it, which leaves room for what is read between polls, and for jitter.
"""

import math
from collections.abc import Collection
from typing import Final

READS: Final = 20.0
"""Calls a second of one Describe API, for all of an account and region."""
SHARE: Final = 0.2
"""Of them, what all polls of the fleet may take together."""
SHORTEST: Final = 60.0
"""Seconds; also what is polled at where nobody has said anything else."""
STEPS: Final = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)
"""And these times ten, hundred, …: seconds that are chosen, so that not every member changes them."""
KEPT: Final = 0.9
"""A longer time is kept until the fleet has shrunk to this part of what the shorter one is enough for."""
MOST_AT_SHORTEST: Final = int(READS * SHARE * SHORTEST)
"""Instances that poll every `SHORTEST` seconds, if a poll is one read of each kind."""


def auto_poll_time(members: int, reads: int = 1, before: float = 0.0) -> float:
    """Seconds between two polls of each of so many hosts, if a poll makes `reads` calls of the kind it calls most.

    `before`: what was chosen before; it stays where the number of members goes to and fro about a step.
    """
    needed = members * reads / (READS * SHARE)
    chosen, kept = (step(max(SHORTEST, each)) for each in (needed, needed / KEPT))
    return before if chosen < before <= kept else chosen


def step(seconds: float) -> float:
    """The shortest of the steps that is not shorter than this; 10 s or more."""
    scale = 10.0 ** (math.floor(math.log10(max(seconds, 10.0))) - 1)
    return next(scale * each for each in STEPS if scale * each >= seconds)


def estimated_members(group: int, owners: Collection[str], owners_of_group: Collection[str]) -> int:
    """How many instances there are, if the other groups of the VPC are like ours.

    `group`: those that we know, ourselves included. `owners`: the instances that routes of the VPC point at, of which
    `owners_of_group` have those of our own rules. Ten instances with one owner, and a hundred owners in all: that is a
    thousand instances.
    """
    if not owners_of_group:
        return group + len(owners)
    return max(group, math.ceil(group * len(owners) / len(owners_of_group)))
