"""Where routes belong once all is calm, worked out from the hosts themselves: anew, and without the core.

Each host that announces a prefix, and whose interface exists, has a rank in each table: of local preference (the
higher the better), length of the AS path, origin, MED, and, with `affinity: az`, whether it is in the table's zone.
The best rank has the route; among several of the same rank, whoever has it already.
"""

from bgp2vpc.prefix import Prefix
from tests.simulation.fleet import GATEWAY, STRANGER, Fleet
from tests.simulation.host import Host

ORIGINS = ("igp", "egp", "incomplete")
Rank = tuple[int, int, int, int, bool]


def rank(fleet: Fleet, host: Host, table_id: str, prefix: Prefix) -> Rank:
    """The lower, the better."""
    service = host.services[prefix]
    elsewhere = fleet.plan.affinity and host.place.zone != fleet.plan.tables[table_id]
    origin = ORIGINS.index(service.origin)
    if prefix in host.draining:
        return 0, service.prepends, origin, max(500, service.said_med), elsewhere
    return -service.local_preference, service.prepends, origin, service.said_med, elsewhere


def candidates(fleet: Fleet, prefix: Prefix) -> list[Host]:
    """Who announces it, with an interface to point at."""
    return [host for host in fleet.hosts if host.offers(prefix) and fleet.vpc.is_there(host.place.interface_id)]


def best(fleet: Fleet, table_id: str, prefix: Prefix) -> list[Host]:
    """All those of the best rank; none, if nobody announces it."""
    hosts = candidates(fleet, prefix)
    ranks = [rank(fleet, host, table_id, prefix) for host in hosts]
    return [host for host, its in zip(hosts, ranks, strict=True) if its == min(ranks)]


def right(fleet: Fleet, table_id: str, prefix: Prefix) -> list[Host | None]:
    """Who may hold this place; None: nobody.

    Where nobody writes for the speakers without a bridge, and one of them is the best, whoever else announces it may.
    """
    first = best(fleet, table_id, prefix)
    if not first:
        # The dead leave routes behind. And nobody deletes what no writer has heard announced: somebody may want it so.
        return [None, *(host for host in fleet.hosts if not host.works or _is_unheard(fleet, host, prefix))]
    if not any(_is_helpless(fleet, host) for host in first):
        return [*first]
    others = candidates(fleet, prefix)
    bridges = [host for host in others if host.place.bridge]
    return [*others, *([] if bridges else [None, *fleet.hosts])]


def _writers(fleet: Fleet) -> list[Host]:
    """Who writes for the speakers without a bridge."""
    return [host for host in fleet.hosts if host.place.writes_any and host.works]


def _is_helpless(fleet: Fleet, host: Host) -> bool:
    return not host.place.bridge and not _writers(fleet)


def _is_unheard(fleet: Fleet, host: Host, prefix: Prefix) -> bool:
    announced = (prefix, host.place.address)
    return not host.place.bridge and not any(announced in each.heard for each in _writers(fleet))


def complaint(fleet: Fleet, table_id: str, prefix: Prefix) -> str:
    """What is wrong with this place, or nothing."""
    holder = fleet.holder(table_id, prefix)
    if holder in (GATEWAY, STRANGER):
        return ""  # somebody else's, who is well as far as EC2 knows
    hosts = right(fleet, table_id, prefix)
    if fleet.host_of(holder) in hosts:
        return ""
    return f"{holder} instead of {' or '.join(each.place.interface_id if each else 'nobody' for each in hosts)}"
