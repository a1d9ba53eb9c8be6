"""ExaBGP on each host and the sessions between them, as far as their helpers notice."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw, WithdrawAll
from bgp2vpc.bgp.path import SELF, Path
from bgp2vpc.exabgp_api.messages import Direction, Message, PeerState, StateChange, Update
from bgp2vpc.prefix import IPAddress, Prefix
from tests.simulation.clock import OUTSIDE, Clock

HOLD_TIME = 3.0
Key = tuple[Prefix, int | None]


@dataclass(eq=False)
class Speaker:
    """ExaBGP on one host. `hear` passes a message to its helper. It keeps what the helper said after that is gone.

    `powered`: the host has power, so its kernel answers for processes that are gone. `frozen`: it does not run.
    """

    name: str
    address: IPAddress
    hear: Callable[[Message], None]
    running: bool = False
    powered: bool = True
    frozen: bool = False
    rib: dict[Key, Path] = field(default_factory=dict)

    @property
    def able(self) -> bool:
        """Whether it can open sessions."""
        return self.running and self.powered and not self.frozen

    @property
    def silent(self) -> bool:
        """Whether nothing at all is heard from its host."""
        return self.frozen or not self.powered


class Mesh:
    """A session between every two speakers. `delay`: seconds at most that a message takes."""

    def __init__(self, clock: Clock, random: Random, told: Callable[[str, str], None], delay: float) -> None:
        self.clock = clock
        self.random = random
        self.told = told
        self.delay = delay
        self.speakers: list[Speaker] = []
        self.sessions: list[Session] = []

    def add(self, speaker: Speaker) -> None:
        """One more, with a session to each of the others."""
        self.sessions.extend(Session(self, other, speaker) for other in self.speakers)
        self.speakers.append(speaker)

    def mend(self, delay: float) -> None:
        """All links are well, and messages take no longer than that."""
        self.delay = delay
        for session in self.sessions:
            session.link(linked=True)

    def of(self, speaker: Speaker) -> "list[Session]":
        """The sessions of this one."""
        return [each for each in self.sessions if speaker in each.ends]

    def between(self, a: Speaker, b: Speaker) -> "Session":
        """The session of these two."""
        return next(each for each in self.sessions if a in each.ends and b in each.ends)

    def changed(self, speaker: Speaker) -> None:
        """It was started, ended, frozen, thawed, or its host lost or got power."""
        if not speaker.running:
            speaker.rib.clear()
        for session in self.of(speaker):
            session.changed()

    def said(self, speaker: Speaker, events: tuple[Event, ...]) -> None:
        """Its helper told it to announce or withdraw."""
        if not speaker.running:
            return
        for each in events:
            match each:
                case Announce(path):
                    path = replace(path, next_hop=speaker.address) if path.next_hop is SELF else path
                    speaker.rib[path.prefix, path.path_id] = path
                    self._pass_on(speaker, Announce(path))
                case Withdraw(prefix, path_id):
                    if speaker.rib.pop((prefix, path_id), None) is not None:
                        self._pass_on(speaker, each)
                case WithdrawAll():
                    for prefix, path_id in list(speaker.rib):
                        del speaker.rib[prefix, path_id]
                        self._pass_on(speaker, Withdraw(prefix, path_id))

    def refresh(self, speaker: Speaker) -> None:
        """It asks all its peers to say again what they announce, as it does for a helper that is new.

        They say when that is all (RFC 7313), so that the helper knows even those who announce nothing.
        """
        for session in self.of(speaker):
            peer = session.other(speaker)
            session.say_all(peer)
            session.send(peer, Update(peer.address, Direction.RECEIVE, (EndOfRib(),)))

    def _pass_on(self, speaker: Speaker, event: Event) -> None:
        for session in self.of(speaker):
            session.send(speaker, Update(speaker.address, Direction.RECEIVE, (event,)))


class Session:
    """A BGP session over one TCP connection. Each end notices by itself that it is over."""

    def __init__(self, mesh: Mesh, a: Speaker, b: Speaker) -> None:
        self.ends = (a, b)
        self.linked = True
        self._mesh = mesh
        self._up = {a: False, b: False}
        self._hold: dict[Speaker, object] = {}
        self._connecting = False
        self._connection = 0
        self._last = {a: 0.0, b: 0.0}
        self._waiting: list[tuple[Speaker, Message]] = []

    def __str__(self) -> str:
        return f"{self.ends[0].name}-{self.ends[1].name}"

    @property
    def is_up(self) -> bool:
        """Whether both ends think so."""
        return all(self._up.values())

    def other(self, speaker: Speaker) -> Speaker:
        """The other end."""
        return self.ends[1] if speaker is self.ends[0] else self.ends[0]

    def link(self, *, linked: bool) -> None:
        """The network between the two is cut, or mended."""
        if self.linked != linked:
            self.linked = linked
            self.changed()

    def changed(self) -> None:
        """Something about the ends or the way between them is different."""
        for x in self.ends:
            if self._up[x] and not (x.running and x.powered):
                self._ended(x)
        for x in self.ends:
            if self._up[x]:
                self._notice(x, self.other(x))
        if self.linked:
            waiting, self._waiting = self._waiting, []
            for to, message in waiting:
                self._arrive(self._connection, to, message)
        if not any(self._up.values()) and not self._connecting and self._may_connect():
            self._connecting = True
            self._later(self._mesh.random.uniform(0.1, 3.0), self._connect)

    def _notice(self, x: Speaker, y: Speaker) -> None:
        """What this end notices of the other one."""
        if x.frozen:
            self._stop_timer(x)
        elif self.linked and y.powered and not self._up[y]:
            self._later(0.01, self._down, x, self._connection)  # the other end has closed it, TCP says
        elif not self.linked or y.silent:
            self._start_timer(x)
        else:
            self._stop_timer(x)

    def send(self, speaker: Speaker, message: Message) -> None:
        """From this end to the other."""
        if not self._up[speaker]:
            return
        clock, to = self._mesh.clock, self.other(speaker)
        arrival = clock.time() + self._mesh.random.uniform(0.001, self._mesh.delay)
        self._last[to] = max(self._last[to] + 1e-6, arrival)  # in their order: TCP
        clock.call_at(self._last[to], self._arrive, self._connection, to, message, context=OUTSIDE)

    def say_all(self, speaker: Speaker) -> None:
        """This end says its whole RIB to the other."""
        for path in speaker.rib.values():
            self.send(speaker, Update(speaker.address, Direction.RECEIVE, (Announce(path),)))

    def _arrive(self, connection: int, to: Speaker, message: Message) -> None:
        if connection != self._connection or not self._up[to]:
            return
        if not self.linked:
            self._waiting.append((to, message))
        else:
            to.hear(message)

    def _may_connect(self) -> bool:
        return self.linked and all(end.able for end in self.ends)

    def _connect(self) -> None:
        self._connecting = False
        if not self._may_connect() or any(self._up.values()):
            self.changed()
            return
        self._mesh.told("bgp", f"session {self} up")
        self._connection += 1
        self._waiting.clear()
        for x in self.ends:
            self._up[x] = True
            x.hear(StateChange(self.other(x).address, PeerState.UP))
        for x in self.ends:
            self.say_all(x)
            self.send(x, Update(x.address, Direction.RECEIVE, (EndOfRib(),)))

    def _start_timer(self, x: Speaker) -> None:
        if x not in self._hold:
            hold = HOLD_TIME * self._mesh.random.uniform(0.67, 1.2)
            self._hold[x] = self._later(hold, self._down, x, self._connection)

    def _stop_timer(self, x: Speaker) -> None:
        timer = self._hold.pop(x, None)
        if timer is not None:
            timer.cancel()

    def _down(self, x: Speaker, connection: int) -> None:
        if connection == self._connection and self._up[x] and not x.frozen:
            self._ended(x)
            self._mesh.told("bgp", f"session {self} down at {x.name}")
            x.hear(StateChange(self.other(x).address, PeerState.DOWN))
            self.changed()

    def _ended(self, x: Speaker) -> None:
        self._up[x] = False
        self._stop_timer(x)
        self._waiting.clear()

    def _later(self, seconds: float, action: Callable[..., None], *args: object) -> object:
        return self._mesh.clock.call_later(seconds, action, *args, context=OUTSIDE)
