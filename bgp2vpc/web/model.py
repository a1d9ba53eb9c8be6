"""The settings of the web server, and the protocols by which it uses the daemon."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from bgp2vpc.errors import Bgp2vpcError


class WebError(Bgp2vpcError):
    """The page cannot be served, or not all of it; the message says why."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where to listen. `token_file` None: steering is off. `hosts`: further names of this server."""

    host: str
    port: int
    token_file: Path | None = None
    hosts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PageVerb:
    """A verb as the page needs it.

    `field`: the form field that names its subject: `prefix`, `check`, or empty. `button`: its label on the page of a
    prefix, `main_button`: on the main page; empty: there is none. `lasts`: it takes `for`. `asks`: the page asks once
    more before it is done.
    """

    name: str
    field: str
    button: str
    main_button: str
    lasts: bool
    asks: bool


class Steering(Protocol):
    """What an operator may order through the page."""

    @property
    def verbs(self) -> Sequence[PageVerb]:
        """The verbs, in the order of the forms."""

    def steer(self, name: str, who: str, subjects: Sequence[str], duration: str, reason: str) -> Any:
        """Do it; the answer as JSON values.

        `subjects`: prefixes, or the name of a check. `duration`: `30m`; empty: until undone. `who` is for the log.
        Raises Bgp2vpcError to say why not.
        """


Why: TypeAlias = Callable[[str], Sequence[str]]
"""What is to be said of a prefix: the sentences of `bgp2vpc why`."""

Readiness: TypeAlias = Callable[[], Collection[str]]
"""Why the daemon is not ready, in words; nothing if it is."""
