"""The settings of the web server, and the protocols by which the room uses the daemon."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from bgp2vpc.errors import Bgp2vpcError


class WebError(Bgp2vpcError):
    """The page or a part of it cannot be served; the text says why."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where to listen. `token_file`: None if steering is off. `hosts`: further names of this server."""

    host: str
    port: int
    token_file: Path | None = None
    hosts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PageVerb:
    """A verb for the page.

    `field`: the form field of its subject: `prefix`, `check`, or empty. `button`: its label on the page of a prefix;
    `main_button`: on the main page; empty for no button. `lasts`: it takes `for`. `asks`: the page asks for
    confirmation.
    """

    name: str
    field: str
    button: str
    main_button: str
    lasts: bool
    asks: bool


class Steering(Protocol):
    """The orders that an operator can give through the page."""

    @property
    def verbs(self) -> Sequence[PageVerb]:
        """The verbs, in the order of the forms."""

    def steer(self, name: str, who: str, subjects: Sequence[str], duration: str, reason: str) -> Any:
        """Carry out a verb and return its answer as JSON values.

        `subjects`: prefixes, or the name of a check. `duration`: `30m`, empty if it lasts until undone. `who`: for the
        log. Raises Bgp2vpcError, which says why it is refused.
        """


Why: TypeAlias = Callable[[str], Sequence[str]]
"""Returns the sentences of `bgp2vpc why` for a prefix."""

Readiness: TypeAlias = Callable[[], Collection[str]]
"""Returns why the daemon is not ready, in words; nothing if it is ready."""
