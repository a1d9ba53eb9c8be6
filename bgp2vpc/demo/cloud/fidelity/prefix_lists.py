"""Managed prefix lists: MaxEntries, the version as compare-and-swap, the name kept."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixList, ManagedPrefixListBackend

from bgp2vpc.demo.cloud.fidelity.errors import invalid_value, not_found
from bgp2vpc.demo.cloud.fidelity.patching import patch

Entries = list[dict[str, str]]


def install() -> None:
    """Wrap creation and modification."""
    moto_create = ManagedPrefixListBackend.create_managed_prefix_list

    def create_managed_prefix_list(
        self: Any,
        address_family: str | None = None,
        entry: Entries | None = None,
        max_entries: str | None = None,
        **options: Any,
    ) -> ManagedPrefixList:
        # moto makes AWS's own lists without a limit.
        if max_entries is not None:
            _check_size(len(entry or ()), max_entries)
        return moto_create(self, address_family=address_family, entry=entry, max_entries=max_entries, **options)

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
            if int(current_version or 0) != prefix_list.version:
                raise EC2ClientError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
            present = {entry["Cidr"] for entry in prefix_list.entries.get(prefix_list.version) or ()}
            after = present - {entry["Cidr"] for entry in remove_entry} | {entry["Cidr"] for entry in add_entry}
            _check_size(len(after), prefix_list.max_entries)
        version: Any = prefix_list.version  # moto's annotation says str, its dictionary has int keys
        return moto_modify(
            self, add_entry, remove_entry, prefix_list_id, version, prefix_list_name or prefix_list.prefix_list_name
        )

    patch(ManagedPrefixListBackend, create_managed_prefix_list)
    patch(ManagedPrefixListBackend, modify_managed_prefix_list)


def _check_size(entries: int, limit: str | int | None) -> None:
    if limit is not None and entries > int(limit):
        raise invalid_value(f"The number of entries ({entries}) exceeds the maximum of the prefix list ({limit})")
