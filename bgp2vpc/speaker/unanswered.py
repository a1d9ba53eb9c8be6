"""Finds the line that an answer of ExaBGP is about. Pure.

ExaBGP answers `done` or `error`, without the line. It processes routes one after the other and answers in their order.
But 4.2 does not answer a line at all at which its own code raises an exception. And both versions answer other commands
at once, before the routes that still wait: unknown commands, and `announce eor` and the like without a session. So
after such a line, counting answers would find the wrong line.

Therefore answers are matched with lines only when they are certain to belong together: when there are as many answers
as lines, or when ExaBGP answers `show neighbor summary`. ExaBGP processes that question in order with the routes, and
its answer begins with a header that no other answer has: the answers before it are those of the lines before the
question.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bgp2vpc.bgp.rib import PathKey

QUESTION: Final = "show neighbor summary"
MANY: Final = 100
"""Lines without an answer after which the question is sent."""
_IN_TURN: Final = frozenset(
    (verb, kind) for verb in ("announce", "withdraw") for kind in ("route", "attributes", "flow", "vpls", "watchdog")
)
"""Commands that 4.2 and 5.0 both process in the order in which they come, whatever neighbors they are for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A line, and the paths that it announces or withdraws. `urgent`: the question follows it at once."""

    text: str
    keys: Collection[PathKey] = ()
    urgent: bool = False

    @property
    def is_answered_in_turn(self) -> bool:
        """Whether ExaBGP processes the line in order with the routes."""
        return self.text == QUESTION or not _IN_TURN.isdisjoint(pairwise(self.text.split()))


@dataclass(frozen=True, slots=True)
class Settled:
    """The answers to some lines. `errors`: a reason, perhaps empty, for each `doubtful` line that was refused."""

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
        """Whether the question has been sent, and its answer has not begun yet."""
        return self._asked_at is not None

    @property
    def is_to_be_asked(self) -> bool:
        """Whether the question has to be sent: an answer is urgent, a line was refused, or too many wait."""
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
        """ExaBGP has answered some line: with `done` (`error` None), or with a reason, perhaps empty."""
        self._answers.append(error)
        return self._settle(len(self._lines)) if len(self._answers) == len(self._lines) else Settled()

    def header(self) -> Settled:
        """The answer to the question begins."""
        return self._settle(self._asked_at) if self._asked_at is not None else Settled()

    def _settle(self, count: int) -> Settled:
        """Match all answers so far with the first `count` lines, and with later ones that are answered out of turn."""
        lines, self._lines = self._lines[:count], self._lines[count:]
        answers, self._answers = self._answers, []
        self._asked_at = None
        errors = tuple(answer for answer in answers if answer is not None)
        if not errors:
            return Settled(accepted=tuple(lines))
        suspects = [*lines, *(line for line in self._lines if not line.is_answered_in_turn)]
        # With as many answers as lines, each line has one; not in order if one was answered out of turn.
        is_in_order = all(line.is_answered_in_turn for line in suspects) or len(suspects) == 1
        if len(lines) != len(answers) or not is_in_order:
            return Settled(doubtful=tuple(suspects), errors=errors)
        pairs = list(zip(lines, answers, strict=True))
        return Settled(
            accepted=tuple(line for line, error in pairs if error is None),
            refused=tuple((line, error) for line, error in pairs if error is not None),
        )
