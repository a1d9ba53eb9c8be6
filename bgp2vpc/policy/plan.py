"""The plan: changes to the VPC, and a verdict for every (table, prefix), as a sorted, serializable value."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Target, TargetKind

RouteKey = tuple[str, Prefix]
"""The key of a place: table id, and prefix or managed prefix list."""


class Action(Enum):
    """The write calls of EC2: CreateRoute, ReplaceRoute, DeleteRoute."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"


class VerdictKind(Enum):
    """The decision for one (table, prefix)."""

    KEEP = "keep"
    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    YIELD = "yield"
    FOREIGN = "foreign"
    BLOCKED = "blocked"


class Reason(Enum):
    """The reason of a verdict, as the word in log, status and plan. `docs/life-of-a-route.md` explains each."""

    ABSENT = "absent"
    BESIDE_PROPAGATED = "beside-propagated"
    OURS = "ours"
    SERVED_IN_VPC = "served-in-vpc"
    LEFTOVER = "leftover"
    WITHDRAWN = "withdrawn"
    OTHER_INTERFACE = "other-interface"
    ALWAYS = "takeover-always"
    OWNER_BLACKHOLE = "owner-blackhole"
    OWNER_DEAD = "owner-dead"
    OWNER_IMPAIRED = "owner-impaired"
    OWNER_GONE = "owner-gone"
    OWNER_FAILING = "owner-failing"
    OWNER_HEALTHY = "owner-healthy"
    BACKUP_MED = "backup-med"
    ZONE_AVOIDED = "zone-avoided"
    TAKEOVER_FOREIGN = "takeover-foreign"
    FOREIGN_TARGET = "foreign-target"
    NEVER_DELETE = "never-delete"
    FALLBACK = "fallback"
    BEST_PATH = "best-path"
    OWNER_WITHDREW = "owner-withdrew"
    OWNER_SILENT = "owner-silent"
    OWNER_LAST_RESORT = "owner-last-resort"
    OWNER_ZONE_AVOIDED = "owner-zone-avoided"
    OWNER_LOST = "owner-lost"
    OWNER_UNHEARD = "owner-unheard"
    PEER_BEST = "peer-best"
    HANDOVER = "handover"
    NOT_READY = "not-ready"
    DAMPED = "damped"
    HELD = "held"
    BY_HAND = "by-hand"
    INSIDE_VPC = "inside-vpc"
    NEXT_HOP = "next-hop-not-ours"
    NO_INTERFACE = "no-interface"
    SOURCE_DEST_CHECK = "source-dest-check"
    PREFIX_LIST = "prefix-list"
    IN_PREFIX_LIST = "in-prefix-list"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision for one (table, prefix), and why. `target`: the target of the route afterwards, None without one."""

    table_id: str
    prefix: Prefix
    kind: VerdictKind
    reason: Reason
    target: Target | None = None
    rule: str = ""
    owner: str | None = None
    """The other instance that the route points at now; None if it points at none."""
    detail: str = ""
    """Details in words: the next hop, the interface, the command that mends it."""
    awaits: str | None = None
    """The interface of the other instance that is expected to write here now."""

    def to_json(self) -> dict[str, Any]:
        """An item of `verdicts` in `plan --json` and of `routes` in `status --json`."""
        return {
            "route_table_id": self.table_id,
            "prefix": str(self.prefix),
            "verdict": self.kind.value,
            "reason": self.reason.value,
            "target": str(self.target) if self.target else None,
            "rule": self.rule,
            "owner": self.owner,
            "detail": self.detail,
        }


MOVES: Final = (
    Reason.ALWAYS,
    Reason.OWNER_BLACKHOLE,
    Reason.OWNER_IMPAIRED,
    Reason.OWNER_GONE,
    Reason.OWNER_FAILING,
    Reason.TAKEOVER_FOREIGN,
    Reason.BEST_PATH,
    Reason.OWNER_WITHDREW,
    Reason.OWNER_SILENT,
    Reason.OWNER_LAST_RESORT,
    Reason.OWNER_ZONE_AVOIDED,
    Reason.OWNER_LOST,
    Reason.BY_HAND,
)
"""The reasons of changes that take a route from another instance or VPC (`Change.is_move`)."""

_OF_OTHERS: Final = (TargetKind.INSTANCE, TargetKind.NONE)
"""The targets that a black hole may show when its interface is gone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write call. `target`: the new target, or for a delete the present one. `old`: the present target, if any.

    `to_fallback`: the target is the fallback of the prefix.
    """

    action: Action
    table_id: str
    prefix: Prefix
    target: Target
    reason: Reason
    old: Target | None = None
    to_fallback: bool = False

    @property
    def key(self) -> RouteKey:
        """The place of this change."""
        return self.table_id, self.prefix

    @property
    def needs_fresh_read(self) -> bool:
        """Whether the table must be read again first. Only CreateRoute fails by itself if the route has changed."""
        return self.action is not Action.CREATE

    @property
    def is_move(self) -> bool:
        """Whether it takes a route from another instance, or in a transit gateway's table from another VPC."""
        if self.action is Action.DELETE:
            return self.reason is Reason.OWNER_LOST
        if self.reason in (Reason.OTHER_INTERFACE, Reason.FALLBACK):  # a fallback may be an interface, too
            return False
        from_owner = self.old is not None and (self.old.has_owner or self.old.kind in _OF_OTHERS)
        return from_owner and self.target.has_owner

    @property
    def is_withdrawal(self) -> bool:
        """Whether it takes a route away from us: a delete, or a replace by the fallback.

        The delete of a dead owner's route is none, because no service of ours is down.
        """
        if self.reason is Reason.OWNER_DEAD:
            return False
        return self.action is Action.DELETE or self.to_fallback or not self.target.has_owner

    def __str__(self) -> str:
        return f"{self.action.value} {self.place_words()}"

    def place_words(self) -> str:
        """Place, target and reason: `rtb-1 192.0.2.1/32 eni-1 (was eni-2): owner-blackhole`."""
        was = f" (was {self.old})" if self.action is Action.REPLACE and self.old else ""
        return f"{self.table_id} {self.prefix} {self.target}{was}: {self.reason.value}"

    def to_json(self) -> dict[str, str]:
        """An item of `changes` in `plan --json`."""
        return {
            "action": self.action.value,
            "route_table_id": self.table_id,
            "prefix": str(self.prefix),
            "target": str(self.target),
            "reason": self.reason.value,
        }


Decision = tuple[Verdict, Change | None]
"""The verdict of a place, and the change that it needs, if any."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes and verdicts, both sorted by table and prefix."""

    changes: tuple[Change, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "nothing to change"

    def to_json(self) -> dict[str, Any]:
        """The output of `plan --json`."""
        return {
            "changes": [change.to_json() for change in self.changes],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }


def make_plan(decided: Iterable[Decision]) -> Plan:
    """The plan of these decisions, sorted by table and prefix."""
    # Sorted by precomputed keys: comparing two prefixes takes nearly as long as one decision.
    ordered = sorted(decided, key=lambda pair: (pair[0].table_id, pair[0].prefix.sort_key()))
    return Plan(
        changes=tuple(change for _, change in ordered if change is not None),
        verdicts=tuple(verdict for verdict, _ in ordered),
    )
