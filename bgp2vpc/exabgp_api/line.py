"""Parses one line of a script into a Command: events for the VPC, the answer, and what is passed on to ExaBGP.

A line goes through these steps, and ends at the first that refuses it:

1. `decode`: not longer than MAX_LINE, ASCII, no control characters but tabs. An empty line and a comment are answered.
2. `words`: the line is split into words; brackets, commas, semicolons and braces are words, quotes are removed.
3. `harmful`: lines that end some version of ExaBGP, or reset its sessions, are refused, as lines are passed on to it.
4. The selector in front (`neighbor A, neighbor B`, `peer *`) is split off. It does not concern the VPC. It is kept, so
   that a later withdrawal goes to the same neighbors.
5. The verb: `announce` and `withdraw` of unicast routes become Announce and Withdraw events (`routes`, `attributes`);
   `control` reads all other commands.
6. A mistake raises LineError, whose text becomes the Command's `error`. A correct line that cannot be a VPC route
   (flow, labels, VPN) is passed on to ExaBGP, with an `error` that says so.

Dialects: 3.4 says `announce route …` and `neighbor A announce route …`; 4.2 adds `neighbor *`; 5.0 adds `ipv4 unicast`
and `silence-ack`; 6.0 adds `peer *`, `peer [A, B]`, `group`, `rib flush out`, `session ack enable`, and takes `sync`,
`async` and `text` behind any command. They contradict each other only in AS paths, so one parser reads all of them;
where they do, the newest version that accepts the line counts.

The grammar is ExaBGP's own: `reactor/api/__init__.py` and `reactor/api/command/` (commands; `limit.py` for selectors),
`configuration/core/tokeniser.py` and `format.py` (words), `configuration/static/` (routes and attributes). Tests
compare with the installed versions, and with a recorded table of 260 commands and the answers of 4.2, 5.0 and 6.0.

Deliberate differences:

- IPv6 with `next-hop self` is taken: ExaBGP refuses it only on sessions over IPv4, and its healthcheck prints it.
- Netmask notation is refused: 6.0 takes it for a host route.
- `split` makes at most 4096 prefixes of one line: ExaBGP has no limit, and blocks while it makes millions.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bgp2vpc.bgp.events import Event
from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.exabgp_api.command import Answer, Command, LineError
from bgp2vpc.exabgp_api.control import read_control, read_signal
from bgp2vpc.exabgp_api.harmful import made_harmless, refuse_harmful, refuse_hidden
from bgp2vpc.exabgp_api.routes import MAX_SPLIT, ROUTE_WORDS, read_routes
from bgp2vpc.exabgp_api.words import address, shown, split_words

_REMEMBERED_LINE: Final = 512
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TABS: Final = re.compile(r"\t+")
_VERBS: Final = ("announce", "withdraw")
_TRAILING: Final = frozenset({"sync", "async", "text"})
"""Words that 6.0 accepts at the end of any command."""
_QUALIFIERS: Final = frozenset({"local-ip", "local-as", "peer-as", "router-id", "family-allowed"})
_SELECTORS: Final = frozenset({"neighbor", "peer"})


def decode(raw: bytes) -> Command:
    """The command of one line, with or without its line end. Never raises.

    A line that is not ASCII, or longer than MAX_LINE, is an error and is not passed on: ExaBGP would end the
    helper that sent it.
    """
    if len(raw) > MAX_LINE + 2:
        return _too_long(len(raw), raw[:80].decode("ascii", "replace"))
    return parse(raw.decode("latin-1").rstrip("\r\n"))


def parse(line: str) -> Command:
    """The command of `line`, which has no line end. Never raises.

    Results are cached, since a healthcheck repeats its line every few seconds; not those of long lines or of `split`,
    which would take much memory.
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
    text = _TABS.sub(" ", line.strip())  # ExaBGP accepts tabs; below, a line may have printable characters only
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
    """The command of a line that is neither empty nor a comment. Raises LineError."""
    whole = split_words(text)
    refuse_harmful(whole)
    selector, words = _split_selector(whole)
    # Other commands consist of such words themselves, so for them only the selector is searched.
    speaks_of_routes = words[0] in (*_VERBS, "group")
    refuse_hidden(whole if speaks_of_routes else whole[: len(whole) - len(words)])
    if len(words) > 1 and words[-1] in _TRAILING and words[0] != "show":
        words = words[:-1]
    if words[0] == "group" and selector:
        events = _group(words[1:])
    elif words[0] not in _VERBS:
        return replace(read_control(text, words), selector=selector)
    elif words[1:2] and words[1] in ROUTE_WORDS:
        events = read_routes(words[0], words[1:])
    else:
        return replace(read_signal(text, words[0], words[1:]), selector=selector)
    return Command(text, events=events, selector=selector, relay=True)


def _group(words: list[str]) -> tuple[Event, ...]:
    """6.0's `peer * group announce … ; withdraw …`: all of it or nothing."""
    events: list[Event] = []
    for statement in " ".join(words).split(" ; "):
        verb, *rest = statement.removesuffix(" ;").split() or [""]
        if verb not in _VERBS or not rest or rest[0] not in ROUTE_WORDS:
            raise LineError(f"group: {shown(statement)} is neither 'announce route …' nor 'withdraw route …'")
        events += read_routes(verb, rest, room=MAX_SPLIT - len(events))
    return tuple(events)


def _split_selector(words: list[str]) -> tuple[str, list[str]]:
    """The selector as text, empty where the line has none, and the words of the command.

    The selector does not concern the VPC; it is kept so that a withdrawal goes to the same neighbors.
    Raises LineError for a selector without an address or without a command.
    """
    if not words or words[0] not in _SELECTORS:
        return "", words
    if words[0] == "peer" and words[1:] in (["list"], ["show"]):
        return "", words
    end = _end_of_selector(words)
    if end == len(words):
        raise LineError(f"a command such as 'announce route …' is missing behind {shown(' '.join(words))}")
    return " ".join(words[:end]).replace(" ,", ","), words[end:]


def _end_of_selector(words: list[str]) -> int:
    """The index of the first word that is none of the selector's.

    One loop for `neighbor A, neighbor B`, `peer [A, B]`, `peer A, peer B`, and `neighbor A neighbor *`, which
    ExaBGP's healthcheck up to 5.0.4 prints.
    """
    at = 0
    bracket = False
    while at < len(words):
        word = words[at]
        if word in _SELECTORS:
            at += 1
            bracket = word == "peer" and words[at : at + 1] == ["["]
            at = _after_peer(words, at + bracket, word)
        elif word == "," and bracket:
            at += 1
            if words[at : at + 1] and words[at] not in _SELECTORS:
                at = _after_peer(words, at, word)
        elif word == "," and words[at + 1 : at + 2] and words[at + 1] in _SELECTORS:
            at += 1
        elif word == "]" and bracket:
            at += 1
            bracket = False
        else:
            break
    if bracket:
        raise LineError("peer: the closing ']' is missing")
    return at


def _after_peer(words: list[str], at: int, what: str) -> int:
    """Behind one address or `*` and its qualifiers."""
    if at == len(words):
        raise LineError(f"{what}: an address or '*' is missing")
    if words[at] != "*":
        address(what, words[at])
    at += 1
    while at < len(words) and words[at] in _QUALIFIERS:
        if at + 1 == len(words):
            raise LineError(f"{words[at]}: its value is missing")
        at += 2
    return at
