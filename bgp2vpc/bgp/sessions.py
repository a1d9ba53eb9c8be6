"""BGP sessions as ExaBGP reports them, and why a neighbor offers no path. Pure; `now`: seconds of a monotonic clock.

`Neighbors` answers one question, about a host that offers no path for a prefix: did it withdraw the path, or did we
lose the session with it?
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
"""Maximum number of departed paths that are remembered; the oldest are dropped first."""


class Standing(Enum):
    """Why a host offers us no path for a prefix."""

    WITHDRAWN = "withdrawn"
    """It withdrew the path, or has not announced it again in a new session although it had the time."""
    SILENT = "silent"
    """It has had the time to announce all its paths, and never announced this one."""
    LOST = "lost"
    """The session is down, or ended while the path was offered and has not been replaced by a newer one."""
    UNKNOWN = "unknown"
    """It is not a neighbor of ours, or has not announced all its paths yet."""


@dataclass(slots=True)
class _Session:
    """One session. `since`: when it came up; None: it is down, since `lost`.

    `told`: the families whose end-of-RIB has come, None for all families. `settled`: it has been up long enough for the
    peer to announce everything (`waited_enough`). `is_removed`: it is up with a neighbor that is no longer configured,
    so our own ExaBGP ends it.
    """

    since: float | None = None
    lost: float = 0.0
    told: set[str | None] = field(default_factory=set)
    settled: bool = False
    is_removed: bool = False

    @property
    def is_up(self) -> bool:
        """Whether it is established."""
        return self.since is not None


class Neighbors:
    """The sessions by neighbor address, and the paths that neighbors no longer offer."""

    def __init__(self) -> None:
        self.unheard = False
        """Our own ExaBGP hangs, so neither updates nor session states arrive."""
        self.doubtful_until: float | None = None
        """Sessions that were lost up to then may have been lost by an outage of our own link; None: no such doubt."""
        self.silent: frozenset[IPAddress] = frozenset()
        """Hosts of such sessions that do not answer although our link is back: they are lost without doubt."""
        self._sessions: dict[IPAddress, _Session] = {}
        self._departed: dict[tuple[Prefix, IPAddress], tuple[Standing, float]] = {}
        self._failed: dict[IPAddress, float] = {}
        self._expected: frozenset[IPAddress] = frozenset()
        self._mentioned: set[IPAddress] = set()
        """Neighbors that ExaBGP lists without a session. For `rows` only; no decision depends on them."""

    # Events

    def expect(self, addresses: Collection[IPAddress]) -> None:
        """Set the addresses of the configured neighbors. One that is not configured any more is forgotten once down."""
        for gone in self._expected.difference(addresses):
            session = self._sessions.get(gone)
            if session is not None and session.is_up:
                session.is_removed = True
            elif session is not None:
                del self._sessions[gone]
        for each in addresses:
            if each in self._sessions:
                self._sessions[each].is_removed = False
        self._expected = frozenset(addresses)
        self._mentioned &= self._expected

    def mention(self, peer: IPAddress) -> None:
        """ExaBGP lists this neighbor, without a session."""
        self._mentioned.add(peer)

    def forget(self) -> None:
        """Forget all neighbors, sessions and departed paths."""
        self._sessions.clear()
        self._departed.clear()
        self._failed.clear()
        self._mentioned.clear()
        self._expected = frozenset()

    @property
    def addresses(self) -> frozenset[IPAddress]:
        """The neighbors that are configured or have had a session event."""
        return self._expected.union(self._sessions)

    @property
    def expected(self) -> frozenset[IPAddress]:
        """The addresses of the configured neighbors."""
        return self._expected

    def up(self, peer: IPAddress, now: float) -> None:
        """The session is established."""
        session = self._sessions.setdefault(peer, _Session())
        if not session.is_up:
            session.since, session.told, session.settled = now, set(), False
            # The peer may announce again in this session what it withdrew in an earlier one.
            withdrawn = (
                key for key, (how, _) in self._departed.items() if key[1] == peer and how is Standing.WITHDRAWN
            )
            self.departed(list(withdrawn), Standing.LOST, now)

    def down(self, peer: IPAddress, now: float) -> bool:
        """The session is down. Returns whether that is a change."""
        before = self._sessions.get(peer)
        if before is not None and not before.is_up:
            return False
        if before is not None and before.is_removed:
            del self._sessions[peer]
        else:
            self._sessions[peer] = _Session(lost=now)
        return True

    def end_of_rib(self, peer: IPAddress, family: str | None) -> bool:
        """End-of-RIB of a family, or of all if None (RFC 4724 section 2). Returns whether it is the first."""
        session = self._sessions.get(peer)
        if session is None or not session.is_up or family in session.told:
            return False
        session.told.add(family)
        return True

    def waited_enough(self, now: float, patience: float) -> bool:
        """Take sessions that have been up for `patience` seconds for complete, with or without end-of-RIB.

        Returns whether that changed any session.
        """
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
        """Record that these paths, by prefix and next hop, are no longer offered, and why."""
        for key in paths:
            self._departed.pop(key, None)
            self._departed[key] = how, now
        while len(self._departed) > REMEMBERED:
            del self._departed[next(iter(self._departed))]

    def failed(self, address: IPAddress, now: float) -> None:
        """Our own hold timer or the Serf agent reports that this host is down, although its session may be up."""
        self._failed.setdefault(address, now)

    def recovered(self, address: IPAddress) -> None:
        """No such report holds any longer."""
        self._failed.pop(address, None)

    # Conclusions

    def lost_since(self, address: IPAddress, now: float) -> float:
        """When a host whose session ends now was lost: `now`, or earlier if it was reported as failed before."""
        return self._failed.get(address, now)

    def standing(self, prefix: Prefix, addresses: Collection[IPAddress]) -> Standing:
        """Why the host with these addresses offers us no path for the prefix."""
        is_failed = self.is_failed(addresses)
        if is_failed or self.unheard:
            return Standing.LOST if is_failed else Standing.UNKNOWN
        left = [self._departed[prefix, each] for each in addresses if (prefix, each) in self._departed]
        departures = {how for how, _ in left}
        sessions = [self._sessions[each] for each in addresses if each in self._sessions]
        up = [each for each in sessions if each.is_up]
        if up:
            # An end-of-RIB alone is no proof: ExaBGP sends it at once, and its scripts announce later.
            has_told = any(each.settled for each in up)
            if Standing.WITHDRAWN in departures or not has_told or not left:
                silence = Standing.SILENT if has_told else Standing.UNKNOWN
                return Standing.WITHDRAWN if Standing.WITHDRAWN in departures else silence
            # Only a session that began after the loss counts. One that was up all along, such as that of the other
            # address family, does not bring the path back.
            lost_at = max(at for _, at in left)
            newer = [each for each in up if each.since is not None and each.since >= lost_at]
            said = Standing.WITHDRAWN if any(each.settled for each in newer) else Standing.UNKNOWN
            return said if newer else Standing.LOST
        if sessions or not self._expected.isdisjoint(addresses):
            return Standing.LOST
        # No neighbor of ours: its paths came through another speaker, such as a route reflector.
        return next((how for how in Standing if how in departures), Standing.UNKNOWN)

    def departed_from(self, addresses: Collection[IPAddress]) -> list[Prefix]:
        """The prefixes that the host with these addresses offered and no longer offers, as far as remembered."""
        return [prefix for prefix, next_hop in self._departed if next_hop in addresses]

    def is_failed(self, addresses: Collection[IPAddress]) -> bool:
        """Whether our own hold timer or the Serf agent reports that the host with these addresses is down."""
        return not self._failed.keys().isdisjoint(addresses)

    def lost_at(self, prefix: Prefix, addresses: Collection[IPAddress]) -> float:
        """When a host whose standing is LOST was lost: the latest of its failure, session end and path's departure."""
        return max(
            (
                *(self._failed[each] for each in addresses if each in self._failed),
                *(self._sessions[each].lost for each in addresses if each in self._sessions),
                *(self._departed[prefix, each][1] for each in addresses if (prefix, each) in self._departed),
            ),
            default=0.0,
        )

    def is_doubtful(self, lost_at: float, addresses: Collection[IPAddress]) -> bool:
        """Whether not the host with these addresses was lost at that time, but perhaps our own link."""
        return self.doubtful_until is not None and lost_at <= self.doubtful_until and self.silent.isdisjoint(addresses)

    def any_lost_since(self, when: float) -> bool:
        """Whether a session that is down ended since then, or a host was reported as down since then and still is."""
        ended = (session.lost for session in self._sessions.values() if not session.is_up)
        return any(at >= when for at in (*ended, *self._failed.values()))

    def is_up(self, peer: IPAddress) -> bool:
        """Whether the session with `peer` is up."""
        session = self._sessions.get(peer)
        return session is not None and session.is_up

    def up_before(self, when: float) -> list[IPAddress]:
        """The peers whose sessions are up, and have been since before that."""
        return [peer for peer, each in self._sessions.items() if each.since is not None and each.since < when]

    def is_removed(self, peer: IPAddress) -> bool:
        """Whether the session with `peer` is up although it is no longer configured, so that our own ExaBGP ends it."""
        session = self._sessions.get(peer)
        return session is not None and session.is_removed

    @property
    def have_sessions(self) -> bool:
        """Whether any session is up."""
        return any(session.is_up for session in self._sessions.values())

    @property
    def are_known(self) -> bool:
        """Whether ExaBGP has reported a session of any neighbor, up or down."""
        return bool(self._sessions)

    @property
    def all_have_told(self) -> bool:
        """Whether every configured neighbor has sent an end-of-RIB or is settled; False if none is configured."""
        return bool(self._expected) and all(
            (session := self._sessions.get(each)) is not None and bool(session.told) for each in self._expected
        )

    def rows(self, now: float) -> list[NeighborRow]:
        """A row of the status for every neighbor: up or down, for how many seconds, whether its RIB is complete."""
        known = self._expected | self._mentioned
        without = [(peer, _Session()) for peer in known - self._sessions.keys()]
        return [
            NeighborRow(
                address=str(peer),
                up=session.is_up,
                seconds=round(now - since, 1) if (since := session.since or session.lost) else None,
                has_told_all=bool(session.told),
            )
            for peer, session in sorted([*self._sessions.items(), *without], key=lambda each: str(each[0]))
        ]

    def to_json(self) -> dict[str, Any]:
        """The whole state as JSON values, for `from_json`."""
        return {
            "sessions": {
                str(peer): [each.since, each.lost, sorted(map(str, each.told)), each.settled]
                for peer, each in self._sessions.items()
            },
            "departed": [[str(prefix), str(a), how.value, at] for (prefix, a), (how, at) in self._departed.items()],
            "failed": {str(address): at for address, at in self._failed.items()},
            "expected": sorted(map(str, self._expected)),
            "unheard": self.unheard,
            "doubtful_until": self.doubtful_until,
            "silent": sorted(map(str, self.silent)),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The Neighbors of another process, from the output of its `to_json`."""
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
        known.doubtful_until = told.get("doubtful_until")
        known.silent = frozenset(map(parse_address, told.get("silent", ())))
        return known


def as_if_internal(events: Iterable[Event], external_as: int | None) -> tuple[Event, ...]:
    """The events of an external neighbor, with the AS path removed where it consists only of that neighbor's AS.

    In its own RIB an instance's paths have an empty AS path, but instances in another AS receive them with length 1.
    Each instance would therefore prefer its own path.
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
