"""BGP peers, as our ExaBGP tells of them: what they announce enters the Adj-RIB-In, their sessions are followed here.

A session comes up, sends its paths and an End-of-RIB, and goes down; `Neighbors` (`bgp/sessions.py`) keeps what that
says about paths that are not offered. A peer is also gone, although its session stands, when its hold timer expires
here before ExaBGP's does, or when Serf says that the member failed. The reconciler hears of each change.

A failure of our own ExaBGP is no evidence against its peers (`exabgp_watch.py`). While it says nothing, no hold timer
expires; once it is hung, owners are judged without BGP. Sessions that end because it stood still are waited for as
after our start.

A peer that ends its session with Cease, Administrative Reset or Other Configuration Change (RFC 4486), is about to be
restarted, and its routes stay: for `RESTART_TIME` its paths are kept, stale, as with a graceful restart (RFC 4724). It
announces what it still serves only after its first End-of-RIB, so what it has not announced again goes at the end of
that time.
"""

import asyncio
import logging
from collections.abc import Collection

from bgp2vpc.bgp.events import EndOfRib
from bgp2vpc.bgp.rib import Side
from bgp2vpc.bgp.sessions import HoldTimers, Standing, as_if_internal
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
"""Seconds from such an end of a peer's session: a restart takes some, and ExaBGP's back-off as many."""


class Peers:
    """All on the event loop; nothing here waits."""

    def __init__(self, inputs: Inputs, decider: Decider, adj_rib_in: AdjRibIn, journal: Journal) -> None:
        self.patience = 10.0
        """Seconds after which a neighbor that sends no End-of-RIB has told all it has."""
        self._inputs = inputs
        self._neighbors = inputs.neighbors
        self._decider = decider
        self._adj_rib_in = adj_rib_in
        self.exabgp = ExabgpWatch(adj_rib_in.ask_exabgp, self._nothing_is_heard, inputs.neighbors, journal)
        self._hold_timers = HoldTimers()
        self._hold_alarm = Alarm(self._run_out_hold_timers)
        self._gone: dict[IPAddress, set[str]] = {}
        """Who is gone although BGP does not say so, and by which signs."""
        self._restarting: dict[IPAddress, float] = {}
        """Until when the paths of a peer that is being restarted are kept."""

    def heard(self, message: Message) -> None:
        """A message on ExaBGP's pipe; its answers to what we passed on are for the Adj-RIB-Out."""
        if self.exabgp.heard():
            # It stood still, and runs again. What has become of its sessions it tells within moments.
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
                # All sessions have just gone down with ExaBGP: that says nothing about the neighbors.
                self._neighbors.forget()

    def hold_decisions(self, since: float) -> None:
        """As after our start: nothing is taken or deleted until peers have told all, or had `patience` seconds."""
        self._inputs.neighbors_due = due = since + self.patience
        ring_at(due, self._decider.neighbors_changed)

    @property
    def expected(self) -> frozenset[IPAddress]:
        """The neighbors that ExaBGP is configured with, as far as we know."""
        return self._neighbors.expected

    def expect(self, neighbors: Collection[IPAddress]) -> None:
        """These are the neighbors that ExaBGP is configured with."""
        if self._neighbors.expected != frozenset(neighbors):
            self._neighbors.expect(neighbors)
            self._decider.neighbors_changed()

    @property
    def established(self) -> Collection[IPAddress]:
        """The peers whose sessions are up."""
        return [peer for peer in self._neighbors.addresses if self.has_session(peer)]

    def has_session(self, peer: IPAddress) -> bool:
        """Whether its session is up."""
        return _name(peer) in self._adj_rib_in.kinds

    def member_failed(self, address: IPAddress) -> None:
        """Serf says that the host with this address is gone: as good as a lost session."""
        self._failed(address, "member")

    def member_alive(self, address: IPAddress) -> None:
        """Serf says that the host with this address is back."""
        self._alive(address, "member")

    # Sessions

    def _open(self, peer: IPAddress) -> None:
        """Its session is up. ExaBGP says so once; an update of a peer that we do not know means that we missed it."""
        if _name(peer) not in self._adj_rib_in.kinds:
            self._adj_rib_in.open(_name(peer), SourceKind.PEER, Side.PEER, router_id=peer)
            event(log, logging.INFO, "peer up", peer=peer)
            self._neighbors.up(peer, self._now())
            self._decider.neighbors_changed()
            ring_at(self._now() + self.patience, self._waited_for_end_of_rib)

    def _waited_for_end_of_rib(self) -> None:
        if self._neighbors.waited_enough(self._now(), self.patience):
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
        """Its session is down: its paths go, and what follows for routes depends on when it was lost."""
        if comes_back and self.has_session(peer):
            self._restarting[peer] = until = self._now() + RESTART_TIME
            event(log, logging.INFO, "peer restarts: its paths are kept", peer=peer, seconds=RESTART_TIME)
            ring_at(until, self._end_restart, peer, until)
        # ExaBGP prints `down` for every refused connect: only one that follows an `up` ends something.
        name = _name(peer)
        # ExaBGP's hold timer expires up to a second after ours. A route that moved in between moved after the loss,
        # which is a sign of life: else the two sides of a partition would both take it.
        since = self._neighbors.lost_since(peer, self._now())
        if self._neighbors.is_up(peer) and self._now() < self.exabgp.back_at + EXCUSED:
            self.hold_decisions(self.exabgp.back_at)
        is_news = self._neighbors.down(peer, since)
        if self._hold_timers.closed(peer):
            self._alive(peer, "hold timer")
        if self._adj_rib_in.kinds.pop(name, None) is not None:
            event(log, logging.INFO, "peer down", peer=peer, reason=why or None)
            if peer in self._restarting:
                self._adj_rib_in.rib.close(name, self._now(), hold=self._restarting[peer] + 1 - self._now())
                return
            paths = self._adj_rib_in.rib.next_hops(name)
            self._decider.session_lost(paths)
            self._neighbors.departed(paths, Standing.LOST, since)
            self._adj_rib_in.changed(self._adj_rib_in.rib.close(name, self._now(), hold=0), "its session went down")
        if is_news:
            self._decider.neighbors_changed()

    def _end_restart(self, peer: IPAddress, until: float) -> None:
        if self._restarting.get(peer) != until:
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

    # Peers that are gone although their session stands

    def _failed(self, address: IPAddress, why: str) -> None:
        """The peer is gone by this sign. Its paths stay, and are not considered."""
        self._gone.setdefault(address, set()).add(why)
        self._decider.session_lost(self._adj_rib_in.rib.next_hops(_name(address)))
        self._neighbors.failed(address, self._now())
        self._decider.neighbors_changed()

    def _alive(self, address: IPAddress, why: str) -> None:
        """This sign does not hold any more; without any, the peer counts again."""
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
        # Rather early than set anew for every message; routers may have a hold time of minutes, which is no reason to
        # hear of an instance's then.
        due, alarm = self._hold_timers.due(peer), self._hold_alarm
        if due is not None and (alarm.due is None or due < alarm.due):
            alarm.set(due)

    def _run_out_hold_timers(self) -> None:
        """The peer is gone if ExaBGP runs: as soon as it says anything."""
        if self._hold_timers.run_out(self._now()):
            self.exabgp.ask()
        self._hold_alarm.set(self._hold_timers.next_due())

    # Our own ExaBGP

    def exabgp_ended(self) -> None:
        """ExaBGP has ended, or is out of reach: nothing is known of the peers any more, and none of them is lost.

        Another ExaBGP may follow.
        """
        self.exabgp.ended()
        self.hold_decisions(self._now())
        self._neighbors.forget()
        self._restarting.clear()
        self._hold_timers = HoldTimers()
        rib, kinds = self._adj_rib_in.rib, self._adj_rib_in.kinds
        for name in [name for name, kind in kinds.items() if kind is SourceKind.PEER]:
            del kinds[name]
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

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _name(peer: IPAddress) -> str:
    return f"{PEER}{peer}"
