"""1,000 prefixes in ten tables: how long a line waits for its answer while a poll decides about all of them."""

import threading
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, Statistic, at_most, goal
from benchmarks.subject import SILENT, Subject, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import WorldSpec
from bgp2vpc.sources.client import ask

PREFIXES, TABLES = 1000, 10
POLLS = 5
BETWEEN = 1.0
"""Seconds between two polls: none begins before the last one's decisions are made."""
PAUSE = 0.001
SETTLED_AFTER = 6.0
"""Seconds after which the daemon has done what it does only once."""


def measure(cloud: Cloud) -> Iterator[Figure]:
    """A line that repeats another takes next to no time itself, so it waits for as long as the event loop is held.

    The guard refuses all changes but the first ones, so that all that is measured is deciding.
    """
    world = fresh_world(cloud, WorldSpec(tables_per_zone=TABLES // 2))
    more = {"max_changes": 1}
    with running(cloud, world, more=more, many=SILENT, healthcheck=SILENT) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe("many") as many, daemon.pipe("healthcheck") as healthcheck:
            many.say(*(f"announce route 198.18.{n >> 8}.{n & 255}/32 next-hop self" for n in range(PREFIXES)))
            many.await_answers(PREFIXES)
            time.sleep(SETTLED_AFTER)
            decided = len(daemon.status()["routes"])
            if decided < PREFIXES * TABLES:
                raise AssertionError(f"{decided} places are decided about, not {PREFIXES * TABLES:,}")
            polling = threading.Thread(target=_poll, args=[daemon])
            polling.start()
            delays = []
            while polling.is_alive():
                said = healthcheck.say("announce route 192.0.2.53/32 next-hop self med 100")
                healthcheck.await_answers(1)
                delays.append(1000 * (time.monotonic() - said))
                time.sleep(PAUSE)
    name = f"answer to a line, while {POLLS} polls decide about {PREFIXES * TABLES:,} (table, prefix)"
    yield Figure(name, "ms", delays, (at_most(100), goal(20, Statistic.MAXIMUM)))


def _poll(daemon: Subject) -> None:
    for _ in range(POLLS):
        ask(daemon.socket, ["bgp2vpc poll"])
        time.sleep(BETWEEN)
