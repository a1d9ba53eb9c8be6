"""Two hosts, the route table and the BGP session between them: which events are possible, and what must never be.

Each event is one step of one of them. Between two events 50 ms pass; `timer` lets time pass until something is due.
While a call or a message is under way that is at most `UNDER_WAY` later: calls have a time limit, and sessions a hold
time.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from bgp2vpc.errors import Ec2Error, Throttled, Transient
from bgp2vpc.policy.plan import Action, Change
from bgp2vpc.vpc.model import RouteTable
from tests.explore.host import ENIS, INTERFACES, SETTLE_TIME, TABLE, Host
from tests.memory_vpc import MemoryVpc
from tests.values import P1

STEP: Final = 0.05
UNDER_WAY: Final = 3.0
STARTED: Final = 1000.0
MOST_TURNS: Final = 3
"""Takes in turns while nothing is heard of a service, a session or a host: the third one is a fight."""
POLL_TIME: Final = 20.0
"""Seconds between two polls of the hosts once all comes to rest."""
QUIET_STEPS: Final = 400
STARTS: Final = ("nobody announces", "A has the route", "both announce, A has the route")


TROUBLE: Final = ("old", "loses", "refused", "gives", "restarts", "session")
"""Words of events that are failures, of EC2, of a host or of the network."""


def is_trouble(event: str) -> bool:
    """Whether something fails."""
    return any(word in TROUBLE for word in event.split())


class Violation(Exception):
    """What must never be."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the table had until `until`; reads may show it for `SETTLE_TIME` after that."""

    until: float
    table: RouteTable


def _vpc() -> MemoryVpc:
    vpc = MemoryVpc()
    vpc.add_table(TABLE, tags={"type": "private"})
    for each in INTERFACES:
        vpc.add_interface(each.id, each.instance_id or "", addresses=[str(each.address)])
    return vpc


VPC: Final = _vpc()
"""Carries out one write at a time, on the table of whichever world it is for."""


@dataclass(eq=False)
class World:
    """`queues`: what ExaBGP of each host has still to tell it. `turns`: takes since there was news of anything.

    `troubles_left`: how many more events of `TROUBLE` may happen; None: any number.
    """

    hosts: tuple[Host, Host]
    table: RouteTable
    now: float = STARTED
    version: int = 0
    before: tuple[Shown, ...] = ()
    linked: bool = True
    queues: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    turns: int = 0
    latest_taker: int | None = None
    hits: tuple[str, ...] = ()
    meds: tuple[int, ...] = (100, 200)
    troubles_left: int | None = None
    trace: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, which: str = STARTS[0], meds: tuple[int, ...] = (100, 200), troubles: int | None = None) -> "World":
        """All is calm, and both hosts have been running for a while."""
        world = cls((Host.started(0, STARTED), Host.started(1, STARTED)), VPC._tables[TABLE], meds=meds)
        world.queues = (("up", "eor"), ("up", "eor"))
        serving = {STARTS[0]: (), STARTS[1]: (0,), STARTS[2]: (0, 1)}[which]
        for number in serving:
            world.apply(f"{'AB'[number]} announces {meds[0]}")
            world.calm(judged=False)
        world.calm(judged=False)
        world.turns, world.latest_taker, world.hits, world.trace = 0, None, (), []
        world.troubles_left = troubles
        return world

    def fork(self) -> "World":
        """A copy that shares nothing that changes."""
        one, other = self.hosts
        return World(
            (one.fork(), other.fork()), self.table, self.now, self.version, self.before, self.linked, self.queues,
            self.turns, self.latest_taker, self.hits, self.meds, self.troubles_left,
        )  # fmt: skip

    # What may happen

    def events(self) -> Iterator[str]:
        """Everything that may happen next."""
        return (event for event in self._events() if self.troubles_left != 0 or not is_trouble(event))

    def _events(self) -> Iterator[str]:
        for number in range(2):
            yield from self._of_host(number)
            yield from self._of_ec2(number)
        if self.linked:
            yield "session down"
        elif not any(self.queues):
            yield "session up"
        due = self.due()
        if due is not None and (due <= self.now + UNDER_WAY or not self.is_under_way):
            yield "timer"

    def _of_host(self, number: int) -> Iterator[str]:
        host, name = self.hosts[number], "AB"[number]
        yield from (f"{name} announces {med}" for med in self.meds if host.serves != med)
        if host.serves is not None:
            yield f"{name} withdraws"
        if not host.told:
            yield f"{name} says again"
        if self.queues[number]:
            yield f"{name} hears"
        yield f"{name} restarts"

    def _of_ec2(self, number: int) -> Iterator[str]:
        host, name = self.hosts[number], "AB"[number]
        ages = ["", *(f" old {age}" for age in range(1, len(self._shown())))]
        yield from (f"{name} reads{age}" for age in ages)
        if host.call is not None and not host.call.is_write:
            yield from (f"{name} rereads{age}" for age in ages)
        elif host.call is not None:
            yield from (f"{name} writes", f"{name} loses the answer", f"{name} is refused")
            if host.late is None:
                yield f"{name} gives up the write"
        if host.late is not None:
            yield f"{name} late write arrives"

    @property
    def is_under_way(self) -> bool:
        """Whether somebody waits for an answer or a message."""
        return any(self.queues) or any(host.call or host.late or host.read_due for host in self.hosts)

    def due(self) -> float | None:
        return min((due for host in self.hosts if (due := host.next_due()) is not None), default=None)

    def _shown(self) -> list[RouteTable]:
        """What a read may show: the present table first, then what it replaced, by age."""
        old = (each.table for each in reversed(self.before) if each.until > self.now - SETTLE_TIME)
        return [self.table, *old]

    def apply(self, event: str) -> None:
        """Let it happen. Raises Violation."""
        self.now += STEP
        self.trace.append(event)
        if self.troubles_left is not None and is_trouble(event):
            self.troubles_left -= 1
        match event.split():
            case ["timer"]:
                due = self.due()
                assert due is not None
                self.now = max(self.now, due)
                for host in self.hosts:
                    if (at := host.next_due()) is not None and at <= self.now:
                        host.time_passes(self.now)
            case ["poll", *_]:
                self.now += POLL_TIME
            case ["session", how]:
                self._news()
                self.linked = how == "up"
                self.queues = (("down",), ("down",))
                if self.linked:
                    self.queues = (self._all_of(1), self._all_of(0))
            case [name, *what]:
                self._befalls("AB".index(name), what)

    def _befalls(self, number: int, what: list[str]) -> None:
        host = self.hosts[number]
        match what:
            case ["announces", med]:
                self._serve(number, int(med))
            case ["withdraws"]:
                self._serve(number, None)
            case ["says", "again"]:
                self._say(number)
            case ["hears"]:
                self._news()
                message, *rest = self.queues[number]
                self._queue(number, tuple(rest))
                host.hear(message, self.now)
            case ["restarts"]:
                self._restart(number)
            case ["reads", *age]:
                host.read(self._aged(age), self.now - STEP, self.now)
            case ["rereads", *age]:
                host.has_read(self._aged(age), current=not age, version=self.version, now=self.now)
            case ["late", *_]:
                change, host.late = host.late, None
                assert change is not None
                self._write(number, change, is_late=True)
            case _:
                self._answered(number, what[0])

    def _aged(self, age: list[str]) -> RouteTable:
        """The table as a read shows it that is `["old", N]`, or as it is."""
        return self._shown()[int(age[1]) if age else 0]

    def _answered(self, number: int, how: str) -> None:
        """What becomes of the write that is under way."""
        host = self.hosts[number]
        assert host.call is not None
        if how == "is":  # refused
            host.failed(Throttled("Write", "RequestLimitExceeded", ""), self.now)
            return
        lost = Transient("Write", "Timeout", "")
        if how == "gives":  # up
            host.late = host.call.change
            host.failed(lost, self.now)
            return
        error = self._write(number, host.call.change)
        if how == "loses":  # the answer
            host.failed(lost, self.now)
        elif error is None:
            host.written(self.now)
        else:
            host.failed(error, self.now)

    def _news(self) -> None:
        self.turns, self.latest_taker = 0, None

    def _serve(self, number: int, med: int | None) -> None:
        self._news()
        self.hosts[number].serves = med
        self._say(number)

    def _say(self, number: int) -> None:
        host = self.hosts[number]
        if self.linked and (host.said != host.serves):
            message = "withdraw" if host.serves is None else f"announce {host.serves}"
            self._queue(1 - number, (*self.queues[1 - number], message))
        host.say(self.now)

    def _restart(self, number: int) -> None:
        """Its ExaBGP goes on, announces what it did, and tells the new process of its session."""
        self._news()
        old = self.hosts[number]
        new = Host.started(number, self.now)
        new.serves, new.said = old.serves, old.said
        new.late = old.call.change if old.call and old.call.is_write else old.late
        self.hosts = (new, self.hosts[1]) if number == 0 else (self.hosts[0], new)
        self._queue(number, self._all_of(1 - number) if self.linked else ())

    def _all_of(self, number: int) -> tuple[str, ...]:
        """What a new session of this host tells."""
        said = self.hosts[number].said
        return ("up", *([f"announce {said}"] if said is not None else []), "eor")

    def _queue(self, number: int, messages: tuple[str, ...]) -> None:
        self.queues = (messages, self.queues[1]) if number == 0 else (self.queues[0], messages)

    # EC2

    def _write(self, number: int, change: Change, *, is_late: bool = False) -> Ec2Error | None:
        """EC2 carries it out, or says why not."""
        host, route = self.hosts[number], self.table.static_route(P1)
        present = route.target.id if route else None
        VPC._tables[TABLE] = self.table
        try:
            match change.action:
                case Action.CREATE:
                    VPC.create_route(TABLE, P1, change.target)
                case Action.REPLACE:
                    VPC.replace_route(TABLE, P1, change.target)
                case Action.DELETE:
                    VPC.delete_route(TABLE, P1)
        except Ec2Error as error:
            return error
        finally:
            VPC.calls.clear()
        after = VPC._tables[TABLE]
        if after != self.table:
            kept = (each for each in self.before if each.until > self.now - SETTLE_TIME)
            self.before = (*kept, Shown(self.now, self.table))
            self.table, self.version = after, self.version + 1
        other = ENIS[1 - number]
        if change.action is Action.DELETE and present == other:
            self._hit(host, is_late=is_late)
        if change.action is Action.REPLACE and present == other:
            self.turns = self.turns + 1 if self.latest_taker != number else 1
            self.latest_taker = number
            if self.turns >= MOST_TURNS:
                raise Violation(f"{self.turns} takes in turns, and nothing has changed meanwhile")
        return None

    def _hit(self, host: Host, *, is_late: bool) -> None:
        """A delete has hit the other host's route."""
        call = host.call
        if is_late or call is None:
            self.hits = (*self.hits, "late")
        elif not call.current:
            self.hits = (*self.hits, "old read")
        elif call.version != self.version - 1:
            self.hits = (*self.hits, "round trip")
        else:
            raise Violation(f"a fresh read showed {call.shown}, and the route was deleted all the same")

    # What must be in the end

    def calm(
        self,
        known: Collection[bytes] = (),
        *,
        judged: bool = True,
        told: Callable[[str], None] = lambda _: None,
    ) -> list[bytes]:
        """Let all come to rest: nothing is lost or old any more. Raises Violation if it does not come out right.

        `known`: states that are known to come out right. Returns those on the way. `told` of each event.
        """
        seen: list[bytes] = []
        self.troubles_left = None  # from now on nothing fails, so that it does not matter how much might
        for _ in range(QUIET_STEPS):
            event = self._next_quiet()
            if event is None or (event == "timer" and (self.due() or 0.0) > self.now + POLL_TIME):
                version = self.version
                for each in ("poll time passes", "A reads", "B reads"):  # as they do all the time
                    self.apply(each)
                    told(each)
                if event is None and self._next_quiet() is None and self.version == version:
                    if judged:
                        self._judge()
                    return seen
                if self._next_quiet() != "timer":
                    continue
                event = "timer"
            self.apply(event)
            told(event)
            if judged:
                digest = self.digest()
                if digest in known:
                    return seen
                seen.append(digest)
        raise Violation("it never comes to rest")

    def _next_quiet(self) -> str | None:
        """What happens next if nothing goes wrong; None: nothing."""
        for number, host in enumerate(self.hosts):
            what = {
                "writes": host.call is not None and host.call.is_write,
                "rereads": host.call is not None,
                "late write arrives": host.late is not None,
                "hears": bool(self.queues[number]),
                "says again": not host.told,
                "reads": host.read_due,
            }
            if event := next((each for each, is_due in what.items() if is_due), None):
                return f"{'AB'[number]} {event}"
        if not self.linked:
            return "session up"
        return "timer" if self.due() is not None else None

    def _judge(self) -> None:
        """The route is where it belongs."""
        route = self.table.static_route(P1)
        present = route.target.id if route else None
        offers = {ENIS[host.number]: host.serves for host in self.hosts if host.serves is not None}
        best = [eni for eni, med in offers.items() if med == min(offers.values())]
        if present not in (best or [None]):
            raise Violation(f"in the end the route points at {present} instead of {' or '.join(best) or 'nothing'}")

    # What it is, as a value

    def value(self) -> tuple[object, ...]:
        """All that matters from now on."""
        route = self.table.static_route(P1)
        before = []
        for each in self.before:
            if each.until > self.now - SETTLE_TIME:
                old = each.table.static_route(P1)
                before.append((round(each.until - self.now), old and old.target.id))
        return (
            route and route.target.id, tuple(before), self.linked, self.queues, self.turns, self.latest_taker,
            self.troubles_left,
            tuple(host.call and host.call.version == self.version for host in self.hosts),
            tuple(host.value(self.now) for host in self.hosts),
        )  # fmt: skip

    def digest(self) -> bytes:
        """The value in 12 bytes."""
        return hashlib.blake2b(repr(self.value()).encode(), digest_size=12).digest()

    def __str__(self) -> str:
        route = self.table.static_route(P1)
        parts = [f"{self.now - STARTED:6.2f} s  route: {route.target.id if route else '-':6}"]
        for name, host in zip("AB", self.hosts, strict=True):
            verdict = host.view.places.at((TABLE, P1)).verdict
            call = f", {'writes' if host.call.is_write else 'reads for'} {host.call.change}" if host.call else ""
            parts.append(f"{name} serves {host.serves}: {verdict.reason.value if verdict else '-'}{call}")
        return "; ".join(parts)
