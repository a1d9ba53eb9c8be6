"""Counts the reconciler's events and the calls to EC2, for the metrics (`web/tally.py`)."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from bgp2vpc.errors import Disagreement, Ec2Error, OperatorError, Throttled
from bgp2vpc.policy.plan import MOVES, Action, RouteKey, Verdict, VerdictKind
from bgp2vpc.prefix import Prefix
from bgp2vpc.reconcile.observer import Cycle, Observer, Outcome, WriteResult
from bgp2vpc.web.tally import Tally

_WRITES: Final = frozenset((VerdictKind.CREATE, VerdictKind.REPLACE, VerdictKind.DELETE))


class Meter(Observer):
    """Translates events into counters and times of `tally`."""

    def __init__(self) -> None:
        self.tally = Tally([each.value for each in Action], [each.value for each in MOVES])

    def touched(self, prefixes: Collection[Prefix]) -> None:
        """An input of these prefixes has changed: the time to a write begins here."""
        self.tally.touched(prefixes, _now())

    def judged(self, before: Mapping[RouteKey, Verdict], now: Mapping[RouteKey, Verdict]) -> None:
        """Verdicts were made: places to be written are timed from here, or from `touched`."""
        writes = [key for key, verdict in now.items() if verdict.kind in _WRITES]
        others = [key for key, verdict in now.items() if verdict.kind not in _WRITES]
        self.tally.decided(writes, [*others, *(before.keys() - now.keys())], _now())

    def written(self, outcome: Outcome) -> None:
        """Count a write that is done, how long it took since its cause, and takeovers."""
        if outcome.result is WriteResult.DONE:
            self.tally.wrote(outcome.change.key, outcome.change.action.value, _now())
            if outcome.change.is_move:
                self.tally.takeovers[outcome.change.reason.value] += 1

    def cycled(self, cycle: Cycle) -> None:
        """Count a cycle by its result: `failed`, `changed` or `unchanged`."""
        changed = cycle.counts.keys() - {WriteResult.OVERTAKEN.value}
        result = "failed" if cycle.counts["failed"] else "changed" if changed else "unchanged"
        self.tally.cycles[result] += 1

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """Count a call of EC2's API by its result, and how long it took."""
        match error:
            case None:
                result = "ok"
            case Throttled():
                result = "throttled"
            case Disagreement():
                result = "disagreement"
            case OperatorError():
                result = "refused"
            case _:
                result = "transient"
        self.tally.called(action, result, seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()
