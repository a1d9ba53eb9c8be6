"""The VPC side as EC2 told it, once: immutable tables, routes and interfaces.

Fields follow https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html and its neighbours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from bgp2vpc.prefix import IPAddress, Prefix


class TargetKind(Enum):
    """What a route points at. Values are the words shown to people."""

    INTERFACE = "interface"
    LOCAL = "local"
    GATEWAY = "gateway"
    NAT = "nat-gateway"
    TRANSIT_GATEWAY = "transit-gateway"
    PEERING = "vpc-peering"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Target:
    """`eni-…`, `igw-…`, `local` …; `kind` says which without looking at the text."""

    kind: TargetKind
    id: str

    def __str__(self) -> str:
        return self.id


def interface_target(interface_id: str) -> Target:
    """The only kind of target we ever write: an ENI, never an instance (EC2 refuses those with several ENIs)."""
    return Target(TargetKind.INTERFACE, interface_id)


class RouteState(Enum):
    """`State` of a route; EC2 also documents `filtered` without explaining it."""

    ACTIVE = "active"
    BLACKHOLE = "blackhole"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """An entry of a route table. `destination` is text only for a managed prefix list (`pl-…`)."""

    destination: Prefix | str
    target: Target
    state: RouteState = RouteState.ACTIVE
    propagated: bool = False
    instance_id: str | None = None

    def __str__(self) -> str:
        return f"{self.destination} {self.target} {self.state.value}{' propagated' if self.propagated else ''}"


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table. `subnet_ids` lists explicit associations only; subnets without one use the main table."""

    id: str
    vpc_id: str
    main: bool = False
    subnet_ids: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    # Every decision looks routes up by prefix, and a table may hold a thousand.
    _static: Mapping[Prefix | str, Route] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        static = {route.destination: route for route in self.routes if not route.propagated}
        object.__setattr__(self, "_static", static)

    def static_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that CreateRoute made (or `local`); a propagated twin does not count."""
        return self._static.get(prefix)

    def propagated_route(self, prefix: Prefix) -> Route | None:
        """The route of exactly this prefix that a virtual private gateway propagated."""
        return next((r for r in self.routes if r.destination == prefix and r.propagated), None)

    def with_static_route(self, prefix: Prefix, route: Route | None) -> "RouteTable":
        """The same table with `route` as the static route of `prefix`, or with none."""
        others = tuple(r for r in self.routes if r.destination != prefix or r.propagated)
        return replace(self, routes=others if route is None else (*others, route))


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of this instance; `addresses` are its private IPv4 and its IPv6 addresses."""

    id: str
    vpc_id: str
    subnet_id: str
    device_index: int
    addresses: frozenset[IPAddress] = frozenset()
    source_dest_check: bool = False


class InstanceHealth(Enum):
    """DescribeInstanceStatus in one word. GONE: not running. UNKNOWN: EC2 knows no such instance in our account.

    An unknown one may have been terminated long ago, and then its route is a black hole, or belong to another account
    that shares the VPC with us, and then it may be as well as can be.
    """

    OK = "ok"
    IMPAIRED = "impaired"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Instance:
    """This instance: who we are."""

    id: str
    region: str
    vpc_id: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What EC2 said, once. `health` knows only the instances somebody asked about; `instance_id` is our own."""

    tables: Mapping[str, RouteTable]
    interfaces: tuple[Interface, ...]
    health: Mapping[str, InstanceHealth] = field(default_factory=dict)
    instance_id: str = ""

    @property
    def own_health(self) -> InstanceHealth | None:
        """How we are, if somebody asked."""
        return self.health.get(self.instance_id)

    def with_tables(self, fresh: Iterable[RouteTable], asked: Iterable[str]) -> "Snapshot":
        """The same snapshot with newer copies of the tables in `asked`; one that was not found is gone."""
        gone = set(asked)
        tables = {table_id: table for table_id, table in self.tables.items() if table_id not in gone}
        tables.update((table.id, table) for table in fresh)
        return replace(self, tables=tables)

    def interface(self, interface_id: str) -> Interface | None:
        """Our interface of this id."""
        return next((i for i in self.interfaces if i.id == interface_id), None)
