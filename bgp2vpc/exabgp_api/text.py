"""The announce/withdraw text protocol: one line in, one Command out; every line of every ExaBGP from 3.4 to 6.0.

A line means what the newest version that accepts it makes of it. The differences, all deliberate:

- IPv6 with `next-hop self` is taken: ExaBGP refuses it only on sessions over IPv4, and its healthcheck prints it.
- A selector is not matched against neighbors; for the VPC a line is the same whomever else it is for.
- What would end ExaBGP, or make it reset its sessions, is refused and never passed on.
- Netmask notation (6.0 takes it for a host route) is refused.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bgp2vpc.bgp.events import Event
from bgp2vpc.exabgp_api.command import Answer, Command
from bgp2vpc.exabgp_api.control import read_control, read_signal
from bgp2vpc.exabgp_api.harmful import made_harmless, refuse_harmful, refuse_hidden
from bgp2vpc.exabgp_api.limits import MAX_LINE
from bgp2vpc.exabgp_api.render import announce_line, withdraw_line
from bgp2vpc.exabgp_api.routes import MAX_SPLIT, ROUTE_WORDS, read_routes
from bgp2vpc.exabgp_api.selector import split_selector
from bgp2vpc.exabgp_api.words import LineError, shown, split_words

__all__ = ["announce_line", "decode", "parse", "withdraw_line"]

_REMEMBERED_LINE: Final = 512
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TABS: Final = re.compile(r"\t+")
_VERBS: Final = ("announce", "withdraw")
_TRAILING: Final = frozenset({"sync", "async", "text"})
"""6.0's words about the answer, taken at the end of any command."""


def decode(raw: bytes) -> Command:
    """The command of one line as read, with or without its line end. Never raises.

    What is not ASCII, or longer than MAX_LINE, is answered with an error and must not reach ExaBGP: it would stop
    the helper that sent it.
    """
    if len(raw) > MAX_LINE + 2:
        return _too_long(len(raw), raw[:80].decode("ascii", "replace"))
    return parse(raw.decode("latin-1").rstrip("\r\n"))


def parse(line: str) -> Command:
    """The command that `line`, without its line end, says. Never raises.

    Remembered: a healthcheck repeats its line every few seconds. Long lines, and those that make many prefixes of
    one, are not, for the memory they would hold.
    """
    if len(line) > _REMEMBERED_LINE or "split" in line:
        return _parse(line)
    return _remembered(line)


def _parse(line: str) -> Command:
    if len(line) > MAX_LINE:
        return _too_long(len(line), line[:80])
    wrong = _wrong_character(line)
    if wrong:
        return Command(line, answer=Answer.ERROR, error=wrong)
    text = _TABS.sub(" ", line.strip())  # ExaBGP takes them, but they are no printable characters
    if not text or text[0] == "#":
        return Command(text)
    text = made_harmless(text)
    try:
        return _command(text)
    except LineError as error:
        return Command(text, answer=error.answer, error=str(error), relay=error.relay)


_remembered = lru_cache(maxsize=4096)(_parse)


def _too_long(length: int, start: str) -> Command:
    return Command(start, answer=Answer.ERROR, error=f"a line of {length} bytes is too long: at most {MAX_LINE}")


def _wrong_character(line: str) -> str:
    if not line.isascii():
        at = next(at for at, character in enumerate(line) if not character.isascii())
        return f"column {at + 1}: {line[at]!a} is not ASCII, and ExaBGP's API takes nothing else"
    control = _CONTROL.search(line)
    return f"column {control.start() + 1}: control character {control[0]!a}" if control else ""


def _command(text: str) -> Command:
    words = split_words(text)
    refuse_harmful(words)
    whole = words
    selector, words = split_selector(whole)
    speaks_of_routes = words[0] in (*_VERBS, "group")
    refuse_hidden(whole if speaks_of_routes else whole[: len(whole) - len(words)])
    if len(words) > 1 and words[-1] in _TRAILING and words[0] != "show":
        words = words[:-1]
    if words[0] == "group" and selector:
        return Command(text, events=_group(words[1:]), selector=selector, relay=True)
    if words[0] not in _VERBS:
        return _with_selector(read_control(text, words), selector)
    if words[1:2] and words[1] in ROUTE_WORDS:
        return Command(text, events=read_routes(words[0], words[1:]), selector=selector, relay=True)
    return _with_selector(read_signal(text, words[0], words[1:]), selector)


def _with_selector(command: Command, selector: str) -> Command:
    return replace(command, selector=selector) if selector else command


def _group(words: list[str]) -> tuple[Event, ...]:
    """6.0's `peer * group announce … ; withdraw …`: all of it or nothing."""
    events: list[Event] = []
    for statement in " ".join(words).split(" ; "):
        verb, *rest = statement.removesuffix(" ;").split() or [""]
        if verb not in _VERBS or not rest or rest[0] not in ROUTE_WORDS:
            raise LineError(f"group: {shown(statement)} is neither 'announce route …' nor 'withdraw route …'")
        events += read_routes(verb, rest, room=MAX_SPLIT - len(events))
    return tuple(events)
