"""Tags that give orders: a tag of this instance drains it, a tag of a route table names zones to avoid. Pure.

Instance metadata has the instance's tags at `tags/instance/KEY`, if access to tags in metadata is allowed:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
"""

import re
from functools import lru_cache
from typing import Final

from bgp2vpc.vpc.lifecycle import Future, Go, Stay

INSTANCE_TAGS: Final = "tags/instance"
"""Path of the list of tag keys below `latest/meta-data`. 404 if tags are not allowed there or there are none."""
GROUP_TAG: Final = "aws:autoscaling:groupName"
"""The tag that Auto Scaling sets on its instances."""

_NO: Final = ("false", "no", "off", "0")
_YES: Final = ("", "true", "yes", "on", "1")
_SHOWN: Final = 120
"""Maximum number of characters of a value that are shown; a tag value may have 256."""
_BETWEEN: Final = re.compile(r"[\s,]+")


def path_of(key: str) -> str:
    """The path of the tag's value below `latest/meta-data`."""
    return f"{INSTANCE_TAGS}/{key}"


def drain_order(key: str, value: str | None) -> Future:
    """Whether the tag orders a drain: any value but false, no, off, 0. `value` None: the instance has no such tag."""
    if value is None or value.strip().lower() in _NO:
        return Stay()
    words = " ".join(value.split())
    return Go(key if words.lower() in _YES else f"{key}={words[:_SHOWN]}")


@lru_cache(maxsize=256)
def zones_in(value: str) -> frozenset[str]:
    """The zones in the value of a route table's tag, separated by blanks or commas."""
    return frozenset(filter(None, _BETWEEN.split(value)))
