"""What must not reach ExaBGP, or not now, because it stops ExaBGP or its sessions. Each row was seen on the real ones.

| line | version | what it does there |
|---|---|---|
| `shutdown`, `restart`, `reset`, `teardown`, `crash`, `reload` | all | what they say; for ExaBGP's operator |
| a name that ends in one of these, or in `version`, `help`, `…-ack` | 3.4 to 5.0 | is taken for that command |
| the word `json` outside of `show` | 5.0.15 | ends it |
| a byte that is not ASCII; a line of more than 1 MiB | all | ends the helper |
| nothing between `[` and `]`, as in `bgp-prefix-sid [ ]` | all up to 6.0-dev | loops for ever, all sessions expire |
| `announce attributes nlri PREFIX` without a next hop | all | the session is reset again and again |
| `flush adj-rib out` while no session of its neighbors is up | 4.2 | ends it |
| `clear adj-rib …` for neighbors that it does not have | 4.2 | ends it |

The last two depend on more than the line: `Command.requires` says on what. The parser of attributes refuses what is
wrong in them, harmful or not, and `text.decode` what is too long or not ASCII.
"""

from collections.abc import Collection
from typing import Final

from bgp2vpc.dialect.command import Requires
from bgp2vpc.dialect.words import OPERATOR_WORDS, LineError, shown

_NAMESPACES: Final = frozenset({"daemon", "session", "system"})
_REQUIRED: Final = {
    "flush adj-rib out": Requires.SESSION,
    "clear adj-rib": Requires.NEIGHBOR,
    "clear adj-rib out": Requires.NEIGHBOR,
    "clear adj-rib in": Requires.NEIGHBOR,
}
_ALL: Final = ("", "neighbor *", "peer *")


def refuse_harmful(words: list[str]) -> None:
    """Raises LineError for a whole line, as words, that must never be passed on."""
    if "json" in words and not _may_say_json(words):
        raise LineError("the word 'json' outside 'show' ends ExaBGP 5.0; leave it out")


def refuse_orders(words: list[str]) -> None:
    """Raises LineError for what only ExaBGP's operator may say; `words` without a selector."""
    if words[0] in OPERATOR_WORDS or (words[0] in _NAMESPACES and words[1:2] and words[1] in OPERATOR_WORDS):
        raise LineError(f"{shown(' '.join(words))} is for ExaBGP's operator; not relayed")


def required(command: str) -> Requires:
    """What ExaBGP must have when it hears this command."""
    return _REQUIRED.get(command, Requires.NOTHING)


def has_neighbors(selector: str, known: Collection[str]) -> bool:
    """Whether ExaBGP surely finds a neighbor for this selector, if it has those that are `known` by their addresses."""
    if selector in _ALL:
        return bool(known)
    words = selector.replace(",", " ").replace("[", " ").replace("]", " ").split()
    # Further words (`local-as 64512`) may exclude what the address alone would find.
    return all(word in ("neighbor", "peer") or word in known for word in words)


def _may_say_json(words: list[str]) -> bool:
    return words[0] in ("show", "rib", "peer") or [word for word in words if word != "json"] == ["version"]
