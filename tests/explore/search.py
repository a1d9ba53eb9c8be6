"""Breadth first: all states that one event more leads to, each once, until time or depth is over."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import Pool
from typing import Final

from tests.explore.world import STARTS, Violation, World

BATCH: Final = 40
"""States that a process is given at once."""
Trace = tuple[str, ...]
"""The start, then the events."""


@dataclass(frozen=True, slots=True)
class Found:
    """What must never be, and the shortest way to it; `calm`: what happens by itself after the events of the trace."""

    what: str
    trace: Trace
    calm: Trace = ()

    def __str__(self) -> str:
        return "\n  ".join([f"{self.what}:", *self.trace, *(f"(calm) {each}" for each in self.calm)])


@dataclass(slots=True)
class Level:
    """All states at a depth, as far as time allowed. `hits`: deletes that hit the other host's route, by their kind."""

    depth: int
    states: int
    events: int = 0
    is_whole: bool = True
    hits: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Trace] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched: with which MEDs, and with how many failures in one way at most; None: any number."""

    meds: tuple[int, ...] = (100, 200)
    troubles: int | None = None


def levels(
    depth: int,
    scope: Scope = Scope(),
    *,
    seconds: float = float("inf"),
    jobs: int = 1,
) -> Iterator[Level]:
    """One after the other; the last one has what was found, or is as deep as it goes."""
    until = time.monotonic() + seconds
    seen: set[bytes] = set()
    frontier: list[Trace] = [(start,) for start in STARTS]
    with _workers(jobs) as each_of:
        for number in range(1, depth + 1):
            level, ahead = Level(number, 0), []
            for batch in each_of((scope, frontier[at : at + BATCH]) for at in range(0, len(frontier), BATCH)):
                for trace, digest, hits, found in batch:
                    level.events += 1
                    for hit in hits:
                        level.hits[hit] += 1
                        level.examples.setdefault(hit, trace)
                    if found is not None:
                        if found.what not in {each.what for each in level.found}:
                            level.found.append(found)
                    elif digest not in seen:
                        seen.add(digest)
                        ahead.append(trace)
                if time.monotonic() > until:
                    level.is_whole = False
                    break
            level.states = len(seen)
            yield level
            if level.found or not level.is_whole or not ahead:
                return
            frontier = ahead


Expanded = list[tuple[Trace, bytes, tuple[str, ...], Found | None]]
Expand = Callable[[Iterable[tuple[Scope, list[Trace]]]], Iterator[Expanded]]


@contextmanager
def _workers(jobs: int) -> Iterator[Expand]:
    if jobs == 1:
        yield lambda batches: map(_expand, batches)
        return
    with Pool(jobs, initializer=logging.disable) as pool:
        yield lambda batches: pool.imap(_expand, batches)


def replayed(trace: Trace, scope: Scope) -> World:
    """The state after these events. Raises Violation."""
    world = _start(trace[0], scope.meds, scope.troubles).fork()
    for event in trace[1:]:
        world.apply(event)
    return world


_start = cache(World.start)
_calm: set[bytes] = set()
"""States that are known to come out right."""


def _expand(batch: tuple[Scope, list[Trace]]) -> Expanded:
    scope, traces = batch
    found: Expanded = []
    for trace in traces:
        world = replayed(trace, scope)
        for event in list(world.events()):
            after, more = world.fork(), (*trace, event)
            try:
                after.apply(event)
            except Violation as violation:
                found.append((more, b"", (), Found(str(violation), more)))
                continue
            digest, hits = after.digest(), after.hits[len(world.hits) :]
            fault = None
            if digest not in _calm:
                at_rest = after.fork()
                try:
                    _calm.update([digest, *at_rest.calm(_calm)])
                except Violation as violation:
                    fault = Found(str(violation), more, tuple(at_rest.trace))
            found.append((more, digest, hits, fault))
    return found
