"""Managed prefix lists: which one a rule means, what speaks against it, and one call that changes its entries. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bgp2vpc.prefix import Prefix, PrefixListId
from bgp2vpc.vpc.model import ManagedPrefixList

MOST_AT_ONCE: Final = 100
"""Entries that one ModifyManagedPrefixList may add, and as many that it may remove.

https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html#managed-prefix-lists-quotas
"""
OURS: Final = "bgp2vpc "
"""How the descriptions of our entries begin; the id of the instance that wrote it follows."""
_AWS: Final = "AWS"


@dataclass(frozen=True, slots=True)
class PrefixListRef:
    """Which prefix lists a rule means: the one of this `id`, or those with this `name`, or with this tag.

    `keeps_foreign`: entries that we did not write are left as they are; else a list with such entries is not used.
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
        """Whether it is this one."""
        if self.tag:
            return found.tags.get(self.tag[0]) == self.tag[1]
        return found.id == self.id if self.id else found.name == self.name

    def destinations(self, lists: Iterable[ManagedPrefixList]) -> list[PrefixListId]:
        """Of these lists those that it means; the one of its `id`, whether it is among them or not."""
        return [PrefixListId(self.id)] if self.id else [PrefixListId(each.id) for each in lists if self.means(each)]


def problem_of(
    list_id: Prefix, ref: PrefixListRef, lists: Mapping[str, ManagedPrefixList] | None, accounts: Collection[str]
) -> str:
    """What speaks against a route of ours for this prefix list, in words; empty: nothing.

    `accounts`: those that we are known to belong to; none: not known.
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
    """What one call adds and removes of all that is to be changed, in this order.

    EC2 does not say whether what a call removes makes room for what it adds: so it adds no more than there is room for
    before, and the rest is for the next call.
    """
    free = found.max_entries - len(found.entries or ()) if found.max_entries else len(add)
    return add[: max(0, min(free, MOST_AT_ONCE))], remove[:MOST_AT_ONCE]


def newest(
    known: Mapping[str, ManagedPrefixList] | None, read: Mapping[str, ManagedPrefixList] | None
) -> Mapping[str, ManagedPrefixList] | None:
    """The prefix lists as they were read; of an older version than is known, as known. None: nothing was read.

    Versions only go up, so what shows an older one was read before our last change of it.
    """
    if known is None or read is None:
        return known if read is None else read
    return {each: old if (old := known.get(each, new)).version > new.version else new for each, new in read.items()}
