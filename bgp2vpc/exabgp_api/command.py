"""The result of parsing one line: a Command, or a LineError that says what is wrong with it."""

from dataclasses import dataclass
from enum import Enum

from bgp2vpc.bgp.events import Event


class Answer(Enum):
    """The answer to a line, unless its source has switched answers off."""

    DONE = "done"
    ERROR = "error"


class Acks(Enum):
    """What a speaker asked about its answers: `enable-ack`, `disable-ack` (answered once more), `silence-ack`."""

    ENABLE = "enable"
    DISABLE = "disable"
    SILENCE = "silence"


class Requires(Enum):
    """What ExaBGP must have when it gets a line, or it ends: a neighbor, or a session, of those the line is for."""

    NOTHING = "nothing"
    NEIGHBOR = "neighbor"
    SESSION = "session"


class LineError(ValueError):
    """A line that cannot be used; the text says why and what would be right.

    `for_exabgp`: the line is passed on to ExaBGP all the same. `answer`: the answer to its source.
    """

    def __init__(self, text: str, *, for_exabgp: bool = False, answer: Answer = Answer.ERROR) -> None:
        super().__init__(text)
        self.for_exabgp = for_exabgp
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed line.

    `events` go to the RIB. `selector` (`neighbor *`, `peer 192.0.2.1`, or empty) and `line` serve to say a
    withdrawal again in the speaker's own dialect. `reply` are lines printed before the answer. `error` says why the
    VPC has no use for the line; with `for_exabgp` ExaBGP may still have one, if it has what the line `requires`.
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
