"""One VPC, and the way each host sees it: late, old, and with failures of its own."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from bgp2vpc.errors import Credentials, Ec2Error, NoAnswer, Throttled, Transient
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.vpc.api import VpcApi
from bgp2vpc.vpc.model import InstanceHealth, Interface, RouteTable, Subnet, Target
from tests.memory_vpc import MemoryVpc
from tests.simulation.clock import Clock, Fate, Trip

T = TypeVar("T")
TIMEOUT = 3.0
"""Seconds after which a call without an answer is given up."""
_ERRORS = {
    Fate.THROTTLED: Throttled,
    Fate.BROKEN: Transient,
    Fate.LOST: NoAnswer,
    Fate.UNHEARD: NoAnswer,
    Fate.EXPIRED: Credentials,
}
_MISFORTUNES = tuple(_ERRORS)
SETTLE_TIME = 10.0
"""Seconds that a read is old at most, as the daemons' `settle_time` says."""
REMEMBERED = 30.0
"""Seconds of the past that a read may show at most."""


@dataclass(frozen=True, slots=True)
class Read:
    """A read of tables that EC2 answered: when it was asked, what second it shows, and when the answer came."""

    asked: float
    shows: float
    answered: float


@dataclass(frozen=True, slots=True)
class Write:
    """A write that EC2 accepted: `old` and `new` are ids of interfaces or gateways, None: no route.

    `read`: the last read of the table that the writer had an answer to when it sent the write.
    """

    at: float
    writer: str
    table_id: str
    prefix: Prefix
    old: str | None
    new: str | None
    read: Read | None = None

    def __str__(self) -> str:
        return f"{self.table_id} {self.prefix} {self.old} -> {self.new}"


@dataclass(slots=True)
class Bucket:
    """EC2's token bucket of one API, for the whole account: `size` at once, `rate` a second after that."""

    size: float
    rate: float
    tokens: float
    at: float = 0.0

    def takes(self, now: float) -> bool:
        """Whether the call is not throttled."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class SharedVpc(MemoryVpc):
    """Remembers how the tables were, so that each reader may see another age of them, and who wrote what.

    `wrote` hears of every write as soon as it is done. Each API has its own bucket:
    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    """

    def __init__(self, clock: Clock, wrote: Callable[[Write], None]) -> None:
        self.clock = clock
        self._times: list[float] = []
        self._past: list[dict[str, RouteTable]] = []
        self._shown_past: dict[int, list[RouteTable]] = {}
        self.buckets: dict[str, Bucket] = {}
        self._wrote = wrote
        super().__init__()

    def remember(self) -> None:
        """The tables have changed."""
        now = self.clock.time()
        self._shown_past.clear()
        while len(self._times) > 1 and self._times[1] < now - REMEMBERED:
            del self._times[0], self._past[0]
        self._times.append(now)
        self._past.append(dict(self._tables))

    def tables_as_of(self, when: float) -> list[RouteTable]:
        """All tables as they were then; states of routes as they are now."""
        number = max(0, bisect_right(self._times, when) - 1)
        if number not in self._shown_past:
            self._shown_past[number] = [self._shown(table) for table in self._past[number].values()]
        return self._shown_past[number]

    def set_health(self, instance_id: str, health: InstanceHealth) -> None:
        """As World's."""
        super().set_health(instance_id, health)
        self._shown_past.clear()

    def remove_interface(self, interface_id: str) -> None:
        """As World's."""
        super().remove_interface(interface_id)
        self._shown_past.clear()

    def has_token(self, operation: str) -> bool:
        """Whether the account may make this call now."""
        now = self.clock.time()
        size, rate = (100.0, 20.0) if operation.startswith("Describe") else (50.0, 5.0)
        return self.buckets.setdefault(operation, Bucket(size, rate, size, now)).takes(now)

    def holder(self, table_id: str, prefix: Prefix) -> str | None:
        """What the route points at, in truth."""
        route = self._tables[table_id].static_route(prefix)
        return route.target.id if route else None

    def is_there(self, interface_id: str) -> bool:
        """Whether the interface exists."""
        return interface_id in self._interfaces

    def put(self, table_id: str, prefix: Prefix, target: str | None, writer: str = "somebody") -> None:
        """Somebody else writes, or (None) deletes."""
        old = self.holder(table_id, prefix)
        if target is None:
            self.remove_route(table_id, str(prefix))
        else:
            self.put_route(table_id, str(prefix), target)
        self.written(writer, table_id, prefix, old)

    def written(self, writer: str, table_id: str, prefix: Prefix, old: str | None, read: Read | None = None) -> None:
        """A write was done."""
        self.remember()
        self._wrote(Write(self.clock.time(), writer, table_id, prefix, old, self.holder(table_id, prefix), read))


@dataclass(slots=True)
class Weather:
    """How calls of one host fare: the share of each misfortune, and seconds at most that one takes, or a read is old.

    `cut`: the host does not reach EC2 at all.
    """

    throttled: float = 0.0
    broken: float = 0.0
    lost: float = 0.0
    unheard: float = 0.0
    expired: float = 0.0
    slow: float = 0.0
    age: float = 0.0
    cut: bool = False


class Ec2View(VpcApi):
    """EC2 as one host reaches it. `trip` is drawn before each call; the call itself finds its fate waiting."""

    def __init__(self, name: str, vpc: SharedVpc, random: Random, told: Callable[[str, str], None]) -> None:
        self.weather = Weather()
        self.calls: Counter[str] = Counter()
        """By operation, and by fate."""
        self._name = name
        self._vpc = vpc
        self._clock = vpc.clock
        self._random = random
        self._told = told
        self._reads: dict[str, list[Read]] = {}
        """By table, in the order in which they were made."""

    # How calls travel

    def trip(self) -> Trip:
        """How long the next call takes, and what becomes of it."""
        fate = self._fate()
        most = self.weather.slow or 0.04
        there, back = (0.02 + self._random.uniform(0.0, most) for _ in range(2))
        if fate in (Fate.LOST, Fate.UNHEARD):
            back = TIMEOUT - there
        return Trip(there, back, fate)

    def _fate(self) -> Fate:
        weather = self.weather
        if weather.cut:
            return Fate.UNHEARD
        number = self._random.random()
        for fate in _MISFORTUNES:
            number -= getattr(weather, fate.value)
            if number < 0:
                return fate
        return Fate.FAIR

    def _call(self, operation: str, arguments: str, action: Callable[[], T]) -> T:
        fate = self._clock.trip.fate
        self.calls[operation] += 1
        if fate in (Fate.FAIR, Fate.LOST) and not self._vpc.has_token(operation):
            fate = Fate.THROTTLED
        self.calls[fate.value] += 1
        self._told(self._name, f"{operation} {arguments}{'' if fate is Fate.FAIR else f': {fate.value}'}")
        if fate is Fate.FAIR:
            return action()
        if fate is Fate.LOST:
            with suppress(Ec2Error):
                action()
        raise _ERRORS[fate](operation, fate.value, "the simulation")

    # VpcApi

    def route_tables(self, vpc_ids: Collection[str], table_ids: Collection[str] = ()) -> tuple[RouteTable, ...]:
        def read() -> tuple[RouteTable, ...]:
            age = self._random.uniform(0.0, self.weather.age) if self.weather.age else 0.0
            tables = self._vpc.tables_as_of(self._clock.time() - age)
            wanted = [t for t in tables if t.vpc_id in vpc_ids and (not table_ids or t.id in table_ids)]
            self._note_read([table.id for table in wanted], age)
            return tuple(sorted(wanted, key=lambda table: table.id))

        return self._call("DescribeRouteTables", " ".join(sorted(table_ids)), read)

    def _note_read(self, table_ids: Collection[str], age: float) -> None:
        now, trip = self._clock.time(), self._clock.trip
        if trip.fate is not Fate.FAIR:
            return
        read = Read(now - trip.there, now - age, now + trip.back)
        for table_id in table_ids:
            recent = [each for each in self._reads.get(table_id, ()) if each.answered > now - REMEMBERED]
            self._reads[table_id] = [*recent, read]

    def interfaces(self, instance_id: str) -> tuple[Interface, ...]:
        return self._call("DescribeNetworkInterfaces", instance_id, lambda: self._vpc.interfaces(instance_id))

    def interfaces_by_id(self, interface_ids: Collection[str]) -> tuple[Interface, ...]:
        shown = " ".join(sorted(interface_ids))
        return self._call("DescribeNetworkInterfaces", shown, lambda: self._vpc.interfaces_by_id(interface_ids))

    def interfaces_at(self, vpc_ids: Collection[str], addresses: Collection[IPAddress]) -> tuple[Interface, ...]:
        shown = " ".join(map(str, sorted(addresses)))
        return self._call("DescribeNetworkInterfaces", shown, lambda: self._vpc.interfaces_at(vpc_ids, addresses))

    def subnets(self, vpc_ids: Collection[str]) -> tuple[Subnet, ...]:
        return self._call("DescribeSubnets", "", lambda: self._vpc.subnets(vpc_ids))

    def instance_health(self, instance_ids: Collection[str]) -> Mapping[str, InstanceHealth]:
        shown = " ".join(sorted(instance_ids))
        return self._call("DescribeInstanceStatus", shown, lambda: self._vpc.instance_health(instance_ids))

    def create_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        self._write("CreateRoute", table_id, prefix, lambda: self._vpc.create_route(table_id, prefix, target), target)

    def replace_route(self, table_id: str, prefix: Prefix, target: Target) -> None:
        self._write("ReplaceRoute", table_id, prefix, lambda: self._vpc.replace_route(table_id, prefix, target), target)

    def delete_route(self, table_id: str, prefix: Prefix) -> None:
        self._write("DeleteRoute", table_id, prefix, lambda: self._vpc.delete_route(table_id, prefix))

    def _write(
        self, operation: str, table_id: str, prefix: Prefix, action: Callable[[], None], target: Target | str = ""
    ) -> None:
        def write() -> None:
            old = self._vpc.holder(table_id, prefix)
            action()
            sent = self._clock.time() - self._clock.trip.there
            answered = [read for read in self._reads.get(table_id, ()) if read.answered <= sent]
            read = max(answered, key=lambda each: each.asked, default=None)
            self._vpc.written(self._name, table_id, prefix, old, read)

        self._call(operation, f"{table_id} {prefix} {target}", write)
