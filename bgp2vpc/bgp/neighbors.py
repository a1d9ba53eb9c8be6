"""The neighbors: what our ExaBGP tells about its BGP sessions, and who has gone how. Pure; time is an argument.

A path that is heard speaks for itself. This is about the others: of a neighbor that offers no path, did it say so, or
is it only that we cannot hear it?
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from bgp2vpc.bgp.events import Announce, Event
from bgp2vpc.bgp.path import AsSegment, SegmentKind
from bgp2vpc.prefix import IPAddress, Prefix

REMEMBERED: Final = 10_000
"""Departures; of more, the oldest are forgotten."""


class Standing(Enum):
    """What we know of somebody who offers us no path for a prefix."""

    WITHDRAWN = "withdrawn"
    """It says itself that it has none."""
    SILENT = "silent"
    """It has told us all, and never this."""
    LOST = "lost"
    """The session is down, or was when we last heard of the path."""
    UNKNOWN = "unknown"
    """No neighbor of ours, or one that has not told us all yet."""


@dataclass(slots=True)
class _Session:
    """`since`: when it came up, None: it is down. `told`: the families whose end-of-RIB has come; None: all."""

    since: float | None = None
    told: set[str | None] = field(default_factory=set)

    def has_told(self, prefix: Prefix) -> bool:
        return None in self.told or ("ipv6 unicast" if prefix.is_ipv6 else "ipv4 unicast") in self.told


class Neighbors:
    """Sessions by the neighbor's address. A neighbor is known as soon as ExaBGP mentions it, up or not."""

    def __init__(self) -> None:
        self._sessions: dict[IPAddress, _Session] = {}
        self._departed: dict[tuple[Prefix, IPAddress], Standing] = {}
        self._failed: set[IPAddress] = set()
        self._expected: frozenset[IPAddress] = frozenset()

    # What happens

    def expect(self, addresses: Collection[IPAddress]) -> None:
        """These are configured, whether or not ExaBGP has mentioned them yet."""
        self._expected = frozenset(addresses)

    def up(self, peer: IPAddress, now: float) -> None:
        """The session is established."""
        session = self._sessions.setdefault(peer, _Session())
        if session.since is None:
            session.since, session.told = now, set()

    def down(self, peer: IPAddress) -> bool:
        """There is no session; whether that is news."""
        before = self._sessions.get(peer)
        self._sessions[peer] = _Session()
        return before is None or before.since is not None

    def end_of_rib(self, peer: IPAddress, family: str | None) -> bool:
        """It has told all it has to tell (RFC 4724 section 2); None: of every family. Whether that is news."""
        session = self._sessions.get(peer)
        if session is None or session.since is None or family in session.told:
            return False
        session.told.add(family)
        return True

    def waited_enough(self, now: float, patience: float) -> bool:
        """Who was up for `patience` seconds and sent no end-of-RIB has told all it has; whether that is news."""
        late = [
            session
            for session in self._sessions.values()
            if session.since is not None and None not in session.told and session.since + patience <= now
        ]
        for session in late:
            session.told.add(None)
        return bool(late)

    def departed(self, paths: Iterable[tuple[Prefix, IPAddress]], how: Standing) -> None:
        """These paths, by prefix and next hop, are offered no longer."""
        for key in paths:
            self._departed.pop(key, None)
            self._departed[key] = how
        while len(self._departed) > REMEMBERED:
            del self._departed[next(iter(self._departed))]

    def failed(self, address: IPAddress) -> None:
        """Somebody other than BGP says that this host is gone."""
        self._failed.add(address)

    def recovered(self, address: IPAddress) -> None:
        """It is back."""
        self._failed.discard(address)

    # What follows

    def standing(self, prefix: Prefix, addresses: Collection[IPAddress]) -> Standing:
        """What we know of the host with these addresses, which offers us no path for the prefix."""
        if not self._failed.isdisjoint(addresses):
            return Standing.LOST
        departures = {self._departed[prefix, each] for each in addresses if (prefix, each) in self._departed}
        sessions = [self._sessions[each] for each in addresses if each in self._sessions]
        up = [each for each in sessions if each.since is not None]
        if any(each.has_told(prefix) for each in up):
            return Standing.WITHDRAWN if departures else Standing.SILENT
        if up:
            return Standing.UNKNOWN
        if sessions or not self._expected.isdisjoint(addresses):
            return Standing.LOST
        # Heard of through others, as through a route reflector.
        return next((how for how in Standing if how in departures), Standing.UNKNOWN)

    def is_failed(self, addresses: Collection[IPAddress]) -> bool:
        """Whether somebody other than BGP says that the host with these addresses is gone."""
        return not self._failed.isdisjoint(addresses)

    @property
    def all_have_told(self) -> bool:
        """Whether every neighbor that is expected has told us all; False if none is expected."""
        return bool(self._expected) and all(
            (session := self._sessions.get(each)) is not None and bool(session.told) for each in self._expected
        )


def as_if_internal(events: Iterable[Event], external_as: int | None) -> tuple[Event, ...]:
    """What an external neighbor says, its paths without that AS where it is the whole AS path.

    What an instance announces itself has no AS path in its own RIB. Its peers in another AS see one of length 1, and
    each would think its own path the better one.
    """
    return tuple(events) if external_as is None else tuple(_without_as(each, external_as) for each in events)


def _without_as(event: Event, asn: int) -> Event:
    if not isinstance(event, Announce):
        return event
    path = event.path
    if path.attributes.as_path != (AsSegment(SegmentKind.SEQUENCE, (asn,)),):
        return event
    return Announce(replace(path, attributes=replace(path.attributes, as_path=())))
