"""Steering through the unix socket: `hold PREFIX… [for DURATION] [reason TEXT…]` and the like, answered as JSON."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from bgp2vpc.health.runner import CheckStatus
from bgp2vpc.operator.answers import check_row, only_alone
from bgp2vpc.operator.leaving import Leaving
from bgp2vpc.operator.steer import Order, SteerError, read_order, read_prefixes
from bgp2vpc.operator.steering import Steering
from bgp2vpc.sources.peer import Peer
from bgp2vpc.sources.server import Question
from bgp2vpc.status import as_object


class SteeringQuestions:
    """The peer's credentials are who asks."""

    def __init__(self, steering: Steering, leaving: Leaving) -> None:
        self._steering = steering
        self._leaving = leaving

    def questions(self) -> dict[str, Question]:
        """By name."""
        return {
            "hold": self._hold,
            "release": self._release,
            "takeover": self._takeover,
            "places": self._places,
            "reconcile": self._reconcile,
            "polls": only_alone(lambda: json.dumps(self._steering.polls())),
            "check": self._check,
            "checks": self._checks,
            "drain": self._drain,
            "undrain": self._undrain,
            "leaving": only_alone(lambda: json.dumps(self._report())),
        }

    def _hold(self, words: Sequence[str], peer: Peer) -> str:
        order = read_order(words)
        prefixes = read_prefixes(order.subjects)
        held = self._steering.hold(prefixes, by=str(peer), reason=order.reason, seconds=order.seconds)
        return json.dumps({"held": held, "not_saved": self._steering.not_kept})

    def _release(self, words: Sequence[str], peer: Peer) -> str:
        order = _without_time(read_order(words))
        return json.dumps(self._steering.release(read_prefixes(order.subjects), by=str(peer), reason=order.reason))

    def _takeover(self, words: Sequence[str], peer: Peer) -> str:
        order = _without_time(read_order(words))
        return json.dumps(self._steering.takeover(read_prefixes(order.subjects), by=str(peer), reason=order.reason))

    def _places(self, words: Sequence[str], _: Peer) -> str:
        return json.dumps(self._steering.places(read_prefixes(words)))

    def _reconcile(self, words: Sequence[str], peer: Peer) -> str:
        order = _without_time(read_order(words))
        if order.subjects:
            raise SteerError(f"'{order.subjects[0][:80]}': everything is read, so there is nothing to name")
        return json.dumps({"poll": self._steering.reconcile(by=str(peer), reason=order.reason)})

    def _check(self, words: Sequence[str], peer: Peer) -> str:
        order = _without_time(read_order(words))
        return _checked(self._steering.check(" ".join(order.subjects), by=str(peer), reason=order.reason))

    def _checks(self, words: Sequence[str], _: Peer) -> str:
        return _checked(self._steering.checks(" ".join(words)))

    def _drain(self, words: Sequence[str], peer: Peer) -> str:
        order = read_order(words)
        prefixes = read_prefixes(order.subjects)
        self._steering.drain(prefixes, by=str(peer), reason=order.reason, seconds=order.seconds)
        return json.dumps(self._report())

    def _report(self) -> dict[str, Any]:
        """How far drains have come, and which routes cannot leave because they are held."""
        report = self._leaving.report()
        held = {str(prefix) for prefix in self._steering.held}
        return {**report, "routes": [{**row, "held": row["prefix"] in held} for row in report["routes"]]}

    def _undrain(self, words: Sequence[str], peer: Peer) -> str:
        order = _without_time(read_order(words))
        ended = self._steering.undrain(read_prefixes(order.subjects), by=str(peer), reason=order.reason)
        return json.dumps([each.to_json() for each in ended])


def _checked(statuses: Sequence[CheckStatus]) -> str:
    now = asyncio.get_running_loop().time()
    return json.dumps([check_row(status, now) for status in statuses], default=as_object)


def _without_time(order: Order) -> Order:
    if order.seconds is not None:
        raise SteerError("'for' has no meaning here: this is done at once")
    return order
