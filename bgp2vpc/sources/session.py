"""Sessions: each source of announce/withdraw lines has one, as a BGP peer has.

How the room works: a source is a configured script (`script`, which runs it as a `child`), a client of the unix socket
(`server`, `unix`; the other end is `client`), a script behind `bgp2vpc tee` (`tee`, a process of its own, which
connects to that socket), or ExaBGP on our standard input (`exabgp_pipe`). Bytes arrive through non-blocking `pipes`, or
asyncio for the socket. `turns` cuts them into lines (`lines`), and gives each source a few milliseconds of the event
loop at a time. For each line `SpeakerSession.feed` parses it (`exabgp_api.line`), hands the command to the `Listener`,
which is `speaker/adj_rib_in.py`, and returns the answer: `done` or `error`, as ExaBGP answers. A session opens with its
first command and closes when its source ends; its paths then stay, stale, for `restart_time`, within which a source
that comes back may announce them again. `tee` keeps what its script announces (`presence`), to say it once more to a
daemon that was restarted. What sources do wrong again and again is not logged each time (`log_limit`). ExaBGP's lines
are messages, not commands, and go to `speaker/` without a session.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from bgp2vpc.exabgp_api import USUAL_MAX_LINE
from bgp2vpc.exabgp_api.command import Acks, Answer, Command
from bgp2vpc.exabgp_api.line import decode

UNENDED: Final = "the last line has no line end, so it may be cut off: it is not taken; end it with a newline"


class SourceKind(Enum):
    """Where a source's lines come from; the values are the words of the status page."""

    SCRIPT = "script"
    CLIENT = "client"
    TEE = "tee"
    PEER = "peer"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a line: the lines of `reply`, then `answer`. `error`: why, if `bgp2vpc reasons` was said."""

    answer: Answer
    error: str = ""
    reply: tuple[str, ...] = ()

    @classmethod
    def to(cls, command: Command) -> "Reply":
        """The answer that the parser chose."""
        return cls(command.answer, command.error, command.reply)


class Listener(Protocol):
    """The daemon's side. All calls come on the event loop's thread and must return at once."""

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        """A session began. Paths held from an earlier session of the same name are now stale, not gone.

        `routine`: as so often before, so that it is no news for the log.
        """

    def said(self, source: str, command: Command) -> Reply:
        """The source said a line: any line, also wrong and repeated ones. Only between `opened` and `closed`."""

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        """The session is over; its paths may stay for `hold` seconds."""


class SpeakerSession:
    """One source: parses its lines, asks the listener, and remembers whether the source wants answers."""

    def __init__(
        self,
        source: str,
        kind: SourceKind,
        listener: Listener,
        *,
        reasons: bool = False,
        max_line: int = USUAL_MAX_LINE,
        routine: bool = False,
    ) -> None:
        self.source = source
        self.kind = kind
        self.reasons = reasons
        self._listener = listener
        self._max_line = max_line
        self.routine = routine
        self._answers = True
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether the listener knows of it."""
        return self._open

    def open(self) -> None:
        """Tell the listener, once."""
        if not self._open:
            self._open = True
            self._listener.opened(self.source, self.kind, routine=self.routine)

    def close(self, *, hold: float) -> None:
        """Tell the listener, if it was told of the beginning. It may be opened again."""
        if self._open:
            self._open = False
            self._listener.closed(self.source, hold=hold, routine=self.routine)

    def feed(self, line: bytes | None) -> bytes:
        """The bytes to write back for one line (None: an over-long one).

        The session opens with the first line that announces, withdraws or is for ExaBGP: a client that only asks for
        `version` is no source. A `tee` also opens it with a wrong line: it reads no answers, so the daemon has to tell.
        """
        if line is None:
            reason = f"the line is longer than {self._max_line} bytes (max_line); split it into several"
            command = Command("", answer=Answer.ERROR, error=reason)
        else:
            command = decode(line)
        if command.events or command.for_exabgp or (command.error and self.kind is SourceKind.TEE):
            self.open()
        return self._answer(command)

    def feed_unended(self, rest: bytes) -> bytes:
        """What to write back for what came behind the last line end, now that nothing more will come."""
        return self._answer(Command(rest.decode("utf-8", "backslashreplace"), answer=Answer.ERROR, error=UNENDED))

    def _answer(self, command: Command) -> bytes:
        reply = self._listener.said(self.source, command) if self._open else Reply.to(command)
        # As in ExaBGP: silence-ack takes effect at once, disable-ack after its own answer.
        acks = command.acks
        if acks in (Acks.ENABLE, Acks.SILENCE):
            self._answers = acks is Acks.ENABLE
        lines = list(reply.reply)
        if self._answers:
            if self.reasons and reply.error:
                lines.append(f"{'error' if reply.answer is Answer.ERROR else 'warning'}: {reply.error}")
            lines.append(reply.answer.value)
        if acks is Acks.DISABLE:
            self._answers = False
        return as_lines(lines)


def as_lines(lines: list[str]) -> bytes:
    """Each as one ASCII line: line ends become spaces, other characters are escaped."""
    text = "".join(f"{' '.join(line.splitlines())}\n" for line in lines).replace("…", "...")
    return text.encode("ascii", "backslashreplace")
