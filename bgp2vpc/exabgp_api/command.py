"""The result of parsing one line: a Command, or a LineError that names the mistake."""

from dataclasses import dataclass
from enum import Enum

from bgp2vpc.bgp.events import Event


class Answer(Enum):
    """The answer to a line, sent unless the source has switched answers off."""

    DONE = "done"
    ERROR = "error"


class Acks(Enum):
    """A source's request about answers: `enable-ack`, `disable-ack` (itself still answered), `silence-ack`."""

    ENABLE = "enable"
    DISABLE = "disable"
    SILENCE = "silence"


class Requires(Enum):
    """The condition on which a line is safe for ExaBGP; it would end otherwise.

    NEIGHBOR: the selector matches a configured neighbor. SESSION: a session of such a neighbor is up.
    """

    NOTHING = "nothing"
    NEIGHBOR = "neighbor"
    SESSION = "session"


class LineError(ValueError):
    """A line that cannot be used; the text says why, and what would be right.

    `for_exabgp`: the line is passed on to ExaBGP nevertheless. `answer`: the answer to its source.
    """

    def __init__(self, text: str, *, for_exabgp: bool = False, answer: Answer = Answer.ERROR) -> None:
        super().__init__(text)
        self.for_exabgp = for_exabgp
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed line.

    `events` go to the RIB. `selector` (`neighbor *`, `peer 192.0.2.1`, or empty) and `line` are kept so that a later
    withdrawal can be sent in the dialect of its source. `reply`: lines printed before the answer. `error`: why the VPC
    cannot use the line. `for_exabgp`: the line is passed on to ExaBGP, provided that `requires` is met.
    """

    line: str
    events: tuple[Event, ...] = ()
    selector: str = ""
    for_exabgp: bool = False
    answer: Answer = Answer.DONE
    error: str = ""
    reply: tuple[str, ...] = ()
    acks: Acks | None = None
    requires: Requires = Requires.NOTHING
