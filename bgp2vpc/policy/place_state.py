"""What we remember of each place, a (route table, prefix). EC2 reports only the present route, no history.

One `PlaceState` a place holds what was decided there last, our last write and its failure, whom we expect to write
there and who is late, when somebody else moved the route, and how often we did. `Places` has them all, and a single
clock for what time alone changes: `expire` does what is due, `next_expiry` says when something is due next. Pure: time
is an argument, in seconds of the event loop's clock.

A handover, in short: another instance should write (`Verdict.awaits`), so we wait for it. It has `PATIENCE` to do so,
counted from when it can read our own last write; then it is late, and passed over until there is news of the prefix, or
for `FORGIVEN` seconds. It may have written all the same: until reads must show that, the place is unsettled, and
nothing is deleted there. A peer whose session was lost just now may write, too, as soon as it has lost us.
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
"""Seconds that another instance gets to hear of the change, read the table and write."""
FORGIVEN: Final = 60.0
"""Seconds after which an instance that was late is expected to write again."""
LATELY: Final = 10.0
"""Seconds by which an announcement may arrive after the write that it led to."""
REMEMBERED: Final = 300.0
"""Seconds for which a route that another instance has moved shows that its owner is alive."""
NEVER: Final = -inf


class Awaited(NamedTuple):
    """The owner of `interface` should write. We look whether it has at `look_at`; it is late from `late_at` on."""

    interface: str
    look_at: float
    late_at: float


@dataclass(frozen=True, slots=True)
class Since:
    """Since when a place has its verdict, and its route its target, in Unix time: for people.

    `found`: the route was there when we first looked.
    """

    verdict: float
    target: float
    found: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """The last write failed, as `attempts` before it did in a row; no `error`: a fresh look showed it was not needed.

    It failed `at`, and is not tried again before `not_before`.
    """

    error: Ec2Error | None
    attempts: int
    at: float
    not_before: float

    @property
    def leaves_in_doubt(self) -> bool:
        """Whether the present route is unknown: an answer was lost, or EC2 contradicted us."""
        return self.error is not None and not isinstance(self.error, Throttled | OperatorError)

    @property
    def may_have_been_applied(self) -> bool:
        """Whether EC2 did not answer: the write may have been done, or may still be done."""
        return isinstance(self.error, Transient) and not isinstance(self.error, Throttled)

    @property
    def needs_operator(self) -> bool:
        """Whether a retry cannot help: an operator has to act."""
        return isinstance(self.error, OperatorError)


@dataclass(slots=True)
class PlaceState:
    """What we remember of one place. Only `Places`, and the code that writes to EC2, change it.

    `verdict`: the last one; None: nothing is to be said of the place. `since` goes with it, and `holder`: what the
    route pointed at then. `is_written`: a write is under way. `is_rechecked`: one without an answer is not wanted any
    more, and is being looked for. `hooked`: the writes whose hook has run, and that are still to be made. `proposed`:
    what a dry run has said would be written.
    `late`: interface id -> when it is forgiven, of peers that should have written here and have not.
    `unsettled_until`: reads may be too old to show what one of them wrote all the same.
    `expected_at`: when we last expected somebody else to write here. `moved_at`: the time after which somebody else has
    pointed the route where it points now, as far as that can be told.
    `reread_at`: when the announcement of an unheard owner, who was given the route just now, is no longer due.
    `suppressed_until`: the route has moved too often, and is taken from nobody who may be well.
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
        """Whether no write is under way, and the last one did not fail just now."""
        return not self.is_written and (self.failure is None or self.failure.not_before <= now)

    @property
    def is_unsettled(self) -> bool:
        """Whether a peer may have written here, and reads may not show it yet."""
        return self.unsettled_until is not None

    def has_moved_lately(self, read_at: float) -> bool:
        """Whether somebody else had moved the route only seconds before EC2 was read last, at `read_at`."""
        return self.moved_at > read_at - LATELY

    def has_moved_since(self, when: float, read_at: float) -> bool:
        """Whether somebody else moved the route at `when` or later, and not too long before EC2 was read last."""
        return self.moved_at >= when and self.moved_at >= read_at - REMEMBERED

    @property
    def is_suppressed(self) -> bool:
        """Whether the route stays where it is for now."""
        return self.suppressed_until is not None

    def suppressed_for(self, now: float) -> float | None:
        """Seconds until it is suppressed no longer, if nothing moves until then; None: it is not suppressed."""
        return None if self.suppressed_until is None else max(self.suppressed_until - now, 0.0)

    def due(self) -> float | None:
        """When something here expires next; None: nothing does."""
        times = [*self.late.values(), self.unsettled_until, self.suppressed_until, self.reread_at]
        times.append(self.awaited.look_at if self.awaited else None)
        return min((each for each in times if each is not None), default=None)


@dataclass(slots=True)
class Expired:
    """What has expired.

    `to_read`: places where somebody has not written yet, as far as we know, where what was unsettled has settled, or
    where a new owner has had the time to announce.
    `to_decide`: prefixes of which somebody is late, or was lost of late, no longer; and those of `reusable` places,
    which are suppressed no longer.
    """

    to_read: set[RouteKey] = field(default_factory=set)
    to_decide: set[Prefix] = field(default_factory=set)
    reusable: set[RouteKey] = field(default_factory=set)


class Places:
    """All places with something to remember.

    `lost_sessions`: prefix -> next hop of a path whose session was lost just now -> when a write of its owner shows.
    """

    def __init__(self, settle_time: float, limits: DampingLimits) -> None:
        """`settle_time`: seconds by which reads may be old."""
        self.settle_time = settle_time
        self.states: dict[RouteKey, PlaceState] = {}
        self.lost_sessions: dict[Prefix, dict[IPAddress, float]] = {}
        self._limits = limits
        self._patience = PATIENCE
        self._reads_are_old_for = settle_time
        self._due: dict[RouteKey, float] = {}
        """`PlaceState.due()` of the places where it is not None: few of many."""

    def at(self, key: RouteKey) -> PlaceState:
        """The state of this place."""
        state = self.states.get(key)
        if state is None:
            state = self.states[key] = PlaceState()
        return state

    @property
    def are_awaited(self) -> bool:
        """Whether another instance is expected to write anywhere."""
        return any(self.states[key].awaited for key in self._due)

    def verdicts(self) -> list[Verdict]:
        """The last verdict about each place that has one, in no order."""
        return [state.verdict for state in self.states.values() if state.verdict is not None]

    @property
    def written(self) -> list[RouteKey]:
        """Where a write is under way."""
        return [key for key, state in self.states.items() if state.is_written]

    @property
    def are_rechecked(self) -> bool:
        """Whether a write without an answer is still being looked for."""
        return any(state.is_rechecked for state in self.states.values())

    @property
    def suppressed(self) -> list[tuple[RouteKey, float]]:
        """Where routes have moved too often of late, and until when; in the order of the places."""
        suppressed = ((key, self.states[key].suppressed_until) for key in self._due)
        return sorted((key, until) for key, until in suppressed if until is not None)

    def configure(self, limits: DampingLimits) -> None:
        """Other limits, for what is suppressed, too."""
        self._limits = limits
        for key, _ in self.suppressed:
            state = self.states[key]
            state.suppressed_until = state.penalty.free_at(limits)
            self._schedule(key, state)

    def hurry(self, patience: float) -> None:
        """From now on no instance gets more time than this, and reads are taken as current."""
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
        """The verdict about a place; None: it has none.

        `holder`: what the route points at. `took_at`: when we pointed it at ourselves. For `settle_time` after that, an
        instance that had the route before may still read that it has it, and sees no need to write.
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
        state.late.pop(holder, None)  # it has written after all
        is_unheard = verdict is not None and verdict.reason is Reason.OWNER_UNHEARD
        is_new = state.moved_at + LATELY > now
        state.reread_at = state.moved_at + LATELY if is_unheard and is_new else None
        self._schedule(key, state)

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """Something about these prefixes changed: an instance that was late gets its time again."""
        for key in [key for key in self._due if key[1] in prefixes]:
            self.states[key].late.clear()
            self._schedule(key, self.states[key])

    def session_lost(self, paths: Iterable[tuple[Prefix, IPAddress]], now: float) -> None:
        """The session with who offered these paths, by prefix and next hop, is lost."""
        if self._reads_are_old_for > 0:
            for prefix, next_hop in paths:
                self.lost_sessions.setdefault(prefix, {})[next_hop] = now + self._patience + self._reads_are_old_for

    def wrote(self, key: RouteKey, before: Target | None, after: Route | None, now: float) -> None:
        """EC2 accepted a write of ours that turned `before` into `after` (None: no route)."""
        state = self.at(key)
        state.own_write = own_write(state.own_write, before, after, now, self.settle_time)

    def may_be_taken(self, key: RouteKey) -> None:
        """Another instance may have written here since we did: a read that shows it is no old one."""
        state = self.states.get(key)
        if state is not None and state.own_write is not None:
            state.own_write = state.own_write.expecting_others()

    def corrected(self, tables: Iterable[RouteTable], now: float) -> tuple[RouteTable, ...]:
        """The tables as they were read, with our own writes where the read is older than they are."""
        settling: dict[str, list[tuple[Prefix, OwnWrite]]] = defaultdict(list)
        for (table_id, prefix), state in self.states.items():
            if state.own_write is not None:
                settling[table_id].append((prefix, state.own_write))
        return tuple(corrected(table, settling[table.id], now) for table in tables)

    def found_moved(self, key: RouteKey, *, known_at: float, was_empty: bool, now: float) -> None:
        """Somebody else has pointed the route where it is: `known_at`, a read had shown it elsewhere, or none at all.

        A move that we expected may have been made at any time since we last knew the route to be elsewhere, and so may
        the first write to an empty place: they count as of then. One that we did not expect was made by somebody who
        knows less of us than before: it counts as of now.
        """
        state = self.at(key)
        wrote_at = state.own_write.at if state.own_write else NEVER
        known_at = max(known_at, wrote_at, now - REMEMBERED)
        state.moved_at = known_at if was_empty or state.expected_at >= known_at else now

    def took(self, key: RouteKey, now: float) -> bool:
        """We took the route from another instance. Whether it is suppressed from now on, and was not before."""
        state = self.at(key)
        state.penalty = state.penalty.after_move(now, self._limits)
        was_suppressed = state.is_suppressed
        if was_suppressed or state.penalty.value >= self._limits.suppress:
            state.suppressed_until = state.penalty.free_at(self._limits)
            self._schedule(key, state)
        return state.is_suppressed and not was_suppressed

    # Time

    def expire(self, now: float) -> Expired:
        """Expire what is due at `now`."""
        expired = Expired()
        for key in [key for key, due in self._due.items() if due <= now]:
            state = self.states[key]
            self._expire_place(key, state, now, expired)
            self._schedule(key, state)
        for prefix in [prefix for prefix, lost in self.lost_sessions.items() if min(lost.values()) <= now]:
            expired.to_decide.add(prefix)
            self.lost_sessions[prefix] = {
                each: until for each, until in self.lost_sessions[prefix].items() if until > now
            }
            if not self.lost_sessions[prefix]:
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
        """Forget the places where nothing is left that matters."""
        for key, state in tuple(self.states.items()):
            if state.verdict is not None or state.failure is not None or state.is_written or state.is_rechecked:
                continue  # most of them
            wrote_at = state.own_write.at if state.own_write else NEVER
            latest = max(wrote_at, state.expected_at, state.moved_at)
            is_calm = state.penalty.at_time(now, self._limits) < NEGLIGIBLE
            if key not in self._due and latest < now - REMEMBERED and is_calm:
                del self.states[key]

    def next_expiry(self) -> float | None:
        """When `expire` has something to do next."""
        return min((*self._due.values(), *(min(each.values()) for each in self.lost_sessions.values())), default=None)

    def _schedule(self, key: RouteKey, state: PlaceState) -> None:
        due = state.due()
        if due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due


def _since(state: PlaceState, verdict: Verdict | None, holder: str, now: float) -> Since | None:
    """Since when it is so, after `state` until now."""
    if verdict is None:
        return None
    before, known = state.verdict, state.since
    if before is None or known is None:
        return Since(now, now, found=holder != "")
    is_same = (before.kind, before.reason) == (verdict.kind, verdict.reason)
    stays = state.holder == holder
    return Since(known.verdict if is_same else now, known.target if stays else now, found=known.found and stays)
