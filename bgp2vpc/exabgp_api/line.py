"""Parses one line of a script into a Command: events for the VPC, the answer, and whether ExaBGP gets the line.

The steps, in order; the first one that refuses the line ends the parse:

1. `decode` checks the length (MAX_LINE) and that the line is ASCII without control characters other than tabs and
   carriage returns. Empty lines and comments are answered and go no further.
2. `formated` normalizes spaces, brackets and commas as ExaBGP does. The words of the command itself are separated by
   spaces only; quotes and backslashes have no meaning there.
3. The leading selector (`neighbor A, neighbor B`, `peer *`) is split off. The VPC ignores it, but it is kept so that a
   later withdrawal goes to the same neighbors.
4. `statements` splits the text after `announce` or `withdraw` into words: escapes are undone, quotes are removed.
5. `harmful`, before and after step 4, refuses lines that would end some version of ExaBGP, reset its sessions, or hide
   another command, because accepted lines are passed on to ExaBGP.
6. `routes` and `attributes` turn `announce` and `withdraw` of unicast routes into events; `control` reads all other
   commands.
7. A mistake raises LineError, whose text becomes the Command's `error`. A valid line that cannot be a VPC route (flow,
   labels, VPN), or only in part, is passed on to ExaBGP, with an `error` that says so.

Dialects: 3.4 has `announce route …` and `neighbor A announce route …`; 4.2 adds `neighbor *`; 5.0 adds `ipv4 unicast`
and `silence-ack`; 6.0 adds `peer *`, `peer [A, B]`, `group`, `rib flush out`, `session ack enable`, and accepts `sync`,
`async` and `text` after any command. The versions contradict each other only in AS paths, so one parser reads all of
them; for AS paths the newest version that accepts the line counts.

The grammar is ExaBGP's own: `reactor/api/__init__.py` and `reactor/api/command/` (commands; `limit.py` for selectors),
`configuration/core/tokeniser.py` and `format.py` (words), `configuration/configuration.py` (statements),
`configuration/static/` and `configuration/announce/` (routes and attributes). Tests compare with the installed versions
(`tests/exabgp_api/comparison.py`), and with a recorded table of 260 commands and the answers of 4.2, 5.0 and 6.0.
`docs/protocol.md` lists the deliberate differences except one: an IPv6 prefix with `next-hop self` is accepted even
for sessions over IPv4, because ExaBGP's healthcheck prints such lines.
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
"""Words that ExaBGP 6.0 accepts at the end of any command."""
_QUALIFIERS: Final = frozenset({"local-ip", "local-as", "peer-as", "router-id", "family-allowed"})
_SELECTORS: Final = frozenset({"neighbor", "peer"})


def decode(raw: bytes) -> Command:
    """Parse one line, with or without its line end. Never raises.

    A line that is not ASCII or is longer than MAX_LINE is an error and is not passed on: ExaBGP would end the helper
    that sent it.
    """
    if len(raw) > MAX_LINE + 2:
        return _too_long(len(raw), raw[:80].decode("ascii", "replace"))
    return parse(raw.decode("latin-1").rstrip("\r\n"))


def parse(line: str) -> Command:
    """Parse `line`, which has no line end. Never raises.

    Results are cached, since a healthcheck repeats its line every few seconds. Long lines and lines with `split` are
    not cached: their results would take too much memory.
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
    text = _TABS.sub(" ", text)  # ExaBGP accepts tabs; everything below expects printable characters only
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
    """Parse a line that is neither empty nor a comment. Raises LineError."""
    plain = formated(text)
    words = plain.split(" ")
    has_json = "json" in words  # as 5.0 sees the line: it splits only at spaces
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
    """Parse 6.0's `peer * group announce … ; withdraw …`: one wrong statement refuses the whole group (LineError)."""
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
    """The index of the first word after the selector; 0 if the line has no selector.

    Accepts `neighbor A, neighbor B`, `peer [A, B]`, `peer A, peer B`, and `neighbor A neighbor *`, which ExaBGP's
    healthcheck up to 5.0.4 prints. Raises LineError if no command follows or the selector cannot match any neighbor.
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
    """Raises LineError for a selector that cannot match any neighbor.

    As in ExaBGP's `match_neighbors`, one valid part between the commas is enough: a mistyped address matches no
    neighbor, and an empty part matches all neighbors.
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
