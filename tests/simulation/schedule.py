"""A seed made into a fleet, and into what happens to it and when."""

from random import Random

from bgp2vpc.prefix import parse_prefix
from tests.simulation.ec2 import SETTLE_TIME
from tests.simulation.fleet import ZONES, Fleet, Plan
from tests.simulation.happenings import FAILURES, PEACEFUL, Happening
from tests.simulation.host import Health, Place, Service

PREFIXES = tuple(map(parse_prefix, ("192.0.2.1/32", "192.0.2.2/32", "2001:db8:53::1/128")))
STARTED = 20.0
"""By this second everything is up."""


class Schedule:
    """What `seed` makes of it. `peaceful`: services come and go, and nothing fails.

    `only_reads_are_old`: the same, but for EC2's reads, which are up to `settle_time` old at every host.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        random = Random(f"schedule {seed}")
        self.peaceful = seed % 5 == 0
        self.only_reads_are_old = seed % 5 == 1
        age = SETTLE_TIME if self.only_reads_are_old else None
        self.plan = _plan(random, age, peaceful=self.peaceful)
        self._random = random

    def fleet(self, *, traced: bool = False) -> Fleet:
        """A fleet for which all of it is due."""
        fleet = Fleet(self.plan, self.seed, traced=traced)
        random = self._random
        for host in fleet.hosts:
            fleet.at(random.uniform(0.0, 5.0), host.boot)
            for prefix in self.plan.prefixes:
                if random.random() < 0.7:
                    service = Service(Health.WELL, med=random.choice([100, 100, 200]))
                    fleet.at(random.uniform(0.0, STARTED), host.serve, prefix, service)
        kinds = _kinds(random, peaceful=self.peaceful or self.only_reads_are_old)
        for _ in range(random.randint(1, 30)):
            random.choice(kinds)(fleet, random, random.uniform(STARTED, self.plan.calm_at))
        fleet.at(self.plan.calm_at, fleet.calm)
        return fleet


def _plan(random: Random, age: float | None, *, peaceful: bool) -> Plan:
    zones = ZONES[: random.randint(1, 2)]
    writes = random.choice(["own", "own", "any", "some"])
    speakers = writes != "own" and random.random() < 0.5
    places = []
    for number in range(1, random.randint(2, 5) + 1):
        writes_any = writes == "any" or (writes == "some" and (number == 1 or random.random() < 0.4))
        bridge = not (speakers and number > 2 and random.random() < 0.6)
        zone = random.choice(zones)
        places.append(Place(number=number, zone=zone, writes_any=writes_any and bridge, bridge=bridge))
    return Plan(
        hosts=tuple(places),
        tables={f"rtb-{number}": random.choice(zones) for number in range(1, random.randint(1, 3) + 1)},
        prefixes=PREFIXES[: random.randint(1, 3)],
        affinity=random.random() < 0.5,
        mesh_delay=random.choice([0.01, 0.05] if peaceful else [0.01, 0.05, 0.3]),
        calm_at=STARTED + random.choice([30.0, 120.0, 300.0]),
        age=age if age is not None else 0.0 if peaceful else random.choice([0.0, 0.0, 1.0]),
    )


def _kinds(random: Random, *, peaceful: bool) -> list[Happening]:
    """Not all kinds in each schedule, so that some schedules are full of one."""
    if peaceful:
        return [*PEACEFUL]
    return [*PEACEFUL, *random.sample(FAILURES, random.randint(1, len(FAILURES)))]
