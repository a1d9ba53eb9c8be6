"""YAML text -> plain values that remember their lines.

Every scalar stays the text that was written: `value: 1`, `value: true` and `value: "1"` are told apart only by who
reads them, so a tag's value may be given as a number and a number as text, as AWSnycast's users are used to.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NoReturn, TypeAlias

import yaml
from yaml.composer import ComposerError
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError
from yaml.scanner import ScannerError
from yaml.tokens import TagToken

from bgp2vpc.config.yaml_errors import BARE_TAG, NESTED_IN_TEXT, explained
from bgp2vpc.errors import ConfigError, Problem

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Location: TypeAlias = tuple[str | int, ...]
"""Where in the document: keys and list positions from the top."""

# Far above any real file; below what would keep the reader busy for more than a few seconds.
MAX_SIZE: Final = 256 * 1024
MAX_DEPTH: Final = 40
MAX_NODES: Final = 100_000

_MOST_REPAIRS: Final = 20

_TAG: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final = {_TAG + name for name in ("str", "int", "float", "bool", "timestamp", "value", "merge")}
_SURROGATES: Final = ("\ud800", "\udfff")
_NULL_TAG: Final = _TAG + "null"
_COLLECTION_TAGS: Final = {_TAG + "map", _TAG + "seq"}
_WITH_VALUE: Final = re.compile(r"(?P<margin> *(?:- +)*)(?P<key>[A-Za-z_]+): +[^\s#'\"\[{|>&*!]")
_KEY: Final = re.compile(r"(?P<margin> *)(?P<key>[A-Za-z_]+):(?: |$)")


@dataclass(frozen=True, slots=True)
class Document:
    """`data` with the line (from 1) of every location in it, and the mistakes that still let it be read.

    `repairs`: what was no YAML, and was read as what alone it can mean.
    """

    data: dict[str, Value]
    lines: Mapping[Location, int]
    problems: tuple[Problem, ...]
    repairs: tuple[Problem, ...] = ()

    def line(self, location: Location) -> int:
        """The line of `location`, or of the nearest thing around it that is really there."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines[location]


def read_document(text: str, file: str) -> Document:
    """The one YAML document in `text`. Raises ConfigError if it is none, or not a mapping."""
    if len(text) > MAX_SIZE:
        raise config_error(file, 1, "yaml", f"larger than {MAX_SIZE // 1024} KiB: surely the wrong file")
    try:
        root, repairs = _compose_repaired(text, file)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"U+{ord(text[error.position]):04X}"
        raise config_error(file, line, "yaml", f"the character {character} is not allowed in YAML") from None
    except MarkedYAMLError as error:
        line, message = explained(error, text)
        raise config_error(file, line, "yaml", message) from None
    except (OverflowError, ValueError):  # yaml makes characters of numbers like \\UFFFFFFFF without a look
        raise config_error(file, 1, "yaml", "holds an escape (\\U…) that is no character") from None
    return replace(_Reader(file).document(root), repairs=repairs)


def config_error(file: str, line: int, key: str, message: str) -> ConfigError:
    """The error of a file with one problem."""
    return ConfigError(file, (Problem(file, line, key, message),))


class _BoundedLoader(yaml.SafeLoader):
    """SafeLoader that refuses deep nesting before Python's own stack does, and a `!` that it would leave out."""

    _depth = 0

    def scan_tag(self) -> TagToken:
        """As YAML has it, `run: ! test -e x` says `test -e x`: the opposite of what whoever writes it means."""
        token = super().scan_tag()
        if token.value == (None, "!"):
            raise ScannerError(None, None, BARE_TAG, token.start_mark)
        return token

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(None, None, f"nested deeper than {MAX_DEPTH} levels", self.get_mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _compose_repaired(text: str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    repairs: list[Problem] = []
    while True:
        loader = _BoundedLoader(text)
        try:
            return loader.get_single_node(), tuple(repairs)
        except MarkedYAMLError as error:
            found = _repaired(text, error, file) if len(repairs) < _MOST_REPAIRS else None
            if found is None:
                raise
            text = found[0]
            repairs.append(found[1])
        finally:
            loader.dispose()


def _repaired(text: str, error: MarkedYAMLError, file: str) -> tuple[str, Problem] | None:
    """`text` with a block that stands too deep moved to the left, and a warning of it; None if that is not the error.

        - type: by_tag
              config: …      # no YAML: `type` has a value already, so nothing can stand below it

    This is in the example configuration of AWSnycast's README (lines 227 and 228 in May 2023, its last state), which no
    YAML parser takes. With this repair who copies the example has it work; it can mean nothing else.
    """
    mark = error.problem_mark
    if error.problem != NESTED_IN_TEXT or mark is None:
        return None
    lines, wrong = text.split("\n"), mark.line
    key = _KEY.match(lines[wrong]) if wrong < len(lines) else None
    if key is None or key.end("key") != mark.column:  # YAML knows more line ends than these
        return None
    before = [line for line in lines[:wrong] if line.strip() and not line.lstrip().startswith("#")]
    above = _WITH_VALUE.match(before[-1]) if before else None
    if above is None or len(key["margin"]) <= len(above["margin"]):
        return None
    shift = len(key["margin"]) - len(above["margin"])
    for number in range(wrong, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip(" ")) < len(key["margin"]):
            break
        lines[number] = line[shift:]
    told = f"indented too deep for YAML; read as standing beside '{above['key']}'"
    return "\n".join(lines), Problem(file, wrong + 1, key["key"], told)


class _Reader:
    """Nodes -> values, noting lines and problems on the way."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Location, int] = {}
        self._problems: list[Problem] = []
        self._nodes = 0

    def document(self, root: Node | None) -> Document:
        if root is None:
            self._fail(1, (), "the file is empty; it needs at least 'routetables:'")
        data = self._value(root, ())
        self._lines[()] = _line(root)
        if not isinstance(data, dict):
            self._fail(_line(root), (), f"expected a mapping (KEY: VALUE), got {kind_of(data)}")
        return Document(data, self._lines, tuple(self._problems))

    def _value(self, node: Node, location: Location) -> Value:
        self._spend(node, location)
        is_collection = isinstance(node, MappingNode | SequenceNode)
        if node.tag == _NULL_TAG and not is_collection:
            return None
        if node.tag not in (_COLLECTION_TAGS if is_collection else _SCALAR_TAGS):
            message = (
                f"the YAML tag '{node.tag.replace(_TAG, '!!')}' is not supported; "
                "write the value itself, and a text that begins with '!' in quotes"
            )
            self._report(_line(node), location, message)
        if isinstance(node, SequenceNode):
            items: list[Value] = []
            for position, item in enumerate(node.value):
                self._lines[*location, position] = _line(item)
                items.append(self._value(item, (*location, position)))
            return items
        if not isinstance(node, MappingNode):
            return self._text(node, location)
        values: dict[str, Value] = {}
        for key_node, value_node in self._pairs(node, location):
            key = self._text(key_node, location)
            place = (*location, key)
            # A block below its key is best found by the key.
            self._lines[place] = _line(value_node if isinstance(value_node, ScalarNode) else key_node)
            values[key] = self._value(value_node, place)
        return values

    def _text(self, node: Node, location: Location) -> str:
        text = str(node.value)
        if any(_SURROGATES[0] <= char <= _SURROGATES[1] for char in text):
            self._report(_line(node), location, "holds half a character (\\uD800 to \\uDFFF), which is no text")
            return "".join(char for char in text if not _SURROGATES[0] <= char <= _SURROGATES[1])
        return text

    def _pairs(self, node: MappingNode, location: Location) -> Iterator[tuple[ScalarNode, Node]]:
        """The entries of `node`, then those of what it merges (`<<`) that it does not have itself."""
        seen: dict[str, int] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._report(_line(key), location, "a key must be text; if braces were meant as text, quote them")
            elif key.tag == _TAG + "merge":
                merged.append(value)
            elif key.value in seen:
                place = (*location, str(key.value))
                self._report(_line(key), place, f"given twice; the first is in line {seen[key.value]}")
            else:
                seen[key.value] = _line(key)
                yield key, value
        for key, value in self._merged(merged, location):
            if key.value not in seen:
                seen[key.value] = _line(key)
                yield key, value

    def _merged(self, nodes: list[Node], location: Location, depth: int = 0) -> Iterator[tuple[ScalarNode, Node]]:
        for node in nodes:
            self._spend(node, location)
            if depth > MAX_DEPTH:
                self._fail(_line(node), location, "'<<' merges a mapping into itself")
            if isinstance(node, SequenceNode):
                yield from self._merged(node.value, location, depth + 1)
            elif isinstance(node, MappingNode):
                own = [(k, v) for k, v in node.value if isinstance(k, ScalarNode)]
                yield from ((k, v) for k, v in own if k.tag != _TAG + "merge")
                yield from self._merged([v for k, v in own if k.tag == _TAG + "merge"], location, depth + 1)
            else:
                self._report(_line(node), location, "'<<' must name a mapping (an alias such as *defaults)")

    def _spend(self, node: Node, location: Location) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail(_line(node), location[:1], f"aliases make this larger than {MAX_NODES} values")
        if len(location) > MAX_DEPTH:
            self._fail(_line(node), location[:1], "an alias contains itself")

    def _report(self, line: int, location: Location, message: str) -> None:
        self._problems.append(Problem(self._file, line, dotted(location), message))

    def _fail(self, line: int, location: Location, message: str) -> NoReturn:
        self._report(line, location, message)
        raise ConfigError(self._file, tuple(self._problems))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def dotted(location: Location) -> str:
    """`routetables.private.accept[0]`; a key that is no plain word is quoted, the top is `yaml`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step.replace("_", "").replace("-", "").isalnum()
            text += ("." if text else "") + (step if plain else f'"{shortened(step)}"')
    return text or "yaml"


def kind_of(value: object) -> str:
    """What a value is, in a user's words."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    return "a list" if isinstance(value, list) else "a mapping"


def shortened(text: str, limit: int = 60) -> str:
    """`text` on one line, printable, and not longer than `limit` characters, for a message."""
    line = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
