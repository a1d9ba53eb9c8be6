"""Handovers: whom we expect to write in our stead, and who has let us wait for too long. Pure; times in seconds."""

from collections.abc import Collection
from typing import Final

from bgp2vpc.prefix import Prefix
from bgp2vpc.routing.plan import Key, Verdict

PATIENCE: Final = 2.0
"""Seconds that another instance has to hear of the change, to read the table and to write."""
FORGIVEN: Final = 60.0
"""Seconds after which one that has let us wait is expected to write again."""


class Handovers:
    """Per place the interface whose owner should write there."""

    def __init__(self) -> None:
        self.patience = PATIENCE
        self._awaited: dict[Key, tuple[str, float]] = {}
        self._overdue: dict[tuple[Key, str], float] = {}

    @property
    def overdue(self) -> Collection[tuple[Key, str]]:
        """(place, interface) of those that have let us wait, as of the last `expire`; live."""
        return self._overdue.keys()

    @property
    def are_awaited(self) -> bool:
        """Whether somebody else is expected to write somewhere."""
        return bool(self._awaited)

    def decided(self, key: Key, verdict: Verdict | None, holder: str, now: float) -> None:
        """What was decided about a place; None: nothing is to be said of it. `holder`: what the route points at."""
        interface = verdict.awaits if verdict else None
        if interface is None:
            self._awaited.pop(key, None)
        elif self._awaited.get(key, ("", 0.0))[0] != interface:
            self._awaited[key] = (interface, now + self.patience)
        self._overdue.pop((key, holder), None)  # it has written after all

    def news(self, prefixes: Collection[Prefix]) -> None:
        """Something is different with these: who did not write then may do so now, and is given the time."""
        for each in [each for each in self._overdue if each[0][1] in prefixes]:
            del self._overdue[each]

    def expire(self, now: float) -> tuple[frozenset[Key], frozenset[Key]]:
        """Returns the places where somebody is overdue from now on, and those where somebody is not any more."""
        late = {key: interface for key, (interface, until) in self._awaited.items() if until <= now}
        forgiven = {each for each, until in self._overdue.items() if until <= now}
        for each in forgiven:
            del self._overdue[each]
        for key, interface in late.items():
            del self._awaited[key]
            self._overdue[key, interface] = now + FORGIVEN
        return frozenset(late), frozenset(key for key, _ in forgiven)

    def next_expiry(self) -> float | None:
        """When `expire` has something to do next."""
        return min(
            (until for until in (*(u for _, u in self._awaited.values()), *self._overdue.values())), default=None
        )
