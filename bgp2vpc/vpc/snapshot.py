"""What the last reads of EC2 showed, as one value. It is never changed, only replaced. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.model import InstanceHealth, Interface, ManagedPrefixList, RouteTable, Subnet


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What EC2 said, once. `health` knows only the instances somebody asked about; `instance_id` is our own.

    `others`: instance id -> interfaces, by device index, of the other instances that the configuration names.
    `subnets`: subnet id -> subnet; None: nobody asked for them.
    `peer_enis`: interface id -> interface of other instances, as far as somebody asked: of those that announce to us
    and those that hold what we want. `unresolvable`: addresses that no interface of our VPCs has, when it was asked.
    `missing`: interfaces that routes point at and that EC2 does not know. `deleted`: those of them that it did not know
    some time before, either: they are not too new for it to show them.
    `attachments`: our VPC's, to transit gateways; empty if no rule is about their tables.
    `read_at`: when EC2 last told of a table, in seconds of the event loop's clock.
    `unread`: accounts and regions that gave no answer when they were asked last. Their tables are as they were before,
    and which interfaces there are is not known.
    `prefix_lists`: id -> the managed prefix lists of the region; None: nobody asked for them, or EC2 never answered.
    """

    tables: Mapping[str, RouteTable]
    interfaces: tuple[Interface, ...]
    health: Mapping[str, InstanceHealth] = field(default_factory=dict)
    instance_id: str = ""
    others: Mapping[str, tuple[Interface, ...]] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] | None = None
    peer_enis: Mapping[str, Interface] = field(default_factory=dict)
    unresolvable: frozenset[IPAddress] = frozenset()
    missing: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    attachments: tuple[Interface, ...] = ()
    read_at: float = 0.0
    unread: frozenset[Access] = frozenset()
    prefix_lists: Mapping[str, ManagedPrefixList] | None = None

    @property
    def own(self) -> tuple[Interface, ...]:
        """What routes of ours point at: our interfaces, and in transit gateways' tables our VPC's attachments."""
        return (*self.interfaces, *self.attachments)

    @property
    def zone(self) -> str:
        """Our availability zone, that of our first interface; empty if unknown."""
        return min(self.interfaces, key=lambda each: each.position).zone if self.interfaces else ""

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

    def neighbor_at(self, address: IPAddress, vpc_id: str) -> Interface | None:
        """The interface of another instance that has this address in this VPC, if it is known."""
        for each in self.peer_enis.values():
            if each.vpc_id == vpc_id and address in each.addresses:
                return each
        return None

    def is_elsewhere(self, address: IPAddress) -> bool:
        """Whether no VPC that was asked has an interface with this address, or another one has it."""
        return address in self.unresolvable or any(address in each.addresses for each in self.peer_enis.values())

    def interfaces_of(self, instance_id: str | None) -> tuple[Interface, ...]:
        """The interfaces of an instance that the configuration names; None: our own. None at all if it has gone."""
        own = instance_id is None or instance_id == self.instance_id
        return self.interfaces if own else self.others.get(instance_id or "", ())
