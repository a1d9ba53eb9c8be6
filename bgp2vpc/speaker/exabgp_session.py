"""One connection with an ExaBGP: everything it says on a pipe, from the sessions that stood before on."""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.exabgp_api.messages import Acknowledgement, Message
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker.resync import QUESTIONS, PeerResync

RESYNC_TIMEOUT: Final = 5.0
"""Seconds that ExaBGP's answers are waited for. With `exabgp.api.ack` false it never says that they are complete."""


class ExabgpSession:
    """Tells `take` every message of ExaBGP, and first what it had before this connection (`resync.py`).

    Make it before anything else is sent: the first two acknowledgements belong to its questions.
    """

    def __init__(self, pipe: ExabgpPipe, take: Callable[[Message], None]) -> None:
        self._pipe = pipe
        self._take = take
        self._resync: PeerResync | None = None
        self._late = 0
        """Questions without an acknowledgement when they were waited for no longer."""
        if all(map(pipe.send, QUESTIONS)):
            self._resync = PeerResync()
            asyncio.get_running_loop().call_later(RESYNC_TIMEOUT, self._resynced)

    async def run(self) -> None:
        """Until ExaBGP closes its end."""
        await self._pipe.run(self._heard)

    def _heard(self, message: Message) -> None:
        if self._resync is not None and self._resync.note(message):
            if self._resync.is_answered:
                self._resynced()
            return
        if self._late and isinstance(message, Acknowledgement):
            self._late -= 1  # whoever gets the message would take it for the answer to a line
            return
        self._take(message)

    def _resynced(self) -> None:
        resync, self._resync = self._resync, None
        self._late = resync.unanswered if resync else self._late
        for message in resync.messages() if resync else ():
            self._take(message)
