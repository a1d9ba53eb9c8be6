"""Keeps the last events of the log in memory, and finds those about a prefix.

There is a ring of all events, a ring of failures, so that successes do not push them out, and one of each prefix or
prefix list. All are bounded: `KEPT` events, `KEPT_FAILURES`, `KEPT_OF_PREFIX` for one prefix and `KEPT_OF_PREFIXES` for
all prefixes together, and `LONGEST` characters for the words and for each field. If the prefixes have too many events,
the prefix without an event for the longest time is dropped first.
"""

import logging
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bgp2vpc.logs import field_text
from bgp2vpc.names import CHECK, PEER

KEPT: Final = 1000
KEPT_FAILURES: Final = 100
KEPT_OF_PREFIX: Final = 100
KEPT_OF_PREFIXES: Final = 10_000
LONGEST: Final = 500
"""Characters of the words, and of each field."""
MOST_FIELDS: Final = 16
EVERYTHING: Final = "all"
"""Stands for the prefix in an event about all prefixes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `at`: Unix seconds; `number`: counts all events; `level`: lower case; `fields`: texts, as logged."""

    at: float
    number: int
    level: str
    words: str
    fields: tuple[tuple[str, str], ...]

    @property
    def is_failure(self) -> bool:
        """True from warnings up: an operator may have to act."""
        return self.level in ("warning", "error", "critical")

    def get(self, key: str) -> str:
        """The field; empty if there is none."""
        return next((value for name, value in self.fields if name == key), "")


class History(logging.Handler):
    """Remembers the records of our loggers, from INFO up, while it is attached."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.count = 0
        """The number of events so far."""
        self._all: deque[Entry] = deque(maxlen=KEPT)
        self._failures: deque[Entry] = deque(maxlen=KEPT_FAILURES)
        self._of: dict[str, deque[Entry]] = {}
        """Prefix -> its events; the prefix whose last event is the oldest comes first."""
        self._total = 0
        self._sources: Mapping[str, Collection[str]] = {}

    def attach(self) -> None:
        """Start to remember events."""
        logging.getLogger("bgp2vpc").addHandler(self)

    def detach(self) -> None:
        """Remember no further events."""
        logging.getLogger("bgp2vpc").removeHandler(self)

    def relate(self, sources: Mapping[str, Collection[str]]) -> None:
        """Set prefix -> sources that may offer it: their events belong to its story even before they offer it."""
        self._sources = sources

    def emit(self, record: logging.LogRecord) -> None:
        """Add a record; the caller, `logging.Handler.handle`, holds the handler's lock."""
        raw = getattr(record, "fields", None)
        raw = raw if isinstance(raw, Mapping) else {}
        self.count += 1
        fields = tuple((key, field_text(value)[:LONGEST]) for key, value in list(raw.items())[:MOST_FIELDS])
        words = record.getMessage()[:LONGEST]
        entry = Entry(record.created, self.count, record.levelname.lower(), words, fields)
        self._all.append(entry)
        if entry.is_failure:
            self._failures.append(entry)
        if prefix := entry.get("prefix") or entry.get("prefix_list"):
            self._remember(prefix, entry)
        prefixes = raw.get("prefixes")
        for each in prefixes if isinstance(prefixes, list | tuple) else ():
            self._remember(str(each), entry)

    def _remember(self, prefix: str, entry: Entry) -> None:
        ring = self._of.pop(prefix, None)
        if ring is None:
            ring = deque(maxlen=KEPT_OF_PREFIX)
        self._total += len(ring) < KEPT_OF_PREFIX
        ring.append(entry)
        self._of[prefix] = ring
        while self._total > KEPT_OF_PREFIXES and len(self._of) > 1:
            self._total -= len(self._of.pop(next(iter(self._of))))

    # Copies of the remembered events, the oldest first

    def last(self, count: int = KEPT) -> list[Entry]:
        """The last events."""
        with _held(self):
            return list(self._all)[-count:]

    def failures(self, count: int = KEPT_FAILURES) -> list[Entry]:
        """The last warnings and errors."""
        with _held(self):
            return list(self._failures)[-count:]

    def prefixes(self) -> list[str]:
        """The prefixes that have events of their own."""
        with _held(self):
            return [prefix for prefix in self._of if prefix != EVERYTHING]

    def story(self, prefix: str) -> list[Entry]:
        """The events of this prefix, in order, and those of the sources that have announced it or may do so."""
        with _held(self):
            related = self._sources.get(prefix, ())
            is_known = prefix in self._of or bool(related)
            own = [*self._of.get(prefix, ()), *(self._of.get(EVERYTHING, ()) if is_known else ())]
            sources = {source for entry in own if (source := entry.get("source"))}.union(related)
            known = {entry.number for entry in own}
            own += [each for each in self._all if each.number not in known and _is_of(each, sources)]
        return sorted(own, key=lambda entry: entry.number)


@contextmanager
def _held(handler: logging.Handler) -> Iterator[None]:
    """Hold the handler's lock, since records come from threads, too."""
    handler.acquire()
    try:
        yield
    finally:
        handler.release()


def _is_of(entry: Entry, sources: Collection[str]) -> bool:
    """Whether the event is about one of these sources (its session, check or peer) and about no single prefix."""
    if entry.get("prefix") or entry.get("prefixes"):
        return False
    check, peer = entry.get("check"), entry.get("peer")
    names = (entry.get("source"), check and f"{CHECK}{check}", peer and f"{PEER}{peer}")
    return any(name in sources for name in names if name)
