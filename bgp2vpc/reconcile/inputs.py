"""What decisions are made from, beside EC2's word: the rooms above write it here, the reconciler reads it as of now.

| field                                     | written by                                                |
|-------------------------------------------|-----------------------------------------------------------|
| `rib`                                     | `speaker.adj_rib_in`: what sources and peers announce     |
| `neighbors`, `neighbors_due`              | `speaker.peers`: sessions; until when they are waited for |
| `pending`, `failing`, `passing`           | `services`: checks without a verdict, bad and good owners |
| `draining`                                | `operator.drain`                                          |
| `held`, `taken`                           | `operator.operator`: holds and manual takeovers           |
| `leftovers_held`, `last`                  | the daemon: when it waits no longer, and how it ends      |
| `places`                                  | the reconciler itself: what it remembers of each place    |

Whoever writes here tells the reconciler which prefixes are concerned (`Reconciler.prefixes_changed`). These wait in the
`DecisionQueue`.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from bgp2vpc.bgp.export import NOTHING_DRAINS, Draining
from bgp2vpc.bgp.rib import Offer, Rib
from bgp2vpc.bgp.sessions import Neighbors
from bgp2vpc.policy.decision_input import DecisionInput
from bgp2vpc.policy.place_state import Places
from bgp2vpc.prefix import Prefix


class Inputs:
    """The fields are those of `DecisionInput`, where not said otherwise."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.rib = Rib()
        self.neighbors = Neighbors()
        self.neighbors_due = float("-inf")
        """Until then (event loop's clock) we wait for what neighbors announce. Without ExaBGP there are none."""
        self.leftovers_held = True
        self.pending: frozenset[str] = frozenset()
        self.failing: frozenset[tuple[str, str]] = frozenset()
        self.passing: frozenset[tuple[str, str]] = frozenset()
        self.draining: Draining = NOTHING_DRAINS
        self.held: frozenset[Prefix] = frozenset()
        self.taken: frozenset[Prefix] = frozenset()
        self.last: DecisionInput | None = None
        """Set when the daemon ends: nothing that changes afterwards counts."""

    def now(self) -> DecisionInput:
        """As of now; asked anew at each decision, and before each write."""
        waits_for_neighbors = asyncio.get_running_loop().time() < self.neighbors_due
        return self.last or DecisionInput(
            offers=self.offers(),
            leftovers_held=self.leftovers_held,
            seen=self.rib.seen,
            pending=self.pending,
            failing=self.failing,
            passing=self.passing,
            neighbors=self.neighbors,
            neighbors_held=waits_for_neighbors and not self.neighbors.all_have_told,
            remembered=self.places.states,
            lost_sessions=self.places.lost_sessions,
            drained=self.draining.drained,
            held=self.held,
            taken=self.taken,
        )

    def offers(self) -> Mapping[Prefix, Sequence[Offer]]:
        """What is offered: what drains as it is announced, so that all who decide see the same."""
        return self.draining.offers(self.rib.offers)


class DecisionQueue:
    """Many changes, one decision: what is to be decided about as soon as the event loop is free.

    `decide` is called with all that was added, in the next turn of the event loop; None: with everything.
    """

    def __init__(self, decide: Callable[[Collection[Prefix] | None], object]) -> None:
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
