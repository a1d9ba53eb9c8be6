"""One host: what the daemon knows and decides, and the calls it has under way. Copied at each branch of the search."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from bgp2vpc.bgp.events import Announce, Event, Withdraw
from bgp2vpc.bgp.path import SELF, Attributes, Path
from bgp2vpc.bgp.rib import Rib, Side
from bgp2vpc.bgp.sessions import Neighbors, Standing
from bgp2vpc.errors import Disagreement, Ec2Error, RouteExists, RouteMissing
from bgp2vpc.policy.damping import DampingLimits
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.guard import guard
from bgp2vpc.policy.place import Policy
from bgp2vpc.policy.place_state import Places
from bgp2vpc.policy.plan import MOVES, Action, Change, Plan, Reason
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.view import View
from bgp2vpc.reconcile.write.applier import _FROM_ONE_WHO_MAY_DELETE, AFTER_A_TAKE
from bgp2vpc.reconcile.write.retries import Retries
from bgp2vpc.vpc.model import Instance, Interface, RouteTable
from bgp2vpc.vpc.snapshot import Snapshot
from tests.values import P1, rule

TABLE: Final = "rtb-1"
KEY: Final = (TABLE, P1)
SETTLE_TIME: Final = 10.0
HOLD: Final = 10.0
"""`startup_hold` and `restart_time`."""
SCRIPT, PEER = "script", "peer"
RULE: Final = rule(takeover=Takeover.BEST_PATH)
ADDRESSES: Final = (IPAddress("10.0.0.10"), IPAddress("10.0.0.11"))
INTERFACES: Final = tuple(
    Interface(f"eni-{n}", "vpc-1", "subnet-1", 0, frozenset({address}), instance_id=f"i-{n}", address=address)
    for n, address in enumerate(ADDRESSES, 1)
)
ENIS: Final = tuple(each.id for each in INTERFACES)


@dataclass(frozen=True, slots=True)
class Call:
    """What is under way at EC2 for a change: the read before it, or (`is_write`) the write.

    `shown`, `current`: what the read of it showed, and whether the table was so then, in this `version` of it.
    """

    change: Change
    began: float
    is_write: bool = False
    shown: str | None = None
    current: bool = False
    version: int = -1


@dataclass(eq=False)
class Host:
    """`serves`: the MED that its script has to announce, None: nothing.

    `said`: what its ExaBGP announces to the other host. `told`: whether the script has said so since the last start.
    `read_due`: the table is to be read. `late`: a write that was given up, and that EC2 may still carry out.
    `alarms`: (when, what): "decide", "read", "recheck", "leftovers", "neighbors", "settled".
    """

    number: int
    view: View
    rib: Rib
    neighbors: Neighbors
    serves: int | None = None
    said: int | None = None
    told: bool = True
    call: Call | None = None
    late: Change | None = None
    read_due: bool = False
    alarms: tuple[tuple[float, str], ...] = ()
    leftovers_held: bool = False
    neighbors_due: float = 0.0

    @classmethod
    def started(cls, number: int, now: float) -> "Host":
        """As the daemon is once it has begun, and has read nothing yet."""
        places = Places(SETTLE_TIME, DampingLimits())
        host = cls(
            number,
            View(Instance(f"i-{number + 1}", "us-east-1", "vpc-1"), [RULE], Policy(), places),
            Rib(),
            Neighbors(),
            told=False,
            read_due=True,
            leftovers_held=True,
            neighbors_due=now + HOLD,
        )
        host.rib.open(SCRIPT, Side.LOCAL)
        host.neighbors.expect([ADDRESSES[1 - number]])
        host.alarm(now + HOLD, "leftovers")
        host.alarm(now + HOLD, "neighbors")
        return host

    def fork(self) -> "Host":
        """A copy that shares nothing that changes."""
        new = _copy(self)
        view = new.view = _copy(self.view)
        for name, value in vars(self.view).items():
            if isinstance(value, dict | set):
                setattr(view, name, value.copy())
        places = view.places = _copy(self.view.places)
        places.states = {key: replace(state, late=dict(state.late)) for key, state in places.states.items()}
        places.lost_sessions = {prefix: dict(lost) for prefix, lost in places.lost_sessions.items()}
        places._due = dict(places._due)
        rib = new.rib = _copy(self.rib)
        rib._sources = {
            name: replace(adj, paths=dict(adj.paths), stale=dict(adj.stale)) for name, adj in rib._sources.items()
        }
        rib._offers, rib._seen = dict(rib._offers), set(rib._seen)
        neighbors = new.neighbors = _copy(self.neighbors)
        neighbors._sessions = {peer: replace(each, told=set(each.told)) for peer, each in neighbors._sessions.items()}
        neighbors._departed = dict(neighbors._departed)
        neighbors._failed = dict(neighbors._failed)
        neighbors._mentioned = set(neighbors._mentioned)
        return new

    @property
    def retries(self) -> Retries:
        return Retries(self.view.places, jitter=lambda: 0.5)

    @property
    def peer(self) -> IPAddress:
        return ADDRESSES[1 - self.number]

    def inputs(self, now: float) -> DecisionInput:
        """`Inputs.now`."""
        return DecisionInput(
            offers=self.rib.offers,
            leftovers_held=self.leftovers_held,
            seen=self.rib.seen,
            neighbors=self.neighbors,
            neighbors_held=now < self.neighbors_due and not self.neighbors.all_have_told,
            remembered=self.view.places.states,
            lost_sessions=self.view.places.lost_sessions,
        )

    def alarm(self, due: float, what: str) -> None:
        if (due, what) not in self.alarms:
            self.alarms = tuple(sorted((*self.alarms, (due, what))))

    def next_due(self) -> float | None:
        """When time alone changes something."""
        due = [at for at, _ in self.alarms]
        expiry = self.view.places.next_expiry()
        return min([*due, *([expiry] if expiry is not None else [])], default=None)

    # What happens to it

    def say(self, now: float) -> None:
        """The script says what it has to say (`AdjRibIn.said`)."""
        self.told, self.said = True, self.serves
        event: Event = Withdraw(P1, None) if self.serves is None else Announce(_path(self.serves))
        self._take_in(SCRIPT, event, now)

    def hear(self, message: str, now: float) -> None:
        """ExaBGP tells of the other host (`Peers`)."""
        match message.split():
            case ["up"]:
                if self.rib_has_peer:
                    return
                self.rib.open(PEER, Side.PEER, router_id=self.peer)
                self.neighbors.up(self.peer, now)
                self._neighbors_changed(now)
                self.alarm(now + HOLD, "settled")
            case ["down"]:
                is_news = self.neighbors.down(self.peer, now)
                if self.rib_has_peer:
                    paths = self.rib.next_hops(PEER)
                    self.view.places.session_lost(paths, now)
                    self.neighbors.departed(paths, Standing.LOST, now)
                    self._news(self.rib.close(PEER, now, hold=0), now)
                if is_news:
                    self._neighbors_changed(now)
            case ["eor"]:
                if self.neighbors.end_of_rib(self.peer, None):
                    self._neighbors_changed(now)
            case ["withdraw"]:
                self._take_in(PEER, Withdraw(P1, None), now)
            case ["announce", med]:
                self._take_in(PEER, Announce(_path(int(med), self.peer)), now)

    @property
    def rib_has_peer(self) -> bool:
        return any(name == PEER for name, _ in self.rib.sources())

    def _take_in(self, source: str, event: Event, now: float) -> None:
        before = self.rib.next_hops(source, [event])
        changed = self.rib.apply(source, event)
        if source == PEER:
            gone = before - self.rib.next_hops(source, [event])
            self.neighbors.departed(gone, Standing.WITHDRAWN, now)
        self._news(changed, now)

    def _news(self, prefixes: Collection[Any], now: float) -> None:
        """`Reconciler.prefixes_changed` and `Rereader.prefixes_changed`."""
        if not prefixes or not self.view.tables:
            return
        self.view.places.prefixes_changed(prefixes)
        places = self.view.ours_by_best_path(prefixes)
        if places and self.neighbors.are_known:
            if self.view.is_offered(P1, self.inputs(now)):
                self.view.places.may_be_taken(KEY)
            self.read_due = True
            self.alarm(now + SETTLE_TIME, "read")
        self.decide(now)

    def _neighbors_changed(self, now: float) -> None:
        self._news({verdict.prefix for verdict in self.view.places.verdicts()}, now)

    def read(self, table: RouteTable, asked: float, now: float) -> None:
        """A poll, or the read that is due: `Reconciler._observe`, `Rereader._read`."""
        was_due, self.read_due = self.read_due, False
        if was_due and self.view.tables:
            self.view.reread(table, asked, now)
        else:
            own, other = INTERFACES[self.number], INTERFACES[1 - self.number]
            known = Snapshot({TABLE: table}, (own,), instance_id=own.instance_id or "", peer_enis={other.id: other})
            self.view.observed(known, asked, now)
        self.decide(now)

    def time_passes(self, now: float) -> None:
        """What is due by now."""
        due = [what for at, what in self.alarms if at <= now]
        self.alarms = tuple(each for each in self.alarms if each[0] > now)
        for what in due:
            match what:
                case "read" | "recheck":
                    self.read_due = True
                case "leftovers":
                    self.leftovers_held = False
                    self.rib.forget_seen()
                    verdicts = self.view.places.verdicts()
                    self._news({each.prefix for each in verdicts if each.reason is Reason.LEFTOVER}, now)
                case "neighbors":
                    self._neighbors_changed(now)
                case "settled":
                    if self.neighbors.waited_enough(now, HOLD):
                        self._neighbors_changed(now)
        self.decide(now)

    # What it decides

    def decide(self, now: float) -> None:
        """`Reconciler._decide` about the prefix, and `Applier.apply`."""
        if not self.view.tables:
            return
        places = self.view.places
        self.view.changed = set()
        if places.expire(now).to_read:
            self.read_due = True
        plan = self.view.plan(self.inputs(now), {P1})
        self.view.take_lost({P1})
        state = places.at(KEY)
        if not plan.changes and state.failure is not None:  # `Applier.nothing_to_write`
            if state.failure.may_have_been_applied and not any(what == "recheck" for _, what in self.alarms):
                self.read_due = True
                self.alarm(now + SETTLE_TIME, "recheck")
            self.retries.forget([KEY], now)
        verdicts = {(verdict.table_id, verdict.prefix): verdict for verdict in plan.verdicts}
        self.view.decided(self.view.known_places({P1}), verdicts, now, 0.0)
        if plan.changes and self.call is None and state.may_be_written(now):
            (change,) = guard(Plan(plan.changes), self.view.tables, self.view.snapshot, 1000).changes
            self._begin(change, now)

    def _begin(self, change: Change, now: float) -> None:
        """`Writer._write`, to its first call."""
        self.view.places.at(KEY).is_written = True
        failure = self.view.places.at(KEY).failure
        in_doubt = failure and failure.leaves_in_doubt and self.view.asked_at(TABLE) < failure.at
        self.call = Call(change, now, is_write=not (change.needs_fresh_read or in_doubt))

    def has_read(self, table: RouteTable, *, current: bool, version: int, now: float) -> None:
        """The read before the write is answered: `Writer._look_again`."""
        assert self.call is not None
        change = self.call.change
        self.view.reread(table, self.call.began, now)
        again = self.view.still(change, self.inputs(now))
        present = table.static_route(P1)
        if again is None:
            self.retries.unneeded(KEY, now)
            self._ended(now)
        elif again.is_withdrawal and present is not None and present.target != again.old:
            self.failed(Disagreement("DescribeRouteTables", "InDoubt", "shown otherwise"), now)
        else:
            shown = present.target.id if present else None
            self.call = Call(again, now, is_write=True, shown=shown, current=current, version=version)

    def written(self, now: float) -> None:
        """EC2 has answered that it is done: `Writer.write`, `Applier._write`."""
        assert self.call is not None
        change = self.call.change
        self.view.wrote(change, now)
        self.retries.succeeded(KEY, now)
        if change.is_move:
            assert change.reason in MOVES, "no counter begins at 0 for it"
            self.view.places.took(KEY, now)
        if change.reason in _FROM_ONE_WHO_MAY_DELETE:
            self.alarm(now + AFTER_A_TAKE, "read")
        self._ended(now)

    def failed(self, error: Ec2Error, now: float) -> None:
        """EC2 has refused it, or not answered: `Writer.write`."""
        assert self.call is not None
        if isinstance(error, RouteMissing) and self.call.change.action is Action.DELETE:
            self.written(now)
            return
        if isinstance(error, RouteExists):
            self.view.places.may_be_taken(KEY)
        self.alarm(self.retries.failed(KEY, error, now), "decide")
        self._ended(now)

    def _ended(self, now: float) -> None:
        self.call = None
        state = self.view.places.at(KEY)
        state.is_written = False
        if state.failure is not None and state.failure.not_before > now:
            self.alarm(state.failure.not_before, "decide")
        self.decide(now)

    # What it is, as a value

    def value(self, now: float) -> tuple[object, ...]:
        """All that matters from now on; times to the second."""

        def at(when: float | None) -> int | None:
            return None if when is None or when < now - 300 or when == float("inf") else round(when - now)

        view, places, neighbors = self.view, self.view.places, self.neighbors
        table = view.snapshot.tables.get(TABLE)
        route = table.static_route(P1) if table else None
        states = []
        for key, s in places.states.items():
            own, failure, verdict = s.own_write, s.failure, s.verdict
            states.append((
                key == KEY, s.is_written, verdict and (verdict.kind.value, verdict.reason.value, verdict.awaits),
                failure and (type(failure.error).__name__, failure.attempts, at(failure.at), at(failure.not_before)),
                own and own.until > now
                and (at(own.until), tuple(sorted(str(b) for b in own.before)), own.after and own.after.target.id),
                own and at(own.at),
                s.awaited and (s.awaited.interface, at(s.awaited.look_at), at(s.awaited.late_at)),
                tuple(sorted((i, at(t)) for i, t in s.late.items())),
                at(s.unsettled_until), at(s.expected_at), at(s.moved_at), at(s.reread_at),
                round(s.penalty.at_time(now, places._limits) / 200), at(s.suppressed_until), s.holder,
            ))  # fmt: skip
        rib = tuple(
            (name, adj.is_open, tuple(path.attributes.med for path in adj.paths.values()))
            for name, adj in self.rib.sources()
        )
        sessions = tuple(
            (s.since is not None, None if s.settled else at(s.since), at(s.lost), len(s.told), s.settled)
            for s in neighbors._sessions.values()
        )
        departed = tuple((how.value, at(when)) for how, when in neighbors._departed.values())
        call = self.call and (
            self.call.change.action.value, self.call.change.reason.value, str(self.call.change.old),
            self.call.is_write, self.call.shown, self.call.current, at(self.call.began),
        )  # fmt: skip
        late = self.late and (self.late.action.value, self.late.target.id)
        due = at(self.neighbors_due) if self.neighbors_due > now else None
        return (
            bool(table), route and route.target.id, at(view.snapshot.read_at), at(view._read_at.get(TABLE)),
            tuple(states),
            tuple((at(t)) for lost in places.lost_sessions.values() for t in lost.values()), rib, P1 in self.rib.seen,
            sessions, departed, self.serves, self.said, self.told, call, late, self.read_due, self.leftovers_held, due,
            tuple((at(t), what) for t, what in self.alarms),
        )  # fmt: skip


T = TypeVar("T")


def _copy(value: T) -> T:
    """As copy.copy, in a tenth of the time."""
    new = object.__new__(type(value))
    new.__dict__.update(value.__dict__)
    return new


def _path(med: int, next_hop: IPAddress | None = None) -> Path:
    return Path(P1, SELF if next_hop is None else next_hop, Attributes(med=med), None)
