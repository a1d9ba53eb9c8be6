"""When EC2 began to answer us again after it had not: until then our own network may have been cut. Pure.

While our link is cut, remote checks of healthy owners fail, and they still fail for some probes after the link is back,
when EC2 answers again and a takeover would succeed.
"""

from typing import Final

from bgp2vpc.errors import Ec2Error, NoAnswer
from bgp2vpc.policy.place_state import NEVER

SHORTEST: Final = 1.0
"""Seconds without an answer that may be an outage of ours: TCP sends a lost first packet again after one (RFC 6298)."""
_TIMES: Final = 3
"""How many times as long as the answer before an answer has to take for that, where EC2 is slow for all."""


class Ec2Silence:
    """Follows the calls of EC2, of all accounts and regions. Times are in seconds of any monotonic clock."""

    def __init__(self) -> None:
        self.ended = NEVER
        """When an answer last ended a silence."""
        self._since: float | None = None
        """When the first call without an answer began; None: the last call was answered."""
        self._answered_at = NEVER
        self._took = 0.0
        """Seconds that the last answer took."""

    def called(self, seconds: float, error: Ec2Error | None, now: float) -> bool:
        """A call has ended at `now`, after `seconds`. Returns whether it ended a silence.

        Refusals count neither way: some of them are made on this host, such as those for lack of credentials.
        """
        begun = now - seconds
        if begun >= self._answered_at and (error is None or isinstance(error, NoAnswer)):
            # No other call has been answered meanwhile, as happens if one account or endpoint alone hangs.
            self._since = begun if self._since is None else min(self._since, begun)
        if error is not None:
            return False
        since, self._since = self._since, None
        longest, self._took, self._answered_at = max(SHORTEST, _TIMES * self._took), seconds, now
        if since is None or now - since < longest:
            return False
        self.ended = now
        return True
