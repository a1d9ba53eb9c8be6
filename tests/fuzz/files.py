"""Configuration files, made of those of the examples and tests. The same `Random` makes the same files."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
LARGEST, MOST_ALIASES = 2500, 40
"""Bytes and `*` of a file that is taken: a parser does nothing else with more of them, but takes long."""
VALUES = (
    "", "~", "null", "true", "no", "0", "-1", "1.5", "1e400", ".inf", ".nan", "0x10", "1_000", "1:30", "2026-11-30",
    "often", "SELF", "self", "main", "by_tag", "192.0.2.53/32", "192.0.2.0/24 le 32", "192.0.2.1/24", "0.0.0.0/0",
    "::/0", "2001:db8::/129", "10.0.0.300", "{}", "[]", "[[]]", "{a: b}", "[1, two, 3.0]", "{find: {type: main}}",
    "[192.0.2.53/32]", "&a [*a]", "*a", "*nobody", "!!python/object:os.system x", "!!int x", "!!binary aGk=", "!x y",
    "<<: *a", "|", ">-", "'", '"', '"\\x00"', '"\\ud800"', "'é'", "\t", "@", "`", "%", "? x", "- x", "{", "]", "#",
    "i-0123456789abcdef0", "eni-0123456789abcdef0", "rtb-1", "vpc-1", "pl-1", "eu-central-1", "http://[", "https://a/b",
    "/dev/null", "127.0.0.1:8179", "99999999999999999999", "9" * 5000, "x" * 3000, "sh -c 'echo $X'", "[sh, -c, x]",
)  # fmt: skip
CHARACTERS = ":-#[]{}&*!|>'\"%@`,? \t\n\r\x00\x7fé\ufeff\u2028\ud7ff0x."
_VALUE = re.compile(r"(?<=: )[^\n#]+|(?<=- )[^\n#]+")
_KEY = re.compile(r"^([ -]*)([\w-]+)(?=:)", re.MULTILINE)


@cache
def corpus() -> tuple[str, ...]:
    """Files that are right, and files with one mistake."""
    return (*_plain(*(ROOT / "examples").glob("*.yaml")), *_plain(*(ROOT / "tests/config/data").glob("*.yaml")))


@cache
def _right() -> tuple[str, ...]:
    valid = (ROOT / "tests/config/data").glob("valid-*.yaml")
    return (*_plain(*(ROOT / "examples").glob("*.yaml")), *_plain(*valid))


def _plain(*paths: Path) -> tuple[str, ...]:
    """What is in them, without comments."""
    texts = (path.read_text("utf-8", "replace") for path in sorted(paths))
    plain = (re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE) for text in texts)
    return tuple(dict.fromkeys(text for text in plain if 0 < len(text) < LARGEST and text.count("*") < MOST_ALIASES))


@cache
def _keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[2] for text in corpus() for match in _KEY.finditer(text)))


def files(random: Random) -> Iterator[str]:
    """Files without end."""
    known, right = corpus(), _right()
    while True:
        text, other = random.choice(random.choice((known, right, right))), random.choice(known)
        for _ in range(random.choice((1, 1, 1, 2, 2, 4))):
            text = random.choice(_DAMAGES)(text, other, random)
        yield text


def _value(text: str, other: str, random: Random) -> str:
    """One value is another one."""
    return _replaced(text, _VALUE, _one(other, _VALUE, random) if random.random() < 0.3 else None, random)


def _replaced(text: str, what: re.Pattern[str], by: str | None, random: Random) -> str:
    found = list(what.finditer(text))
    if not found:
        return text
    at = random.choice(found)
    return text[: at.start()] + (by if by is not None else random.choice(VALUES)) + text[at.end() :]


def _one(text: str, what: re.Pattern[str], random: Random) -> str:
    found = [match[0] for match in what.finditer(text)]
    return random.choice(found) if found else ""


def _key(text: str, _: str, random: Random) -> str:
    """One key is another one, of this place or of none."""
    found = list(_KEY.finditer(text))
    if not found:
        return text
    at = random.choice(found)
    new = random.choice(_keys()) if random.random() < 0.8 else random.choice(VALUES)
    return f"{text[: at.start(2)]}{new}{text[at.end(2) :]}"


def _lines(text: str, other: str, random: Random) -> str:
    """Lines are gone, twice there, elsewhere, those of another file, or farther in."""
    lines, others = text.split("\n"), other.split("\n")
    at, end = sorted((random.randrange(len(lines) + 1), random.randrange(len(lines) + 1)))
    start = random.randrange(len(others))
    match random.randrange(6):
        case 0:
            del lines[at : at + random.choice((1, 1, 2, end - at))]
        case 1:
            lines[at:at] = lines[at : min(end, at + 5)]
        case 2:
            lines[at:at] = others[start : start + random.randrange(1, 6)]
        case 3:
            lines[at : at + 1] = [f"{' ' * random.randrange(9)}{line.lstrip()}" for line in lines[at : at + 1]]
        case 4:
            lines[at:end] = [f"  {line}" for line in lines[at:end]]
        case 5:
            lines[at:end] = reversed(lines[at : min(end, at + 3)])
    return "\n".join(lines)


def _characters(text: str, _: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    gone = random.choice((0, 0, 1, 1, 3))
    return text[:at] + random.choice(("", random.choice(CHARACTERS))) + text[at + gone :]


_DAMAGES: tuple[Callable[[str, str, Random], str], ...] = (
    _value,
    _value,
    _value,
    _key,
    _key,
    _lines,
    _lines,
    _characters,
)
