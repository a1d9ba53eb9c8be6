"""Splits a line into words, and reads words as numbers and addresses. Mistakes raise LineError."""

import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from typing import Final

from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.prefix import IPAddress, PrefixError, parse_address

U16: Final = (1 << 16) - 1
U32: Final = (1 << 32) - 1
U64: Final = (1 << 64) - 1

_SHOWN: Final = 60
_SYNTAX: Final = re.compile(r"""[][(),;{}"'\\#]""")
# Round brackets are words only where they stand alone: ExaBGP puts a space inside them, not outside.
_WORD: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([][,;{}]|[^][\s,;{}"'\\#]+)|(\S))""")
_FOREIGN_WORDS: Final = {
    "metric": "med",
    "local-pref": "local-preference",
    "localpref": "local-preference",
    "nexthop": "next-hop",
    "path-id": "path-information",
}
"""What other routers call it: nearer in meaning than in spelling."""


class Words:
    """The words of one statement, read from left to right."""

    __slots__ = ("_at", "_words")

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._words)

    def take(self, what: str) -> str:
        """The next word. Raises LineError when there is none; `what` names the one expected."""
        at = self._at
        if at == len(self._words):
            raise LineError(f"{what} is missing at the end of the line")
        self._at = at + 1
        return self._words[at]

    def peek(self) -> str:
        """The next word without taking it, empty at the end."""
        return self._words[self._at] if self else ""

    def expect(self, word: str, where: str) -> None:
        """Take exactly `word`. Raises LineError."""
        if self.peek() != word:
            found = shown(self.peek()) if self else "the end of the line"
            raise LineError(f"{where}: '{word}' expected, found {found}")
        self._at += 1

    def group(self, what: str) -> list[str]:
        """`[ a b … ]` or one bare word. Raises LineError."""
        first = self.take(what)
        if first != "[":
            return [first]
        values = []
        while (word := self.take(f"{what}: the closing ']'")) != "]":
            values.append(word)
        return values

    def skip_group(self, what: str) -> None:
        """Pass over one word, or everything between balanced square brackets. Raises LineError."""
        depth = 0
        while True:
            word = self.take(what)
            depth += (word == "[") - (word == "]")
            if depth <= 0:
                return


def split_words(text: str) -> list[str]:
    """The words of `text`, `[ ] , ; { }` each a word of their own, quotes taken off.

    Raises LineError for an open quote, a backslash, and `#` (ExaBGP takes no comment behind a command).
    """
    if not _SYNTAX.search(text):
        return text.split()
    words = []
    for match in _WORD.finditer(text.replace("(", "( ").replace(")", " )").rstrip()):
        double, single, word, wrong = match.groups()
        if wrong:
            raise LineError(_WRONG[wrong])
        words.append(word or double or single or "")
    return words


_WRONG: Final = {
    "\\": "a backslash has no meaning here: leave it out",
    "#": "a comment cannot follow a command: put it on a line of its own",
    '"': 'a closing " is missing',
    "'": "a closing ' is missing",
}


def shown(word: str) -> str:
    """`word` in quotes for a message, cut to a readable length."""
    return f"'{word}'" if len(word) <= _SHOWN else f"'{word[:_SHOWN]}…'"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'med'?`, or empty when nothing known is near."""
    choices = sorted(known)
    guess = _FOREIGN_WORDS.get(word, word.lower())
    if guess not in choices:
        guess = next(iter(get_close_matches(guess[:_SHOWN], choices, n=1)), "")
    return f"; did you mean '{guess}'?" if guess else ""


def number(what: str, word: str, limit: int, *, hexadecimal: bool = False) -> int:
    """`word` as a number from 0 to `limit`; `0x…` too where `hexadecimal`. Raises LineError."""
    value = -1
    # 4300 digits is where int() itself gives up; no field here has more than 29.
    if len(word) <= 32:
        if word.isdigit():
            value = int(word)
        elif hexadecimal and word[:2].lower() == "0x" and word[2:].isalnum():
            with suppress(ValueError):
                value = int(word, 16)
    if not 0 <= value <= limit:
        raise LineError(f"{what}: {shown(word)} is not a number from 0 to {limit}")
    return value


def asn(what: str, word: str) -> int:
    """An AS number, plain or dotted (RFC 5396). Raises LineError."""
    high, dot, low = word.partition(".")
    if dot:
        return (number(what, high, U16) << 16) + number(what, low, U16)
    return number(what, word, U32)


def address(what: str, word: str) -> IPAddress:
    """An IPv4 or IPv6 address. Raises LineError."""
    try:
        return parse_address(word)
    except PrefixError as error:
        raise LineError(f"{what}: {error}") from error


def ipv4(what: str, word: str) -> IPAddress:
    """An IPv4 address. Raises LineError."""
    value = address(what, word)
    if value.version != 4:
        raise LineError(f"{what}: {shown(word)} is not an IPv4 address")
    return value
