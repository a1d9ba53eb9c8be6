"""What is said of a text that is no YAML: what is wrong at which line, and what to write instead."""

import pytest
import yaml

from bgp2vpc.config.document import read_document
from bgp2vpc.errors import ConfigError

QUOTED = [
    ("run: say a: b", "': ' begins a mapping", "run: 'say a: b'"),
    ("  - run: it's a: b  # why", "': ' begins a mapping", "run: 'it''s a: b'"),
    ("run: @daily", "'@' cannot begin a text", "run: '@daily'"),
    ("arguments: %DESTINATION%", "'%' cannot begin a text", "arguments: '%DESTINATION%'"),
    ("run: `which dig`", "'`' cannot begin a text", "run: '`which dig`'"),
    ("run: , x", "',' cannot begin a text", "run: ', x'"),
    ("run: ]", "']' cannot begin a text", "run: ']'"),
    ("host: *.example.org", "'*' begins an alias", "host: '*.example.org'"),
    ("host: &.x y", "'&' begins an anchor", "host: '&.x y'"),
    ("run: ! test -e /run/down", "'!' begins a tag", "run: '! test -e /run/down'"),
    ("run: !down!x", "'!' begins a tag", "run: '!down!x'"),
    ("run: | grep -q UP", "'|' begins a text of several lines", "run: '| grep -q UP'"),
    ("run: > /dev/null", "'>' begins a text of several lines", "run: '> /dev/null'"),
    ("run: - x", "'- ' begins an entry of a list, on a line of its own", "run: '- x'"),
    ("run: ? x", "'? ' begins a key, on a line of its own", "run: '? x'"),
]


def said(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        read_document(text, "f")
    return str(raised.value)


@pytest.mark.parametrize(("line", "why", "write"), QUOTED)
def test_what_needs_quotes_is_shown_with_quotes(line: str, why: str, write: str) -> None:
    assert said(f"# a comment\n\n{line}\n") == f"f:3: yaml: put it in quotes: {why}. Write: {write}"
    assert isinstance(yaml.safe_load(write)[write.partition(":")[0]], str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1", "2: yaml: a tab cannot indent YAML; use spaces"),
        ("a:\t1", "1: yaml: a tab cannot stand here; use spaces"),
        ("a: 'x\nb: 1\nc: 2", "1: yaml: the quote that opens in this line is never closed"),
        ('a: 1\nb: "x', "2: yaml: the quote that opens in this line is never closed"),
        ("a: 'it's'", "1: yaml: a text goes on behind its closing quote: quote all of it; "
         "'' stands for a ' between single quotes"),
        ('a: "x" --ip 192.0.2.1', "1: yaml: a text goes on behind its closing quote: quote all of it; "
         "'' stands for a ' between single quotes"),
        (r'a: "\d+"', "1: yaml: between double quotes a backslash begins an escape; use single quotes, "
         "or two backslashes"),
        ("a: {{ x }}/32", "1: yaml: a text goes on behind a closing bracket: put all of it in quotes"),
        ("a: [1]]", "1: yaml: put it in quotes: ']' closes nothing here"),
        ("a: {run: x y: z}", "1: yaml: what '{' begins in line 1 is not closed, or lacks a ','; "
         "a text with one of , : [ ] { } has to be in quotes"),
        ("a: [@x]", "1: yaml: put it in quotes: '@' cannot begin a text"),
        ("a: {destination: ::1}", "1: yaml: put it in quotes: ':' cannot begin a text in braces or brackets"),
        ("a: [::/0]", "1: yaml: put it in quotes: ':' cannot begin a text in braces or brackets"),
        ("a: [x,, y]", "1: yaml: a value is missing before this ','"),
        ("a: 1\nb\nc: 2", "2: yaml: expected KEY: VALUE, or '- ' before an entry of a list; "
         "a text of several lines needs quotes"),
        ("a:\n  - b\n  -c\n", "3: yaml: a space is missing behind the '-'"),
        ("a:\n  - b: 1\n  -c: 2", "3: yaml: a space is missing behind the '-'"),
        ("a:\n  - b: 1\n  c: 2", "3: yaml: belongs to no entry of the list that begins in line 2: "
         "indent it below one, or begin it with '- '"),
        ("a:1\nb: 2", "2: yaml: a space is missing behind the ':' of line 1"),
        ("a:\n  b\n\n  c: 2", "4: yaml: line 2 is a text, so no KEY: can follow: give it a ': ', "
         "or indent this line as its neighbours"),
        ("a:\n  - x\n b: 1", "3: yaml: indented otherwise than the lines it belongs to; those begin in line 1"),
        ("a: &x 1\nb: &x 2", "2: yaml: an anchor of this name is given twice; the first is in line 1"),
        ("%x\na: 1", "2: yaml: no line may begin with '%', and none may follow one that is '...'"),
    ],
)  # fmt: skip
def test_other_mistakes_in_plain_words(text: str, expected: str) -> None:
    assert said(text) == f"f:{expected}"


def test_a_long_text_is_not_repeated() -> None:
    assert said(f"run: {'x' * 200}: y") == "f:1: yaml: put it in quotes: ': ' begins a mapping"


def test_a_text_that_would_act_on_the_terminal_is_not_repeated() -> None:
    assert said("run: x\u202e: y") == "f:1: yaml: put it in quotes: ': ' begins a mapping"
