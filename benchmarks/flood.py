"""Three scripts that print changing announcements without pause: how late are an answer, a health check, the loop?"""

import sys
import time
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.figures import Figure, at_most
from benchmarks.service import connections, witness
from benchmarks.subject import SILENT, Pipe, fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud

SECONDS = 20.0
PAUSE = 0.02
EVERY = 0.5
FLOOD = """
import itertools
for med in itertools.count():
    for number in range(333):
        print(f"announce route 198.18.{10 * SCRIPT + number // 256}.{number % 256}/32 next-hop self med {med % 1000}")
"""
"""Nobody reads the answers of these, as of many scripts."""
CHECKED = "127.78.0.1"


def measure(cloud: Cloud) -> Iterator[Figure]:
    """1000 prefixes in two tables, of which every line changes one."""
    floods = {f"flood{number}": [sys.executable, "-c", f"SCRIPT = {number}{FLOOD}"] for number in range(3)}
    with connections() as (listener, port), witness(listener) as seen:
        check = {"type": "tcp", "destination": CHECKED, "every": EVERY, "timeout": EVERY, "config": {"port": port}}
        route = {"cidr": "192.0.2.53/32", "healthcheck": "service"}
        more = {
            "healthchecks": {"service": check},
            "processes": {name: {"run": run} for name, run in {**floods, "healthcheck": SILENT}.items()},
        }
        with running(cloud, fresh_world(cloud), more=more, manage_routes=[route]) as daemon:
            daemon.wait_until_ready()
            start = time.monotonic()
            with daemon.pipe("healthcheck") as healthcheck:
                delays = list(_delays(healthcheck, start + SECONDS))
            end = time.monotonic()
            status = daemon.status()
            daemon.process.kill()  # it would see through what it has begun to write, at EC2's pace
        times = [moment for moment in seen.arrivals()[CHECKED] if start <= moment < end]
    if [row["state"] for row in status["checks"]] != ["healthy"]:
        raise AssertionError(f"the check is {status['checks']}")
    late = [1000 * max(0.0, b - a - EVERY) for a, b in pairwise(times)]
    yield Figure(
        "answer to a healthcheck, beside three scripts that print without pause", "ms", delays, (at_most(100),)
    )
    yield Figure("a health check beside them: late by", "ms", late, (at_most(50),))
    yield Figure("the event loop beside them: late by", "ms", [1000 * status["lag"]])


def _delays(pipe: Pipe, until: float) -> Iterator[float]:
    """Milliseconds from each line to its answer."""
    while time.monotonic() < until:
        said = pipe.say("announce route 192.0.2.54/32 next-hop self med 100")
        pipe.await_answers(1)
        yield 1000 * (time.monotonic() - said)
        time.sleep(PAUSE)
