"""The RIB: an Adj-RIB-In for every source, and the offers for each prefix (RFC 4271 section 3.2).

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
    """The source has reached its limit of paths (as in RFC 4486 section 4, but its session continues)."""


class Side(Enum):
    """The kind of source: a source on this host, a health check of a managed route, or a BGP peer.

    Offers of LOCAL sources apply in every table whose rule accepts the prefix; those of a CHECK only where a managed
    route names that check.
    """

    LOCAL = "local"
    CHECK = "check"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Offer:
    """A path with the source that offers it. `router_id`: of peers only, None if unknown."""

    source: str
    path: Path
    side: Side = Side.LOCAL
    router_id: IPAddress | None = None


PathKey = tuple[Prefix, int | None]
"""The key of a path in an Adj-RIB-In: prefix and path identifier (RFC 7911)."""


@dataclass(slots=True)
class SourcePaths:
    """The Adj-RIB-In of one source.

    `stale`: paths of an ended session, each with the time until which it is kept. `hold`: the hold time of the last
    session that has ended, in seconds.
    """

    side: Side
    router_id: IPAddress | None
    max_prefixes: int
    paths: dict[PathKey, Path] = field(default_factory=dict)
    stale: dict[PathKey, float] = field(default_factory=dict)
    hold: float = 0.0
    is_open: bool = True


NOTHING: frozenset[Prefix] = frozenset()


class Rib:
    """The RIB. Methods that change offers return the prefixes whose offers changed; a repetition changes none."""

    def __init__(self) -> None:
        self._sources: dict[str, SourcePaths] = {}
        self._offers: dict[Prefix, tuple[Offer, ...]] = {}
        self._seen: set[Prefix] = set()
        self._remembers_seen = True
        self.unclaimed: dict[Prefix, float] = {}
        """Prefixes that a reload has left to local sources, none of which has announced or withdrawn them since -> when
        that was (event loop's clock)."""

    @property
    def offers(self) -> Mapping[Prefix, tuple[Offer, ...]]:
        """Prefix -> all paths offered for it, stale ones included. A live, read-only view."""
        return MappingProxyType(self._offers)

    @property
    def seen(self) -> Collection[Prefix]:
        """The prefixes that a source of this host has announced or withdrawn so far. A live view.

        For any other prefix, a route of ours in the VPC may be a leftover of an earlier run. BGP peers do not count.
        """
        return self._seen

    def forget_seen(self) -> None:
        """Stop recording `seen`, once no decision needs it, to save memory."""
        self._remembers_seen = False
        self._seen.clear()

    def sources(self) -> Iterator[tuple[str, SourcePaths]]:
        """The sources that are open or still have stale paths, by name."""
        return iter(self._sources.items())

    def count(self, source: str) -> int:
        """The number of paths in the Adj-RIB-In of `source`."""
        adj = self._sources.get(source)
        return len(adj.paths) if adj else 0

    def next_hops(self, source: str, events: Collection[Event] | None = None) -> set[tuple[Prefix, IPAddress]]:
        """Prefix and next hop of the paths of `source`; with `events`, only of those that these replace or withdraw.

        WithdrawAll and EndOfRib concern all paths. Paths with `next-hop self` are left out.
        """
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
        """Begin a session. Stale paths of an earlier session of this name stay until announced again or expired."""
        adj = self._sources.get(source)
        if adj is None:
            self._sources[source] = SourcePaths(side, router_id, max_prefixes)
            return
        adj.is_open, adj.side, adj.router_id, adj.max_prefixes = True, side, router_id, max_prefixes

    def has_room(self, source: str, events: Collection[Event]) -> bool:
        """Whether an open source can apply all `events` without MaximumPrefixReached."""
        adj = self._sources[source]
        if len(adj.paths) + len(events) <= adj.max_prefixes:
            return True
        new = self.count_new(source, events)
        return not new or len(adj.paths) + new <= adj.max_prefixes

    def count_new(self, source: str, events: Collection[Event]) -> int:
        """The number of paths announced by `events` that the open source does not offer yet."""
        announced = {(each.path.prefix, each.path.path_id) for each in events if isinstance(each, Announce)}
        return len(announced - self._sources[source].paths.keys())

    def apply(self, source: str, event: Event) -> frozenset[Prefix]:
        """Apply one event of an open source.

        Raises MaximumPrefixReached, without any change, for a new path of a source that is at its limit.
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
        """End a session. Its paths become stale and are kept for `hold` seconds (graceful restart, RFC 4724).

        Paths that were already stale keep their earlier expiry. With `hold` 0 all paths are removed at once.
        """
        adj = self._sources.get(source)
        if adj is None:
            return NOTHING
        adj.is_open, adj.hold = False, hold
        if hold > 0 and adj.paths:
            for key in adj.paths:
                adj.stale.setdefault(key, now + hold)
            return NOTHING
        changed = self._remove(source, adj, list(adj.paths))
        del self._sources[source]
        return changed

    def keep_stale(self, source: str, until: float) -> None:
        """Keep the stale paths of this source until then at least."""
        if adj := self._sources.get(source):
            adj.stale = {key: max(each, until) for key, each in adj.stale.items()}

    def expire(self, now: float) -> frozenset[Prefix]:
        """Remove the stale paths whose time has run out."""
        changed = NOTHING
        for source, adj in list(self._sources.items()):
            changed |= self._remove(source, adj, [key for key, until in adj.stale.items() if until <= now])
            if not adj.is_open and not adj.paths:
                del self._sources[source]
        return changed

    def next_expiry(self) -> float | None:
        """When the next stale path expires; None if there is none."""
        return min((until for adj in self._sources.values() for until in adj.stale.values()), default=None)

    def _speak(self, adj: SourcePaths, prefix: Prefix) -> None:
        if adj.side is Side.LOCAL:
            self.unclaimed.pop(prefix, None)
            if self._remembers_seen:
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
