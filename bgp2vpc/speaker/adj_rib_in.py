"""The Adj-RIB-In: lines of local sources and UPDATEs of BGP peers become paths in the RIB (`bgp/rib.py`).

A line of a local source (`AdjRibIn.said`), in one turn of the event loop:

1. It is refused if the source has no room for its paths, or if ExaBGP would end at it. Then neither the RIB nor ExaBGP
   gets any of it, so that the VPC and the datacenter have the same paths.
2. Its events are applied to the RIB.
3. The line is passed on to ExaBGP, if there is one (`adj_rib_out.py`).
4. The reconciler is told which prefixes have changed (`Decider`), and decides about them in its next turn.
5. The source gets its answer: `done` or `error`.

When a source's session closes, its paths become stale: they stay for a hold time, within which the source may come back
and announce them again, as with a graceful restart (RFC 4724). UPDATEs of BGP peers come from `peers.py` and are not
passed on.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from typing import Protocol

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.export import Draining
from bgp2vpc.bgp.hold_timers import LATE
from bgp2vpc.bgp.rib import MaximumPrefixReached, Offer, Side
from bgp2vpc.exabgp_api.command import Answer, Command, Requires
from bgp2vpc.exabgp_api.harmful import has_neighbors
from bgp2vpc.exabgp_api.messages import (
    Acknowledgement,
    ErrorReason,
    SummaryBegins,
)
from bgp2vpc.logs import event
from bgp2vpc.names import PEER
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.reconcile.inputs import Inputs
from bgp2vpc.sources.session import Reply, SourceKind
from bgp2vpc.speaker.adj_rib_out import MOST_SELECTORS, AdjRibOut
from bgp2vpc.speaker.refused_lines import LOGGED, RefusedLines
from bgp2vpc.tasks import Alarm

log = logging.getLogger("bgp2vpc")

DEFAULT_MAX_PREFIXES = 1000
TOO_MANY = "the source has reached its limit of prefixes (max_prefixes); nothing of this line is taken"
CLIENT_KINDS = (SourceKind.CLIENT, SourceKind.TEE)
CLIENTS = 10
"""All clients of the socket and tees together may offer this many times the default `max_prefixes`."""
TOO_MANY_OF_CLIENTS = (
    f"all clients of the socket offer {CLIENTS} times max_prefixes already; nothing of this line is taken"
)
TOO_MANY_SELECTORS = (
    f"the source announces to {MOST_SELECTORS} neighbor selectors already; nothing of this line is taken"
)

REMEMBERED_GONE = 10_000
"""Prefixes with records of the sources that have ceased to offer them; beyond that, the oldest are dropped."""
GONE_OF_PREFIX = 8
"""Records of one prefix, one for each source; beyond that, the oldest are dropped."""

NO_NEIGHBOR = "ExaBGP has told of no such neighbor, or of no session with it, and 4.2 would stop at this line"


class Decider(Protocol):
    """The part of the reconciler that receives what has to be decided again."""

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """The paths for these prefixes have changed."""

    def neighbors_changed(self) -> None:
        """A neighbor's session came up, went down or sent its End-of-RIB; or the neighbors themselves have changed."""

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """The neighbor that offered these paths (prefix, next hop) is lost. Called before anything else changes."""


@dataclass(frozen=True, slots=True)
class Said:
    """The line that announced a path (cut; empty for a BGP peer's path), and when: `at`, in Unix seconds."""

    line: str
    at: float


@dataclass(frozen=True, slots=True)
class Gone:
    """A source has ceased to offer a prefix, `at` in Unix seconds.

    `how`: why, in words; empty: the source withdrew it. `line`: the line that had announced it, cut. It is empty for a
    BGP peer, and for a source that withdrew a prefix that it had not announced since our start.
    """

    source: str
    kind: SourceKind
    at: float
    how: str = ""
    line: str = ""


class AdjRibIn:
    """Takes in the lines of every source (`sources.session.Listener`). Runs on the event loop; no method waits."""

    def __init__(self, inputs: Inputs, decider: Decider, adj_rib_out: AdjRibOut | None) -> None:
        self.rib = inputs.rib
        self._neighbors = inputs.neighbors
        self.kinds: dict[str, SourceKind] = {}
        self._decider = decider
        self._adj_rib_out = adj_rib_out
        self._is_silent = False
        self._max_prefixes: Mapping[str, int] = {}
        self._default_max_prefixes = DEFAULT_MAX_PREFIXES
        self.refused_lines = RefusedLines()
        self.last_lines: dict[str, str] = {}
        """Source -> its last line, cut: of clients of the socket and tees only, as a script keeps its own."""
        self._said: dict[Prefix, dict[tuple[str, int | None], Said]] = {}
        self._gone: dict[Prefix, dict[str, Gone]] = {}
        """Prefix -> source -> its record; in both, the oldest first."""
        self._holds = True
        self._expiry = Alarm(self._expire)

    def use_limits(self, max_prefixes: Mapping[str, int], default: int) -> None:
        """Set how many prefixes each source may offer; a source that already offers more keeps its paths."""
        self._max_prefixes, self._default_max_prefixes = max_prefixes, default
        for name, adj in self.rib.sources():
            adj.max_prefixes = self._limit(name)

    def _limit(self, source: str) -> int:
        return self._max_prefixes.get(source, self._default_max_prefixes)

    @property
    def adj_rib_out(self) -> AdjRibOut | None:
        """What sends lines to ExaBGP; None: there is no ExaBGP, or `stop_exporting` was called."""
        return None if self._is_silent else self._adj_rib_out

    # Sources on this host

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        """Open the session of a source. `routine`: it has been opened so often that it is logged for debugging only."""
        self.open(source, kind, Side.CHECK if kind is SourceKind.CHECK else Side.LOCAL)
        event(log, logging.DEBUG if routine else logging.INFO, "source up", source=source, kind=kind.value)

    def said(self, source: str, command: Command) -> Reply:
        """Handle one line of a source, in the steps of the module's docstring. Returns the answer."""
        if self.kinds[source] in CLIENT_KINDS:
            self.last_lines[source] = command.line[:LOGGED]
        if refusal := self._refusal(source, command):
            self.complain(source, refusal, command.line)
            return Reply(Answer.ERROR, refusal)
        changed, _ = self.take_in(source, command.events, command.line)
        passed_on = False
        # A tee has passed its script's lines to ExaBGP itself.
        if self.adj_rib_out is not None and command.for_exabgp and self.kinds.get(source) is not SourceKind.TEE:
            passed_on = True
            if self._may_hear(command):
                self.adj_rib_out.pass_on(source, command)
            else:
                self.adj_rib_out.take_all_back(source)  # a `clear adj-rib out` that would end ExaBGP 4.2
        ended_rib = any(isinstance(each, EndOfRib) for each in command.events)
        self.changed(changed, "it came back, and did not announce it again" if ended_rib else "")
        if ended_rib:
            self._vanished(changed)
        if not command.error:
            return Reply(command.answer, "", command.reply)
        if command.answer is Answer.DONE:
            kind = self.kinds.get(source, SourceKind.PEER)
            self.refused_lines.note(source, kind, command.error, command.line, self._now())
        else:
            note = "; passed on to ExaBGP all the same" if passed_on else ""
            self.complain(source, command.error + note, command.line)
        return Reply(Answer.DONE if passed_on else command.answer, command.error, command.reply)

    def _refusal(self, source: str, command: Command) -> str:
        """Why the whole line is refused; empty: the whole line is accepted."""
        if not self.rib.has_room(source, command.events):
            return TOO_MANY
        # A client names itself, so there may be many sources of one; scripts are configured, one by one.
        if self.kinds[source] in CLIENT_KINDS and (new := self.rib.count_new(source, command.events)):
            offered = sum(self.rib.count(name) for name, kind in self.kinds.items() if kind in CLIENT_KINDS)
            if offered + new > CLIENTS * self._default_max_prefixes:
                return TOO_MANY_OF_CLIENTS
        if self.adj_rib_out is not None:
            if not self.adj_rib_out.has_room(source, command.selector):
                return TOO_MANY_SELECTORS
            if not command.events and not self._may_hear(command):
                return NO_NEIGHBOR
        return ""

    def _may_hear(self, command: Command) -> bool:
        """Whether ExaBGP has the neighbors or sessions that this line requires, as far as it has reported them."""
        match command.requires:
            case Requires.NOTHING:
                return True
            case Requires.NEIGHBOR:
                known = {str(peer) for peer in self._neighbors.addresses}
            case Requires.SESSION:
                known = {name.removeprefix(PEER) for name, kind in self.kinds.items() if kind is SourceKind.PEER}
        return has_neighbors(command.selector, known)

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        """Close the session of a source. Its paths stay, stale, for `hold` seconds."""
        paths = self.rib.count(source)
        hold = hold if self._holds else 0.0
        changed = self.rib.close(source, self._now(), hold)
        level = logging.DEBUG if routine else logging.INFO
        event(log, level, "source down", source=source, paths=paths, kept_for=hold if paths and hold else None)
        self.changed(changed, "its session ended")
        self._vanished(changed)
        self._sources_went()

    def keep_no_stale_paths(self) -> None:
        """Remove the paths of sessions that close from now on at once: the daemon ends and withdraws."""
        self._holds = False

    def close_all(self) -> None:
        """Remove the paths of all local sources, and withdraw them from ExaBGP: the daemon ends."""
        for source, adj in list(self.rib.sources()):
            if adj.side is not Side.PEER:
                changed = self.rib.close(source, self._now(), hold=0)
                self.changed(changed, "the daemon ends")
                self._vanished(changed)

    # To ExaBGP

    def export(self, policy: Draining) -> None:
        """Set the export policy, by which the paths of local sources are announced to ExaBGP."""
        if self.adj_rib_out is not None:
            self.adj_rib_out.export(policy)

    def announces(self, prefixes: Container[Prefix]) -> bool:
        """Whether ExaBGP has been sent an announcement of any of these prefixes that still stands."""
        return self.adj_rib_out is not None and self.adj_rib_out.announces(prefixes)

    def tees_of(self, covers: Callable[[Prefix], bool]) -> list[str]:
        """The tees that offer such prefixes: they announce to ExaBGP directly, where a drain does not change them."""
        offers = [offer for prefix, some in self.rib.offers.items() if covers(prefix) for offer in some]
        return sorted({each.source for each in offers if self.kinds.get(each.source) is SourceKind.TEE})

    def stop_exporting(self) -> None:
        """Send ExaBGP nothing more. It goes on announcing the paths that it was sent."""
        self._is_silent = True

    def answered(self, message: Acknowledgement | ErrorReason | SummaryBegins) -> None:
        """Pass on ExaBGP's answer to a line that it was sent."""
        if self.adj_rib_out is not None:
            self.adj_rib_out.heard(message)

    def ask_exabgp(self) -> bool:
        """Send ExaBGP a question, for a sign of life. False: none is connected, or `stop_exporting` was called."""
        return self.adj_rib_out is not None and self.adj_rib_out.ask()

    # Into the RIB

    def open(self, source: str, kind: SourceKind, side: Side, *, router_id: IPAddress | None = None) -> None:
        """Open a session in the RIB. Stale paths of an earlier session stay until their time is over."""
        self.kinds[source] = kind
        self.rib.open(source, side, router_id=router_id, max_prefixes=self._limit(source))

    def said_of(self, offer: Offer) -> Said | None:
        """The line that announced this path, and when; None: not known."""
        return self._said.get(offer.path.prefix, {}).get((offer.source, offer.path.path_id))

    def gone_from(self, prefix: Prefix) -> tuple[Gone, ...]:
        """The sources that have ceased to offer this prefix and do not offer it now, the latest last."""
        offering = {offer.source for offer in self.rib.offers.get(prefix, ())}
        return tuple(each for each in self._gone.get(prefix, {}).values() if each.source not in offering)

    def take_in(self, source: str, events: Collection[Event], line: str = "") -> tuple[frozenset[Prefix], str]:
        """Apply events to the RIB. Returns the prefixes that changed, and an error if `max_prefixes` was reached."""
        changed: frozenset[Prefix] = frozenset()
        error = ""
        for each in events:
            known, unclaimed = len(self.rib.seen), len(self.rib.unclaimed)
            try:
                now_changed = self.rib.apply(source, each)
            except MaximumPrefixReached:
                error = TOO_MANY
                continue
            if isinstance(each, Withdraw) and (len(self.rib.seen) > known or len(self.rib.unclaimed) < unclaimed):
                # The first line about this prefix: a route of ours may be left from before our start, or a reload.
                changed |= {each.prefix}
            if isinstance(each, Withdraw) and not now_changed and source not in self._gone.get(each.prefix, {}):
                kind = self.kinds[source]
                if kind is not SourceKind.PEER:
                    self._note_gone(each.prefix, Gone(source, kind, time.time()))
            if now_changed:
                changed |= now_changed
                _log_change(source, each, now_changed)
                if isinstance(each, Announce):
                    said = Said(line[:LOGGED], time.time())
                    self._said.setdefault(each.path.prefix, {})[source, each.path.path_id] = said
        return changed, error

    def changed(self, prefixes: frozenset[Prefix], how: str = "") -> None:
        """Tell the reconciler that the paths of these prefixes have changed, and record those that are gone.

        `how`: why they are gone, in words; empty: they were withdrawn.
        """
        for prefix in prefixes:
            said = self._said.get(prefix)
            if not said:
                continue
            # Of a path that is not offered any more, a record remains for `why`.
            offered = {(offer.source, offer.path.path_id) for offer in self.rib.offers.get(prefix, ())}
            for key in said.keys() - offered:
                line = said.pop(key).line
                self._note_gone(prefix, Gone(key[0], self.kinds.get(key[0], SourceKind.PEER), time.time(), how, line))
            if not said:
                del self._said[prefix]
        if prefixes:
            self._decider.prefixes_changed(prefixes)

    def _note_gone(self, prefix: Prefix, gone: Gone) -> None:
        """Add a record as the latest of its prefix, and drop the oldest ones beyond the limits."""
        of_prefix = self._gone.pop(prefix, {})
        of_prefix.pop(gone.source, None)
        self._gone[prefix] = {**dict(list(of_prefix.items())[1 - GONE_OF_PREFIX :]), gone.source: gone}
        if len(self._gone) > REMEMBERED_GONE:
            del self._gone[next(iter(self._gone))]

    def _vanished(self, prefixes: frozenset[Prefix]) -> None:
        """Withdraw from ExaBGP the paths of these prefixes that went without a withdrawal of their source."""
        if prefixes and self.adj_rib_out is not None:
            self.adj_rib_out.withdraw_vanished(prefixes, self.rib.offers)

    def complain(self, source: str, error: str, line: str) -> None:
        """Log and count a line that was refused, all of it or in part."""
        self.refused_lines.add(source, self.kinds.get(source, SourceKind.PEER), error, line, self._now())

    # Stale paths

    def _sources_went(self) -> None:
        """Forget the sources that have neither a session nor stale paths, and set the timer of the stale paths."""
        remaining = {name for name, _ in self.rib.sources()}
        for name in self.kinds.keys() - remaining:
            del self.kinds[name]
            self.last_lines.pop(name, None)
            if self.adj_rib_out is not None:
                self.adj_rib_out.source_gone(name)
        self.refused_lines.clients_remain(remaining)
        self._expiry.set(self.rib.next_expiry())

    def _expire(self) -> None:
        now = self._now()
        for name, adj in self.rib.sources():
            if any(now - until > LATE for until in adj.stale.values()):
                # This process stood still, and mostly the source, too: it has its time again.
                self.rib.keep_stale(name, now + adj.hold)
        changed = self.rib.expire(now)
        if changed:
            event(log, logging.INFO, "stale paths removed", prefixes=sorted(changed))
        self.changed(changed, "its session had ended, and it did not announce it again in time")
        self._vanished(changed)
        self._sources_went()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _log_change(source: str, change: Event, changed: Collection[Prefix]) -> None:
    match change:
        case Announce(path):
            more = {"next_hop": path.next_hop, "med": path.attributes.med, "path_id": path.path_id}
            event(log, logging.INFO, "announced", prefix=path.prefix, source=source, **more)
        case Withdraw(prefix, path_id):
            event(log, logging.INFO, "withdrawn", prefix=prefix, source=source, path_id=path_id)
        case EndOfRib():
            event(log, logging.INFO, "stale paths flushed at End-of-RIB", prefixes=sorted(changed), source=source)
        case _:
            event(log, logging.INFO, "all withdrawn", prefixes=sorted(changed), source=source)
