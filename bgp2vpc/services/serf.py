"""Follows the Serf agent of this host: members that fail, and members' votes against owners of routes.

1. `serf/client.py` connects to the agent; a lost connection is opened again with a back-off.
2. The agent reports the members: an address that is down is passed to the `MemberListener` (`speaker/peers.py`).
3. User events of other members are votes against owners. While enough members vote, the remote check of the owner
   fails (`services/checks/remote.py`).
4. Our own votes (`accuse`) are sent, and repeated before they expire.

While the agent cannot be reached, nothing waits for it, no member counts as failed, and votes expire. Nor do members
count as failed that failed together with all others: then our own agent is probably cut off (`serf/roster.py`).
"""

import asyncio
import logging
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bgp2vpc.backoff import BackOff
from bgp2vpc.config.model import Config
from bgp2vpc.errors import SerfError
from bgp2vpc.logs import event
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.reconcile.read.poll_time import PollTime
from bgp2vpc.serf.model import Agent, CommandRefused, Introduced, Members, MembersChanged, Told, UserEvent
from bgp2vpc.serf.roster import Roster
from bgp2vpc.serf.vote import REPEATS, Accusation, OwnVotes, VoteError, Votes, parse_votes
from bgp2vpc.sources.log_limit import Complaints
from bgp2vpc.status import SerfStatus
from bgp2vpc.tasks import Alarm, StartTask, cancelled

if TYPE_CHECKING:
    from bgp2vpc.serf.client import Client

log = logging.getLogger("bgp2vpc")

FIRST_RETRY = 0.5  # seconds
LONGEST_RETRY = 30.0
SUBJECT = "serf"
IN_CLUSTER = "in the Serf cluster"
LOGGED = 200
"""Characters of a user event that is no vote, in the log."""


class MemberListener(Protocol):
    """Receives which members fail and come back."""

    def member_failed(self, address: IPAddress) -> None:
        """The member at this address has failed or left."""

    def member_alive(self, address: IPAddress) -> None:
        """A member at this address is alive again, or the connection to the agent was lost."""


class SerfService:
    """Follows one agent and sends our votes; with `has_vote` false (`--noop`) it sends none.

    `Observer.votes_changed` is called when `against` may return other members.
    """

    def __init__(
        self, journal: Journal, start_task: StartTask, members: MemberListener, poll_time: PollTime, *, has_vote: bool
    ) -> None:
        self._has_vote = has_vote
        self._accusations: frozenset[Accusation] = frozenset()
        """The owners that we vote against at present."""
        self._journal = journal
        self._start_task = start_task
        self._members = members
        self._poll_time = poll_time
        self._agent: Agent | None = None
        self._name = ""
        """Our name in the cluster; empty without a connection."""
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self._roster = Roster()
        self._votes = Votes()
        self._own_votes = OwnVotes()
        self._expiry = Alarm(self._reassess)
        self._complaints = Complaints()

    async def configure(self, config: Config) -> None:
        """Follow the agent of this configuration from now on; without one, stop."""
        agent = config.serf
        if agent == self._agent:
            return
        await self.stop()
        self._agent, self._roster, self._votes = agent, Roster(), Votes()
        self._poll_time.know(IN_CLUSTER, 0)
        self._reassess()
        if agent is None:
            self._journal.success(SUBJECT)
        else:
            self._task = self._start_task("serf", self._follow(agent))

    async def stop(self) -> None:
        """Close the connection."""
        if self._task is not None:
            await cancelled(self._task)
            self._task = None
            self._lost()
        self._expiry.set(None)

    def against(self, accusation: Accusation) -> frozenset[str]:
        """The members alive now whose vote against this owner stands."""
        return self._votes.against(accusation, self._roster.present, self._now())

    def accuse(self, accusations: frozenset[Accusation]) -> None:
        """Vote against these owners from now on, and against no others."""
        if self._has_vote and accusations != self._accusations:
            self._accusations = accusations
            if self._client is not None:
                self._client.wake()

    def status(self) -> SerfStatus | None:
        """The agent and its members, for the status; None: no agent is configured."""
        if self._agent is None:
            return None
        return SerfStatus(
            name=self._name or None,
            state="up" if self._name else "down",
            members=len(self._roster.present),
            down=tuple(sorted(map(str, self._roster.down))),
            votes=tuple(sorted(map(str, self._votes))),
        )

    # The connection

    async def _follow(self, agent: Agent) -> None:
        # Imported here, because only hosts with an agent need msgpack.
        from bgp2vpc.serf.client import Client  # noqa: PLC0415

        back_off = BackOff(FIRST_RETRY, LONGEST_RETRY)
        while True:
            self._client = Client(agent, partial(self._heard, agent), partial(self._due, agent))
            try:
                await self._client.run()
            except SerfError as error:
                self._journal.failure(SUBJECT, error)
                if self._name:
                    back_off.reset()
            self._lost()
            await asyncio.sleep(back_off.next())

    def _lost(self) -> None:
        self._client = None
        self._name = ""
        before = self._roster.down
        self._roster.forget_the_absent()
        self._votes.forget_order()
        self._tell(before)

    # Messages of the agent

    def _heard(self, agent: Agent, told: Told) -> None:
        before, present, excused = self._roster.down, self._roster.present, self._roster.excused
        match told:
            case Introduced(name):
                self._name = name
                self._own_votes.say_all_again()
            case Members(members):
                self._roster.told_all(members, self._now())
                self._journal.success(SUBJECT)
            case MembersChanged(_, members):
                self._roster.told(members, self._now())
            case UserEvent():
                self._take_in(agent, told)
            case CommandRefused(_, reason):
                self._complain(f"our vote was not sent: {reason}")
        if self._roster.excused and not excused:
            what = "serf: all other members failed together: our own agent is probably cut off, so they do not count"
            event(log, logging.WARNING, what, members=sorted(self._roster.excused))
        self._tell(before)
        if self._roster.present != present:
            self._poll_time.know(IN_CLUSTER, len(self._roster.present))
            self._reassess()

    def _tell(self, before: Collection[IPAddress]) -> None:
        """Tell the listener which members have gone and which are back."""
        for address in sorted(self._roster.down - set(before)):
            event(log, logging.INFO, "serf: member gone", address=address)
            self._members.member_failed(address)
        for address in sorted(set(before) - self._roster.down):
            event(log, logging.INFO, "serf: member back", address=address)
            self._members.member_alive(address)

    # Votes

    def _take_in(self, agent: Agent, told: UserEvent) -> None:
        try:
            votes = parse_votes(told.payload)
        except VoteError as error:
            self._complain(f"user event is no vote: {error}", payload=told.payload[:LOGGED])
            return
        if told.coalesced:
            self._complain("votes may be lost: send them with `serf event -coalesce=false`", voter=votes[0].voter)
        now = self._now()
        for vote in votes:
            if vote.voter == self._name:
                continue
            if self._roster.present and vote.voter not in self._roster.present:
                self._complain("vote of an unknown member: it counts once that is a member", voter=vote.voter)
            if self._votes.cast(vote, told.time, now + agent.vote_time, now):
                event(log, logging.INFO, "serf: vote", vote=vote)
        self._reassess()

    def _reassess(self) -> None:
        """Drop expired votes, and call the observers: votes or voters have changed."""
        self._votes.expire(self._now())
        self._expiry.set(self._votes.next_expiry())
        for each in self._journal.observers:
            each.votes_changed()

    def _due(self, agent: Agent) -> list[str]:
        """Our votes that have to be sent now."""
        if not self._name:
            return []
        votes = self._own_votes.due(self._accusations, self._name, self._now(), agent.vote_time / REPEATS)
        return [str(vote) for vote in votes]

    def _complain(self, problem: str, **fields: str) -> None:
        """Log each problem once: voters repeat their votes every few seconds."""
        if self._complaints.is_worth_saying(f"{problem} {fields}", self._now()):
            event(log, logging.WARNING, f"serf: {problem}", **fields)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
