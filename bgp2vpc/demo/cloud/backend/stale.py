"""Stale reads: lets DescribeRouteTables show the route tables as they were some time ago."""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.ec2.models.route_tables import RouteTable

from bgp2vpc.demo.cloud.values import StaleReads

Tables = dict[str, RouteTable]


class CloudHistory:
    """Copies of the route tables after each change since the lag was switched on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lag = StaleReads(0)
        self._versions: list[tuple[float, Tables]] = []
        self._reads = 0

    def configure(self, backend: Any, lag: StaleReads) -> None:
        """Set the lag; 0 seconds: none."""
        self._lag, self._versions, self._reads = lag, [], 0
        self.record(backend)

    def record(self, backend: Any) -> None:
        """Copy the tables after a change, and drop copies that are too old to be shown."""
        if not self._lag.seconds:
            return
        then = self._clock() - self._lag.seconds
        current = sum(since <= then for since, _ in self._versions) - 1
        self._versions = self._versions[max(current, 0) :]
        copies = {identifier: copy.copy(table) for identifier, table in backend.route_tables.items()}
        for table in copies.values():
            table._routes = {key: copy.copy(route) for key, route in table._routes.items()}
            table._associations = dict(table._associations)
        self._versions.append((self._clock(), copies))

    @contextmanager
    def shown(self, backend: Any) -> Iterator[None]:
        """Within this context, the backend shows its old tables. Nothing may be written meanwhile."""
        self._reads += 1
        if not self._lag.seconds or (self._lag.flip and self._reads % 2):
            yield
            return
        then = self._clock() - self._lag.seconds
        # There is no copy from before the first one.
        past = [tables for since, tables in self._versions if since <= then] or [self._versions[0][1]]
        present = backend.route_tables
        backend.route_tables = past[-1]
        try:
            yield
        finally:
            backend.route_tables = present
