"""Sessions and paths that ExaBGP had before this helper was started. It reports each only once, so we ask. Pure.

The first question is about the established sessions, the second one about their paths; both answers are the same in 4.2
and 5.0. A route refresh (RFC 2918) would bring the paths as well, but an ExaBGP 4.2 that gets such a request resets the
session.
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
    NotEstablished,
    Notification,
    PeerState,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.prefix import IPAddress

QUESTIONS: Final = ("show neighbor summary", "show adj-rib in extensive")
"""In this order: after the first answer, changes of sessions come as events."""


class PeerResync:
    """Collects the answers and the events that come meanwhile on the same pipe, and makes messages of the answers.

    An event is newer than the answers: they are dropped for a session or a prefix that an event was about.
    """

    def __init__(self) -> None:
        self._has_begun = False
        self.unanswered = len(QUESTIONS)
        self.came = 0
        """How many messages have been part of the answers."""
        self._established: set[IPAddress] = set()
        self._down: set[IPAddress] = set()
        self._held: dict[IPAddress, list[Held]] = {}
        self._told: set[IPAddress] = set()
        self._spoken: dict[IPAddress, set[PathKey]] = {}

    @property
    def is_answered(self) -> bool:
        """Whether both questions have been answered."""
        return self.unanswered == 0

    def note(self, message: Message) -> bool:
        """Take in the next message of ExaBGP. True: it was part of the answer to our questions."""
        is_answer = self._note(message)
        self.came += is_answer
        return is_answer

    def _note(self, message: Message) -> bool:
        match message:
            case Acknowledgement():
                self.unanswered -= 1
                return True
            case SummaryBegins() if not self._has_begun:  # a second one belongs to a source that has asked the same
                self._has_begun = True
                return True
            case Established(peer):
                self._established.add(peer)
                return True
            case NotEstablished(peer):
                self._down.add(peer)
                return True
            case Held(peer):
                self._held.setdefault(peer, []).append(message)
                return True
            case StateChange(peer, PeerState.UP | PeerState.DOWN) | Notification(peer):
                # A new session sends all its paths, and one that is down has none.
                self._told.add(peer)
            case Update(peer, Direction.RECEIVE, events):
                spoken = self._spoken.setdefault(peer, set())
                spoken.update((each.path.prefix, each.path.path_id) for each in events if isinstance(each, Announce))
                spoken.update((each.prefix, each.path_id) for each in events if isinstance(each, Withdraw))
        return False

    def messages(self) -> Iterator[Message]:
        """Messages as if the sessions had come up now, with End-of-RIB if both questions were answered.

        First one for each neighbor that has no session.
        """
        yield from map(NotEstablished, sorted(self._down - self._told))
        for peer in sorted(self._established - self._told):
            yield StateChange(peer, PeerState.UP)
            spoken = self._spoken.get(peer, set())
            held = [each for each in self._held.get(peer, ()) if (each.path.prefix, each.path.path_id) not in spoken]
            events: list[Event] = [Announce(each.path) for each in held]
            if self.is_answered:
                events += map(EndOfRib, FAMILIES)
            if events:
                yield Update(peer, Direction.RECEIVE, tuple(events), held[0].external_as if held else None)
