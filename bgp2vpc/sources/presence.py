"""What a speaker's lines add up to: its present announcements, to be said again to a listener that missed them.

Deliberately no parser: the relay has to stay small, and a line it misunderstands goes to ExaBGP all the same. It looks
only for a verb, the prefixes behind it, the path identifier and `split`. In doubt an announcement counts as withdrawn:
to say one again that nobody meant any more is worse than to leave one out until its script says it again.
"""

import re
import socket
from collections.abc import Iterator
from typing import Final, NamedTuple

_LIMIT: Final = 10_000
"""Announcements kept; the daemon takes far fewer from one source."""
_VERBS: Final = ("announce", "withdraw")
_ATTRIBUTES: Final = ("attribute", "attributes")
_FAMILIES: Final = ("ipv4", "ipv6")
_SPACE: Final = re.compile(r"[ \t]+")
_GROUP: Final = re.compile(r"(.*?)\bgroup\s+(.*)")


class _Key(NamedTuple):
    """What a withdrawal has to have in common with the announcement it ends."""

    address: bytes
    length: int
    path_id: str
    split: bool

    def overlaps(self, other: "_Key") -> bool:
        """Whether one of two prefixes of the same path identifier lies within the other."""
        shift = 8 * len(self.address) - min(self.length, other.length)
        return (
            self.path_id == other.path_id
            and len(self.address) == len(other.address)
            and int.from_bytes(self.address) >> shift == int.from_bytes(other.address) >> shift
        )


class Present:
    """The announcements that stand, in the order they were last said."""

    def __init__(self) -> None:
        self._lines: dict[_Key, str] = {}
        self._split_said = False

    def note(self, line: str) -> None:
        """Take in one line, whatever it is."""
        if line.lstrip()[:1] in ("", "#"):
            return
        selector, commands = _commands(line)
        if _clears(commands[0].split()):
            self._lines.clear()
            return
        for command in commands:
            verb, *words = command.split() or [""]
            for key, rest in _subjects(words) if verb in _VERBS else ():
                self._split_said |= key.split
                if verb == "withdraw":
                    self._withdraw(key)
                    continue
                self._lines.pop(key, None)
                if len(self._lines) < _LIMIT:
                    self._lines[key] = f"{selector}{verb} {rest}"

    def _withdraw(self, key: _Key) -> None:
        """With `split` on either side, all that overlaps: which parts of it would still stand is too much to tell."""
        self._lines.pop(key, None)
        if self._split_said:
            for other in [each for each in self._lines if (each.split or key.split) and each.overlaps(key)]:
                del self._lines[other]

    def lines(self) -> list[str]:
        """Lines that announce all of it."""
        return list(self._lines.values())


def _commands(line: str) -> tuple[str, list[str]]:
    """The selector in front, and the commands: one, or those of a 6.0 `group`, with `;` between them."""
    if group := _GROUP.fullmatch(line):
        return group[1], [part.strip() for part in group[2].split(";")]
    words = _SPACE.split(line.strip())
    at = next((index for index, word in enumerate(words) if word in (*_VERBS, "clear")), 0)
    selector = "".join(f"{word} " for word in words[:at])
    verb, command = words[at], " ".join(words[at:])
    if verb not in _VERBS or "{" in command:
        return selector, [command]
    # `announce route A …; route B …`
    first, *others = (part.strip() for part in command.split(";"))
    return selector, [first, *(f"{verb} {other}" for other in others)]


def _clears(words: list[str]) -> bool:
    """`clear adj-rib`, `clear adj-rib out`, and the end of `rib clear out`."""
    return words[:1] == ["clear"] and not {"adj-rib", "out"}.isdisjoint(words) and "in" not in words


def _subjects(words: list[str]) -> Iterator[tuple[_Key, str]]:
    """Each prefix that `words` (behind the verb) speak of, and the words that speak of it alone."""
    match words:
        case ["route", prefix, *rest]:
            told = [prefix]
        case [family, "unicast", prefix, *rest] if family in _FAMILIES:
            told = [prefix]
        case [attribute, *_] if attribute in _ATTRIBUTES and "nlri" in words:
            at = words.index("nlri")
            rest, told = words[:at], words[at + 1 :]
        case _:
            return
    path_id, split = _path_id(rest), "split" in rest
    for prefix in told:
        key = _key(prefix.rstrip(";"), path_id, split)
        if key is not None:
            yield key, " ".join([*rest, "nlri", prefix] if len(told) > 1 or rest[:1] == words[:1] else words)


def _path_id(words: list[str]) -> str:
    if "path-information" not in words[:-1]:
        return "0"
    text = words[words.index("path-information") + 1].rstrip(";")
    try:
        return str(int.from_bytes(socket.inet_aton(text)))
    except OSError:
        return text


def _key(prefix: str, path_id: str, split: bool) -> _Key | None:
    """The same for every spelling of a prefix: IPv6 has many, and a host route needs no length."""
    address, slash, length = prefix.partition("/")
    family, width = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
    try:
        packed = socket.inet_pton(family, address)
        bits = int(length) if slash else width
    except (OSError, ValueError):  # not a prefix: `flow`, a name, a typing mistake
        return None
    return _Key(packed, min(max(bits, 0), width), path_id, split)
