"""The RIB: an Adj-RIB-In for every source, and per prefix the paths offered for it (RFC 4271 section 3.2).

Time is an argument, in seconds of any monotonic clock. Nothing here does I/O.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw, WithdrawAll
from bgp2vpc.bgp.path import SELF, Path
from bgp2vpc.prefix import IPAddress, Prefix


class MaximumPrefixReached(Exception):
    """The source offers as many prefixes as it may (the idea of RFC 4486 section 4, without ending the session)."""


class Side(Enum):
    """Who offers a path: a source on this host, the configuration while a health check passes, or a BGP peer.

    What LOCAL sources offer counts wherever it is accepted; what a CHECK offers, where a route is bound to that check.
    """

    LOCAL = "local"
    CHECK = "check"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Offer:
    """A path together with the source that offers it. `router_id` only for peers, where known."""

    source: str
    path: Path
    side: Side = Side.LOCAL
    router_id: IPAddress | None = None


PathKey = tuple[Prefix, int | None]
"""What tells the paths of one source apart: the prefix and the path identifier (RFC 7911)."""


@dataclass(slots=True)
class SourcePaths:
    """All paths of one source, as received. `stale` ones are kept until their time for it to say them again."""

    side: Side
    router_id: IPAddress | None
    max_prefixes: int
    paths: dict[PathKey, Path] = field(default_factory=dict)
    stale: dict[PathKey, float] = field(default_factory=dict)
    is_open: bool = True


NOTHING: frozenset[Prefix] = frozenset()


class Rib:
    """Every method that may change an offer returns the prefixes whose offers did change: none for a repetition."""

    def __init__(self) -> None:
        self._sources: dict[str, SourcePaths] = {}
        self._offers: dict[Prefix, tuple[Offer, ...]] = {}
        self._seen: set[Prefix] = set()
        self._remembers_seen = True

    @property
    def offers(self) -> Mapping[Prefix, tuple[Offer, ...]]:
        """Prefix -> every path offered for it, stale ones included; a live, read-only view."""
        return MappingProxyType(self._offers)

    @property
    def seen(self) -> Collection[Prefix]:
        """Prefixes that a source of this host has announced or withdrawn so far: of these we know more than the VPC.

        Live. What a BGP peer says of a prefix tells nothing about our own path for it.
        """
        return self._seen

    def forget_seen(self) -> None:
        """What was seen does not matter any more, and would only take memory."""
        self._remembers_seen = False
        self._seen.clear()

    def sources(self) -> Iterator[tuple[str, SourcePaths]]:
        """Every source that is open or still has stale paths."""
        return iter(self._sources.items())

    def count(self, source: str) -> int:
        """How many paths the Adj-RIB-In of this source holds."""
        adj = self._sources.get(source)
        return len(adj.paths) if adj else 0

    def next_hops(self, source: str, events: Collection[Event] | None = None) -> set[tuple[Prefix, IPAddress]]:
        """Prefix and next hop of the paths of a source; with `events`, of those that these are about."""
        adj = self._sources.get(source)
        if adj is None:
            return set()
        keys: Iterable[PathKey] = adj.paths
        if events is not None and not any(isinstance(each, WithdrawAll | EndOfRib) for each in events):
            said = (each.path if isinstance(each, Announce) else each for each in events)
            told = {(each.prefix, each.path_id) for each in said if isinstance(each, Path | Withdraw)}
            keys = told & adj.paths.keys()
        found = {(key[0], adj.paths[key].next_hop) for key in keys}
        return {(prefix, next_hop) for prefix, next_hop in found if next_hop is not SELF}

    def open(
        self, source: str, side: Side = Side.LOCAL, *, router_id: IPAddress | None = None, max_prefixes: int = 1000
    ) -> None:
        """A session begins. Paths held over from an earlier one of the same name stay until said again or stale."""
        adj = self._sources.get(source)
        if adj is None:
            self._sources[source] = SourcePaths(side, router_id, max_prefixes)
            return
        adj.is_open, adj.side, adj.router_id, adj.max_prefixes = True, side, router_id, max_prefixes

    def has_room(self, source: str, events: Collection[Event]) -> bool:
        """Whether an open source may say all of this at once: what MaximumPrefixReached would not stop half-way."""
        adj = self._sources[source]
        if len(adj.paths) + len(events) <= adj.max_prefixes:
            return True
        new = self.count_new(source, events)
        return not new or len(adj.paths) + new <= adj.max_prefixes

    def count_new(self, source: str, events: Collection[Event]) -> int:
        """How many of the paths that are announced here an open source does not offer yet."""
        announced = {(each.path.prefix, each.path.path_id) for each in events if isinstance(each, Announce)}
        return len(announced - self._sources[source].paths.keys())

    def apply(self, source: str, event: Event) -> frozenset[Prefix]:
        """Take in one event of an open source.

        Raises MaximumPrefixReached for a new prefix of a source that has as many as it may; nothing changes then.
        """
        adj = self._sources[source]
        match event:
            case Announce(path):
                key = (path.prefix, path.path_id)
                known = adj.paths.get(key)
                if known is None and len(adj.paths) >= adj.max_prefixes:
                    raise MaximumPrefixReached
                if adj.stale:
                    adj.stale.pop(key, None)
                if known is path or known == path:
                    return NOTHING
                adj.paths[key] = path
                self._speak(adj, path.prefix)
                others = tuple(o for o in self._offers.get(path.prefix, ()) if not _is(o, source, path.path_id))
                self._offers[path.prefix] = (*others, Offer(source, path, adj.side, adj.router_id))
                return frozenset((path.prefix,))
            case Withdraw(prefix, path_id):
                self._speak(adj, prefix)
                return self._remove(source, adj, [(prefix, path_id)])
            case WithdrawAll():
                return self._remove(source, adj, list(adj.paths))
            case EndOfRib(family):
                stale = [k for k in adj.stale if family is None or family.startswith(f"ipv{k[0].version}")]
                return self._remove(source, adj, stale)

    def close(self, source: str, now: float, hold: float) -> frozenset[Prefix]:
        """The session is over; its paths go after `hold` seconds unless said again by then (RFC 4724's restart).

        What the session did not say again since an earlier end keeps the time it was given then.
        """
        adj = self._sources.get(source)
        if adj is None:
            return NOTHING
        adj.is_open = False
        if hold > 0 and adj.paths:
            for key in adj.paths:
                adj.stale.setdefault(key, now + hold)
            return NOTHING
        changed = self._remove(source, adj, list(adj.paths))
        del self._sources[source]
        return changed

    def expire(self, now: float) -> frozenset[Prefix]:
        """Drop the stale paths whose time is over."""
        changed = NOTHING
        for source, adj in list(self._sources.items()):
            changed |= self._remove(source, adj, [key for key, until in adj.stale.items() if until <= now])
            if not adj.is_open and not adj.paths:
                del self._sources[source]
        return changed

    def next_expiry(self) -> float | None:
        """When `expire` has something to do next, or None."""
        return min((until for adj in self._sources.values() for until in adj.stale.values()), default=None)

    def _speak(self, adj: SourcePaths, prefix: Prefix) -> None:
        if self._remembers_seen and adj.side is Side.LOCAL:
            self._seen.add(prefix)

    def _remove(self, source: str, adj: SourcePaths, keys: list[PathKey]) -> frozenset[Prefix]:
        changed = set()
        for key in keys:
            adj.stale.pop(key, None)
            if adj.paths.pop(key, None) is None:
                continue
            prefix, path_id = key
            remaining = tuple(o for o in self._offers[prefix] if not _is(o, source, path_id))
            if remaining:
                self._offers[prefix] = remaining
            else:
                del self._offers[prefix]
            changed.add(prefix)
        return frozenset(changed)


def _is(offer: Offer, source: str, path_id: int | None) -> bool:
    return offer.source == source and offer.path.path_id == path_id
