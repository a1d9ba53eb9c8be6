"""What we wrote and EC2 may not show yet. Reads are eventually consistent, so a read soon after a write may be old.

Within the settle time a read that shows what was there *before* the write is taken for old, and the write is believed.
A read that shows anything else is news, and is believed itself. Pure: time is an argument, in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, RouteTable, Target


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """Our last write to a place, which EC2 accepted at `at`; `after` is the route it made (None: there is none).

    Until `until`, a read that shows one of `before` (None: no route) is older than it.
    """

    at: float
    until: float
    before: frozenset[Target | None]
    after: Route | None

    def expecting_others(self) -> "OwnWrite":
        """Somebody else may point the route, soon, at what it pointed at before: a read that shows that is news."""
        return replace(self, before=self.before & {None})


def own_write(
    earlier: OwnWrite | None, before: Target | None, after: Route | None, now: float, settle_time: float
) -> OwnWrite:
    """EC2 accepted a write that turned `before` into `after`, after an `earlier` one."""
    old = {before}
    if earlier is not None and earlier.until > now:
        old |= earlier.before  # a read may be older than both
    return OwnWrite(now, now + settle_time, frozenset(old - {_target(after)}), after)


def corrected(table: RouteTable, writes: Iterable[tuple[Prefix, OwnWrite]], now: float) -> RouteTable:
    """The table as it was read, with our writes where the read is older than they are."""
    for prefix, write in writes:
        if now < write.until and _target(table.static_route(prefix)) in write.before:
            table = table.with_static_route(prefix, write.after)
    return table


def _target(route: Route | None) -> Target | None:
    return route.target if route else None
