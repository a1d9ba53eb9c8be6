"""The plan: the changes to the VPC, and a verdict for every (table, prefix); a sorted, serialisable value."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Target, TargetKind

RouteKey = tuple[str, Prefix]
"""A place: the id of a table, and a prefix or a managed prefix list."""


class Action(Enum):
    """EC2's own verbs."""

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
    """The reason of a verdict: the same word in log, status and plan. `docs/life-of-a-route.md` explains each."""

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
    """The decision for one (table, prefix), and why. `target`: what the route points at afterwards, if there is one."""

    table_id: str
    prefix: Prefix
    kind: VerdictKind
    reason: Reason
    target: Target | None = None
    rule: str = ""
    owner: str | None = None
    """The other instance the route points at now, where it does."""
    detail: str = ""
    """For people: which next hop, which interface, which command mends it."""
    awaits: str | None = None
    """The interface of the other instance that is expected to write here now."""

    def to_json(self) -> dict[str, Any]:
        """The contract of `plan --json` and `status --json`, and what else is known."""
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


_OF_OTHERS: Final = (TargetKind.INSTANCE, TargetKind.NONE)
"""A black hole may show no interface any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write call. `target`: what to point at, or, for a delete, what it points at now. `old`: what was there.

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
        """The one place in the VPC that this change is about."""
        return self.table_id, self.prefix

    @property
    def needs_fresh_read(self) -> bool:
        """Whether the table is read again first: EC2 has no compare-and-swap, only CreateRoute refuses by itself."""
        return self.action is not Action.CREATE

    @property
    def is_move(self) -> bool:
        """Whether it takes a route from another instance, or (a transit gateway's) from another VPC."""
        if self.action is Action.DELETE:
            return self.reason is Reason.OWNER_LOST
        if self.reason in (Reason.OTHER_INTERFACE, Reason.FALLBACK):  # a fallback may be an interface, too
            return False
        from_owner = self.old is not None and (self.old.has_owner or self.old.kind in _OF_OTHERS)
        return from_owner and self.target.has_owner

    @property
    def is_withdrawal(self) -> bool:
        """Whether it takes a route from us: a delete, or a replace by its fallback, which no gateway is otherwise.

        The delete of a dead owner's route is none: what is due to a service that is down is not due to that.
        """
        if self.reason is Reason.OWNER_DEAD:
            return False
        return self.action is Action.DELETE or self.to_fallback or not self.target.has_owner

    def __str__(self) -> str:
        return f"{self.action.value} {self.place_words()}"

    def place_words(self) -> str:
        """Where, to which target and why: `rtb-1 192.0.2.1/32 eni-1 (was eni-2): owner-blackhole`."""
        was = f" (was {self.old})" if self.action is Action.REPLACE and self.old else ""
        return f"{self.table_id} {self.prefix} {self.target}{was}: {self.reason.value}"

    def to_json(self) -> dict[str, str]:
        """The contract of `plan --json`."""
        return {
            "action": self.action.value,
            "route_table_id": self.table_id,
            "prefix": str(self.prefix),
            "target": str(self.target),
            "reason": self.reason.value,
        }


Decision = tuple[Verdict, Change | None]
"""The verdict about one place, and the change that it needs, if any."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes and verdicts, both sorted by table and prefix."""

    changes: tuple[Change, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "nothing to change"

    def to_json(self) -> dict[str, Any]:
        """The contract of `plan --json`."""
        return {
            "changes": [change.to_json() for change in self.changes],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }


def make_plan(decided: Iterable[Decision]) -> Plan:
    """The plan of these decisions, sorted."""
    # By keys made once: comparing two prefixes costs nearly as much as deciding about one.
    ordered = sorted(decided, key=lambda pair: (pair[0].table_id, pair[0].prefix.sort_key()))
    return Plan(
        changes=tuple(change for _, change in ordered if change is not None),
        verdicts=tuple(verdict for verdict, _ in ordered),
    )
