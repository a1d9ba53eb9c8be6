"""Calls of EC2 per minute that fleets make: when all is quiet, and when an instance with 50 prefixes dies.

Daemons, BGP and EC2 are those of `tests/simulation`: the real core on virtual time, and EC2's own buckets, one for each
API of the account (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html).
"""

import logging
from collections import Counter
from collections.abc import Iterator
from random import Random

from benchmarks.figures import Figure, at_most
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.prefix import parse_prefix
from tests.simulation.fleet import ZONES, Fleet, Plan
from tests.simulation.host import Health, Place, Service

GROUP = 10
"""Instances that announce the same prefixes, into a table of their own."""
PREFIXES = tuple(parse_prefix(f"192.0.2.{number}/32") for number in range(50))
SETTLED = 600.0
MINUTES = 2
READS = ("DescribeRouteTables", "DescribeNetworkInterfaces", "DescribeInstanceStatus")
ALLOWED = 20 * 60
"""Calls of one describing API in a minute, for all of an account."""


def measure(_: Cloud) -> Iterator[Figure]:
    """Fleets of 10, 100 and 1,000 at the default `poll_time`."""
    logging.getLogger("bgp2vpc").setLevel(logging.CRITICAL)
    for size in (10, 100, 1000):
        yield from _measure(size, 60.0)


def _measure(size: int, poll_time: float) -> Iterator[Figure]:
    name = f"{size:,} instances, poll_time {poll_time:.0f}"
    fleet = _fleet(size, poll_time)
    fleet.run_until(SETTLED + poll_time)
    idle = [_minute(fleet) for _ in range(MINUTES)]
    for read in READS[:2]:
        yield Figure(f"{name}: {read}", "calls/min", [each[read] for each in idle], (at_most(ALLOWED),))
    throttled = [each["throttled"] for each in idle]
    yield Figure(f"{name}: throttled", "calls/min", throttled, (at_most(0),))
    before, dead = fleet.now, fleet.hosts[0]
    fleet.at(before, dead.power_off)
    minute = _minute(fleet)
    moved = [write.at - 1000 - before for write in fleet.writes if write.old == dead.place.interface_id and write.new]
    more = sum(minute[read] for read in READS) - sum(idle[-1][read] for read in READS)
    yield Figure(f"{name}: owner of 50 prefixes dies: further reads", "calls", [more])
    yield Figure(f"{name}: ReplaceRoute", "calls", [minute["ReplaceRoute"]], (at_most(len(PREFIXES)),))
    yield Figure(f"{name}: each of its routes moved after", "s", moved)
    fleet.close()


def _fleet(size: int, poll_time: float) -> Fleet:
    groups = range(-(-size // GROUP))
    places = tuple(Place(number=n + 1, zone=ZONES[n % 2], group=n // GROUP) for n in range(size))
    tables = {f"rtb-{group}": ZONES[0] for group in groups}
    of_group = {f"rtb-{group}": group for group in groups}
    plan = Plan(hosts=places, tables=tables, prefixes=PREFIXES, poll_time=poll_time, groups=of_group)
    fleet = Fleet(plan, size)
    random = Random(size)
    for host in fleet.hosts:
        # As if each had been started at a time of its own.
        start = random.uniform(0.0, poll_time)
        fleet.at(start, host.boot)
        med = 100 if host.place.number % GROUP == 1 else 200
        # Calls of the others do not depend on how much they announce, but the time this takes does.
        for prefix in PREFIXES if host.place.group == 0 else PREFIXES[:1]:
            fleet.at(start, host.serve, prefix, Service(Health.WELL, med=med))
    return fleet


def _minute(fleet: Fleet) -> Counter[str]:
    """What all hosts together call in the next minute."""
    before = _calls(fleet)
    fleet.run_until(fleet.now + 60.0)
    return _calls(fleet) - before


def _calls(fleet: Fleet) -> Counter[str]:
    return sum((host.ec2.calls for host in fleet.hosts), Counter())
