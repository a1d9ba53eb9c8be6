"""Tracks the announcements of a script that are in force; `tee` sends them to the daemon after a reconnect.

To keep `tee` small it does not parse lines fully, but only the verb, the prefixes, the path identifier and `split`. In
doubt it takes an announcement for withdrawn: a missing announcement comes back when the script repeats its line, while
one sent after its withdrawal would install a route that must not be there.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

_LIMIT: Final = 10_000
"""Maximum number of announcements; the daemon accepts far fewer from one source."""
_VERBS: Final = ("announce", "withdraw")
_ATTRIBUTES: Final = ("attribute", "attributes")
_FAMILIES: Final = ("ipv4", "ipv6")
_SPACE: Final = re.compile(r"[ \t]+")
_ESCAPED_SPACE: Final = re.compile(r"\\[nrt ].*|\\$")
_QUOTING: Final = re.compile(r"""["'\\]""")
_GROUP: Final = re.compile(r"(.*?)\bgroup\s+(.*)")


class _Key(NamedTuple):
    """The key of an announcement; a withdrawal with the same key ends it."""

    address: bytes
    length: int
    path_id: str
    split: bool

    def overlaps(self, other: "_Key") -> bool:
        """Whether both have the same path identifier and one prefix lies within the other."""
        shift = 8 * len(self.address) - min(self.length, other.length)
        return (
            self.path_id == other.path_id
            and len(self.address) == len(other.address)
            and int.from_bytes(self.address) >> shift == int.from_bytes(other.address) >> shift
        )


class Present:
    """The announcements in force, in the order of their last repetition."""

    def __init__(self) -> None:
        self._lines: dict[_Key, str] = {}
        self._split_said = False

    def note(self, line: str) -> None:
        """Process one line of the script, whatever it is."""
        if line.lstrip()[:1] in ("", "#"):
            return
        selector, commands = _commands(line)
        first = commands[0].split()
        # `clear adj-rib`, `clear adj-rib out`, and the end of `rib clear out`
        if first[:1] == ["clear"] and not {"adj-rib", "out"}.isdisjoint(first) and "in" not in first:
            self._lines.clear()
            return
        for command in commands:
            verb, *words = command.split() or [""]
            for key, rest in _subjects(words) if verb in _VERBS else ():
                self._split_said |= key.split
                self._lines.pop(key, None)
                if verb == "announce" and len(self._lines) < _LIMIT:
                    self._lines[key] = f"{selector}{verb} {rest}"
                if verb == "withdraw" and self._split_said:
                    # With `split` on either side, every overlapping announcement is dropped as a whole.
                    for other in [each for each in self._lines if (each.split or key.split) and each.overlaps(key)]:
                        del self._lines[other]

    def lines(self) -> list[str]:
        """A line for each announcement in force."""
        return list(self._lines.values())


def _commands(line: str) -> tuple[str, list[str]]:
    """The leading selector, and the commands of the line: several with `;` between them, also in a 6.0 `group`."""
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


def _subjects(words: list[str]) -> Iterator[tuple[_Key, str]]:
    """Each prefix in `words` (those after the verb), with the words that announce it alone."""
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
    path_id, split = "0", "split" in rest
    if "path-information" in rest[:-1]:
        path_id = _plain(rest[rest.index("path-information") + 1])
        with suppress(OSError):  # a number, or four numbers with dots
            path_id = str(int.from_bytes(socket.inet_aton(path_id)))
    for prefix in told:
        # The key does not depend on the spelling of the prefix: IPv6 has many, and a host route needs no length.
        address, slash, length = _plain(prefix).partition("/")
        is_ipv6 = ":" in address
        width = 128 if is_ipv6 else 32
        try:
            packed = socket.inet_pton(socket.AF_INET6 if is_ipv6 else socket.AF_INET, address)
            bits = int(length) if slash else width
        except (OSError, ValueError):  # not a prefix: `flow`, a name, a typing mistake
            continue
        key = _Key(packed, min(max(bits, 0), width), path_id, split)
        yield key, " ".join([*rest, "nlri", prefix] if len(told) > 1 or rest[:1] == words[:1] else words)


def _plain(word: str) -> str:
    r"""The word without quotes and cut at an escaped space, as ExaBGP reads `192.0.2.1/32\n` as a prefix."""
    return _QUOTING.sub("", _ESCAPED_SPACE.sub("", word)).rstrip(";")
