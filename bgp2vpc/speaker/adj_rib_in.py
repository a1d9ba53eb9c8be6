"""What sources say enters the RIB here, and is passed on to ExaBGP if there is one.

The paths themselves are in `bgp/rib.py`. A line of a source is taken as a whole or not at all: if there is room for its
paths, they go into the RIB, the line goes to ExaBGP (`adj_rib_out.py`), and the reconciler hears which prefixes changed
(`Decider`). The paths of a source that closes stay, stale, for its hold time. What BGP peers announce comes by the same
way (`peers.py`).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from typing import Protocol

from bgp2vpc.bgp.events import Announce, EndOfRib, Event, Withdraw
from bgp2vpc.bgp.export import Draining
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
"""Sources that offer as many prefixes as they may: the clients of the socket, however many, offer no more in all."""
TOO_MANY_OF_CLIENTS = (
    f"all clients of the socket offer {CLIENTS} times max_prefixes already; nothing of this line is taken"
)
TOO_MANY_SELECTORS = (
    f"the source announces to {MOST_SELECTORS} neighbor selectors already; nothing of this line is taken"
)

REMEMBERED_GONE = 10_000
"""Prefixes of which it is remembered who has ceased to offer them; of more, the oldest are forgotten."""
GONE_OF_PREFIX = 8
"""Sources of one prefix, the same."""

NO_NEIGHBOR = "ExaBGP has told of no such neighbor, or of no session with it, and 4.2 would stop at this line"


class Decider(Protocol):
    """Who decides anew when something changes: the reconciler."""

    def prefixes_changed(self, prefixes: Collection[Prefix]) -> None:
        """What is announced of these has changed."""

    def neighbors_changed(self) -> None:
        """A session of a neighbor has begun, told all, or ended."""

    def session_lost(self, paths: Collection[tuple[Prefix, IPAddress]]) -> None:
        """A neighbor that offered these paths, by prefix and next hop, is lost; before anything follows."""


@dataclass(frozen=True, slots=True)
class Said:
    """The line that announced a path (cut; empty for a peer's), and when, in Unix seconds."""

    line: str
    at: float


@dataclass(frozen=True, slots=True)
class Gone:
    """A source has ceased to offer a prefix `at`, in Unix seconds; `line` had announced it (cut; empty for a peer's).

    `how`: why the path went, in words; empty: the source withdrew it. `line` empty, and not a peer's: it had not
    announced the prefix since our start, and withdrew it all the same.
    """

    source: str
    kind: SourceKind
    at: float
    how: str = ""
    line: str = ""


class AdjRibIn:
    """The daemon's side of every source (`sources.session.Listener`). All on the event loop; nothing here waits."""

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
        """The last line of each client of the socket and `tee`, cut; a script keeps its own."""
        self._said: dict[Prefix, dict[tuple[str, int | None], Said]] = {}
        self._gone: dict[Prefix, dict[str, Gone]] = {}
        """By prefix and source; what went first, first."""
        self._holds = True
        self._expiry = Alarm(self._expire)

    def use_limits(self, max_prefixes: Mapping[str, int], default: int) -> None:
        """How many prefixes each source may offer, from now on; one that offers more already keeps them."""
        self._max_prefixes, self._default_max_prefixes = max_prefixes, default
        for name, adj in self.rib.sources():
            adj.max_prefixes = self._limit(name)

    def _limit(self, source: str) -> int:
        return self._max_prefixes.get(source, self._default_max_prefixes)

    @property
    def adj_rib_out(self) -> AdjRibOut | None:
        """Where ExaBGP hears of what is said here; None: there is none, or it hears no more of us."""
        return None if self._is_silent else self._adj_rib_out

    # Sources on this host

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        """A session begins. `routine`: as so often before, no news for the log."""
        self.open(source, kind, Side.CHECK if kind is SourceKind.CHECK else Side.LOCAL)
        event(log, logging.DEBUG if routine else logging.INFO, "source up", source=source, kind=kind.value)

    def said(self, source: str, command: Command) -> Reply:
        """One line of a source: into the RIB, on to ExaBGP, and answered, in this turn of the event loop."""
        if self.kinds[source] in CLIENT_KINDS:
            self.last_lines[source] = command.line[:LOGGED]
        if refusal := self._refusal(source, command):
            self.complain(source, refusal, command.line)
            return Reply(Answer.ERROR, refusal)
        changed, _ = self.take_in(source, command.events, command.line)
        passed_on = False
        # What comes through `tee` has been through ExaBGP's pipe already.
        if self.adj_rib_out is not None and command.for_exabgp and self.kinds.get(source) is not SourceKind.TEE:
            passed_on = True
            if self._may_hear(command):
                self.adj_rib_out.pass_on(source, command)
            else:
                self.adj_rib_out.take_all_back(source)  # of those lines only `clear adj-rib out` gets here
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
        """Why nothing of this line is taken; empty: all of it is, so that the VPC and the datacenter have the same."""
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
        """Whether ExaBGP has the neighbors or sessions that this line is for, as far as it has told us."""
        match command.requires:
            case Requires.NOTHING:
                return True
            case Requires.NEIGHBOR:
                known = {str(peer) for peer in self._neighbors.addresses}
            case Requires.SESSION:
                known = {name.removeprefix(PEER) for name, kind in self.kinds.items() if kind is SourceKind.PEER}
        return has_neighbors(command.selector, known)

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        """A session is over; its paths stay for `hold` seconds."""
        paths = self.rib.count(source)
        hold = hold if self._holds else 0.0
        changed = self.rib.close(source, self._now(), hold)
        level = logging.DEBUG if routine else logging.INFO
        event(log, level, "source down", source=source, paths=paths, kept_for=hold if paths and hold else None)
        self.changed(changed, "its session ended")
        self._vanished(changed)
        self._sources_went()

    def keep_no_stale_paths(self) -> None:
        """The daemon withdraws: what ends from now on is gone at once."""
        self._holds = False

    def close_all(self) -> None:
        """The daemon ends: nothing is offered any more, and ExaBGP hears that too."""
        for source, adj in list(self.rib.sources()):
            if adj.side is not Side.PEER:
                changed = self.rib.close(source, self._now(), hold=0)
                self.changed(changed, "the daemon ends")
                self._vanished(changed)

    # What leaves

    def export(self, policy: Draining) -> None:
        """ExaBGP hears what sources say by this policy, from now on."""
        if self.adj_rib_out is not None:
            self.adj_rib_out.export(policy)

    def announces(self, prefixes: Container[Prefix]) -> bool:
        """Whether ExaBGP announces any of these in our name."""
        return self.adj_rib_out is not None and self.adj_rib_out.announces(prefixes)

    def tees_of(self, covers: Callable[[Prefix], bool]) -> list[str]:
        """The sources behind `tee` whose announcements of such prefixes go to ExaBGP without us."""
        offers = [offer for prefix, some in self.rib.offers.items() if covers(prefix) for offer in some]
        return sorted({each.source for each in offers if self.kinds.get(each.source) is SourceKind.TEE})

    def stop_exporting(self) -> None:
        """ExaBGP hears no more of us: what it has been told stays said."""
        self._is_silent = True

    def answered(self, message: Acknowledgement | ErrorReason | SummaryBegins) -> None:
        """ExaBGP answers a line that was passed on."""
        if self.adj_rib_out is not None:
            self.adj_rib_out.heard(message)

    def ask_exabgp(self) -> bool:
        """Have ExaBGP say something. False: there is none, or it hears no more of us."""
        return self.adj_rib_out is not None and self.adj_rib_out.ask()

    # Into the RIB

    def open(self, source: str, kind: SourceKind, side: Side, *, router_id: IPAddress | None = None) -> None:
        """From now on it may say something. Paths that are left of an earlier session stay for their time."""
        self.kinds[source] = kind
        self.rib.open(source, side, router_id=router_id, max_prefixes=self._limit(source))

    def said_of(self, offer: Offer) -> Said | None:
        """What announced it, and when."""
        return self._said.get(offer.path.prefix, {}).get((offer.source, offer.path.path_id))

    def gone_from(self, prefix: Prefix) -> tuple[Gone, ...]:
        """The sources that have ceased to offer this prefix and have not announced it since; the last one last."""
        offering = {offer.source for offer in self.rib.offers.get(prefix, ())}
        return tuple(each for each in self._gone.get(prefix, {}).values() if each.source not in offering)

    def take_in(self, source: str, events: Collection[Event], line: str = "") -> tuple[frozenset[Prefix], str]:
        """Apply events: the prefixes that changed, and an error in words if the source may not say so much."""
        changed: frozenset[Prefix] = frozenset()
        error = ""
        for each in events:
            known = len(self.rib.seen)
            try:
                now_changed = self.rib.apply(source, each)
            except MaximumPrefixReached:
                error = TOO_MANY
                continue
            if isinstance(each, Withdraw) and len(self.rib.seen) > known:
                # The first we hear of this prefix: there may be a route from before our start.
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
        """Paths of these prefixes are others now. `how`: why some may have gone; empty: they were withdrawn."""
        for prefix in prefixes:
            said = self._said.get(prefix)
            if not said:
                continue
            # What was said of paths that are not offered any more is forgotten; but not who had announced them.
            offered = {(offer.source, offer.path.path_id) for offer in self.rib.offers.get(prefix, ())}
            for key in said.keys() - offered:
                line = said.pop(key).line
                self._note_gone(prefix, Gone(key[0], self.kinds.get(key[0], SourceKind.PEER), time.time(), how, line))
            if not said:
                del self._said[prefix]
        if prefixes:
            self._decider.prefixes_changed(prefixes)

    def _note_gone(self, prefix: Prefix, gone: Gone) -> None:
        """Remember it as the last one of its prefix, and forget the oldest where there are too many."""
        of_prefix = self._gone.pop(prefix, {})
        of_prefix.pop(gone.source, None)
        self._gone[prefix] = {**dict(list(of_prefix.items())[1 - GONE_OF_PREFIX :]), gone.source: gone}
        if len(self._gone) > REMEMBERED_GONE:
            del self._gone[next(iter(self._gone))]

    def _vanished(self, prefixes: frozenset[Prefix]) -> None:
        """Of these, paths may have gone without a word: ExaBGP has to be told."""
        if prefixes and self.adj_rib_out is not None:
            self.adj_rib_out.withdraw_vanished(prefixes, self.rib.offers)

    def complain(self, source: str, error: str, line: str) -> None:
        """The source said something wrong: logged and counted."""
        self.refused_lines.add(source, self.kinds.get(source, SourceKind.PEER), error, line, self._now())

    # Stale paths

    def _sources_went(self) -> None:
        """Some sources may be gone for good: remember nothing of them but what is due."""
        remaining = {name for name, _ in self.rib.sources()}
        for name in self.kinds.keys() - remaining:
            del self.kinds[name]
            self.last_lines.pop(name, None)
            if self.adj_rib_out is not None:
                self.adj_rib_out.source_gone(name)
        self.refused_lines.clients_remain(remaining)
        self._expiry.set(self.rib.next_expiry())

    def _expire(self) -> None:
        changed = self.rib.expire(self._now())
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
