"""Handovers: whom we expect to write in our stead, and who has let us wait for too long. Pure; times in seconds."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from bgp2vpc.policy.plan import RouteKey, Verdict
from bgp2vpc.prefix import IPAddress, Prefix

PATIENCE: Final = 2.0
"""Seconds that another instance has to hear of the change, to read the table and to write."""
FORGIVEN: Final = 60.0
"""Seconds after which one that has let us wait is expected to write again."""


class _Awaited(NamedTuple):
    """The owner of `interface` should write. We look whether it has at `look_at`; it is late from `overdue_at` on."""

    interface: str
    look_at: float
    overdue_at: float


class Handovers:
    """Per place the interface whose owner should write there.

    Who has let us wait may have written all the same: reads may be up to `settle_time` seconds old.
    """

    def __init__(self, settle_time: float) -> None:
        self._patience = PATIENCE
        self._settle_time = settle_time
        self._awaited: dict[RouteKey, _Awaited] = {}
        self._overdue: dict[tuple[RouteKey, str], float] = {}
        self._unsettled: dict[RouteKey, float] = {}
        self._lost: dict[Prefix, dict[IPAddress, float]] = {}

    @property
    def overdue(self) -> Collection[tuple[RouteKey, str]]:
        """(place, interface) of those that have let us wait, as of the last `expire`; live."""
        return self._overdue.keys()

    @property
    def unsettled(self) -> Collection[RouteKey]:
        """Places where reads may be too old to show what somebody overdue wrote, as of the last `expire`; live."""
        return self._unsettled.keys()

    @property
    def lost(self) -> Mapping[Prefix, Collection[IPAddress]]:
        """Prefix -> next hops of paths whose session was lost of late, as of the last `expire`; live.

        Such a peer may take the route, as soon as it has lost us, and reads are too old to show it.
        """
        return self._lost

    def hurry(self, patience: float) -> None:
        """From now on nobody is given more time than this, and reads are believed."""
        self._patience, self._settle_time = patience, 0.0
        self._unsettled.clear()
        self._lost.clear()

    @property
    def are_awaited(self) -> bool:
        """Whether somebody else is expected to write somewhere."""
        return bool(self._awaited)

    def decided(
        self, key: RouteKey, verdict: Verdict | None, holder: str, now: float, took_at: float = float("-inf")
    ) -> None:
        """What was decided about a place; None: nothing is to be said of it.

        `holder`: what the route points at. `took_at`: when we pointed it at ourselves. For `settle_time` after that, an
        instance that had the route before may still read that it has it, and sees no need to write.
        """
        readable = took_at + self._settle_time
        interface = verdict.awaits if verdict else None
        before = self._awaited.get(key)
        if interface is None:
            self._awaited.pop(key, None)
        else:
            look_at = before.look_at if before and before.interface == interface else now + self._patience
            self._awaited[key] = _Awaited(interface, look_at, max(look_at, readable + self._patience))
        if key in self._unsettled:
            self._unsettled[key] = max(self._unsettled[key], readable + self._patience + self._settle_time)
        self._overdue.pop((key, holder), None)  # it has written after all

    def news(self, prefixes: Collection[Prefix]) -> None:
        """Something is different with these: who did not write then may do so now, and is given the time."""
        for each in [each for each in self._overdue if each[0][1] in prefixes]:
            del self._overdue[each]

    def session_lost(self, paths: Iterable[tuple[Prefix, IPAddress]], now: float) -> None:
        """The session with who offered these paths, by prefix and next hop, is lost."""
        if self._settle_time > 0:
            for prefix, next_hop in paths:
                self._lost.setdefault(prefix, {})[next_hop] = now + self._patience + self._settle_time

    def expire(self, now: float) -> tuple[frozenset[RouteKey], frozenset[Prefix]]:
        """Returns the places to look at again, where somebody has not written yet or what was unsettled has settled,
        and the prefixes of which somebody is overdue, or was lost of late, no longer.
        """
        late = {key: awaited for key, awaited in self._awaited.items() if awaited.look_at <= now}
        forgiven = {each for each, until in self._overdue.items() if until <= now}
        for each in forgiven:
            del self._overdue[each]
        settled = frozenset(key for key, until in self._unsettled.items() if until <= now)
        for key in settled:
            del self._unsettled[key]
        for key, (interface, _, overdue_at) in late.items():
            if overdue_at > now:
                self._awaited[key] = _Awaited(interface, overdue_at, overdue_at)
                continue
            del self._awaited[key]
            self._overdue[key, interface] = now + FORGIVEN
            if self._settle_time > 0:
                self._unsettled[key] = now + self._settle_time
        found = {prefix for prefix, lost in self._lost.items() if min(lost.values()) <= now}
        for prefix in found:
            self._lost[prefix] = {each: until for each, until in self._lost[prefix].items() if until > now}
            if not self._lost[prefix]:
                del self._lost[prefix]
        return frozenset(late) | settled, frozenset(prefix for (_, prefix), _ in forgiven) | found

    def next_expiry(self) -> float | None:
        """When `expire` has something to do next."""
        awaited = (each.look_at for each in self._awaited.values())
        lost = (min(each.values()) for each in self._lost.values())
        return min((*awaited, *self._overdue.values(), *self._unsettled.values(), *lost), default=None)
