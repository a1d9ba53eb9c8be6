"""Every verb that the daemon understands: one table that the socket, the page and the command line are made from. Pure.

Whoever may open the socket, or has the page's token, may say every verb. To add one, `pin`:

1. here: a row of `VERBS`, and what it does as a method of `CarriesOut`. With that the socket understands it, and the
   page by POST; with `button` or `main_button` the page also has a button.
2. `operator/operator.py`: the method, in `Operator`. If it stands for a while, it is an `Order` (`operator/orders.py`)
   with an `OrderKind` of its own; what outlives a restart is written in `operator/state_file.py`.
   `operator/why.py` names it. If decisions depend on it: its field in `policy/decision_input.py` (also in
   `to_json` and `from_json`, for `plan`) and `reconcile/inputs.py`, who
   reads that (`policy/decide.py`, `verdict.py`), its `Reason` in `policy/plan.py`, the sentence in `policy/explain.py`.
3. `cli/pin.py`: `add_order(parser, "pin")`, and what is printed of the answer; its name in `cli/main.py`.
4. `docs/steering.md` and `docs/web.md`: a row each. `tests/daemon/test_verbs.py` says which of these are missing.

This module is imported by each command, also by those that must start quickly: it imports nothing large.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from bgp2vpc.prefix import Prefix


class About(Enum):
    """What a verb names. Values are the fields of the page's forms."""

    NOTHING = ""
    PREFIXES = "prefix"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Instruction:
    """What somebody orders with a verb, parsed. `prefixes` empty: none was named. `seconds` None: until it is undone.

    `who`: the peer of the socket as the kernel knows it, or the address of the web client.
    """

    who: str
    prefixes: "frozenset[Prefix]" = frozenset()
    check: str = ""
    seconds: float | None = None
    reason: str = ""


class CarriesOut(Protocol):
    """Carries out verbs: `operator.Operator`. Each method returns JSON values, or raises OrderError to refuse."""

    def hold(self, said: Instruction) -> Any:
        """Write no route of these prefixes, for a while or until released."""

    def release(self, said: Instruction) -> Any:
        """End holds, and takeovers that are not done."""

    def takeover(self, said: Instruction) -> Any:
        """Point the routes of these prefixes at us, once, whichever instance has them; given up after 30 s."""

    def places(self, said: Instruction) -> Any:
        """The places of these prefixes as they are now."""

    def drain(self, said: Instruction) -> Any:
        """Hand the routes of these prefixes to others, then withdraw."""

    def undrain(self, said: Instruction) -> Any:
        """Announce these prefixes as before."""

    def leaving(self, said: Instruction) -> Any:
        """How far drains have come."""

    def reconcile(self, said: Instruction) -> Any:
        """Poll and decide once, now."""

    def polls(self, said: Instruction) -> Any:
        """How many polls have ended, and what the last one changed."""

    def probe(self, said: Instruction) -> Any:
        """Let a health check probe now; the result counts for `rise` and `fall` like any other."""

    def checks(self, said: Instruction) -> Any:
        """The status of the health checks of this name."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One row.

    `do` carries it out and returns the answer. `everything`: without a prefix it is about all. `lasts`: it takes `for
    30m`. `progress`: the question that a command repeats until the verb is done; the socket alone answers it.
    `button`: its label on the page of a prefix, `main_button`: on the main page; empty: there is none. `asks`: the page
    asks once more before it is done, as it moves routes.
    """

    name: str
    about: About
    do: Callable[[CarriesOut, Instruction], Any]
    everything: bool = False
    lasts: bool = False
    progress: "Verb | None" = None
    button: str = ""
    main_button: str = ""
    asks: bool = False


VERBS: Final[Mapping[str, Verb]] = {
    each.name: each
    for each in (
        Verb(
            "drain", About.PREFIXES, lambda operator, said: operator.drain(said), everything=True, lasts=True,
            progress=Verb("leaving", About.NOTHING, lambda operator, said: operator.leaving(said)),
            button="drain", main_button="drain everything", asks=True,
        ),
        Verb(
            "undrain", About.PREFIXES, lambda operator, said: operator.undrain(said), everything=True,
            button="undrain", main_button="undrain everything",
        ),
        Verb("hold", About.PREFIXES, lambda operator, said: operator.hold(said), lasts=True, button="hold"),
        Verb(
            "release", About.PREFIXES, lambda operator, said: operator.release(said), everything=True,
            button="release",
        ),
        Verb(
            "takeover", About.PREFIXES, lambda operator, said: operator.takeover(said),
            progress=Verb("places", About.PREFIXES, lambda operator, said: operator.places(said)),
            button="take it over now", asks=True,
        ),
        Verb(
            "reconcile", About.NOTHING, lambda operator, said: operator.reconcile(said),
            progress=Verb("polls", About.NOTHING, lambda operator, said: operator.polls(said)),
            main_button="read EC2 and decide now",
        ),
        Verb(
            "probe", About.CHECK, lambda operator, said: operator.probe(said),
            progress=Verb("checks", About.CHECK, lambda operator, said: operator.checks(said)),
            main_button="probe now",
        ),
        # What `probe` was called in version 0.1; it goes away in version 2.
        Verb("check", About.CHECK, lambda operator, said: operator.probe(said)),
    )
}  # fmt: skip
"""By name, in the order of the page's forms."""
