"""Which of the lines that were passed on to ExaBGP an answer is about. Pure.

ExaBGP answers `done` or `error`, and does not name the line. It works on routes one after the other and answers in
their order; but 4.2 gives some lines no answer at all (those that make its own code raise), and both answer other
commands at once, before the routes that still wait: those they do not know, and `announce eor` and the like where there
is no session. So counting answers would name the wrong line from then on.

Here an answer is given to a line only when that is certain: when there are as many answers as lines, or when ExaBGP
answers `show neighbor summary`. It works on that question in the order of the routes, and its answer begins with a
header that nothing else has: the answers before it are those of the lines before the question.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bgp2vpc.bgp.rib import PathKey

QUESTION: Final = "show neighbor summary"
MANY: Final = 100
"""Lines that may be without an answer before it is asked."""
_IN_TURN: Final = frozenset(
    (verb, kind) for verb in ("announce", "withdraw") for kind in ("route", "attributes", "flow", "vpls", "watchdog")
)
"""What 4.2 and 5.0 both work on in the order in which it comes, whoever it is for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A line, and what it announces or withdraws for the VPC, too. `urgent`: its answer is waited for."""

    text: str
    keys: Collection[PathKey] = ()
    urgent: bool = False

    @property
    def is_answered_in_turn(self) -> bool:
        """Whether ExaBGP works on it in the order in which it comes."""
        return self.text == QUESTION or not _IN_TURN.isdisjoint(pairwise(self.text.split()))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of some lines. `errors`: how many of the `doubtful` ones were refused, with ExaBGP's reasons."""

    accepted: tuple[Sent, ...] = ()
    refused: tuple[tuple[Sent, str], ...] = ()
    doubtful: tuple[Sent, ...] = ()
    errors: tuple[str, ...] = ()


class Unanswered:
    """The lines and answers since they were last matched."""

    def __init__(self) -> None:
        self._lines: list[Sent] = []
        self._answers: list[str | None] = []
        """None for `done`, else the reason, which may be empty."""
        self._asked_at: int | None = None
        """Index of the question in `_lines`."""

    def sent(self, line: Sent) -> None:
        """ExaBGP has taken a line."""
        self._lines.append(line)

    @property
    def is_asked(self) -> bool:
        """Whether the answer to the question has not begun yet."""
        return self._asked_at is not None

    @property
    def is_to_be_asked(self) -> bool:
        """Whether there is something that only the question settles."""
        if self.is_asked or not self._lines:
            return False
        is_refused = any(answer is not None for answer in self._answers)
        is_urgent = any(line.urgent for line in self._lines)
        return is_urgent or is_refused or len(self._lines) >= MANY or len(self._answers) > len(self._lines)

    def asked(self) -> None:
        """ExaBGP has taken the question."""
        self._asked_at = len(self._lines)
        self._lines.append(Sent(QUESTION))

    def answered(self, error: str | None) -> Settled:
        """ExaBGP has answered some line; `error` None: with `done`."""
        self._answers.append(error)
        return self._settle(len(self._lines)) if len(self._answers) == len(self._lines) else Settled()

    def header(self) -> Settled:
        """The answer to the question begins."""
        return self._settle(self._asked_at) if self._asked_at is not None else Settled()

    def _settle(self, count: int) -> Settled:
        """All answers so far are those of the first `count` lines, and of later ones that are answered out of turn."""
        lines, self._lines = self._lines[:count], self._lines[count:]
        answers, self._answers = self._answers, []
        self._asked_at = None
        errors = tuple(answer for answer in answers if answer is not None)
        if not errors:
            return Settled(accepted=tuple(lines))
        suspects = [*lines, *(line for line in self._lines if not line.is_answered_in_turn)]
        # With as many answers as lines each has its own; but not in order, where one was answered out of turn.
        is_in_order = all(line.is_answered_in_turn for line in suspects) or len(suspects) == 1
        if len(lines) != len(answers) or not is_in_order:
            return Settled(doubtful=tuple(suspects), errors=errors)
        pairs = list(zip(lines, answers, strict=True))
        return Settled(
            accepted=tuple(line for line, error in pairs if error is None),
            refused=tuple((line, error) for line, error in pairs if error is not None),
        )
