"""What became of a route that was ours when its prefix began to leave. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bgp2vpc.policy.place import is_ours
from bgp2vpc.policy.rule import ManagedRoute
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Interface, Route, Target, TargetKind


class End(Enum):
    """Values are the words of `bgp2vpc drain`."""

    OURS = "still ours"
    TAKEN = "taken over"
    DELETED = "deleted"
    FALLBACK = "put to its fallback"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Fate:
    """The end of one route; `owner`: the instance that has it now, `target`: what it points at now."""

    table_id: str
    prefix: Prefix
    end: End
    owner: str | None = None
    target: Target | None = None

    def to_json(self) -> dict[str, Any]:
        """One row of what `bgp2vpc drain` shows."""
        return {
            "route_table_id": self.table_id,
            "prefix": str(self.prefix),
            "end": self.end.value,
            "owner": self.owner,
            "target": str(self.target) if self.target else None,
        }


def fate(
    key: tuple[str, Prefix],
    route: Route | None,
    ours: Sequence[Interface],
    managed: ManagedRoute | None,
    *,
    withdrawn: bool,
) -> Fate:
    """By what the table shows now. `withdrawn`: the prefix is not announced any more, only its route may be left."""
    if route is None:
        return Fate(*key, End.DELETED)
    if is_ours(route, ours):
        kept = withdrawn and managed is not None and managed.never_delete
        return Fate(*key, End.KEPT if kept else End.OURS, target=route.target)
    if managed is not None and route.target == managed.fallback:
        return Fate(*key, End.FALLBACK, target=route.target)
    owner = route.instance_id if route.target.kind is TargetKind.INTERFACE else None
    return Fate(*key, End.TAKEN, owner, route.target)
