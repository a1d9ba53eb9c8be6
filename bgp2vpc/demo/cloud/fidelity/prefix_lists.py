"""Managed prefix lists: MaxEntries, compare-and-swap by version, one change at a time, the name kept."""

import ipaddress
import time
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixList, ManagedPrefixListBackend

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value, not_found
from bgp2vpc.demo.cloud.fidelity.patching import patch
from bgp2vpc.demo.cloud.fidelity.rules import RULES

Entries = list[dict[str, str]]
MOST_AT_ONCE = 100
"""Entries to add, and as many to remove: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html"""


def install() -> None:
    """Wrap creation and modification."""
    moto_create = ManagedPrefixListBackend.create_managed_prefix_list

    def create_managed_prefix_list(
        self: Any,
        address_family: str | None = None,
        entry: Entries | None = None,
        max_entries: str | None = None,
        **options: Any,
    ) -> Any:
        # moto creates AWS's own lists without a limit.
        if max_entries is not None:
            _check_size(len(entry or ()), max_entries)
            _check_entries(entry or (), (), address_family)
        made: Any = moto_create(self, address_family=address_family, entry=entry, max_entries=max_entries, **options)
        made.entries.setdefault(made.version, [])  # moto leaves out the version of a list that is created empty
        return made

    moto_modify = ManagedPrefixListBackend.modify_managed_prefix_list

    def modify_managed_prefix_list(
        self: Any,
        add_entry: Entries,
        remove_entry: Entries,
        prefix_list_id: str | None = None,
        current_version: str | None = None,
        prefix_list_name: str | None = None,
    ) -> ManagedPrefixList:
        prefix_list = self.managed_prefix_lists.get(prefix_list_id)
        if prefix_list is None:
            raise not_found("InvalidPrefixListID", f"The prefix list ID '{prefix_list_id}' does not exist")
        if add_entry or remove_entry:
            if _is_changing(prefix_list):
                raise EC2ClientError("IncorrectState", f"The prefix list is in state {prefix_list.state}")
            _check_entries(add_entry, remove_entry, prefix_list.address_family)
            if int(current_version or 0) != prefix_list.version:
                raise EC2ClientError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
            present = {entry["Cidr"] for entry in prefix_list.entries.get(prefix_list.version) or ()}
            after = present - {entry["Cidr"] for entry in remove_entry} | {entry["Cidr"] for entry in add_entry}
            _check_size(len(after), prefix_list.max_entries)
            prefix_list.changing_until = time.monotonic() + RULES.quirks.prefix_list_seconds
        version: Any = prefix_list.version  # moto's annotation says str, its dictionary has int keys
        name = prefix_list_name or prefix_list.prefix_list_name
        return moto_modify(self, add_entry, remove_entry, prefix_list_id, version, name)

    patch(ManagedPrefixListBackend, create_managed_prefix_list)
    patch(ManagedPrefixListBackend, modify_managed_prefix_list)
    setattr(ManagedPrefixList, "state", property(_state, _set_state))  # noqa: B010  # moto's is set by its constructor


def _is_changing(prefix_list: Any) -> bool:
    return time.monotonic() < getattr(prefix_list, "changing_until", 0.0)


def _state(prefix_list: Any) -> str:
    return "modify-in-progress" if _is_changing(prefix_list) else str(prefix_list.last_state)


def _set_state(prefix_list: Any, state: str) -> None:
    prefix_list.last_state = state


def _check_entries(added: Any, removed: Any, family: str | None) -> None:
    for words, some in (("add", added), ("remove", removed)):
        if len(some) > MOST_AT_ONCE:
            raise invalid_value(f"The request has {len(some)} entries to {words}, more than {MOST_AT_ONCE}")
    cidrs = [entry["Cidr"] for entry in added]
    if both := sorted(set(cidrs) & {entry["Cidr"] for entry in removed}):
        lists = "AddPrefixListEntries and RemovePrefixListEntries"
        raise invalid_value(f"Request cannot contain Cidr {both[0]} in both {lists}")
    for cidr in cidrs:
        if f"IPv{ipaddress.ip_network(cidr).version}" != family:
            raise invalid_value(f"{cidr} is not of the address family {family}")


def _check_size(entries: int, limit: str | int | None) -> None:
    if limit is not None and entries > int(limit):
        raise invalid_value(f"The number of entries ({entries}) exceeds the maximum of the prefix list ({limit})")
