"""The client's side of the unix socket, for `bgp2vpc api`, `bgp2vpc status` and others. Without an event loop."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any, Final

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.sources.lines import LineSplitter
from bgp2vpc.sources.unix import SocketError, SocketTimeout, connect

_LONGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of a line of an answer; the status of a large daemon is one line of JSON."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The daemon's answer to one line: its text, whether it was `done`, and the reason if not."""

    ok: bool
    text: tuple[str, ...]
    error: str


def ask(path: Path, lines: Sequence[str], *, timeout: float = 5.0) -> list[Answered]:
    """Send `lines` and return their answers, one for each, in order. Stops at the first error.

    Raises SocketError if no daemon listens at `path`, or if it hangs up or takes longer than `timeout` seconds.
    """
    with connect(path, timeout) as connection:
        answers = _answers(connection, path)
        _say(connection, "bgp2vpc reasons")
        next(answers)
        found: list[Answered] = []
        for line in lines:
            _say(connection, line)
            found.append(next(answers))
            if not found[-1].ok:
                break
        return found


class BadAnswer(Bgp2vpcError):
    """The daemon refuses a question, or does not answer it as this version expects."""


def questions(path: Path, *verbs: str) -> list[Any]:
    """Ask `bgp2vpc VERB` for each of `verbs`, and return the answers, parsed as JSON. Raises SocketError, BadAnswer."""
    found = []
    for verb, answer in zip(verbs, ask(path, [f"bgp2vpc {verb}" for verb in verbs]), strict=False):
        if not answer.ok:
            raise BadAnswer(answer.error or f"{path}: the daemon answered error to `bgp2vpc {verb}`")
        try:
            found.append(json.loads("\n".join(answer.text)))
        except ValueError as error:
            words = f"the answer to `bgp2vpc {verb}` is no JSON: another program, or another version of the daemon?"
            raise BadAnswer(f"{path}: {words}") from error
    return found


def _say(connection: socket, line: str) -> None:
    with suppress(OSError):  # the daemon hung up: its last line, which is still to be read, says why
        connection.sendall(f"{line}\n".encode("utf-8", "surrogateescape"))  # arguments: the bytes that were typed


def _answers(connection: socket, path: Path) -> Iterator[Answered]:
    """The answers as they come. Raises SocketError when the connection ends or fails."""
    splitter = LineSplitter(_LONGEST_ANSWER)
    text: list[str] = []
    reason = ""
    while True:
        try:
            data = connection.recv(64 * 1024)
        except ConnectionResetError:  # it hung up without having read all of ours
            data = b""
        except TimeoutError as error:
            raise SocketTimeout(path, connection.gettimeout() or 0.0) from error
        except OSError as error:
            raise SocketError(f"{path}: no answer from the daemon: {error.strerror or error}") from error
        if not data:
            raise SocketError(f"{path}: the daemon hung up before it answered{f': {reason}' if reason else ''}")
        for raw in splitter.feed(data):
            if raw is None:
                raise SocketError(f"{path}: an answer of more than {_LONGEST_ANSWER} bytes")
            line = raw.decode()
            if line.startswith(("error: ", "warning: ")):
                reason = line.partition(": ")[2]
            elif line in ("done", "error"):
                yield Answered(line == "done", tuple(text), reason)
                text, reason = [], ""
            else:
                text.append(line)
