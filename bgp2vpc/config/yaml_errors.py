"""Explains PyYAML's syntax errors: the line, what is wrong there, and what to write instead.

PyYAML's own messages are about scalars and tokens. The usual cause is a text that needs quotes, because it has an
indicator character (https://yaml.org/spec/1.2.2/#733-plain-style). If the text is on one line, the message shows it
with quotes.
"""

import re
from typing import Final

from yaml.error import Mark, MarkedYAMLError

NESTED_IN_TEXT: Final = "mapping values are not allowed here"
BARE_TAG: Final = "a tag without a name"

_ENTRY: Final = re.compile(
    r"""(?P<margin>\s*(?:-\s+)*)(?P<key>[^\s"'\[{#][^:]*?):\s+(?P<value>\S.*?)(?:\s+\#.*)?\s*$"""
)
_NO_SPACE: Final = re.compile(r"\s*(?:- +)*[\w-]+:[^\s:]")
_NO_SPACE_BEHIND_DASH: Final = re.compile(r"\s*-[^\s-]")
_LONGEST: Final = 120
"""Maximum length of a value that the message shows with quotes."""

# Patterns for `context: problem, after C`, where C is the last character before the error in its line, and messages.
# `{mark}`: the character at the context's start, in line `{begun}`. `{found}`: the character that the problem names.
# `{quoted}`: the value with quotes.
_WORDS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"'\\t'.*, after $", "a tab cannot indent YAML; use spaces"),
        (r"'\\t'", "a tab cannot stand here; use spaces"),
        ("while scanning an alias", "put it in quotes: '{mark}' begins an alias{quoted}"),
        ("while scanning an anchor", "put it in quotes: '{mark}' begins an anchor{quoted}"),
        ("while scanning a tag|undefined tag handle", "put it in quotes: '!' begins a tag{quoted}"),
        (BARE_TAG, "put it in quotes: '!' begins a tag{quoted}"),
        ("while scanning a block scalar", "put it in quotes: '{mark}' begins a text of several lines{quoted}"),
        ("cannot start any token", "put it in quotes: '{found}' cannot begin a text{quoted}"),
        (
            "while parsing a flow node.*but found ':'",
            "put it in quotes: ':' cannot begin a text in braces or brackets",
        ),
        ("while parsing a flow node.*found ','", "a value is missing before this ','"),
        ("while parsing a block node.*'.'", "put it in quotes: '{found}' cannot begin a text{quoted}"),
        ("sequence entries are not", "put it in quotes: '- ' begins an entry of a list, on a line of its own{quoted}"),
        ("mapping keys are not", "put it in quotes: '? ' begins a key, on a line of its own{quoted}"),
        ("undefined alias", "no line above has this anchor; if '*' is meant as text, put it in quotes{quoted}"),
        ("duplicate anchor", "an anchor of this name is given twice; the first is in line {begun}"),
        ("double-quoted", "between double quotes a backslash begins an escape; use single quotes, or two backslashes"),
        ("another document", "a second document begins here ('---'); only one is allowed"),
        ("expected '<document start>'", "no line may begin with '%', and none may follow one that is '...'"),
        (
            "while parsing a flow (sequence|mapping).*expected ','",
            "what '{mark}' begins in line {begun} is not closed, or lacks a ','; "
            "a text with one of , : [ ] {{ }} has to be in quotes",
        ),
        (
            r"while parsing a block collection.*<block end>.*'\?'",
            "belongs to no entry of the list that begins in line {begun}: indent it below one, or begin it with '- '",
        ),
        (r"<block end>.*('-'|start>')", "indented otherwise than the lines it belongs to; those begin in line {begun}"),
        ("<block end>.*'[]}]'", "put it in quotes: '{found}' closes nothing here{quoted}"),
        (
            "<block end>.*, after ['\"]",
            "a text goes on behind its closing quote: quote all of it; '' stands for a ' between single quotes",
        ),
        ("<block end>.*, after []}]", "a text goes on behind a closing bracket: put all of it in quotes"),
    )
)


def explained(error: MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line (from 1) of the error and the message."""
    lines = text.splitlines()
    at, begun = error.problem_mark or error.context_mark, error.context_mark
    context, problem = error.context or "", error.problem or "not YAML"
    if at is None:
        return 1, problem
    # In these two cases PyYAML's place is where it gave up: the end of the file, or the next line.
    if begun and context == "while scanning a quoted scalar":
        return begun.line + 1, "the quote that opens in this line is never closed"
    key = begun if context == "while scanning a simple key" else None
    in_line = (key or at).line
    is_dash = in_line < len(lines) and _NO_SPACE_BEHIND_DASH.match(lines[in_line]) is not None
    if is_dash or key:
        expected = "expected KEY: VALUE, or '- ' before an entry of a list; a text of several lines needs quotes"
        return in_line + 1, "a space is missing behind the '-'" if is_dash else expected
    if problem == NESTED_IN_TEXT:
        return at.line + 1, _nested(at, lines)
    before = lines[at.line][: at.column].rstrip() if at.line < len(lines) else ""
    whole = f"{context}: {problem}, after {before[-1:]}"
    words = next((words for pattern, words in _WORDS if pattern.search(whole)), "")
    if not words:
        begins = f"{context} that begins in line {begun.line + 1}: " if begun else ""
        return at.line + 1, f"{begins}{problem}"
    found = re.search(r"'(.)'", problem)
    return at.line + 1, words.format(
        mark=lines[begun.line][begun.column : begun.column + 1] if begun and begun.line < len(lines) else "",
        begun=begun.line + 1 if begun else 0,
        found=found[1] if found else "",
        quoted=_quoted(at, lines),
    )


def _nested(at: Mark, lines: list[str]) -> str:
    """The message for `: ` within a text that began on this line or on an earlier one."""
    entry = _ENTRY.match(lines[at.line]) if at.line < len(lines) else None
    above = next((each for each in range(at.line - 1, -1, -1) if lines[each].strip()), None)
    if entry is None or entry.end("key") != at.column or above is None:
        return f"put it in quotes: ': ' begins a mapping{_quoted(at, lines)}"
    if _NO_SPACE.match(lines[above]):
        return f"a space is missing behind the ':' of line {above + 1}"
    return f"line {above + 1} is a text, so no KEY: can follow: give it a ': ', or indent this line as its neighbours"


def _quoted(at: Mark, lines: list[str]) -> str:
    """`. Write: KEY: 'VALUE'` if the line has the whole value; else empty."""
    entry = _ENTRY.match(lines[at.line]) if at.line < len(lines) else None
    if entry is None or len(entry["value"]) > _LONGEST or entry["value"][0] in "'\"[{" or not entry[0].isprintable():
        return ""
    value = entry["value"].replace("'", "''")
    return f". Write: {entry['key']}: '{value}'"
