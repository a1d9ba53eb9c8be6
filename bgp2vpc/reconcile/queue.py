"""Which prefixes are to be decided about as soon as the event loop is free: many changes, one decision."""

import asyncio
from collections.abc import Callable, Collection

from bgp2vpc.prefix import Prefix


class DecisionQueue:
    """`decide` is called with all that was added, in the next turn of the event loop; None: with everything."""

    def __init__(self, decide: Callable[[Collection[Prefix] | None], None]) -> None:
        self.is_due = False
        self._decide = decide
        self._prefixes: set[Prefix] = set()
        self._everything = False

    def add(self, prefixes: Collection[Prefix]) -> None:
        """Decide about these."""
        self._prefixes.update(prefixes)
        if self._prefixes:
            self._call_soon()

    def add_everything(self) -> None:
        """Decide about all there is."""
        self._everything = True
        self._call_soon()

    def _call_soon(self) -> None:
        if not self.is_due:
            self.is_due = True
            asyncio.get_running_loop().call_soon(self._decide_now)

    def _decide_now(self) -> None:
        self.is_due = False
        prefixes, self._prefixes = self._prefixes, set()
        everything, self._everything = self._everything, False
        self._decide(None if everything else prefixes)
