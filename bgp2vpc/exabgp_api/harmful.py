"""Refuses lines that would end ExaBGP or reset its sessions. Each row was observed with the real versions.

| line | version | what it does there |
|---|---|---|
| `shutdown`, `restart`, `reset`, `teardown`, `crash`, `reload` | all | as their names say; only for ExaBGP's operator |
| a word that ends in one of these, or in `version`, `help`, `…-ack` | 3.4 to 5.0 | is taken for that command |
| `show …`, `clear adj-rib`, `flush adj-rib out` in the middle of a line | 3.4 to 5.0 | is taken for that command |
| a second `withdraw route`, `announce flow` … after the first | 3.4 to 5.0 | is taken for that command |
| the word `json` outside `show` | 5.0.15 | ends it |
| a byte that is not ASCII; a line of more than 1 MiB | all | ends the helper |
| `bgp-prefix-sid` with nothing between `[` and `]`, or one left open | all | loops for ever, all sessions expire |
| `announce attributes nlri PREFIX` without a next hop | all | the session is reset again and again |
| NEXT_HOP by number (`attribute [ 0x03 … ]`) | all | the session is reset |
| more labels than fit into the 255 bits of a prefix | all | the session is reset again and again |
| `withdraw attributes nlri PREFIX` without a next hop | 4.2 | the session is reset |
| `flush adj-rib out` while no session of its neighbors is up | 4.2 | ends it |
| `clear adj-rib …` for neighbors that it does not have; `neighbor A neighbor B` matches none | 4.2 | ends it |

`withdraw attributes` gets a next hop before it is passed on, which ExaBGP otherwise ignores. The last two rows depend
on ExaBGP's neighbors and sessions: see `Command.requires`. `attributes` refuses any mistake in attributes, and `line`
refuses lines that are too long or not ASCII.
"""

import re
from collections.abc import Collection
from typing import Final

from bgp2vpc.exabgp_api.command import LineError, Requires
from bgp2vpc.exabgp_api.words import named_neighbors, shown

JSON: Final = "the word 'json' outside 'show' ends ExaBGP 5.0; leave it out"
OPERATOR_WORDS: Final = ("shutdown", "reload", "restart", "reset", "teardown", "crash")
"""Commands that end ExaBGP or its sessions."""
_NAMESPACES: Final = frozenset({"daemon", "session", "system"})
_REQUIRED: Final = {
    "flush adj-rib out": Requires.SESSION,
    "clear adj-rib": Requires.NEIGHBOR,
    "clear adj-rib out": Requires.NEIGHBOR,
    "clear adj-rib in": Requires.NEIGHBOR,
}
_WORDS: Final = (*OPERATOR_WORDS, "version", "help", "enable-ack", "disable-ack", "silence-ack")
_NAMES: Final = "|".join((*_WORDS, "show neighbor", "show adj-rib (?:in|out)", "clear adj-rib", "flush adj-rib out"))
_KINDS: Final = "route|route-refresh|attributes?|ipv4|ipv6|flow|vpls|eor|operational|watchdog"
_ORDERS: Final = re.compile(rf"(?:{_NAMES})(?= )|(?<= )(?:{_NAMES})$")
_SUSPICIOUS: Final = (*_WORDS[:-3], "-ack", "show neighbor", "adj-rib", "announce ", "withdraw ")
"""Every hidden command contains one of these substrings; searching for them first is much faster than the regex."""
_ROUTES: Final = rf"{_NAMES}|(?:announce|withdraw) (?:{_KINDS})"
_COMMANDS: Final = re.compile(rf"(?:{_ROUTES})(?= )|(?<= )(?:{_ROUTES})$")
_WRONG_PREFIX_SID: Final = re.compile(
    r"(?<![^ ])bgp-prefix-sid(?![^ ])(?! \[ \d+(?: ,)?(?: \[(?: \( \d+ , \d+ \)(?: ,)?)+ \])? \](?![^ ]))"
)
_ATTRIBUTES: Final = re.compile(r"\b(withdraw +attributes?)(?= |$)")


def refuse_harmful(statements: list[list[str]]) -> None:
    """Raises LineError for statements that must never be passed on, whatever their address family."""
    for words in statements:
        if "bgp-prefix-sid" in words and _WRONG_PREFIX_SID.search(" ".join(words)):
            raise LineError("bgp-prefix-sid: '[ INDEX ]' or '[ INDEX, [ ( BASE,RANGE ), … ] ]' expected")
        if "label" not in words:
            continue
        # RFC 8277 counts the bits of labels, route distinguisher and prefix in one octet.
        most = (255 - (128 if any(word.count(":") > 1 for word in words) else 32) - 64) // 24
        for at, word in enumerate(words):
            following = words[at + 1 : at + most + 3]
            if word == "label" and following[:1] == ["["] and len(following) == most + 2 and "]" not in following:
                raise LineError(f"label: more than {most} labels are not sure to fit into one prefix")


def refuse_hidden(text: str, *, is_group: bool = False) -> None:
    """Raises LineError for commands in the middle of a line, which only ExaBGP would execute.

    `text`: the formated text after the command itself. `is_group`: a 6.0 `group`, which may hold route commands.
    """
    for each in _SUSPICIOUS:  # any() would take five times as long
        if each in text:
            break
    else:
        return
    if hidden := (_ORDERS if is_group else _COMMANDS).search(text):
        found = shown(hidden[0])
        raise LineError(f"ExaBGP takes {found} for a command, wherever it stands; leave it out, or choose another name")


def made_harmless(line: str) -> str:
    """The line with a next hop added to `withdraw attributes`, without which ExaBGP 4.2 resets the session."""
    return line if "next-hop" in line else _ATTRIBUTES.sub(r"\1 next-hop 0.0.0.0", line, count=1)


def refuse_orders(words: list[str]) -> None:
    """Raises LineError for commands reserved to ExaBGP's operator; `words` has no selector."""
    if words[0] in OPERATOR_WORDS or (words[0] in _NAMESPACES and words[1:2] and words[1] in OPERATOR_WORDS):
        raise LineError(f"{shown(' '.join(words))} is for ExaBGP's operator; not passed")


def required(command: str) -> Requires:
    """The condition on which `command` may be passed on to ExaBGP."""
    return _REQUIRED.get(command, Requires.NOTHING)


def has_neighbors(selector: str, known: Collection[str]) -> bool:
    """Whether the selector certainly matches a neighbor; `known`: the addresses of ExaBGP's neighbors."""
    named = named_neighbors(selector)
    # Qualifiers (`local-as 64512`) or a second address may exclude a neighbor that the address alone matches.
    return bool(known) if named is None else all(each in known for each in named)
