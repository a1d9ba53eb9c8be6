"""The command line as its parser has it, for documents: the same whatever Python's argparse makes of a help text."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from bgp2vpc.cli.main import command_line


@dataclass(frozen=True, slots=True)
class Option:
    """An option or an argument: `forms` as they are typed, with what follows them; `usage` as in a synopsis."""

    forms: tuple[str, ...]
    usage: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of bgp2vpc."""

    name: str
    help: str
    description: str
    options: tuple[Option, ...]
    example: str

    @property
    def synopsis(self) -> str:
        """One line."""
        return " ".join(("bgp2vpc", self.name, *(each.usage for each in self.options)))


def commands() -> tuple[Command, ...]:
    """All, in the order of `bgp2vpc --help`."""
    (found,) = (each for each in command_line()._actions if isinstance(each, argparse._SubParsersAction))
    return tuple(
        Command(
            each.dest,
            each.help or "",
            found.choices[each.dest].description or "",
            tuple(_options(each.dest, found)),
            (found.choices[each.dest].epilog or "").partition(": ")[2],
        )
        for each in found._choices_actions
    )


def _options(name: str, found: "argparse._SubParsersAction[argparse.ArgumentParser]") -> Iterator[Option]:
    actions = [each for each in found.choices[name]._actions if each.dest not in ("help", "version")]
    actions = [each for each in actions if each.help != argparse.SUPPRESS]
    for action in sorted(actions, key=lambda each: not each.option_strings):
        yield _option(action, found.choices[name].prog)


def _option(action: argparse.Action, prog: str) -> Option:
    words = (action.help or "") % {**vars(action), "prog": prog}
    value = _value(action)
    if not action.option_strings:
        return Option((value,), value, words)
    forms = tuple(f"{form} {value}".rstrip() for form in action.option_strings)
    # Of several spellings the first is ours, but a pair such as --wait and --no-wait says two things.
    usage = " | ".join(forms) if isinstance(action, argparse.BooleanOptionalAction) else forms[0]
    return Option(forms, usage if action.required else f"[{usage}]", words)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    name = str(action.metavar or (f"{{{','.join(action.choices)}}}" if action.choices else action.dest.upper()))
    shown = {"*": f"[{name}…]", "+": f"{name}…", "?": f"[{name}]", argparse.REMAINDER: f"{name}…"}
    return shown.get(str(action.nargs), name)
