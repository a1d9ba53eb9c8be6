"""Tags that give orders: one of this instance drains it, one of a route table names zones to avoid. Pure.

Tags of an instance are in its metadata where that is allowed, at `tags/instance/KEY`:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
"""

import re
from functools import lru_cache
from typing import Final

from bgp2vpc.vpc.lifecycle import Future, Go, Stay

INSTANCE_TAGS: Final = "tags/instance"
"""The path, below `latest/meta-data`, where the keys are; 404 where tags are not allowed there, or there is none."""
GROUP_TAG: Final = "aws:autoscaling:groupName"
"""Auto Scaling gives it to its instances."""

_NO: Final = ("false", "no", "off", "0")
_YES: Final = ("", "true", "yes", "on", "1")
_SHOWN: Final = 120
"""Characters of a value that are shown; there may be 256."""
_BETWEEN: Final = re.compile(r"[\s,]+")


def path_of(key: str) -> str:
    """Where metadata has the value of this tag."""
    return f"{INSTANCE_TAGS}/{key}"


def drain_order(key: str, value: str | None) -> Future:
    """What the tag with this key asks of this instance; `value` None: it has none."""
    if value is None or value.strip().lower() in _NO:
        return Stay()
    words = " ".join(value.split())
    return Go(key if words.lower() in _YES else f"{key}={words[:_SHOWN]}")


@lru_cache(maxsize=256)
def zones_in(value: str) -> frozenset[str]:
    """The zones that the value of a tag of a route table names, between blanks or commas."""
    return frozenset(filter(None, _BETWEEN.split(value)))
