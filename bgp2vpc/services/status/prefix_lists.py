"""The managed prefix lists of rules, as the status, the page and the metrics show them."""

from collections.abc import Iterator, Mapping

from bgp2vpc.policy.list_entries import EntryChanges, list_problem
from bgp2vpc.prefix import PrefixListId
from bgp2vpc.reconcile.view import View
from bgp2vpc.vpc_status import PrefixListRow


def prefix_list_rows(view: View, wanted: Mapping[PrefixListId, EntryChanges]) -> Iterator[PrefixListRow]:
    """A row for each list that a table should have a route for. `wanted`: the changes that their entries need."""
    lists = sorted({list_id for table_policy in view.tables.values() for list_id in table_policy.lists})
    ours = view.ours()
    for list_id in lists:
        of_tables = [(each.table.id, each.lists[list_id]) for each in view.tables.values() if list_id in each.lists]
        rules = {rule.name: rule for _, rule in of_tables}
        found = (view.snapshot.prefix_lists or {}).get(str(list_id))
        changes = wanted.get(list_id, EntryChanges(list_id))
        problems = (list_problem(list_id, rule, view.snapshot) for rule in rules.values())
        yield PrefixListRow(
            prefix_list_id=str(list_id),
            name=found.name if found else "",
            rules=tuple(rules),
            ip_version=found.ip_version if found else 0,
            version=found.version if found else 0,
            entries=len(found.entries) if found and found.entries is not None else None,
            max_entries=found.max_entries if found else 0,
            tables=len(of_tables),
            ours=sum((table_id, list_id) in ours for table_id, _ in of_tables),
            to_add=len(changes.add),
            to_remove=len(changes.remove),
            no_room=len(changes.no_room),
            problem=next(filter(None, problems), "") or changes.problem,
        )
