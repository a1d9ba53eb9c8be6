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
    preference = -service.local_preference
    return preference, service.prepends, ORIGINS.index(service.origin), service.said_med, elsewhere


def candidates(fleet: Fleet, prefix: Prefix) -> list[Host]:
    """Who announces it, with an interface to point at, and somebody who would write that."""
    is_written_for_others = any(host.place.writes_any and host.works for host in fleet.hosts)
    return [
        host
        for host in fleet.hosts
        if host.offers(prefix)
        and fleet.vpc.is_there(host.place.interface_id)
        and (host.place.bridge or is_written_for_others)
    ]


def best(fleet: Fleet, table_id: str, prefix: Prefix) -> list[Host]:
    """All those of the best rank; none, if nobody announces it."""
    hosts = candidates(fleet, prefix)
    ranks = [rank(fleet, host, table_id, prefix) for host in hosts]
    return [host for host, its in zip(hosts, ranks, strict=True) if its == min(ranks)]


def complaint(fleet: Fleet, table_id: str, prefix: Prefix) -> str:
    """What is wrong with this place, or nothing."""
    holder = fleet.holder(table_id, prefix)
    if holder in (GATEWAY, STRANGER):
        return ""  # somebody else's, who is well as far as EC2 knows
    right = best(fleet, table_id, prefix)
    host = fleet.host_of(holder)
    if not right:
        is_left_by_the_dead = host is not None and not host.works
        return "" if holder is None or is_left_by_the_dead else f"{holder}, but nobody announces it"
    if host in right:
        return ""
    return f"{holder} instead of {' or '.join(each.place.interface_id for each in right)}"
