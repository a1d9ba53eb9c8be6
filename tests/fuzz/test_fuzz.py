"""Some of what `make fuzz` makes, and all that was ever wrong."""

import ast
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz import files, judge, lines

FOUND = [
    ast.literal_eval(line)
    for line in (Path(__file__).parent / "found.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("kind", "given"), FOUND)
def test_what_was_wrong_once_is_right(kind: str, given: str | bytes) -> None:
    assert fuzz.complaint(kind, given) == ""


@pytest.mark.parametrize(("kind", "many"), [("script", 3000), ("exabgp", 3000), ("file", 100)])
def test_nothing_of_a_seed_is_wrong(kind: str, many: int) -> None:
    _, wrong = fuzz.run(fuzz.Part(kind, "the same each time", many))
    assert wrong == []


def test_some_of_what_is_made_is_correct_and_some_is_not() -> None:
    said = [judge.of_script(raw) for raw in islice(lines.script_lines(Random(1)), 500)]
    read = [judge.of_file(text) for text in islice(files.files(Random(1)), 100)]
    assert 100 < sum(bool(command.events) for command in said) < 400
    assert 2 < sum(config is not None for config in read) < 50


def test_an_input_that_is_wrong_is_told_with_its_seed_and_as_a_test_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "parse", lambda line: judge.decode_line(b"announce route 10.0.0.0/8 next-hop self"))
    _, (first, *_) = fuzz.run(fuzz.Part("script", "1 script 0", 50))
    seed, _, rest = first.partition(": ")
    given, _, why = rest.partition("\n")
    assert seed == "seed '1 script 0'"
    assert fuzz.complaint(*ast.literal_eval(given)) != ""
    assert "tests.fuzz.judge.Wrong: announced as" in why
