"""The state kept for each place, a (route table, prefix), because EC2 shows only the present route, no history.

A `PlaceState` has the last verdict, our last write and its failure, the peer that is expected to write and peers that
are late, the time when another instance moved the route, and the damping penalty of our own moves. `Places` has all of
them. `expire` applies what is due at a time, `next_expiry` returns when something is due next. Pure: time is an
argument, in seconds of the event loop's clock.

A handover: the verdict awaits a write by another instance (`Verdict.awaits`). The instance has `PATIENCE` seconds for
it, from the time when it can read our own last write. After that it is late, and its path is excluded until something
about the prefix changes, or for `FORGIVEN` seconds. It may have written nevertheless, so the place is unsettled until
reads must show such a write, and nothing is deleted there meanwhile. The same holds for a peer whose session was lost
just now, because it may take the route once it has lost us, too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Final, NamedTuple

from bgp2vpc.errors import Ec2Error, OperatorError, Throttled, Transient
from bgp2vpc.policy.damping import NEGLIGIBLE, NO_PENALTY, DampingLimits, Penalty
from bgp2vpc.policy.plan import Action, Change, Reason, RouteKey, Verdict
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.model import Route, RouteTable, Target
from bgp2vpc.vpc.settling import OwnWrite, corrected, own_write

PATIENCE: Final = 2.0
"""Seconds for another instance to receive the change, read the table and write."""
FORGIVEN: Final = 60.0
"""Seconds until the path of a late instance counts again."""
LATELY: Final = 10.0
"""Seconds by which an announcement may arrive later than the write that resulted from it."""
REMEMBERED: Final = 300.0
"""Seconds for which a move of the route by another instance proves that its owner is alive."""
NEVER: Final = -inf


class Awaited(NamedTuple):
    """The owner of `interface` is expected to write. The table is read at `look_at`; from `late_at` on it is late."""

    interface: str
    look_at: float
    late_at: float


@dataclass(frozen=True, slots=True)
class Since:
    """For people: the Unix times since which the place has its verdict, and the route its target.

    `found`: the route had this target already at the first read.
    """

    verdict: float
    target: float
    found: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed write. `error`: None if the fresh read before the write showed that it was not needed.

    `attempts`: failures in a row. `at`: when it failed. `not_before`: the time of the next attempt, at the earliest.
    """

    error: Ec2Error | None
    attempts: int
    at: float
    not_before: float

    @property
    def leaves_in_doubt(self) -> bool:
        """Whether the present route is unknown, because an answer was lost or EC2 contradicted our reads."""
        return self.error is not None and not isinstance(self.error, Throttled | OperatorError)

    @property
    def may_have_been_applied(self) -> bool:
        """Whether EC2 may have applied the write, or may still apply it, since it gave no answer."""
        return isinstance(self.error, Transient) and not isinstance(self.error, Throttled)

    @property
    def needs_operator(self) -> bool:
        """Whether an operator has to act, because a retry cannot help."""
        return isinstance(self.error, OperatorError)


@dataclass(slots=True)
class PlaceState:
    """The state of one place. Only `Places` and the code that writes to EC2 change it.

    `verdict`: the last one, None if there is none; `since` and `holder` (the target of the route) belong to it.
    `is_written`: a write is in progress. `is_rechecked`: a write without an answer is no longer wanted, and reads check
    whether EC2 has applied it. `hooked`: the writes whose hook has run but which have not been made yet. `proposed`:
    the change that a dry run has logged.
    `late`: interface id -> until when it is late, of peers that were expected to write and have not.
    `unsettled_until`: until then, reads may not show the write of a late peer.
    `expected_at`: when another instance was last expected to write. `moved_at`: the time after which another instance
    has pointed the route at its present target, as far as known.
    `reread_at`: when to read again, because an owner that got the route just now must have announced itself by then.
    `suppressed_until`: until then, the flapping route is taken only from an owner that certainly does not serve.
    """

    verdict: Verdict | None = None
    since: Since | None = None
    holder: str = ""
    is_written: bool = False
    is_rechecked: bool = False
    hooked: frozenset[Action] = frozenset()
    proposed: Change | None = None
    failure: Failure | None = None
    own_write: OwnWrite | None = None
    awaited: Awaited | None = None
    late: dict[str, float] = field(default_factory=dict)
    unsettled_until: float | None = None
    expected_at: float = NEVER
    moved_at: float = NEVER
    reread_at: float | None = None
    penalty: Penalty = NO_PENALTY
    suppressed_until: float | None = None

    def may_be_written(self, now: float) -> bool:
        """Whether no write is in progress, and no retry has to be waited for."""
        return not self.is_written and (self.failure is None or self.failure.not_before <= now)

    @property
    def is_unsettled(self) -> bool:
        """Whether a peer may have written here without reads showing it yet."""
        return self.unsettled_until is not None

    def has_moved_lately(self, read_at: float) -> bool:
        """Whether another instance moved the route within LATELY before the last read of EC2, at `read_at`."""
        return self.moved_at > read_at - LATELY

    def has_moved_since(self, when: float, read_at: float) -> bool:
        """Whether another instance moved the route at `when` or later, and within REMEMBERED before the last read."""
        return self.moved_at >= when and self.moved_at >= read_at - REMEMBERED

    @property
    def is_suppressed(self) -> bool:
        """Whether the route is suppressed for flapping."""
        return self.suppressed_until is not None

    def suppressed_for(self, now: float) -> float | None:
        """Seconds until the suppression ends, if the route does not move until then; None if there is none."""
        return None if self.suppressed_until is None else max(self.suppressed_until - now, 0.0)

    def due(self) -> float | None:
        """When the next item of this state expires; None if none does."""
        times = [*self.late.values(), self.unsettled_until, self.suppressed_until, self.reread_at]
        times.append(self.awaited.look_at if self.awaited else None)
        return min((each for each in times if each is not None), default=None)


@dataclass(slots=True)
class Expired:
    """The result of `Places.expire`.

    `to_read`: places to read again: an awaited write has not been seen, an unsettled place has settled, or a new owner
    has had the time to announce.
    `to_decide`: prefixes of a peer that is no longer late, a lost session no longer recent, or an ended suppression.
    `reusable`: the places whose suppression has ended.
    """

    to_read: set[RouteKey] = field(default_factory=set)
    to_decide: set[Prefix] = field(default_factory=set)
    reusable: set[RouteKey] = field(default_factory=set)


class Places:
    """The states of all places that have one.

    `lost_sessions`: prefix -> next hop of a path whose session was lost just now -> when reads show its owner's writes.
    """

    def __init__(self, settle_time: float, limits: DampingLimits) -> None:
        """`settle_time`: seconds by which reads may lag behind a write."""
        self.settle_time = settle_time
        self.states: dict[RouteKey, PlaceState] = {}
        self.lost_sessions: dict[Prefix, dict[IPAddress, float]] = {}
        self._limits = limits
        self._patience = PATIENCE
        self._reads_are_old_for = settle_time
        self._due: dict[RouteKey, float] = {}
        """`PlaceState.due()` of the places where it is not None, which are few."""

    def at(self, key: RouteKey) -> PlaceState:
        """The state of this place, made if there is none."""
        state = self.states.get(key)
        if state is None:
            state = self.states[key] = PlaceState()
        return state

    @property
    def are_awaited(self) -> bool:
        """Whether another instance is expected to write at any place."""
        return any(self.states[key].awaited for key in self._due)

    def verdicts(self) -> list[Verdict]:
        """The last verdicts of all places, in no order."""
        return [state.verdict for state in self.states.values() if state.verdict is not None]

    @property
    def written(self) -> list[RouteKey]:
        """The places with a write in progress."""
        return [key for key, state in self.states.items() if state.is_written]

    @property
    def are_rechecked(self) -> bool:
        """Whether reads still check if EC2 has applied a write without an answer."""
        return any(state.is_rechecked for state in self.states.values())

    @property
    def suppressed(self) -> list[tuple[RouteKey, float]]:
        """The suppressed places and when their suppression ends, sorted by place."""
        suppressed = ((key, self.states[key].suppressed_until) for key in self._due)
        return sorted((key, until) for key, until in suppressed if until is not None)

    def configure(self, limits: DampingLimits) -> None:
        """Use new limits, also for places that are suppressed already."""
        self._limits = limits
        for key, _ in self.suppressed:
            state = self.states[key]
            state.suppressed_until = state.penalty.free_at(limits)
            self._schedule(key, state)

    def hurry(self, patience: float) -> None:
        """For the shutdown: wait for other instances `patience` seconds at most, and take reads as current."""
        self._patience, self._reads_are_old_for = patience, 0.0
        self.lost_sessions.clear()
        for key in tuple(self._due):
            self.states[key].unsettled_until = None
            self._schedule(key, self.states[key])

    # Events

    def decided(
        self,
        key: RouteKey,
        verdict: Verdict | None,
        holder: str,
        now: float,
        *,
        unix_time: float,
        took_at: float = NEVER,
    ) -> None:
        """Record the verdict of a place; None if it has none.

        `holder`: the target of the route. `took_at`: when we took the route. For `settle_time` after that, its earlier
        owner may still read its own route there, and so see no need to write.
        """
        state = self.at(key)
        state.since = _since(state, verdict, holder, unix_time)
        state.verdict, state.holder = verdict, holder
        interface, before = verdict.awaits if verdict else None, state.awaited
        can_read_at = took_at + self._reads_are_old_for
        if interface is None:
            state.awaited = None
        else:
            state.expected_at = now
            self.may_be_taken(key)
            look_at = before.look_at if before and before.interface == interface else now + self._patience
            state.awaited = Awaited(interface, look_at, max(look_at, can_read_at + self._patience))
        if state.unsettled_until is not None:
            seen_at = can_read_at + self._patience + self._reads_are_old_for
            state.unsettled_until = max(state.unsettled_until, seen_at)
        state.late.pop(holder, None)  # a late peer that has written after all
        is_unheard = verdict is not None and verdict.reason is Reason.OWNER_UNHEARD
        is_new = state.moved_at + LATELY > now
        state.reread_at = state.moved_at + LATELY if is_unheard and is_new else None
        self._schedule(key, state)

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """The offers of these prefixes changed: late instances are awaited again."""
        for key in [key for key in self._due if key[1] in prefixes]:
            self.states[key].late.clear()
            self._schedule(key, self.states[key])

    def session_lost(self, paths: Iterable[tuple[Prefix, IPAddress]], now: float) -> None:
        """The session over which these paths (prefix and next hop) were offered is lost."""
        if self._reads_are_old_for > 0:
            for prefix, next_hop in paths:
                self.lost_sessions.setdefault(prefix, {})[next_hop] = now + self._patience + self._reads_are_old_for

    def wrote(self, key: RouteKey, before: Target | None, after: Route | None, now: float) -> None:
        """EC2 has accepted our write, which turned `before` into `after` (None: no route)."""
        state = self.at(key)
        state.own_write = own_write(state.own_write, before, after, now, self.settle_time)

    def may_be_taken(self, key: RouteKey) -> None:
        """Another instance may have written here after us, so a read that shows the earlier target may be right."""
        state = self.states.get(key)
        if state is not None and state.own_write is not None:
            state.own_write = state.own_write.expecting_others()

    def corrected(self, tables: Iterable[RouteTable], asked: float) -> tuple[RouteTable, ...]:
        """The tables as a read begun at `asked` shows them, with our own writes where it is older than them."""
        settling: dict[str, list[tuple[Prefix, OwnWrite]]] = defaultdict(list)
        for (table_id, prefix), state in self.states.items():
            if state.own_write is not None:
                settling[table_id].append((prefix, state.own_write))
        return tuple(corrected(table, settling[table.id], asked) for table in tables)

    def found_moved(self, key: RouteKey, *, known_at: float, was_empty: bool, now: float) -> None:
        """Record that another instance has moved the route. `known_at`: the last read that showed the earlier state.

        `was_empty`: the earlier state was no route. An expected move, or the first write to an empty place, may have
        happened at any time since `known_at`, so it counts from then. An unexpected move counts from now, since it
        shows that another instance has lost contact with us.
        """
        state = self.at(key)
        wrote_at = state.own_write.at if state.own_write else NEVER
        known_at = max(known_at, wrote_at, now - REMEMBERED)
        state.moved_at = known_at if was_empty or state.expected_at >= known_at else now

    def took(self, key: RouteKey, now: float) -> bool:
        """Record that we took the route from another instance. Returns whether that starts a suppression."""
        state = self.at(key)
        state.penalty = state.penalty.after_move(now, self._limits)
        was_suppressed = state.is_suppressed
        if was_suppressed or state.penalty.value >= self._limits.suppress:
            state.suppressed_until = state.penalty.free_at(self._limits)
            self._schedule(key, state)
        return state.is_suppressed and not was_suppressed

    # Time

    def expire(self, now: float) -> Expired:
        """Apply everything that is due at `now`."""
        expired = Expired()
        for key in [key for key, due in self._due.items() if due <= now]:
            state = self.states[key]
            self._expire_place(key, state, now, expired)
            self._schedule(key, state)
        for prefix, lost in tuple(self.lost_sessions.items()):
            self.lost_sessions[prefix] = recent = {each: until for each, until in lost.items() if until > now}
            if len(recent) < len(lost):
                expired.to_decide.add(prefix)
            if not recent:
                del self.lost_sessions[prefix]
        return expired

    def _expire_place(self, key: RouteKey, state: PlaceState, now: float, expired: Expired) -> None:
        forgiven = [interface for interface, until in state.late.items() if until <= now]
        for interface in forgiven:
            del state.late[interface]
            expired.to_decide.add(key[1])
        if state.unsettled_until is not None and state.unsettled_until <= now:
            state.unsettled_until = None
            expired.to_read.add(key)
        if state.awaited is not None and state.awaited.look_at <= now:
            interface, _, late_at = state.awaited
            expired.to_read.add(key)
            if late_at > now:
                state.awaited = Awaited(interface, late_at, late_at)
            else:
                state.awaited = None
                state.late[interface] = now + FORGIVEN
                if self._reads_are_old_for > 0:
                    state.unsettled_until = now + self._reads_are_old_for
        if state.reread_at is not None and state.reread_at <= now:
            state.reread_at = None
            expired.to_read.add(key)
        if state.suppressed_until is not None and state.suppressed_until <= now:
            state.suppressed_until = None
            expired.reusable.add(key)
            expired.to_decide.add(key[1])

    def forget_old(self, now: float) -> None:
        """Remove states that no decision depends on any more."""
        for key, state in tuple(self.states.items()):
            if state.verdict is not None or state.failure is not None or state.is_written or state.is_rechecked:
                continue  # most of them
            wrote_at = state.own_write.at if state.own_write else NEVER
            latest = max(wrote_at, state.expected_at, state.moved_at)
            is_calm = state.penalty.at_time(now, self._limits) < NEGLIGIBLE
            if key not in self._due and latest < now - REMEMBERED and is_calm:
                del self.states[key]

    def next_expiry(self) -> float | None:
        """When `expire` is due next; None if never."""
        return min((*self._due.values(), *(min(each.values()) for each in self.lost_sessions.values())), default=None)

    def _schedule(self, key: RouteKey, state: PlaceState) -> None:
        due = state.due()
        if due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due


def _since(state: PlaceState, verdict: Verdict | None, holder: str, now: float) -> Since | None:
    """The new Since of a place, from its state before this verdict."""
    if verdict is None:
        return None
    before, known = state.verdict, state.since
    if before is None or known is None:
        return Since(now, now, found=holder != "")
    is_same = (before.kind, before.reason) == (verdict.kind, verdict.reason)
    stays = state.holder == holder
    return Since(known.verdict if is_same else now, known.target if stays else now, found=known.found and stays)
