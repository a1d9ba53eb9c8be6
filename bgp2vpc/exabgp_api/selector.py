"""The part before the command that says which neighbors are meant, in all its dialects."""

from typing import Final

from bgp2vpc.exabgp_api.numbers import address
from bgp2vpc.exabgp_api.words import LineError, shown

__all__ = ["split_selector"]

_QUALIFIERS: Final = frozenset({"local-ip", "local-as", "peer-as", "router-id", "family-allowed"})
_SELECTORS: Final = frozenset({"neighbor", "peer"})


def split_selector(words: list[str]) -> tuple[str, list[str]]:
    """The selector as text, empty where the line has none, and the words of the command.

    For the VPC the selector means nothing: it is kept to say a withdrawal to the same neighbors again.
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
