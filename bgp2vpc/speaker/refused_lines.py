"""Lines that were refused, or do less here than in ExaBGP: each is logged once for each source, and counted."""

import logging
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final

from bgp2vpc.logs import event
from bgp2vpc.reconcile.journal import wall_clock
from bgp2vpc.sources.log_limit import Complaints
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.status import OTHERS, RefusedRow

log = logging.getLogger("bgp2vpc")

LOGGED: Final = 200
"""Characters of a line that the log and the status show."""
_TRANSIENT: Final = (SourceKind.CLIENT.value, SourceKind.TEE.value)
"""Kinds of sources that choose their names, so that there is no limit to how many come and go."""


class RefusedLines:
    """The refused and noted lines of all sources.

    Those of a script stay when it ends, so a restart logs none again; they go when a reload removes the script.
    """

    def __init__(self) -> None:
        self._complaints: dict[str, Complaints] = {}
        self._rows: dict[tuple[str, str], RefusedRow] = {}
        self._noted: dict[tuple[str, str], RefusedRow] = {}

    def add(self, source: str, kind: SourceKind, reason: str, line: str, now: float) -> None:
        """Count a line that was refused, all of it or in part, and log it once. `now`: the event loop's time."""
        cut = line[:LOGGED]
        self._count(RefusedRow(source, kind.value, 1, wall_clock(), cut, reason))
        complaints = self._complaints.setdefault(source, Complaints())
        # Scripts repeat their lines every few seconds. The line is compared, too: the same reason with another prefix
        # is another fault, and may be a withdrawal that did not happen.
        if complaints.is_worth_saying(f"{reason}\n{line}", now):
            dropped = complaints.take_dropped() or None
            event(log, logging.WARNING, f"line refused: {reason}", source=source, line=cut, lines_dropped=dropped)

    def note(self, source: str, kind: SourceKind, words: str, line: str, now: float) -> None:
        """Count a line that was accepted but does something else here than its author may expect, and log it once."""
        before = self._noted.get((source, words))
        count = before.count + 1 if before else 1
        self._noted[source, words] = RefusedRow(source, kind.value, count, wall_clock(), line[:LOGGED], words)
        if self._complaints.setdefault(source, Complaints()).is_worth_saying(words, now):
            event(log, logging.WARNING, f"line accepted: {words}", source=source, line=line[:LOGGED])

    def clients_remain(self, names: Container[str]) -> None:
        """Keep only these clients and tees; the refused lines of others are added up in one row (`OTHERS`)."""
        for key in [key for key, row in self._noted.items() if row.kind in _TRANSIENT and row.source not in names]:
            del self._noted[key]
        for source, kind in [each for each in self._rows if each[1] in _TRANSIENT]:
            if source != OTHERS and source not in names:
                self._complaints.pop(source, None)
                self._count(replace(self._rows.pop((source, kind)), source=OTHERS))

    def scripts_remain(self, names: Container[str]) -> None:
        """Forget the lines of all other scripts: a reload has removed them."""
        for rows in (self._rows, self._noted):
            of_scripts = [each for each, row in rows.items() if row.kind == SourceKind.SCRIPT.value]
            for key in [each for each in of_scripts if each[0] not in names]:
                del rows[key]
                self._complaints.pop(key[0], None)

    def noted(self) -> Iterator[RefusedRow]:
        """Rows for the status: lines that were accepted but do something else here."""
        return iter(self._noted.values())

    def rows(self) -> Iterator[RefusedRow]:
        """Rows for the status: how many lines of each source were refused, and the last one."""
        return iter(self._rows.values())

    def _count(self, row: RefusedRow) -> None:
        before = self._rows.pop((row.source, row.kind), None)
        self._rows[row.source, row.kind] = replace(row, count=row.count + before.count) if before else row
