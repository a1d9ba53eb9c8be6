"""Sessions: each source of announce and withdraw lines has a session, like a BGP peer.

How the room works. A source is a configured script (`script` runs it as a `child`), a client of the unix socket
(`server`, `unix`; its side is `client`), or a script behind `bgp2vpc tee` (`tee`, a process that is a client of the
socket).

1. Bytes arrive through non-blocking `pipes`, or through asyncio from the socket.
2. `turns` splits them into `lines` and gives each source a few milliseconds of the event loop at a time.
3. `SpeakerSession.feed` parses each line (`exabgp_api.line`) and passes the command to the `Listener`
   (`speaker/adj_rib_in.py`). It returns the answer, `done` or `error`, as ExaBGP does.
4. A script's session opens when the script starts, a client's with its first command. It closes when the source
   ends. Its paths are then stale for `restart_time`, within which the source can come back and announce them again.

`tee` records the announcements of its script (`presence`) and repeats them to a restarted daemon. `log_limit` limits
the logging of repeated mistakes. ExaBGP's own lines (`exabgp_pipe`) are messages, not commands; they go to `speaker/`
without a session.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from bgp2vpc.exabgp_api import USUAL_MAX_LINE
from bgp2vpc.exabgp_api.command import Acks, Answer, Command
from bgp2vpc.exabgp_api.line import decode

UNENDED: Final = "the last line has no line end, so it may be cut off: it is not taken; end it with a newline"


class SourceKind(Enum):
    """The kind of a source; the values are the words of the status page."""

    SCRIPT = "script"
    CLIENT = "client"
    TEE = "tee"
    PEER = "peer"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a line: the lines of `reply`, then `answer`. `error`: the reason, sent after `bgp2vpc reasons`."""

    answer: Answer
    error: str = ""
    reply: tuple[str, ...] = ()

    @classmethod
    def to(cls, command: Command) -> "Reply":
        """The answer that the parser has chosen."""
        return cls(command.answer, command.error, command.reply)


class Listener(Protocol):
    """The daemon's side of a session. All calls are made on the event loop's thread and must not block."""

    def opened(self, source: str, kind: SourceKind, *, routine: bool = False) -> None:
        """A session begins. Paths of an earlier session of this name stay as stale paths.

        `routine`: not worth a log line, since it repeats a known pattern.
        """

    def said(self, source: str, command: Command) -> Reply:
        """The source has sent a line, valid or not. Only called between `opened` and `closed`."""

    def closed(self, source: str, *, hold: float, routine: bool = False) -> None:
        """The session has ended; its paths are kept as stale for `hold` seconds."""


class SpeakerSession:
    """The session of one source: parses its lines, passes them to the listener, and answers unless switched off."""

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
        """Whether the session is open for the listener."""
        return self._open

    def open(self) -> None:
        """Open the session at the listener. Idempotent."""
        if not self._open:
            self._open = True
            self._listener.opened(self.source, self.kind, routine=self.routine)

    def close(self, *, hold: float) -> None:
        """Close the session at the listener, if it is open. It can be opened again."""
        if self._open:
            self._open = False
            self._listener.closed(self.source, hold=hold, routine=self.routine)

    def feed(self, line: bytes | None) -> bytes:
        """Process one line (None: a line over the limit) and return the bytes of its answer.

        The session opens with the first line that announces, withdraws or is for ExaBGP, so a client that only asks for
        `version` is no source. A wrong line also opens a tee's session: the tee reads no answers, so the daemon must
        report the mistake.
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
        """The answer to an unfinished last line, which is an error."""
        return self._answer(Command(rest.decode("utf-8", "backslashreplace"), answer=Answer.ERROR, error=UNENDED))

    def _answer(self, command: Command) -> bytes:
        reply = self._listener.said(self.source, command) if self._open else Reply.to(command)
        # As in ExaBGP, silence-ack takes effect at once, disable-ack after its own answer.
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
    """Encode lines as ASCII: line ends within them become spaces, other characters are escaped."""
    text = "".join(f"{' '.join(line.splitlines())}\n" for line in lines).replace("…", "...")
    return text.encode("ascii", "backslashreplace")
