"""Prefix lists: which prefixes a rule may install, in the notation of routers.

    192.0.2.53/32            exactly this prefix
    192.0.2.0/24 le 32       the prefix and everything more specific within it
    192.0.2.0/24 ge 32       the host routes within it, not the /24 itself
    192.0.2.0/24 ge 25 le 28 the prefixes within it with a length from 25 to 28

As in Cisco's and FRRouting's `ip prefix-list`, `ge` alone runs up to host routes and `le` alone starts at the prefix
itself. All entries permit; a prefix that no entry matches is denied. Of several matching entries the first one counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bgp2vpc.prefix import Prefix, PrefixError, parse_prefix

_BOUNDS: Final = ("ge", "le")
_USAGE: Final = "expected PREFIX [ge LENGTH] [le LENGTH], such as 192.0.2.0/24 le 32"


@dataclass(frozen=True, slots=True)
class PrefixRange:
    """An entry: matches the prefixes within `prefix` whose length in bits is from `ge` to `le`, both included.

    `where`: `FILE:LINE`, for messages. Raises PrefixError unless length of `prefix` <= ge <= le <= 32 (IPv6: 128).
    """

    prefix: Prefix
    ge: int
    le: int
    where: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        own, width = self.prefix.prefixlen, _width(self.prefix)
        for word, bound in zip(_BOUNDS, (self.ge, self.le), strict=True):
            if bound > width:
                raise PrefixError(f"'{word} {bound}' is too long for {self.prefix}: at most {width}")
            if bound < own:
                raise PrefixError(f"'{word} {bound}' is shorter than {self.prefix} itself: at least {own}")
        if self.ge > self.le:
            raise PrefixError(f"'ge {self.ge} le {self.le}' matches nothing: ge must not exceed le")

    def __str__(self) -> str:
        lower = f" ge {self.ge}" if self.ge > self.prefix.prefixlen else ""
        open_ended = lower and self.le == _width(self.prefix)
        upper = f" le {self.le}" if self.le > self.prefix.prefixlen and not open_ended else ""
        return f"{self.prefix}{lower}{upper}"


def parse_prefix_range(text: str) -> PrefixRange:
    """Parse `PREFIX [ge LENGTH] [le LENGTH]`, with `ge` and `le` in either order. Raises PrefixError."""
    prefix_text, *words = text.split() or [""]
    if not prefix_text:
        raise PrefixError(f"empty: {_USAGE}")
    prefix = parse_prefix(prefix_text)
    if len(words) % 2:
        raise PrefixError(f"'{text}': {_USAGE}")
    bounds: dict[str, int] = {}
    for word, number in zip(words[::2], words[1::2], strict=True):
        if word not in _BOUNDS:
            raise PrefixError(f"'{text}': unknown word '{word}'; {_USAGE}")
        if word in bounds:
            raise PrefixError(f"'{text}': '{word}' is given twice")
        # Every length fits in three digits; int() would take minutes for a million digits.
        if not (number.isascii() and number.isdigit() and len(number) <= 3):
            raise PrefixError(f"'{text}': '{word} {number}' must be a length in bits")
        bounds[word] = int(number)
    own: int = prefix.prefixlen
    upper_default = _width(prefix) if "ge" in bounds else own
    return PrefixRange(prefix, ge=bounds.get("ge", own), le=bounds.get("le", upper_default))


def _width(prefix: Prefix) -> int:
    return 128 if prefix.is_ipv6 else 32


_Lengths: TypeAlias = list[tuple[int, int, int]]
"""`ge`, `le`, and the entry's index."""


@dataclass(frozen=True, slots=True)
class PrefixList:
    """Entries in the order of the file. An empty list accepts nothing."""

    entries: tuple[PrefixRange, ...]
    # (version, length, bits to shift away) of the entries -> leading bits -> the lengths allowed below. An index, as
    # each cycle checks every path against every rule, and a list may hold a thousand host routes.
    _index: dict[tuple[int, int, int], dict[int, _Lengths]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _index(self.entries))

    def accepts(self, prefix: Prefix) -> bool:
        """Whether an entry matches `prefix`."""
        return next(self._matching(prefix), None) is not None

    def entry_for(self, prefix: Prefix) -> PrefixRange | None:
        """The first entry that matches `prefix`, None if none does."""
        number = min(self._matching(prefix), default=None)
        return None if number is None else self.entries[number]

    def entry_before(self, number: int) -> PrefixRange | None:
        """The first earlier entry that permits all that entry `number` permits, which thus has no effect; else None."""
        entry = self.entries[number]
        shortest, longest = (
            Prefix((entry.prefix.first, each), version=entry.prefix.version) for each in (entry.ge, entry.le)
        )
        both = set(self._matching(shortest)).intersection(self._matching(longest))
        first = min(each for each in both if entry.prefix in self.entries[each].prefix)
        return self.entries[first] if first < number else None

    def _matching(self, prefix: Prefix) -> Iterator[int]:
        """The indexes of the matching entries."""
        version, bits, length = prefix.version, prefix.value, prefix.prefixlen
        for (entry_version, entry_length, shift), entries in self._index.items():
            if entry_version == version and entry_length <= length:
                for ge, le, number in entries.get(bits >> shift, ()):
                    if ge <= length <= le:
                        yield number

    def __str__(self) -> str:
        return ", ".join(map(str, self.entries))


def _index(entries: Iterable[PrefixRange]) -> dict[tuple[int, int, int], dict[int, _Lengths]]:
    index: dict[tuple[int, int, int], dict[int, _Lengths]] = {}
    for number, entry in enumerate(entries):
        length = entry.prefix.prefixlen
        shift = _width(entry.prefix) - length
        same_length = index.setdefault((entry.prefix.version, length, shift), {})
        same_length.setdefault(entry.prefix.value >> shift, []).append((entry.ge, entry.le, number))
    return index
