"""A line of the text protocol as words, and the error that says what is wrong with it."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from bgp2vpc.exabgp_api.command import Answer

__all__ = ["OPERATOR_WORDS", "LineError", "Words", "nearest", "shown", "split_words"]

OPERATOR_WORDS: Final = ("shutdown", "reload", "restart", "reset", "teardown", "crash")
"""Commands that end ExaBGP or its sessions."""
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


class LineError(ValueError):
    """A line that cannot be used; the text says why and what would be right.

    `relay`: ExaBGP may have a use for the line all the same. `answer`: what its speaker is told.
    """

    def __init__(self, text: str, *, relay: bool = False, answer: Answer = Answer.ERROR) -> None:
        super().__init__(text)
        self.relay = relay
        self.answer = answer


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
