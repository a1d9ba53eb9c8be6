"""The members of the cluster and the addresses that are down. Pure."""

from collections.abc import Iterable

from bgp2vpc.prefix import IPAddress
from bgp2vpc.serf.model import SerfMember


class Roster:
    """The members as last reported. An address is down once its member has failed or left, until one there is alive.

    Several members may have had the same address, since a replaced instance leaves a failed member for a day. After a
    day the agent removes (reaps) such members, but their addresses stay down.
    """

    def __init__(self) -> None:
        self.down: frozenset[IPAddress] = frozenset()
        self.present: frozenset[str] = frozenset()
        """Names of the members that are alive."""
        self._members: dict[str, SerfMember] = {}

    def told_all(self, members: Iterable[SerfMember]) -> None:
        """The agent has listed all members."""
        self._members = {member.name: member for member in members}
        self._learn(self._members.values())

    def told(self, members: Iterable[SerfMember]) -> None:
        """The agent has reported an event about these members."""
        changed = {member.name: member for member in members}
        self._members |= changed
        self._learn(changed.values())

    def _learn(self, members: Iterable[SerfMember]) -> None:
        there = [member for member in self._members.values() if member.is_there]
        gone = {member.address for member in members if not member.is_there}
        self.down = (self.down | gone) - {member.address for member in there}
        self.present = frozenset(member.name for member in there)

    def forget_the_absent(self) -> None:
        """The connection to the agent is lost: a failed member may be back, so no address counts as down."""
        self._members = {name: member for name, member in self._members.items() if member.is_there}
        self.down = frozenset()
