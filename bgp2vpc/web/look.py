"""The facts of one moment, in an order in which those of a prefix are found without reading all of them. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from bgp2vpc.web.model import Facts

_OF_PREFIXES: Final = ("routes", "paths", "steering", "leaving")
"""Lists of rows with a `prefix`; None there: about every prefix."""


class Look:
    """The facts, and those of each prefix."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, prefix: str) -> Facts:
        """The facts, with only those rows that are about this prefix, or about every prefix."""
        own = {name: [*rows.get(prefix, ()), *rows.get(None, ())] for name, rows in self._rows.items()}
        return {**self.facts, **own, "not_accepted": [prefix] if prefix in self._not_accepted else []}

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str | None, Sequence[Mapping[str, Any]]]]:
        found: dict[str, dict[str | None, list[Mapping[str, Any]]]] = {name: defaultdict(list) for name in _OF_PREFIXES}
        for name, by_prefix in found.items():
            for row in self.facts[name]:
                by_prefix[row["prefix"]].append(row)
        return found

    @cached_property
    def _not_accepted(self) -> frozenset[str]:
        return frozenset(self.facts["not_accepted"])
