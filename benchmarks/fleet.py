"""What fleets read of EC2 with `poll_time: auto`, how long their failovers take, and a cold start of all at once.

Daemons, BGP and EC2 are those of `tests/simulation`: the real core on virtual time, and EC2's own buckets, one for each
API of the account (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). Of a fleet of more than
`WHOLE` so many are whole daemons, and of the others only the polls are there (`Poller`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.figures import Figure, at_most
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.errors import Throttled
from bgp2vpc.policy.rule import Takeover
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.reconcile.read.poll import Polls
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.vpc.auto_poll_time import auto_poll_time
from tests.simulation.ec2 import SharedVpc
from tests.simulation.fleet import ZONES, Fleet, Plan
from tests.simulation.host import Health, Host, Place, Service

GROUP = 10
"""Instances that announce the same prefixes, into a table of their own; half of a fleet of ten."""
WHOLE = 60
"""Daemons of one fleet at most; the first group decides by BGP, the others have `if_unhealthy`."""
TABLES = 100
PREFIXES = tuple(parse_prefix(f"192.0.2.{number}/32") for number in range(50))
OTHERS = tuple(parse_prefix(f"198.18.{number}.0/24") for number in range(10))
"""Prefixes of groups that are not simulated, in tables of theirs."""
READS = ("DescribeRouteTables", "DescribeNetworkInterfaces", "DescribeInstanceStatus")
QUARTER = 20 * 60 / 4
"""Calls of one describing API in a minute: a quarter of what EC2 allows all of an account."""
SETTLED = 300
"""Seconds in which hosts that have just started look at their tables once more."""
PATIENCE = 3600
"""Seconds that a cold start may take, and in which fleets that do not know their size learn how often to poll."""


class Poller:
    """A host of which there are only the polls: the code that says when, and EC2's buckets. It knows of `members`."""

    def __init__(self, vpc: SharedVpc, members: int, random: Random) -> None:
        self.calls: Counter[str] = Counter()
        self.first_read: float | None = None
        self.poll_time = PollTime()
        self.poll_time.use(None)
        self._vpc = vpc
        self._members = members
        self._random = random

    def boot(self) -> None:
        """From now on."""
        self._task = asyncio.ensure_future(self._run(), loop=self._vpc.clock)

    async def _run(self) -> None:
        polls = Polls(self.poll_time)
        while True:
            polls.begin()
            error = await self._poll(carefully=polls.was_throttled)
            if error is None and self.first_read is None:
                self.first_read = self._vpc.clock.time()
                self.poll_time.know("told by the benchmark", self._members)
            polls.end(error)
            await polls.wait(knows_something=self.first_read is not None)

    async def _poll(self, *, carefully: bool) -> Throttled | None:
        """As `bgp2vpc.reconcile.read.poll.observe`: all calls at once, or the others if the first was not throttled."""
        error = None
        for action in READS[:2]:
            self.calls[action] += 1
            if not self._vpc.has_token(action):
                self.calls["throttled"] += 1
                error = Throttled(action, "RequestLimitExceeded", "")
                self.poll_time.answered(action, 0.1, error)
                if carefully:
                    break
        await asyncio.sleep(self._random.uniform(0.04, 0.12))
        return error


def measure(_: Cloud) -> Iterator[Figure]:
    """Fleets of 10 to 10,000, and one whose hosts do not know how many there are."""
    logging.getLogger("bgp2vpc").setLevel(logging.CRITICAL)
    for size in (10, 100, 1000, 10_000):
        yield from _measure(f"{size:,} instances", size, known=size)
    yield from _measure("10,000 instances, each knows of 10", 10_000, known=GROUP)


def _measure(name: str, size: int, known: int) -> Iterator[Figure]:
    fleet, pollers = _fleet(size, known)
    first_reads = _cold_start(fleet, pollers)
    yield Figure(f"{name}: all boot at once: each has read EC2 after", "s", first_reads)
    # Whoever does not know of the others learns from being throttled how often to poll.
    poll_time = auto_poll_time(size)
    fleet.run_until(fleet.now + (SETTLED + poll_time if known == size else PATIENCE))
    idle = [_minute(fleet, pollers) for _ in range(round(2 * (poll_time if known == size else SETTLED) / 60))]
    yield Figure(f"{name}: `poll_time` then", "s", [each.poll_time.seconds for each in pollers] or [_poll_time(fleet)])
    bounds = (at_most(QUARTER),) if known == size else ()
    for read in READS[:2]:
        yield Figure(f"{name}: {read}", "calls/min", [each[read] for each in idle], bounds)
    throttled = [each["throttled"] for each in idle]
    yield Figure(f"{name}: throttled", "calls/min", throttled, (at_most(0),) if known == size else ())
    group = [host for host in fleet.hosts if host.place.group == 0]
    before, at, dead = _calls(group), fleet.now, group[0]
    fleet.at(at, dead.power_off)
    _minute(fleet, pollers)
    reads = _calls(group) - before
    moved = [write.at - 1000 - at for write in fleet.writes if write.old == dead.place.interface_id and write.new]
    in_all = sum(reads[each] for each in READS)
    yield Figure(f"{name}: owner of 50 prefixes dies: reads of its group", "calls", [in_all])
    yield Figure(f"{name}: ReplaceRoute", "calls", [reads["ReplaceRoute"]], (at_most(len(PREFIXES)),))
    yield Figure(f"{name}: each of its routes moved after", "s", moved, (at_most(5.0),))
    back = _without_bgp(fleet)
    yield Figure(f"{name}: with `if_unhealthy`: a withdrawn route is back after", "s", back)
    fleet.close()


def _without_bgp(fleet: Fleet) -> Sequence[float]:
    """Seconds for which there is no route where BGP does not decide: until the next poll of another host."""
    prefix, at = PREFIXES[0], fleet.now
    gone: dict[str, float] = {}
    back: list[float] = []
    for table_id, group in fleet.plan.groups.items():
        owner = fleet.host_of(fleet.holder(table_id, prefix))
        if group in fleet.plan.takeovers and owner is not None:
            fleet.at(at, owner.serve, prefix, Service(Health.WITHDRAWN))
            gone[table_id] = at
    fleet.run_until(at + 1.2 * _poll_time(fleet) + 60)
    for write in fleet.writes:
        if write.table_id in gone and write.prefix == prefix and write.at - 1000 > at and write.new is not None:
            back.append(write.at - 1000 - gone.pop(write.table_id))
    return back


def _fleet(size: int, known: int) -> tuple[Fleet, list[Poller]]:
    whole, group = min(size, WHOLE), min(GROUP, size // 2)
    places = tuple(Place(number=n + 1, zone=ZONES[n % 2], group=n // group) for n in range(whole))
    of_group = {f"rtb-{number}": number for number in range(whole // group)}
    others = {f"rtb-{number}": number for number in range(whole // group, TABLES)} if known > whole else {}
    tables = dict.fromkeys(of_group | others, ZONES[0])
    plan = Plan(
        hosts=places, tables=tables, prefixes=PREFIXES, poll_time=None, groups=of_group | others,
        takeovers=dict.fromkeys(range(1, whole // group), Takeover.IF_UNHEALTHY),
    )  # fmt: skip
    fleet = Fleet(plan, size)
    random = Random(size)
    for number, table_id in enumerate(others):
        # An owner for each group that is not simulated: by these the daemons know how many instances there are.
        for each, prefix in enumerate(OTHERS[: (known - whole) // GROUP // len(others)]):
            owner = f"{number}-{each}"
            fleet.vpc.add_interface(f"eni-{owner}", f"i-{owner}", subnet_id="subnet-1")
            fleet.vpc.put_route(table_id, str(prefix), f"eni-{owner}")
    fleet.vpc.remember()
    for host in fleet.hosts:
        start = random.uniform(0.0, 1.0)
        fleet.at(start, host.boot)
        med = 100 if host.place.number % group == 1 else 200
        # Calls of the others do not depend on how much they announce, but the time this takes does.
        for prefix in PREFIXES if host.place.group == 0 else PREFIXES[:1]:
            fleet.at(start, host.serve, prefix, Service(Health.WELL, med=med))
    pollers = [Poller(fleet.vpc, known, random) for _ in range(size - whole)]
    for each in pollers:
        fleet.at(random.uniform(0.0, 1.0), each.boot)
    return fleet, pollers


def _cold_start(fleet: Fleet, pollers: Sequence[Poller]) -> Sequence[float]:
    """Let all boot in one second; after how many seconds each has read EC2 for the first time."""
    read: dict[int, float] = {}
    while len(read) < len(fleet.hosts) and fleet.now < PATIENCE:
        fleet.run_until(fleet.now + 0.25)
        for host in fleet.hosts:
            daemon = host.daemon
            if host.place.number not in read and daemon and daemon.parts.reconciler.first_observation.is_set():
                read[host.place.number] = fleet.now
    while fleet.now < PATIENCE and any(each.first_read is None for each in pollers):
        fleet.run_until(fleet.now + 10)
    return [*read.values(), *(each.first_read - 1000 for each in pollers if each.first_read is not None)]


def _poll_time(fleet: Fleet) -> float:
    """That of a daemon."""
    daemon = fleet.hosts[-1].daemon
    assert daemon is not None
    return daemon.parts.reconciler.poll_time.seconds


def _minute(fleet: Fleet, pollers: Sequence[Poller]) -> Counter[str]:
    """What all hosts together call in the next minute."""
    before = _calls([*fleet.hosts, *pollers])
    fleet.run_until(fleet.now + 60.0)
    return _calls([*fleet.hosts, *pollers]) - before


def _calls(hosts: Sequence[Host | Poller]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in hosts:
        total.update(each.calls if isinstance(each, Poller) else each.ec2.calls)
    return total
