"""What we wrote and EC2 may not show yet. Reads are eventually consistent, so a read soon after a write may be old.

Within the settle time a read that shows what was there *before* the write is taken for old, and the write is believed.
A read that shows anything else is news, and is believed itself. Pure: time is an argument, in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import Route, RouteTable, Target


@dataclass(frozen=True, slots=True)
class _Write:
    before: frozenset[Target | None]
    after: Route | None
    until: float


class Settling:
    """The writes of the last `settle_time` seconds."""

    def __init__(self, settle_time: float) -> None:
        self.settle_time = settle_time
        self._writes: dict[str, dict[Prefix, _Write]] = {}

    def wrote(self, table_id: str, prefix: Prefix, before: Target | None, after: Route | None, now: float) -> None:
        """EC2 accepted a write that turned `before` into `after` (None: no route)."""
        writes = self._writes.setdefault(table_id, {})
        old = {before}
        earlier = writes.get(prefix)
        if earlier is not None and earlier.until > now:
            old |= earlier.before  # a read may be older than all of them
        writes[prefix] = _Write(frozenset(old - {_target(after)}), after, now + self.settle_time)

    def expect_others(self, table_id: str, prefix: Prefix) -> None:
        """Somebody else may point the route, soon, at what it pointed at before our write."""
        write = self._writes.get(table_id, {}).get(prefix)
        if write is not None:
            self._writes[table_id][prefix] = replace(write, before=write.before & {None})

    def corrected(self, tables: Iterable[RouteTable], now: float) -> tuple[RouteTable, ...]:
        """The tables as they were read, with our settling writes where the read is older than they are."""
        self._forget(now)
        return tuple(self._correct(table) for table in tables)

    def _correct(self, table: RouteTable) -> RouteTable:
        for prefix, write in self._writes.get(table.id, {}).items():
            if _target(table.static_route(prefix)) in write.before:
                table = table.with_static_route(prefix, write.after)
        return table

    def _forget(self, now: float) -> None:
        for table_id, writes in list(self._writes.items()):
            kept = {prefix: write for prefix, write in writes.items() if write.until > now}
            if kept:
                self._writes[table_id] = kept
            else:
                del self._writes[table_id]


def _target(route: Route | None) -> Target | None:
    return route.target if route else None
