"""The Adj-RIB-Out: sends the lines of local sources to ExaBGP, which announces them to peers and the datacenter.

1. A line is sent as it was written; while one of its prefixes drains, as the export policy changes it
   (`bgp/export.py`). This does not depend on EC2.
2. The paths that each source has announced, and to which neighbors, are remembered. They are withdrawn when the source
   is gone, and sent again to the next ExaBGP and after a reload.
3. ExaBGP's answers are matched with the lines (`unanswered.py`). A line that ExaBGP refuses is logged, and its prefixes
   stay in `failing` of the status until ExaBGP accepts them or they are withdrawn.
"""

import logging
import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Protocol

from bgp2vpc.bgp.events import Announce, Event, Withdraw, WithdrawAll
from bgp2vpc.bgp.export import NOTHING_DRAINS, Draining
from bgp2vpc.bgp.path import SELF, Path
from bgp2vpc.bgp.rib import Offer, PathKey
from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.exabgp_api.messages import CONFIGURATION_CHANGE, Acknowledgement, ErrorReason, SummaryBegins
from bgp2vpc.exabgp_api.render import announce_line, withdraw_line
from bgp2vpc.exabgp_api.words import named_neighbors
from bgp2vpc.logs import event
from bgp2vpc.prefix import IPAddress, Prefix
from bgp2vpc.speaker.unanswered import QUESTION, Sent, Settled, Unanswered

log = logging.getLogger("bgp2vpc.adj_rib_out")

MOST_SELECTORS = 100
MOST_OTHERS = 10_000
"""Lines of other address families that are kept; beyond that, the oldest are dropped."""
RELOAD = "reload"
NAMED = 5
"""Lines that the log names when it is not certain which of them ExaBGP refused."""
NOT_LISTED = (
    "it has taken no announcement yet: is there a neighbor with `api { processes [ … ]; }` that names this process?"
)
"""The usual reason why ExaBGP refuses every announcement; it gives none itself."""

_ROUTES = re.compile(r"\b(announce|withdraw)\b(?! +(eor|route-refresh|operational)\b)")
"""Found in lines that the next ExaBGP has to be sent; not in `flush`, `announce eor` and others about a moment."""

SayLine = tuple[str, str]
"""Who announces, and to whom: the source and its neighbor selector (`neighbor *`)."""


class ApiPipe(Protocol):
    """The pipe to an ExaBGP (`sources/exabgp_pipe.py`)."""

    def send(self, line: str) -> bool:
        """Queue one line. False: the line is dropped, because ExaBGP does not read, is gone, or could not parse it."""


class AdjRibOut:
    """Sends the lines of all sources to ExaBGP in order, and withdraws the paths of sources that are gone.

    ExaBGP holds one path per prefix and path identifier for all its helpers together. So when one source withdraws a
    path that another source still announces, it is not withdrawn: the other's announcement is sent again. While no
    ExaBGP is connected, announcements are only remembered.
    """

    def __init__(self) -> None:
        self._pipe: ApiPipe | None = None
        """None: no ExaBGP is connected."""
        self._policy = NOTHING_DRAINS
        self._said: dict[PathKey, dict[SayLine, Path]] = {}
        self._selectors: dict[str, set[str]] = {}
        """Source -> the selectors that it has used, perhaps without an announcement that still stands."""
        self._others: dict[tuple[str, str], None] = {}
        """(source, line) of lines that announce or withdraw other address families, the latest last."""
        self._unanswered = Unanswered()
        self._reason = ""
        self._refused: dict[PathKey, str] = {}
        """Paths that ExaBGP has refused -> the reason that it gave, or empty."""
        self._took_any = False
        """Whether the present ExaBGP has accepted an announcement."""
        self._lost = 0
        """Lines in a row that the pipe has not taken."""

    def connected(self, pipe: ApiPipe) -> None:
        """Use this ExaBGP from now on, and send it all announcements that still stand."""
        self.disconnected()
        self._pipe = pipe
        self._took_any = False
        for line in list(self._others):
            self._say(line[1])
        self.say_all_again()

    def disconnected(self) -> None:
        """Send nothing until the next `connected`, and forget the unanswered and refused lines of the last ExaBGP."""
        self._pipe = None
        self._unanswered = Unanswered()
        self._reason, self._lost = "", 0
        self._refused.clear()

    def has_room(self, source: str, selector: str) -> bool:
        """Whether a source may use this selector; a new one is remembered, at most `MOST_SELECTORS` for a source."""
        known = self._selectors.setdefault(source, set())
        if selector not in known and len(known) >= MOST_SELECTORS:
            known &= {to for paths in self._said.values() for of, to in paths if of == source}
        if selector not in known and len(known) >= MOST_SELECTORS:
            return False
        known.add(selector)
        return True

    def pass_on(self, source: str, command: Command) -> None:
        """Send the line, or what the export policy makes of it while its prefixes drain; remember its paths."""
        if not command.for_exabgp:
            return
        speaker = (source, command.selector)
        announced = [each.path for each in command.events if isinstance(each, Announce)]
        withdrawn = [(each.prefix, each.path_id) for each in command.events if isinstance(each, Withdraw)]
        only_withdraws = bool(withdrawn) and len(withdrawn) == len(command.events)
        if any(self._policy.exported(path) is not path for path in announced):
            for each in command.events:
                self._say_as_exported(speaker, each)
        elif not (only_withdraws and all(self._is_announced(key, speaker) for key in withdrawn)):
            # Not sent: a line that only withdraws paths which other sources announce to the same neighbors.
            self._say(command.line, [*((path.prefix, path.path_id) for path in announced), *withdrawn])
        self._remember_other(source, command)
        for each in command.events:
            match each:
                case Announce(path):
                    paths = self._said.setdefault((path.prefix, path.path_id), {})
                    paths.pop(speaker, None)  # so that the latest comes last
                    paths[speaker] = path
                case Withdraw(prefix, path_id):
                    self._forget((prefix, path_id), speaker)
                    self._say_again((prefix, path_id), source)
                case WithdrawAll():
                    # ExaBGP has withdrawn the paths of all sources from them: send those of the others again.
                    for key in list(self._said):
                        self._forget(key, speaker)
                        self._say_again(key, source)

    def _remember_other(self, source: str, command: Command) -> None:
        """Keep a line of another address family for the next ExaBGP: as text, since its routes are not parsed here."""
        if not command.events and _ROUTES.search(command.line):
            self._others.pop((source, command.line), None)
            self._others[source, command.line] = None
            if len(self._others) > MOST_OTHERS:
                del self._others[next(iter(self._others))]

    def export(self, policy: Draining) -> None:
        """Set the export policy; send again or withdraw the paths for which it makes a difference."""
        before, self._policy = self._policy, policy
        for key in self._said:
            for selector, path in self._last_to(key).items():
                exported = policy.exported(path)
                if exported is None and before.exported(path) is not None:
                    self._say(withdraw_line(path, selector), [key])
                elif exported is not None and exported != before.exported(path):
                    self._say(announce_line(exported, selector), [key])

    def announces(self, prefixes: Container[Prefix]) -> bool:
        """Whether a source announces any of these prefixes and the export policy lets it through."""
        return any(
            self._policy.exported(path) is not None
            for (prefix, _), paths in self._said.items()
            if prefix in prefixes
            for path in paths.values()
        )

    def withdraw_vanished(self, changed: Collection[Prefix], offers: Mapping[Prefix, Sequence[Offer]]) -> None:
        """Withdraw the paths of these prefixes whose source does not offer them any more: its session is over."""
        for key in [key for key in self._said if key[0] in changed]:
            offering = {offer.source for offer in offers.get(key[0], ()) if offer.path.path_id == key[1]}
            vanished = dict.fromkeys(source for source, _ in self._said[key] if source not in offering)
            for source in vanished:
                self._take_back(key, source)
            for source in vanished:
                self._say_again(key, source)

    def source_gone(self, source: str) -> None:
        """Forget a source, and withdraw all paths that it still announces to any neighbor."""
        self._selectors.pop(source, None)
        self._others = {line: None for line in self._others if line[0] != source}
        self.take_all_back(source)

    def take_all_back(self, source: str) -> None:
        """Withdraw, one by one, all paths that this source announces to any neighbor."""
        for key in list(self._said):
            self._take_back(key, source)

    def _take_back(self, key: PathKey, source: str) -> None:
        """Withdraw a path from the neighbors that its source announced it to, unless another source announces it."""
        while speaker := next((each for each in self._said.get(key, ()) if each[0] == source), None):
            path = self._said[key][speaker]
            self._forget(key, speaker)
            if not self._is_announced(key, speaker) and self._policy.exported(path) is not None:
                self._say(withdraw_line(path, speaker[1]), [key])

    def reload(self) -> bool:
        """Have ExaBGP read its configuration again. Returns False if its pipe has not taken the command.

        By a command, not by SIGUSR1: our parent process need not be the ExaBGP at the other end of the pipe.
        """
        return self._say(RELOAD)

    def reset_sessions(self, peers: Collection[IPAddress]) -> None:
        """Have ExaBGP close these sessions with Cease, Other Configuration Change (RFC 4486): peers expect us back.

        Not with Administrative Reset: a 4.2 that gets one from another ExaBGP cannot decode it, and reports another
        error.
        """
        for peer in peers:
            self._say(f"neighbor {peer} teardown {CONFIGURATION_CHANGE}")

    def say_all_again(self) -> None:
        """Send all announcements again: ExaBGP does not give a new neighbor those that came through the API before.

        The other neighbors get no UPDATE for them.
        """
        for key in self._said:
            self._say_again(key)

    def ask(self) -> bool:
        """Send `QUESTION`, unless its answer is awaited already. False: no ExaBGP is connected."""
        if self._pipe is not None and not self._unanswered.is_asked and self._pipe.send(QUESTION):
            self._unanswered.asked()
        return self._pipe is not None

    def heard(self, message: Acknowledgement | ErrorReason | SummaryBegins) -> None:
        """Take in ExaBGP's answer to a line, or the header of its answer to `QUESTION`."""
        match message:
            case ErrorReason(text):
                self._reason = text
            case SummaryBegins():
                self._settled(self._unanswered.header())
                self._ask_if_needed()
            case Acknowledgement(ok, reason):
                error = None if ok else reason or self._reason
                self._reason = ""
                self._settled(self._unanswered.answered(error))
                self._ask_if_needed()

    def failing(self) -> dict[str, str]:
        """The paths that ExaBGP has refused, for `failing` in the status; `status.refused_by_exabgp` words them."""
        return {f"ExaBGP {prefix}": reason or "refused" for (prefix, _), reason in self._refused.items()}

    def _settled(self, settled: Settled) -> None:
        for line in settled.accepted:
            self._took_any = self._took_any or bool(line.keys)
            for key in line.keys:
                self._refused.pop(key, None)
        for line, reason in settled.refused:
            announced = [key for key in line.keys if key in self._said]
            if announced and all(self._refused.get(key) == reason for key in announced):
                continue  # a healthcheck prints the same line every few seconds
            self._refused.update(dict.fromkeys(announced, reason))
            differs = "the VPC has what it announces, the datacenter has not" if announced else None
            if announced and not self._took_any:
                differs = f"{differs}; {NOT_LISTED}"
            event(log, logging.ERROR, "ExaBGP refused a line", line=line.text, reason=reason or None, hint=differs)
        if settled.errors:
            lines = [line.text for line in settled.doubtful if line.text != QUESTION]
            hint = "it does not say which; what it refused is missing in the datacenter"
            named = {"lines": len(lines), "first": lines[:NAMED], "reasons": sorted(set(filter(None, settled.errors)))}
            event(log, logging.ERROR, f"ExaBGP refused {len(settled.errors)} of these lines", **named, hint=hint)
        if any(line.text == RELOAD for line in (*settled.accepted, *settled.doubtful)):
            # ExaBGP answers before it reloads; the sessions with new neighbors come up some milliseconds later.
            self.say_all_again()

    def _is_announced(self, key: PathKey, speaker: SayLine) -> bool:
        """Whether another source announces this path to all neighbors of the speaker's selector."""
        source, selector = speaker
        return any(other != source and _covers(to, selector) for other, to in self._said.get(key, ()))

    def _forget(self, key: PathKey, speaker: SayLine) -> None:
        """Remember that this source does not announce the path to these neighbors any more."""
        source, selector = speaker
        left: dict[SayLine, Path] = {}
        for (other, to), path in self._said.get(key, {}).items():
            remaining = _without(to, selector) if other == source else to
            if remaining is not None:
                left[other, remaining] = path
        if left:
            self._said[key] = left
        else:
            self._said.pop(key, None)
            self._refused.pop(key, None)

    def _say_again(self, key: PathKey, gone: str = "") -> None:
        """Send the announcements of sources other than `gone` again: ExaBGP may have the path of `gone`, or none."""
        for selector, path in self._last_to(key, gone).items():
            if exported := self._policy.exported(path):
                self._say(announce_line(exported, selector), [key])

    def _last_to(self, key: PathKey, gone: str = "") -> dict[str, Path]:
        """Selector -> the path announced to it last, by sources other than `gone`."""
        return {to: path for (source, to), path in self._said.get(key, {}).items() if source != gone}

    def _say_as_exported(self, speaker: SayLine, each: Event) -> None:
        """Send one event by the export policy: some prefix of its line drains."""
        selector = speaker[1]
        match each:
            case Announce(path):
                key = path.prefix, path.path_id
                if exported := self._policy.exported(path):
                    self._say(announce_line(exported, selector), [key])
                elif speaker not in self._said.get(key, {}):
                    # ExaBGP may have the path from before our restart. Withdraw it once: sources repeat their lines.
                    self._say(withdraw_line(path, selector), [key])
            case Withdraw(prefix, path_id) if not self._is_announced((prefix, path_id), speaker):
                self._say(withdraw_line(Path(prefix, SELF, path_id=path_id), selector), [(prefix, path_id)])

    def _say(self, line: str, keys: Collection[PathKey] = ()) -> bool:
        """Send this line. Returns False if ExaBGP's pipe has not taken it, True without an ExaBGP."""
        if self._pipe is None:
            return True
        if not self._pipe.send(line):
            self._lost += 1
            if self._lost == 1:  # there may be thousands a second
                full = "ExaBGP's pipe takes no more lines: this one and those that follow are not passed on"
                event(log, logging.ERROR, full, line=line)
            return False
        if self._lost:
            resumed = "ExaBGP's pipe takes lines again: those in between were not passed on"
            event(log, logging.WARNING, resumed, lines=self._lost)
            self._lost = 0
        self._unanswered.sent(Sent(line, keys, urgent=line == RELOAD))
        self._ask_if_needed()
        return True

    def _ask_if_needed(self) -> None:
        if self._unanswered.is_to_be_asked:
            self.ask()


def _covers(selector: str, other: str) -> bool:
    """Whether `selector` includes all neighbors of `other`, as far as comparing the texts shows."""
    named, others = named_neighbors(selector), named_neighbors(other)
    return named is None or (others is not None and all(_is_among(each, named) for each in others))


def _is_among(neighbor: str, named: Iterable[str]) -> bool:
    """Whether one of `named` includes it: the same address, with no other qualifiers (`local-as 64512`)."""
    address, *words = neighbor.split()
    given = set(zip(words[::2], words[1::2], strict=False))
    parts = (each.split() for each in named)
    return any(to == address and set(zip(of[::2], of[1::2], strict=False)) <= given for to, *of in parts)


def _without(selector: str, gone: str) -> str | None:
    """A selector of the neighbors of `selector` that `gone` does not name; None: there are none.

    What is left of all neighbors is all neighbors: which ones ExaBGP has is not known here.
    """
    if _covers(gone, selector):
        return None
    named, without = named_neighbors(selector), named_neighbors(gone)
    left = [each for each in named or () if not _is_among(each, without or ())]
    if named is None or len(left) == len(named):
        return selector
    word = selector.split(" ", 1)[0]
    return ", ".join(f"{word} {each}" for each in left)
