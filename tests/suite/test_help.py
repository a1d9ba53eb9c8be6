"""`--help` is one screen with an example that works."""

import argparse
import shlex

import pytest

from bgp2vpc.cli.main import COMMANDS, command_line

SCREEN = 30


def parsers() -> dict[str, argparse.ArgumentParser]:
    (found,) = (each for each in command_line()._actions if isinstance(each, argparse._SubParsersAction))
    return found.choices


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_all_commands_fit_on_a_screen() -> None:
    text = command_line().format_help()
    assert len(text.splitlines()) <= SCREEN, text
    assert [name for name in COMMANDS if f"\n    {name} " not in text and f"\n    {name}\n" not in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_on_a_screen_and_has_an_example(name: str) -> None:
    text = parsers()[name].format_help()
    assert len(text.splitlines()) <= SCREEN, text
    last = text.splitlines()[-1]
    assert last.startswith("example"), text
    words = shlex.split(last.partition(": ")[2].rstrip(";"))
    command, *rest = words[next(index for index, word in enumerate(words) if word.endswith("bgp2vpc")) + 1 :]
    assert command == name
    if name != "version":
        assert command_line().parse_args([command, *rest]).command
