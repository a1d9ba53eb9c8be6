"""What the web server is told, and what it is given by the daemon."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from bgp2vpc.errors import Bgp2vpcError


class WebError(Bgp2vpcError):
    """The page cannot be served, or not all of it; the message says why."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where to listen. `token_file` None: nobody can steer. `hosts`: further names of this server's."""

    host: str
    port: int
    token_file: Path | None = None
    hosts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for. `subjects`: prefixes, or the names of checks. `duration`: `30m`; empty: until undone."""

    verb: str
    subjects: tuple[str, ...]
    duration: str = ""
    reason: str = ""


class Steering(Protocol):
    """What may be done by hand."""

    @property
    def verbs(self) -> Collection[str]:
        """The words that are understood."""

    def steer(self, order: Order, who: str) -> Any:
        """Do it; the answer as JSON values. `who` is for the log. Raises Bgp2vpcError to say why not."""


Readiness: TypeAlias = Callable[[], Collection[str]]
"""Why the daemon is not ready, in words; nothing if it is."""
