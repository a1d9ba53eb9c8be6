"""The inputs of decisions apart from EC2's reads, and the queue of prefixes to decide about.

Other rooms set the fields of `Inputs`; each decision reads them as they are then (`Inputs.now`).

| field                           | set by                                                                             |
|---------------------------------|------------------------------------------------------------------------------------|
| `rib`                           | `speaker.adj_rib_in`: the paths of sources and peers                               |
| `neighbors`                     | `speaker.peers`: the BGP sessions                                                  |
| `neighbors_due`                 | `speaker.peers`: until when decisions wait for the paths of neighbors              |
| `pending`                       | `services.checks.local`, at a reload `daemon`: sources without a verdict yet       |
| `failing`, `passing`            | `services.checks.remote`: owners that fail or pass their remote check              |
| `draining`                      | `operator.drain`: the export policy of the drains                                  |
| `held`, `taken`                 | `operator.operator`: prefixes on hold, and prefixes to take over                   |
| `leftovers_held`                | `startup`: false once `restart_time` is over                                       |
| `last`                          | `shutdown`: the inputs of all decisions from then on                               |
| `places`                        | the reconciler: what is remembered of each place                                   |

After a change, the setter calls `Reconciler.prefixes_changed` with the prefixes concerned. The `DecisionQueue` collects
them until the event loop is free.
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
    """The present inputs. `DecisionInput` documents the fields that have no docstring here."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.rib = Rib()
        self.neighbors = Neighbors()
        self.neighbors_due = float("-inf")
        """Until then (event loop's clock) decisions wait for the paths of neighbors; without ExaBGP, never."""
        self.leftovers_held = True
        self.pending: frozenset[str] = frozenset()
        self.failing: frozenset[tuple[str, str]] = frozenset()
        self.passing: frozenset[tuple[str, str]] = frozenset()
        self.draining: Draining = NOTHING_DRAINS
        self.held: frozenset[Prefix] = frozenset()
        self.taken: frozenset[Prefix] = frozenset()
        self.last: DecisionInput | None = None
        """Set at shutdown: `now` returns it from then on, whatever else changes. None before."""

    def now(self) -> DecisionInput:
        """The inputs as of now. Called for each decision, and again before each write."""
        waits_for_neighbors = asyncio.get_running_loop().time() < self.neighbors_due
        return self.last or DecisionInput(
            offers=self.offers(),
            leftovers_held=self.leftovers_held,
            seen=self.rib.seen,
            unclaimed=self.rib.unclaimed.keys(),
            pending=self.pending,
            failing=self.failing,
            passing=self.passing,
            neighbors=self.neighbors,
            neighbors_held=waits_for_neighbors and not self.neighbors.all_have_told,
            remembered=self.places.states,
            lost_sessions=self.places.lost_sessions,
            drained=self.draining.drained,
            held=self.held,
            # A host that leaves takes no route, although an operator has ordered it before.
            taken=frozenset(each for each in self.taken if not self.draining.concerns(each)),
        )

    def offers(self) -> Mapping[Prefix, Sequence[Offer]]:
        """The offers for each prefix, after the export policy of the drains.

        A draining path of ours is offered as peers receive it, so that all instances compare the same paths.
        """
        return self.draining.offers(self.rib.offers)


class DecisionQueue:
    """Collects the changes of one turn of the event loop for one decision in the next turn.

    `decide` is called with all prefixes that were added; None: everything is to be decided.
    """

    def __init__(self, decide: Callable[[Collection[Prefix] | None], object]) -> None:
        self.is_due = False
        self._decide = decide
        self._prefixes: set[Prefix] = set()
        self._everything = False

    def add(self, prefixes: Collection[Prefix]) -> None:
        """Decide about these prefixes in the next turn."""
        self._prefixes.update(prefixes)
        if self._prefixes:
            self._call_soon()

    def add_everything(self) -> None:
        """Decide about everything in the next turn."""
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
