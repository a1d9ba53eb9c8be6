"""Steering as the page asks for it: the same verbs as through the socket."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

from bgp2vpc.operator.answers import check_row
from bgp2vpc.operator.steer import SteerError, parse_duration, read_prefixes
from bgp2vpc.operator.steering import Steering
from bgp2vpc.status import as_object
from bgp2vpc.web.model import Order

TIMED: Final = frozenset(("hold", "drain"))
VERBS: Final = frozenset(("hold", "release", "takeover", "reconcile", "check", "drain", "undrain"))


class PageSteering:
    """Reads orders, and has them carried out."""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering

    @property
    def verbs(self) -> Collection[str]:
        """The words that are understood."""
        return VERBS

    def steer(self, order: Order, who: str) -> Any:
        """Do it; the answer as JSON values. Raises SteerError to say why not."""
        if order.duration and order.verb not in TIMED:
            raise SteerError(f"'for' has no meaning with {order.verb}: this is done at once")
        why = {"by": who, "reason": order.reason}
        if order.verb == "reconcile":
            return {"poll": self._steering.reconcile(**why)}
        if order.verb == "check":
            now = asyncio.get_running_loop().time()
            return [as_object(check_row(each, now)) for each in self._steering.check(" ".join(order.subjects), **why)]
        prefixes = read_prefixes(order.subjects)
        seconds = parse_duration(order.duration) if order.duration else None
        match order.verb:
            case "hold":
                self._steering.hold(prefixes, seconds=seconds, **why)
            case "release":
                self._steering.release(prefixes, **why)
            case "takeover":
                self._steering.takeover(prefixes, **why)
            case "drain":
                self._steering.drain(prefixes, seconds=seconds, **why)
            case "undrain":
                self._steering.undrain(prefixes, **why)
        return self._steering.status()
