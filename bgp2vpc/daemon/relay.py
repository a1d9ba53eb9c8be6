"""Helper mode: what local sources say goes on to ExaBGP, so that the datacenter hears it too, whatever EC2 does."""

import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bgp2vpc.bgp.events import Announce, Withdraw, WithdrawAll
from bgp2vpc.bgp.path import Path
from bgp2vpc.bgp.rib import Offer, PathKey
from bgp2vpc.dialect.command import Command
from bgp2vpc.dialect.message import Acknowledgement
from bgp2vpc.dialect.text import announce_line, withdraw_line
from bgp2vpc.logs import event
from bgp2vpc.prefix import Prefix

log = logging.getLogger("bgp2vpc.relay")

UNANSWERED = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """An announcement as ExaBGP got it: the path, and to whom (`neighbor *`)."""

    path: Path
    selector: str


class Relay:
    """Says to ExaBGP, line by line and in order, what sources say to us, and withdraws what they leave behind.

    ExaBGP holds one path per prefix and path identifier for all its helpers together. So when one of two sources
    withdraws what the other still announces, the other's announcement is said again.
    """

    def __init__(self, send: Callable[[str], bool]) -> None:
        self._send = send
        self._said: dict[PathKey, dict[str, Said]] = {}
        self._unanswered: deque[str] = deque(maxlen=UNANSWERED)

    def pass_on(self, source: str, command: Command) -> None:
        """Say the line itself, and remember what it announced."""
        if not command.relay:
            return
        self._say(command.line)
        for each in command.events:
            match each:
                case Announce(path):
                    self._said.setdefault((path.prefix, path.path_id), {})[source] = Said(path, command.selector)
                case Withdraw(prefix, path_id):
                    self._forget((prefix, path_id), source, said_withdrawal=True)
                case WithdrawAll():
                    for key in [key for key, sources in self._said.items() if source in sources]:
                        self._forget(key, source, said_withdrawal=True)

    def withdraw_vanished(self, changed: Collection[Prefix], offers: Mapping[Prefix, Sequence[Offer]]) -> None:
        """Withdraw what a source announced and no longer offers without having said so: its session is over."""
        for key in [key for key in self._said if key[0] in changed]:
            offering = {offer.source for offer in offers.get(key[0], ()) if offer.path.path_id == key[1]}
            for source in [source for source in self._said[key] if source not in offering]:
                self._forget(key, source, said_withdrawal=False)

    def answered(self, answer: Acknowledgement) -> None:
        """ExaBGP answered the oldest line. (Some errors of 4.2 have no answer, so the line named is a good guess.)"""
        line = self._unanswered.popleft() if self._unanswered else ""
        if not answer.ok:
            event(log, logging.WARNING, "ExaBGP refused a line", line=line, answer=answer.reason or "error")

    def _forget(self, key: PathKey, source: str, *, said_withdrawal: bool) -> None:
        sources = self._said.get(key, {})
        gone = sources.pop(source, None)
        if gone is None:
            return
        if sources:
            last = list(sources.values())[-1]
            self._say(announce_line(last.path, last.selector))
            return
        del self._said[key]
        if not said_withdrawal:
            self._say(withdraw_line(gone.path, gone.selector))

    def _say(self, line: str) -> None:
        if self._send(line):
            self._unanswered.append(line)
        else:
            event(log, logging.ERROR, "ExaBGP does not take any more lines; this one is lost to it", line=line)
