"""Messages of BGP peers that arrive before the daemon exists. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bgp2vpc.bgp.events import Announce, Event, Withdraw
from bgp2vpc.exabgp_api.messages import (
    Direction,
    Message,
    NotEstablished,
    Notification,
    Opened,
    PeerState,
    StateChange,
    Update,
)
from bgp2vpc.prefix import IPAddress

LIMIT: Final = 10_000
"""Messages kept of one peer; `max_prefixes` allows it far fewer prefixes by default."""


class StartupBuffer:
    """Keeps ExaBGP's messages while the configuration is still being read, since ExaBGP sends each only once.

    That may take days, until somebody mends the file. If a peer sends too many, those that later ones replace are
    dropped, such as an announcement of a prefix that it has announced again or withdrawn since. If that is not enough,
    the oldest are dropped: an announcement may be missing then, but none is kept without its withdrawal.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._messages: dict[IPAddress, list[Message]] = {}

    def note(self, message: Message) -> None:
        """Keep a message about a peer; at the end of its session, drop all of them."""
        match message:
            case (
                NotEstablished(peer) | Opened(peer) | StateChange(peer, PeerState.UP) | Update(peer, Direction.RECEIVE)
            ):
                said = self._messages.setdefault(peer, [])
                said.append(message)
                if len(said) > 2 * self._limit:
                    self._messages[peer] = self._shortened(said)
            case StateChange(peer, PeerState.DOWN) | Notification(peer):
                self._messages.pop(peer, None)

    def take(self) -> list[Message]:
        """All messages, those of each peer in order; the buffer is empty afterwards."""
        messages = [message for said in self._messages.values() for message in self._shortened(said)]
        self._messages.clear()
        return messages

    def _shortened(self, said: list[Message]) -> list[Message]:
        return said if len(said) <= self._limit else _without_replaced(said)[-self._limit :]


def _without_replaced(said: Sequence[Message]) -> list[Message]:
    """The messages of one peer without those, and those events in an UPDATE, that a later one replaces."""
    seen: set[object] = set()
    kept: list[Message] = []
    for message in reversed(said):
        if isinstance(message, Update):
            last = {_key(each): each for each in message.events if _key(each) not in seen}
            seen |= last.keys()
            if last:
                kept.append(replace(message, events=tuple(last.values())))
        elif type(message) not in seen:
            seen.add(type(message))
            kept.append(message)
    return kept[::-1]


def _key(each: Event) -> object:
    match each:
        case Announce(path):
            return path.prefix, path.path_id
        case Withdraw(prefix, path_id):
            return prefix, path_id
    return each
