"""What must hold of every line and file: it is understood, or there is an error that a person can act on."""

import re

from bgp2vpc.bgp.events import Announce
from bgp2vpc.bgp.path import Path
from bgp2vpc.config.load import parse as parse_file
from bgp2vpc.config.model import Config
from bgp2vpc.errors import ConfigError
from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.exabgp_api.line import decode as decode_line
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.messages_text import decode as decode_message
from bgp2vpc.exabgp_api.render import announce_line
from bgp2vpc.exabgp_api.routes import is_multicast

FILE = "bgp2vpc.yaml"
_INTERNAL = re.compile(
    r"Traceback|pydantic|<class|<function| object at 0x|Error\(|unhashable|NoneType|has no attribute"
)
_MOST = 4
"""Routes of a line that are said again."""


class Wrong(Exception):
    """What must not be."""


def of_script(raw: bytes) -> Command:
    """A line of a script is a Command; and each path that it announces can be said again, and is the same then."""
    command = decode_line(raw)
    if command.error:
        _check(command.error)
    for event in command.events[:_MOST]:
        # No line can announce a unicast path of 224.0.0.0/4 with a prefix SID alone.
        if isinstance(event, Announce) and not (is_multicast(event.path.prefix) and event.path.attributes.prefix_sid):
            _check_rendered(event.path)
    return command


def _check_rendered(path: Path) -> None:
    line = announce_line(path, "")
    again = [each.path for each in parse(line).events if isinstance(each, Announce)]
    if again != [path]:
        raise Wrong(f"announced as {line!r}, it is {again} instead of {path}")


def of_exabgp(line: str) -> None:
    """A line of ExaBGP is messages; one that cannot be read is told to be so."""
    decode_message(line)


def of_file(text: str) -> Config | None:
    """A file is a Config, or every mistake in it has a line that there is and a message in words of the file's."""
    try:
        return parse_file(text, FILE)
    except ConfigError as error:
        if not error.problems:
            raise Wrong("an error without a mistake") from None
        lines = len(text.splitlines()) + 1
        for each in error.problems:
            _check(each.message)
            if not 0 <= each.line <= lines:
                raise Wrong(f"line {each.line} of {lines}: {each}") from None
        return None


def _check(message: str) -> None:
    if not message.strip() or _INTERNAL.search(message):
        raise Wrong(f"no message for people: {message!r}")
