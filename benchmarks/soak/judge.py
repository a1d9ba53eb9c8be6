"""What must hold, as it is seen from outside: route tables, calls of the stand-in for EC2, /proc and logs."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bgp2vpc.demo.cloud.values import CloudCall

WELL_WITHIN = 120.0
"""Seconds after the end of a fault within which all has to be well."""
MOST_TURNS = 4
"""Changes of the writer of one route within a minute: a fault and its end are two, and a change of the script."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What /proc says of a daemon; `at`: seconds since the run began."""

    at: float
    memory_mb: float
    descriptors: int


@dataclass(frozen=True, slots=True)
class Minute:
    """One fault and what came of it. `well_s`: seconds from its end until all was well; `lost`: packets of a client."""

    fault: str
    host: str
    at_s: float
    well_s: float | None
    gap_ms: float
    lost: int


def growth(samples: Sequence[Sample], of: Callable[[Sample], float], since: float) -> float | None:
    """How much more it is in the last sixth of the run than in the sixth that begins at `since`: medians.

    None: the run is too short to tell.
    """
    sixth = (samples[-1].at - samples[0].at) / 6
    early = [of(each) for each in samples if since <= each.at < since + sixth]
    late = [of(each) for each in samples if each.at >= max(samples[-1].at - sixth, since + sixth)]
    return statistics.median(late) - statistics.median(early) if early and late else None


def rows(text: str) -> dict[str, str]:
    """Prefix -> target of a table as `Cloud.routes` writes it."""
    return {words[0]: words[1] for words in map(str.split, text.splitlines())}


def misplaced(
    tables: Mapping[str, Mapping[str, str]], offered: Mapping[str, Collection[str]], prefixes: Collection[str]
) -> list[str]:
    """Routes that are not where they belong. `offered`: interface -> what its host announces."""
    found = []
    for (table, routes), prefix in itertools.product(tables.items(), sorted(prefixes)):
        target, by = routes.get(prefix), sorted(each for each, its in offered.items() if prefix in its)
        if target is None and by:
            found.append(f"{table} {prefix}: no route, although {' and '.join(by)} announce it")
        elif target in offered and target not in by:
            found.append(f"{table} {prefix}: goes to {target}, who has withdrawn it")
    return found


def turns(writes: Iterable[CloudCall]) -> list[str]:
    """Routes that two hosts have written in turns, more often than what happened to them explains."""
    writers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for call in writes:
        if call.status == 200:
            key = call.parameters["RouteTableId"], call.parameters["DestinationCidrBlock"]
            writers[key].append(call.caller)
    changes = {key: sum(a != b for a, b in itertools.pairwise(by)) for key, by in writers.items()}
    return [f"{' '.join(key)}: {count} changes of writer" for key, count in changes.items() if count > MOST_TURNS]


def trespasses(writes: Iterable[CloudCall], prefixes: Collection[str]) -> list[str]:
    """Writes of routes that are none of the pair's."""
    return [f"{each.caller}: {each}" for each in writes if each.parameters["DestinationCidrBlock"] not in prefixes]
