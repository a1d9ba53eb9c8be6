"""Logs and reports which route tables avoid which zones by their tags. `policy` reads the same tags for decisions."""

import logging
import time
from typing import Any, Final

from bgp2vpc.logs import event
from bgp2vpc.operator.orders import in_utc
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.reconcile.view import View

log = logging.getLogger("bgp2vpc")

VERB: Final = "avoid-zone"
"""The verb of such an order in the status."""


class AvoidedZones(Observer):
    """Compares the tags of all tables after each poll."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._tag = ""
        self._known: dict[str, tuple[frozenset[str], float]] = {}
        """Table id -> its avoided zones, and the Unix time since which they are known."""

    def polled(self) -> None:
        """Log tables that have begun or stopped to avoid zones."""
        before, policy = self._known, self._view.policy
        self._tag = policy.avoid_zone_tag
        found = {id_: zones for id_, each in self._view.tables.items() if (zones := policy.avoided_in(each.table))}
        now = time.time()
        self._known = {
            table_id: before[table_id] if table_id in before and before[table_id][0] == zones else (zones, now)
            for table_id, zones in found.items()
        }
        for table_id in sorted(before.keys() | found.keys()):
            zones, was = found.get(table_id, frozenset()), before.get(table_id, (frozenset(),))[0]
            if zones == was:
                continue
            if not zones:
                event(log, logging.INFO, "zones no longer avoided", table=table_id, zones=_named(was))
                continue
            event(log, logging.INFO, "zones avoided", table=table_id, zones=_named(zones), tag=self._tag)
            region = self._view.instance.region
            # The name of a zone, even of a local zone, begins with its region's name; its id (euw1-az1) does not.
            if unknown := frozenset(each for each in zones if not each.startswith(region) or each == region):
                hint = f"name availability zones of {region}, such as {region}a"
                event(log, logging.WARNING, "tag names no zone", table=table_id, zones=_named(unknown), hint=hint)

    def status(self) -> list[dict[str, Any]]:
        """Rows of `steering` in the status."""
        return [
            {
                "verb": VERB,
                "prefix": None,
                "by": f"tag {self._tag}",
                "reason": _named(zones),
                "since": in_utc(since),
                "until": None,
                "route_table_id": table_id,
            }
            for table_id, (zones, since) in sorted(self._known.items())
        ]


def _named(zones: frozenset[str]) -> str:
    return " ".join(sorted(zones))
