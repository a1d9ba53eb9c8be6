"""The members of the cluster and the addresses that are down. Pure; time is an argument, in seconds."""

from collections.abc import Iterable
from typing import Final

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import SerfMember

TOGETHER: Final = 60.0
"""Seconds within which two failures count as one event. An agent that is cut off finds the others failed one after the
other: in a cluster of three, 6 and 9 s after the cut (Serf 0.8.2, `-profile=lan`)."""
RETURN: Final = 30.0
"""Seconds that members have to be alive again after the first of them: Serf tries to reconnect that often."""


class Roster:
    """The members as last reported. An address is down once its member has failed or left, until one there is alive.

    Several members may have had the same address, since a replaced instance leaves a failed member for a day. After a
    day the agent removes (reaps) such members, but their addresses stay down.

    If all others fail within `TOGETHER` seconds, and they are at least two, our own agent is cut off more likely than
    they are dead. These members are excused: their addresses are not down as long as no other member is alive, nor for
    `RETURN` seconds after that.
    """

    def __init__(self) -> None:
        self.present: frozenset[str] = frozenset()
        """Names of the members that are alive, ours included."""
        self.excused: frozenset[str] = frozenset()
        """Names of the failed members that do not count, as our own agent is probably cut off."""
        self._excused_until = 0.0
        self._down: frozenset[IPAddress] = frozenset()
        """Addresses whose members have failed or left, excused or not."""
        self._members: dict[str, SerfMember] = {}
        self._failed_at: dict[str, float] = {}
        """Name -> when we were told that the member has failed, for failed ones that were alive before."""

    @property
    def down(self) -> frozenset[IPAddress]:
        """The addresses that count as down."""
        return self._down - {self._members[name].address for name in self.excused}

    def told_all(self, members: Iterable[SerfMember], now: float) -> None:
        """The agent has listed all members."""
        self._members = {member.name: member for member in members}
        self._learn(self._members.values(), now)

    def told(self, members: Iterable[SerfMember], now: float) -> None:
        """The agent has reported an event about these members."""
        changed = {member.name: member for member in members}
        self._members |= changed
        self._learn(changed.values(), now)

    def _learn(self, members: Iterable[SerfMember], now: float) -> None:
        there = [member for member in self._members.values() if member.is_there]
        gone = {member.address for member in members if not member.is_there}
        self._down = (self._down | gone) - {member.address for member in there}
        failed = {name for name, member in self._members.items() if member.status == "failed"}
        self._failed_at = {name: at for name, at in self._failed_at.items() if name in failed}
        self._failed_at |= dict.fromkeys(failed & self.present, now)
        self.present = frozenset(member.name for member in there)
        self._excuse(failed, now)

    def _excuse(self, failed: set[str], now: float) -> None:
        """Excuse members that failed at about the same time if nobody else is alive; no longer once that is over."""
        latest = max(self._failed_at.values(), default=now)
        together = frozenset(name for name, at in self._failed_at.items() if at >= latest - TOGETHER)
        if len(self.present) == 1 and len(together) > 1:
            self.excused, self._excused_until = together, now + RETURN
        elif now >= self._excused_until:
            self.excused = frozenset()
        self.excused &= failed

    def forget_the_absent(self) -> None:
        """The connection to the agent is lost: a failed member may be back, so no address counts as down."""
        self._members = {name: member for name, member in self._members.items() if member.is_there}
        self._failed_at, self.excused, self._down = {}, frozenset(), frozenset()
