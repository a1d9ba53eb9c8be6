"""What may happen to a fleet. Each kind draws what exactly and when, and mends what it broke."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.model import InstanceHealth
from tests.simulation.ec2 import SETTLE_TIME, Weather
from tests.simulation.fleet import GATEWAY, STRANGER, Fleet
from tests.simulation.host import Health, Host, Service

Happening = Callable[[Fleet, Random, float], None]
"""Draws one, and has it happen at that second."""


def _at(fleet: Fleet, when: float, what: str, action: Callable[[], object]) -> None:
    def happen() -> None:
        fleet.trace("world", what)
        action()

    fleet.at(when, happen)


def _somebody(fleet: Fleet, random: Random) -> Host:
    return random.choice(fleet.hosts)


def _bridge(fleet: Fleet, random: Random) -> Host:
    return random.choice([host for host in fleet.hosts if host.place.bridge])


def _prefix(fleet: Fleet, random: Random) -> Prefix:
    return random.choice(fleet.plan.prefixes)


def _table(fleet: Fleet, random: Random) -> str:
    return random.choice(sorted(fleet.plan.tables))


def _seconds(random: Random, least: float, most: float) -> float:
    """Short ones as likely as long ones."""
    return least * (most / least) ** random.random()


def service_changes(fleet: Fleet, random: Random, when: float) -> None:
    """A service becomes well, sick, disabled, or is withdrawn."""
    host, prefix = _somebody(fleet, random), _prefix(fleet, random)
    health = random.choices(list(Health), [5, 1, 2, 3])[0]

    def change() -> None:
        host.serve(prefix, replace(host.services.get(prefix, Service()), health=health))

    _at(fleet, when, f"{host.name}: {prefix} is {health.name}", change)


def attributes_change(fleet: Fleet, random: Random, when: float) -> None:
    """Somebody configures other attributes."""
    host, prefix = _somebody(fleet, random), _prefix(fleet, random)
    change = random.choice(
        [
            {"med": random.choice([50, 100, 200])},
            {"local_preference": random.choice([50, 100, 200])},
            {"prepends": random.randrange(3)},
            {"origin": random.choice(["igp", "egp", "incomplete"])},
        ]
    )

    def configure() -> None:
        host.serve(prefix, replace(host.services.get(prefix, Service()), **change))

    _at(fleet, when, f"{host.name}: {prefix} has {change}", configure)


def service_flaps(fleet: Fleet, random: Random, when: float) -> None:
    """Down and up in turns, faster than anybody should move a route."""
    host, prefix = _somebody(fleet, random), _prefix(fleet, random)
    down = random.choice([Health.SICK, Health.WITHDRAWN])
    for turn in range(random.randint(4, 12)):
        health = Health.WELL if turn % 2 else down

        def change(health: Health = health) -> None:
            host.serve(prefix, replace(host.services.get(prefix, Service()), health=health))

        _at(fleet, when, f"{host.name}: {prefix} flaps: {health.name}", change)
        when = min(when + _seconds(random, 0.2, 5.0), fleet.plan.calm_at)


def drained(fleet: Fleet, random: Random, when: float) -> None:
    """An operator drains a prefix, and later lets it come back."""
    host, prefix, lasts = _bridge(fleet, random), _prefix(fleet, random), _seconds(random, 3, 90)
    _at(fleet, when, f"{host.name}: {prefix} is drained for {lasts:.1f} s", lambda: host.drain(prefix))
    _at(fleet, when + lasts, f"{host.name}: undrained", host.undrain)


def link_cut(fleet: Fleet, random: Random, when: float) -> None:
    """Two hosts do not reach each other for a while."""
    if not fleet.mesh.sessions:
        return
    session, lasts = random.choice(fleet.mesh.sessions), _seconds(random, 0.5, 90)
    _at(fleet, when, f"{session} cut for {lasts:.1f} s", lambda: session.link(linked=False))
    _at(fleet, when + lasts, f"{session} mended", lambda: session.link(linked=True))


def partition(fleet: Fleet, random: Random, when: float) -> None:
    """Some hosts do not reach the others for a while."""
    side = [host for host in fleet.hosts if random.random() < 0.5]
    speakers = {host.speaker for host in side}
    lasts = _seconds(random, 0.5, 120)
    torn = [each for each in fleet.mesh.sessions if (each.ends[0] in speakers) != (each.ends[1] in speakers)]

    def link(linked: bool) -> None:
        for session in torn:
            session.link(linked=linked)

    names = " ".join(host.name for host in side) or "nobody"
    _at(fleet, when, f"{names} alone for {lasts:.1f} s", lambda: link(False))
    _at(fleet, when + lasts, f"{names} back", lambda: link(True))


def mesh_slow(fleet: Fleet, random: Random, when: float) -> None:
    """Messages between peers take up to two seconds."""
    lasts, delay = _seconds(random, 1, 60), _seconds(random, 0.1, 2.0)

    def slow(delay: float) -> None:
        fleet.mesh.delay = delay

    _at(fleet, when, f"BGP takes up to {delay:.2f} s", lambda: slow(delay))
    _at(fleet, when + lasts, "BGP is quick", lambda: slow(fleet.plan.mesh_delay))


def helper_killed(fleet: Fleet, random: Random, when: float) -> None:
    """kill -9 of the helper; ExaBGP starts it again."""
    host, lasts = _bridge(fleet, random), _seconds(random, 0.1, 20)
    _at(fleet, when, f"{host.name}: helper killed", host.kill_helper)
    _at(fleet, when + lasts, f"{host.name}: helper started", host.start_helper)


def helper_upgraded(fleet: Fleet, random: Random, when: float) -> None:
    """SIGTERM, and a new one."""
    host = _bridge(fleet, random)
    _at(fleet, when, f"{host.name}: helper stopped", host.stop_helper)


def exabgp_killed(fleet: Fleet, random: Random, when: float) -> None:
    """kill -9 of ExaBGP, with its helper, and a new start."""
    host, lasts = _somebody(fleet, random), _seconds(random, 0.2, 30)
    _at(fleet, when, f"{host.name}: exabgp killed", host.kill_exabgp)
    _at(fleet, when + lasts, f"{host.name}: exabgp started", host.start_exabgp)


def exabgp_hangs(fleet: Fleet, random: Random, when: float) -> None:
    """SIGSTOP of ExaBGP alone, and SIGCONT."""
    host, lasts = _bridge(fleet, random), _seconds(random, 0.5, 90)
    _at(fleet, when, f"{host.name}: exabgp hangs for {lasts:.1f} s", host.hang_exabgp)
    _at(fleet, when + lasts, f"{host.name}: exabgp goes on", host.resume_exabgp)


def power_lost(fleet: Fleet, random: Random, when: float) -> None:
    """The host is off without a word, and boots again."""
    host, lasts = _somebody(fleet, random), _seconds(random, 5, 120)
    _at(fleet, when, f"{host.name}: off", host.power_off)
    _at(fleet, when + lasts, f"{host.name}: boots", host.boot)


def terminated(fleet: Fleet, random: Random, when: float) -> None:
    """The instance is gone for good, and its routes are black holes."""
    host = _somebody(fleet, random)

    def terminate() -> None:
        if sum(not each.gone for each in fleet.hosts if each.place.bridge) > 1 or not host.place.bridge:
            fleet.terminate(host)

    _at(fleet, when, f"{host.name}: terminated", terminate)


def frozen(fleet: Fleet, random: Random, when: float) -> None:
    """All processes of the host stop for a while, and go on as if nothing had been."""
    host, lasts = _somebody(fleet, random), _seconds(random, 0.2, 90)
    _at(fleet, when, f"{host.name}: frozen for {lasts:.1f} s", host.freeze)
    _at(fleet, when + lasts, f"{host.name}: thawed", host.thaw)


def impaired(fleet: Fleet, random: Random, when: float) -> None:
    """EC2 says so."""
    host, lasts = _somebody(fleet, random), _seconds(random, 5, 120)
    health = random.choice([InstanceHealth.IMPAIRED, InstanceHealth.UNKNOWN])

    def be(health: InstanceHealth) -> None:
        if not host.gone:
            fleet.vpc.set_health(host.place.instance_id, health)

    _at(fleet, when, f"{host.name}: EC2 says {health.name}", lambda: be(health))
    _at(fleet, when + lasts, f"{host.name}: EC2 says OK", lambda: be(InstanceHealth.OK))


def _weather(fleet: Fleet, host: Host, when: float, lasts: float, weather: Weather, what: str) -> None:
    weather.age = max(weather.age, fleet.plan.age)

    def be(weather: Weather) -> None:
        host.ec2.weather = weather

    _at(fleet, when, f"{host.name}: {what}", lambda: be(weather))
    _at(fleet, when + lasts, f"{host.name}: EC2 is well", lambda: be(Weather(age=fleet.plan.age)))


def ec2_cut(fleet: Fleet, random: Random, when: float) -> None:
    """One host does not reach EC2."""
    lasts = _seconds(random, 1, 90)
    _weather(fleet, _bridge(fleet, random), when, lasts, Weather(cut=True), f"EC2 cut off for {lasts:.1f} s")


def ec2_bad(fleet: Fleet, random: Random, when: float) -> None:
    """Calls of one host fail now and then, or their answers are lost."""
    kinds = random.sample(["throttled", "broken", "lost", "unheard"], random.randint(1, 3))
    weather = Weather(**{kind: random.choice([0.1, 0.3]) for kind in kinds}, slow=random.choice([0.0, 0.0, 1.0]))
    _weather(fleet, _bridge(fleet, random), when, _seconds(random, 5, 90), weather, f"EC2 {weather}")


def ec2_slow(fleet: Fleet, random: Random, when: float) -> None:
    """Each call of one host takes seconds."""
    weather = Weather(slow=_seconds(random, 0.2, 1.4))
    _weather(fleet, _bridge(fleet, random), when, _seconds(random, 5, 90), weather, f"EC2 {weather}")


def reads_old(fleet: Fleet, random: Random, when: float) -> None:
    """What one host reads is up to some seconds old, `settle_time` at most."""
    weather = Weather(age=_seconds(random, 0.3, SETTLE_TIME))
    _weather(fleet, _bridge(fleet, random), when, _seconds(random, 5, 90), weather, f"EC2 {weather}")


def somebody_writes(fleet: Fleet, random: Random, when: float) -> None:
    """Somebody points a route elsewhere."""
    table_id, prefix = _table(fleet, random), _prefix(fleet, random)
    enis = [host.place.interface_id for host in fleet.hosts]
    target = random.choice([*enis, *enis, STRANGER, GATEWAY])
    what = f"somebody writes {table_id} {prefix} {target}"
    _at(fleet, when, what, lambda: fleet.vpc.put(table_id, prefix, target))


def somebody_deletes(fleet: Fleet, random: Random, when: float) -> None:
    """Somebody deletes a route."""
    table_id, prefix = _table(fleet, random), _prefix(fleet, random)
    _at(fleet, when, f"somebody deletes {table_id} {prefix}", lambda: fleet.vpc.put(table_id, prefix, None))


PEACEFUL: tuple[Happening, ...] = (service_changes, attributes_change, drained)
FAILURES: tuple[Happening, ...] = (
    service_flaps,
    link_cut,
    partition,
    mesh_slow,
    helper_killed,
    helper_upgraded,
    exabgp_killed,
    exabgp_hangs,
    power_lost,
    terminated,
    frozen,
    impaired,
    ec2_cut,
    ec2_bad,
    ec2_slow,
    reads_old,
    somebody_writes,
    somebody_deletes,
)
