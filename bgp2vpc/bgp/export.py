"""The export policy of a drain: this host's paths become a last resort, and are later withdrawn (RFC 8326).

A *draining* prefix is announced with the community GRACEFUL_SHUTDOWN and a high MED, so that every speaker with another
path prefers that path. A *drained* prefix is not announced at all. The RIB keeps the sources' paths unchanged, and
they are announced unchanged again when the drain is cancelled.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bgp2vpc.bgp.path import GRACEFUL_SHUTDOWN, Community, Path, RawAttribute
from bgp2vpc.bgp.rib import Offer, Side
from bgp2vpc.prefix import Prefix

_MED: Final = 4
_COMMUNITIES: Final = 8
"""Attribute codes of RFC 4271 section 5.1.4 and RFC 1997."""


@dataclass(frozen=True, slots=True)
class PrefixSet:
    """A set of prefixes, matched exactly, or with `everything` all prefixes."""

    prefixes: frozenset[Prefix] = frozenset()
    everything: bool = False

    def __contains__(self, prefix: object) -> bool:
        return self.everything or prefix in self.prefixes

    def __bool__(self) -> bool:
        return self.everything or bool(self.prefixes)


NO_PREFIX: Final = PrefixSet()


@dataclass(frozen=True, slots=True)
class Draining:
    """The export policy for this host's paths.

    `last_resort`: prefixes announced as a last resort, with a MED of at least `backup_med`. `drained`: prefixes that
    are not announced.
    """

    last_resort: PrefixSet = field(default=NO_PREFIX)
    drained: PrefixSet = field(default=NO_PREFIX)
    backup_med: int = 500

    def __bool__(self) -> bool:
        return bool(self.last_resort) or bool(self.drained)

    def concerns(self, prefix: Prefix) -> bool:
        """Whether the prefix is draining or drained."""
        return prefix in self.last_resort or prefix in self.drained

    def exported(self, path: Path) -> Path | None:
        """The path as it is announced now; None if it is not announced."""
        if path.prefix in self.drained:
            return None
        return as_last_resort(path, self.backup_med) if path.prefix in self.last_resort else path

    def offers(self, offers: Mapping[Prefix, Sequence[Offer]]) -> Mapping[Prefix, Sequence[Offer]]:
        """A live view of `offers`, with the policy applied to this host's offers; those of peers stay as they are."""
        return _Exported(offers, self) if self else offers


NOTHING_DRAINS: Final = Draining()


def as_last_resort(path: Path, backup_med: int) -> Path:
    """The path with a MED of at least `backup_med` and the community GRACEFUL_SHUTDOWN, otherwise unchanged.

    A MED or communities given by number (`attribute [ 0x08 … ]`) are converted into named attributes, because ExaBGP
    uses only the first of an attribute given twice.
    """
    attributes = path.attributes
    raw_communities, raw = _taken_out(attributes.raw, _COMMUNITIES)
    raw_med, raw = _taken_out(raw, _MED)
    med = attributes.med if attributes.med is not None else int.from_bytes(raw_med[:4])
    words = [int.from_bytes(raw_communities[at : at + 2]) for at in range(0, len(raw_communities) - 1, 2)]
    communities = attributes.communities or tuple(map(Community, words[::2], words[1::2]))
    return replace(
        path,
        attributes=replace(
            attributes,
            med=max(med, backup_med),
            communities=tuple(sorted({*communities, GRACEFUL_SHUTDOWN})),
            raw=raw,
        ),
    )


def _taken_out(raw: Collection[RawAttribute], code: int) -> tuple[bytes, tuple[RawAttribute, ...]]:
    value = next((each.value for each in raw if each.code == code), b"")
    return value, tuple(each for each in raw if each.code != code)


class _Exported(Mapping[Prefix, Sequence[Offer]]):
    """A view of offers that applies an export policy to a prefix when it is looked up."""

    def __init__(self, offers: Mapping[Prefix, Sequence[Offer]], policy: Draining) -> None:
        self._offers = offers
        self._policy = policy

    def __getitem__(self, prefix: Prefix) -> Sequence[Offer]:
        offers = self._offers[prefix]
        if prefix not in self._policy.last_resort and prefix not in self._policy.drained:
            return offers
        found = []
        for offer in offers:
            if offer.side is Side.PEER:
                found.append(offer)
            elif (path := self._policy.exported(offer.path)) is not None:
                found.append(replace(offer, path=path))
        return tuple(found)

    def __iter__(self) -> Iterator[Prefix]:
        return iter(self._offers)

    def __len__(self) -> int:
        return len(self._offers)
