"""A regular expression as patterns of StringLike, where `*` is any text and `?` any character.

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
    """What matches the expression matches one of the patterns; if they are `exact`, also the other way round."""

    patterns: tuple[str, ...]
    exact: bool


def like(regexp: re.Pattern[str]) -> Like:
    """Patterns for text in which the expression is found: exact ones, or the part before what no pattern can say."""
    text = regexp.pattern
    if regexp.flags & (re.IGNORECASE | re.VERBOSE | re.MULTILINE):
        return Like(("*",), exact=False)
    if alternatives := _ALTERNATIVES.fullmatch(text):
        start, inner, end = alternatives.groups()
        branches = [f"{start}{branch}{end}" for branch in inner.split("|")]
    elif set("([{\\") & set(text):
        branches = [text] if "|" not in text else ["["]  # the second: where a branch ends is hard to tell
    else:
        branches = text.split("|")
    found = [_branch(branch) for branch in branches]
    patterns = tuple(dict.fromkeys(pattern for pattern, _ in found))
    return Like(patterns, exact=all(exact for _, exact in found))


def escape(text: str) -> str:
    """The text as a pattern that only itself matches; also for StringEquals, where `${…}` is replaced as well.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return "".join(f"${{{char}}}" if char in "*?$" else char for char in text)


def _branch(text: str) -> tuple[str, bool]:
    """The pattern of an expression without alternatives, and whether it is exact."""
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
