"""BGP peers, as our ExaBGP reports them: their paths, their sessions and their hold timers.

1. A session comes up: the peer becomes a source. Its hold timer starts with its first KEEPALIVE.
2. Its UPDATEs change its paths in the Adj-RIB-In. After its End-of-RIB (RFC 4724, section 2), or `patience` seconds, it
   has sent all its paths.
3. The session goes down: its paths are removed. `Neighbors` (`bgp/sessions.py`) keeps whether each path was withdrawn
   or lost with its session.
4. A peer is also lost while its session is up: when its hold timer (RFC 4271, section 6.5) expires here, which is up
   to a second before ExaBGP's, or when Serf reports the member as failed. Its paths stay in the RIB and are not
   considered.

The reconciler is told of each change.

A failure of our own ExaBGP is no evidence against its peers (`exabgp_watch.py`). While ExaBGP sends nothing, no hold
timer expires. Once it counts as hung, owners of routes are judged without BGP. When sessions end because it stood
still, nothing is taken or deleted until peers have announced their paths again, as after our start.

Nor is an outage of our own link. If EC2 had not answered us for a while and answers again, and no peer was heard
meanwhile, sessions that ended in that time have as long as after our start to come up again (`ec2_answers_again`). Only
then are they a reason to take a route, or once the neighbor's host does not answer although our link is back
(`found_silent`).

A peer that ends its session with Cease, Administrative Reset or Other Configuration Change (RFC 4486, section 4), is
about to restart. Its routes stay: its paths are kept, stale, for `RESTART_TIME`, as with a graceful restart (RFC 4724).
Its End-of-RIB does not end that time, since it is sent before the scripts of the peer have announced. Paths that were
not announced again are removed at the end of that time.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from bgp2vpc.bgp.events import EndOfRib
from bgp2vpc.bgp.hold_timers import LATE, HoldTimers
from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import Standing, as_if_internal
from bgp2vpc.exabgp_api.messages import (
    Acknowledgement,
    Direction,
    ErrorReason,
    Keepalive,
    Message,
    NotEstablished,
    Notification,
    Opened,
    PeerState,
    Shutdown,
    StateChange,
    SummaryBegins,
    Update,
)
from bgp2vpc.logs import event
from bgp2vpc.names import PEER
from bgp2vpc.prefix import IPAddress
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.reconcile.journal import Journal
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.speaker.adj_rib_in import AdjRibIn, Decider
from bgp2vpc.speaker.exabgp_watch import EXCUSED, ExabgpWatch
from bgp2vpc.tasks import Alarm, ring_at

log = logging.getLogger("bgp2vpc")

RESTART_TIME = 30.0
"""Seconds for which the paths of a restarting peer are kept: for its restart, and for ExaBGP's reconnect back-off."""

BEFORE: Final = 1.0
"""Seconds between the end of a session and the call of EC2 that follows from it, at most."""


class Peers:
    """The peers of our ExaBGP. Runs on the event loop; no method waits."""

    def __init__(self, inputs: Inputs, decider: Decider, adj_rib_in: AdjRibIn, journal: Journal) -> None:
        self.patience = 10.0
        """Seconds after which a neighbor has sent all its paths, with or without an End-of-RIB."""
        self._inputs = inputs
        self._neighbors = inputs.neighbors
        self._decider = decider
        self._adj_rib_in = adj_rib_in
        self.exabgp = ExabgpWatch(adj_rib_in.ask_exabgp, self._nothing_is_heard, inputs.neighbors, journal)
        self._hold_timers = HoldTimers()
        self._hold_alarm = Alarm(self._run_out_hold_timers)
        self._gone: dict[IPAddress, set[str]] = {}
        """Peers that are lost although their session is up -> the signs of it: `hold timer`, `member` (of Serf)."""
        self._restarting: dict[IPAddress, float] = {}
        """Restarting peers -> until when their paths are kept."""

    def heard(self, message: Message) -> None:
        """Take in a message of ExaBGP. Its answers to lines that it was sent go to the Adj-RIB-Out."""
        if self.exabgp.heard():
            # ExaBGP runs again, and reports within moments which sessions are down. Hold timers start anew meanwhile.
            self._hold_timers.start_anew(self._now())
            self._hold_alarm.set(self._hold_timers.next_due())
            if self._neighbors.unheard:
                self.hold_decisions(self.exabgp.back_at)
                ring_at(self.exabgp.back_at + EXCUSED, self._heard_again)
        self._take_in(message)
        for peer in self._hold_timers.expire():
            event(log, logging.INFO, "peer hold timer expired", peer=peer)
            self._failed(peer, "hold timer")
            self._decider.prefixes_changed({prefix for prefix, _ in self._adj_rib_in.rib.next_hops(_name(peer))})

    def _take_in(self, message: Message) -> None:
        match message:
            case Acknowledgement() | ErrorReason() | SummaryBegins():
                self._adj_rib_in.answered(message)
            case Opened(peer, hold_time):
                if self._hold_timers.opened(peer, hold_time):
                    self._alive(peer, "hold timer")
            case Keepalive(peer):
                self._kept_alive(peer, news=self._hold_timers.kept_alive(peer, self._now()))
            case StateChange(peer, PeerState.UP):
                self._open(peer)
            case NotEstablished(peer):
                self._neighbors.mention(peer)
            case StateChange(peer) | Notification(peer):
                is_reset = isinstance(message, Notification) and message.is_reset
                why = message.reason if isinstance(message, StateChange) else message.name
                self._close(peer, why, comes_back=is_reset)
            case Update(peer, Direction.RECEIVE):
                self._open(peer)
                self._heard_update(message)
                self._kept_alive(peer, news=self._hold_timers.updated(peer, self._now()))
            case Shutdown():
                # All sessions have just gone down with ExaBGP. That is no evidence against the neighbors.
                self._neighbors.forget()

    def hold_decisions(self, since: float) -> None:
        """Hold decisions by best path as after our start: no route is taken or deleted for now.

        This ends when all neighbors have sent their paths, at the latest `patience` seconds after `since`.
        """
        self._inputs.neighbors_due = due = since + self.patience
        ring_at(due, self._hold_is_over, due)

    def ec2_answers_again(self, since: float) -> bool:
        """EC2 had not answered us since then. If we heard no peer, either, our own link may have been cut: wait.

        Returns whether we wait for peers that were lost meanwhile.

        A peer that was heard shows that our network works, so that a session that ended is evidence against its peer.
        A session that came up meanwhile does not: it may have ended by the same outage. One whose keepalives ExaBGP
        does not pass on counts as heard while it is up.
        """
        heard = [
            peer for peer in self._neighbors.up_before(since)
            if peer not in self._gone and not self._hold_timers.is_silent_since(peer, since)
        ]  # fmt: skip
        if heard or not self._neighbors.any_lost_since(since - BEFORE):
            return False
        what = "EC2 answers again: waiting for peers that were lost meanwhile"
        event(log, logging.INFO, what, seconds=self.patience)
        self._doubt_losses()
        return True

    def found_silent(self, peers: Collection[IPAddress]) -> None:
        """The hosts of these peers do not answer, although our link is back: wait no longer for them."""
        event(log, logging.INFO, "lost peers do not answer: waiting no longer for them", peers=sorted(map(str, peers)))
        self._neighbors.silent = frozenset(peers)
        self._decider.neighbors_changed()

    def _doubt_losses(self) -> None:
        """For `patience` seconds, conclude nothing from sessions that were lost up to now."""
        self._neighbors.doubtful_until = now = self._now()
        self._neighbors.silent = frozenset()
        ring_at(now + self.patience, self._doubt_no_longer, now)

    def _doubt_no_longer(self, since: float) -> None:
        if self._neighbors.doubtful_until != since:
            return
        if self._stood_still_at(since + self.patience):
            self._doubt_losses()
        else:
            self._neighbors.doubtful_until = None
            self._decider.neighbors_changed()

    def _hold_is_over(self, due: float) -> None:
        if self._stood_still_at(due):
            self.hold_decisions(self._now())
        self._decider.neighbors_changed()

    @property
    def expected(self) -> frozenset[IPAddress]:
        """The neighbors that should have a session, as last set by `expect`."""
        return self._neighbors.expected

    def expect(self, neighbors: Collection[IPAddress]) -> None:
        """Set the neighbors that should have a session: one without a session counts as lost."""
        if self._neighbors.expected != frozenset(neighbors):
            self._neighbors.expect(neighbors)
            self._decider.neighbors_changed()

    @property
    def established(self) -> Collection[IPAddress]:
        """The peers whose sessions are up."""
        return [peer for peer in self._neighbors.addresses if self.has_session(peer)]

    def has_session(self, peer: IPAddress) -> bool:
        """Whether the session with this peer is up."""
        return _name(peer) in self._adj_rib_in.kinds

    def member_failed(self, address: IPAddress) -> None:
        """Serf reports the member at this address as failed: treat its session as lost."""
        self._failed(address, "member")

    def member_alive(self, address: IPAddress) -> None:
        """Serf reports the member at this address as alive again."""
        self._alive(address, "member")

    # Sessions

    def _open(self, peer: IPAddress) -> None:
        """Open a peer's session unless it is open. ExaBGP reports it only once, but an UPDATE shows it, too."""
        if _name(peer) not in self._adj_rib_in.kinds:
            self._adj_rib_in.open(_name(peer), SourceKind.PEER, Side.PEER, router_id=peer)
            event(log, logging.INFO, "peer up", peer=peer)
            self._neighbors.up(peer, self._now())
            self._decider.neighbors_changed()
            self._wait_for_end_of_rib()

    def _wait_for_end_of_rib(self) -> None:
        due = self._now() + self.patience
        ring_at(due, self._waited_for_end_of_rib, due)

    def _waited_for_end_of_rib(self, due: float) -> None:
        if self._stood_still_at(due):
            self._wait_for_end_of_rib()
        elif self._neighbors.waited_enough(self._now(), self.patience):
            self._decider.neighbors_changed()

    def _heard_update(self, update: Update) -> None:
        name, rib = _name(update.peer), self._adj_rib_in.rib
        before = rib.next_hops(name, update.events)
        events = as_if_internal(update.events, update.external_as)
        if update.peer in self._restarting:
            events = tuple(each for each in events if not isinstance(each, EndOfRib))
        changed, error = self._adj_rib_in.take_in(name, events)
        self._neighbors.departed(before - rib.next_hops(name, update.events), Standing.WITHDRAWN, self._now())
        self._adj_rib_in.changed(changed)
        for each in update.events:
            if isinstance(each, EndOfRib) and self._neighbors.end_of_rib(update.peer, each.family):
                self._decider.neighbors_changed()
        if error:
            self._adj_rib_in.complain(name, error, "")

    def _close(self, peer: IPAddress, why: str, *, comes_back: bool = False) -> None:
        """Close a peer's session and remove its paths; with `comes_back`, keep them for `RESTART_TIME`."""
        if comes_back and self.has_session(peer):
            event(log, logging.INFO, "peer restarts: its paths are kept", peer=peer, seconds=RESTART_TIME)
            self._wait_for_restart(peer)
        # ExaBGP also prints `down` for every refused connect: only one that follows an `up` ends a session.
        name = _name(peer)
        # The peer was lost when our hold timer expired, up to a second before ExaBGP's. A route that moved in between
        # moved after the loss, so its new owner is alive: otherwise both sides of a partition would take it.
        since = self._neighbors.lost_since(peer, self._now())
        if self._neighbors.is_up(peer) and self._now() < self.exabgp.back_at + EXCUSED:
            self.hold_decisions(self.exabgp.back_at)
        is_removed = self._neighbors.is_removed(peer)
        is_news = self._neighbors.down(peer, since)
        if self._hold_timers.closed(peer):
            self._alive(peer, "hold timer")
            if not comes_back:
                self._restarting.pop(peer, None)  # it came back from its restart, and was lost after that
        if self._adj_rib_in.kinds.pop(name, None) is not None:
            event(log, logging.INFO, "peer down", peer=peer, reason=why or None)
            if peer in self._restarting:
                self._adj_rib_in.rib.close(name, self._now(), hold=self._restarting[peer] + 1 - self._now())
                return
            paths = self._adj_rib_in.rib.next_hops(name)
            self._decider.session_lost(paths)
            if not is_removed:
                self._neighbors.departed(paths, Standing.LOST, since)
            self._adj_rib_in.changed(self._adj_rib_in.rib.close(name, self._now(), hold=0), "its session went down")
        if is_news:
            self._decider.neighbors_changed()

    def _wait_for_restart(self, peer: IPAddress) -> None:
        self._restarting[peer] = until = self._now() + RESTART_TIME
        self._adj_rib_in.rib.keep_stale(_name(peer), until + 1)
        ring_at(until, self._end_restart, peer, until)

    def _end_restart(self, peer: IPAddress, until: float) -> None:
        """Remove the paths that a peer has not announced again; all of them if its session is still down."""
        if self._restarting.get(peer) != until:
            return
        if self._stood_still_at(until):
            self._wait_for_restart(peer)
            return
        del self._restarting[peer]
        name, rib = _name(peer), self._adj_rib_in.rib
        paths, is_up = rib.next_hops(name), self.has_session(peer)
        if not is_up and paths:
            event(log, logging.WARNING, "peer has not come back from its restart", peer=peer)
            self._decider.session_lost(paths)
        changed = rib.apply(name, EndOfRib()) if is_up else rib.close(name, self._now(), hold=0)
        how = Standing.WITHDRAWN if is_up else Standing.LOST
        self._neighbors.departed(paths - rib.next_hops(name), how, self._now())
        self._adj_rib_in.changed(changed, "it did not announce it again after its restart")
        self._decider.neighbors_changed()

    # Peers that are lost although their session is up

    def _failed(self, address: IPAddress, why: str) -> None:
        """Count the peer as lost by this sign. Its paths stay in the RIB and are not considered."""
        self._gone.setdefault(address, set()).add(why)
        self._decider.session_lost(self._adj_rib_in.rib.next_hops(_name(address)))
        self._neighbors.failed(address, self._now())
        self._decider.neighbors_changed()

    def _alive(self, address: IPAddress, why: str) -> None:
        """Remove this sign; without any other, the peer counts as alive again."""
        reasons = self._gone.get(address, set())
        reasons.discard(why)
        if not reasons:
            self._gone.pop(address, None)
            self._neighbors.recovered(address)
            self._decider.neighbors_changed()

    def _kept_alive(self, peer: IPAddress, *, news: bool) -> None:
        if news:
            event(log, logging.INFO, "peer keepalives resumed", peer=peer)
            self._alive(peer, "hold timer")
        # To save time, a message does not set the alarm anew: it mostly rings too early, and is set again then. It is
        # only moved forward, when it waits for a router's hold time of minutes and an instance's timer is due before.
        due, alarm = self._hold_timers.due(peer), self._hold_alarm
        if due is not None and (alarm.due is None or due < alarm.due):
            alarm.set(due)

    def _run_out_hold_timers(self) -> None:
        """Ask ExaBGP for a sign of life if a hold timer has run out: the timer expires at its next message."""
        if self._hold_timers.run_out(self._now()):
            self.exabgp.ask()
        self._hold_alarm.set(self._hold_timers.next_due())

    # Our own ExaBGP

    def exabgp_ended(self) -> None:
        """ExaBGP has ended or is disconnected: forget the sessions and paths of all peers. None counts as lost.

        Another ExaBGP may follow.
        """
        self.exabgp.ended()
        self.hold_decisions(self._now())
        self._neighbors.forget()
        self._restarting.clear()
        self._hold_timers = HoldTimers()
        rib, kinds = self._adj_rib_in.rib, self._adj_rib_in.kinds
        # Also those that are restarting, and have paths without a session.
        for name in [name for name, adj in rib.sources() if adj.side is Side.PEER]:
            kinds.pop(name, None)
            self._adj_rib_in.changed(rib.close(name, self._now(), hold=0), "our ExaBGP is not connected")
        for address, signs in list(self._gone.items()):
            self._alive(address, "hold timer")
            if signs:
                self._neighbors.failed(address, self._now())
        self._nothing_is_heard()

    def _nothing_is_heard(self) -> None:
        self._neighbors.unheard = True
        self._decider.neighbors_changed()

    def _heard_again(self) -> None:
        if self._neighbors.unheard and not self.exabgp.is_silent and self.exabgp.back_at + EXCUSED <= self._now():
            self._neighbors.unheard = False
            self._decider.neighbors_changed()

    def _stood_still_at(self, due: float) -> bool:
        """Whether this process was stopped at `due`: then others had not the time that ends now, and get it again.

        What stops this process mostly stops our ExaBGP, too (`exabgp_watch.py`).
        """
        return self._now() - due > LATE

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _name(peer: IPAddress) -> str:
    return f"{PEER}{peer}"
