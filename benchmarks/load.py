"""10,000 announcements in 10 s, and what they do to a healthcheck that waits for its answer."""

import threading
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, at_most
from benchmarks.subject import SILENT, Pipe, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

SECONDS = 10
PER_SECOND = 1000
PREFIXES = 1000
"""As many as one source may have by default."""
TICKS_PER_SECOND = 100
PAUSE = 0.02


def measure(cloud: Cloud) -> Iterator[Figure]:
    """Each announcement is a change: 1000 prefixes in turn, each time with another MED, wanted in two tables."""
    world = fresh_world(cloud)
    with running(cloud, world, flood=SILENT, healthcheck=SILENT) as daemon:
        daemon.wait_until_ready()
        with daemon.pipe("flood") as flood, daemon.pipe("healthcheck") as healthcheck:
            thread = threading.Thread(target=_flood, args=[flood])
            thread.start()
            delays = list(_delays(healthcheck, thread))
            thread.join()
        paths = len(daemon.status()["paths"])
        if paths != PREFIXES + 1:
            raise AssertionError(f"the daemon knows {paths} paths, not {PREFIXES + 1}")
    yield Figure(f"answer to a healthcheck, beside {PER_SECOND:,} announcements/s", "ms", delays, (at_most(100),))


def _flood(pipe: Pipe) -> None:
    start = time.monotonic()
    per_tick = PER_SECOND // TICKS_PER_SECOND
    for tick in range(SECONDS * TICKS_PER_SECOND):
        time.sleep(max(0.0, start + tick / TICKS_PER_SECOND - time.monotonic()))
        numbers = range(tick * per_tick, (tick + 1) * per_tick)
        pipe.say(*(_announcement(n % PREFIXES, n // PREFIXES) for n in numbers))
        pipe.read_answers()


def _announcement(number: int, med: int) -> str:
    return f"announce route 198.18.{number >> 8}.{number & 255}/32 next-hop self med {med}"


def _delays(pipe: Pipe, while_alive: threading.Thread) -> Iterator[float]:
    """Milliseconds from each line to its answer."""
    while while_alive.is_alive():
        said = pipe.say("announce route 192.0.2.53/32 next-hop self med 100")
        pipe.await_answers(1)
        yield 1000 * (time.monotonic() - said)
        time.sleep(PAUSE)
