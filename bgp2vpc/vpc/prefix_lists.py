"""Managed prefix lists: which ones a rule selects, whether they can be used, how to split a change into calls. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.model import ManagedPrefixList

MOST_AT_ONCE: Final = 100
"""Entries that one ModifyManagedPrefixList may add; it may remove as many.

https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html#managed-prefix-lists-quotas
"""
OURS: Final = "bgp2vpc "
"""Prefix of our entries' descriptions, followed by the id of the instance that wrote the entry."""
_AWS: Final = "AWS"


@dataclass(frozen=True, slots=True)
class PrefixListRef:
    """A rule's reference to prefix lists: by `id`, by `name`, or by tag (key, value).

    `keeps_foreign`: leave entries that bgp2vpc did not write; otherwise a list with such entries is not used.
    """

    id: str = ""
    name: str = ""
    tag: tuple[str, str] | None = None
    keeps_foreign: bool = False

    def __str__(self) -> str:
        if self.tag:
            return f"tag {self.tag[0]}={self.tag[1]}"
        return self.id or f"name {self.name}"

    def means(self, found: ManagedPrefixList) -> bool:
        """Whether the reference selects this list."""
        if self.tag:
            return found.tags.get(self.tag[0]) == self.tag[1]
        return found.id == self.id if self.id else found.name == self.name

    def destinations(self, lists: Iterable[ManagedPrefixList]) -> list[PrefixListId]:
        """The ids of the selected lists; with `id` always that one, even if it is not among `lists`."""
        return [PrefixListId(self.id)] if self.id else [PrefixListId(each.id) for each in lists if self.means(each)]


def problem_of(
    list_id: Prefix, ref: PrefixListRef, lists: Mapping[str, ManagedPrefixList] | None, accounts: Collection[str]
) -> str:
    """Why we cannot have a route for this prefix list, in words; empty if we can.

    `accounts`: our account ids, empty if unknown.
    """
    if lists is None:
        return "the prefix lists of the region could not be read yet"
    found = lists.get(str(list_id))
    if found is None:
        return f"there is no prefix list {list_id} in this region"
    same = [each.id for each in lists.values() if ref.means(each) and each.ip_version == found.ip_version]
    if len(same) > 1:
        return f"{', '.join(sorted(same))} all have {ref}: one list of each IP version is meant"
    return next(_problems(found, ref, accounts), "")


def _problems(found: ManagedPrefixList, ref: PrefixListRef, accounts: Collection[str]) -> Iterator[str]:
    if found.owner_id == _AWS:
        yield f"{found.id} ({found.name}) is managed by AWS: nobody else can write its entries"
    elif accounts and found.owner_id and found.owner_id not in accounts:
        yield f"{found.id} belongs to account {found.owner_id}: only that one can write its entries"
    if found.is_synced:
        yield f"the entries of {found.id} are kept by IPAM (a prefix list resolver)"
    if found.state.startswith(("create-in", "create-fail", "delete")):
        yield f"{found.id} is in state {found.state}"
    if found.entries is None:
        yield f"the entries of {found.id} could not be read yet"
        return
    foreign = sorted(each for each, description in found.entries.items() if not description.startswith(OURS))
    if foreign and not ref.keeps_foreign:
        some = ", ".join(map(str, foreign[:3])) + (" …" if len(foreign) > 3 else "")
        yield (
            f"{found.id} has {len(foreign)} entries that bgp2vpc did not write ({some}), and their traffic would come "
            "here; use a list of its own, or say `foreign_entries: keep`"
        )


def one_call(
    found: ManagedPrefixList, add: Sequence[Prefix], remove: Sequence[Prefix]
) -> tuple[Sequence[Prefix], Sequence[Prefix]]:
    """The parts of `add` and `remove` that fit in one call.

    EC2 does not document whether entries removed by a call make room for those it adds. So a call adds only as many as
    there is room for already, and the rest is left to the next call.
    """
    free = found.max_entries - len(found.entries or ()) if found.max_entries else len(add)
    return add[: max(0, min(free, MOST_AT_ONCE))], remove[:MOST_AT_ONCE]


def newest(
    known: Mapping[str, ManagedPrefixList] | None, read: Mapping[str, ManagedPrefixList] | None
) -> Mapping[str, ManagedPrefixList] | None:
    """The prefix lists as `read`, except those known in a newer version. None if nothing was read.

    Versions only increase, so an older version means a read from before our last change (eventual consistency).
    """
    if known is None or read is None:
        return known if read is None else read
    return {each: old if (old := known.get(each, new)).version > new.version else new for each, new in read.items()}
