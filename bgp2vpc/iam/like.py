"""Converts a regular expression into patterns of StringLike, where `*` is any text and `?` any character.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from dataclasses import dataclass
from typing import Final

_ALTERNATIVES: Final = re.compile(r"(\^?)\((?:\?:)?([^()\[\]\\{}?]*)\)(\$?)")
_TOKEN: Final = re.compile(
    r"""
    (?: \\(?P<escaped>[^\w\s]) | (?P<literal>[^\\.^$*+?{}\[\]|()]) ) (?![*+?{])
    | \.\* \?? (?P<any>)      # .*
    | \.\+ \?? (?P<some>)     # .+
    | \.       (?P<one>) (?![*+?{])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Like:
    """Patterns of which at least one matches every text that the expression matches, and with `exact` no other text."""

    patterns: tuple[str, ...]
    exact: bool


def like(regexp: re.Pattern[str]) -> Like:
    """Patterns for the texts in which the expression is found; inexact ones stop at what patterns cannot express."""
    text = regexp.pattern
    if regexp.flags & (re.IGNORECASE | re.VERBOSE | re.MULTILINE):
        return Like(("*",), exact=False)
    if alternatives := _ALTERNATIVES.fullmatch(text):
        start, inner, end = alternatives.groups()
        branches = [f"{start}{branch}{end}" for branch in inner.split("|")]
    elif set("([{\\") & set(text):
        branches = [text] if "|" not in text else ["["]  # "[" yields "*": the branches cannot be told apart
    else:
        branches = text.split("|")
    found = [_branch(branch) for branch in branches]
    patterns = tuple(dict.fromkeys(pattern for pattern, _ in found))
    return Like(patterns, exact=all(exact for _, exact in found))


def escape(text: str) -> str:
    """A pattern that matches only this text. Also needed for StringEquals, where `${…}` is a variable.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return "".join(f"${{{char}}}" if char in "*?$" else char for char in text)


def _branch(text: str) -> tuple[str, bool]:
    """The pattern for an expression without alternatives, and whether it is exact."""
    rest = text.removeprefix("^")
    pattern = "" if rest != text else "*"
    while rest and rest != "$":
        token = _TOKEN.match(rest)
        if token is None:
            return _squeezed(pattern + "*"), False
        wild = {"any": "*", "some": "?*", "one": "?"}.get(token.lastgroup or "")
        pattern += wild or escape(token["escaped"] or token["literal"])
        rest = rest[token.end() :]
    return _squeezed(pattern if rest else pattern + "*"), True


def _squeezed(pattern: str) -> str:
    return re.sub(r"(?<!\{)\*{2,}", "*", pattern)
