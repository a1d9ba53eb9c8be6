"""What befalls services that are checked every second, and when their routes are deleted."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.service import Service
from benchmarks.subject import fresh_world, running
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import WorldSpec

EACH = 8
"""Services that suffer the same. Their checks are spread over the second, so all of them may be struck at once."""
EVERY = 1.0
FALL = 2
SLACK = 0.24
"""Seconds for the read that a delete waits for, and our own work."""
HANGS_IF_EXISTS = 'if test -e "$0"; then sleep 1000; fi'


@dataclass(frozen=True, slots=True)
class Case:
    """The check of one service, and what befalls that: `strike` returns when it did."""

    check: dict[str, Any]
    strike: Callable[[], float]


def measure(cloud: Cloud) -> Iterator[Figure]:
    """One daemon has all of these checks, each with a route of its own."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        services = [stack.enter_context(Service("127.0.0.1")) for _ in range(3 * EACH)]
        cases = [
            *(Case(_tcp(service, fall=1), service.kill) for service in services[:EACH]),
            *(Case(_tcp(service), service.kill) for service in services[EACH : 2 * EACH]),
            *(Case(_tcp(service), service.cut_off) for service in services[2 * EACH :]),
            *(_command(home / str(number)) for number in range(EACH)),
        ]
        seconds = _until_deleted(cloud, cases)
    refused_once, refused, dropped, hung = (seconds[n : n + EACH] for n in range(0, len(seconds), EACH))
    # At worst it has just passed; then it is asked, or waits for its time-out, `fall` times.
    yield Figure("check refused, fall 1 -> DeleteRoute", "s", refused_once, (at_most(EVERY + SLACK),))
    yield Figure(f"check refused, fall {FALL} -> DeleteRoute", "s", refused, (at_most(FALL * EVERY + SLACK),))
    limits = (at_most((1 + FALL) * EVERY + SLACK),)
    yield Figure(f"packets dropped, fall {FALL} -> DeleteRoute", "s", dropped, limits)
    yield Figure(f"command hung, fall {FALL} -> DeleteRoute", "s", hung, limits)


def _tcp(service: Service, fall: int = FALL) -> dict[str, Any]:
    config = {"port": service.port}
    return {"type": "tcp", "destination": "127.0.0.1", "config": config, "every": EVERY, "rise": 1, "fall": fall}


def _command(file: Path) -> Case:
    """It hangs as soon as the file exists."""

    def strike() -> float:
        file.touch()
        return time.monotonic()

    config = {"command": "sh", "arguments": ["-c", HANGS_IF_EXISTS, str(file)]}
    check = {"type": "command", "destination": "127.0.0.1", "config": config, "every": EVERY, "rise": 1, "fall": FALL}
    return Case(check, strike)


def _until_deleted(cloud: Cloud, cases: Sequence[Case]) -> list[float]:
    """Seconds from each strike to the arrival of the call at EC2."""
    world = fresh_world(cloud, WorldSpec(zones=("us-east-1a",)))
    names = [f"check-{number}" for number in range(len(cases))]
    prefixes = [f"192.0.2.{number}/32" for number in range(len(cases))]
    checks = {name: case.check for name, case in zip(names, cases, strict=True)}
    routes = [{"cidr": prefix, "healthcheck": name} for prefix, name in zip(prefixes, names, strict=True)]
    with running(cloud, world, more={"healthchecks": checks}, manage_routes=routes):
        cloud.wait_for_calls("CreateRoute", count=len(cases), timeout=20)
        struck = [case.strike() for case in cases]
        cloud.wait_for_calls("DeleteRoute", count=len(cases), timeout=20)
    deleted = {call.parameters["DestinationCidrBlock"]: call.started for call in cloud.calls("DeleteRoute")}
    return [deleted[prefix] - moment for prefix, moment in zip(prefixes, struck, strict=True)]
