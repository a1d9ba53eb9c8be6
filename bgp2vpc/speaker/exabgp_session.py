"""One connection with ExaBGP: reads its messages, after asking for the sessions and paths from before it."""

import asyncio
from collections.abc import Callable
from typing import Final

from bgp2vpc.exabgp_api.messages import Acknowledgement, Message
from bgp2vpc.sources.exabgp_pipe import ExabgpPipe
from bgp2vpc.speaker.resync import QUESTIONS, PeerResync

RESYNC_TIMEOUT: Final = 5.0
"""Seconds to wait for ExaBGP's answers, and again as long as it has not begun to answer or goes on doing so.

With `exabgp.api.ack` false it never marks their end.
"""


class ExabgpSession:
    """Passes every message of ExaBGP to `take`, and those made of the sessions and paths from before (`resync.py`).

    It sends its questions when it is made. Make it before anything else is sent: it takes the first two
    acknowledgements for the answers to them.
    """

    def __init__(self, pipe: ExabgpPipe, take: Callable[[Message], None]) -> None:
        self._pipe = pipe
        self._take = take
        self._resync: PeerResync | None = None
        self._late = 0
        """Questions that had no acknowledgement after `RESYNC_TIMEOUT`."""
        if all(map(pipe.send, QUESTIONS)):
            self._resync = PeerResync()
            self._look_later(0)

    async def run(self) -> None:
        """Read messages until ExaBGP closes its end of the pipe."""
        await self._pipe.run(self._heard)

    def _heard(self, message: Message) -> None:
        if self._resync is not None and self._resync.note(message):
            if self._resync.is_answered:
                self._resynced()
            return
        if self._late and isinstance(message, Acknowledgement):
            self._late -= 1  # the Adj-RIB-Out would take it for the answer to one of its lines
            return
        self._take(message)

    def _look_later(self, came: int) -> None:
        asyncio.get_running_loop().call_later(RESYNC_TIMEOUT, self._look, came)

    def _look(self, came: int) -> None:
        """Pass on what has come of the answers. `came`: how many messages of them had come at the last look."""
        if self._resync is None:
            return
        if 0 < self._resync.came == came:
            self._resynced()  # the rest does not come
            return
        self._pass_on(self._resync)
        self._look_later(self._resync.came)

    def _resynced(self) -> None:
        if self._resync is not None:
            resync, self._resync = self._resync, None
            self._late = resync.unanswered
            self._pass_on(resync)

    def _pass_on(self, resync: PeerResync) -> None:
        for message in resync.messages():
            self._take(message)
