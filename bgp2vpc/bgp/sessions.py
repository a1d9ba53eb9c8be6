"""BGP sessions: what our ExaBGP tells of them, who has gone how, and hold timers. Pure; `now` in seconds of any
monotonic clock.

A path that is heard needs none of this. `Neighbors` is about the others: did a neighbor that offers no path withdraw
it, or is it only that we cannot hear the neighbor?

`HoldTimers` is the hold timer of RFC 4271 section 6.5, kept to the millisecond. ExaBGP compares whole seconds: with a
hold time of 3 s it ends a session 3 to 4 s after the last message. Where it passes on OPEN and KEEPALIVE messages
(`receive { open; keepalive; }`) we need not wait for it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Self

from bgp2vpc.bgp.events import Announce, Event
from bgp2vpc.bgp.path import AsSegment, SegmentKind
from bgp2vpc.prefix import IPAddress, Prefix, parse_address, parse_prefix
from bgp2vpc.status import NeighborRow

REMEMBERED: Final = 10_000
"""Departures; of more, the oldest are forgotten."""
LATE: Final = 0.5
"""Seconds. A timer that is looked at so late tells that we stood still ourselves, not that the peer does."""


class Standing(Enum):
    """What we know of somebody who offers us no path for a prefix."""

    WITHDRAWN = "withdrawn"
    """It says itself that it has none any more, or has had the time to say again in a new session that it has."""
    SILENT = "silent"
    """It has had the time to tell us all, and never told this."""
    LOST = "lost"
    """The session is down, or was when we last heard of the path."""
    UNKNOWN = "unknown"
    """No neighbor of ours, or one that has not told us all yet."""


@dataclass(slots=True)
class _Session:
    """`since`: when it came up, None: it is down, since `lost`.

    `told`: the families whose end-of-RIB has come; None: all. `settled`: it has been up for a while.
    """

    since: float | None = None
    lost: float = 0.0
    told: set[str | None] = field(default_factory=set)
    settled: bool = False


class Neighbors:
    """Sessions by the neighbor's address. A neighbor is known as soon as ExaBGP mentions it, up or not."""

    def __init__(self) -> None:
        self.unheard = False
        """Our own ExaBGP hangs: of what neighbors say and of how they are now, we hear nothing."""
        self._sessions: dict[IPAddress, _Session] = {}
        self._departed: dict[tuple[Prefix, IPAddress], tuple[Standing, float]] = {}
        self._failed: dict[IPAddress, float] = {}
        self._expected: frozenset[IPAddress] = frozenset()
        self._mentioned: set[IPAddress] = set()
        """Neighbors without a session, for people only: nothing is concluded from that there has been none."""

    # What happens

    def expect(self, addresses: Collection[IPAddress]) -> None:
        """The addresses of the configured neighbors. One that is no longer configured, and is down, is forgotten."""
        for gone in self._expected.difference(addresses):
            session = self._sessions.get(gone)
            if session is not None and session.since is None:
                del self._sessions[gone]
        self._expected = frozenset(addresses)
        self._mentioned &= self._expected

    def mention(self, peer: IPAddress) -> None:
        """ExaBGP has such a neighbor; there is no session with it."""
        self._mentioned.add(peer)

    def forget(self) -> None:
        """Forget all of them, and all that was learned."""
        self._sessions.clear()
        self._departed.clear()
        self._failed.clear()
        self._mentioned.clear()
        self._expected = frozenset()

    @property
    def addresses(self) -> frozenset[IPAddress]:
        """All that are configured or that ExaBGP has mentioned."""
        return self._expected.union(self._sessions)

    @property
    def expected(self) -> frozenset[IPAddress]:
        """The addresses of the configured neighbors."""
        return self._expected

    def up(self, peer: IPAddress, now: float) -> None:
        """The session is established."""
        session = self._sessions.setdefault(peer, _Session())
        if session.since is None:
            session.since, session.told, session.settled = now, set(), False
            # What it withdrew in an earlier session it may announce again in this one.
            withdrawn = (
                key for key, (how, _) in self._departed.items() if key[1] == peer and how is Standing.WITHDRAWN
            )
            self.departed(list(withdrawn), Standing.LOST, now)

    def down(self, peer: IPAddress, now: float) -> bool:
        """There is no session; whether that is news."""
        before = self._sessions.get(peer)
        if before is not None and before.since is None:
            return False
        self._sessions[peer] = _Session(lost=now)
        return True

    def end_of_rib(self, peer: IPAddress, family: str | None) -> bool:
        """It has told all it has to tell (RFC 4724 section 2); None: of every family. Whether that is news."""
        session = self._sessions.get(peer)
        if session is None or session.since is None or family in session.told:
            return False
        session.told.add(family)
        return True

    def waited_enough(self, now: float, patience: float) -> bool:
        """Who is up for `patience` seconds has told all it has, end-of-RIB or not; whether that is news."""
        settled = [
            session
            for session in self._sessions.values()
            if session.since is not None and not session.settled and session.since + patience <= now
        ]
        for session in settled:
            session.told.add(None)
            session.settled = True
        return bool(settled)

    def departed(self, paths: Iterable[tuple[Prefix, IPAddress]], how: Standing, now: float) -> None:
        """These paths, by prefix and next hop, are offered no longer."""
        for key in paths:
            self._departed.pop(key, None)
            self._departed[key] = how, now
        while len(self._departed) > REMEMBERED:
            del self._departed[next(iter(self._departed))]

    def failed(self, address: IPAddress, now: float) -> None:
        """Somebody other than BGP says that this host is gone."""
        self._failed.setdefault(address, now)

    def recovered(self, address: IPAddress) -> None:
        """This host is reported to be there again."""
        self._failed.pop(address, None)

    # What follows

    def lost_since(self, address: IPAddress, now: float) -> float:
        """When a host was lost whose session ends now: earlier, if it was found to be gone before."""
        return self._failed.get(address, now)

    def standing(self, prefix: Prefix, addresses: Collection[IPAddress]) -> Standing:
        """What we know of the host with these addresses, which offers us no path for the prefix."""
        is_failed = self.is_failed(addresses)
        if is_failed or self.unheard:
            return Standing.LOST if is_failed else Standing.UNKNOWN
        left = [self._departed[prefix, each] for each in addresses if (prefix, each) in self._departed]
        departures = {how for how, _ in left}
        sessions = [self._sessions[each] for each in addresses if each in self._sessions]
        up = [each for each in sessions if each.since is not None]
        if up:
            # An end-of-RIB alone says little: ExaBGP sends it at once, and its scripts announce later.
            has_told = any(each.settled for each in up)
            if Standing.WITHDRAWN in departures or not has_told or not left:
                silence = Standing.SILENT if has_told else Standing.UNKNOWN
                return Standing.WITHDRAWN if Standing.WITHDRAWN in departures else silence
            # A session that was up all along, as the one for the other address family, does not bring the path back.
            lost_at = max(at for _, at in left)
            newer = [each for each in up if each.since is not None and each.since >= lost_at]
            said = Standing.WITHDRAWN if any(each.settled for each in newer) else Standing.UNKNOWN
            return said if newer else Standing.LOST
        if sessions or not self._expected.isdisjoint(addresses):
            return Standing.LOST
        # Heard of through others, as through a route reflector.
        return next((how for how in Standing if how in departures), Standing.UNKNOWN)

    def departed_from(self, addresses: Collection[IPAddress]) -> list[Prefix]:
        """The prefixes that the host with these addresses offered, and does not any more, as far as we remember."""
        return [prefix for prefix, next_hop in self._departed if next_hop in addresses]

    def is_failed(self, addresses: Collection[IPAddress]) -> bool:
        """Whether somebody other than BGP says that the host with these addresses is gone."""
        return not self._failed.keys().isdisjoint(addresses)

    def lost_at(self, prefix: Prefix, addresses: Collection[IPAddress]) -> float:
        """Since when a host that is LOST is."""
        return max(
            (
                *(self._failed[each] for each in addresses if each in self._failed),
                *(self._sessions[each].lost for each in addresses if each in self._sessions),
                *(self._departed[prefix, each][1] for each in addresses if (prefix, each) in self._departed),
            ),
            default=0.0,
        )

    def is_up(self, peer: IPAddress) -> bool:
        """Whether the session with it is up."""
        session = self._sessions.get(peer)
        return session is not None and session.since is not None

    @property
    def have_sessions(self) -> bool:
        """Whether a session is up."""
        return any(session.since is not None for session in self._sessions.values())

    @property
    def are_known(self) -> bool:
        """Whether ExaBGP has mentioned any neighbor."""
        return bool(self._sessions)

    @property
    def all_have_told(self) -> bool:
        """Whether every neighbor that is expected has told us all; False if none is expected."""
        return bool(self._expected) and all(
            (session := self._sessions.get(each)) is not None and bool(session.told) for each in self._expected
        )

    def rows(self, now: float) -> list[NeighborRow]:
        """Every neighbor, for people: whether its session is up, for how many seconds, and whether it has told all."""
        known = self._expected | self._mentioned
        without = [(peer, _Session()) for peer in known - self._sessions.keys()]
        return [
            NeighborRow(
                address=str(peer),
                up=session.since is not None,
                seconds=round(now - since, 1) if (since := session.since or session.lost) else None,
                has_told_all=bool(session.told),
            )
            for peer, session in sorted([*self._sessions.items(), *without], key=lambda each: str(each[0]))
        ]

    def to_json(self) -> dict[str, Any]:
        """Everything known, as JSON values; `from_json` reads it."""
        return {
            "sessions": {
                str(peer): [each.since, each.lost, sorted(map(str, each.told)), each.settled]
                for peer, each in self._sessions.items()
            },
            "departed": [[str(prefix), str(a), how.value, at] for (prefix, a), (how, at) in self._departed.items()],
            "failed": {str(address): at for address, at in self._failed.items()},
            "expected": sorted(map(str, self._expected)),
            "unheard": self.unheard,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The Neighbors of another process, from what its `to_json` gave."""
        known = cls()
        for address, (since, lost, families, settled) in told["sessions"].items():
            peer = parse_address(address)
            known.down(peer, lost)
            if since is not None:
                known.up(peer, since)
            for family in families:
                known.end_of_rib(peer, None if family == "None" else family)
            known._sessions[peer].settled = settled
        for prefix, address, how, at in told["departed"]:
            known.departed([(parse_prefix(prefix), parse_address(address))], Standing(how), at)
        for address, at in told["failed"].items():
            known.failed(parse_address(address), at)
        known.expect(list(map(parse_address, told["expected"])))
        known.unheard = told.get("unheard", False)
        return known


@dataclass(slots=True)
class _Timer:
    """`due`: None until the first KEEPALIVE: without these it would expire on a peer that has nothing to say.

    `has_run_out`: it is over, but it may be our own ExaBGP that said nothing.
    """

    hold_time: float
    due: float | None = None
    has_run_out: bool = False
    has_expired: bool = False


class HoldTimers:
    """A hold timer for each session whose OPEN we have seen.

    One that has run out expires as soon as our own ExaBGP has said anything after that.
    """

    def __init__(self) -> None:
        self._timers: dict[IPAddress, _Timer] = {}

    def opened(self, peer: IPAddress, hold_time: float) -> bool:
        """The peer proposes this hold time; 0: none. Whether the timer of an earlier session had expired.

        What is agreed is the smaller of its and our own (RFC 4271 section 4.2), so we are never too early.
        """
        had_expired = self.closed(peer)
        if hold_time > 0:
            self._timers[peer] = _Timer(hold_time)
        return had_expired

    def kept_alive(self, peer: IPAddress, now: float) -> bool:
        """A KEEPALIVE. Whether the timer had expired."""
        timer = self._timers.get(peer)
        return timer is not None and self._restart(timer, now)

    def updated(self, peer: IPAddress, now: float) -> bool:
        """An UPDATE, which counts like a KEEPALIVE. Whether the timer had expired."""
        timer = self._timers.get(peer)
        return timer is not None and timer.due is not None and self._restart(timer, now)

    def closed(self, peer: IPAddress) -> bool:
        """The session is over. Whether the timer had expired."""
        timer = self._timers.pop(peer, None)
        return timer is not None and timer.has_expired

    def run_out(self, now: float) -> bool:
        """Let those run out that are due. Whether any did."""
        ran_out = False
        for timer in self._timers.values():
            if timer.due is None or timer.has_run_out or timer.due > now:
                continue
            if now - timer.due > LATE:
                self._restart(timer, now)
            else:
                timer.has_run_out = ran_out = True
        return ran_out

    def expire(self) -> Collection[IPAddress]:
        """Our ExaBGP has said something: the peers whose timers had run out, and expire now."""
        expired = [peer for peer, timer in self._timers.items() if timer.has_run_out and not timer.has_expired]
        for peer in expired:
            self._timers[peer].has_expired = True
        return expired

    def start_anew(self, now: float) -> None:
        """Our ExaBGP stood still, and keepalives with it: all begin again but those that have expired."""
        for timer in self._timers.values():
            if timer.due is not None and not timer.has_expired:
                self._restart(timer, now)

    def due(self, peer: IPAddress) -> float | None:
        """When the timer of this peer runs out; None: it has none, or that has run out."""
        timer = self._timers.get(peer)
        return None if timer is None or timer.has_run_out else timer.due

    def next_due(self) -> float | None:
        """When `run_out` has something to do next."""
        return min((t.due for t in self._timers.values() if t.due is not None and not t.has_run_out), default=None)

    @staticmethod
    def _restart(timer: _Timer, now: float) -> bool:
        had_expired, timer.has_expired = timer.has_expired, False
        timer.due, timer.has_run_out = now + timer.hold_time, False
        return had_expired


def as_if_internal(events: Iterable[Event], external_as: int | None) -> tuple[Event, ...]:
    """What an external neighbor says, its paths without that AS where it is the whole AS path.

    What an instance announces itself has no AS path in its own RIB. Its peers in another AS see one of length 1, and
    each would think its own path the better one.
    """
    if external_as is None:
        return tuple(events)
    only_theirs = (AsSegment(SegmentKind.SEQUENCE, (external_as,)),)
    return tuple(
        Announce(replace(each.path, attributes=replace(each.path.attributes, as_path=())))
        if isinstance(each, Announce) and each.path.attributes.as_path == only_theirs
        else each
        for each in events
    )
