"""Parses one line of a script into a Command: events for the VPC, the answer, and what is passed on to ExaBGP.

A line goes through these steps, and ends at the first that refuses it:

1. `decode`: not longer than MAX_LINE, ASCII, no control characters but tabs and carriage returns. An empty line and a
   comment are answered.
2. `formated`, as ExaBGP does it: brackets and commas apart, single spaces. The words of the command itself are what
   stands between spaces: quotes and backslashes have no meaning in them.
3. The selector in front (`neighbor A, neighbor B`, `peer *`) is split off. It does not concern the VPC. It is kept, so
   that a later withdrawal goes to the same neighbors.
4. `harmful`: lines that end some version of ExaBGP, reset its sessions, or hide another command are refused, as lines
   are passed on to it.
5. What follows `announce route` and the like is split into `statements`: escapes are undone, quotes are removed.
6. The verb: `announce` and `withdraw` of unicast routes become Announce and Withdraw events (`routes`, `attributes`);
   `control` reads all other commands.
7. A mistake raises LineError, whose text becomes the Command's `error`. A correct line that cannot be a VPC route
   (flow, labels, VPN) is passed on to ExaBGP, with an `error` that says so; so is a line of which only a part can.

Dialects: 3.4 says `announce route …` and `neighbor A announce route …`; 4.2 adds `neighbor *`; 5.0 adds `ipv4 unicast`
and `silence-ack`; 6.0 adds `peer *`, `peer [A, B]`, `group`, `rib flush out`, `session ack enable`, and takes `sync`,
`async` and `text` behind any command. They contradict each other only in AS paths, so one parser reads all of them;
where they do, the newest version that accepts the line counts.

The grammar is ExaBGP's own: `reactor/api/__init__.py` and `reactor/api/command/` (commands; `limit.py` for selectors),
`configuration/core/tokeniser.py` and `format.py` (words), `configuration/configuration.py` (statements),
`configuration/static/` and `configuration/announce/` (routes and attributes). Tests compare with the installed versions
(`tests/exabgp_api/comparison.py`), and with a recorded table of 260 commands and the answers of 4.2, 5.0 and 6.0.
Deliberate differences are listed in `docs/protocol.md`, but for one: IPv6 with `next-hop self` is taken on sessions
over IPv4, too, since ExaBGP's healthcheck prints it.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bgp2vpc.bgp.events import Event
from bgp2vpc.exabgp_api import MAX_LINE
from bgp2vpc.exabgp_api.command import Answer, Command, LineError
from bgp2vpc.exabgp_api.control import OTHER_FAMILIES, read_control, read_signal
from bgp2vpc.exabgp_api.harmful import JSON, made_harmless, refuse_harmful, refuse_hidden
from bgp2vpc.exabgp_api.routes import FAMILIES, MAX_SPLIT, STATEMENTS, read_routes
from bgp2vpc.exabgp_api.words import address, formated, shown, statements

_REMEMBERED_LINE: Final = 512
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f]")
_TABS: Final = re.compile(r"\t+")
_VERBS: Final = ("announce", "withdraw")
_ROUTES: Final = STATEMENTS | FAMILIES
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
    text = line.strip()
    if not text.isascii():
        at = next(at for at, character in enumerate(line) if not character.isascii())
        wrong = f"column {at + 1}: {line[at]!a} is not ASCII, and ExaBGP's API takes nothing else"
        return Command(line, answer=Answer.ERROR, error=wrong)
    if control := _CONTROL.search(text):
        wrong = f"column {line.index(text) + control.start() + 1}: control character {control[0]!a}"
        return Command(line, answer=Answer.ERROR, error=wrong)
    text = _TABS.sub(" ", text)  # ExaBGP accepts tabs; below, a line may have printable characters only
    if not text or text[0] == "#":
        return Command(text)
    text = made_harmless(text)
    try:
        return _command(text)
    except LineError as error:
        return Command(text, answer=error.answer, error=str(error), for_exabgp=error.for_exabgp)


_remembered = lru_cache(maxsize=4096)(_parse)


def _too_long(length: int, start: str) -> Command:
    return Command(start, answer=Answer.ERROR, error=f"a line of {length} bytes is too long: at most {MAX_LINE}")


def _command(text: str) -> Command:
    """The command of a line that is neither empty nor a comment. Raises LineError."""
    plain = formated(text)
    words = plain.split(" ")
    has_json = "json" in words  # to 5.0, which splits lines at their spaces
    start = _end_of_selector(words)
    selector = " ".join(words[:start]).replace(" ,", ",") if start else ""
    if len(words) > start + 1 and words[-1] in _TRAILING and words[start] != "show":
        del words[-1]
        plain = plain.rpartition(" ")[0]
    verb = words[start]
    if start:
        refuse_hidden(f"{selector} ")
    if verb not in _VERBS and not (verb == "group" and words[0] == "peer"):
        if has_json and sorted(words) != ["json", "version"] and verb not in ("show", "rib", "peer"):
            raise LineError(JSON)
        return replace(read_control(text, words[start:]), selector=selector)
    if has_json:
        raise LineError(JSON)
    behind = plain.split(" ", start + 1)[-1] if len(words) > start + 1 else ""
    kind, _, rest = behind.partition(" ")
    refuse_hidden(f" {rest}", is_group=verb == "group")
    if verb == "group":
        events, of_no_use = _group(behind)
    elif kind in _ROUTES:
        family = kind if kind in FAMILIES else ""
        said = statements(rest if family else behind)
        refuse_harmful(said)
        events, of_no_use = read_routes(verb, family, said)
    else:
        if kind in OTHER_FAMILIES:
            refuse_harmful(statements(behind))
        return replace(read_signal(text, verb, words[start + 1 :]), selector=selector)
    return Command(text, events=events, selector=selector, for_exabgp=True, error=of_no_use)


def _group(text: str) -> tuple[tuple[Event, ...], str]:
    """6.0's `peer * group announce … ; withdraw …`: all of it or nothing."""
    events: list[Event] = []
    of_no_use = []
    said = statements(text)
    refuse_harmful(said)
    for *words, end in said:
        if len(words) < 2 or words[0] not in _VERBS or words[1] not in _ROUTES or end != ";":
            raise LineError(f"group: {shown(' '.join(words))} is neither 'announce route …' nor 'withdraw route …'")
        family = words[1] if words[1] in FAMILIES else ""
        statement = [*words[2 if family else 1 :], end]
        made, note = read_routes(words[0], family, [statement], room=MAX_SPLIT - len(events))
        events += made
        of_no_use += [note] if note else []
    return tuple(events), "; ".join(of_no_use)


def _end_of_selector(words: list[str]) -> int:
    """The index of the first word that is none of the selector's, 0 where the line has none.

    One loop for `neighbor A, neighbor B`, `peer [A, B]`, `peer A, peer B`, and `neighbor A neighbor *`, which
    ExaBGP's healthcheck up to 5.0.4 prints. Raises LineError for a selector that means nobody, or without a command.
    """
    if words[0] not in _SELECTORS or words in (["peer", "list"], ["peer", "show"]):
        return 0
    at = 0
    bracket = False
    while at < len(words):
        word = words[at]
        if word == "peer" and words[at + 1 : at + 2] == ["["]:
            bracket = True
            at += 2
        elif word in _SELECTORS or word in _QUALIFIERS:
            at += 2
        elif bracket or word == ",":
            bracket = bracket and word != "]"
            at += 1
        else:
            break
    if bracket:
        raise LineError("peer: the closing ']' is missing")
    if at >= len(words):
        raise LineError(f"a command such as 'announce route …' is missing behind {shown(' '.join(words))}")
    _refuse_nobody(words[:at])
    return at


def _refuse_nobody(selector: list[str]) -> None:
    """Raises LineError where no neighbor can be meant.

    As ExaBGP's `match_neighbors` has it, one of those between the commas has to be right: a mistyped address is a
    neighbor that it does not have, and nothing between two commas are all of them.
    """
    wrong = ""
    one: list[str] = []
    words = iter(selector if selector[-1] == "," else [*selector, ","])
    for word in words:
        if word in _QUALIFIERS:
            next(words)
        elif word in _SELECTORS:
            one.append(next(words))
        elif word != ",":
            one.append(word)
        else:
            one = [each for each in one if each not in ("[", "]")]
            try:
                addresses = {address(selector[0], each) for each in one[: one.index("*") if "*" in one else None]}
            except LineError as error:
                wrong = wrong or str(error)
            else:
                if len(addresses) < 2:
                    return
                wrong = wrong or f"{selector[0]}: no neighbor has two addresses; ', ' between them was probably meant"
            one = []
    raise LineError(wrong)
