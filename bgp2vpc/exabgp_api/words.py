"""Splits a line into statements and words, and parses words as numbers and addresses. Mistakes raise LineError."""

import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from itertools import takewhile
from typing import Final

from bgp2vpc.exabgp_api.command import LineError
from bgp2vpc.prefix import IPAddress, PrefixError, parse_address

U16: Final = (1 << 16) - 1
U32: Final = (1 << 32) - 1
U64: Final = (1 << 64) - 1

_SHOWN: Final = 60
_SYNTAX: Final = re.compile(r"""[][,;{}"'\\#\x0b\x0c\x1c-\x1f]""")  # str.split() takes the last ones for spaces
_QUOTING: Final = re.compile(r"""["'\\#]""")
_WORD: Final = re.compile(r"[][,;{}]|[^][ \t\r\n,;{}]+")
_ENDS: Final = frozenset(";{}")
_QUOTES: Final = frozenset("\"'")
_SPACES: Final = frozenset(" \t\r\n")
_BREAKS: Final = _SPACES | frozenset("[],;{}#")
_ESCAPE: Final = re.compile(r"\\(?:u(.{4})|(.))", re.DOTALL)
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FOREIGN_WORDS: Final = {
    "metric": "med",
    "local-pref": "local-preference",
    "localpref": "local-preference",
    "nexthop": "next-hop",
    "path-id": "path-information",
}
"""Other routers' names for our words, which `nearest` would not find by spelling."""


class Words:
    """The words of one statement, read from left to right."""

    __slots__ = ("_at", "_words")

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._words)

    def take(self, what: str) -> str:
        """Take the next word. Raises LineError at the end of the line; `what` names the expected word in its text."""
        at = self._at
        if at == len(self._words):
            raise LineError(f"{what} is missing at the end of the line")
        self._at = at + 1
        return self._words[at]

    def peek(self) -> str:
        """The next word, without taking it; empty at the end."""
        return self._words[self._at] if self else ""

    def expect(self, word: str, where: str) -> None:
        """Take the next word, which must be `word`. Raises LineError if it is not."""
        if self.peek() != word:
            found = shown(self.peek()) if self else "the end of the line"
            raise LineError(f"{where}: '{word}' expected, found {found}")
        self._at += 1

    def group(self, what: str) -> list[str]:
        """Take `[ a b … ]` or one bare word; returns the words without brackets. Raises LineError."""
        first = self.take(what)
        if first != "[":
            return [first]
        values = []
        while (word := self.take(f"{what}: the closing ']'")) != "]":
            values.append(word)
        return values

    def bracketed(self, what: str, opening: str, closing: str) -> list[str]:
        """Take all words from the `opening` bracket, which must come next, to its `closing` one, both included.

        Raises LineError.
        """
        self.expect(opening, what)
        words, depth = [opening], 1
        while depth:
            words.append(word := self.take(f"{what}: the closing '{closing}'"))
            depth += (word == opening) - (word == closing)
        return words


def formated(line: str) -> str:
    """The line with spaces around brackets and commas, and single spaces between words.

    The same as ExaBGP's function of this name, which prepares a line for matching commands and neighbors. Text in
    quotes is changed, too.
    """
    text = line.strip().replace("\t", " ").replace("]", " ]").replace("[", "[ ")
    text = text.replace(")", " )").replace("(", "( ").replace(",", " , ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def statements(text: str) -> list[list[str]]:
    r"""Split the text after `announce` into statements, each a list of words that ends with `;`, `{` or `}`.

    `text` is `formated`. As in ExaBGP's tokeniser, escapes are undone first, so `\n` is a space and `\;` ends a
    statement. A quote may begin within a word and ends at the next quote of its kind; a quote of the other kind
    replaces it. A missing final `;` is added. Raises LineError for an open quote, a wrong escape, and `#` within a
    statement.
    """
    if not _SYNTAX.search(text):
        return [[*text.split(), ";"]]
    if not text.endswith((";", "}")):
        text += " ;"
    if _QUOTING.search(text):
        return _quoted_statements(text)
    found: list[list[str]] = []
    statement: list[str] = []
    for word in _WORD.findall(text):
        statement.append(word)
        if word in _ENDS:
            found.append(statement)
            statement = []
    return found


def _quoted_statements(text: str) -> list[list[str]]:
    """The statements of a text with quotes, escapes or comments, read character by character."""
    found: list[list[str]] = []
    statement: list[str] = []
    word = quote = ""
    for character in _ESCAPE.sub(_unescaped, text):
        if character in _QUOTES and character != quote:
            quote = character
        elif character in _QUOTES:
            statement.append(word)
            word = quote = ""
        elif quote or character not in _BREAKS:
            word += character
        elif character == "#":
            break
        else:
            statement += [each for each in (word, character.strip()) if each]
            word = ""
            if character in _ENDS:
                found.append(statement)
                statement = []
    if quote:
        raise LineError(f"a closing {quote} is missing")
    if word or statement:
        raise LineError("a comment cannot follow a command: put it on a line of its own")
    return found


def _unescaped(escape: re.Match[str]) -> str:
    digits, character = escape.groups()
    if digits is not None:
        with suppress(ValueError):
            return chr(int(digits, 16))
    if character in (None, "u"):
        raise LineError(f"{shown(escape[0])}: four hexadecimal digits expected behind \\u")
    return _ESCAPES.get(character, character)


@lru_cache(maxsize=1024)
def named_neighbors(selector: str) -> tuple[str, ...] | None:
    """The neighbors that a selector names, with their qualifiers (`192.0.2.1 local-as 64512`); None: all neighbors."""
    named = []
    for part in selector.replace("[", " ").replace("]", " ").split(","):
        words = (word for word in part.split() if word not in ("neighbor", "peer"))
        named.append(" ".join(takewhile(lambda word: word != "*", words)))  # ExaBGP compares nothing behind a `*`
    return tuple(named) if all(named) else None


def shown(word: str) -> str:
    """`word` in quotes for a message, cut to a readable length."""
    if not word.isprintable():
        word = ascii(word)[1:-1]
    return f"'{word}'" if len(word) <= _SHOWN else f"'{word[:_SHOWN]}…'"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'med'?`, or an empty string if no known word is similar."""
    choices = sorted(known)
    guess = _FOREIGN_WORDS.get(word, word.lower())
    if guess not in choices:
        guess = next(iter(get_close_matches(guess[:_SHOWN], choices, n=1)), "")
    return f"; did you mean '{guess}'?" if guess else ""


def number(what: str, word: str, limit: int, *, hexadecimal: bool = False, lax: bool = False) -> int:
    """`word` as a number from 0 to `limit`, with `hexadecimal` also `0x…`. Raises LineError.

    `lax` accepts a sign and underscores, for fields that ExaBGP reads with a bare `int()`.
    """
    value = -1
    # int() itself refuses more than 4300 digits; no field here has more than 29.
    if len(word) <= 32:
        with suppress(ValueError):
            if hexadecimal and word[:2].lower() == "0x":
                value = int(word, 16)
            elif lax or word.isdigit():
                value = int(word)
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
