"""One connection with an ExaBGP: everything it says on a pipe, from the sessions that stood before on."""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.exabgp_api.messages import Message
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker.resync import QUESTIONS, PeerResync

RESYNC_TIMEOUT: Final = 5.0
"""Seconds that ExaBGP has to answer. With `exabgp.api.ack` false it never says that the answer is complete."""


class ExabgpSession:
    """Tells `take` every message of ExaBGP, and first what it had before this connection (`resync.py`).

    Make it before anything else is sent: the first two acknowledgements belong to its questions.
    """

    def __init__(self, pipe: ExabgpPipe, take: Callable[[Message], None]) -> None:
        self._pipe = pipe
        self._take = take
        self._resync: PeerResync | None = None
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
        self._take(message)

    def _resynced(self) -> None:
        resync, self._resync = self._resync, None
        for message in resync.messages() if resync else ():
            self._take(message)
