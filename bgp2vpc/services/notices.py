"""Decides which events are worth an alert, and makes its text. Pure.

| event                                                                | alert      |
|----------------------------------------------------------------------|------------|
| we pointed a route at us that pointed elsewhere                      | takeover   |
| a route that pointed at us points at another instance or a gateway   | takeover   |
| we deleted a route of ours, or put its fallback back                 | withdrawal |
| an operation failed, for the first time or again                     | failure    |
| an operation that had failed works again, or is no longer needed     | recovery   |
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from bgp2vpc.errors import Bgp2vpcError, Ec2Error
from bgp2vpc.notify.model import Address, AlertKind, Notice
from bgp2vpc.policy.plan import Action, Change, Reason, RouteKey
from bgp2vpc.reconcile.observer import LostRoute


def of_write(change: Change, own: Collection[str]) -> Notice | None:
    """The alert about a write that is done; None: it is not worth one. `own`: the ids of our interfaces."""
    if change.is_withdrawal:
        if change.reason is Reason.OWNER_LOST:  # the route of a lost peer, not one of ours
            return None
        what = "deleted" if change.action is Action.DELETE else f"put to its fallback {change.target}"
        words = f"{change.table_id} {change.prefix}: {what}: {change.reason.value}"
        return Notice(AlertKind.WITHDRAWAL, words, _facts(change))
    if change.action is not Action.REPLACE or change.reason is Reason.OTHER_INTERFACE or change.old is None:
        return None
    if change.target.id in own and change.old.id not in own:
        what = f"taken from {change.old} by us ({change.target})"
        words = f"{change.table_id} {change.prefix}: {what}: {change.reason.value}"
        return Notice(AlertKind.TAKEOVER, words, {**_facts(change), "direction": "taken"})
    if change.old.id in own and change.target.id not in own:
        return _lost(change.key, change.old.id, change.target.id, change.reason.value)
    return None


def of_lost(lost: LostRoute) -> Notice:
    """The alert about a route of ours that a read has shown to point elsewhere now."""
    return _lost((lost.table_id, lost.prefix), lost.old.id, lost.new.target.id, "")


@dataclass(slots=True)
class _Trouble:
    times: int = 0
    code: str = ""
    told: set[Address] = field(default_factory=set)


class Troubles:
    """Counts how often in a row each operation has failed, and keeps which recipients were alerted of it."""

    def __init__(self) -> None:
        self._troubles: dict[str, _Trouble] = {}

    def failed(self, subject: str, error: Bgp2vpcError) -> Notice:
        """Count a failure. `Notice.is_for` decides who is alerted, by the count."""
        code = error.code if isinstance(error, Ec2Error) else type(error).__name__
        trouble = self._troubles.setdefault(subject, _Trouble())
        trouble.times += 1
        trouble.code = code
        facts = {"subject": subject, "code": code, "error": str(error)}
        words = f"{subject}: failed {trouble.times} times in a row: {error}"
        return Notice(AlertKind.FAILURE, words, facts, trouble.times, trouble.told)

    def over(self, subject: str, *, unwanted: bool = False) -> Notice | None:
        """The alert that a failure is over; None: the operation had not failed. `unwanted`: it is no longer tried."""
        trouble = self._troubles.pop(subject, None)
        if trouble is None:
            return None
        how = "no longer wanted" if unwanted else "recovered"
        words = f"{subject}: {how} after {trouble.times} failures ({trouble.code})"
        facts = {"subject": subject, "code": trouble.code}
        return Notice(AlertKind.RECOVERY, words, facts, trouble.times, trouble.told)


def _lost(key: RouteKey, old: str, new: str, reason: str) -> Notice:
    facts = {"route_table": key[0], "prefix": str(key[1]), "old_target": old, "new_target": new}
    because = f": {reason}" if reason else ""
    more = {"reason": reason} if reason else {}
    words = f"{key[0]} {key[1]}: lost by us ({old}) to {new}{because}"
    return Notice(AlertKind.TAKEOVER, words, {**facts, **more, "direction": "lost"})


def _facts(change: Change) -> dict[str, str]:
    return {
        "route_table": change.table_id,
        "prefix": str(change.prefix),
        "old_target": str(change.old or change.target),
        "new_target": "" if change.action is Action.DELETE else str(change.target),
        "reason": change.reason.value,
    }
