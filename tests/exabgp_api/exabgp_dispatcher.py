"""What the installed ExaBGPs do with a line of a helper, in this process: their answer, and the routes.

Their code runs as it is, from `Processes.received` on: `formated`, the dispatcher of commands, the selector, the
tokeniser, the parser. Only the reactor around it is ours: it has a few neighbors and notes what it is told.
"""

import logging
import sys
import syslog
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path as File
from types import ModuleType
from typing import Any

from tests.exabgps import EXABGP_42, EXABGP_50, Exabgp

NEIGHBORS = ("192.0.2.254", "2001:db8::fe")
_NAMES = [
    f"neighbor {address} local-ip 192.0.2.1 local-as 65000 peer-as 65000 router-id 192.0.2.1 family-allowed in-open"
    for address in NEIGHBORS
]
_ENDLESS = 1000
"""Words asked for behind the last one: its parser is in a loop that nothing ends."""
_SERVICE = "helper"


class LoopsForeverError(BaseException):  # ExaBGP catches every Exception
    """ExaBGP never ends with this line."""


@dataclass
class Outcome:
    """`answers`: what the helper reads. `changes`: (verb, ExaBGP's route). `told`: end-of-RIB and the like."""

    answers: list[str] = field(default_factory=list)
    changes: list[tuple[str, Any]] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    crash: str = ""

    @property
    def is_taken(self) -> bool:
        return self.answers == ["done"]


class _Everything:
    """What ExaBGP's commands use of its reactor, of its helpers and of its configuration."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self.asynchronous: Any = None
        self.processes = self.configuration = self
        self.neighbors: dict[str, Any] = {}

    def peers(self, _service: str = "") -> list[str]:
        return list(_NAMES)

    established_peers = peers

    def inject_change(self, peers: list[str], change: Any) -> bool:
        assert peers
        change.extensive()  # its RIB does so too, and fails where it cannot
        self.outcome.changes.append(("announce" if change.nlri.action == 1 else "withdraw", change))
        return True

    def _tell(self, peers: list[str], what: Any) -> bool:
        assert peers
        self.outcome.told.append(what)
        return True

    inject_eor = inject_refresh = inject_operational = _tell

    def neighbor_rib_resend(self, peer: str) -> None:
        self.outcome.told.append(("resend", peer))

    def neighbor_rib_out_withdraw(self, peer: str) -> None:
        self.outcome.told.append(("withdraw all", peer))

    neighbor_rib_in_clear = neighbor_rib_resend

    def answer_done(self, _service: str, force: bool = False) -> None:
        self.outcome.answers.append("done")

    def answer_error(self, _service: str) -> None:
        self.outcome.answers.append("error")


class Dispatcher:
    """One version of ExaBGP, as a function from a line to its outcome. Slow to make, quick to use."""

    def __init__(self, exabgp: Exabgp) -> None:
        self.version = exabgp.version
        with _modules_of(exabgp) as load:
            if exabgp is EXABGP_42:
                load("exabgp.configuration.setup").environment.setup("")
                load("exabgp.logger").Logger().level = syslog.LOG_EMERG  # it would print what it says
            else:
                log = load("exabgp.logger").log
                log.init(load("exabgp.environment").getenv())
                log.disable()
            api = load("exabgp.reactor.api")
            api.Command = load("exabgp.reactor.api.command").Command
            self.formated = load("exabgp.configuration.core.format").formated
            self.tokens = load("exabgp.configuration.core.format").tokens
            self._asynchronous = load("exabgp.reactor.asynchronous").ASYNC
            self._reactor = _Everything()
            self._api = api.API(self._reactor)
            tokeniser = load("exabgp.configuration.core.tokeniser")
        _end_of_patience(tokeniser.Tokeniser.Iterator if exabgp is EXABGP_42 else tokeniser.Iterator)

    def read(self, line: str) -> Outcome:
        """Say one line, without its line end. Raises LoopsForeverError."""
        reactor = self._reactor
        reactor.outcome = Outcome()
        reactor.asynchronous = self._asynchronous()
        if self.version != "4.2":
            reactor.asynchronous.set_error_handler(reactor.answer_error)
            if line.rstrip().startswith("debug "):
                return reactor.outcome
        command = self.formated(str(line.encode("latin-1"), "ascii").rstrip())
        dispatch = self._api.text if self.version == "4.2" else self._api.process
        try:
            dispatch(reactor, _SERVICE, command)
        except Exception as error:  # noqa: BLE001  # in its main loop: it ends
            reactor.outcome.crash = repr(error)
        while reactor.asynchronous.run():
            pass
        return reactor.outcome


def dispatchers() -> tuple[Dispatcher, Dispatcher]:
    """4.2 and 5.0, in this order."""
    return Dispatcher(EXABGP_42), Dispatcher(EXABGP_50)


def _end_of_patience(iterator: Any) -> None:
    """Let a loop at the end of the words be seen."""
    ask = iterator.__call__

    def asked(self: Any) -> str:
        word: str = ask(self)
        self.empty = getattr(self, "empty", 0) + 1 if word == "" else 0
        if self.empty > _ENDLESS:
            raise LoopsForeverError
        return word

    iterator.__call__ = asked


@contextmanager
def _modules_of(exabgp: Exabgp) -> Iterator[Any]:
    """Imports modules of this ExaBGP, beside another one that may be imported already."""

    def load(name: str) -> ModuleType:
        return import_module(name)

    (packages,) = exabgp.programs.parent.glob("lib/python3.*/site-packages")
    before, root = _taken_out(), logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    sys.path.insert(0, str(packages))
    try:
        yield load
        assert str(File(str(sys.modules["exabgp"].__file__))).startswith(str(packages))
    finally:
        root.level, root.handlers = level, handlers  # 4.2 prints whatever anybody logs
        sys.path.remove(str(packages))
        _taken_out()
        sys.modules.update(before)


def _taken_out() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "exabgp"}
