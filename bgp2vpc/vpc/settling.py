"""Corrects reads that do not show our own last writes yet, since EC2's reads are eventually consistent.

Within the settle time, a read that shows the state *before* our write is taken for stale, and the written route is
used instead. A read that shows any other state is newer than our write and is used as it is. Pure: time is an
argument, in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, RouteTable, Target


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """Our last write at a place. `at`: when EC2 accepted it. `after`: the route it left, None after a delete.

    A read begun before `until` that shows one of the targets `before` (None: no route) is older than the write.
    """

    at: float
    until: float
    before: frozenset[Target | None]
    after: Route | None

    def expecting_others(self) -> "OwnWrite":
        """The write as it counts when another host may soon point the route at its earlier target again.

        A read that shows the earlier target is then believed; only one without a route is still stale.
        """
        return replace(self, before=self.before & {None})


def own_write(
    earlier: OwnWrite | None, before: Target | None, after: Route | None, now: float, settle_time: float
) -> OwnWrite:
    """The record of a write that EC2 has accepted. `earlier`: our previous write at the place, if there is one."""
    old = {before}
    if earlier is not None and earlier.until > now:
        old |= earlier.before  # a read may be older than both writes
    return OwnWrite(now, now + settle_time, frozenset(old - {_target(after)}), after)


def corrected(table: RouteTable, writes: Iterable[tuple[Prefix, OwnWrite]], asked: float) -> RouteTable:
    """The table as a read begun at `asked` shows it, with our own writes where it is older than them."""
    for prefix, write in writes:
        if asked < write.until and _target(table.static_route(prefix)) in write.before:
            table = table.with_static_route(prefix, write.after)
    return table


def _target(route: Route | None) -> Target | None:
    return route.target if route else None
