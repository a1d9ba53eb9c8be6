"""One configured value of a managed route each: text as written -> what it stands for. All raise ValueError."""

from typing import Final

from bgp2vpc.config.document import kind_of
from bgp2vpc.config.fields import texts
from bgp2vpc.exabgp_api.command import Answer
from bgp2vpc.exabgp_api.line import parse

_ANY_PREFIX: Final = "192.0.2.0/32"


def policy(value: object) -> str | int:
    """`all`, `any`, or how many."""
    if isinstance(value, str):
        if value in ("all", "any"):
            return value
        if value.isascii() and value.isdigit() and len(value) <= 3 and int(value) >= 1:
            return int(value)
    raise ValueError(f"expected all, any, or how many of the checks, got {kind_of(value)}")


def words(value: object) -> str:
    """The value of an attribute, as an `announce route` line has it: a list in brackets."""
    found = texts(value)
    for each in found:
        if len(each.split()) != 1 or set(each) & set("[](){};"):
            raise ValueError(f"expected one word, or a list of words, got {kind_of(each)}")
    return f"[ {' '.join(found)} ]" if isinstance(value, list) else found[0]


def refuse_wrong_attributes(attributes: str) -> None:
    """Read them as our own protocol does."""
    command = parse(announce_line(_ANY_PREFIX, attributes))
    if command.answer is Answer.ERROR:
        raise ValueError(command.error)


def announce_line(prefix: object, attributes: str) -> str:
    """What a script would print for it."""
    return f"announce route {prefix} next-hop self {attributes}".rstrip()
