"""The table of all verbs, from which the socket, the page and the command line are generated. Pure.

Anybody who may open the socket or has the page's token may use every verb. To add a verb `pin`:

1. here: a row of `VERBS`, and a method of `CarriesOut`. With these the socket accepts it, and the page by POST; with
   `button` or `main_button` the page also has a button.
2. `operator/operator.py`: the method, in `Operator`. If its effect lasts, it is an `Order` (`operator/orders.py`) with
   an `OrderKind` of its own, saved in `operator/state_file.py` if it survives a restart, and named in
   `operator/why.py`. If decisions depend on it: its field in `policy/decision_input.py` (also in `to_json` and
   `from_json`, for `plan`) and `reconcile/inputs.py`, the code that reads it (`policy/decide.py`, `verdict.py`), its
   `Reason` in `policy/plan.py`, the sentence in `policy/explain.py`.
3. `cli/pin.py`: `add_order(parser, "pin")`, and the output; its name in `cli/main.py`.
4. `docs/steering.md` and `docs/web.md`: a row each; `docs/protocol.md`: its name. `tests/daemon/test_verbs.py` reports
   missing parts.

Every command imports this module, even those that must start quickly, so it imports nothing large.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from bgp2vpc.prefix import Prefix


class About(Enum):
    """What a verb applies to; the values are the fields of the page's forms."""

    NOTHING = ""
    PREFIXES = "prefix"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Instruction:
    """A parsed order. `prefixes`: empty if none was named. `seconds`: None if it lasts until undone.

    `who`: the process at the socket, as the kernel reports it, or the address of the web client.
    """

    who: str
    prefixes: "frozenset[Prefix]" = frozenset()
    check: str = ""
    seconds: float | None = None
    reason: str = ""


class CarriesOut(Protocol):
    """Carries out verbs (`operator.Operator`). Each method returns JSON values, or refuses by raising OrderError."""

    def hold(self, said: Instruction) -> Any:
        """Write no route of these prefixes, for a while or until released."""

    def release(self, said: Instruction) -> Any:
        """End holds, and takeovers that are not done."""

    def takeover(self, said: Instruction) -> Any:
        """Point the routes of these prefixes at us, once, whichever instance has them; gives up after 30 s."""

    def places(self, said: Instruction) -> Any:
        """The present state of the places of these prefixes."""

    def drain(self, said: Instruction) -> Any:
        """Hand the routes of these prefixes over to other instances, then withdraw them."""

    def undrain(self, said: Instruction) -> Any:
        """End drains, so that these prefixes are announced as before."""

    def leaving(self, said: Instruction) -> Any:
        """The progress of the drains."""

    def reconcile(self, said: Instruction) -> Any:
        """Poll and decide once, now."""

    def polls(self, said: Instruction) -> Any:
        """The number of polls that have ended, and the changes of the last one."""

    def probe(self, said: Instruction) -> Any:
        """Let a health check probe now; the result counts for `rise` and `fall` like any other."""

    def checks(self, said: Instruction) -> Any:
        """The status of the health checks with this name."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb.

    `do`: carries it out and returns the answer. `everything`: without a prefix it applies to all. `lasts`: it takes
    `for 30m`. `progress`: the question that a command repeats until the verb is done; only the socket has it.
    `button`: its label on the page of a prefix; `main_button`: on the main page; empty for no button. `asks`: the page
    asks for confirmation, since it moves routes.
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
        # The name of `probe` in version 0.1; to be removed in version 2.
        Verb("check", About.CHECK, lambda operator, said: operator.probe(said)),
    )
}  # fmt: skip
"""The verbs by name, in the order of the page's forms."""
