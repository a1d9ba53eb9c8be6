"""Messages of BGP peers that arrive before the daemon exists. Pure."""

from collections import deque
from typing import Final

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

    If a peer sends too many, the oldest are dropped: an announcement may be missing then, but none is kept without its
    withdrawal.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._messages: dict[IPAddress, deque[Message]] = {}

    def note(self, message: Message) -> None:
        """Keep a message about a peer; at the end of its session, drop all of them."""
        match message:
            case (
                NotEstablished(peer) | Opened(peer) | StateChange(peer, PeerState.UP) | Update(peer, Direction.RECEIVE)
            ):
                self._messages.setdefault(peer, deque(maxlen=self._limit)).append(message)
            case StateChange(peer, PeerState.DOWN) | Notification(peer):
                self._messages.pop(peer, None)

    def take(self) -> list[Message]:
        """All messages, those of each peer in order; the buffer is empty afterwards."""
        messages = [message for said in self._messages.values() for message in said]
        self._messages.clear()
        return messages
