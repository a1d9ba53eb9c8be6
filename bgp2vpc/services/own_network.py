"""Notices that EC2 answers us again after it had not: until then our own network may have been cut.

While our link is cut, remote checks of healthy owners fail and BGP sessions with them end. Checks still fail for some
probes after the link is back, and sessions take seconds to come up; but EC2 answers at once, and a takeover would
succeed. So what seemed to be lost meanwhile has to be confirmed (`services/checks/remote.py`, `speaker/peers.py`,
`speaker/discovery.py`).
"""

import asyncio
from typing import Final

from bgp2vpc.errors import Ec2Error, NoAnswer
from bgp2vpc.policy.place_state import NEVER
from bgp2vpc.reconcile.observer import Observer
from bgp2vpc.services.checks.remote import RemoteChecks
from bgp2vpc.speaker.discovery import ExabgpNeighbors
from bgp2vpc.speaker.peers import Peers
from bgp2vpc.tasks import StartTask

SHORTEST: Final = 1.0
"""Seconds without an answer that may be an outage of ours: TCP sends a lost first packet again after one (RFC 6298)."""
SESSIONS_END: Final = 2.0
"""The same for sessions, which are waited for much longer than a probe: with the smallest hold time (3 s), one ends 2 s
after the link was cut at the earliest."""
_TIMES: Final = 3
"""How many times as long as the answer before an answer has to take for that, where EC2 is slow for all."""


class Ec2Silence:
    """Follows the calls of EC2, of all accounts and regions. Pure; times are in seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._since: float | None = None
        """When the first call without an answer began; None: the last call was answered."""
        self._answered_at = NEVER
        self._took = 0.0
        """Seconds that the last answer took."""

    def called(self, seconds: float, error: Ec2Error | None, now: float) -> float | None:
        """A call has ended at `now`, after `seconds`. If it ended a silence, returns when that began; else None.

        Refusals count neither way: some of them are made on this host, such as those for lack of credentials.
        """
        begun = now - seconds
        if begun >= self._answered_at and (error is None or isinstance(error, NoAnswer)):
            # No other call has been answered meanwhile, as happens if one account or endpoint alone hangs.
            self._since = begun if self._since is None else min(self._since, begun)
        if error is not None:
            return None
        since, self._since = self._since, None
        longest, self._took, self._answered_at = max(SHORTEST, _TIMES * self._took), seconds, now
        return since if since is not None and now - since >= longest else None


class OwnNetwork(Observer):
    """Tells the remote checks and the BGP peers when a silence of EC2 has ended.

    `neighbors`: None if there is no ExaBGP.
    """

    def __init__(
        self, owners: RemoteChecks, peers: Peers, neighbors: ExabgpNeighbors | None, start_task: StartTask
    ) -> None:
        self._owners = owners
        self._peers = peers
        self._neighbors = neighbors
        self._start_task = start_task
        self._silence = Ec2Silence()

    def answered(self, action: str, seconds: float, error: Ec2Error | None) -> None:
        """A call of EC2 has ended. Called before its result is used, so before a takeover that waited for it."""
        now = asyncio.get_running_loop().time()
        since = self._silence.called(seconds, error, now)
        if since is not None:
            self._owners.ec2_answers_again()
            if now - since >= SESSIONS_END and self._peers.ec2_answers_again(since) and self._neighbors is not None:
                self._start_task("neighbors", self._neighbors.find_silent())
