"""What ExaBGP knew before we were started: it tells sessions and updates once, and a helper may be its second. Pure.

ExaBGP is asked which sessions stand, then what they hold; both answers are the same in 4.2 and 5.0. A route refresh
(RFC 2918) would bring the paths as well, but an ExaBGP 4.2 that is asked for one resets the session.
"""

from collections.abc import Iterator
from typing import Final

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.rib import PathKey
from bgp2vpc.exabgp_api.messages import (
    FAMILIES,
    Acknowledgement,
    Direction,
    Established,
    Held,
    Message,
    Notification,
    PeerState,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.prefix import IPAddress

QUESTIONS: Final = ("show neighbor summary", "show adj-rib in extensive")
"""In this order: who is up already is told then, and what became of a session since comes as an event."""


class PeerResync:
    """Collects the answers beside the events that come meanwhile on the same pipe, and makes messages of them.

    An event is news, an answer is not: what a peer has said of a prefix, or that its session came or went, stands.
    """

    def __init__(self) -> None:
        self._unanswered = len(QUESTIONS)
        self._established: set[IPAddress] = set()
        self._held: dict[IPAddress, list[Held]] = {}
        self._told: set[IPAddress] = set()
        self._spoken: dict[IPAddress, set[PathKey]] = {}

    @property
    def is_answered(self) -> bool:
        """Whether both questions were."""
        return self._unanswered == 0

    def note(self, message: Message) -> bool:
        """Everything that ExaBGP says, in its order; True for what is an answer to our questions."""
        match message:
            case Acknowledgement():
                self._unanswered -= 1
                return True
            case SummaryBegins():
                return True
            case Established(peer):
                self._established.add(peer)
                return True
            case Held(peer):
                self._held.setdefault(peer, []).append(message)
                return True
            case StateChange(peer, PeerState.UP | PeerState.DOWN) | Notification(peer):
                # A new session tells all by itself, one that is over has nothing to tell.
                self._told.add(peer)
            case Update(peer, Direction.RECEIVE, events):
                spoken = self._spoken.setdefault(peer, set())
                spoken.update((each.path.prefix, each.path.path_id) for each in events if isinstance(each, Announce))
                spoken.update((each.prefix, each.path_id) for each in events if isinstance(each, Withdraw))
        return False

    def messages(self) -> Iterator[Message]:
        """What the sessions that have stood all along would have said, with end-of-RIB if all was answered."""
        for peer in sorted(self._established - self._told):
            yield StateChange(peer, PeerState.UP)
            spoken = self._spoken.get(peer, set())
            held = [each for each in self._held.get(peer, ()) if (each.path.prefix, each.path.path_id) not in spoken]
            events: list[Event] = [Announce(each.path) for each in held]
            if self.is_answered:
                events += map(EndOfRib, FAMILIES)
            if events:
                yield Update(peer, Direction.RECEIVE, tuple(events), held[0].external_as if held else None)
