"""The routes and list entries of ours that decisions withdraw because no source of this host offers their prefix. Pure.

A reload may cause that for a prefix that is to be announced by a script from now on: it was managed before, or it has a
route of ours from somebody else. `startup.py` keeps these for `restart_time`, as after a start.
"""

from collections.abc import Collection, Iterator, Mapping

from bgp2vpc.bgp.rib import Side
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place import is_ours, own_interfaces
from bgp2vpc.policy.rule import Rule
from bgp2vpc.policy.tables import TablePolicy, owned_lists
from bgp2vpc.prefix import Prefix
from bgp2vpc.vpc.snapshot import Snapshot


def unclaimed(tables: Mapping[str, TablePolicy], snapshot: Snapshot, inputs: DecisionInput) -> frozenset[Prefix]:
    """The prefixes of routes and list entries of ours that no source of this host offers and no leftover is kept for.

    Only accepted prefixes: the check of a managed one decides.
    """
    return frozenset(
        prefix
        for prefix, rule in _ours(tables, snapshot)
        if prefix not in rule.manages
        and not inputs.keeps_leftover(prefix, rule)
        and not any(
            each.side is not Side.PEER and rule.admits(each) for each in inputs.offers_for(prefix, rule, snapshot)
        )
    )


def _ours(tables: Mapping[str, TablePolicy], snapshot: Snapshot) -> Iterator[tuple[Prefix, Rule]]:
    """The destinations of routes of ours, and the entries of prefix lists with a route of ours, with their rules."""
    for table_policy in tables.values():
        for route in table_policy.table.routes:
            prefix = route.destination
            rule = table_policy.rule_for(prefix) if isinstance(prefix, Prefix) else None
            if isinstance(prefix, Prefix) and rule and is_ours(route, own_interfaces(rule, prefix, snapshot)):
                yield prefix, rule
    for owned in owned_lists(tables, snapshot):
        found = (snapshot.prefix_lists or {}).get(str(owned.list_id))
        entries: Collection[Prefix] = () if found is None or found.entries is None else found.entries
        yield from ((prefix, rule) for prefix in entries for rule in owned.rules if rule.covers(prefix))
