"""The state of the VPC as the last reads of EC2 showed it: one value, never changed, only replaced. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bgp2vpc.prefix import IPAddress
from bgp2vpc.vpc.access import Access
from bgp2vpc.vpc.model import InstanceHealth, Interface, ManagedPrefixList, RouteTable, Subnet


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The results of the last reads.

    `tables`: table id -> table. `interfaces`: this instance's own. `instance_id`: this instance.
    `health`: instance id -> health, only of instances whose health was read.
    `others`: instance id -> interfaces, by device index, of the other instances that the configuration names.
    `subnets`: subnet id -> subnet; None if they were not read.
    `peer_enis`: interface id -> interface, of instances that announce to us or own routes we want, as far as they were
    read. `unresolvable`: addresses that no interface of our VPCs had when they were looked up.
    `missing`: interfaces that routes point at and EC2 does not list. `deleted`: those among them that EC2 did not list
    some time earlier either, so they are not merely too new to be visible.
    `attachments`: our VPC's attachments to transit gateways; empty if no rule selects tables of these.
    `read_at`: when a table was last read, in seconds of the event loop's clock.
    `unread`: accounts and regions whose last read failed. Their tables are those of the read before, and their
    interfaces are unknown.
    `is_transit_unread`: whether the last poll could not read the transit gateways; their tables are those of before.
    `prefix_lists`: id -> managed prefix list of the region; None if they were not read yet.
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
    is_transit_unread: bool = False
    prefix_lists: Mapping[str, ManagedPrefixList] | None = None

    @property
    def own(self) -> tuple[Interface, ...]:
        """The possible targets of our routes: our interfaces, and in transit gateways' tables our VPC's attachments."""
        return (*self.interfaces, *self.attachments)

    @property
    def zone(self) -> str:
        """Our availability zone, taken from our primary interface; empty if unknown."""
        return min(self.interfaces, key=lambda each: each.position).zone if self.interfaces else ""

    @property
    def own_health(self) -> InstanceHealth | None:
        """The health of this instance; None if it was not read."""
        return self.health.get(self.instance_id)

    def with_tables(self, fresh: Iterable[RouteTable], asked: Iterable[str]) -> "Snapshot":
        """A copy with the tables in `asked` replaced by those in `fresh`; a table missing there is removed."""
        gone = set(asked)
        tables = {table_id: table for table_id, table in self.tables.items() if table_id not in gone}
        tables.update((table.id, table) for table in fresh)
        return replace(self, tables=tables)

    def interface(self, interface_id: str) -> Interface | None:
        """Our interface with this id, else None."""
        return next((i for i in self.interfaces if i.id == interface_id), None)

    def neighbor_at(self, address: IPAddress, vpc_id: str) -> Interface | None:
        """The other instance's interface with this address in this VPC; None if unknown."""
        for each in self.peer_enis.values():
            if each.vpc_id == vpc_id and address in each.addresses:
                return each
        return None

    def is_elsewhere(self, address: IPAddress) -> bool:
        """Whether the address is known not to be ours: no interface has it, or another instance's has."""
        return address in self.unresolvable or any(address in each.addresses for each in self.peer_enis.values())

    def interfaces_of(self, instance_id: str | None) -> tuple[Interface, ...]:
        """The interfaces of a configured instance, for None our own; empty if the instance is gone."""
        own = instance_id is None or instance_id == self.instance_id
        return self.interfaces if own else self.others.get(instance_id or "", ())
